/** The tables, version by version. Forward only: what is released here is never edited, only followed. */
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { ConnectorError } from '../errors.ts';
import type { Engine } from './dialects.ts';
import { moveMails } from './move-mails.ts';
import { moveOutbox } from './move-outbox.ts';
import type { Schema } from './schema.ts';
import { refusal } from '../model/refusals.ts';

/** SQL of one step from version n to n + 1, in the words of the engine. */
type Migration = (engine: Engine) => string[];

/**
 * Tables keep their rowid and name their key UNIQUE: rows arrive in any order, and a table clustered by such a key
 * loads more than twice as slowly (measured with a million rows).
 */
const first: Migration = ({ identity, key, tableEnd, appendOnly }) => [
  `create table "readings" ("no" ${identity}, "syncId" ${key} not null unique, "source" ${key} not null, "scope" ${key} not null,
    "kind" text not null, "state" text not null, "startedAt" text not null, "touchedAt" text not null,
    "firstPage" integer, "nextPage" integer, "cleared" integer not null default 0)${tableEnd}`,
  `create table "records" ("generation" integer not null, "key" ${key} not null, "reading" integer not null,
    "hash" text not null, "record" text not null, unique ("generation", "key"))${tableEnd}`,
  `create table "snapshots" ("source" ${key} not null, "scope" ${key} not null, "generation" integer not null,
    "syncId" text not null, "kind" text not null, "startedAt" text not null, "completedAt" text not null,
    "fullStartedAt" text not null, "count" integer not null, "previousCount" integer, unique ("source", "scope"))${tableEnd}`,
  `create table "activations" ("no" ${identity}, "tokenId" ${key} not null unique, "mailbox" ${key} not null,
    "easId" text not null, "at" text not null, "userAgent" text)${tableEnd}`,
  `create index "activations_mailbox" on "activations" ("mailbox")`,
  `create table "pairings" ("easKey" ${key} not null unique, "mdmKey" text not null, "at" text not null, "by" text, "note" text)${tableEnd}`,
  `create table "entries" ("organization" ${key} not null, "mailboxId" ${key} not null, "easIdFolded" ${key} not null,
    "list" ${key} not null, "easId" text not null, "state" ${key} not null, "writtenAt" text not null, "rule" text not null,
    unique ("organization", "mailboxId", "easIdFolded", "list"))${tableEnd}`,
  `create table "outbox" ("key" ${key} not null unique, "organization" ${key} not null, "mailboxId" ${key} not null,
    "state" ${key} not null, "attempts" integer not null, "createdAt" ${key} not null, "nextAttemptAt" ${key} not null,
    "lastError" text, "change" text not null)${tableEnd}`,
  `create index "outbox_due" on "outbox" ("state", "nextAttemptAt")`,
  `create table "notifications" ("no" ${identity}, "deviceKey" ${key} not null, "kind" ${key} not null, "at" text not null,
    "blockedAt" text not null, "address" text, "outcome" text not null, "messageId" text, "note" text)${tableEnd}`,
  `create index "notifications_device" on "notifications" ("deviceKey", "kind")`,
  `create table "tokens" ("tokenId" ${key} not null unique, "purpose" text not null, "mailboxId" text not null,
    "easId" text not null, "issuedAt" text not null, "expiresAt" ${key} not null, "usedAt" text)${tableEnd}`,
  `create index "tokens_expiry" on "tokens" ("expiresAt")`,
  `create table "plans" ("id" ${key} not null unique, "organization" ${key} not null unique, "at" text not null,
    "reason" text not null, "plan" text not null)${tableEnd}`,
  `create table "history" ("no" ${identity}, "syncId" text not null, "at" text not null, "subject" ${key} not null,
    "organization" text, "ok" integer not null, "tookMs" integer not null, "report" text not null)${tableEnd}`,
  `create table "audit" ("no" ${identity}, "at" text not null, "who" text not null, "what" text not null,
    "deviceKey" ${key}, "organization" text, "rule" text, "reason" text not null, "evidence" text not null,
    "before" text not null, "after" text not null, "approvedBy" text)${tableEnd}`,
  `create index "audit_device" on "audit" ("deviceKey")`,
  ...appendOnly('audit'),
  `create table "settings" ("name" ${key} not null unique, "value" text not null)${tableEnd}`,
];

