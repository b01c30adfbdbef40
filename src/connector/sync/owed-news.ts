/**
 * What the flow is owed: that it hears of every change that was written, and of every one that was not. A row before it is
 * told, until somebody is known to have heard it.
 * In: what became of changes; the flow. Out: what is told, again where it must be. Changes: the rows.
 */
import type { ApplyResult } from '../../access/apply.ts';
import { namedInLedger } from '../../access/owned-entries.ts';
import type { DeviceNews } from '../../model/records.ts';
import type { Announcement, Json, StoreParts } from '../../store/store.ts';
import { newsOfCause, newsOfPlan, newsOfProblem, newsOfTry } from './device-news.ts';
import type { ToldNews } from './device-news.ts';
import type { KeptHead } from './stored-changes.ts';
import type { UnheardReport } from './sync-report.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

type OwingParts = Pick<SwitchParts, 'store' | 'exchange' | 'flow' | 'now'>;

/** Without a notifier nobody says that it has heard. What ran on for so long after it was told has got where it goes. */
const HEARD_AFTER_MS = 60_000;

/** How long a block is owed to a notifier that never gets it. */
const OWED_MS = 24 * 3_600_000;

/** The longest pause between two starts' repeats, for a process that ends again and again. */
const LONGEST_PAUSE_MS = 3_600_000;

/** Examples in a report. */
const EXAMPLES = 5;

/**
 * What is told of a try, with its id and its blocking, kept with what became of the change: in one transaction. Null:
 * nothing is told of it.
 * @param attempts tries so far, with this one
 */
export async function oweNews(
  { entries, announcements }: Pick<StoreParts, 'entries' | 'announcements'>,
  { flow, ids }: Pick<SwitchParts, 'flow' | 'ids'>,
  result: ApplyResult,
  attempts: number,
): Promise<ToldNews | null> {
  const told = newsOfTry(result, attempts);
  if (told === null) return null;
  const { change } = result;
  const id = ids();
  const episode = await episodeOf(entries, change);
  const news = withChange(told.news, { id, ...(episode === null ? {} : { episode }) });
  const { organization, key: deviceKey } = change;
  await owe(announcements, flow, { id, organization, deviceKey, at: result.at }, { kind: told.kind, news });
  return { kind: told.kind, news };
}

/**
 * A device that stands blocked is so for another cause: told as a block of the same episode, in place of what is still owed of
 * the earlier one.
 */
export async function oweCause(
  { announcements }: Pick<StoreParts, 'announcements'>,
  { exchange: { organization }, flow, now, ids }: Pick<SwitchParts, 'exchange' | 'flow' | 'now' | 'ids'>,
  judged: Parameters<typeof newsOfCause>[0],
  episode: string,
): Promise<ToldNews> {
  const [id, at] = [ids(), timeOf(now)];
  const { kind, news } = newsOfCause(judged, at);
  const told = { kind, news: withChange(news, { id, episode }) };
  const deviceKey = judged.device.key;
  await announcements.settleBlocks(deviceKey);
  await owe(announcements, flow, { id, organization, deviceKey, at }, told);
  return told;
}

/** Puts down what the flow is owed; nothing, where nobody hears it. */
async function owe(
  announcements: Pick<StoreParts['announcements'], 'add'>,
  flow: Pick<SwitchParts['flow'], 'run' | 'hears'>,
  of: Pick<Announcement, 'id' | 'organization' | 'deviceKey' | 'at'>,
  { kind, news }: ToldNews,
): Promise<void> {
  if (!flow.hears(kind)) return;
  const emitted = { emittedAt: of.at, emittedBy: flow.run, emissions: 1 };
  await announcements.add({ ...of, kind, ...emitted, declinedBy: [], news: news as unknown as Json });
}

/*
 *   a try                                     the block that the flow is still owed of its device
 *   an allow, a release: applied, already     has ended: it is owed no more
 *   … left: an administrator's entry stands   is his by now: it is owed no more
 *   any other                                 stays
 */

/** What is owed of a block ends with it: nobody need be mailed about a phone that was let in. */
export async function settleEnded(
  { announcements }: Pick<StoreParts, 'announcements'>,
  { outcome, change: { action, key } }: Pick<ApplyResult, 'outcome' | 'change'>,
): Promise<void> {
  const isOver = outcome === 'applied' || outcome === 'already' || outcome === 'left';
  if (isOver && (action === 'allow' || action === 'release')) await announcements.settleBlocks(key);
}

/*
 *   what is owed                 its id              is settled, beside having been heard, when
 *   a block                      made anew           it has ended: let in, or taken off by somebody else
 *   another change, a failed try made anew           –
 *   another cause of a block     made anew           the same, and by the next one of its device
 *   a held plan                  the plan's          a person approves or discards of it; a sync replaces it; undo
 *   a problem without a device   one a problem and   the next sync, which tells it anew, or does not find it any more
 *                                organization
 *   a device to look at          one a device        a sync that finds nothing to look at, or something else
 */

