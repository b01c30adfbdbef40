/**
 * Users whose devices the MDMs are asked for before a match: nobody should wait for the next whole reading, to be let in or
 * to be shut out.
 *
 * In: the EAS records, as they pass: all, or those that something touched. Out: for how many users the MDMs were asked. Changes: MDM records that have changed,
 * and who was asked for.
 */
import { asConnectorError, throwIfAborted } from '../../errors.ts';
import { easRecordKey, readEasRecordKey } from '../../model/keys.ts';
import type { EasRecord, MdmRecord } from '../../model/records.ts';
import { clockOf, latestByOurs, mayBeSince, OWN_CLOCK } from '../../model/server-clock.ts';
import type { ServerClock } from '../../model/server-clock.ts';
import { mdmState } from '../../match/mdm-state.ts';
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { Store } from '../../store/store.ts';
import { inTurns } from '../in-turns.ts';
import type { Clock, Ids, MdmPort, Mdms, Stoppable } from '../ports.ts';
import type { AskingPace } from './asking-pace.ts';
import type { MatchSettings } from './match-settings.ts';
import { mdmClocks } from './mdm-clocks.ts';
import { mdmsToAsk, namesOf } from './mdms-to-ask.ts';

/** What asking takes. */
export interface AskingParts extends Stoppable {
  readonly store: Store;
  readonly mdms: Mdms;
  readonly pace: AskingPace;
  readonly now: Clock;
  readonly ids: Ids;
}

/** What the report of a match says of it. */
export interface AskedReport {
  /** Users that the MDMs were asked for. */
  readonly users: number;
  /** Users whose turn comes with a later match. */
  readonly later: number;
  /** MDM records that were new, or had changed since they were read. */
  readonly records: number;
  /** Why an MDM did not answer; null: all did. */
  readonly problem: string | null;
}

/*
 *   the EAS record                                                             its user is asked for
 *   names neither UPN nor address, or is paired by an administrator            no: the answer would not tell
 *   its account was added since the oldest MDM reading began, and since the
 *   last time its user was asked for, as late as it may have been by our clock                                       yes: nobody knows yet whether it is enrolled
 *   we block it, and its user pressed the link today, or was mailed within
 *   the last half hour                                                         yes: the phone may have been enrolled since
 *   otherwise                                                                  no
 *
 *   the flow                                                                   nobody is asked for
 *   the matcher merges the EAS ID of another user too                          the answer would not tell
 *   an MDM was not read yet, or too long ago                                   its answer would not be the whole truth
 *   no MDM, a mapped one, one whose tenant is not there                        there is nobody to ask
 *
 *   for a new phone also: what was enrolled since the last reading, for whomsoever; it may be on the mailbox of another
 *
 *   the answer has                                                             what it lacks
 *   a device that may have been enrolled within the last quarter of an hour,
 *   as far as the MDM's clock is known, and whose EAS ID the MDM does not
 *   know yet; an Android never says one                                        may still come: the user is asked for again,
 *                                                                              which costs a call; else it would be blocked
 *   otherwise                                                                  is not enrolled
 */

const MAILED_MS = 30 * 60_000;
const PRESSED_MS = 24 * 3_600_000;
/** A match waits for so long, at most. */
const PATIENCE_MS = 30_000;
/** A device tells its MDM of its mail account when it checks in for the first time. */
const SETTLED_MS = 15 * 60_000;
/** Users of one question: three to ten calls each, of which Graph takes twenty in a batch. */
const USERS_AT_ONCE = 20;
/** Questions at the same time. */
const AT_ONCE = 2;

/** An MDM may take so long to list what was enrolled, and its clock may be off more than is known. */
const SKEW_MS = 15 * 60_000;
/** Devices of one page of those that were enrolled since the last reading. */
const PAGE = 1_000;

/** A user of a mailbox, and why. */
interface Wish {
  readonly mailboxId: string;
  readonly names: readonly string[];
  /** The newest that befell one of its devices, milliseconds since 1970. */
  readonly at: number;
  /** One of its devices was added since. */
  readonly isNew: boolean;
}

/** Collects users as the EAS records pass; then asks for them: whom it did not ask for longest, then whose news is newest. */
export class UsersToAsk {
  readonly #parts: AskingParts;
  readonly #organization: string;
  readonly #ports: ReadonlyMap<string, MdmPort>;
  readonly #readAt: number;
  readonly #clocks: Readonly<Record<string, ServerClock>>;
  readonly #toOurs: number;
  readonly #paired: ReadonlySet<string>;
  readonly #asked: ReadonlyMap<string, string>;
  readonly #waiting: ReadonlyMap<string, number>;
  readonly #wishes = new Map<string, Wish>();

