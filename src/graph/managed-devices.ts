/** MDM records from Intune: all of them as pages, those seen since a time, those of users or of devices of Entra, or one again. */
import { ConnectorError, isConnectorError } from '../errors.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import type { ListFacts } from '../model/coverage.ts';
import type { MdmRecord } from '../model/records.ts';
import { foreignText } from '../model/foreign.ts';
import { mdmRecordPrefix } from '../model/keys.ts';
import { isNotFound } from './answer.ts';
import { entraDeviceId } from './entra-device-id.ts';
import type { GraphTransport } from './graph-transport.ts';
import { DEVICES_OF_QUESTION, filterOf, isRefusal, rowsOfJoined } from './joined-questions.ts';
import type { JoinedQuestions } from './joined-questions.ts';
import { isEnrollment, MANAGED_DEVICE_PROPERTIES, mdmRecordOf, toMdmRecord } from './mdm-record.ts';
import { plain } from './plain-objects.ts';
import type { Writable } from './plain-objects.ts';
import { isRow, PageChain, parsePage, readPages } from './pages.ts';
import type { GraphPage, GraphRow } from './pages.ts';

const PATH = '/deviceManagement/managedDevices';
const SELECT = MANAGED_DEVICE_PROPERTIES.join(',');
const SELECT_WITH_ENTRA = `${SELECT},azureADDeviceId`;

/** Which device of Entra an MDM record is of. */
export interface EntraDeviceOfRecord {
  /** `MdmRecord.id`. */
  readonly recordId: string;
  /** Entra's `deviceId`, Intune's `azureADDeviceId`: a GUID, lower case. */
  readonly deviceId: string;
}

/** One page of MDM records. */
export interface MdmPage {
  readonly records: readonly MdmRecord[];
  /** Where it is asked for: of those of the records that are registered in Entra. */
  readonly entra?: readonly EntraDeviceOfRecord[];
  /** 0, 1, 2, … */
  readonly page: number;
  /** True on the last page of a complete reading, and only there. */
  readonly last: boolean;
  /** On the last page the number of records sent, before it Graph's own count if it gave one. */
  readonly total?: number;
}

export interface ReadManagedDevicesOptions {
  /** Names the MDM in keys: the mdm-tenant config node's id. */
  readonly source: string;
  /** Most records a page. Default 1000, Graph's own page. Graph is never asked for another size: `$top` may end its chain. */
  readonly pageSize?: number;
  /**
   * ISO 8601: only devices that checked in after it. There is no change feed for managed devices; this misses devices that
   * were removed or turned noncompliant without a check-in, so it never replaces a full reading.
   */
  readonly since?: string;
  /** ISO 8601: only devices that were enrolled after it, whosever they are. */
  readonly enrolledSince?: string;
  /** Says too which devices of Entra they are. */
  readonly withEntra?: boolean;
  /** Hears every answer. */
  readonly clock?: ClockWatch;
  /** Hears of every page of Graph's, before its records are handed out. */
  readonly onList?: (list: ListFacts) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads the enrolled devices. An empty tenant is one page `[]` with `last`; a reading that fails throws and never yields `last`.
 * @throws ConnectorError as {@link readPages}
 */
export async function* readManagedDevices(
  graph: GraphTransport,
  options: ReadManagedDevicesOptions,
): AsyncGenerator<MdmPage, void, undefined> {
  const { source, pageSize = 1000, withEntra = false, clock, onList, signal } = options;
  if (!Number.isInteger(pageSize) || pageSize < 1)
    throw new ConnectorError('ERR_INPUT_INVALID', `The page size ${pageSize} is not a whole number above 0.`);
  const filters = [
    ...afterTime('lastSyncDateTime', options.since),
    ...afterTime('enrolledDateTime', options.enrolledSince),
  ];
  const $select = withEntra ? SELECT_WITH_ENTRA : SELECT;
  const query = { $select, ...(filters.length === 0 ? {} : { $filter: filters.join(' and ') }) };
  const of = { source, keyPrefix: mdmRecordPrefix(source), withEntra };
  const eachRow = (row: unknown): DeviceRow | null => deviceRow(row, of);
  const collection = { path: PATH, query, eachRow, ...(clock && { clock }) };
  const chain = new PageChain<DeviceRow>(graph, collection, signal);
  const pages = new DevicePages(chain, { pageSize, withEntra, onList });
  // By itself and without a name, so that nothing here holds on to a page while the next one is read.
  while (!pages.ended) yield pages.next();
}

/** How pages of records are made. */
interface PageOptions {
  readonly pageSize: number;
  readonly withEntra: boolean;
  readonly onList: ReadManagedDevicesOptions['onList'] | undefined;
}

/** A chain of Graph's pages as pages of records. */
class DevicePages {
  readonly #chain: PageChain<DeviceRow>;
  readonly #options: PageOptions;
  /** What is left of Graph's last page. */
  #open: MdmPage[] = [];
  #page = 0;
  #sent = 0;
  #rows = 0;

