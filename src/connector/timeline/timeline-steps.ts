/** Which steps follow from what happened, and how long somebody waited for them. Pure. */
import type { PlannedChange } from '../../access/plan.ts';
import type { DeviceChange, EasRecord } from '../../model/records.ts';
import type { TimelineStep } from '../../store/store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An account that was added longer ago is blocked for something else: it left the MDM, rules changed, the switch-on. */
const NEW_ACCOUNT_MS = 30 * DAY_MS;
/** Who enrolled just before the block waits as well: the reading that led to it was older. */
const ENROLLED_BEFORE_MS = HOUR_MS;

/** What is known of a device, in the order in which it became known. */
type Known = readonly TimelineStep[];

/** A change that Exchange has taken. */
export interface Applied {
  readonly change: PlannedChange;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly episode: string | null;
}

/*
 *   action    of the device                                                    steps
 *   block     its account is at most 30 days old                               added, blocked
 *   block     otherwise                                                        blocked
 *   allow     merged; the episode does not know it yet                         enrolled (if the MDM says when), merged, allowed
 *   allow     otherwise                                                        allowed
 *   release   any                                                              released
 *   remove    any                                                              none: nobody's mail is the other for it
 */

/** The steps of a change that Exchange has taken. @param known what the episode knows; only an allow goes by it */
export function stepsOfChange({ change, at, episode }: Applied, known: Known): TimelineStep[] {
  const { action, decision, device } = change;
  const make = maker(change.organization, change.key, episode);
  const detail = decision.reason.code;
  if (action === 'remove') return [];
  if (action === 'release') return [make('released', at, { detail })];
  if (action === 'block') {
    const firstSyncAt = device.eas?.firstSyncAt ?? null;
    const isAdded = firstSyncAt !== null && isNewAccount(firstSyncAt, at);
    return [...(isAdded ? [make('added', firstSyncAt)] : []), make('blocked', at, { detail })];
  }
  const steps = known.some(({ step }) => step === 'merged') ? [] : stepsOfMerge(device, { at, episode });
  return [...steps, make('allowed', at, { detail, waited: waitedForMail([...known, ...steps], change, at) })];
}

/** Exchange's clock may be ahead. */
function isNewAccount(firstSyncAt: string, at: string): boolean {
  return Date.parse(at) - Date.parse(firstSyncAt) <= NEW_ACCOUNT_MS;
}

/** The steps of a match that found the device's other half; none if it found none. */
export function stepsOfMerge(
  { key, status, eas, mdm, match }: PlannedChange['device'],
  { at, episode }: Pick<Applied, 'at' | 'episode'>,
): TimelineStep[] {
  if (status !== 'eas/mdm' || eas === undefined) return [];
  const make = maker(eas.organization, key, episode);
  const enrolledAt = mdm?.enrolledAt ?? null;
  return [...(enrolledAt === null ? [] : [make('enrolled', enrolledAt)]), make('merged', at, { detail: match.by })];
}

/**
 * The steps of a mail that was sent, one a device: the first one about a new account was waited for.
 * @param changes what the mail is about
 * @param at ISO 8601 UTC
 * @param known of these devices, and perhaps of others
 */
export function stepsOfMail(changes: readonly DeviceChange[], at: string, known: Known): TimelineStep[] {
  return changes.flatMap(({ device, change, decision }) => {
    if (device.eas === undefined) return [];
    const own = known.filter(({ deviceKey }) => deviceKey === device.key);
    // A flow may have made its message anew, without the episode.
    const episode = change.episode ?? lastEpisode(own);
    return [stepOfMail(device.eas, { at, episode, kind: decision.reason.code }, own)];
  });
}

function stepOfMail(
  eas: Pick<EasRecord, 'key' | 'organization'>,
  { at, episode, kind }: Pick<Applied, 'at' | 'episode'> & { readonly kind: string },
  known: Known,
): TimelineStep {
  const added = known.find((one) => one.step === 'added' && one.episode === episode);
  const isFirst = !known.some(({ step }) => step === 'mailed');
  const waited = added !== undefined && isFirst ? secondsBetween(added.at, at) : null;
  return maker(eas.organization, eas.key, episode)('mailed', at, { detail: kind, waited });
}

/*
 *   enrolled (by the MDM's clock)                             waited for mail
 *   after our block, or at most an hour before it             since then
 *   after the first sync, of a device that we did not block   since then
 *   earlier                                                   no: it was something else that was waited for
 *   and when we blocked is not known (an older version did)   nobody knows
 */
function waitedForMail(known: Known, { edit, device }: PlannedChange, at: string): number | null {
  const enrolled = known.find(({ step }) => step === 'enrolled');
  const isOurs = edit.blocked?.remove !== undefined;
  const blockedAt = known.find(({ step }) => step === 'blocked')?.at;
  const from = blockedAt ?? (isOurs ? null : (device.eas?.firstSyncAt ?? null));
  if (enrolled === undefined || from === null) return null;
  return Date.parse(enrolled.at) < Date.parse(from) - ENROLLED_BEFORE_MS ? null : secondsBetween(enrolled.at, at);
}

/** Whole seconds. What a foreign clock has after its end took no time. */
function secondsBetween(from: string, to: string): number | null {
  const milliseconds = Date.parse(to) - Date.parse(from);
  return Number.isNaN(milliseconds) ? null : Math.max(0, Math.round(milliseconds / 1000));
}

/** Makes steps of one episode of one device. */
export function maker(
  organization: string,
  deviceKey: string,
  episode: string | null,
): (step: TimelineStep['step'], at: string, more?: Partial<Pick<TimelineStep, 'detail' | 'waited'>>) => TimelineStep {
  return (step, at, { detail = null, waited = null } = {}) => ({
    organization,
    deviceKey,
    episode,
    step,
    at,
    detail,
    waited,
  });
}

/** The episode that was last known of a device. */
export function lastEpisode(known: Known): string | null {
  return known.findLast(({ episode }) => episode !== null)?.episode ?? null;
}
