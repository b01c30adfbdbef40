/**
 * What befalls a device, kept where it is kept that it happened: one call within that transaction.
 * In: what happened. Out: nothing. Changes: the timeline.
 */
import type { KnownToken } from '../../activation/activation-decision.ts';
import type { ApplyResult } from '../../access/apply.ts';
import { easRecordKey, foldEasId } from '../../model/keys.ts';
import type { OwnedEntry, Store, StoreParts, TimelineStep } from '../../store/store.ts';
import type { Judged } from '../sync/decider.ts';
import { lastEpisode, maker, stepsOfChange, stepsOfMerge } from './timeline-steps.ts';

type TimelineParts = Pick<StoreParts, 'timeline'>;

/** What became of a change, if Exchange has taken it. @param episode the blocking that it began or ended */
export async function recordOutcome(
  { timeline }: TimelineParts,
  result: ApplyResult,
  episode: string | null,
): Promise<void> {
  if (result.outcome !== 'applied') return;
  const { action, key } = result.change;
  const known = action === 'allow' ? ofEpisode(await timeline.of([key]), episode) : [];
  await timeline.append(stepsOfChange({ ...result, episode }, known));
}

/** Devices of a page that a match has found the other half of, and that we block: the first time in an episode, within a transaction. */
export async function recordMerges({ timeline }: TimelineParts, judged: readonly Judged[], at: string): Promise<void> {
  const merged = judged.flatMap(({ device, entries }) => {
    const block = device.status === 'eas/mdm' ? entries.find(({ list }) => list === 'blocked') : undefined;
    return block === undefined ? [] : [{ device, episode: block.episode }];
  });
  if (merged.length === 0) return;
  const known = await timeline.of(merged.map(({ device }) => device.key));
  const isKnown = new Set(known.filter(({ step }) => step === 'merged').map(nameOf));
  const first = merged.filter(({ device, episode }) => !isKnown.has(nameOf({ deviceKey: device.key, episode })));
  await timeline.append(first.flatMap(({ device, episode }) => stepsOfMerge(device, { at, episode })));
}

function nameOf({ deviceKey, episode }: Pick<TimelineStep, 'deviceKey' | 'episode'>): string {
  return `${episode ?? ''} ${deviceKey}`;
}

/** A block of ours that somebody else has taken off the list. */
export async function recordGone(
  { timeline }: TimelineParts,
  { list, organization, mailboxId, easId, episode }: OwnedEntry,
  at: string,
): Promise<void> {
  if (list !== 'blocked') return;
  const make = maker(organization, easRecordKey(organization, mailboxId, easId), episode);
  await timeline.append([make('gone', at)]);
}

/** The page behind a link was asked for: once a link. @param at ISO 8601 UTC */
export async function recordOpening(store: Store, claims: KnownToken, at: string): Promise<void> {
  if ((await store.tokens.find(claims.tokenId))?.openedAt !== null) return;
  const names = await namesOf(store, claims.mailboxId, claims.easId);
  await store.together(async (parts) => {
    if (await parts.tokens.open(claims.tokenId, at)) await append(parts, names, 'opened', at);
  });
}

/** Its button was pressed. @param names of {@link namesOf}, which is not asked within a transaction */
export function recordActivation(
  parts: Pick<StoreParts, 'timeline' | 'entries'>,
  names: readonly DeviceName[],
  at: string,
): Promise<void> {
  return append(parts, names, 'activated', at);
}

/** A device as a link names it, in an organization that it may be of. */
interface DeviceName {
  readonly organization: string;
  readonly mailboxId: string;
  readonly easId: string;
}

/** A link names mailbox and EAS ID, and not the organization. */
export async function namesOf(
  { snapshots }: Pick<Store, 'snapshots'>,
  mailboxId: string,
  easId: string,
): Promise<DeviceName[]> {
  return (await snapshots.list('eas')).map(({ scope }) => ({
    organization: scope,
    mailboxId,
    easId: foldEasId(easId),
  }));
}

/** Of a device that we have blocked, or that has a timeline already. */
async function append(
  { timeline, entries }: Pick<StoreParts, 'timeline' | 'entries'>,
  names: readonly DeviceName[],
  step: 'opened' | 'activated',
  at: string,
): Promise<void> {
  for (const name of names) {
    const key = easRecordKey(name.organization, name.mailboxId, name.easId);
    const block = (await entries.forDevice(name)).find(({ list }) => list === 'blocked');
    const known = block === undefined ? await timeline.of([key]) : [];
    if (block === undefined && known.length === 0) continue;
    await timeline.append([maker(name.organization, key, block?.episode ?? lastEpisode(known))(step, at)]);
  }
}

function ofEpisode(known: readonly TimelineStep[], episode: string | null): TimelineStep[] {
  return known.filter((step) => step.episode === episode);
}
