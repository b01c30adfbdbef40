/** `exchange-connector plans`: plans that wait for a person. */
import { listPlans, planDetails } from '../connector/listings/list-plans.ts';
import type { PlanChange, PlanDetails, PlanSummary } from '../connector/listings/list-plans.ts';
import type { CliIo } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { runListing } from './listing.ts';
import type { ListingCommand, ListingInput } from './listing.ts';
import { safeText } from './safe-text.ts';
import { counted, firstOf, minuteOf } from './words.ts';

const COMMAND: ListingCommand = {
  name: 'plans',
  usage: `Usage: exchange-connector plans [options]
       exchange-connector plans <plan id> [options]

Lists the held plans: why each is held, its changes by reason, and a few devices. With a plan's id: its changes.
A plan is approved or discarded at the access switch. Times are UTC.
`,
  options: [],
  words: 1,
  limit: 100,
  list,
};

/** Runs the command. @param argv arguments after `plans`. @returns the exit code */
export function plansCommand(argv: readonly string[], io: CliIo): Promise<number> {
  return runListing(COMMAND, argv, io);
}

async function list({ store, word, organization, limit, progress }: ListingInput) {
  progress('reading the store');
  if (word !== null) {
    const plan = await planDetails(store, word, { limit });
    return { json: plan, lines: (columns: number | null) => detailLines(plan, columns) };
  }
  const plans = (await listPlans(store, organization === undefined ? {} : { organization })).slice(0, limit);
  return { json: { plans }, lines: (columns: number | null) => planLines(plans, columns) };
}

type Group = PlanSummary['groups'][number];

const GROUP_COLUMNS: readonly Column<Group>[] = [
  { title: 'Action', least: 7, cell: ({ action }) => action },
  { title: 'Devices', least: 7, cell: ({ count }) => count },
  { title: 'Reason', least: 10, cell: ({ reason }) => reason },
  { title: 'For example', least: 16, cell: ({ examples }) => examples.map(exampleText).join(', ') },
  { title: 'Rule', least: 8, cell: ({ rule }) => rule },
];

function exampleText({ mailbox, easId, device }: Group['examples'][number]): string {
  return `${mailbox} (${firstOf(device, easId)})`;
}

function planLines(plans: readonly PlanSummary[], columns: number | null): readonly string[] {
  if (plans.length === 0) return ['No plan is held.'];
  return plans.flatMap((plan, at) => [
    ...(at === 0 ? [] : ['']),
    ...headLines(plan, plan.changes),
    ...fitTable(GROUP_COLUMNS, plan.groups, columns),
  ]);
}

function headLines(
  { id, organization, at, reason }: Omit<PlanSummary, 'groups' | 'changes'>,
  changes: number,
): string[] {
  return [
    `Plan ${id}, ${organization}, ${counted(changes, 'change')}, held since ${minuteOf(at)}`,
    `${reason.code}: ${reason.text}`,
  ].map(safeText);
}

const CHANGE_COLUMNS: readonly Column<PlanChange>[] = [
  { title: 'Owner', least: 12, cell: ({ owner }) => firstOf(owner.address, owner.name, owner.mailboxId) },
  { title: 'EAS ID', least: 10, cell: ({ easId }) => easId },
  { title: 'Action', least: 7, cell: ({ action }) => action },
  { title: 'State', least: 8, cell: ({ from }) => from },
  { title: 'Reason', least: 10, cell: ({ reason }) => reason.code },
  { title: 'Rule', least: 8, cell: ({ rule }) => rule },
  { title: 'Device', least: 8, cell: ({ device }) => firstOf(device.model, device.type) },
];

function detailLines(plan: PlanDetails, columns: number | null): readonly string[] {
  const { count, changes } = plan;
  return [
    ...headLines(plan, count),
    ...fitTable(CHANGE_COLUMNS, changes, columns),
    ...(changes.length === count ? [] : ['', `The first ${changes.length} of ${count}; --limit shows more.`]),
  ];
}
