/** `exchange-connector store move`: a store into another, empty one. */
import type { Move } from '../store/care/move-store.ts';
import type { OpenStoreOptions } from '../store/store.ts';
import type { CliIo } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { addressIn, refuseAddress } from './listing.ts';
import { UsageError } from './report-error.ts';
import { safeText } from './safe-text.ts';
import type { StoreAction, StoreInput } from './store-action.ts';
import { counted } from './words.ts';

/** The action. */
export const moveAction: StoreAction = {
  summary: 'move a store file to PostgreSQL, or back',
  usage: `Usage: exchange-connector store move --to-postgres-env VAR [options]
       exchange-connector store move --postgres-env VAR --to FILE [options]

Copies everything a store holds into another, empty one, its id and link secret too: links in mails already sent go on working.
Then every table is read back and compared. The store that is moved stays as it is. Stop every Node-RED that works with it
first; afterwards choose the new store in the connector store, deploy, and put the old one away.
Cut off, the new store is marked as incomplete, no Node-RED opens it, and the same command begins anew.

  --to-postgres-env VAR   environment variable with the address of the PostgreSQL to move to
  --to FILE               the file to move to
  --dry-run               only says what would be moved, also beside a running Node-RED
`,
  options: ['to', 'to-postgres-env'],
  flags: ['dry-run'],
  words: [],
  check({ option, io }) {
    targetOf(option, io);
  },
  async run({ care, address, option, isSet, now, io, progress }) {
    const to = targetOf(option, io);
    if (isSet('dry-run')) {
      const plan = await care.planMove(address, to, { now });
      return { json: { moved: false, ...plan }, lines: planLines(plan, io.columns) };
    }
    const move = await care.moveStore(address, to, {
      now,
      signal: io.signal,
      moving: (step, table, counts) => progress(`${step} ${table}`, counts),
    });
    return { json: { moved: true, ...move }, lines: moveLines(move, io.columns) };
  },
};

function targetOf(
  option: StoreInput['option'],
  io: Pick<CliIo, 'env'>,
): Pick<OpenStoreOptions, 'engine' | 'path' | 'connection'> {
  const [file, variable] = [option('to'), option('to-postgres-env')];
  if ((file === undefined) === (variable === undefined)) throw new UsageError('Where to: --to-postgres-env or --to.');
  if (file !== undefined) {
    refuseAddress(file, 'to', 'to-postgres-env');
    return { engine: 'sqlite', path: file };
  }
  return { engine: 'postgres', connection: addressIn(variable ?? '', 'to-postgres-env', io) };
}

type Table = Move['tables'][number];

const COLUMNS: readonly Column<Table>[] = [
  { title: 'Table', least: 10, cell: ({ name }) => name },
  { title: 'Rows', least: 4, cell: ({ rows }) => rows },
];
const DIGEST: Column<Table> = { title: 'SHA-256, the same in both', least: 16, cell: ({ sha256 }) => sha256 };

const FOUND: Readonly<Record<Move['found'], string>> = {
  nothing: 'The other database holds no store; one is made there.',
  empty: 'The other store is empty; it gets the id and the link secret of this one.',
  incomplete: 'An earlier move there was cut off; its rows are removed first.',
};

function planLines({ tables, rows, found, inUse }: Move, columns: number | null): string[] {
  return [
    ...fitTable(
      COLUMNS,
      tables.filter((table) => table.rows > 0),
      columns,
    ),
    '',
    `${counted(rows, 'row')} would be moved. ${FOUND[found]}`,
    ...(inUse === null ? [] : [safeText(`Not now: ${inUse}`)]),
  ];
}

function moveLines({ tables, rows }: Move, columns: number | null): string[] {
  return [
    ...fitTable(
      [...COLUMNS, DIGEST],
      tables.filter((table) => table.rows > 0),
      columns,
    ),
    '',
    `${counted(rows, 'row')} moved, and every table compared. Choose the new store in the connector store and deploy.`,
  ];
}
