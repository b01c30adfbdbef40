/**
 * What a notifier mailed, run by run: from the first mail until there was none for a minute, and an hour at most, so that a
 * long run is not seen at its end only. Blocks come one by one as Exchange takes them, and their mails with them.
 * In: what became of each mail. Out: nothing. Changes: the history, if there was any mail to send.
 */
import type { ErrorCode } from '../../errors.ts';
import { ERROR_HELP } from '../../errors.ts';
import type { DeviceChange } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { keepRun } from '../keep-run.ts';
import type { Clock, Ids } from '../ports.ts';
import type { MailOutcome } from './mail-outcome.ts';

const LONGEST_RUN_MS = 3_600_000;
const PAUSE_MS = 60_000;

/*
 *   outcome                       counted as     ended well
 *   sent                          sent           yes
 *   stopped, kept                 waiting        no
 *   attention, given-up, failed   failed         no
 *   sent, copies refused          sent, and copiesRefused each copy
 */
const COUNTED_AS = {
  sent: 'sent',
  stopped: 'waiting',
  kept: 'waiting',
  attention: 'failed',
  'given-up': 'failed',
  failed: 'failed',
} as const satisfies Record<MailOutcome['kind'], string>;

/** The mails of one notifier. */
export class MailRun {
  readonly #notifier: string;
  readonly #now: Clock;
  readonly #ids: Ids;
  #began: number | null = null;
  /** When the last round was done. */
  #last = 0;
  #counts: Record<string, number> = {};
  readonly #organizations = new Set<string>();
  #error: ErrorCode | null = null;

  /** @param notifier names it among those of the store */
  constructor(notifier: string, { now, ids }: { readonly now: Clock; readonly ids: Ids }) {
    this.#notifier = notifier;
    this.#now = now;
    this.#ids = ids;
  }

  /** A round begins. */
  begin(): void {
    this.#began ??= this.#now();
  }

  /** What became of a mail about some devices. */
  count(changes: readonly DeviceChange[], outcome: MailOutcome): void {
    const name = COUNTED_AS[outcome.kind];
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    const copies = outcome.kind === 'sent' ? (outcome.mail.refusedCopies?.length ?? 0) : 0;
    if (copies > 0) this.#counts['copiesRefused'] = (this.#counts['copiesRefused'] ?? 0) + copies;
    for (const { device } of changes) if (device.eas !== undefined) this.#organizations.add(device.eas.organization);
    if ('error' in outcome) this.#error = outcome.error.code;
  }

  /** A round is done. */
  async done(store: Pick<Store, 'history'>): Promise<void> {
    this.#last = this.#now();
    if (this.#began !== null && this.#last - this.#began >= LONGEST_RUN_MS) await this.end(store);
  }

  /** The timer's look: ends the run if no mail came for a minute. */
  async look(store: Pick<Store, 'history'>): Promise<void> {
    if (this.#now() - this.#last >= PAUSE_MS) await this.end(store);
  }

  /** Ends the run, as when the node is closed. */
  async end(store: Pick<Store, 'history'>): Promise<void> {
    const began = this.#began;
    if (began === null) return;
    const counts = this.#counts;
    const [organization = null, ...others] = this.#organizations;
    const error = this.#error;
    this.#began = null;
    this.#counts = {};
    this.#organizations.clear();
    this.#error = null;
    if (Object.keys(counts).length === 0) return;
    const run = {
      subject: 'notify',
      syncId: this.#ids(),
      organization: others.length === 0 ? organization : null,
      began,
    } as const;
    const report = {
      notifier: this.#notifier,
      counts,
      ...(error === null ? {} : { error: { code: error, text: ERROR_HELP[error] } }),
    };
    await keepRun(store, run, { ok: error === null, report, now: () => this.#last });
  }
}
