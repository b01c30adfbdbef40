/** `exchange-connector person`: what the store holds about one person, exported or deleted. */
import { userInfo } from 'node:os';
import type { Answer, Holdings, OwnEntry, TableCount } from '../store/care/person-data.ts';
import { runActions } from './action-command.ts';
import { ExitCode } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { UsageError } from './report-error.ts';
import { safeText } from './safe-text.ts';
import type { StoreAction, StoreAnswer } from './store-action.ts';
import { counted } from './words.ts';

const WHO = `Who: an address or the UPN of the mailbox, an EAS ID of one of its devices, or the GUID of the mailbox.`;

const exportAction: StoreAction = {
  summary: 'everything as one JSON document',
  usage: `Usage: exchange-connector person export <who> <file> [options]

Writes everything that the store holds about one person into a new file that only you can read, table by table, with what
each table is for and how long its rows are kept. The store is only read; a running Node-RED goes on.
${WHO}
`,
  options: [],
  flags: [],
  words: ['person', 'file'],
  async run({ care, address, words: [word = '', file = ''], now, io, progress }) {
    progress('looking through the store');
    const answer = await care.exportPerson(address, { word, file, now });
    if (answer.kind !== 'person') return notFound(answer, word);
    return {
      json: answer,
      lines: [...personLines(answer), ...tableLines(answer, io.columns), '', safeText(`Written to ${answer.file}.`)],
    };
  },
};

const deleteAction: StoreAction = {
  summary: 'says what would be deleted; with --yes it is',
  usage: `Usage: exchange-connector person delete <who> [options]
       exchange-connector person delete <who> --yes [options]

Without --yes: says what would be deleted and what would stay, also beside a running Node-RED, and changes nothing. With --yes
deletes it and writes the store anew, so that nothing is left in free space either. Stop every Node-RED that works with the
store first; start it afterwards. The audit keeps that something happened, when and by whom, and not about whom.
${WHO}

  --yes                   deletes
  --forget-entries        forgets entries of ours on the lists in Exchange, too. They stay in Exchange as an administrator's,
                          and the connector never takes them off
  --by NAME               who does it, for the audit; default: the user of the system
`,
  options: ['by'],
  flags: ['yes', 'forget-entries'],
  words: ['person'],
  async run({ care, address, words: [word = ''], option, isSet, now, io, progress }) {
    const entries = isSet('forget-entries');
    if (!isSet('yes')) {
      progress('looking through the store');
      const answer = await care.lookForPerson(address, word, { now });
      if (answer.kind !== 'person') return notFound(answer, word);
      const lines = [
        ...tableLines(answer, io.columns),
        '',
        ...stayLines(answer, { entries, isDone: false }),
        ...comesBack,
      ];
      const last = answer.inUse === null ? 'Nothing was deleted: add --yes.' : `Not now: ${answer.inUse}`;
      return { json: { deleted: false, ...answer }, lines: [...personLines(answer), ...lines, '', safeText(last)] };
    }
    const by = option('by') ?? userInfo().username;
    const answer = await care.deletePerson(address, { word, by, now, entries, doing: (step) => progress(step) });
    if (answer.kind !== 'person') return notFound(answer, word);
    const lines = [
      ...tableLines(answer, io.columns),
      '',
      'Deleted.',
      ...stayLines(answer, { entries, isDone: true }),
      ...comesBack,
    ];
    return { json: { deleted: true, ...answer }, lines };
  },
};

/** Runs the command. @param argv arguments after `person`. @returns the exit code */
export function personCommand(argv: readonly string[], io: CliIo): Promise<number> {
  return runActions('person', { export: exportAction, delete: deleteAction }, argv, io);
}

/** Nothing is an answer too; several are none. */
function notFound(answer: Exclude<Answer<unknown>, { readonly kind: 'person' }>, word: string): StoreAnswer {
  if (answer.kind === 'several')
    throw new UsageError(
      `${JSON.stringify(word)} is the EAS ID of devices of several mailboxes: ${answer.mailboxes.join(', ')}. Name one of them.`,
    );
  return { json: answer, lines: [`Nothing is held about ${safeText(JSON.stringify(word))}.`], code: ExitCode.ok };
}

function personLines({ person }: Holdings): string[] {
  const { names, displayNames, mailboxes, easIds, mdmRecords } = person;
  const lists = {
    Names: [...displayNames, ...names],
    Mailboxes: mailboxes,
    'EAS IDs': easIds,
    'MDM records': mdmRecords,
  };
  return [
    ...Object.entries(lists).flatMap(([title, list]) =>
      list.length === 0 ? [] : [safeText(`${title.padEnd(12)}${list.join(', ')}`)],
    ),
    '',
  ];
}

const COLUMNS: readonly Column<TableCount>[] = [
  { title: 'Table', least: 10, cell: ({ table }) => table },
  { title: 'Rows', least: 4, cell: ({ rows }) => rows },
  { title: 'Named in', least: 4, cell: ({ mentions }) => mentions },
  { title: 'What', least: 20, cell: ({ what }) => what },
];

function tableLines({ tables }: Holdings, columns: number | null): readonly string[] {
  const held = tables.filter(({ rows, mentions }) => rows + mentions > 0);
  return held.length === 0 ? ['The store holds nothing.'] : fitTable(COLUMNS, held, columns);
}

function stayLines(
  { entries, tables }: Holdings,
  { entries: isForgotten, isDone }: { readonly entries: boolean; readonly isDone: boolean },
): string[] {
  const deeds = tables.reduce((sum, { asAdministrator }) => sum + asAdministrator, 0);
  return [
    ...(entries.length === 0 ? [] : isForgotten ? forgottenLines(entries) : keptLines(entries, isDone)),
    ...(deeds === 0
      ? []
      : [`${counted(deeds, 'row')} of what they did as an administrator: these rows stay, with the name.`]),
  ];
}

/** @param isDone by then mailboxes are known by their GUIDs alone */
function keptLines(entries: readonly OwnEntry[], isDone: boolean): string[] {
  const mailboxes = [...new Set(entries.map(({ mailbox }) => mailbox))].join(', ');
  return [
    `${counted(entries.length, 'entry', 'entries')} of ours on lists in Exchange: known until taken off, as GUID of the mailbox and EAS ID.`,
    isDone
      ? safeText(
          `To be rid of them, let Exchange forget the device, or add --forget-entries to ${mailboxes}: no address finds them now.`,
        )
      : 'To be rid of them, let Exchange forget the device, or add --forget-entries.',
  ];
}

function forgottenLines(entries: readonly OwnEntry[]): string[] {
  return [
    "Entries of ours that are on lists in Exchange, and an administrator's from now on. To take them off:",
    ...entries.map(({ mailbox, list, easId }) => {
      const parameter = list === 'blocked' ? 'ActiveSyncBlockedDeviceIDs' : 'ActiveSyncAllowedDeviceIDs';
      return safeText(
        `  Set-CASMailbox -Identity ${mailbox} -${parameter} @{Remove='${easId.replaceAll(/['‘’‚‛]/g, '$&$&')}'}`,
      );
    }),
  ];
}

/** What no deletion here can prevent. */
const comesBack = [
  'What Exchange or an MDM still has is read again by the next sync: remove the device and the mailbox there first. Copies of the',
  'store, exports and logs have what they had.',
];