  private constructor(
    parts: AskingParts,
    organization: string,
    read: {
      ports: ReadonlyMap<string, MdmPort>;
      readAt: number;
      clocks: Readonly<Record<string, ServerClock>>;
      /** What is added to a time of Exchange for the latest that it may be by our clock. */
      toOurs: number;
      paired: ReadonlySet<string>;
      asked: ReadonlyMap<string, string>;
      waiting: ReadonlyMap<string, number>;
    },
  ) {
    this.#parts = parts;
    this.#organization = organization;
    this.#ports = read.ports;
    this.#readAt = read.readAt;
    this.#clocks = read.clocks;
    this.#toOurs = read.toOurs;
    this.#paired = read.paired;
    this.#asked = read.asked;
    this.#waiting = read.waiting;
  }

  /** Null: no answer would tell, or nobody can be asked. */
  static async begin(
    parts: AskingParts,
    organization: string,
    { sameUser, maxAgeHours }: MatchSettings,
  ): Promise<UsersToAsk | null> {
    const { store, mdms, now } = parts;
    const all = await mdmsToAsk(store, mdms);
    const ports = new Map([...all].filter((one): one is [string, MdmPort] => one[1] !== null));
    if (!sameUser || ports.size === 0 || ports.size < all.size) return null;
    const readings = await mdmReadings(store);
    const { mdmStartedAt, mdmFresh } = mdmState(
      readings.map(({ snapshot }) => snapshot),
      now(),
      maxAgeHours,
    );
    if (mdmStartedAt === null || !mdmFresh) return null;
    await store.asked.forget(organization, mdmStartedAt);
    return new UsersToAsk(parts, organization, {
      ports,
      readAt: Date.parse(mdmStartedAt),
      clocks: mdmClocks(readings),
      toOurs: latestByOurs(clockOf((await store.snapshots.latest('eas', organization))?.clock)),
      paired: new Set((await store.pairings.list()).map(({ easKey }) => easKey)),
      asked: await store.asked.list(organization),
      waiting: await waitingDevices(parts, organization),
    });
  }

