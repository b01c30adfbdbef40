/**
 * What changed in an MDM since its last reading: the devices that checked in or were enrolled since, and those of which Entra
 * tells that their compliance, management or existence changed. Entra says whom to ask for, the MDM says what is.
 * In: the port, the store. Out: pages, and what is gone. Changes: what the store knows of Entra's devices.
 */
import { clockOf } from '../../model/server-clock.ts';
import type { ServerClock } from '../../model/server-clock.ts';
import { mdmRecordKey } from '../../model/keys.ts';
import { eachPage, takePages } from '../../model/page-cursor.ts';
import type { MdmRecord } from '../../model/records.ts';
import { chunks } from '../../store/chunks.ts';
import type { EntraRecord, SnapshotInfo, Store } from '../../store/store.ts';
import type { MdmPage, MdmPort, Stoppable } from '../ports.ts';
import type { EntraSays } from './mdm-reading-kind.ts';
import { markLast } from './page.ts';
import type { Page } from './page.ts';

/** What an MDM must be able to say for quick readings. */
type QuickMdmPort = MdmPort & Required<Pick<MdmPort, 'mdmRecordsNow' | 'deviceChanges'>>;

/** True if the MDM can be read so. */
export function canBeQuick(mdm: MdmPort): mdm is QuickMdmPort {
  return mdm.mdmRecordsNow !== undefined && mdm.deviceChanges !== undefined;
}

/** Devices that are asked for at once, and of one page: twenty questions for fifteen, which is one call of Graph's. */
const AT_ONCE = 300;

/** An MDM may take so long to list a check-in, and its clock may be off more than is known. */
const OVERLAP_MS = 15 * 60_000;

/** What Entra told. */
export interface HeardOfEntra {
  readonly says: EntraSays;
  /** What is asked with next; null: it was not heard to its end. */
  readonly link: string | null;
  /** `deviceId` of devices to ask for; none if there are many. */
  readonly deviceIds: ReadonlySet<string>;
  /** Objects' ids of deleted devices. */
  readonly deleted: readonly string[];
  /** With `forbidden`: why, in words. */
  readonly text?: string;
}

/**
 * Hears what changed in Entra, to its end. What is learned of ids stands at once.
 * @param how.since the link to ask with; null: from the start, which tells ids and no changes
 * @param how.most more devices than this are `many`
 * @throws as the port does
 */
export async function hearEntra(
  mdm: QuickMdmPort,
  { entra }: Pick<Store, 'entra'>,
  { since, most, signal }: Stoppable & { readonly since: string | null; readonly most: number },
): Promise<HeardOfEntra> {
  const scope = mdm.source;
  const heard: Heard = { says: 'few', link: null, deviceIds: new Set(), deleted: [] };
  await takePages(mdm.deviceChanges(since, { signal }), async (part) => {
    if (part.kind !== 'changes') {
      heard.says = part.kind;
      if (part.kind === 'forbidden') heard.text = part.text;
      return;
    }
    await entra.learn(scope, part.changed);
    heard.link = part.link;
    if (since === null) return;
    heard.deleted.push(...part.deleted);
    if (heard.says === 'many') return;
    for (const { deviceId } of part.changed) heard.deviceIds.add(deviceId);
    for (const deviceId of await entra.deviceIds(scope, [...part.unnamed, ...part.deleted]))
      heard.deviceIds.add(deviceId);
    if (heard.deviceIds.size <= most) return;
    heard.says = 'many';
    heard.deviceIds.clear();
  });
  return heard;
}

/** {@link HeardOfEntra} as it comes. */
interface Heard {
  says: EntraSays;
  link: string | null;
  readonly deviceIds: Set<string>;
  readonly deleted: string[];
  text?: string;
}

/** What reading with Entra takes. */
interface Reading extends Stoppable {
  readonly id: string;
  readonly store: Pick<Store, 'entra'>;
  readonly heard: HeardOfEntra;
  readonly pageSize: number;
}