/**
 * What is owed is put down as told, in the transaction that keeps what it is about, and told right after it. Where that fails in
 * between, or the connection breaks with the commit on its way, nobody has told it, and nobody knows whether it was kept: what
 * was is told by the timer's look.
 * @param owed ids of what `work` has put down so far
 */
export async function untilTold<T>(
  { flow }: Pick<SwitchParts, 'flow'>,
  owed: () => readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    for (const id of owed()) flow.untold.add(id);
    throw thrown;
  }
}

/** The id under which a change, another cause of a block or a plan is owed. */
export function owedAs(told: ToldNews | null): string[] {
  return [told?.news.change?.id ?? told?.news.id ?? []].flat();
}

/** What this run owes and has not told; what was not kept after all is forgotten. */
async function untoldOf({ store, flow }: OwingParts): Promise<Announcement[]> {
  const found: Announcement[] = [];
  for (const id of flow.untold) {
    const owed = await store.announcements.get(id);
    if (owed === null) flow.untold.delete(id);
    else found.push(owed);
  }
  return found;
}

/** A plan is held: told from the transaction on that makes it so. */
export async function owePlan(
  { announcements }: Pick<StoreParts, 'announcements'>,
  { flow, now }: Pick<SwitchParts, 'flow' | 'now'>,
  held: KeptHead,
): Promise<ToldNews> {
  const { id, organization } = held;
  const { kind, news } = newsOfPlan(held);
  const told = { kind, news: { ...news, id } };
  await owe(announcements, flow, { id, organization, deviceKey: null, at: timeOf(now) }, told);
  return told;
}

/** Who has acted on a plan has heard of it; what a plan has replaced is told no more. */
export async function settlePlan({ announcements }: Pick<StoreParts, 'announcements'>, id: string): Promise<void> {
  await announcements.settle(id);
}

/**
 * The problem that a sync has found; null: it has found none of this code.
 * @returns what is told of it
 */
export async function oweProblem(
  { store, exchange, flow, now, ids }: OwingParts & Pick<SwitchParts, 'ids'>,
  code: string,
  problem: { readonly code: string; readonly text: string } | null,
): Promise<ToldNews | null> {
  const { organization } = exchange;
  const row = `${organization}/problem/${code}`;
  // A sync that finds nothing writes nothing.
  const isOwed = (await store.announcements.get(row)) !== null;
  if (problem === null && !isOwed) return null;
  const keep = async ({ announcements }: StoreParts): Promise<ToldNews | null> => {
    await announcements.settle(row);
    if (problem === null) return null;
    const { kind, news } = newsOfProblem(problem);
    const told = { kind, news: { ...news, id: ids() } };
    await owe(announcements, flow, { id: row, organization, deviceKey: null, at: timeOf(now) }, told);
    return told;
  };
  return untilTold(
    { flow },
    () => [row],
    () => store.together(keep),
  );
}

/** A device that a person should look at, in place of what was told of it for another reason. */
export async function oweDevice(
  { announcements }: Pick<StoreParts, 'announcements'>,
  { exchange: { organization }, flow, now, ids }: Pick<SwitchParts, 'exchange' | 'flow' | 'now' | 'ids'>,
  { kind, news }: ToldNews,
): Promise<ToldNews> {
  const deviceKey = news.device?.key ?? null;
  const told = { kind, news: { ...news, id: ids() } };
  await owe(
    announcements,
    flow,
    { id: deviceRow(organization, deviceKey), organization, deviceKey, at: timeOf(now) },
    told,
  );
  return told;
}

/** There is nothing to look at any more, or something else. */
export async function settleDevice(
  { announcements }: Pick<StoreParts, 'announcements'>,
  { exchange }: Pick<SwitchParts, 'exchange'>,
  deviceKey: string,
): Promise<void> {
  await announcements.settle(deviceRow(exchange.organization, deviceKey));
}

/** The id under which a device to look at is owed. */
export function deviceRow(organization: string, deviceKey: string | null): string {
  return `${organization}/device/${deviceKey ?? ''}`;
}

/** The blocking that a change begins or ends. Asked while its list entries are still known. */
async function episodeOf(
  ledger: Pick<StoreParts['entries'], 'forDevice'>,
  { organization, mailboxId, easId }: ApplyResult['change'],
): Promise<string | null> {
  const entries = await ledger.forDevice({ organization, mailboxId, easId });
  return (entries.find(({ list }) => list === 'blocked') ?? entries[0])?.episode ?? null;
}

function withChange(news: DeviceNews, more: { id?: string; episode?: string; repeat?: true }): DeviceNews {
  return news.change === null ? { ...news, ...more } : { ...news, change: { ...news.change, ...more } };
}

/*
 *   what is owed                            somebody hears it    after a start or a deploy
 *   anything                                no                   nothing is owed
 *   a block, a day or more                  yes                  left to the next report
 *   anything, told a third time or more     yes                  when its pause is over, 1, 2, 4 … 60 minutes, by the timer
 *   otherwise                               yes                  told again, as a repeat
 *
 * What this run may not have told (`untold`) is told as if it were another's, without a start.
 */