/** MDM sources say that they are deployed; a reading keeps what its records say. */
const announcedSources: Migration = ({ key, tableEnd }) => [
  `create table "sources" ("nodeId" ${key} not null unique, "scope" ${key} not null, "provider" text not null,
    "name" text, "announcedAt" text not null)${tableEnd}`,
  `alter table "readings" add column "content" text`,
  `alter table "snapshots" add column "content" text`,
];

/**
 * What the connector owes is rows: waiting mails, what is told to the flow, each change of a held plan (plans that were
 * held are made anew by the next sync). A block has an episode: until now its time told it from an earlier one.
 */
const owed: Migration = ({ identity, key, tableEnd }) => [
  `alter table "entries" add column "episode" text not null default ''`,
  `update "entries" set "episode" = "writtenAt"`,
  `alter table "notifications" add column "episode" text`,
  `update "notifications" set "episode" = "blockedAt"`,
  `create table "mails" ("notifier" ${key} not null, "part" ${key} not null, "deviceKey" ${key} not null, "heldBy" ${key},
    "attention" integer not null, "dueAt" ${key} not null, "since" text, "attempts" integer not null,
    "change" text not null, unique ("notifier", "part", "deviceKey"))${tableEnd}`,
  `create index "mails_due" on "mails" ("notifier", "part", "attention", "dueAt")`,
  `create table "announcements" ("no" ${identity}, "id" ${key} not null unique, "organization" ${key} not null,
    "kind" ${key} not null, "deviceKey" ${key}, "at" ${key} not null, "emittedAt" ${key} not null,
    "emittedBy" ${key} not null, "emissions" integer not null, "declinedBy" text not null,
    "news" text not null)${tableEnd}`,
  `create table "leases" ("name" ${key} not null unique, "holder" text not null, "node" text not null,
    "process" text not null, "fence" integer not null, "until" text not null)${tableEnd}`,
  `drop table "plans"`,
  `create table "heldPlans" ("id" ${key} not null unique, "organization" ${key} not null, "at" text not null,
    "reason" text not null, "valid" integer not null, "plan" text not null)${tableEnd}`,
  `create table "heldChanges" ("planId" ${key} not null, "key" ${key} not null, "action" text not null,
    "reason" ${key} not null, "mailboxId" ${key} not null, "owner" ${key} not null, "change" text not null,
    unique ("planId", "key"))${tableEnd}`,
  `create index "heldChanges_mailbox" on "heldChanges" ("planId", "mailboxId")`,
  `create index "heldChanges_owner" on "heldChanges" ("planId", "owner")`,
  `create index "announcements_device" on "announcements" ("deviceKey")`,
  `create index "announcements_emitted" on "announcements" ("organization", "emittedAt")`,
];

/** A mail is a row with its devices, from the news that leads to it until it is forgotten. */
const mailRows: Migration = ({ key, tableEnd }) => [
  `alter table "mails" rename to "mailsBefore"`,
  `drop index "mails_due"`,
  `create table "mails" ("id" ${key} not null unique, "notifier" ${key} not null, "mailboxId" ${key} not null,
    "kind" ${key} not null, "no" integer not null, "state" ${key} not null, "createdAt" ${key} not null,
    "dueAt" ${key} not null, "openUntil" text, "since" text, "attempts" integer not null, "messageId" text,
    "reservedBy" ${key}, "address" text, "sentAt" text, "note" text)${tableEnd}`,
  `create index "mails_due" on "mails" ("notifier", "state", "dueAt", "id")`,
  `create index "mails_since" on "mails" ("notifier", "state", "dueAt") where "since" is not null`,
  `create index "mails_mailbox" on "mails" ("mailboxId", "kind", "notifier", "state", "dueAt")`,
  `create table "mailDevices" ("mailId" ${key} not null, "deviceKey" ${key} not null, "kind" ${key} not null,
    "episode" ${key} not null, "no" integer not null, "blockedAt" text not null, "inLedger" integer not null,
    "givenUp" integer not null, "change" text, unique ("mailId", "deviceKey"))${tableEnd}`,
  `create unique index "mailDevices_once" on "mailDevices" ("deviceKey", "kind", "episode", "no") where "givenUp" = 0`,
  `create index "mailDevices_device" on "mailDevices" ("deviceKey")`,
  `create index "outbox_mailbox" on "outbox" ("mailboxId")`,
];