/** A full reading: it learns which devices of Entra the records are of, and the link goes with it. */
export function fullPages(mdm: MdmPort, { id, store, heard, pageSize, signal }: Reading): AsyncGenerator<MdmPage> {
  const { link, deleted } = heard;
  return eachPage(mdm.mdmPages({ pageSize, withEntra: true, signal }), async (page) => {
    await store.entra.learnRecords(mdm.source, page.entra ?? []);
    if (page.last && link !== null) await store.entra.next(mdm.source, id, link, { devices: deleted, records: [] });
    return page;
  });
}

/*
 *   a device of which Entra tells          its records                     then
 *   checked in or was enrolled since       came with these                 nothing more: they are younger than what Entra told
 *   did not                                are known                       are read again; what the MDM says is not there is gone
 *   did not                                are not known                   are asked for by the device: there may be one by now
 */

/**
 * A quick reading. Its records are as they are now, and what is gone the MDM itself has said so: never Entra.
 * @param reading.earlier the last reading
 * @throws as the port does; then nothing of it counts, and the next one hears the same changes of Entra again
 */
export function quickPages(
  mdm: QuickMdmPort,
  reading: Reading & { readonly earlier: Pick<SnapshotInfo, 'startedAt' | 'clock'> },
): AsyncGenerator<Page<MdmRecord>> {
  const end: End = { gone: [], clock: null };
  return eachPage(markLast(changedRecords(mdm, reading, end)), (page) => {
    if (!page.last) return page;
    const { clock } = end;
    const gone = end.gone.map((id) => mdmRecordKey(mdm.source, id));
    return { ...page, ...(gone.length === 0 ? {} : { gone }), ...(clock === null ? {} : { clock }) };
  });
}

/** What the last page says. */
interface End {
  /** Ids of records. */
  readonly gone: string[];
  clock: ServerClock | null;
}

async function* changedRecords(
  mdm: QuickMdmPort,
  { id, store, heard, pageSize, signal, earlier }: Parameters<typeof quickPages>[1],
  end: End,
): AsyncGenerator<readonly MdmRecord[]> {
  const scope = mdm.source;
  // The MDM compares with its own time.
  const since = new Date(Date.parse(earlier.startedAt) + clockOf(earlier.clock).offsetMs - OVERLAP_MS).toISOString();
  const came = { records: new Set<string>(), devices: new Set<string>() };
  for (const window of [{ since }, { enrolledSince: since }]) {
    for await (const page of mdm.mdmPages({ ...window, pageSize, withEntra: true, signal })) {
      const records = page.records.filter((record) => !came.records.has(record.id));
      for (const record of records) came.records.add(record.id);
      for (const { deviceId } of page.entra ?? []) came.devices.add(deviceId);
      end.clock = page.clock ?? end.clock;
      await store.entra.learnRecords(scope, page.entra ?? []);
      if (records.length > 0) yield records;
    }
  }
  const known = await store.entra.records(scope, [...heard.deviceIds]);
  const knownDevices = new Set(known.map(({ deviceId }) => deviceId));
  const hasNotCome = ({ recordId }: EntraRecord): boolean => !came.records.has(recordId);
  const open = [...new Map(known.map((one) => [one.recordId, one])).values()].filter(hasNotCome);
  const deviceIds = [...heard.deviceIds].filter((one) => !knownDevices.has(one) && !came.devices.has(one));
  const questions = [
    ...[...chunks(open, AT_ONCE)].map((some) => ({ known: some, deviceIds: [] })),
    ...[...chunks(deviceIds, AT_ONCE)].map((some) => ({ known: [], deviceIds: some })),
  ];
  for (const question of questions) {
    // A device that was enrolled anew has two records, and whichever is asked for, the answer may have both.
    const left = { ...question, known: question.known.filter(hasNotCome) };
    const { records: told, entra, gone } = await mdm.mdmRecordsNow(left, { signal });
    const records = told.filter((record) => !came.records.has(record.id));
    for (const record of records) came.records.add(record.id);
    await store.entra.learnRecords(scope, entra);
    end.gone.push(...gone);
    if (records.length > 0) yield records;
  }
  const gone = new Set(end.gone);
  const records: EntraRecord[] = known.filter(({ recordId }) => gone.has(recordId));
  if (heard.link !== null) await store.entra.next(scope, id, heard.link, { devices: heard.deleted, records });
}