/** After a start or a deploy: tells again what nobody is known to have heard. Returns how much. */
export async function tellAgain(parts: OwingParts & Pick<SwitchParts, 'announce' | 'signal'>): Promise<number> {
  const { store, exchange, flow, announce, now, signal } = parts;
  const { organization } = exchange;
  let told = 0;
  const earlier = await store.announcements.list({ organization, notEmittedBy: flow.run });
  for (const owed of [...earlier, ...(await untoldOf(parts))]) {
    signal.throwIfAborted();
    if (!flow.hears(owed.kind)) {
      await store.announcements.settle(owed.id);
      continue;
    }
    if (!isTimeFor(owed, now())) continue;
    await store.announcements.emit(owed.id, { at: timeOf(parts.now), by: flow.run });
    flow.untold.delete(owed.id);
    announce(owed.kind, withChange(owed.news as unknown as DeviceNews, { repeat: true }));
    told += 1;
  }
  return told;
}

function isTimeFor({ kind, at, emittedAt, emissions }: Announcement, now: number): boolean {
  const isTooOld = kind === 'blocked' && now - Date.parse(at) >= OWED_MS;
  return !isTooOld && now - Date.parse(emittedAt) >= pauseAfter(emissions);
}

function pauseAfter(emissions: number): number {
  return emissions < 3 ? 0 : Math.min(LONGEST_PAUSE_MS, HEARD_AFTER_MS * 2 ** (emissions - 3));
}

/*
 *   what is owed                                            is settled when
 *   a block, and there are notifiers of this store          one has its mail, or nobody is mailed about such a device
 *                                                           (a notifier says so), or every one has said why it sends none
 *   a block without any, an allow, what a person sees to    it was told a minute ago in this run of the flows
 */

/** Settles what was heard. What waits for a notifier is not looked at again and again, however much it is. */
export async function settleHeard({ store, exchange, flow, now }: OwingParts): Promise<void> {
  const { announcements } = store;
  const told = { organization: exchange.organization, emittedBefore: timeBefore(now(), HEARD_AFTER_MS) };
  const notifiers = flow.notifiers();
  const byTime = (['allowed', 'attention', ...(notifiers.length === 0 ? (['blocked'] as const) : [])] as const).map(
    (kind) => announcements.list({ ...told, kind, emittedBy: flow.run }),
  );
  const heard = (await Promise.all(byTime)).flat();
  if (notifiers.length > 0) {
    const declined = await announcements.list({ ...told, kind: 'blocked', declined: true });
    heard.push(...declined.filter(({ declinedBy }) => notifiers.every((notifier) => declinedBy.includes(notifier))));
  }
  for (const { id } of heard) if (!flow.untold.has(id)) await announcements.settle(id);
}

function timeBefore(now: number, ms: number): string {
  return new Date(now - ms).toISOString();
}

/** What is given up, for the report; null: nothing is, or only what has ended meanwhile. */
export async function giveUpUnheard({ store, exchange, now }: OwingParts): Promise<UnheardReport | null> {
  const { organization } = exchange;
  const untilAt = timeBefore(now(), OWED_MS);
  const old = await store.announcements.list({ organization, kind: 'blocked', untilAt });
  if (old.length === 0) return null;
  const unheard = await standing(store, old);
  for (const { id } of old) await store.announcements.settle(id);
  if (unheard.length === 0) return null;
  const owners = unheard.map(({ news, deviceKey }) => {
    const mailbox = newsOf(news).device?.eas?.mailbox;
    return mailbox?.address ?? mailbox?.upn ?? deviceKey ?? '';
  });
  return {
    count: unheard.length,
    examples: owners.slice(0, EXAMPLES),
    text: 'The flow did not pass these blocks to a notifier within a day, so nobody was mailed.',
  };
}

/** Those whose blocking is the one that the ledger knows. */
async function standing(
  { entries }: Pick<StoreParts, 'entries'>,
  blocks: readonly Announcement[],
): Promise<readonly Announcement[]> {
  const devices = blocks.flatMap(({ news }) => newsOf(news).device ?? []);
  const known = await entries.forDevices(devices.flatMap(namedInLedger));
  const episodes = new Set(known.flatMap(({ list, episode }) => (list === 'blocked' ? episode : [])));
  return blocks.filter(({ news }) => episodes.has(newsOf(news).change?.episode ?? ''));
}

function newsOf(news: Json): DeviceNews {
  return news as unknown as DeviceNews;
}

/** True if something was told by an earlier run, nobody is known to have heard it, and it is time to tell it again. */
export async function isAnythingOwed(parts: OwingParts): Promise<boolean> {
  const { store, exchange, flow, now } = parts;
  const { organization } = exchange;
  const earlier = await store.announcements.list({ organization, notEmittedBy: flow.run });
  return [...earlier, ...(await untoldOf(parts))].some((one) => !flow.hears(one.kind) || isTimeFor(one, now()));
}
