/** `exchange-connector store check`: whether the store is as it should be, and what is in it. */
import { judgeStore, sizeText } from '../connector/care/judge-store.ts';
import type { StoreFinding } from '../connector/care/judge-store.ts';
import type { StoreFacts, TableFacts } from '../store/care/store-facts.ts';
import { ExitCode } from './cli-io.ts';
import { fitTable } from './fit-table.ts';
import type { Column } from './fit-table.ts';
import { safeText } from './safe-text.ts';
import type { StoreAction } from './store-action.ts';
import { counted } from './words.ts';

/** The action. */
export const checkAction: StoreAction = {
  summary: 'whether the store is as it should be, and what is owed and held',
  usage: `Usage: exchange-connector store check [options]

Looks at a store of any version, and only reads it; a running Node-RED goes on. Says what is as it should be (ok), what a
person should know (look), what is broken (bad), and what to do about it; then the rows of each table.
Every row with a text that should be JSON is read: with very many rows this takes a while.
Exit code 1 if something is bad.
`,
  options: [],
  flags: [],
  words: [],
  async run({ care, address, now, io, progress }) {
    const facts = await care.lookAtStore(address, {
      signal: io.signal,
      looking: (table, counts) => progress(`reading ${table}`, counts),
    });
    const findings = judgeStore(facts, now);
    return {
      json: { ...summaryOf(findings), findings, ...facts },
      lines: linesOf(findings, facts, io.columns),
      code: findings.some(({ mark }) => mark === 'bad') ? ExitCode.failed : ExitCode.ok,
    };
  },
};

function summaryOf(findings: readonly StoreFinding[]): { readonly bad: number; readonly look: number } {
  const count = (mark: StoreFinding['mark']): number => findings.filter((one) => one.mark === mark).length;
  return { bad: count('bad'), look: count('look') };
}

const TABLE_COLUMNS: readonly Column<TableFacts>[] = [
  { title: 'Table', least: 10, cell: ({ name }) => name },
  { title: 'Rows', least: 4, cell: ({ rows }) => rows ?? 'missing' },
];

/** A finding is as long as it is: what is to be done must not be cut off, so it gets a line of its own. */
function linesOf(findings: readonly StoreFinding[], facts: StoreFacts, columns: number | null): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const indent = ' '.repeat(4 + 2 + width + 2);
  const lines = findings.flatMap(({ what, mark, seen, todo }) => [
    safeText(`${mark.padEnd(4)}  ${what.padEnd(width)}  ${seen}`),
    ...(todo === '' ? [] : [`${indent}→ ${todo}`]),
  ]);
  const { bad, look } = summaryOf(findings);
  const filled = facts.tables.filter(({ rows }) => rows !== 0);
  return [
    ...lines,
    '',
    ...fitTable(TABLE_COLUMNS, filled, columns),
    '',
    bad + look === 0
      ? `All is as it should be; ${sizeText(facts.bytes)}.`
      : `${bad === 0 ? 'Nothing' : counted(bad, 'line')} bad, ${look} to look at; ${sizeText(facts.bytes)}.`,
  ];
}
