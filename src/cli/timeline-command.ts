/** `exchange-connector timeline`: when what happened to a device. */
import { deviceTimeline } from '../connector/listings/list-timeline.ts';
import type { DeviceTimeline } from '../connector/listings/list-timeline.ts';
import type { TimelineStep } from '../store/store.ts';
import type { CliIo } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { runListing } from './listing.ts';
import type { ListingCommand, ListingInput } from './listing.ts';
import { UsageError } from './report-error.ts';
import { safeText } from './safe-text.ts';
import { counted, firstOf, secondOf } from './words.ts';

const COMMAND: ListingCommand = {
  name: 'timeline',
  usage: `Usage: exchange-connector timeline <device key, EAS ID or mailbox> [options]

Tells when what happened to a device: account added, blocked, mailed, link opened, button pressed, enrolled, merged,
mail flows again. With a mailbox's address, UPN, GUID or display name (* and ? are wildcards) all of its devices. Steps
stand in the order in which they became known. Times are UTC; "added" is by Exchange's clock, "enrolled" by the MDM's. A
device on which nothing was changed has no steps.
`,
  options: [],
  words: 1,
  limit: 100,
  check: (_values, word) => void deviceIn(word),
  list,
};

/** Runs the command. @param argv arguments after `timeline`. @returns the exit code */
export function timelineCommand(argv: readonly string[], io: CliIo): Promise<number> {
  return runListing(COMMAND, argv, io);
}

function deviceIn(word: string | null): string {
  if (word !== null && word !== '') return word;
  throw new UsageError('Which device? Name its key, its EAS ID or its mailbox.');
}

async function list({ store, word, organization, limit, signal, progress }: ListingInput) {
  const wanted = deviceIn(word);
  progress('reading the store');
  const which = { ...(organization === undefined ? {} : { organization }), limit, signal };
  const timeline = await deviceTimeline(store, wanted, which);
  return { json: timeline, lines: (columns: number | null) => linesOf(timeline, wanted, columns) };
}

/** What a step is called. */
const STEP_WORDS: Readonly<Record<TimelineStep['step'], string>> = {
  added: 'account added',
  blocked: 'blocked',
  mailed: 'mailed',
  opened: 'link opened',
  activated: 'button pressed',
  enrolled: 'enrolled',
  merged: 'merged',
  allowed: 'allowed, mail flows again',
  released: 'our entries taken off',
  gone: 'taken off the list by somebody else',
  exempted: 'exempt for a time',
  'exemption-ended': 'exemption ended',
};

function columnsOf({ devices }: DeviceTimeline): readonly Column<TimelineStep>[] {
  const ids = new Map(devices.map(({ key, easId }) => [key, easId]));
  const id: Column<TimelineStep> = { title: 'EAS ID', least: 10, cell: ({ deviceKey }) => ids.get(deviceKey) ?? '' };
  return [
    { title: 'At', least: 19, cell: ({ at }) => secondOf(at) },
    ...(devices.length > 1 ? [id] : []),
    { title: 'What', least: 14, cell: ({ step }) => STEP_WORDS[step] },
    { title: 'Why', least: 10, cell: ({ detail }) => detail },
    { title: 'Waited', least: 8, cell: ({ waited }) => (waited === null ? '' : `${waited} s`) },
  ];
}

function linesOf(timeline: DeviceTimeline, word: string, columns: number | null): readonly string[] {
  const { devices, moreDevices, steps } = timeline;
  if (devices.length === 0) return [`No device is known by ${safeText(JSON.stringify(word))}.`];
  return [
    ...devices.map(({ easId, address, name, mailboxId }) => safeText(`${easId}, ${firstOf(address, name, mailboxId)}`)),
    ...(moreDevices === 0 ? [] : [`and ${counted(moreDevices, 'device')} more, whose steps are not told.`]),
    '',
    ...(steps.length === 0 ? ['Nothing was changed.'] : fitTable(columnsOf(timeline), steps, columns)),
  ];
}
