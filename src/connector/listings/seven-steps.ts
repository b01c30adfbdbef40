/** The way of one phone, from the account that was added to mail that flows again, as a person reads it. Pure. */
import type { AuditEntry, TimelineStep } from '../../store/store.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** The steps, in their order. */
export const SEVEN_STEPS = ['added', 'read', 'blocked', 'mailed', 'enrolled', 'merged', 'allowed'] as const;

/** Who makes a step happen. */
export type StepAuthor = 'phone' | 'connector' | 'user' | 'person';

/** One step of the way. */
export interface StepOfWay {
  readonly step: (typeof SEVEN_STEPS)[number];
  /** When, by the clock of who knows, ISO 8601 UTC; null: it has not happened, or nobody knows when. */
  readonly at: string | null;
  readonly author: StepAuthor;
  /** The node or person; null: the phone, the user, or nobody has said. */
  readonly who: string | null;
  /** What shows it. */
  readonly evidence: readonly string[];
}

/** What is known of the device. */
export interface KnownWay {
  /** Its timeline, in the order in which it became known. */
  readonly timeline: readonly TimelineStep[];
  /** Its audit, the newest first. */
  readonly audit: readonly AuditEntry[];
  readonly firstSyncAt: string | null;
  /** When the first reading began that had it. */
  readonly firstReadAt: string | null;
  readonly enrolledAt: string | null;
  /** Null: it is one with no MDM record. */
  readonly merged: { readonly by: string; readonly since: string } | null;
}

/*
 *   step       of the last blocking, from the timeline          of a device that was not blocked
 *   added      added                                            first sync, as Exchange says
 *   read       when the first reading began that had it         the same
 *   blocked    blocked; who, by the audit                       –
 *   mailed     the last mailed                                  –
 *   enrolled   enrolled, else as the MDM says;                  as the MDM says
 *              with when the link was opened and pressed
 *   merged     merged, else since when the two are one          since when the two are one
 *   allowed    allowed, after the block; who, by the audit      the last allow of the audit
 */

/** The seven steps, each with when, by whom, and what shows it. */
export function sevenSteps(known: KnownWay): StepOfWay[] {
  const { audit, firstSyncAt, firstReadAt, enrolledAt, merged } = known;
  const steps = ofLastEpisode(known.timeline);
  const last = (step: TimelineStep['step']): TimelineStep | undefined => steps.findLast((one) => one.step === step);
  const blocked = last('blocked');
  const allowed = last('allowed');
  const links = (['opened', 'activated'] as const).flatMap((step) => {
    const found = last(step);
    return found === undefined
      ? []
      : [say(step === 'opened' ? 'evidence.opened' : 'evidence.confirmed', { time: found.at })];
  });
  return [
    make('added', last('added')?.at ?? firstSyncAt, 'phone', [say('evidence.first-sync')]),
    make('read', firstReadAt, 'connector'),
    acted('blocked', blocked?.at ?? null, doing(audit, 'block', blocked?.at ?? null), blocked?.detail),
    make('mailed', last('mailed')?.at ?? null, 'connector', detailOf(last('mailed'))),
    make('enrolled', last('enrolled')?.at ?? enrolledAt, 'user', links),
    make('merged', last('merged')?.at ?? merged?.since ?? null, 'connector', merged === null ? [] : [merged.by]),
    acted('allowed', ...allowedAt(allowed, blocked, audit)),
  ];
}

/** What befell the device since it was blocked last; all of it if it never was. */
function ofLastEpisode(timeline: readonly TimelineStep[]): readonly TimelineStep[] {
  const episode = timeline.findLast(({ step }) => step === 'blocked')?.episode ?? null;
  return episode === null ? timeline : timeline.filter((one) => one.episode === episode || one.episode === null);
}

function allowedAt(
  allowed: TimelineStep | undefined,
  blocked: TimelineStep | undefined,
  audit: readonly AuditEntry[],
): [at: string | null, entry: AuditEntry | undefined, detail?: string | null] {
  if (allowed !== undefined) return [allowed.at, doing(audit, 'allow', allowed.at), allowed.detail];
  const entry = blocked === undefined ? audit.find(({ what }) => what === 'allow') : undefined;
  return [entry?.at ?? null, entry];
}

/** The entry of what was done then; if there is none of that moment, the last one. */
function doing(audit: readonly AuditEntry[], what: string, at: string | null): AuditEntry | undefined {
  if (at === null) return undefined;
  const entries = audit.filter((entry) => entry.what === what);
  return entries.find((entry) => entry.at === at) ?? entries[0];
}

function acted(
  step: StepOfWay['step'],
  at: string | null,
  entry: AuditEntry | undefined,
  detail: string | null = null,
): StepOfWay {
  const evidence = [...(detail === null ? [] : [detail]), ...(entry?.evidence ?? [])];
  const { who = null, approvedBy = null } = entry ?? {};
  return { step, at, author: approvedBy === null ? 'connector' : 'person', who: approvedBy ?? who, evidence };
}

function make(
  step: StepOfWay['step'],
  at: string | null,
  author: StepAuthor,
  evidence: readonly string[] = [],
): StepOfWay {
  return { step, at, author, who: null, evidence: at === null ? [] : evidence };
}

function detailOf(step: TimelineStep | undefined): string[] {
  return step?.detail == null ? [] : [step.detail];
}
