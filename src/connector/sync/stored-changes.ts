/**
 * Planned changes and held plans as the store keeps them: JSON, and the one place where it is made and read again.
 * In: rows of the outbox and of the held plans. Out: typed changes and plans, or a clear error. Changes: nothing.
 */
import { HOLD_CODES } from '../../access/brake.ts';
import type { HoldReason } from '../../access/brake.ts';
import type { MailboxCounts } from '../../access/mailbox-counts.ts';
import type { PendingChange } from '../../access/outbox.ts';
import type { PlanSummary } from '../../access/plan-tally.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import type { HeldChange, Json, OutboxChange, SnapshotInfo, Store, HeldPlan as StoredPlan } from '../../store/store.ts';

/** What is kept of a held plan beside its changes, which are rows. */
export interface KeptHead extends Omit<PlanSummary, 'classes'> {
  /** Absent: a version before this one has kept it. */
  readonly classes?: PlanSummary['classes'];
  /** Of how many mailboxes its changes are; absent: the same. */
  readonly mailboxes?: MailboxCounts;
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  readonly reason: HoldReason;
  /** The readings that whoever approves it takes for right. */
  readonly doubted?: readonly SnapshotInfo[];
}

/** Plain data for the store. What JSON does not keep (functions, undefined) is left out when the store writes it. */
export function asJson(value: object): Json {
  return value as Json;
}

/** A row of the outbox with its change typed; null for one that this version did not write. */
export function readablePending(row: OutboxChange): PendingChange | null {
  const { change } = row;
  return isPlannedChange(change) ? { ...row, change } : null;
}

/** The same. Throws ERR_STORE_VERSION for one that this version did not write. */
export function pendingOf(row: OutboxChange): PendingChange {
  const pending = readablePending(row);
  if (pending !== null) return pending;
  throw new ConnectorError(
    'ERR_STORE_VERSION',
    `The outbox has a change for "${row.key}" that this version cannot read.`,
    { details: { key: row.key } },
  );
}

/** The row that the outbox keeps of a waiting change. */
export function outboxRow(pending: PendingChange): OutboxChange {
  return { ...pending, change: asJson(pending.change) };
}

/** Of how many mailboxes the changes are that a plan has rows of, counted. */
export async function mailboxesOf({ plans }: Pick<Store, 'plans'>, id: string): Promise<MailboxCounts> {
  const rows = await plans.mailboxes(id);
  return Object.fromEntries(rows.map(({ classes, count }) => [classes.join('\n'), count]));
}

/** The head in a row of the held plans; null for one that this version cannot read. */
export function keptHead({ plan }: Pick<StoredPlan, 'plan'>): KeptHead | null {
  return isHead(plan) ? plan : null;
}

function isHead(value: unknown): value is KeptHead {
  return (
    isObject(value) &&
    hasTexts(value, ['id', 'organization', 'at', 'digest']) &&
    isObject(value['reason']) &&
    HOLD_CODES.some((code) => code === (value['reason'] as Record<string, unknown>)['code']) &&
    hasTexts(value['reason'], ['text']) &&
    typeof value['count'] === 'number' &&
    isObject(value['byReason']) &&
    Array.isArray(value['groups'])
  );
}

/** True for a row with a change that this version can read. */
export function isPlannedRow({ change }: Pick<HeldChange, 'change'>): boolean {
  return isPlannedChange(change);
}

/** A change of a staged plan. Throws ERR_STORE_VERSION for one that this version did not write. */
export function stagedChangeOf({ key, change }: Pick<HeldChange, 'key' | 'change'>): PlannedChange {
  if (isPlannedChange(change)) return change;
  throw new ConnectorError('ERR_STORE_VERSION', `A plan has a change for "${key}" that this version cannot read.`, {
    details: { key },
  });
}

/**
 * A held change with its change typed; null for one that this version did not write. What is held is not approved, though it
 * was once for something else.
 */
export function heldChangeOf({ change }: Pick<HeldChange, 'change'>): PlannedChange | null {
  if (!isPlannedChange(change)) return null;
  const { approval: _, approvedBy: __, ...held } = change as PlannedChange;
  return held;
}

function isPlannedChange(value: unknown): value is PlannedChange {
  return (
    isObject(value) &&
    hasTexts(value, ['key', 'organization', 'mailboxId', 'easId', 'plannedAt', 'from', 'to']) &&
    ['allow', 'block', 'release', 'remove'].includes(String(value['action'])) &&
    isObject(value['decision']) &&
    hasTexts(value['decision'], ['action', 'rule']) &&
    isObject(value['decision']['reason']) &&
    hasTexts(value['decision']['reason'], ['code', 'text']) &&
    isObject(value['device']) &&
    hasTexts(value['device'], ['key'])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasTexts(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}