  constructor(chain: PageChain<DeviceRow>, options: PageOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  /** True once the last page was taken. */
  get ended(): boolean {
    return this.#chain.ended && this.#open.length === 0;
  }

  /** The next page. @throws as {@link readPages} */
  async next(): Promise<MdmPage> {
    while (this.#open.length === 0) this.#open = this.#pagesOf(await this.#chain.next());
    return this.#open.shift()!;
  }

  #pagesOf(graphPage: GraphPage<DeviceRow>): MdmPage[] {
    const { pageSize, withEntra, onList } = this.#options;
    this.#rows += graphPage.rows.length;
    const { duplicates, counted } = graphPage;
    onList?.({ pages: graphPage.page + 1, rows: this.#rows, duplicates, counted });
    const enrolled: MdmRecord[] = [];
    const entra: (readonly EntraDeviceOfRecord[])[] = [];
    for (const row of graphPage.rows) {
      if (row.record === null) continue;
      enrolled.push(row.record);
      if (withEntra) entra.push(row.entra);
    }
    const pages: MdmPage[] = [];
    const count = Math.max(1, Math.ceil(enrolled.length / pageSize));
    for (let index = 0; index < count; index += 1) {
      const [from, to] = [index * pageSize, (index + 1) * pageSize];
      const records = enrolled.slice(from, to);
      const last = graphPage.last && index === count - 1;
      // A page without a single enrollment says nothing, unless it is the end.
      if (records.length === 0 && !last) continue;
      this.#sent += records.length;
      const total = last ? this.#sent : graphPage.total;
      const more = { ...(withEntra && { entra: entra.slice(from, to).flat() }), ...(total !== null && { total }) };
      pages.push({ records, page: this.#page++, last, ...more });
    }
    return pages;
  }
}

/** What is kept of a row. */
interface DeviceRow {
  /** As it came: rows are told apart by it. */
  readonly id: string;
  /** Null: no enrollment. */
  readonly record: MdmRecord | null;
  readonly entra: readonly EntraDeviceOfRecord[];
}

const NONE: readonly EntraDeviceOfRecord[] = [];

/** See {@link plain}: a literal's objects would keep their records. */
const DeviceRowOf = plain(function (
  this: Writable<DeviceRow>,
  id: string,
  record: MdmRecord | null,
  entra: readonly EntraDeviceOfRecord[],
) {
  this.id = id;
  this.record = record;
  this.entra = entra;
});

/** Null for what is no row, or has no id. */
function deviceRow(
  row: unknown,
  {
    source,
    keyPrefix,
    withEntra,
  }: { readonly source: string; readonly keyPrefix: string; readonly withEntra: boolean },
): DeviceRow | null {
  if (!isRow(row)) return null;
  if (!isEnrollment(row)) return new DeviceRowOf(row.id, null, NONE);
  const record = mdmRecordOf(row, source, keyPrefix);
  return record === null ? null : new DeviceRowOf(row.id, record, withEntra ? entraOf(row) : NONE);
}

/**
 * Reads one device again, right before its access is lowered.
 * @param id the MDM's own id (`MdmRecord.id`)
 * @returns null if Graph says that there is no such device, or that it is no enrollment
 * @throws ConnectorError as {@link GraphTransport.get}; a 404 that is not Graph's own "not found" is an error, not null
 */
export async function readManagedDevice(
  graph: GraphTransport,
  id: string,
  options: { readonly source: string; readonly signal?: AbortSignal },
): Promise<MdmRecord | null> {
  // An empty id would ask for the list.
  if (id.trim() === '')
    throw new ConnectorError('ERR_INPUT_INVALID', 'A managed device is read by its id, but the id is empty.');
  const { source, signal } = options;
  try {
    const row = await graph.get({
      path: `${PATH}/${encodeURIComponent(id)}`,
      query: { $select: SELECT },
      ...(signal === undefined ? {} : { signal }),
    });
    const record = toMdmRecord(row, source);
    if (record.id !== id) throw otherDevice();
    return isEnrollment(row as GraphRow) ? record : null;
  } catch (error) {
    if (isConnectorError(error) && isNotFound(error)) return null;
    throw error;
  }
}

/**
 * Every enrolled device of each of these users, as Graph has them at this moment, in batches. Graph filters managed devices by
 * UPN and by mail address only, neither by user id nor by EAS ID, and its conditions are joined by `and` alone (v1.0
 * metadata): each name is asked for by itself. An address is looked for inside of `emailAddress`, which may hold several, so
 * devices of other users with a longer address may be among the answer.
 * @param users of each the UPN and mail addresses; in either case, each is asked for once
 * @returns of each user, in their order, each device once; never a part of them
 * @throws ConnectorError ERR_INPUT_INVALID for one without a name; as {@link GraphTransport.getMany}, {@link readPages}
 */
export async function managedDevicesOfUsers(
  graph: GraphTransport,
  users: readonly (readonly string[])[],
  options: { readonly source: string; readonly signal?: AbortSignal },
): Promise<MdmRecord[][]> {
  const { source, signal } = options;
  const asked = users.flatMap((names, user) => filtersOf(names).map(($filter) => ({ user, $filter })));
  const answers = await graph.getMany(
    asked.map(({ $filter }) => ({ path: PATH, query: { $select: SELECT, $filter } })),
    signal === undefined ? {} : { signal },
  );
  const found = users.map(() => new Map<string, MdmRecord>());
  for (const [at, { user, $filter }] of asked.entries()) {
    for (const row of await rowsOf(graph, answers[at], { $select: SELECT, $filter }, signal)) {
      if (isEnrollment(row)) found[user]!.set(row.id, toMdmRecord(row, source));
    }
  }
  return found.map((records) => [...records.values()]);
}

/** Some records as they are now. */
export interface MdmRecordsNow {
  readonly records: readonly MdmRecord[];
  /** As of {@link MdmPage}. */
  readonly entra: readonly EntraDeviceOfRecord[];
  /** Ids that were asked for and that Graph does not have, or has for no enrollment. */
  readonly gone: readonly string[];
}

/** Which devices are read again. */
export interface DevicesToRead {
  /** Records that are known, with their devices of Entra. */
  readonly known: readonly EntraDeviceOfRecord[];
  /** Entra's ids of devices of which no record is known; GUIDs, lower case. */
  readonly deviceIds: readonly string[];
}

/**
 * Reads some devices again: many in one question where Intune takes that, and by themselves where it does not or where one is
 * missing from such an answer. What is gone was always asked for by itself.
 * @param options.joined what is known of this tenant's answers to such questions
 * @throws ConnectorError as {@link GraphTransport.getMany}, {@link readPages}; ERR_GRAPH_RESPONSE for another device than the
 *   one asked for
 */
export async function managedDevicesNow(
  graph: GraphTransport,
  which: DevicesToRead,
  options: { readonly source: string; readonly joined: JoinedQuestions; readonly signal?: AbortSignal },
): Promise<MdmRecordsNow> {
  const { source, joined, signal } = options;
  const limits = signal === undefined ? {} : { signal };
  const rows = new Map<string, GraphRow>();
  const together = await rowsTogether(graph, which, joined, limits);
  for (const row of together ?? []) rows.set(row.id, row);
  const found = new Set((together ?? []).map(({ azureADDeviceId }) => entraDeviceId(azureADDeviceId)));
  const left = {
    known: which.known.filter(({ recordId }) => !rows.has(recordId)),
    deviceIds: which.deviceIds.filter((deviceId) => !found.has(deviceId)),
  };
  const alone = await rowsAlone(graph, left, limits);
  for (const row of alone.rows) rows.set(row.id, row);
  // Of a record that has left its device, or has another one, Intune was not asked.
  const asked = new Map(left.known.map(({ recordId, deviceId }) => [recordId, deviceId]));
  const wasLacking = alone.rows.some((row) => {
    const deviceId = entraDeviceId(row.azureADDeviceId);
    return deviceId !== null && (asked.get(row.id) ?? deviceId) === deviceId;
  });
  if (together !== null && wasLacking) joined.refuse();
  const records = [...rows.values()].map((row) => toMdmRecord(row, source));
  return { records, entra: [...rows.values()].flatMap(entraOf), gone: alone.gone };
}

/** Enrollments of these devices, as far as they are told together; null: such questions are not understood. */
async function rowsTogether(
  graph: GraphTransport,
  { known, deviceIds }: DevicesToRead,
  joined: JoinedQuestions,
  limits: { readonly signal?: AbortSignal },
): Promise<GraphRow[] | null> {
  if (!joined.areTaken) return null;
  const devices = [...new Set([...known.map(({ deviceId }) => deviceId), ...deviceIds])];
  const groups = Array.from({ length: Math.ceil(devices.length / DEVICES_OF_QUESTION) }, (_, at) =>
    devices.slice(at * DEVICES_OF_QUESTION, (at + 1) * DEVICES_OF_QUESTION),
  );
  const questions = groups.map((group) => ({
    path: PATH,
    query: { $select: SELECT_WITH_ENTRA, $filter: filterOf(group) },
  }));
  try {
    const answers = await graph.getMany(questions, limits);
    const told = groups.map((group, at) => rowsOfJoined(PATH, group, answers[at]));
    if (told.every((rows) => rows !== null)) return told.flat().filter(isEnrollment);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
  joined.refuse();
  return null;
}

/** What Intune says of each by itself, in batches: a record by its id, a device by Entra's. */
async function rowsAlone(
  graph: GraphTransport,
  { known, deviceIds }: DevicesToRead,
  limits: { readonly signal?: AbortSignal },
): Promise<{ readonly rows: readonly GraphRow[]; readonly gone: readonly string[] }> {
  const ids = [...new Set(known.map(({ recordId }) => recordId))];
  const byId = await graph.getMany(
    ids.map((id) => ({ path: `${PATH}/${encodeURIComponent(id)}`, query: { $select: SELECT_WITH_ENTRA } })),
    { ...limits, missingIsNull: true },
  );
  const rows: GraphRow[] = [];
  const gone: string[] = [];
  for (const [at, id] of ids.entries()) {
    const row = byId[at] as GraphRow | null;
    if (row !== null && foreignText(row.id) !== id) throw otherDevice();
    if (row !== null && isEnrollment(row)) rows.push(row);
    else gone.push(id);
  }
  const queries = deviceIds.map((deviceId) => ({ $select: SELECT_WITH_ENTRA, $filter: filterOf([deviceId]) }));
  const byDevice = await graph.getMany(
    queries.map((query) => ({ path: PATH, query })),
    limits,
  );
  for (const [at, query] of queries.entries())
    rows.push(...(await rowsOf(graph, byDevice[at], query, limits.signal)).filter(isEnrollment));
  return { rows, gone };
}

function entraOf({ id, azureADDeviceId }: GraphRow): EntraDeviceOfRecord[] {
  const deviceId = entraDeviceId(azureADDeviceId);
  const recordId = foreignText(id);
  return deviceId === null || recordId === null ? [] : [{ recordId, deviceId }];
}

function otherDevice(): ConnectorError {
  return new ConnectorError('ERR_GRAPH_RESPONSE', 'Graph answered with another managed device than the one asked for.');
}

/** A user with more devices than a page has is asked for by pages. */
async function rowsOf(
  graph: GraphTransport,
  answer: unknown,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<readonly GraphRow[]> {
  const { rows, next, count } = parsePage(PATH, answer);
  if (next === null && (count === null || count <= rows.length)) return rows;
  const all: GraphRow[] = [];
  for await (const page of readPages(graph, { path: PATH, query }, signal)) all.push(...page.rows);
  return all;
}

/** The conditions under which a device is the user's. */
function filtersOf(names: readonly string[]): string[] {
  const filters = [...new Set(names.map((name) => name.trim().toLowerCase()))].flatMap(filtersFor);
  if (filters.length > 0) return filters;
  throw new ConnectorError('ERR_INPUT_INVALID', 'The devices of a user are asked for by name, but the user has none.');
}

/** The conditions under which a device is the user's of this name. */
function filtersFor(name: string): string[] {
  if (name === '') return [];
  // In an OData literal a quote is doubled.
  const literal = `'${name.replaceAll("'", "''")}'`;
  return [`userPrincipalName eq ${literal}`, ...(name.includes('@') ? [`contains(emailAddress,${literal})`] : [])];
}

function afterTime(property: string, time: string | undefined): string[] {
  return time === undefined ? [] : [`${property} gt ${graphTime(time)}`];
}

/** A time as OData literal; parsed first, so that no text of a message gets into the filter. */
function graphTime(since: string): string {
  const time = Date.parse(since);
  if (Number.isNaN(time))
    throw new ConnectorError('ERR_INPUT_INVALID', 'The time to read changes since is not an ISO 8601 time.');
  return new Date(time).toISOString();
}
