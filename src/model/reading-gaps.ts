/** What a reading of Exchange could not give: objects that the server itself cannot read. Pure. */
import { readEasRecordKey } from './keys.ts';

/** A full reading that has far fewer devices than are known, without an error. */
export interface FewerDevices {
  /** Devices that were known. */
  readonly was: number;
  /** Devices that it has. */
  readonly is: number;
  /** When the first one began that had so few, ISO 8601 UTC. */
  readonly since: string;
}

/** Gaps of one reading: devices of these mailboxes may be missing in it though they are there. */
export interface ReadingGaps {
  /** Objects that were not given. */
  readonly count: number;
  /** GUIDs of their mailboxes, lower case, each once. */
  readonly mailboxes: readonly string[];
  /** So many of them are of mailboxes that nobody can tell: any device that was not seen may be theirs. Absent: none. */
  readonly unnamed?: number;
  /** What lies outside of the servers' own domain was not looked at: any device that was not seen may be there. Absent: it was. */
  readonly outside?: true;
  /** It has so few devices that any that was not seen may be there. Absent: it has not. */
  readonly fewer?: FewerDevices;
  /** Of so many mailboxes it names no owner as the MDM knows one, though earlier ones did. Absent: of none. */
  readonly nameless?: number;
}

/*
 *   msg.sync.gaps                                      is
 *   not there, null                                    no gaps
 *   count 0 and no mailboxes                           no gaps, unless outside, fewer or nameless
 *   count, mailboxes, unnamed                          as it says
 *   count above 0 and no mailboxes                     all of them unnamed: of whom they are nobody said
 *   outside, fewer                                     as it says; mailboxes are those of which something was not seen
 *   nameless                                           as it says
 *   anything else                                      invalid
 */

/** Gaps as a message or the store has them. Null: there are none; undefined: it is no such thing. */
export function readGaps(value: unknown): ReadingGaps | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return undefined;
  const { count, mailboxes = [], unnamed, outside, fewer, nameless } = value as Readonly<Record<string, unknown>>;
  if (!isCount(count) || !areGuids(mailboxes)) return undefined;
  if (unnamed !== undefined && (!isCount(unnamed) || unnamed > count)) return undefined;
  if (fewer !== undefined && !isFewer(fewer)) return undefined;
  if (nameless !== undefined && !isCount(nameless)) return undefined;
  const known = [...new Set(mailboxes.map((id) => id.toLowerCase()))].sort();
  const beyond = {
    ...(outside === true ? ({ outside } as const) : {}),
    ...(fewer === undefined ? {} : { fewer: { was: fewer.was, is: fewer.is, since: fewer.since } }),
    ...(nameless === undefined ? {} : { nameless }),
  };
  if (count === 0 && Object.keys(beyond).length === 0) return known.length === 0 ? null : undefined;
  const nobodys = known.length === 0 ? count : (unnamed ?? 0);
  return { count, mailboxes: known, ...(nobodys === 0 ? {} : { unnamed: nobodys }), ...beyond };
}

/*
 *   a mailbox of the gaps of      is in the gaps that stand
 *   the last full reading         yes
 *   a quick one since then        yes: a full one ends them, if it reads the mailbox whole
 */

/** Gaps that stand already and others beside them: a mailbox that is in both counts once. */
export function gapsTogether(before: ReadingGaps | null, own: ReadingGaps | null): ReadingGaps | null {
  if (before === null || own === null) return before ?? own;
  const known = new Set(before.mailboxes);
  const added = own.mailboxes.filter((id) => !known.has(id));
  const unnamed = Math.max(before.unnamed ?? 0, own.unnamed ?? 0);
  const fewer = own.fewer ?? before.fewer;
  const nameless = Math.max(before.nameless ?? 0, own.nameless ?? 0);
  // Where no object is missing mailboxes are there for another reason.
  const isOneCounted = before.count === 0 || own.count === 0;
  return {
    count: isOneCounted ? before.count + own.count : before.count + added.length + unnamed - (before.unnamed ?? 0),
    mailboxes: [...before.mailboxes, ...added].sort(),
    ...(unnamed === 0 ? {} : { unnamed }),
    ...(before.outside === true || own.outside === true ? { outside: true as const } : {}),
    ...(fewer === undefined ? {} : { fewer }),
    ...(nameless === 0 ? {} : { nameless }),
  };
}

/** Mailboxes that are in the gaps of one of the two alone. */
export function mailboxesThatDiffer(one: ReadingGaps | null, other: ReadingGaps | null): string[] {
  const [before, after] = [new Set(one?.mailboxes), new Set(other?.mailboxes)];
  return [...[...before].filter((id) => !after.has(id)), ...[...after].filter((id) => !before.has(id))];
}

/** Tells which records a reading may lack though they are there. */
export class GapMailboxes {
  readonly #mailboxes: ReadonlySet<string>;
  readonly #isAny: boolean;

  constructor(gaps: ReadingGaps | null | undefined) {
    this.#mailboxes = new Set(gaps?.mailboxes);
    this.#isAny = (gaps?.unnamed ?? 0) > 0 || gaps?.outside === true || gaps?.fewer !== undefined;
  }

  /** True for a mailbox of which an object is known to be missing. @param mailboxId GUID */
  has(mailboxId: string): boolean {
    return this.#mailboxes.has(mailboxId.toLowerCase());
  }

  /** The mailbox of a record that was not seen and may be there all the same; null: it is gone. @param key of an EAS record */
  ofUnseen(key: string): string | null {
    const mailboxId = readEasRecordKey(key)?.mailboxId ?? null;
    return mailboxId !== null && (this.#isAny || this.has(mailboxId)) ? mailboxId : null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFewer(value: unknown): value is FewerDevices {
  const { was, is, since } = (typeof value === 'object' ? (value ?? {}) : {}) as Readonly<Record<string, unknown>>;
  return isCount(was) && isCount(is) && typeof since === 'string' && !Number.isNaN(Date.parse(since));
}

function areGuids(value: unknown): value is readonly string[] {
  const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && guid.test(one));
}
