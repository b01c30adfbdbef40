/**
 * Reads EAS records out of Exchange: all of them (full), or those that changed (quick), in pages.
 * Full: two bulk calls and one for sign-in names, whatever the number of mailboxes; never one call a mailbox.
 */
import { ConnectorError } from '../errors.ts';
import { foldEasId } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';
import type { Filter } from './cmdlets/filter.ts';
import { getMobileDevice } from './cmdlets/get-mobile-device.ts';
import type { MobileDevice, MobileDeviceQuery } from './cmdlets/get-mobile-device.ts';
import { isFilterRefused, isNotFound } from './cmdlet-error.ts';
import { distinguishedNameKey, mailboxOfDevice } from './distinguished-name.ts';
import { readEasRecordKey, toEasRecord } from './eas-record.ts';
import { MailboxMap } from './mailbox-map.ts';
import { readWhole, restartRead } from './restart-read.ts';
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
}

/** One page of a reading. `last` appears only when everything before it was read. */
export interface EasPage {
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
}

/** Above this many changed devices a quick reading reads the mailboxes in bulk, which is then cheaper, and streams. */
const QUICK_BUFFER = 2000;
/** Above this many mailboxes the bulk call costs less than a call for each. */
const QUICK_MAILBOXES = 200;
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
  const reading: Reading = { transport, options, cmdlets: cmdletOptions(options), skipped: 0, gone: [] };
  const records = options.kind === 'full' ? fullRecords(reading) : quickRecords(reading);
  yield* inPages(records, options.pageSize ?? 500, () => ({
    ...(reading.skipped > 0 ? { skipped: reading.skipped } : {}),
    ...(reading.gone.length > 0 ? { gone: reading.gone } : {}),
  }));
}

/** State of one reading, shared by its steps. */
interface Reading {
  readonly transport: CmdletTransport;
  readonly options: ReadEasRecordsOptions;
  readonly cmdlets: CmdletOptions;
  skipped: number;
  readonly gone: string[];
}

function cmdletOptions({ signal, onWarning, onProgress }: ReadEasRecordsOptions): CmdletOptions {
  return { ...(signal && { signal }), ...(onWarning && { onWarning }), ...(onProgress && { onProgress }) };
}

function newMap({ transport, options, cmdlets }: Reading): MailboxMap {
  return new MailboxMap(transport, options.userPrincipalNames ?? true, cmdlets);
}

async function* fullRecords(reading: Reading): AsyncGenerator<EasRecord> {
  const { options } = reading;
  const mailboxes = newMap(reading);
  await mailboxes.readAll(options.scope?.mailbox);
  const device = options.scope?.device;
  yield* recordsOf(reading, mailboxes, devices(reading, device === undefined ? { all: true } : { filter: device }));
  warnSkipped(reading);
}

function devices(
  { transport, cmdlets }: Reading,
  query: MobileDeviceQuery,
): AsyncGenerator<MobileDevice, void, undefined> {
  return restartRead((effort) => getMobileDevice(transport, query, { ...cmdlets, effort }), cmdlets);
}

/** Joins devices to mailboxes by distinguished name. What does not join is counted, never guessed. */
async function* recordsOf(
  reading: Reading,
  mailboxes: MailboxMap,
  found: AsyncIterable<MobileDevice> | Iterable<MobileDevice>,
): AsyncGenerator<EasRecord> {
  for await (const device of found) {
    const name = mailboxOfDevice(device.distinguishedName);
    const mailbox = name === null ? undefined : mailboxes.get(name);
    if (mailbox === undefined) reading.skipped++;
    else yield toEasRecord(reading.options.organization, mailbox, device);
  }
}

