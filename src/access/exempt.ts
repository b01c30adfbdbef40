/** Devices that a person has exempted for a time are not lowered, and a block of ours is taken off. Pure (ADR 0082). */
import type { Exemption } from '../model/exemption.ts';
import type { Action, DeviceRecord, Listed } from '../model/records.ts';
import type { AccessDecision } from './decide-access.ts';
import { standingOf } from './list-edit.ts';
import type { ReviewClock } from './review-clock.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** Name under which such a decision is kept. */
export const EXEMPT_RULE = 'Exempt';

/** Its reason code. */
export const EXEMPT = 'exempt';

/*
 * Until the exemption ends:
 *
 *   without it   the device's entry is on        decision
 *   allow        any list, or none               as without it
 *   block        the allowed list, anybody's     leave: it stays let in
 *   block        the blocked list, or none       release: ours is taken off, and Exchange's own rules decide
 *   release      the allowed list, anybody's     leave: it stays let in
 *   release      the blocked list, or none       as without it
 *   leave        the blocked list, ours          release
 *   leave        another, or none                as without it
 *
 * From its end on, and without one: as without it.
 */
const INSTEAD: Readonly<
  Record<Action, (entry: { readonly allowed: boolean; readonly ours: boolean }) => Action | null>
> = {
  allow: () => null,
  block: ({ allowed }) => (allowed ? 'leave' : 'release'),
  release: ({ allowed }) => (allowed ? 'leave' : null),
  leave: ({ ours }) => (ours ? 'release' : null),
};

/** What is known besides the record and what is decided without an exemption. */
export interface ExemptContext {
  /** Null: there is none. */
  readonly exemption: Pick<Exemption, 'until' | 'note' | 'by'> | null;
  /** The list on which its entry is ours. */
  readonly owned: Listed;
  readonly adoptEntries: boolean;
  readonly clock: ReviewClock;
}

/** What is decided about a device that may be exempt. @param decision without its exemption */
export function decideWithExemption(
  { eas }: Pick<DeviceRecord, 'eas'>,
  decision: AccessDecision,
  { exemption, owned, adoptEntries, clock }: ExemptContext,
): AccessDecision {
  if (exemption === null || eas === undefined) return decision;
  const { listed } = eas.access;
  const ours = standingOf(listed, owned, adoptEntries).blocked === 'us';
  const action = INSTEAD[decision.action]({ allowed: listed === 'allowed', ours });
  if (action === null || clock.reached(Date.parse(exemption.until))) return decision;
  const text = sentenceOf(exemption, decision);
  return {
    action,
    rule: EXEMPT_RULE,
    reason: { code: EXEMPT, text, evidence: decision.reason.evidence },
    report: false,
  };
}

function sentenceOf({ until, note, by }: Pick<Exemption, 'until' | 'note' | 'by'>, otherwise: AccessDecision): string {
  const told = { time: until, note, action: otherwise.action, text: otherwise.reason.text };
  return by === null ? say('exempt', told) : say('exempt.by', { ...told, by });
}
