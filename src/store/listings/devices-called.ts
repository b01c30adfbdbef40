/** The devices that a person means who names one, or its owner. See `Listings` in contract/listings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { easMailboxPrefix, readEasRecordKey } from '../../model/keys.ts';
import type { Schema } from '../schema.ts';

type Condition = RawBuilder<unknown>;

/*
 *   a name is                             found are                                             by
 *   the EAS ID of a device                that device, of whichever mailbox                     devices_easId
 *   the owner's UPN or address            every device of the mailboxes of devices with it      devices_user, then keys
 *   the mailbox's GUID                    every device of it                                    keys, of devices and of the audit
 */

/** Keys of the devices that a name means, in their order. One question a column: of several at once PostgreSQL may read all rows. */
export async function devicesCalled(database: Kysely<Schema>, text: string, rows: number): Promise<string[]> {
  const name = text.trim().toLowerCase();
  const byId = await keysOf(database, [fromDevices(sql`lower("easId") = ${name}`)], rows);
  const byOwner = await keysOf(database, [fromDevices(sql`"user" = ${name}`)], rows);
  const mailboxes = new Set([...byOwner.map(mailboxPrefixOf), ...(await prefixesOf(database, name))]);
  const ranges = [...mailboxes].flatMap((prefix) => (prefix === null ? [] : within(prefix)));
  const inMailboxes = ranges.length === 0 ? [] : await keysOf(database, ranges, rows);
  return [...new Set([...byId, ...byOwner, ...inMailboxes])].sort(byText).slice(0, rows);
}

/** As both engines order keys, of which all characters are compared as they are. */
function byText(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** @param questions each for a column `key` */
async function keysOf(database: Kysely<Schema>, questions: readonly Condition[], rows: number): Promise<string[]> {
  const found = await sql<{ key: string }>`
    select "key" from (${sql.join(questions, sql` union `)}) as "found" order by "key" limit ${rows}`.execute(database);
  return found.rows.map(({ key }) => key);
}

function fromDevices(condition: Condition): Condition {
  return sql`select "key" from "devices" where ${condition}`;
}

/** The audit knows devices that nothing else knows any more. */
function within(prefix: string): Condition[] {
  // What follows a colon.
  const end = `${prefix.slice(0, -1)};`;
  return [
    fromDevices(sql`"key" > ${prefix} and "key" < ${end}`),
    sql`select "deviceKey" as "key" from "audit" where "deviceKey" > ${prefix} and "deviceKey" < ${end}`,
  ];
}

function mailboxPrefixOf(key: string): string | null {
  const device = readEasRecordKey(key);
  return device === null ? null : easMailboxPrefix(device.organization, device.mailboxId);
}

/** What the keys of a mailbox's devices begin with, in each organization; none if the name is no GUID. */
async function prefixesOf(database: Kysely<Schema>, name: string): Promise<string[]> {
  if (!/^[0-9a-f-]{36}$/.test(name)) return [];
  const { rows } = await sql<{ organization: string }>`
    select "scope" as "organization" from "snapshots" where "source" = 'eas'
    union select "organization" from "counters"`.execute(database);
  return rows.map(({ organization }) => easMailboxPrefix(organization, name));
}
