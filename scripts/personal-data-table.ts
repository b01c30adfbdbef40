/** Writes the table of docs/personal-data.md from what the code says of each table of the store: `npm run personal-data`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERSONAL } from '../src/store/care/personal-columns.ts';
import type { Holding } from '../src/store/care/personal-columns.ts';
import { root } from './node-red.ts';

export const PERSONAL_DATA = 'docs/personal-data.md';
const [BEGIN, END] = ['<!-- table: npm run personal-data -->', '<!-- end of table -->'];

/** By which columns a row is found to be somebody's, in words. */
const BY: Partial<Record<Holding, string>> = {
  mailbox: 'mailbox',
  key: 'device, user or MDM record',
  'entra-record': 'MDM record',
  'entra-device': 'device in Entra',
  'entra-object': 'device in Entra',
};

/** The document with its table as the code has it. */
export function withTable(document: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PERSONAL_DATA} has no place for its table.`);
  return `${document.slice(0, from + BEGIN.length)}\n\n${table()}\n\n${document.slice(to)}`;
}

function table(): string {
  const lines = Object.entries(PERSONAL).flatMap(([name, { what, kept, deletion, goesWhole = false, columns }]) => {
    const holdings = new Set(Object.values(columns));
    const by = [
      ...new Set(Object.entries(BY).flatMap(([holding, words]) => (holdings.has(holding as Holding) ? [words] : []))),
    ];
    const named = holdings.has('shared') ? ['texts that name them'] : [];
    if (by.length + named.length === 0) return [];
    const how = by.length === 0 && !goesWhole ? 'what names them is cut out' : deletion;
    return [`| \`${name}\` | ${what} | ${[...by, ...named].join('; ')} | ${kept} | ${how} |`];
  });
  return ['| table | what | found by | kept | when deleted |', '|---|---|---|---|---|', ...lines].join('\n');
}

if (import.meta.main) {
  const path = join(root, PERSONAL_DATA);
  writeFileSync(path, withTable(readFileSync(path, 'utf8')));
}
