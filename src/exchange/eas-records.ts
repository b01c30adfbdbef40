/**
 * Reads EAS records out of Exchange: all of them (full), or those that changed (quick), in pages.
 * Full: two bulk calls and one for sign-in names, whatever the number of mailboxes; never one call a mailbox. Partnerships of
 * one mailbox that have one EAS ID are one record, however far apart they come.
 * What the server cannot give is a gap of the reading, which goes on (ADR 0065).
 */
import { ConnectorError, isConnectorError } from '../errors.ts';
import { easRecordKey, foldEasId } from '../model/keys.ts';
import { lesserView } from '../model/forest-view.ts';
import type { ForestView } from '../model/forest-view.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import type { EasRecord } from '../model/records.ts';
import type { Filter } from './cmdlets/filter.ts';
import { getMobileDevice } from './cmdlets/get-mobile-device.ts';
import type { MobileDevice, MobileDeviceQuery } from './cmdlets/get-mobile-device.ts';
import { isFilterRefused } from './cmdlet-error.ts';
import { AlikeWarnings } from './alike-warnings.ts';
import { conflictMailbox, mailboxOfDevice } from './distinguished-name.ts';
import { readEasRecordKey, toEasRecord } from './eas-record.ts';
import type { MailboxEntry } from './eas-record.ts';
import { GapCollector } from './gap-collector.ts';
import { KeyIndex } from './key-index.ts';
import { devicesOfMailbox } from './mailbox-devices.ts';
import { MailboxMap } from './mailbox-map.ts';
import type { TableMailbox } from './mailbox-table.ts';
import { PartRecords } from './part-records.ts';
import type { PartReads } from './part-records.ts';
import { pastGaps } from './past-gaps.ts';
import { inPages, upTo } from './record-pages.ts';
import { restartRead } from './restart-read.ts';
import { SeenRecords } from './seen-records.ts';
import { byEasId, UnlistedDevices } from './unlisted-devices.ts';
import type { CmdletOptions, CmdletTransport } from './transport.ts';

/** Which devices and mailboxes a reading covers, as structured filters over Exchange's own property names. */
export interface EasScope {
  readonly device?: Filter;
  /** On properties of Get-CASMailbox. Devices of other mailboxes are left out without a warning. */
  readonly mailbox?: Filter;
}

export interface ReadEasRecordsOptions extends Pick<CmdletOptions, 'signal' | 'onWarning' | 'onProgress'> {
  /** Id of the organization, part of every record's key. */
  readonly organization: string;
  readonly kind: 'full' | 'quick';
  /** Records a page; default 500. */
  readonly pageSize?: number;
  /** Quick: ISO time of the start of the last reading. */
  readonly since?: string;
  /** Quick: how far before `since` to look, for clocks and replication between domain controllers; default 15 minutes. */
  readonly overlapMs?: number;
  /** Quick: keys of records to read again, whether they changed or not. */
  readonly keys?: readonly string[];
  readonly scope?: EasScope;
  /** Read user principal names too (one more bulk call); default true. */
  readonly userPrincipalNames?: boolean;
  /** They were read before: mailboxes of an account that may not read users any more have gaps. Default false: they go without. */
  readonly usersKnown?: boolean;
}

/** One page of a reading. `last` appears only when everything before it was read. */
export interface EasPage {
  /** In a full reading the record of an EAS ID with several partnerships may come twice: the later one has all of them. */
  readonly records: EasRecord[];
  /** From 0. */
  readonly page: number;
  readonly last: boolean;
  /** Number of records of the whole reading; last page only. */
  readonly total?: number;
  /** Devices whose mailbox was not among the mailboxes read; last page only, absent if none. */
  readonly skipped?: number;
  /** Quick: keys that were asked for and no longer exist; last page only, absent if none. */
  readonly gone?: readonly string[];
  /** Objects that the server could not give; last page only, absent if none. */
  readonly gaps?: ReadingGaps;
  /** What every session of the reading saw of the forest; last page only, absent if nobody says. */
  readonly view?: ForestView;
}

/** Above this many changed devices a quick reading reads mailboxes and devices in bulk, which is then cheaper, and streams. */
const QUICK_BUFFER = 2000;
/** Above this many mailboxes the bulk call costs less than a call for each; so many that it did not list are read one by one. */
const SINGLE_MAILBOXES = 200;
/** How far a quick reading looks back beyond its `since`: domain controllers replicate late, and clocks differ. */
const DEFAULT_OVERLAP_MS = 15 * 60_000;

/**
 * Streams pages of EAS records. The consumer's pace is the reader's; leaving the loop early stops the pipeline.
 * An empty reading is one page `[]` with `last`; a failed one throws and never yields `last`.
 * @throws ERR_INPUT_INVALID quick without `since` and `keys`; and whatever the transport throws
 */
