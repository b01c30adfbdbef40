/** Makes a small store of an older version a large one: each device again and again, with its records, entries, changes and mails. */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { easIdOf } from '../connector/sync/sync-world.ts';

type Row = Record<string, SQLInputValue>;

/** Tables with rows of devices. */
const TABLES = ['records', 'entries', 'outbox', 'notifications', 'tokens', 'audit'];

/** The n-th device like `alias`; 0 is the first one itself. */
export function aliasOf(alias: string, n: number): string {
  return n === 0 ? alias : `${alias}${n}`;
}

/**
 * @param how.aliases of the devices that are there
 * @param how.copies how many of each there are afterwards
 * @param how.guidOf mailbox GUID by alias
 */
export function makeMany(
  old: DatabaseSync,
  {
    aliases,
    copies,
    guidOf,
  }: {
    readonly aliases: readonly string[];
    readonly copies: number;
    readonly guidOf: (alias: string) => string;
  },
): void {
  const owner = (text: string): string | undefined =>
    aliases.find((alias) => text.toLowerCase().includes(easIdOf(alias).toLowerCase()));
  const again = (text: string, alias: string, n: number): string => {
    const other = aliasOf(alias, n);
    return text
      .replaceAll(easIdOf(alias), easIdOf(other))
      .replaceAll(easIdOf(alias).toLowerCase(), easIdOf(other).toLowerCase())
      .replaceAll(`${alias}@`, `${other}@`)
      .replaceAll(new RegExp(`(User|iPhone of) ${alias}\\b`, 'g'), `$1 ${other}`)
      .replaceAll(guidOf(alias), guidOf(other))
      .replaceAll('00000001-0000-4000-8000', `${String(n).padStart(8, '9')}-0000-4000-8000`)
      .replaceAll(`${String(n).padStart(8, '9')}-0000-4000-8000${guidOf(other).slice(23)}`, guidOf(other));
  };
  old.exec('begin');
  for (const table of TABLES) {
    for (const row of old.prepare(`select * from "${table}"`).all() as Row[]) {
      const alias = owner(JSON.stringify(row));
      if (alias === undefined) continue;
      for (let n = 1; n < copies; n += 1) {
        const copy = Object.entries(row).map(([column, value]): [string, SQLInputValue] => {
          if (column === 'no') return [column, null];
          if (column === 'tokenId') return [column, randomUUID()];
          return [column, typeof value === 'string' ? again(value, alias, n) : value];
        });
        const columns = copy.map(([column]) => `"${column}"`).join(', ');
        const blanks = copy.map(() => '?').join(', ');
        old.prepare(`insert into "${table}" (${columns}) values (${blanks})`).run(...copy.map(([, value]) => value));
      }
    }
  }
  const lists = old.prepare(`select "name", "value" from "settings" where "name" like 'notifier.due.%'`).all() as Row[];
  for (const { name, value } of lists) {
    const mails = JSON.parse(value as string) as unknown[];
    const all = mails.flatMap((mail) => {
      const text = JSON.stringify(mail);
      const alias = owner(text) ?? '';
      return Array.from({ length: copies }, (_, n) => (n === 0 ? mail : JSON.parse(again(text, alias, n))) as unknown);
    });
    old.prepare(`update "settings" set "value" = ? where "name" = ?`).run(JSON.stringify(all), name ?? null);
  }
  old.exec(
    `update "snapshots" set "count" = (select count(*) from "records" where "records"."generation" = "snapshots"."generation")`,
  );
  old.exec('commit');
}
