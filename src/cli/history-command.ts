/** `exchange-connector history`: the last runs, or what befell a device. */
import { deviceHistory, listRuns } from '../connector/listings/list-history.ts';
import type { DeviceEvent, DeviceHistory } from '../connector/listings/list-history.ts';
import { RUN_SUBJECTS } from '../connector/keep-run.ts';
import type { Json, SyncHistoryEntry } from '../store/store.ts';
import type { CliIo } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { runListing } from './listing.ts';
import type { ListingCommand, ListingInput } from './listing.ts';
import { UsageError } from './report-error.ts';
import { safeText } from './safe-text.ts';
import { counted, firstOf, minuteOf } from './words.ts';

const COMMAND: ListingCommand = {
  name: 'history',
  usage: `Usage: exchange-connector history [options]
       exchange-connector history <EAS ID or mailbox> [options]

Lists the last runs, the newest first. With an EAS ID, or a mailbox's address, UPN, GUID or display name (* and ? are
wildcards): the audit and the mails of these devices, in the order in which it happened. Times are UTC.

Which runs:
  --subject SUBJECT       ${RUN_SUBJECTS.join(', ')}; several: any of them
                          eas, mdm: readings; access: decisions of a sync; write: what was written to Exchange, by a
                          sync, a person or the timer; notify: mails
`,
  options: ['subject'],
  words: 1,
  limit: 50,
  check: subjectsOf,
  list,
};

/** Runs the command. @param argv arguments after `history`. @returns the exit code */
export function historyCommand(argv: readonly string[], io: CliIo): Promise<number> {
  return runListing(COMMAND, argv, io);
}

/** The subjects that were asked for; none: all. */
function subjectsOf(values: ListingInput['values'], word: string | null): readonly string[] {
  const given = values('subject');
  if (word !== null && given.length > 0) throw new UsageError('--subject is about runs, and not about a device.');
  const wrong = given.find((subject) => !RUN_SUBJECTS.some((known) => known === subject));
  if (wrong === undefined) return given;
  throw new UsageError(`--subject is never "${wrong}". It is one of ${RUN_SUBJECTS.join(', ')}.`);
}

async function list({ store, word, values, organization, limit, signal, progress }: ListingInput) {
  const subject = subjectsOf(values, word);
  progress('reading the store');
  const which = { ...(organization === undefined ? {} : { organization }), limit };
  if (word === null) {
    const runs = await listRuns(store, { ...which, ...(subject.length === 0 ? {} : { subject }) });
    return { json: { runs }, lines: (columns: number | null) => runLines(runs, columns) };
  }
  const history = await deviceHistory(store, word, { ...which, signal });
  return { json: history, lines: (columns: number | null) => eventLines(history, word, columns) };
}

const RUN_COLUMNS: readonly Column<SyncHistoryEntry>[] = [
  { title: 'At', least: 16, cell: ({ at }) => minuteOf(at) },
  { title: 'Run', least: 6, cell: ({ subject }) => subject },
  { title: 'Ended', least: 8, cell: endOf },
  { title: 'Counts', least: 20, cell: ({ report }) => countsText(report) },
  { title: 'Took', least: 6, cell: ({ tookMs }) => `${(tookMs / 1000).toFixed(1)} s` },
  { title: 'Organization', least: 12, cell: ({ organization, report }) => organization ?? sourceOf(report) },
];

function runLines(runs: readonly SyncHistoryEntry[], columns: number | null): readonly string[] {
  return runs.length === 0 ? ['No run is remembered.'] : fitTable(RUN_COLUMNS, runs, columns);
}

/** `well`, or the code of what went wrong. */
function endOf({ ok, report }: SyncHistoryEntry): string {
  const { code } = fieldsOf(fieldsOf(report)['error']);
  return ok ? 'well' : typeof code === 'string' ? code : 'not well';
}

/** The MDM that was read. */
function sourceOf(report: Json): string {
  const { source } = fieldsOf(report);
  return typeof source === 'string' ? source : '';
}

/** What a report counted, as far as it is not 0, after who asked for it and the mode it ran in. */
function countsText(report: Json): string {
  const { mode, counts, sync } = fieldsOf(report);
  const { id, kind } = fieldsOf(sync);
  const asked = kind === 'control' && typeof id === 'string' ? [id] : [];
  const words = Object.entries(fieldsOf(counts)).flatMap(([name, value]) =>
    typeof value === 'number' && value !== 0 ? [`${name} ${value}`] : [],
  );
  return [...asked, ...(typeof mode === 'string' ? [mode] : []), ...words].join(', ');
}

function fieldsOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json | undefined>>)
    : {};
}

function eventColumns({ devices }: DeviceHistory): readonly Column<DeviceEvent>[] {
  const ids = new Map(devices.map(({ key, easId }) => [key, easId]));
  const at: Column<DeviceEvent> = { title: 'At', least: 16, cell: (event) => minuteOf(event.at) };
  const id: Column<DeviceEvent> = { title: 'EAS ID', least: 10, cell: ({ key }) => ids.get(key) ?? key };
  return [
    at,
    ...(devices.length > 1 ? [id] : []),
    { title: 'What', least: 8, cell: (event) => (event.kind === 'mail' ? `mail ${event.what}` : event.what) },
    { title: 'Reason', least: 10, cell: ({ reason }) => reason },
    { title: 'By', least: 8, cell: whoOf },
    { title: 'Details', least: 12, cell: detailsOf },
  ];
}

function whoOf(event: DeviceEvent): string {
  if (event.kind === 'mail') return '';
  return event.approvedBy === null ? event.who : `${event.who}, approved by ${event.approvedBy}`;
}

function detailsOf(event: DeviceEvent): string {
  if (event.kind === 'mail') return firstOf(event.note, event.to);
  return [...(event.rule === null ? [] : [event.rule]), ...event.evidence].join('; ');
}

function eventLines(history: DeviceHistory, word: string, columns: number | null): readonly string[] {
  const { devices, moreDevices, events } = history;
  if (devices.length === 0) return [`No device is known by ${safeText(JSON.stringify(word))}.`];
  const names = devices.map(({ easId, address, name, mailboxId }) =>
    safeText(`${easId}, ${firstOf(address, name, mailboxId)}`),
  );
  return [
    ...names,
    ...(moreDevices === 0 ? [] : [`and ${counted(moreDevices, 'device')} more, whose events are not told.`]),
    '',
    ...(events.length === 0 ? ['Nothing is remembered.'] : fitTable(eventColumns(history), events, columns)),
  ];
}