  /** Keys of the devices that wait: their records are to be seen, whatever else is. */
  get waitingKeys(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  /** A page of the organization's EAS records. */
  see(records: readonly EasRecord[]): void {
    for (const record of records) {
      const names = namesOf(record);
      const mailboxId = record.mailbox.id.toLowerCase();
      const first = record.firstSyncAt === null ? Number.NaN : Date.parse(record.firstSyncAt) + this.#toOurs;
      const isNew = first >= this.#readAt && first >= this.#askedAt(mailboxId);
      const waits = this.#waiting.get(record.key);
      if ((!isNew && waits === undefined) || names.length === 0 || this.#paired.has(record.key)) continue;
      const before = this.#wishes.get(mailboxId);
      const at = Math.max(isNew ? first : 0, waits ?? 0, before?.at ?? 0);
      this.#wishes.set(mailboxId, { mailboxId, names, at, isNew: isNew || before?.isNew === true });
    }
  }

  /** When a user was asked for last, milliseconds since 1970; 0: not since the last reading. */
  #askedAt(mailboxId: string): number {
    return Date.parse(this.#asked.get(mailboxId) ?? '') || 0;
  }

  /** Asks, and keeps what is known now. An MDM that does not answer fails nothing: what it would say comes with its next reading. */
  async ask(): Promise<AskedReport> {
    const { pace, signal, now } = this.#parts;
    const askedAt = ({ mailboxId }: Wish): number => this.#askedAt(mailboxId);
    const wishes = [...this.#wishes.values()].sort((a, b) => askedAt(a) - askedAt(b) || b.at - a.at);
    const some = wishes.slice(0, pace.take(wishes.length, now()));
    const later = wishes.length - some.length;
    if (some.length === 0) return { users: 0, later, records: 0, problem: null };
    const at = new Date(now()).toISOString();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const found = new Map<string, Map<string, MdmRecord>>([...this.#ports.keys()].map((source) => [source, new Map()]));
    const answered: string[] = [];
    let count = 0;
    let problem: string | null = null;
    const rest = [...some];
    const ended = (thrown: unknown): string => {
      throwIfAborted(signal);
      const { code, message } = asConnectorError(thrown);
      return code === 'ERR_ABORTED' ? 'It took longer than half a minute.' : message;
    };
    try {
      // A new phone may be enrolled for somebody else than the owner of its mailbox.
      if (some.some(({ isNew }) => isNew)) await this.#findEnrolled(found, limited);
    } catch (thrown) {
      problem = ended(thrown);
    }
    const askOn = async (): Promise<void> => {
      while (rest.length > 0 && problem === null) {
        const users = rest.splice(0, USERS_AT_ONCE);
        const names = users.map((user) => user.names);
        const doubtful = new Set<number>();
        try {
          for (const [source, port] of this.#ports) {
            const ofUsers = await port.devicesOfUsers(names, { signal: limited });
            for (const [user, records] of ofUsers.entries()) {
              for (const record of records) found.get(source)?.set(record.key, record);
              if (records.some((record) => mayStillName(record, this.#clockOf(source), now()))) doubtful.add(user);
            }
          }
          count += users.length;
          answered.push(...users.filter((_, user) => !doubtful.has(user)).map(({ mailboxId }) => mailboxId));
        } catch (thrown) {
          problem = ended(thrown);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askOn));
    let records = 0;
    for (const [source, known] of found) records += await this.#keep(source, [...known.values()]);
    await this.#parts.store.asked.put(this.#organization, answered, at);
    return { users: count, later: wishes.length - count, records, problem };
  }

  #clockOf(source: string): ServerClock {
    return this.#clocks[source] ?? clockOf(null);
  }

  /** Devices that were enrolled since the last reading, whosever they are. */
  async #findEnrolled(found: ReadonlyMap<string, Map<string, MdmRecord>>, signal: AbortSignal): Promise<void> {
    for (const [source, port] of this.#ports) {
      // The MDM compares with its own time.
      const enrolledSince = new Date(this.#readAt + this.#clockOf(source).offsetMs - SKEW_MS).toISOString();
      for await (const { records } of port.mdmPages({ pageSize: PAGE, enrolledSince, signal }))
        for (const record of records) found.get(source)?.set(record.key, record);
    }
  }

  /**
   * Records that say something new become part of what was read, as of a quick reading that began when the last one did: of
   * other users nothing younger is known. Those that an answer lacks stay until the next whole reading.
   */
  async #keep(source: string, records: readonly MdmRecord[]): Promise<number> {
    const { store, ids } = this.#parts;
    const known = await store.snapshots.getMany<MdmRecord>(records.map(({ key }) => key));
    const changed = records.filter((record) => contentOf(record) !== contentOf(known.get(record.key)));
    const latest = changed.length === 0 ? null : await store.snapshots.latest('mdm', source);
    if (latest === null) return 0;
    const reading = { id: ids(), source: 'mdm', kind: 'quick', scope: source, startedAt: latest.startedAt } as const;
    await store.snapshots.begin(reading);
    await store.snapshots.putPage(reading, changed);
    await store.snapshots.commit(reading);
    return changed.length;
  }
}

/** True for a device that was just enrolled, of which the MDM is about to hear its EAS ID. */
function mayStillName({ managed, easIds, device, enrolledAt }: MdmRecord, clock: ServerClock, now: number): boolean {
  if (!managed || easIds.length > 0 || device.platform === 'android' || enrolledAt === null) return false;
  const at = Date.parse(enrolledAt);
  // One that lies ahead was written by a clock that is set wrong, and says nothing for long.
  return (
    mayBeSince(at, clock, now - SETTLED_MS + 1, OWN_CLOCK) && mayBeSince(now + SETTLED_MS - 1, OWN_CLOCK, at, clock)
  );
}

/** When it was last seen is no content. */
function contentOf(record: MdmRecord | undefined): string {
  return record === undefined ? '' : JSON.stringify({ ...record, lastSeenAt: null });
}

/** Devices of one look into the ledger. */
const AT_A_LOOK = 500;

/** Keys of devices that we block whose users may have enrolled them, and since when, milliseconds since 1970. */
async function waitingDevices(
  { store, now }: Pick<AskingParts, 'store' | 'now'>,
  organization: string,
): Promise<Map<string, number>> {
  const since = (ms: number): string => new Date(now() - ms).toISOString();
  const waiting = new Map<string, number>();
  for (const { deviceKey, at } of await store.timeline.since(organization, ['mailed'], since(MAILED_MS)))
    waiting.set(deviceKey, Date.parse(at));
  await inTurns(await store.activations.list(), (some) => {
    for (const { mailbox, easId, at } of some) {
      const pressed = Date.parse(at);
      if (pressed < now() - PRESSED_MS) continue;
      const key = easRecordKey(organization, mailbox, easId);
      waiting.set(key, Math.max(pressed, waiting.get(key) ?? pressed));
    }
  });
  const blocked = new Map<string, number>();
  const keys = [...waiting.keys()];
  for (let start = 0; start < keys.length; start += AT_A_LOOK) {
    const named = keys.slice(start, start + AT_A_LOOK).flatMap((key) => readEasRecordKey(key) ?? []);
    for (const { list, mailboxId, easId } of await store.entries.forDevices(named)) {
      const key = easRecordKey(organization, mailboxId, easId);
      if (list === 'blocked') blocked.set(key, waiting.get(key)!);
    }
  }
  return blocked;
}
