/**
 * Planned changes and held plans as the store keeps them: JSON, and the one place where it is made and read again.
 * In: rows of the outbox and of the held plans. Out: typed changes and plans, or a clear error. Changes: nothing.
 */
import { HOLD_CODES } from '../../access/brake.ts';
import type { HeldPlan } from '../../access/brake.ts';
import type { PendingChange } from '../../access/outbox.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import type { Json, OutboxChange, SnapshotInfo, HeldPlan as StoredPlan } from '../../store/store.ts';

/** A held plan with the readings that whoever approves it takes for right; plans of older versions do not say. */
export interface KeptPlan extends HeldPlan {
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

/** The plan in a row of the held plans; null for one that this version cannot read. */
export function keptPlan({ plan }: Pick<StoredPlan, 'plan'>): KeptPlan | null {
  return isPlan(plan) ? plan : null;
}

function isPlan(value: unknown): value is KeptPlan {
  return (
    isObject(value) &&
    hasTexts(value, ['id', 'organization', 'at']) &&
    isObject(value['reason']) &&
    HOLD_CODES.some((code) => code === (value['reason'] as Record<string, unknown>)['code']) &&
    hasTexts(value['reason'], ['text']) &&
    Array.isArray(value['changes']) &&
    value['changes'].every(isPlannedChange)
  );
}

function isPlannedChange(value: unknown): value is PlannedChange {
  return (
    isObject(value) &&
    hasTexts(value, ['key', 'organization', 'mailboxId', 'easId', 'plannedAt', 'from', 'to']) &&
    ['allow', 'block', 'release'].includes(String(value['action'])) &&
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
