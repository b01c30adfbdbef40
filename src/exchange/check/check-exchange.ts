/**
 * The tool for the first hour: whether the connector can work with an Exchange, step by step. What it says is in tables: the steps
 * (report.ts), where they apply (applies.ts), what is found (verdicts.ts, judge-….ts). It asks and reads, and changes nothing.
 */
import { performance } from 'node:perf_hooks';
import { asConnectorError, isConnectorError, throwIfAborted } from '../../errors.ts';
import type { Blanks } from '../../model/check-report.ts';
import type { ReportLanguage, Said } from '../../model/say.ts';
import { openExchange } from '../open-exchange.ts';
import type { ExchangeServerOptions, RemotePowerShellServer } from '../open-exchange.ts';
import type { CmdletTransport } from '../transport.ts';
import { DOES_NOT_APPLY } from './applies.ts';
import { askClock, askOrganization, askRights, askScope, askThrottling } from './ask-session.ts';
import { countAll } from './count.ts';
import { failed, judgeRefusal } from './judge-connection.ts';
import { judgeSize, judgeTime } from './judge-size.ts';
import { lookAtServer, openFirst } from './look-at-server.ts';
import type { AddressToCheck } from './look-at-server.ts';
import { reportOf, stepOf } from './report.ts';
import type { ExchangeReport, Finding, ReportStep } from './report.ts';
import { EXCHANGE_WORDS, said } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What is checked: a server of one's own (without `auth` only what needs no account), a tenant, or the simulation. */
export type ExchangeToCheck =
  | AddressToCheck
  | Exclude<ExchangeServerOptions, RemotePowerShellServer>
  | { readonly kind: 'simulated'; readonly exchange: CmdletTransport };

export interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Of the report; default English. */
  readonly language?: ReportLanguage;
  /** How long each kind of object is read for, in milliseconds; default 40,000. */
  readonly countMs?: number;
  /** Told each step as it ends. */
  onStep?(step: ReportStep): void;
  /** Told what is going on: a title of a step, and how many objects were read. */
  onProgress?(title: string, count: number | null): void;
}

/**
 * Checks. Never throws for what is wrong with the Exchange; each step says it.
 * @throws ERR_ABORTED; ERR_CONFIG_INVALID and ERR_HTTP_INSECURE for what is no https address
 */
export async function checkExchange(server: ExchangeToCheck, options: CheckOptions = {}): Promise<ExchangeReport> {
  const run = new CheckRun(server, options);
  const startedAt = new Date().toISOString();
  const began = performance.now();
  await run.all();
  throwIfAborted(options.signal);
  const { language } = run;
  return reportOf(server.kind, run.steps, { startedAt, ms: Math.round(performance.now() - began), language });
}

/** One check. */
class CheckRun {
  readonly steps: ReportStep[] = [];
  readonly language: ReportLanguage;
  readonly #server: ExchangeToCheck;
  readonly #options: CheckOptions;

  constructor(server: ExchangeToCheck, options: CheckOptions) {
    this.#server = server;
    this.#options = options;
    this.language = options.language ?? 'en';
  }

