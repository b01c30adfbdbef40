/**
 * In which language each owner of a mailbox reads: what Exchange has kept since they first opened Outlook on the web.
 *
 * In: a mailbox. Out: its language, or null. Changes: nothing; what was told is remembered for a day, in memory.
 */
import { isConnectorError } from '../../errors.ts';
import type { Clock } from '../ports.ts';

/** Asks Exchange; null: it knows none. Throws what the port throws. */
type AskLanguage = (mailboxId: string, options: { readonly signal: AbortSignal }) => Promise<string | null>;

const DAY_MS = 86_400_000;
/** A mail does not wait longer for its language. */
const PATIENCE_MS = 3_000;
/** So long nobody is asked after a failure that may pass: a server that is away would hold up every mail. */
const PAUSE_MS = 10 * 60_000;
/** Mailboxes that are remembered. */
const REMEMBERED = 10_000;

/*
 *   Exchange                                   the mail is in                     it is asked
 *   is not chosen                              the notifier's language            never
 *   has told it within a day                   that one                           not again
 *   tells one                                  that one                           after a day
 *   knows none                                 the notifier's                     after a day
 *   has no such cmdlet for the account         the notifier's; said once          after a day
 *   fails for this mailbox alone               the notifier's                     after ten minutes, for others at once
 *   fails otherwise, or takes three seconds    the notifier's                     after ten minutes
 */
export class MailboxLanguages {
  readonly #ask: () => AskLanguage | null;
  readonly #now: Clock;
  readonly #known = new Map<string, { readonly language: string | null; readonly until: number }>();
  #silentUntil = 0;
  #isTold = false;

  /** @param ask looked up at each use; null: there is no Exchange to ask */
  constructor(ask: () => AskLanguage | null, now: Clock) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The language, as BCP 47 has it; null: the notifier's own. Rejects never. @param onProblem hears once that a right is missing */
  async of(mailboxId: string, signal: AbortSignal, onProblem: (error: unknown) => void): Promise<string | null> {
    const known = this.#known.get(mailboxId);
    const now = this.#now();
    if (known !== undefined && now < known.until) return known.language;
    if (now < this.#silentUntil) return null;
    try {
      const ask = this.#ask();
      if (ask === null) return null;
      const language = await ask(mailboxId, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
      this.#remember(mailboxId, language, DAY_MS);
      return language;
    } catch (error) {
      if (isConnectorError(error, 'ERR_EXCHANGE_CMDLET')) {
        this.#remember(mailboxId, null, PAUSE_MS);
        return null;
      }
      const isRefused = isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN');
      this.#silentUntil = this.#now() + (isRefused ? DAY_MS : PAUSE_MS);
      if (isRefused && !this.#isTold) {
        this.#isTold = true;
        onProblem(error);
      }
      return null;
    }
  }

  /** @param forMs milliseconds */
  #remember(mailboxId: string, language: string | null, forMs: number): void {
    this.#known.delete(mailboxId);
    this.#known.set(mailboxId, { language, until: this.#now() + forMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}
