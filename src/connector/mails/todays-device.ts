/**
 * What a mail says of a device when it is written long after its news: today's record, and today's cause.
 *
 * In: devices of mails. Out: how each is now. Changes nothing.
 */
import { namedInLedger } from '../../access/owned-entries.ts';
import { easRecordKey } from '../../model/keys.ts';
import { MAIL_KINDS, mailKindOf } from '../../model/mail-kind.ts';
import type { MailKind } from '../../model/mail-kind.ts';
import type { Decision, DeviceChange, DeviceRecord, EasRecord, MdmRecord } from '../../model/records.ts';
import type { DecidedDevice, OwnedEntry, Store } from '../../store/store.ts';

/** A blocked device today. */
export interface TodaysDevice {
  /** Its news, with today's record and cause. */
  readonly change: DeviceChange;
  /** Exchange has its partnership. */
  readonly exists: boolean;
  /** It was last decided to be blocked. */
  readonly isMeant: boolean;
  /** The mail of its cause; null: there is none. */
  readonly kind: MailKind | null;
}

/** The parts of the store that know it. They are asked before a transaction: readings are not part of one. */
type Known = Pick<Store, 'snapshots' | 'devices' | 'entries' | 'merges'>;

/**
 * How devices are today, by their keys. What is known of none, of an organization whose reading is not kept here, is left out.
 * @param changes their news
 */
export async function todaysDevices(
  store: Known,
  changes: readonly DeviceChange[],
): Promise<Map<string, TodaysDevice>> {
  if (changes.length === 0) return new Map();
  const read = new Set((await store.snapshots.list('eas')).map(({ scope }) => scope));
  const known = changes.filter(({ device }) => read.has(device.eas?.organization ?? ''));
  const keys = known.map(({ device }) => device.key);
  const records = await store.snapshots.getMany<EasRecord>(keys);
  const decided = await store.devices.decided(keys);
  const merges = await store.merges.getMany(keys);
  const mdm = await store.snapshots.getMany<MdmRecord>([...merges.values()].map(({ mdmKey }) => mdmKey));
  const entries = await store.entries.forDevices(known.flatMap(({ device }) => namedInLedger(device)));
  const blocks = new Map(entries.filter(({ list }) => list === 'blocked').map((entry) => [keyOf(entry), entry]));
  return new Map(
    known.map((news) => {
      const { key } = news.device;
      const merge = merges.get(key);
      const today = {
        eas: records.get(key),
        mdm: merge === undefined ? undefined : mdm.get(merge.mdmKey),
        decided: decided.get(key),
        entry: blocks.get(key),
      };
      return [key, todayOf(news, today)];
    }),
  );
}

function keyOf({ organization, mailboxId, easId }: OwnedEntry): string {
  return easRecordKey(organization, mailboxId, easId);
}

interface Today {
  readonly eas: EasRecord | undefined;
  readonly mdm: MdmRecord | undefined;
  readonly decided: DecidedDevice | undefined;
  readonly entry: OwnedEntry | undefined;
}

/*
 *   the cause today
 *   as the entry was last told          of an entry whose cause is known
 *   the reason of the last decision     otherwise: an older version wrote the entry, and nobody has decided since
 *   as its news says                    nobody has decided about it
 */
function todayOf(news: DeviceChange, { eas, mdm, decided, entry }: Today): TodaysDevice {
  const told = entry?.told;
  const code = told?.reason ?? decided?.reason ?? news.decision.reason.code;
  const decision: Decision = { ...news.decision, reason: { ...news.decision.reason, code } };
  const device = recordOf(news.device, eas, mdm);
  return {
    change: { ...news, device, decision },
    exists: eas !== undefined,
    isMeant: decided === undefined || decided.decision === 'block',
    kind: told === undefined ? mailKindOf(device, decision) : (MAIL_KINDS.find((kind) => kind === told.kind) ?? null),
  };
}

function recordOf(news: DeviceRecord, eas: EasRecord | undefined, mdm: MdmRecord | undefined): DeviceRecord {
  const { mdm: _, ...rest } = news;
  const sides = { ...rest, ...(eas === undefined ? {} : { eas }) };
  return mdm === undefined ? { ...sides, status: 'eas' } : { ...sides, status: 'eas/mdm', mdm };
}
