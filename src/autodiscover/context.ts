/** What every step of one check shares, and how a step is timed. */
import { setTimeout } from 'node:timers/promises';
import { asConnectorError, throwIfAborted } from '../errors.ts';
import { nameVerdict, type NameVerdict } from './name-answer.ts';
import { stepFrom, worst, type AutodiscoverStep, type Finding } from './report.ts';
import type { NameServer } from './resolvers.ts';
import type { ScpOptions } from './scp-directory.ts';
import { quoted, said, type Said } from './words/say.ts';

/** Credentials of the notification account for the signed-in steps. */
export interface CheckCredentials {
  /** UPN or `DOMAIN\user`. */
  readonly username: string;
  readonly password: string;
  /** Send them by Basic too, over trusted TLS. Default false: NTLM never shows the password. */
  readonly allowBasic?: boolean;
}

/** One check under way. */
export interface CheckContext {
  readonly domain: string;
  readonly address: string | null;
  readonly internal: readonly NameServer[];
  readonly external: readonly NameServer[];
  readonly credentials: CheckCredentials | null;
  /** The directory that Outlook asks; null: not asked. */
  readonly scp: ScpOptions | null;
  readonly ca: readonly string[];
  readonly allowedRedirects: readonly string[];
  readonly allowLoopback: boolean;
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly stepMs: number;
  /** Fires when the caller stops or the total time is over. */
  readonly signal: AbortSignal;
  /** Fires only when the caller stops. */
  readonly stop: AbortSignal | undefined;
  readonly now: Date;
  /** Told of each step that is over; those below a step come before it. */
  readonly onStep: ((step: AutodiscoverStep) => void) | undefined;
}

/** Runs one step. What is unexpected becomes an `unknown` step; only the caller's abort ends the check. */
export async function step(
  ctx: CheckContext,
  id: string,
  title: Said | null,
  run: () => Promise<Finding> | Finding,
): Promise<AutodiscoverStep> {
  const done = await runStep(ctx, id, title, run);
  ctx.onStep?.(done);
  return done;
}

async function runStep(
  ctx: CheckContext,
  id: string,
  title: Said | null,
  run: () => Promise<Finding> | Finding,
): Promise<AutodiscoverStep> {
  throwIfAborted(ctx.stop);
  const startedAt = performance.now();
  const done = (finding: Finding): AutodiscoverStep =>
    stepFrom(id, title, finding, Math.round(performance.now() - startedAt));
  const late: Finding = { status: 'unknown', seen: said('late') };
  if (ctx.signal.aborted) return done(late);
  try {
    const finding = await run();
    // A connection that we gave up looks like one that broke.
    return done(ctx.signal.aborted && finding.status === 'error' && finding.children === undefined ? late : finding);
  } catch (error) {
    throwIfAborted(ctx.stop);
    return done({ status: 'unknown', seen: failed(asConnectorError(error)) });
  }
}

/** An error of ours: its text is English, so it is quoted. */
export function failed({ code, message }: { readonly code: string; readonly message: string }): Said {
  return said('failed', { code, message: quoted(message) });
}

/** How long a server that is busy is left alone before it is asked once more. */
const BUSY_MS = 1_000;

/** Waits before the second try; ends early when the check does. */
export async function leaveAlone({ signal, stepMs }: CheckContext): Promise<void> {
  await setTimeout(Math.min(BUSY_MS, stepMs / 2), undefined, { signal }).catch(() => undefined);
}

/** A finding made of steps: as serious as the worst of them. */
export function group(seen: Said, children: readonly AutodiscoverStep[]): Finding {
  return { status: worst(children), seen, children };
}

/** What the internal servers say about a name: the first that has it, else the first that has anything to say. */
export async function resolveInside(ctx: CheckContext, name: string): Promise<NameVerdict> {
  const verdicts = (await Promise.all(ctx.internal.map((server) => server.ask(name)))).map(nameVerdict);
  const rank = ['found', 'dangling', 'nodata', 'missing', 'unknown'];
  return (
    verdicts.sort((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind))[0] ?? {
      kind: 'unknown',
      reason: said('dns.reason.no-server'),
    }
  );
}
