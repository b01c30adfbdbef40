/**
 * What older versions knew of mails becomes rows of this one: a list of what was sent, and what waited, one row a device;
 * before that, one small value a notifier. Whoever was mailed about a block that still stands counts as mailed.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import { foldEasId } from '../model/keys.ts';
import { mailKindOf } from '../model/mail-kind.ts';
import type { DeviceChange } from '../model/records.ts';
import type { Schema } from './schema.ts';

/** A mail that waited, as any older version kept it. */
interface OldMail {
  readonly notifier: string;
  /** `arrived`: news that had not had its turn. */
  readonly part: 'arrived' | 'due';
  readonly attention: boolean;
  /** ISO 8601 UTC. */
  readonly dueAt: string;
  readonly since: string | null;
  readonly attempts: number;
  readonly change: DeviceChange;
}

/** Within the transaction that brings the tables to their present form. The older tables are gone afterwards. */
export async function moveMails(transaction: Transaction<Schema>): Promise<void> {
  await moveSent(transaction);
  const waiting = [...(await waitingInSettings(transaction)), ...(await waitingByDevice(transaction))];
  // What has been tried knows more than the news of it.
  const triedFirst = [...waiting].sort((a, b) => Number(a.part === 'arrived') - Number(b.part === 'arrived'));
  for (const mail of triedFirst) await moveWaiting(transaction, mail);
  for (const table of ['mailsBefore', 'notifications']) await sql.raw(`drop table "${table}"`).execute(transaction);
}

/** Tries that failed are not taken along: the mail that was sent at last, or waits, is. */
async function moveSent(transaction: Transaction<Schema>): Promise<void> {
  const [id, episode] = [`'sent-' || "no"`, `coalesce("episode", "blockedAt")`];
  const no = `row_number() over (partition by "deviceKey", "kind", ${episode} order by "no") - 1`;
  const sent = `from "notifications" where "outcome" = 'sent'`;
  for (const statement of [
    `insert into "mails" ("id", "notifier", "mailboxId", "kind", "no", "state", "createdAt", "dueAt", "since", "attempts", "messageId", "address", "sentAt", "note")
      select ${id}, '', '', "kind", ${no}, 'done', "at", "at", "at", 0, "messageId", "address", "at", "note" ${sent}`,
    `insert into "mailDevices" ("mailId", "deviceKey", "kind", "episode", "no", "blockedAt", "inLedger", "givenUp")
      select ${id}, "deviceKey", "kind", ${episode}, ${no}, "blockedAt", 1, 0 ${sent}`,
  ]) {
    await sql.raw(statement).execute(transaction);
  }
}

/** What is no list of mails stays where it is. */
async function waitingInSettings(transaction: Transaction<Schema>): Promise<OldMail[]> {
  const kept = await transaction.selectFrom('settings').selectAll().where('name', 'like', 'notifier.due.%').execute();
  const mails: OldMail[] = [];
  for (const { name, value } of kept) {
    const list = JSON.parse(value) as unknown;
    if (!Array.isArray(list)) continue;
    const isArrived = name.endsWith('.arrived');
    const notifier = name.slice('notifier.due.'.length, isArrived ? -'.arrived'.length : undefined);
    mails.push(...list.flatMap((mail) => mailInSetting(mail, notifier, isArrived ? 'arrived' : 'due')));
    await transaction.deleteFrom('settings').where('name', '=', name).execute();
  }
  return mails;
}

function mailInSetting(mail: unknown, notifier: string, part: OldMail['part']): OldMail[] {
  const { change, dueAt, since, attempts, attention } = (mail ?? {}) as Record<string, unknown>;
  if (!isNews(change) || typeof dueAt !== 'number') return [];
  return [
    {
      notifier,
      part,
      attention: attention === true,
      dueAt: new Date(dueAt).toISOString(),
      since: typeof since === 'number' ? new Date(since).toISOString() : null,
      attempts: typeof attempts === 'number' ? attempts : 0,
      change,
    },
  ];
}

async function waitingByDevice(transaction: Transaction<Schema>): Promise<OldMail[]> {
  const rows = await sql<Omit<OldMail, 'attention' | 'change'> & { attention: number; change: string }>`
    select "notifier", "part", "attention", "dueAt", "since", "attempts", "change" from "mailsBefore"
  `.execute(transaction);
  return rows.rows.flatMap(({ attention, change, ...mail }) => {
    const news = JSON.parse(change) as unknown;
    return isNews(news) ? [{ ...mail, attention: attention === 1, change: news }] : [];
  });
}

function isNews(value: unknown): value is DeviceChange {
  const { device, decision, change } = (value ?? {}) as Partial<DeviceChange>;
  return typeof device?.eas?.mailbox.id === 'string' && decision?.reason !== undefined && change?.at !== undefined;
}

async function moveWaiting(transaction: Transaction<Schema>, mail: OldMail): Promise<void> {
  const { device, decision, change } = mail.change;
  const kind = mailKindOf(device, decision);
  if (kind === null || device.eas === undefined) return;
  const { organization, mailbox, easId } = device.eas;
  const known = await transaction
    .selectFrom('entries')
    .select('episode')
    .where('organization', '=', organization)
    .where('mailboxId', '=', mailbox.id)
    .where('easIdFolded', '=', foldEasId(easId))
    .where('list', '=', 'blocked')
    .executeTakeFirst();
  const episode = change.episode ?? known?.episode ?? change.at;
  const sent = await transaction
    .selectFrom('mailDevices')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('deviceKey', '=', device.key)
    .where('kind', '=', kind)
    .where('episode', '=', episode)
    .executeTakeFirstOrThrow();
  const no = Number(sent.count);
  // Of two rows about one block, and of one whose mail went out as its process ended, one is enough.
  if (mail.part === 'arrived' && no > 0) return;
  const id = randomUUID();
  await transaction
    .insertInto('mails')
    .values({
      id,
      notifier: mail.notifier,
      mailboxId: mailbox.id.toLowerCase(),
      kind,
      no,
      state: mail.attention ? 'attention' : 'waiting',
      createdAt: mail.since ?? mail.dueAt,
      dueAt: mail.dueAt,
      openUntil: null,
      since: mail.since,
      attempts: mail.attempts,
      messageId: null,
      reservedBy: null,
      address: mailbox.address,
      sentAt: null,
      note: null,
    })
    .execute();
  await transaction
    .insertInto('mailDevices')
    .values({
      mailId: id,
      deviceKey: device.key,
      kind,
      episode,
      no,
      blockedAt: change.at,
      inLedger: 1,
      givenUp: 0,
      change: JSON.stringify(mail.change),
    })
    .execute();
}