/** Plans are staged as rows, held or not. Waiting changes say what they wait for, and what opens mail goes first. */
const stagedPlans: Migration = ({ key }) => [
  `alter table "heldPlans" add column "held" text`,
  `alter table "heldPlans" add column "goes" text`,
  `alter table "heldPlans" add column "simulated" integer not null default 0`,
  `alter table "heldPlans" add column "touchedAt" text not null default ''`,
  `alter table "heldChanges" add column "class" ${key} not null default ''`,
  `alter table "outbox" add column "turn" integer not null default 0`,
  `drop index "outbox_due"`,
  `create index "outbox_due" on "outbox" ("organization", "state", "turn", "nextAttemptAt", "key")`,
];

/**
 * When what happened. The devices of the last readings are those that are known. What a person was told of them an older
 * version kept in memory: the first sync takes for told what it finds of these, and tells of newer ones only.
 */
const happened: Migration = ({ identity, key, tableEnd }) => [
  `create table "devices" ("key" ${key} not null unique, "organization" ${key} not null, "firstSyncAt" text,
    "firstReadAt" text not null, "told" text)${tableEnd}`,
  `create index "devices_told" on "devices" ("organization", "key") where "told" is not null`,
  `insert into "settings" ("name", "value")
    select 'access.toldUntil.' || "scope", '"' || "startedAt" || '"' from "snapshots" where "source" = 'eas'`,
  `create table "timeline" ("no" ${identity}, "organization" text not null, "deviceKey" ${key} not null, "episode" text,
    "step" ${key} not null, "at" ${key} not null, "detail" text, "waited" integer)${tableEnd}`,
  `create index "timeline_device" on "timeline" ("deviceKey")`,
  `create index "timeline_step" on "timeline" ("step", "at")`,
  `alter table "tokens" add column "openedAt" text`,
  `create index "history_subject" on "history" ("subject", "no")`,
];

/** What is asked of the instance that works is rows until it is done there. */
const instances: Migration = ({ identity, key, tableEnd }) => [
  `create table "requests" ("no" ${identity}, "id" ${key} not null unique, "organization" ${key} not null,
    "node" ${key} not null, "topic" ${key} not null, "payload" text not null, "askedBy" text, "askedFrom" text not null,
    "askedAt" ${key} not null, "tries" integer not null)${tableEnd}`,
  `create index "requests_organization" on "requests" ("organization")`,
];

/** The brake counts over a day. */
const dayOfBrake: Migration = ({ key, tableEnd }) => [
  `create table "lowered" ("organization" ${key} not null, "hour" ${key} not null, "count" integer not null,
    unique ("organization", "hour"))${tableEnd}`,
];

/** Users whose devices the MDMs were asked for since they were read whole. */
const askedUsers: Migration = ({ key, tableEnd }) => [
  `create table "asked" ("organization" ${key} not null, "mailboxId" ${key} not null, "at" ${key} not null,
    unique ("organization", "mailboxId"))${tableEnd}`,
  // Few of a large ledger: what is not settled, and those of a mailbox whose link was pressed.
  `create index "entries_unsettled" on "entries" ("organization", "mailboxId", "easIdFolded", "list") where "state" <> 'owned'`,
  `create index "entries_mailbox" on "entries" ("mailboxId")`,
];

