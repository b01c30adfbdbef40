/**
 * What the MDMs say right before a block that no sync has just decided (ADR 0016), and of one record right before any block.
 * In: a device. Out: the device matched anew, or why nobody can tell. Changes: nothing.
 */
import type { Asked, MdmAsker, MdmReReader } from '../../access/apply.ts';
import { asConnectorError, throwIfAborted } from '../../errors.ts';
import { clockOf } from '../../model/server-clock.ts';
import { MdmIndex } from '../../match/mdm-index.ts';
import { Matcher } from '../../match/matcher.ts';
import { isSameUser } from '../../match/same-user.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../model/records.ts';
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { Store } from '../../store/store.ts';
import type { MatchSettings } from '../matching/match-settings.ts';
import { idTellers } from '../matching/id-tellers.ts';
import { mdmClocks } from '../matching/mdm-clocks.ts';
import { areMergesMade } from '../matching/merges-made.ts';
import { knownAttempts } from '../matching/open-matching.ts';
import { mdmsToAsk, namesOf } from '../matching/mdms-to-ask.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

type AskParts = Pick<SwitchParts, 'store' | 'mdms' | 'now'> & { readonly matcher: MatchSettings };

/** Room an index is made with at least. */
const LEAST_ROOM = 16;

/** Reads an MDM record again where it came from; an MDM that cannot be asked has only its last reading. */
export function mdmReReader({
  store,
  mdms,
  directory,
}: Pick<SwitchParts, 'store' | 'mdms' | 'directory'>): MdmReReader {
  return {
    async read({ source, id, key }, options) {
      // The chosen directory is an MDM that should be there: without it the block is not made by its last reading.
      const port = mdms.port(source) ?? (directory?.source === source ? directory : null);
      return port === null ? store.snapshots.get<MdmRecord>(key) : port.mdmRecord(id, options);
    },
  };
}

/**
 * An asker for one run of changes: when an MDM has failed, none is asked again in it. `unreachable` where one cannot be
 * asked, and where the devices of the user alone do not tell what merges.
 * @param matcher how the last match was made
 */
export function mdmAsker(parts: Pick<SwitchParts, 'store' | 'mdms' | 'now'>, matcher: MatchSettings): MdmAsker {
  const asking: AskParts = { ...parts, matcher };
  let failed: string | null = null;
  return {
    async ask({ eas }, { signal }): Promise<Asked> {
      const why = failed ?? (await whyNotByUser(asking, eas));
      if (eas === undefined || why !== null) return { kind: 'unreachable', why: why ?? '' };
      const askedAt = timeOf(asking.now);
      let records: MdmRecord[];
      try {
        records = await devicesOfUser(asking, eas, signal);
      } catch (error) {
        throwIfAborted(signal);
        failed = asConnectorError(error).message;
        return { kind: 'unreachable', why: failed };
      }
      return {
        kind: 'asked',
        device: await matchedAnew(asking, eas, records, askedAt),
        unread: await countUnread(
          asking.store,
          records.filter((record) => isSameUser(eas, record)),
        ),
      };
    },
  };
}

/*
 *   the device or the flow                                 asking by user
 *   names neither UPN nor address                          tells nothing
 *   paired by an administrator                             may miss the paired record, which may be another user's
 *   the matcher merges the EAS ID of another user too      may miss that user's record
 *   no MDM, a mapped one, one whose tenant is not there    there is nobody to ask
 *   otherwise                                              tells what merges
 */
async function whyNotByUser(asking: AskParts, eas: EasRecord | undefined): Promise<string | null> {
  if (eas === undefined || namesOf(eas).length === 0) return 'Exchange names no user of this device.';
  if (!asking.matcher.sameUser) return 'the merge matcher also merges devices of other users.';
  const pairings = await asking.store.pairings.list();
  if (pairings.some(({ easKey }) => easKey === eas.key)) return 'an administrator has paired this device.';
  const mdms = await mdmsToAsk(asking.store, asking.mdms);
  if (mdms.size === 0) return 'there is no MDM to ask.';
  const deaf = [...mdms].find(([, mdm]) => mdm === null);
  return deaf === undefined ? null : `the MDM "${deaf[0]}" cannot be asked for the devices of a user.`;
}

async function devicesOfUser(asking: AskParts, eas: EasRecord, signal: AbortSignal | undefined): Promise<MdmRecord[]> {
  const records: MdmRecord[] = [];
  const options = signal === undefined ? {} : { signal };
  for (const mdm of (await mdmsToAsk(asking.store, asking.mdms)).values()) {
    if (mdm !== null) records.push(...(await mdm.devicesOfUsers([namesOf(eas)], options)).flat());
  }
  return records;
}

/** The device as the merge matcher would match it with these records: without the whole picture it holds what it is not sure of. */
async function matchedAnew(
  { store, matcher }: AskParts,
  eas: EasRecord,
  records: readonly MdmRecord[],
  askedAt: string,
): Promise<DeviceRecord> {
  const mdm = new MdmIndex(Math.max(LEAST_ROOM, records.length));
  mdm.add(records);
  const { maxAgeHours: _, ...settings } = matcher;
  const activations = await store.activations.forMailbox(eas.mailbox.id);
  const rules = { ...settings, mdmStartedAt: askedAt, mdmComplete: true, mdmFresh: true };
  const byKey = new Map(records.map((record) => [record.key, record]));
  const snapshot = await store.snapshots.latest('eas', eas.organization);
  const clickWindow = await areMergesMade(store, eas.organization);
  const readings = await mdmReadings(store);
  const times = { easReadAt: snapshot?.completedAt ?? null, easClock: clockOf(snapshot?.clock) };
  const ofMdms = { idTellers: idTellers(readings), mdmClocks: mdmClocks(readings) };
  const options = { ...rules, ...times, ...ofMdms, clickWindow };
  const firstRead = (keys: readonly string[]) => store.devices.firstRead(keys);
  const past = (keys: readonly string[]) => store.merges.getMany(keys);
  const attempts = (keys: readonly string[]) => knownAttempts(store, keys);
  const [device] = await new Matcher({ mdm, activations, firstRead, past, attempts, options }).matchPage([eas], () =>
    Promise.resolve(byKey),
  );
  return device!;
}

async function countUnread(store: Store, records: readonly MdmRecord[]): Promise<number> {
  const known = await store.snapshots.getMany(records.map(({ key }) => key));
  return records.filter(({ key }) => !known.has(key)).length;
}