function warnSkipped({ skipped, options }: Reading): void {
  if (skipped === 0 || options.scope?.mailbox !== undefined) return;
  options.onWarning?.(
    `${skipped} devices belong to mailboxes that Exchange does not list as having devices and were left out. ` +
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
  const mailboxes = newMap(reading);
  const done = new Set<string>();
  if (options.since !== undefined) {
    for await (const record of changedRecords(reading, mailboxes, options.since)) {
      done.add(record.key);
      yield record;
    }
  }
  yield* wantedRecords(
    reading,
    mailboxes,
    keys.filter((key) => !done.has(key)),
  );
  warnSkipped(reading);
}

/** The devices changed since a time. A server that does not filter by WhenChangedUTC is read whole and filtered here. */
async function* changedRecords(reading: Reading, mailboxes: MailboxMap, since: string): AsyncGenerator<EasRecord> {
  const from = overlapStart(since, reading.options.overlapMs ?? DEFAULT_OVERLAP_MS);
  const scope = reading.options.scope?.device;
  const changed: Filter = { property: 'WhenChangedUTC', operator: 'ge', value: from };
  const query: MobileDeviceQuery = { filter: scope === undefined ? changed : { all: [changed, scope] } };
  let buffer: MobileDevice[] | null;
  let source = () => devices(reading, query);
  try {
    buffer = await upTo(QUICK_BUFFER, source());
  } catch (error) {
    if (!isFilterRefused(error)) throw error;
    reading.options.onWarning?.(
      `Exchange does not filter devices by WhenChangedUTC; every device is read. ${error instanceof Error ? error.message : ''}`,
    );
    source = () => changedSince(from, devices(reading, scope === undefined ? { all: true } : { filter: scope }));
    buffer = await upTo(QUICK_BUFFER, source());
  }
  if (buffer === null) {
    await mailboxes.readAll(reading.options.scope?.mailbox);
    yield* recordsOf(reading, mailboxes, source());
    return;
  }
  await readMailboxesOf(reading, mailboxes, buffer);
  yield* recordsOf(reading, mailboxes, buffer);
}

async function readMailboxesOf(
  reading: Reading,
  mailboxes: MailboxMap,
  changed: readonly MobileDevice[],
): Promise<void> {
  const names = new Set<string>();
  for (const device of changed) {
    const name = mailboxOfDevice(device.distinguishedName);
    if (name !== null) names.add(name);
  }
  // A mailbox filter is Exchange's to evaluate, so with one the mailboxes are read in bulk.
  if (names.size > QUICK_MAILBOXES || (names.size > 0 && reading.options.scope?.mailbox !== undefined)) {
    await mailboxes.readAll(reading.options.scope?.mailbox);
    return;
  }
  for (const name of names) if (!mailboxes.knows(name)) await mailboxes.readOne(name);
}

/** Records read again by key, mailbox by mailbox. */
async function* wantedRecords(
  reading: Reading,
  mailboxes: MailboxMap,
  keys: readonly string[],
): AsyncGenerator<EasRecord> {
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
    const mailbox = await mailboxes.readOne(mailboxId);
    if (mailbox !== null) {
      for await (const device of devicesOfMailbox(reading.transport, mailbox, reading.cmdlets)) {
        if (ids.delete(foldEasId(device.deviceId))) yield toEasRecord(organization, mailbox, device);
      }
    }
    reading.gone.push(...ids.values());
  }
}

/**
 * The devices of one mailbox, and of no other: a server that answers with more (as Exchange does for an identity it
 * does not know) is refused.
 */
export async function* devicesOfMailbox(
  transport: CmdletTransport,
  mailbox: { readonly id: string; readonly distinguishedName: string },
  options: CmdletOptions,
): AsyncGenerator<MobileDevice, void, undefined> {
  try {
    yield* await readWhole((effort) => ownDevices(transport, mailbox, { ...options, effort }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function* ownDevices(
  transport: CmdletTransport,
  mailbox: { readonly id: string; readonly distinguishedName: string },
  options: CmdletOptions,
): AsyncGenerator<MobileDevice, void, undefined> {
  const own = new MailboxNames(mailbox.distinguishedName);
  for await (const device of getMobileDevice(transport, { mailbox: mailbox.id }, options)) {
    if (!own.owns(device)) {
      throw new ConnectorError(
        'ERR_EXCHANGE_RECORD',
        `Get-MobileDevice was asked for mailbox ${mailbox.id} and answered with a device of another one.`,
      );
    }
    yield device;
  }
}

class MailboxNames {
  private readonly key: string;

  constructor(distinguishedName: string) {
    this.key = distinguishedNameKey(distinguishedName);
  }

  owns(device: MobileDevice): boolean {
    const name = mailboxOfDevice(device.distinguishedName);
    return name !== null && distinguishedNameKey(name) === this.key;
  }
}

/** All of a stream if it has at most `limit`, else null (and the stream is left, which stops its pipeline). */
async function upTo<T>(limit: number, source: AsyncIterable<T>): Promise<T[] | null> {
  const found: T[] = [];
  for await (const one of source) {
    if (found.length === limit) return null;
    found.push(one);
  }
  return found;
}

async function* changedSince(
  from: string,
  source: AsyncIterable<MobileDevice>,
): AsyncGenerator<MobileDevice, void, undefined> {
  // Without the time nothing is concluded: the device counts as changed.
  for await (const device of source) if (device.changedAt === null || device.changedAt >= from) yield device;
}

function overlapStart(since: string, overlapMs: number): string {
  const time = Date.parse(since);
  if (Number.isNaN(time)) throw new ConnectorError('ERR_INPUT_INVALID', `${JSON.stringify(since)} is not a time.`);
  return new Date(time - overlapMs).toISOString();
}

/** Cuts a stream into pages. One page is held back, so that `last` is known when it is sent. */
async function* inPages(
  records: AsyncIterable<EasRecord>,
  pageSize: number,
  ending: () => Partial<EasPage>,
): AsyncGenerator<EasPage, void, undefined> {
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new ConnectorError('ERR_INPUT_INVALID', `The page size ${pageSize} is not a positive integer.`);
  }
  let page = 0;
  let total = 0;
  let current: EasRecord[] = [];
  for await (const record of records) {
    if (current.length === pageSize) {
      yield { records: current, page: page++, last: false };
      current = [];
    }
    current.push(record);
    total++;
  }
  yield { records: current, page, last: true, total, ...ending() };
}
