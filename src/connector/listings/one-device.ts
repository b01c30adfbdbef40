/**
 * All that the store knows of one device.
 * In: store, the device's key. Out: its records, what was decided, its way in seven steps, its mails and its audit.
 * Changes: nothing.
 */
import { ConnectorError } from '../../errors.ts';
import type { Exemption } from '../../model/exemption.ts';
import { readEasRecordKey } from '../../model/keys.ts';
import type { EasRecord, MdmRecord, Pairing } from '../../model/records.ts';
import type { AuditEntry, DecidedDevice, Merged, OutboxChange, OwnedEntry, Store } from '../../store/store.ts';
import { sevenSteps } from './seven-steps.ts';
import type { StepOfWay } from './seven-steps.ts';
import { toldMails } from './told-mail.ts';
import type { ToldMail } from './told-mail.ts';
import { refusal } from '../../model/refusals.ts';

/** Entries of the audit, and mails, that are shown: the newest. */
const SHOWN = 100;

/** One device. Times are ISO 8601 UTC. */
export interface OneDevice {
  readonly key: string;
  readonly organization: string;
  readonly easId: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  /** Null: the last reading of Exchange did not have it. */
  readonly eas: EasRecord | null;
  /** Null: it is one with none, or with one that no reading has any more. */
  readonly mdm: MdmRecord | null;
  readonly merge: Merged | null;
  readonly pairing: Pairing | null;
  /** Null: it is not exempt, or its time is over. */
  readonly exemption: Exemption | null;
  /** Null: it was not decided about. */
  readonly decided: DecidedDevice | null;
  readonly entries: readonly OwnedEntry[];
  /** The change that has not reached Exchange yet. */
  readonly waiting: Pick<OutboxChange, 'state' | 'attempts' | 'createdAt' | 'nextAttemptAt' | 'lastError'> | null;
  /** The plan that waits for a person and has a change for it. */
  readonly heldIn: string | null;
  readonly steps: readonly StepOfWay[];
  readonly mails: readonly ToldMail[];
  readonly audit: readonly AuditEntry[];
}

/** The device of a key. Throws ERR_INPUT_INVALID for a key of none that the store knows, and ERR_STORE_…. */
export async function oneDevice(store: Store, key: string): Promise<OneDevice> {
  const parts = readEasRecordKey(key);
  const known = parts === null ? null : await knownOf(store, key);
  if (parts === null || known === null)
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-device'), { details: { key } });
  const { eas, merge, decided, timeline, audit, firstReadAt } = known;
  const isMerged = merge !== null && merge.until === null;
  const mdm = isMerged ? await store.snapshots.get<MdmRecord>(merge.mdmKey) : null;
  const { organization, mailboxId } = parts;
  const waiting = (await store.outbox.getMany([key]))[0] ?? null;
  return {
    key,
    organization,
    easId: eas?.easId ?? parts.easId,
    mailboxId,
    eas,
    mdm,
    merge,
    pairing: (await store.pairings.list()).find(({ easKey }) => easKey === key) ?? null,
    exemption: await store.exemptions.get(key),
    decided,
    entries: await store.entries.forDevice({ organization, mailboxId, easId: parts.easId }),
    waiting: waiting === null ? null : stateOf(waiting),
    heldIn: await heldIn(store, organization, key),
    steps: sevenSteps({
      timeline,
      audit,
      firstSyncAt: eas?.firstSyncAt ?? null,
      firstReadAt,
      enrolledAt: mdm?.enrolledAt ?? null,
      merged: isMerged ? { by: merge.by, since: merge.since } : null,
    }),
    mails: toldMails(await store.mails.ofDevice(key)).slice(-SHOWN),
    audit,
  };
}

/** Null: nothing in the store is about it. */
async function knownOf(store: Store, key: string) {
  const eas = await store.snapshots.get<EasRecord>(key);
  const audit = await store.audit.recent({ deviceKey: key, limit: SHOWN });
  const timeline = await store.timeline.of([key]);
  const firstReadAt = (await store.devices.firstRead([key])).get(key) ?? null;
  if (eas === null && audit.length === 0 && timeline.length === 0 && firstReadAt === null) return null;
  return {
    eas,
    audit,
    timeline,
    firstReadAt,
    merge: (await store.merges.getMany([key])).get(key) ?? null,
    decided: (await store.devices.decided([key])).get(key) ?? null,
  };
}

async function heldIn({ plans }: Pick<Store, 'plans'>, organization: string, key: string): Promise<string | null> {
  for (const plan of await plans.list())
    if (plan.organization === organization && (await plans.count(plan.id, { keys: [key] })) > 0) return plan.id;
  return null;
}

/** The change itself is long, and what it is made of is shown beside it. */
function stateOf({
  state,
  attempts,
  createdAt,
  nextAttemptAt,
  lastError,
}: OutboxChange): NonNullable<OneDevice['waiting']> {
  return { state, attempts, createdAt, nextAttemptAt, lastError };
}
