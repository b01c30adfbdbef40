/** MDM records out of Intune's report of all devices, as the pages of a reading. */
import { asConnectorError, ConnectorError, isConnectorError } from '../../errors.ts';
import type { ListFacts } from '../../model/coverage.ts';
import { eachPage, PageCursor } from '../../model/page-cursor.ts';
import type { MdmRecord } from '../../model/records.ts';
import type { GraphTransport } from '../graph-transport.ts';
import { IdSet } from '../id-set.ts';
import type { MdmPage } from '../managed-devices.ts';
import { isEnrollment, toMdmRecord } from '../mdm-record.ts';
import { csvRows } from './csv-rows.ts';
import { deviceCount } from './device-count.ts';
import { ExportRows, isComplianceKnown } from './export-columns.ts';
import { exportError, seenIn, withoutEnd } from './export-error.ts';
import { makeExport } from './export-job.ts';
import type { ExportAsk } from './export-job.ts';
import { zipEntry } from './zip-entry.ts';

/** What a device may take in the report, with room: names, addresses and models have some hundred characters. */
const BYTES_PER_DEVICE = 4_096;
const LEAST_BYTES = 16 * 1024 * 1024;

export interface ReadExportOptions extends ExportAsk {
  readonly source: string;
  readonly pageSize: number;
  /** How many devices Intune said it has, right before. */
  readonly count: number;
  /** Hears what came of the report, before its records are handed out. */
  readonly onList?: (list: ListFacts) => void;
}

/**
 * Reads the report. The page that is last comes only when the archive was read to its end, its checksum is right, and no fewer
 * devices came than Intune has.
 * @throws ConnectorError ERR_GRAPH_EXPORT, ERR_SNAPSHOT_INCOMPLETE, as {@link GraphTransport.get}
 */
export async function* readExport(
  graph: GraphTransport,
  options: ReadExportOptions,
): AsyncGenerator<MdmPage, void, undefined> {
  const { source, pageSize, count, onList, signal } = options;
  const { address } = await makeExport(graph, options);
  // The download must end with the reading, however that ends.
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const seen = new IdSet(count);
  let open: MdmRecord[] = [];
  let page = 0;
  let sent = 0;
  let rowsRead = 0;
  const take = (last: boolean): MdmPage => {
    const records = open.slice(0, pageSize);
    open = open.slice(pageSize);
    sent += records.length;
    onList?.({ pages: 1, rows: seen.size, duplicates: rowsRead - seen.size, counted: null, enrolled: count });
    return { records, page: page++, last, total: last ? sent : count };
  };
  const add = (rows: readonly ExportedDevice[]): void => {
    rowsRead += rows.length;
    for (const row of rows) {
      if (seen.add(row.id) && isEnrollment(row)) open.push(toMdmRecord(row, source));
    }
  };
  const maxBytes = Math.max(LEAST_BYTES, count * BYTES_PER_DEVICE);
  const devices = new PageCursor(devicesOf(graph, address, { maxBytes, both }));
  try {
    while (await devices.hasNext()) {
      add(devices.take());
      // One more is held back: the last page is known at the end.
      while (open.length > pageSize) yield take(false);
    }
    await checkCount(graph, options, seen.size);
    yield take(true);
  } finally {
    await devices.end();
    stop.abort();
  }
}

type ExportedDevice = ReturnType<ExportRows['toManagedDevice']>;

/** The report's devices, those of some rows together. */
async function* devicesOf(
  graph: GraphTransport,
  address: unknown,
  { maxBytes, both }: { readonly maxBytes: number; readonly both: AbortSignal },
): AsyncGenerator<ExportedDevice[], void, undefined> {
  let columns: ExportRows | null = null;
  let nth = 0;
  const bytes = graph.exports!.download(address, { maxBytes, signal: both });
  const toDevices = (rows: string[][]): ExportedDevice[] => {
    const isFirst = columns === null;
    columns ??= new ExportRows(rows.shift() ?? []);
    const devices = rows.map((fields) => columns!.toManagedDevice(fields, ++nth));
    if (isFirst) checkWords(devices);
    return devices;
  };
  const devices = new PageCursor(eachPage(csvRows(zipEntry(bytes, maxBytes)), toDevices, asExportError));
  try {
    while (await devices.hasNext()) yield devices.take();
  } finally {
    await devices.end();
  }
  if (columns === null) throw exportError('rows', 'is empty');
}

/** Words of another language would make the compliance of every device unknown. */
function checkWords(devices: readonly { readonly id: string }[]): void {
  if (devices.length > 0 && !devices.some(isComplianceKnown))
    throw exportError('rows', 'names no compliance that is known');
}

/** What a server of somebody else does is not what Graph does. */
function asExportError(thrown: unknown): ConnectorError {
  const error = asConnectorError(thrown);
  if (!error.code.startsWith('ERR_HTTP_')) return error;
  return exportError('download', `could not be fetched: ${withoutEnd(seenIn(error))}`, { causedBy: error.code }, error);
}

/** Devices may be removed while the report is written and read: it is whole if it has as many as were there before or are there after. */
async function checkCount(graph: GraphTransport, { count, signal }: ReadExportOptions, read: number): Promise<void> {
  if (read >= count) return;
  const now = await deviceCount(graph, signal === undefined ? {} : { signal });
  const counted = Math.min(count, now ?? count);
  if (read >= counted) return;
  throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', `Intune counts ${counted} devices, but its report has ${read}.`, {
    details: { counted, read },
  });
}

/** True for what is about the report alone: by pages the devices can be read nevertheless. */
export function isAboutExport(error: unknown): boolean {
  return isConnectorError(error, 'ERR_GRAPH_EXPORT') || isConnectorError(error, 'ERR_SNAPSHOT_INCOMPLETE');
}