export async function* readEasRecords(
  transport: CmdletTransport,
  options: ReadEasRecordsOptions,
): AsyncGenerator<EasPage, void, undefined> {
  const warnings = new AlikeWarnings((text) => options.onWarning?.(text));
  let view: ForestView | null = null;
  const cmdlets = {
    ...cmdletOptions(options, warnings),
    onView: (seen: ForestView) => {
      view = lesserView(view, seen);
    },
  };
  const gaps = new GapCollector();
  const reading: Reading = {
    transport,
    options,
    cmdlets,
    gaps,
    mailboxes: new MailboxMap(transport, options.userPrincipalNames ?? true, {
      ...cmdlets,
      gaps,
      usersKnown: options.usersKnown ?? false,
    }),
    unlisted: new UnlistedDevices(SINGLE_MAILBOXES),
    unjoined: new KeyIndex(),
    skipped: 0,
    repeated: 0,
    gone: [],
  };
  const records = options.kind === 'full' ? fullRecords(reading) : quickRecords(reading);
  yield* inPages(records, options.pageSize ?? 500, async (sent) => {
    await findMailboxes(reading);
    warnings.end();
    for (const text of gaps.warnings()) options.onWarning?.(text);
    const told = gaps.gaps((key) => reading.mailboxes.idOf(key));
    return {
      total: sent - reading.repeated,
      ...(reading.skipped > 0 ? { skipped: reading.skipped } : {}),
      ...(reading.gone.length > 0 ? { gone: reading.gone } : {}),
      ...(told === null ? {} : { gaps: told }),
      ...(view === null ? {} : { view }),
    };
  });
}

/** Finds the GUIDs of mailboxes in gaps, up to a number: of whom nobody knows it, anybody may be. */
async function findMailboxes({ gaps, mailboxes }: Reading): Promise<void> {
  let left = SINGLE_MAILBOXES;
  for (const names of gaps.unresolved((key) => mailboxes.idOf(key)))
    for (const name of names) {
      if (left-- <= 0) return;
      if (await mailboxes.findId(name)) break;
    }
}

/** State of one reading, shared by its steps. */
interface Reading {
  readonly transport: CmdletTransport;
  readonly options: ReadEasRecordsOptions;
  readonly cmdlets: CmdletOptions;
  readonly gaps: GapCollector;
  readonly mailboxes: MailboxMap;
  /** Devices of mailboxes that were not among those read in bulk. */
  readonly unlisted: UnlistedDevices;
  /** Devices that join no mailbox read in bulk: after a restart they come again. */
  readonly unjoined: KeyIndex;
  skipped: number;
  /** Records that came before with some of their partnerships. */
  repeated: number;
  readonly gone: string[];
}

function cmdletOptions({ signal, onProgress }: ReadEasRecordsOptions, warnings: AlikeWarnings): CmdletOptions {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    onWarning: (text) => warnings.add(text),
  };
}

async function* fullRecords(reading: Reading): AsyncGenerator<EasRecord> {
  await reading.mailboxes.readAll(reading.options.scope?.mailbox);
  yield* streamedRecords(reading, () => true);
  warnSkipped(reading);
}

/** @param mayRepeat as of {@link restartRead} */
function allDevices(reading: Reading, mayRepeat = false): AsyncGenerator<MobileDevice, void, undefined> {
  const device = reading.options.scope?.device;
  return devices(reading, device === undefined ? { all: true } : { filter: device }, mayRepeat);
}

/** Devices of the reading's scope that a filter fits. */
function devicesLike(reading: Reading, filter: Filter): AsyncGenerator<MobileDevice, void, undefined> {
  const scope = reading.options.scope?.device;
  return devices(reading, { filter: scope === undefined ? filter : { all: [filter, scope] } });
}

function devices(
  { transport, cmdlets, gaps }: Reading,
  query: MobileDeviceQuery,
  mayRepeat = false,
): AsyncGenerator<MobileDevice, void, undefined> {
  return restartRead(
    (effort) => pastGaps((options) => getMobileDevice(transport, query, options), { ...cmdlets, effort }, gaps),
    { ...cmdlets, mayRepeat },
  );
}

/**
 * The records of all devices as they come, each device joined to its mailbox by distinguished name. Mailboxes that were not
 * listed are read one by one, up to a number; what does not join then is counted, never guessed. Records whose EAS ID came more
 * than once are sent once more at the end, whole.
 * @param isWanted of devices: a record is sent if one of its own is
 */
