/**
 * One row of the history a run: a reading, a match, the decisions of a sync, what was written, what was mailed.
 * In: what ran, since when, what it came to. Out: nothing. Changes: the history.
 */
import { asConnectorError, ERROR_HELP } from '../errors.ts';
import type { Json, Store } from '../store/store.ts';
import type { Clock } from './ports.ts';

/** What runs, in the order of a sync. */
export const RUN_SUBJECTS = ['eas', 'mdm', 'match', 'access', 'write', 'notify'] as const;

/** A run that has begun. */
export interface Run {
  readonly subject: (typeof RUN_SUBJECTS)[number];
  /** The sync's, or what names the run otherwise. */
  readonly syncId: string;
  /** Null: of none, or of several. */
  readonly organization: string | null;
  /** Milliseconds since 1970. */
  readonly began: number;
}

type RunStore = Pick<Store, 'history'>;

/** Keeps a run that came to its end. @param end.report with `counts`, and what else a person wants to know of it */
export async function keepRun(
  { history }: RunStore,
  { began, ...run }: Run,
  {
    ok,
    report,
    now,
  }: { readonly ok: boolean; readonly report: { readonly [name: string]: Json }; readonly now: Clock },
): Promise<void> {
  const ended = now();
  // A reading may have begun by another host's clock.
  const tookMs = Math.max(0, ended - began);
  await history.add({ ...run, at: new Date(ended).toISOString(), ok, tookMs, report });
}

/**
 * Keeps a run that failed: the code of its error and what it means in our words, nothing of what a far end said. One that
 * was stopped, as by a deploy, leaves nothing. Never rejects: what it failed with is told by whoever ran it, and the store
 * may be what failed.
 */
export async function keepFailedRun(
  store: RunStore,
  run: Run,
  {
    thrown,
    signal,
    now,
    report = {},
  }: {
    readonly thrown: unknown;
    readonly signal?: AbortSignal;
    readonly now: Clock;
    readonly report?: { readonly [name: string]: Json };
  },
): Promise<void> {
  const { code } = asConnectorError(thrown);
  if (signal?.aborted === true || code === 'ERR_ABORTED') return;
  const error = { code, text: ERROR_HELP[code] };
  await keepRun(store, run, { ok: false, report: { ...report, error }, now }).catch(() => undefined);
}
