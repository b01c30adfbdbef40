/**
 * Whether a store could work, step by step, before it is deployed. What it says is in tables: the steps (report.ts), what is
 * found (verdicts.ts, judge-store.ts). Nothing is made, updated or written; a store that works goes on meanwhile.
 */
import { performance } from 'node:perf_hooks';
import { asConnectorError, throwIfAborted } from '../../errors.ts';
import type { CheckReport } from '../../model/check-report.ts';
import { english } from '../../model/say.ts';
import type { ReportLanguage } from '../../model/say.ts';
import { requireEngine } from '../load-store.ts';
import { failed, judgeSecrets } from './judge-store.ts';
import type { EnteredSecrets } from './judge-store.ts';
import { reportOf, stepOf } from './report.ts';
import type { Finding, ReportStep } from './report.ts';
import { said, STORE_WORDS } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What is checked. */
export interface StoreToCheck {
  readonly engine: 'sqlite' | 'postgres';
  /** Of a file; `:memory:`: there is none. */
  readonly path: string;
  /** Address of a PostgreSQL. */
  readonly connection: string;
  readonly secrets: EnteredSecrets;
}

interface CheckOptions {
  readonly signal: AbortSignal;
  /** Of the report; default English. */
  readonly language?: ReportLanguage;
  /** Told each step as it ends. */
  readonly onStep?: (step: ReportStep) => void;
  /** Told the title of a step as it begins. */
  readonly onProgress?: (title: string) => void;
}

/** Checks. Never throws for what is wrong with the store; each step says it. @throws ERR_ABORTED */
export async function checkStore(store: StoreToCheck, options: CheckOptions): Promise<CheckReport> {
  const run = new StoreCheck(store, options);
  if (!isEngineThere()) await run.step('engine', noEngine);
  else if (store.engine === 'postgres') await run.postgres();
  else await run.file();
  await run.step('secrets', () => judgeSecrets(store.secrets));
  return reportOf(run.steps, options.language);
}

type Look = () => Promise<Finding> | Finding;

/** One check. */
class StoreCheck {
  readonly steps: ReportStep[] = [];
  readonly #store: StoreToCheck;
  readonly #options: CheckOptions;

  constructor(store: StoreToCheck, options: CheckOptions) {
    this.#store = store;
    this.#options = options;
  }

  async file(): Promise<void> {
    const { lookAtSqlite } = await import('./sqlite-facts.ts');
    await lookAtSqlite(this.#store.path, (id, look) => this.step(id, look));
  }

  async postgres(): Promise<void> {
    const { lookAtPostgres } = await import('./postgres-facts.ts');
    await lookAtPostgres(this.#store.connection, (id, look) => this.step(id, look), this.#options.signal);
  }

  /** Tells whether it is in order. @param look null: it is left out, since an earlier one failed */
  async step(id: StepId, look: Look | null): Promise<boolean> {
    const { signal, onStep, onProgress, language = 'en' } = this.#options;
    throwIfAborted(signal);
    if (look !== null) onProgress?.(STORE_WORDS[language].titles[id]);
    const began = performance.now();
    const finding = look === null ? NOT_REACHED : await this.#looked(look);
    throwIfAborted(signal);
    const step = stepOf(id, finding, Math.round(performance.now() - began), {
      secrets: secretsIn(this.#store),
      language,
    });
    this.steps.push(step);
    onStep?.(step);
    return step.status !== 'error';
  }

  /** What a server answers to one question does not end the others. */
  async #looked(look: Look): Promise<Finding> {
    try {
      return await look();
    } catch (error) {
      throwIfAborted(this.#options.signal);
      const { code, message } = asConnectorError(error, 'ERR_STORE_OPEN', (error as Error).message);
      return failed('store.unreadable', said('error', { message: english(message) }), code);
    }
  }
}

const NOT_REACHED: Finding = { verdict: 'not-reached', seen: said('not-reached') };

function isEngineThere(): boolean {
  try {
    requireEngine(process.versions.node);
    return true;
  } catch {
    return false;
  }
}

function noEngine(): Finding {
  return failed('engine.node', said('engine.node', { version: process.versions.node }), 'ERR_ENGINE_UNSUPPORTED');
}

/** What is never shown, whoever repeats it. */
function secretsIn({ connection, secrets }: StoreToCheck): string[] {
  const password = URL.parse(connection)?.password ?? '';
  let plain = password;
  try {
    plain = decodeURIComponent(password);
  } catch {
    // It is as it is written.
  }
  return [connection, password, plain, ...Object.values(secrets)].filter((secret) => secret.length > 3);
}