async function* streamedRecords(
  reading: Reading,
  isWanted: (device: MobileDevice) => boolean,
): AsyncGenerator<EasRecord> {
  const { organization, kind } = reading.options;
  const seen = new SeenRecords();
  const again = new PartRecords(organization);
  for await (const device of allDevices(reading, true)) {
    const found = mailboxFor(reading, device);
    if (found === undefined) continue;
    const { entry: mailbox, note } = found;
    const { id, deviceId: easId } = device;
    const what = seen.add({ key: easRecordKey(organization, mailbox.id, easId), easId, id, note });
    if (what === 'another partnership') again.add(mailbox, device);
    else if (what === 'new' && isWanted(device)) yield toEasRecord(organization, mailbox, [device]);
  }
  for await (const record of again.whole(readsOf(reading), isWanted)) {
    if (kind === 'full') reading.repeated++;
    yield record;
  }
  for await (const { mailbox, devices: own } of unlistedMailboxes(reading)) {
    for (const partnerships of byEasId(own))
      if (partnerships.some(isWanted)) yield toEasRecord(organization, mailbox, partnerships);
  }
}

/** The mailboxes that no bulk call listed though they have devices, each read by itself. */
async function* unlistedMailboxes(
  reading: Reading,
): AsyncGenerator<{ readonly mailbox: MailboxEntry; readonly devices: readonly MobileDevice[] }> {
  for (const { name, devices: own } of reading.unlisted.mailboxes()) {
    const mailbox = await readOneMailbox(reading, { name });
    if (mailbox === null) reading.skipped += own.length;
    else if (mailbox !== 'gap') yield { mailbox, devices: own };
  }
}

/** Reads one mailbox; null: Exchange has none such. `gap`: it has one and cannot give it. */
async function readOneMailbox(
  { mailboxes, gaps }: Reading,
  identity: { readonly id?: string; readonly name?: string },
): Promise<(MailboxEntry & { readonly distinguishedName: string }) | null | 'gap'> {
  try {
    return await mailboxes.readOne(identity.id ?? identity.name ?? '');
  } catch (error) {
    if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET')) throw error;
    gaps.addErrors([error], identity);
    return 'gap';
  }
}

/** The records of some devices, each with its other partnerships, whether these are among the devices or not. */
async function* wholeRecords(reading: Reading, found: readonly MobileDevice[]): AsyncGenerator<EasRecord> {
  const parts = new PartRecords(reading.options.organization);
  for (const device of found) {
    const mailbox = mailboxFor(reading, device);
    if (mailbox !== undefined) parts.add(mailbox.entry, device);
  }
  for await (const { mailbox, devices: own } of unlistedMailboxes(reading))
    for (const device of own) parts.add(mailbox, device);
  yield* parts.whole(readsOf(reading), () => true);
}

/*
 *   the device lies                                     its mailbox             then
 *   in a container of its mailbox                       was read                joined
 *   in a container of its mailbox                       was read, its user not  joined, and the mailbox has a gap
 *   in a container of its mailbox                       was not listed          kept, and the mailbox is read by itself
 *   the same, and so many others that no more is kept,  was not listed          left out and counted
 *   or only some mailboxes are read at all
 *   in a container that a conflict has left             any                     left out: a gap
 *   anywhere else                                       –                       left out and counted
 */
function mailboxFor(reading: Reading, device: MobileDevice): TableMailbox | undefined {
  const { mailboxes, gaps, options } = reading;
  const { distinguishedName } = device;
  const name = mailboxOfDevice(distinguishedName);
  if (name === null) {
    if (isRepeated(reading, device)) return undefined;
    if (conflictMailbox(distinguishedName) === null) reading.skipped++;
    else gaps.addObject('conflict-container', distinguishedName);
    return undefined;
  }
  const mailbox = mailboxes.find(name);
  if (mailbox !== undefined) {
    const { entry } = mailbox;
    if (entry.upn === null && mailboxes.lacksUsers) gaps.addMailbox(entry.id);
    return mailbox;
  }
  if (isRepeated(reading, device)) return undefined;
  const isOther = options.scope?.mailbox !== undefined || mailboxes.knows(name);
  if (isOther || !reading.unlisted.add(name, device)) reading.skipped++;
  return undefined;
}

/** Of devices that join no mailbox. */
function isRepeated({ unjoined }: Reading, { id }: MobileDevice): boolean {
  const before = unjoined.size;
  unjoined.add(id);
  return unjoined.size === before;
}

function readsOf(reading: Reading): PartReads {
  return {
    byFilter: (filter) => devicesLike(reading, filter),
    ofMailbox: (mailbox) => devicesOf(reading, mailbox),
  };
}

function devicesOf(
  { transport, cmdlets, gaps }: Reading,
  mailbox: { readonly id: string; readonly distinguishedName: string },
): Promise<MobileDevice[]> {
  return devicesOfMailbox(transport, mailbox, cmdlets, gaps);
}