/** Later readings are differences from a whole one. What was shown is whole; sync times are in the records. */
const byDifference: Migration = ({ tableEnd }) => [
  `alter table "snapshots" add column "differences" text not null default '[]'`,
  ...['folded', 'fullRead', 'lastRead', 'devicesOf'].map(
    (name) => `alter table "snapshots" add column "${name}" integer not null default 0`,
  ),
  `alter table "snapshots" add column "seen" integer`,
  `update "snapshots" set "fullRead" = "generation", "lastRead" = "generation", "devicesOf" = "generation"`,
  `create table "seen" ("reading" integer not null, "no" integer not null, "records" text not null,
    unique ("reading", "no"))${tableEnd}`,
];

/**
 * What has changed since it was decided about, and what is known of each device. The first match after the upgrade is one of
 * every device.
 */
const byTouch: Migration = ({ identity, key, tableEnd }) => [
  `create table "touched" ("organization" ${key} not null, "key" ${key} not null, "due" ${key} not null, "run" ${key},
    "again" text, unique ("organization", "key"))${tableEnd}`,
  `create index "touched_reading" on "touched" ("due") where "due" <> 'now'`,
  `insert into "touched" ("organization", "key", "due")
    select "scope", '*', 'now' from "snapshots" where "source" = 'eas'`,
  `create table "changes" ("no" ${identity}, "source" text not null, "scope" text not null, "key" text not null)${tableEnd}`,
  ...['mailboxId', 'user', 'easId', 'model', 'platform', 'state', 'decision', 'rule', 'reason', 'since'].map(
    (name) => `alter table "devices" add column "${name}" text`,
  ),
  `alter table "devices" add column "reviewAt" ${key}`,
  `create index "devices_review" on "devices" ("organization", "reviewAt", "key") where "reviewAt" is not null`,
  // A sync about some devices goes on with the changes that are held of the others: they keep the plan they are rows of.
  `alter table "heldPlans" add column "rowsOf" ${key}`,
  `create table "merges" ("easKey" ${key} not null unique, "organization" ${key} not null, "mdmKey" ${key} not null,
    "by" text not null, "since" text not null)${tableEnd}`,
  `create table "counters" ("organization" ${key} not null, "name" ${key} not null, "count" integer not null,
    unique ("organization", "name"))${tableEnd}`,
];

/** A source that is taken off the canvas is missed as long as its readings count. */
const missedSources: Migration = ({ key, tableEnd }) => [
  `alter table "sources" add column "expected" integer not null default 0`,
  `create table "goneSources" ("scope" ${key} not null unique, "name" text, "goneAt" text not null)${tableEnd}`,
];

/**
 * The brake counts mailboxes: those that have devices, and those that lost access within a day. What an older version held
 * does not say of how many mailboxes it is: the first match after the upgrade is one of every device.
 */
const mailboxesOfBrake: Migration = ({ key, tableEnd }) => [
  `drop table "lowered"`,
  `create table "lowered" ("organization" ${key} not null, "mailboxId" ${key} not null, "kind" ${key} not null,
    "at" ${key} not null, unique ("organization", "mailboxId", "kind"))${tableEnd}`,
  `create index "lowered_at" on "lowered" ("organization", "at")`,
  `insert into "counters" ("organization", "name", "count")
    select "organization", 'mailboxes:decided', count(distinct "mailboxId") from "devices"
    where "decision" is not null group by "organization"`,
  `delete from "touched" where "key" = '*'`,
  `insert into "touched" ("organization", "key", "due")
    select "scope", '*', 'now' from "snapshots" where "source" = 'eas'`,
];

/** What an EAS record was one with is remembered after they part, and found by the MDM record too; and believed returns. */
const remembered: Migration = ({ key, tableEnd }) => [
  `alter table "merges" add column "until" text`,
  `create index "merges_mdm" on "merges" ("mdmKey")`,
  `create table "returns" ("organization" ${key} not null, "mailboxId" ${key} not null, "mdmKey" ${key} not null,
    "easKey" ${key} not null, "at" ${key} not null, unique ("organization", "mailboxId", "mdmKey"))${tableEnd}`,
];

