/** The CSV files: which columns they have, and what is in them. Pure. */
import type { DeviceLine } from '../connector/listings/browse-devices.ts';
import type { NumberedEntry } from '../store/store.ts';
import type { NameOf } from './answers.ts';
import { csvLine } from './csv.ts';
import { coded } from './words.ts';

type Cell = string | number | boolean | null;

/** One column of a file. */
interface Column<Row> {
  readonly title: string;
  cell(row: Row, nameOf: NameOf): Cell;
}

const DEVICE_COLUMNS: readonly Column<DeviceLine>[] = [
  { title: 'Owner', cell: ({ owner }) => owner.name },
  { title: 'Address', cell: ({ owner }) => owner.address },
  { title: 'EAS ID', cell: ({ easId }) => easId },
  { title: 'Model', cell: ({ device }) => device.model },
  { title: 'Type', cell: ({ device }) => device.type },
  { title: 'Operating system', cell: ({ device }) => device.os },
  { title: 'Platform', cell: ({ device }) => device.platform },
  { title: 'Exchange state', cell: ({ access }) => access.state },
  { title: 'Exchange reason', cell: ({ access }) => access.reason },
  { title: 'Decision', cell: ({ decision }) => decision.action },
  { title: 'Reason', cell: ({ decision }) => decision.reason },
  { title: 'Reason in words', cell: ({ decision }) => coded('reason', decision.reason).text },
  { title: 'Rule', cell: ({ decision }) => decision.rule },
  { title: 'Since', cell: ({ decision }) => decision.since },
  { title: 'MDM', cell: ({ mdm }, nameOf) => (mdm === null ? null : nameOf(mdm.source)) },
  { title: 'MDM device', cell: ({ mdm }) => mdm?.name ?? null },
  { title: 'Compliance', cell: ({ mdm }) => mdm?.compliance ?? null },
  { title: 'Change on its way', cell: ({ waiting }) => waiting?.state ?? null },
  { title: 'Mailed', cell: ({ mailedAt }) => mailedAt },
  { title: 'First sync', cell: ({ firstSyncAt }) => firstSyncAt },
  { title: 'Last sync', cell: ({ lastSyncAt }) => lastSyncAt },
  { title: 'Key', cell: ({ key }) => key },
];

const AUDIT_COLUMNS: readonly Column<NumberedEntry>[] = [
  { title: 'At', cell: ({ at }) => at },
  { title: 'Who', cell: ({ who }, nameOf) => nameOf(who) },
  { title: 'Approved by', cell: ({ approvedBy }, nameOf) => (approvedBy === null ? null : nameOf(approvedBy)) },
  { title: 'What', cell: ({ what }) => what },
  { title: 'Device', cell: ({ deviceKey }) => deviceKey },
  { title: 'Rule', cell: ({ rule }) => rule },
  { title: 'Reason', cell: ({ reason }) => reason },
  { title: 'Evidence', cell: ({ evidence }) => evidence.join('; ') },
  { title: 'Before', cell: ({ before }) => (before === null ? null : JSON.stringify(before)) },
  { title: 'After', cell: ({ after }) => (after === null ? null : JSON.stringify(after)) },
];

/** The file of devices, as it becomes known. */
export function devicesCsv(pages: AsyncIterable<readonly DeviceLine[]>, nameOf: NameOf): AsyncGenerator<string> {
  return csvOf(DEVICE_COLUMNS, pages, nameOf);
}

/** The file of the audit, as it becomes known. */
export function auditCsv(pages: AsyncIterable<readonly NumberedEntry[]>, nameOf: NameOf): AsyncGenerator<string> {
  return csvOf(AUDIT_COLUMNS, pages, nameOf);
}

/** Begins with the mark by which spreadsheets know UTF-8. */
async function* csvOf<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<readonly Row[]>,
  nameOf: NameOf,
): AsyncGenerator<string> {
  yield `\ufeff${csvLine(columns.map(({ title }) => title))}`;
  for await (const rows of pages)
    yield rows.map((row) => csvLine(columns.map((column) => column.cell(row, nameOf)))).join('');
}