function warnSkipped({ skipped, options }: Reading): void {
  if (skipped === 0 || options.scope?.mailbox !== undefined) return;
  options.onWarning?.(
    `${skipped} devices belong to mailboxes that Exchange does not list as having devices, and that are not there when they are ` +
      `asked for one by one, or more than ${SINGLE_MAILBOXES}: they were left out. ` +
      'Of a mailbox that was moved to the cloud, disabled or deleted this is as it should be: its devices get no mail here. ' +
      'If one of a mailbox that is in use here is missing, run Get-CASMailbox -RecalculateHasActiveSyncDevicePartnership once.',
  );
}

async function* quickRecords(reading: Reading): AsyncGenerator<EasRecord> {
  const { options } = reading;
  const keys = options.keys ?? [];
  if (options.since === undefined && keys.length === 0) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'A quick reading was started without the time of the last one and without keys.',
    );
  }
  const done = new Set<string>();
  if (options.since !== undefined) {
    for await (const record of changedRecords(reading, options.since)) {
      done.add(record.key);
      yield record;
    }
  }
  yield* wantedRecords(
    reading,
    keys.filter((key) => !done.has(key)),
  );
  warnSkipped(reading);
}

/** The devices changed since a time. A server that does not filter by WhenChangedUTC is read whole and filtered here. */
async function* changedRecords(reading: Reading, since: string): AsyncGenerator<EasRecord> {
  const from = overlapStart(since, reading.options.overlapMs ?? DEFAULT_OVERLAP_MS);
  // Without the time nothing is concluded: the device counts as changed.
  const isChanged = ({ changedAt }: MobileDevice): boolean => changedAt === null || changedAt >= from;
  let buffer: MobileDevice[] | null;
  try {
    const changed = devicesLike(reading, { property: 'WhenChangedUTC', operator: 'ge', value: from });
    buffer = await upTo(QUICK_BUFFER, changed, () => true);
  } catch (error) {
    if (!isFilterRefused(error)) throw error;
    reading.options.onWarning?.(
      `Exchange does not filter devices by WhenChangedUTC; every device is read. ${error instanceof Error ? error.message : ''}`,
    );
    buffer = await upTo(QUICK_BUFFER, allDevices(reading), isChanged);
  }
  if (buffer === null) {
    await reading.mailboxes.readAll(reading.options.scope?.mailbox);
    yield* streamedRecords(reading, isChanged);
    return;
  }
  await readMailboxesOf(reading, buffer);
  yield* wholeRecords(reading, buffer);
}

async function readMailboxesOf(reading: Reading, changed: readonly MobileDevice[]): Promise<void> {
  const { mailboxes } = reading;
  const names = new Set<string>();
  for (const device of changed) {
    const name = mailboxOfDevice(device.distinguishedName);
    if (name !== null) names.add(name);
  }
  // A mailbox filter is Exchange's to evaluate, so with one the mailboxes are read in bulk.
  if (names.size > SINGLE_MAILBOXES || (names.size > 0 && reading.options.scope?.mailbox !== undefined)) {
    await mailboxes.readAll(reading.options.scope?.mailbox);
    return;
  }
  for (const name of names) if (!mailboxes.knows(name)) await readOneMailbox(reading, { name });
}

/** Records read again by key, mailbox by mailbox. */
async function* wantedRecords(reading: Reading, keys: readonly string[]): AsyncGenerator<EasRecord> {
  const { organization } = reading.options;
  const byMailbox = new Map<string, Map<string, string>>();
  for (const key of keys) {
    const wanted = readEasRecordKey(organization, key);
    if (wanted === null) {
      throw new ConnectorError(
        'ERR_INPUT_INVALID',
        `${JSON.stringify(key.slice(0, 120))} is not a record key of this organization.`,
      );
    }
    const ids = byMailbox.get(wanted.mailboxId) ?? new Map<string, string>();
    byMailbox.set(wanted.mailboxId, ids.set(foldEasId(wanted.easId), key));
  }
  for (const [mailboxId, ids] of byMailbox) {
    const mailbox = await readOneMailbox(reading, { id: mailboxId });
    // It is there, and nobody knows what it has.
    if (mailbox === 'gap') continue;
    const own = mailbox === null ? [] : await devicesOf(reading, mailbox);
    if (mailbox !== null) {
      for (const id of ids.keys()) {
        const partnerships = own.filter(({ deviceId }) => foldEasId(deviceId) === id);
        if (partnerships.length === 0) continue;
        ids.delete(id);
        yield toEasRecord(organization, mailbox, partnerships);
      }
    }
    if (!reading.gaps.hasMailbox(mailboxId, (key) => reading.mailboxes.idOf(key))) reading.gone.push(...ids.values());
  }
}

function overlapStart(since: string, overlapMs: number): string {
  const time = Date.parse(since);
  if (Number.isNaN(time)) throw new ConnectorError('ERR_INPUT_INVALID', `${JSON.stringify(since)} is not a time.`);
  return new Date(time - overlapMs).toISOString();
}