/** What Exchange said of a device's last attempt to sync. */
const lastAttempts: Migration = ({ key, tableEnd }) => [
  `create table "attempts" ("key" ${key} not null unique, "organization" ${key} not null, "mailboxId" ${key} not null,
    "lastAttemptAt" text, "toldAt" text, "askedAt" ${key} not null, "seen" text not null, "quiet" integer not null)${tableEnd}`,
  `create index "attempts_quiet" on "attempts" ("organization", "quiet", "askedAt", "key")`,
];

/** Since when devices that we own an entry of are missed. */
const missedDevices: Migration = ({ key, tableEnd }) => [
  `create table "missed" ("key" ${key} not null unique, "organization" ${key} not null, "since" ${key} not null,
    "lookedAt" ${key} not null)${tableEnd}`,
  `create index "missed_looked" on "missed" ("organization", "lookedAt", "key")`,
];

/** A block keeps why, as it was last told. What older versions told is not known. */
const toldCauses: Migration = () => [
  `alter table "entries" add column "toldReason" text`,
  `alter table "entries" add column "toldKind" text`,
];

/** What each notifier says of itself. Until the first one has said anything, no block waits for its mail. */
const notifierRows: Migration = ({ key, tableEnd }) => [
  `create table "notifiers" ("node" ${key} not null unique, "name" text not null, "process" text not null,
    "at" text not null, "verdict" text not null, "step" text, "text" text not null)${tableEnd}`,
];

/** How the clocks of the servers stand to ours. */
const clocks: Migration = () => [`alter table "snapshots" add column "clock" text`];

/** That Exchange refused to say when a device last tried to sync. */
const refusedAttempts: Migration = () => [`alter table "attempts" add column "refusedAt" text`];

/** With which address a link was sent, so that its page can show it as a QR code. */
const addressesOfLinks: Migration = () => [`alter table "tokens" add column "linkBase" text`];

/** What a reading could not give. */
const gapsOfReadings: Migration = () => [`alter table "snapshots" add column "gaps" text`];

/** What of the forest was seen. */
const viewsOfReadings: Migration = () => [`alter table "snapshots" add column "view" text`];

/** Which devices of Entra the records of an MDM are of, and since when their changes were heard of. */
const devicesOfEntra: Migration = ({ key, tableEnd }) => [
  `create table "entraLinks" ("scope" ${key} not null unique, "link" text, "nextOf" ${key}, "nextLink" text,
    "nextGone" text)${tableEnd}`,
  `create table "entraDevices" ("scope" ${key} not null, "id" ${key} not null, "deviceId" ${key} not null,
    unique ("scope", "id"))${tableEnd}`,
  `create table "entraRecords" ("scope" ${key} not null, "deviceId" ${key} not null, "recordId" ${key} not null,
    unique ("scope", "deviceId", "recordId"))${tableEnd}`,
];

/** What is to be known of a source. */
const notesOfSources: Migration = () => [`alter table "sources" add column "notes" text`];

/** What a person looks through comes in the order of an index: devices by owner and by time, the audit and runs by time. */
const listings: Migration = () => [
  `create index "devices_owner" on "devices" ("organization", coalesce("user", ''), "key") where "decision" is not null`,
  `create index "devices_since" on "devices" ("organization", "since", "key") where "decision" is not null`,
  `create index "audit_at" on "audit" ("at", "no")`,
  `create index "history_at" on "history" ("subject", "at")`,
];

/** Devices that a person has exempted from the rules for a time. */
const exemptions: Migration = ({ key, tableEnd }) => [
  `create table "exemptions" ("key" ${key} not null unique, "organization" ${key} not null, "mailboxId" ${key} not null,
    "easId" text not null, "until" ${key} not null, "note" text not null, "by" text, "since" text not null)${tableEnd}`,
  `create index "exemptions_until" on "exemptions" ("organization", "until", "key")`,
];

/** What each Autodiscover check came to last. */
const checksOfAutodiscover: Migration = ({ key, tableEnd }) => [
  `create table "checks" ("node" ${key} not null, "target" ${key} not null, "name" text not null, "domain" text not null,
    "at" ${key} not null, "overall" text not null, "verdict" text, "texts" text not null,
    unique ("node", "target"))${tableEnd}`,
];

