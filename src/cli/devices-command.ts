/** `exchange-connector devices`: what the store knows of the devices. */
import { CONDITION_VALUES } from '../access/check-rules.ts';
import type { DeviceFilter } from '../connector/listings/device-filter.ts';
import { listDevices } from '../connector/listings/list-devices.ts';
import type { DeviceListing, DeviceRow, OrganizationFacts } from '../connector/listings/list-devices.ts';
import type { CliIo } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { runListing } from './listing.ts';
import type { ListingCommand, ListingInput } from './listing.ts';
import { UsageError } from './report-error.ts';
import { safeText } from './safe-text.ts';
import { counted, firstOf, minuteOf } from './words.ts';

const COMMAND: ListingCommand = {
  name: 'devices',
  usage: `Usage: exchange-connector devices [options]

Lists the EAS records of the last readings, matched with the MDM records as the last sync matched them: owner, device,
EAS ID, Exchange's state, our entry on the personal lists, what waits for Exchange, the reason, and the last mail.
Times are UTC.

Which devices:
  --mailbox NAME          address, UPN, GUID or display name; * and ? are wildcards
  --eas-id ID             EAS ID, with wildcards too
  --state STATE           ${CONDITION_VALUES['accessState']?.join(', ')}; several: any of them
  --reason CODE           not-enrolled, needs-activation, merged, …; several: any of them
`,
  options: ['mailbox', 'eas-id', 'state', 'reason'],
  words: 0,
  limit: 100,
  check: filterOf,
  list,
};

/** Runs the command. @param argv arguments after `devices`. @returns the exit code */
export function devicesCommand(argv: readonly string[], io: CliIo): Promise<number> {
  return runListing(COMMAND, argv, io);
}

async function list({ store, values, organization, limit, now, signal, progress }: ListingInput) {
  const which = { ...(organization === undefined ? {} : { organization }), limit };
  const listing = await listDevices(store, filterOf(values), { ...which, now, signal, progress });
  return { json: listing, lines: (columns: number | null) => linesOf(listing, columns) };
}

function filterOf(values: ListingInput['values']): DeviceFilter {
  const [mailbox, easId] = [oneOf(values, 'mailbox'), oneOf(values, 'eas-id')];
  return {
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(easId === undefined ? {} : { easId }),
    states: known(values('state'), 'state', 'accessState'),
    reasons: known(values('reason'), 'reason', 'reason'),
  };
}

function oneOf(values: ListingInput['values'], option: string): string | undefined {
  const given = values(option);
  if (given.length > 1) throw new UsageError(`--${option} was given more than once; use a wildcard.`);
  return given[0];
}

function known(given: readonly string[], option: string, field: string): readonly string[] {
  const all = CONDITION_VALUES[field] ?? [];
  const wrong = given.find((value) => !all.includes(value));
  if (wrong === undefined) return given;
  throw new UsageError(`--${option} is never "${wrong}". It is one of ${all.join(', ')}.`);
}

const COLUMNS: readonly Column<DeviceRow>[] = [
  { title: 'Owner', least: 12, cell: ({ owner }) => firstOf(owner.address, owner.upn, owner.name, owner.mailboxId) },
  { title: 'EAS ID', least: 10, cell: ({ easId }) => easId },
  { title: 'State', least: 8, cell: ({ access }) => access.state },
  { title: 'Reason', least: 10, cell: ({ reason }) => reason.code },
  { title: 'Our entry', least: 9, cell: ({ entries }) => entries.map(entryText).join(', ') },
  { title: 'Waits', least: 9, cell: ({ waiting }) => waitingText(waiting) },
  { title: 'Mailed', least: 10, cell: ({ mail }) => mailText(mail) },
  { title: 'Device', least: 8, cell: ({ device }) => firstOf(device.model, device.type) },
];
const ORGANIZATION: Column<DeviceRow> = { title: 'Organization', least: 12, cell: ({ organization }) => organization };

function linesOf({ organizations, devices, fitting }: DeviceListing, columns: number | null): readonly string[] {
  if (organizations.length === 0) return ['Exchange has not been read to its end yet.'];
  const table = organizations.length > 1 ? [...COLUMNS, ORGANIZATION] : COLUMNS;
  return [
    ...(devices.length === 0 ? [] : [...fitTable(table, devices, columns), '']),
    devices.length === fitting
      ? `${counted(fitting, 'device')} of ${organizations.reduce((sum, one) => sum + one.devices, 0)}.`
      : `The first ${devices.length} of ${counted(fitting, 'device')} that fit; --limit shows more.`,
    ...organizations.map(factsText),
  ];
}

function factsText({ organization, eas, mdm }: OrganizationFacts): string {
  const sources = mdm.sources.map(({ source, startedAt, fresh, count }) => {
    if (startedAt === null) return `MDM ${source} never read to its end`;
    return `MDM ${source} read ${minuteOf(startedAt)} (${counted(count, 'record')}${fresh ? '' : ', too old'})`;
  });
  const read = `Exchange read ${minuteOf(eas.startedAt)} (${eas.kind})`;
  return safeText(`${organization}: ${[read, ...(sources.length === 0 ? ['no MDM'] : sources)].join('; ')}.`);
}

function entryText({ list, state }: DeviceRow['entries'][number]): string {
  return state === 'owned' ? list : `${list} (${state})`;
}

function waitingText(waiting: DeviceRow['waiting']): string {
  if (waiting === null) return '';
  if (waiting.state === 'attention') return `${waiting.action}, needs attention`;
  if (waiting.state === 'reserved') return `${waiting.action}, being written`;
  return `${waiting.action}, ${minuteOf(waiting.nextAttemptAt)}`;
}

function mailText(mail: DeviceRow['mail']): string {
  if (mail === null) return '';
  return mail.outcome === 'sent' ? minuteOf(mail.at) : `${mail.outcome} ${minuteOf(mail.at)}`;
}