  async all(): Promise<void> {
    const exchange = await this.#open();
    try {
      await this.#ask(exchange);
    } finally {
      // The simulation is not ours.
      if (exchange !== null && this.#server.kind !== 'simulated') await exchange.close();
    }
  }

  /** The steps up to the session. @returns null: none is to be had */
  async #open(): Promise<CmdletTransport | null> {
    const server = this.#server;
    if (server.kind === 'remote-powershell')
      return lookAtServer(server, (id, look, about) => this.#step(id, look, about), this.#options.signal);
    for (const id of ['name', 'tls', 'methods'] as const) await this.#step(id, null);
    if (server.kind === 'simulated') {
      await this.#step('session', () => ({ verdict: 'session.open', seen: said('session.simulated') }));
      return server.exchange;
    }
    return this.#openTenant(server);
  }

  async #openTenant(server: Exclude<ExchangeServerOptions, RemotePowerShellServer>): Promise<CmdletTransport | null> {
    const holder: { opened: CmdletTransport | null } = { opened: null };
    const { clientId = '' } = server;
    const open = async (): Promise<Finding> => {
      try {
        holder.opened = openExchange({ ...server, sessions: 1, maxWaitMs: 10_000 });
        return await openFirst(holder.opened, this.#options.signal);
      } catch (error) {
        const refusal = asConnectorError(error);
        await holder.opened?.close();
        holder.opened = null;
        const isToken = refusal.code === 'ERR_HTTP_AUTH';
        return isToken ? failed('session.tenant', refusal, { client: clientId }) : judgeRefusal(refusal, {});
      }
    };
    try {
      await this.#step('session', open);
    } catch (error) {
      await holder.opened?.close();
      throw error;
    }
    return holder.opened;
  }

  /** The steps that need a session. */
  async #ask(exchange: CmdletTransport | null): Promise<void> {
    const { signal, countMs = 40_000 } = this.#options;
    const account = accountOf(this.#server);
    const blanks: Blanks = account === null ? {} : { account };
    const ask = (id: StepId, look: (open: CmdletTransport) => Promise<Finding> | Finding): Promise<unknown> =>
      this.#step(id, exchange === null ? null : () => look(exchange), undefined, blanks);
    await ask('organization', (open) => askOrganization(open, signal));
    await ask('scope', (open) => askScope(open, signal));
    await ask('rights', (open) => askRights(open, account, signal));
    const sessions = 'sessions' in this.#server ? (this.#server.sessions ?? 2) : 2;
    await ask('throttling', (open) => askThrottling(open, { account, sessions }, signal));
    await ask('clock', (open) => askClock(open));
    let counts: Awaited<ReturnType<typeof countAll>> | null = null;
    await ask('size', async (open) => {
      const tell = (count: number) => this.#options.onProgress?.(EXCHANGE_WORDS[this.language].titles.size, count);
      counts = await countAll(open, { countMs, tell, ...(signal && { signal }) });
      return judgeSize(counts);
    });
    const isCounted = this.steps.find(({ id }) => id === 'size')?.status !== 'error';
    await this.#step('time', counts === null || !isCounted ? null : () => judgeTime(counts!));
  }

  /** Runs a step, or says why it is left out: it does not apply, or (`look` is null) an earlier one failed. */
  async #step(
    id: StepId,
    look: (() => Promise<Finding> | Finding) | null,
    about?: string,
    blanks: Blanks = {},
  ): Promise<ReportStep> {
    throwIfAborted(this.#options.signal);
    const reason = DOES_NOT_APPLY[this.#server.kind][id];
    if (look !== null && reason === undefined)
      this.#options.onProgress?.(EXCHANGE_WORDS[this.language].titles[id], null);
    const began = performance.now();
    const finding = await this.#find(id, reason, look);
    throwIfAborted(this.#options.signal);
    const ms = Math.round(performance.now() - began);
    const whole = { ...finding, blanks: { ...blanks, ...finding.blanks } };
    const step = stepOf(id, whole, { ms, language: this.language, ...(about !== undefined && { about }) });
    this.steps.push(step);
    this.#options.onStep?.(step);
    return step;
  }

  async #find(id: StepId, reason: Said | undefined, look: (() => Promise<Finding> | Finding) | null): Promise<Finding> {
    if (reason !== undefined) return { verdict: 'does-not-apply', seen: reason };
    if (look === null) return { verdict: 'not-reached', seen: said('not-reached') };
    try {
      return await look();
    } catch (error) {
      if (isConnectorError(error, 'ERR_ABORTED')) throwIfAborted(this.#options.signal);
      return failedStep(id, error);
    }
  }
}

/** What is said of a step that was ended by an error. */
const FAILED = {
  name: 'name.unknown',
  tls: 'tls.closed',
  methods: 'methods.failed',
  session: 'session.failed',
  organization: 'organization.failed',
  scope: 'scope.untold',
  rights: 'rights.untold',
  throttling: 'throttling.untold',
  clock: 'clock.untold',
  size: 'size.failed',
  time: 'time.untold',
} as const;

function failedStep(id: StepId, thrown: unknown): Finding {
  const error = asConnectorError(thrown);
  // An account may lack one cmdlet and have all that the connector needs.
  if (id === 'organization' && error.code === 'ERR_EXCHANGE_CMDLET_UNKNOWN')
    return failed('organization.untold', error);
  // The account may meet its limits at any step, and what to do about it is the same.
  const isThrottled = error.code === 'ERR_WSMAN_QUOTA' || error.code === 'ERR_EXCHANGE_THROTTLED';
  return failed(isThrottled ? 'session.throttled' : FAILED[id], error);
}

/** Who signs in, for commands; null: not known, as with a ticket. */
function accountOf(server: ExchangeToCheck): string | null {
  if (server.kind !== 'remote-powershell') return null;
  const account = server.username?.trim() ?? '';
  return account === '' ? null : account;
}