/**
 * Devices come by what they are, by their state, by the decision and by their last sync too, and are found by the name that
 * Exchange shows. Who was decided about before is so once it is decided about again: the next sync is about all.
 */
const sortsOfDevices: Migration = ({ key }) => [
  `alter table "devices" add column "ownerName" text`,
  ...['kind', 'lastSync'].map((name) => `alter table "devices" add column "${name}" ${key} not null default ''`),
  `update "devices" set "kind" = lower("model") where "model" is not null`,
  ...['kind', 'state', 'decision', 'lastSync'].map(
    (name) =>
      `create index "devices_${name}" on "devices" ("organization", "${name}", "key") where "decision" is not null`,
  ),
];

/** Whom a name means is found by it, and what the audit says of a device comes in the order of time. */
const namesInAudit: Migration = () => [
  `create index "devices_easId" on "devices" (lower("easId"))`,
  `create index "devices_user" on "devices" ("user")`,
  `create index "audit_of_device" on "audit" ("deviceKey", "at", "no")`,
  `drop index "audit_device"`,
];

/** Since when devices are gone: known from the next daily care on. */
const goneDevices: Migration = ({ key }) => [
  `alter table "devices" add column "goneAt" ${key}`,
  `create index "devices_undecided" on "devices" ("key") where "decision" is null`,
];

/** Held changes of an owner are asked for by a person, now and then; each that was put cost a page of an index for it. */
const plansWithoutOwners: Migration = () => [`drop index "heldChanges_owner"`];

/** What we took off the lists. Of what older versions took off, the next full reading tells. */
const takenOffLists: Migration = ({ key, tableEnd }) => [
  `create table "takenOff" ("organization" ${key} not null, "mailboxId" ${key} not null, "easIdFolded" ${key} not null,
    "list" ${key} not null, "easId" text not null, "takenOffAt" ${key} not null,
    unique ("organization", "mailboxId", "easIdFolded", "list"))${tableEnd}`,
  `create index "takenOff_at" on "takenOff" ("takenOffAt")`,
];

/** By what the phone is known again when its MDM record is another one. */
const hardwareOfMerges: Migration = () => [`alter table "merges" add column "hardware" text`];

const MIGRATIONS: readonly Migration[] = [
  first,
  announcedSources,
  owed,
  mailRows,
  stagedPlans,
  happened,
  instances,
  dayOfBrake,
  byDifference,
  askedUsers,
  byTouch,
  missedSources,
  mailboxesOfBrake,
  remembered,
  lastAttempts,
  missedDevices,
  toldCauses,
  notifierRows,
  clocks,
  refusedAttempts,
  addressesOfLinks,
  gapsOfReadings,
  viewsOfReadings,
  devicesOfEntra,
  notesOfSources,
  listings,
  exemptions,
  checksOfAutodiscover,
  sortsOfDevices,
  namesInAudit,
  goneDevices,
  plansWithoutOwners,
  takenOffLists,
  hardwareOfMerges,
];

/** What is moved once the tables have their present form, and since which migration there is nothing to move. */
const MOVES = [
  { since: mailRows, move: moveMails },
  { since: stagedPlans, move: moveOutbox },
  { since: happened, move: fillDevices },
] as const;

/** The version this package writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the database to {@link SCHEMA_VERSION}, or an older one, in one transaction.
 * (Kysely's own migrator runs SQLite migrations outside a transaction.)
 * Throws ERR_STORE_VERSION for a database of a newer package, ERR_STORE_OPEN for one that is not ours.
 * @param until what is moved from older tables is moved on the way to the newest version only
 */
