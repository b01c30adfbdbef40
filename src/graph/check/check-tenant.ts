/**
 * The tool for the first hour: whether the connector can read an MDM tenant, step by step. What it says is in tables: the steps
 * (report.ts), what is found (verdicts.ts, judge-….ts, permissions.ts). It signs in and reads, and changes nothing.
 */
import { X509Certificate } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { asConnectorError, isConnectorError, throwIfAborted } from '../../errors.ts';
import { ClockWatch } from '../../http/clock-watch.ts';
import type { GraphTransport } from '../graph-transport.ts';
import { openSignedGraph } from '../open-graph.ts';
import type { GraphOptions } from '../open-graph.ts';
import { readEnrolledCount } from '../overview.ts';
import { parsePage } from '../pages.ts';
import { readClaims } from './claims.ts';
import { judgeClock } from '../../model/judge-clock.ts';
import type { ReportLanguage, Said } from '../../model/say.ts';
import { failed, judgeDevices, judgeRefusal, judgeSignedIn, judgeSignIn } from './judge-answers.ts';
import { judgePermissions } from './judge-permissions.ts';
import { reportOf, stepOf } from './report.ts';
import type { Finding, ReportStep, TenantReport } from './report.ts';
import { said, TENANT_WORDS } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What is checked: a tenant, or the simulation. */
export type TenantToCheck =
  | { readonly kind: 'intune'; readonly graph: GraphOptions }
  | { readonly kind: 'simulated'; readonly graph: GraphTransport };

interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Of the report; default English. */
  readonly language?: ReportLanguage;
  /** Told each step as it ends. */
  readonly onStep?: (step: ReportStep) => void;
  /** Told the title of a step as it begins. */
  readonly onProgress?: (title: string) => void;
}

/** A person waits: what asks for longer is said, not waited for. */
const PATIENCE = { maxWaitMs: 10_000, maxThrottled: 3, maxFaults: 1, maxUnreachable: 0 };
const LIST = '/deviceManagement/managedDevices';

/**
 * Checks. Never throws for what is wrong with the tenant; each step says it.
 * @throws ERR_ABORTED; ERR_CONFIG_INVALID naming the field, before anything is sent
 */
export async function checkTenant(tenant: TenantToCheck, options: CheckOptions = {}): Promise<TenantReport> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const run = new TenantCheck(options);
  if (tenant.kind === 'simulated') await run.simulated(tenant.graph);
  else await run.intune(tenant.graph);
  throwIfAborted(options.signal);
  const { language } = run;
  return reportOf(tenant.kind, run.steps, { startedAt, ms: Math.round(performance.now() - began), language });
}

/** One check. */
class TenantCheck {
  readonly steps: ReportStep[] = [];
  readonly language: ReportLanguage;
  readonly #options: CheckOptions;
  readonly #clock = new ClockWatch();

  constructor(options: CheckOptions) {
    this.#options = options;
    this.language = options.language ?? 'en';
  }

  async simulated(graph: GraphTransport): Promise<void> {
    const reason = said('simulated');
    await this.#leaveOut('sign-in', reason);
    await this.#leaveOut('permissions', reason);
    await this.#read(graph, '');
    await this.#leaveOut('clock', said('simulated.clock'));
  }

  async intune(options: GraphOptions): Promise<void> {
    const client = options.clientId.trim();
    const { graph, signIn } = openSignedGraph({ ...options, retry: PATIENCE });
    try {
      let token: string | null = null;
      await this.#step('sign-in', async () => {
        try {
          token = await signIn(this.#options.signal ?? new AbortController().signal);
          return judgeSignedIn(expiryOf(options), Date.now(), client);
        } catch (error) {
          if (isConnectorError(error, 'ERR_ABORTED')) throw error;
          return judgeSignIn(asConnectorError(error), client);
        }
      });
      const carried = await this.#step(
        'permissions',
        token === null ? null : () => judgePermissions(readClaims(token!), client),
      );
      await this.#read(carried.status === 'error' || token === null ? null : graph, client);
      await this.#step('clock', token === null ? null : () => judgeClock('Graph', this.#clock.measured));
    } finally {
      await graph.close();
    }
  }

  /** The steps that read. @param graph null: an earlier one says that nothing can be read */
  async #read(graph: GraphTransport | null, client: string): Promise<void> {
    const { signal } = this.#options;
    const asked = { clock: this.#clock, ...(signal && { signal }) };
    let listed: number | null = null;
    await this.#step(
      'intune',
      graph === null
        ? null
        : async () => {
            try {
              // The first page alone: Intune counts the list on it.
              const { rows, next, count } = parsePage(
                LIST,
                await graph.get({ path: LIST, query: { $select: 'id' }, ...asked }),
              );
              listed = next === null ? rows.length : Math.max(count ?? 0, rows.length);
              return { verdict: 'intune.answers', seen: said('intune.answers') };
            } catch (error) {
              if (isConnectorError(error, 'ERR_ABORTED')) throw error;
              return judgeRefusal(asConnectorError(error), client);
            }
          },
    );
    await this.#step(
      'devices',
      graph === null || listed === null
        ? null
        : async () => {
            try {
              return judgeDevices(await readEnrolledCount(graph, asked), listed!);
            } catch (error) {
              if (isConnectorError(error, 'ERR_ABORTED')) throw error;
              return failed('devices.untold', asConnectorError(error));
            }
          },
    );
  }

  #leaveOut(id: StepId, seen: Said): Promise<ReportStep> {
    return this.#step(id, () => ({ verdict: 'does-not-apply', seen }));
  }

  /** Runs a step, or says that it is left out because an earlier one failed (`look` is null). */
  async #step(id: StepId, look: (() => Promise<Finding> | Finding) | null): Promise<ReportStep> {
    const { signal, onStep, onProgress } = this.#options;
    throwIfAborted(signal);
    if (look !== null) onProgress?.(TENANT_WORDS[this.language].titles[id]);
    const began = performance.now();
    const finding: Finding = look === null ? { verdict: 'not-reached', seen: said('not-reached') } : await look();
    throwIfAborted(signal);
    const step = stepOf(id, finding, Math.round(performance.now() - began), this.language);
    this.steps.push(step);
    onStep?.(step);
    return step;
  }
}

/** When the application's certificate ends, milliseconds since 1970; null: it signs in by a secret. */
function expiryOf({ authMethod, certificate }: GraphOptions): number | null {
  return authMethod === 'certificate' ? Date.parse(new X509Certificate(certificate ?? '').validTo) : null;
}