export async function migrate(database: Kysely<Schema>, engine: Engine, until: number = SCHEMA_VERSION): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await engine.lock(transaction, 'schema');
    await makeMeta(transaction, engine);
    const version = await readVersion(transaction);
    await refuseIncomplete(transaction);
    if (version > SCHEMA_VERSION) throw otherVersion(version);
    const isNew = version === 0 && until === SCHEMA_VERSION && engine.name === 'sqlite';
    const steps = (isNew ? newTables : null) ?? MIGRATIONS.slice(version, until).flatMap((step) => step(engine));
    for (const statement of steps) await sql.raw(statement).execute(transaction);
    if (isNew) newTables ??= await tablesMade(transaction);
    if (until === SCHEMA_VERSION) {
      for (const { since, move } of MOVES) if (version <= MIGRATIONS.indexOf(since)) await move(transaction);
    }
    await writeMeta(transaction, 'schemaVersion', String(until));
  });
}

/**
 * What makes the tables of a new SQLite file as all migrations leave them, once this process has made one: changing one table
 * after the other takes ten times as long (measured: 18 ms, 2 ms). A file without rows has nothing else to migrate.
 */
let newTables: readonly string[] | null = null;

/** The statements behind what there is, as https://sqlite.org/schematab.html keeps them; tables first. */
async function tablesMade(transaction: Transaction<Schema>): Promise<readonly string[]> {
  const { rows } = await sql<{ sql: string }>`select "sql" from sqlite_schema
    where "sql" is not null and "name" <> 'meta' and "name" not like 'sqlite\\_%' escape '\\'
    order by "type" = 'table' desc, "rowid"`.execute(transaction);
  return rows.map((row) => row.sql);
}

/** The devices of the last readings are known since these. */
async function fillDevices(transaction: Transaction<Schema>): Promise<void> {
  const readings = await transaction.selectFrom('snapshots').selectAll().where('source', '=', 'eas').execute();
  for (const { generation, scope, startedAt } of readings) {
    let after: string | undefined = '';
    while (after !== undefined) {
      const rows: Pick<Schema['records'], 'key' | 'record'>[] = await transaction
        .selectFrom('records')
        .select(['key', 'record'])
        .where('generation', '=', generation)
        .where('key', '>', after)
        .orderBy('key')
        .limit(500)
        .execute();
      const values = rows.map(({ key, record }) => {
        const { firstSyncAt } = JSON.parse(record) as { firstSyncAt: string | null };
        return { key, organization: scope, firstSyncAt, firstReadAt: startedAt };
      });
      if (values.length > 0) await transaction.insertInto('devices').values(values).execute();
      after = rows.at(-1)?.key;
    }
  }
}

/** Throws ERR_STORE_VERSION for a store of an older or newer package, for one that only wants to read. */
export async function refuseOtherVersion(database: Kysely<Schema>): Promise<void> {
  const version = await readVersion(database);
  if (version !== SCHEMA_VERSION) throw otherVersion(version);
}

/** Name of the mark of a store that another one is being moved into. */
export const MOVING = 'moving';

/** Throws ERR_STORE_INCOMPLETE for a store that a move into it has not finished. */
export async function refuseIncomplete(database: Kysely<Schema>): Promise<void> {
  const row = await database.selectFrom('meta').select('value').where('name', '=', MOVING).executeTakeFirst();
  if (row === undefined) return;
  throw new ConnectorError('ERR_STORE_INCOMPLETE', refusal('half-moved'));
}

function otherVersion(version: number): ConnectorError {
  return new ConnectorError('ERR_STORE_VERSION', refusal('other-version', { version, known: SCHEMA_VERSION }), {
    details: { version, known: SCHEMA_VERSION },
  });
}

async function makeMeta(transaction: Transaction<Schema>, engine: Engine): Promise<void> {
  await sql
    .raw(
      `create table if not exists "meta" ("name" ${engine.key} not null unique, "value" text not null)${engine.tableEnd}`,
    )
    .execute(transaction);
}

async function readVersion(database: Kysely<Schema>): Promise<number> {
  const row = await database.selectFrom('meta').select('value').where('name', '=', 'schemaVersion').executeTakeFirst();
  const version = Number(row?.value ?? 0);
  if (Number.isInteger(version) && version >= 0) return version;
  throw new ConnectorError('ERR_STORE_OPEN', refusal('damaged-version'));
}

async function writeMeta(transaction: Transaction<Schema>, name: string, value: string): Promise<void> {
  await transaction
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
