/** Undo: take every list entry we own off again and leave everything else as it is. Pure. */
import { easRecordKey } from '../model/keys.ts';
import type { ListEdit } from '../model/personal-lists.ts';
import type { DeviceRecord, EasRecord } from '../model/records.ts';
import type { LedgerEntry } from './apply.ts';
import type { PlannedChange } from './plan.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

/** What undo looks at. */
export interface UndoInput {
  /** Every entry of the ledger, settled or not. */
  readonly entries: readonly LedgerEntry[];
  /** The devices as the last snapshot has them, by key; those that are gone have entries all the same. */
  readonly devices?: ReadonlyMap<string, DeviceRecord>;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** One release a device that we own an entry of, in the order of their keys. Asked for by a person, so no guard and no brake holds it. */
export function planUndo(input: UndoInput): PlannedChange[] {
  const byDevice = new Map<string, LedgerEntry[]>();
  for (const entry of input.entries) {
    const key = easRecordKey(entry.organization, entry.mailboxId, entry.easId);
    byDevice.set(key, [...(byDevice.get(key) ?? []), entry]);
  }
  const keys = [...byDevice.keys()].sort();
  return keys.map((key) => undoChange(key, byDevice.get(key)!, input));
}

function undoChange(key: string, entries: readonly LedgerEntry[], { devices, at }: UndoInput): PlannedChange {
  const text = ACCESS_SAYINGS_EN.undo;
  return releaseOf(key, entries, { rule: 'Undo', code: 'undo', text, at, device: devices?.get(key) });
}

/** Takes the entries of one device off, whatever any rule says. @param why.device as it was read; absent: it is gone */
export function releaseOf(
  key: string,
  entries: readonly LedgerEntry[],
  why: {
    readonly rule: string;
    readonly code: string;
    readonly text: string;
    readonly at: string;
    readonly device?: DeviceRecord | undefined;
  },
): PlannedChange {
  const entry = entries[0]!;
  const device = why.device ?? bareDevice(key, entry);
  const reason = { code: why.code, text: why.text, evidence: [] };
  return {
    key,
    organization: entry.organization,
    mailboxId: entry.mailboxId,
    easId: entry.easId,
    action: 'release',
    from: device.eas?.access.state ?? 'unknown',
    to: 'unknown',
    edit: undoEdit(entries),
    lowers: entries.some(({ list }) => list === 'allowed'),
    plannedAt: why.at,
    decision: { action: 'release', rule: why.rule, reason, report: false },
    device,
  };
}

function undoEdit(entries: readonly LedgerEntry[]): ListEdit {
  const lists = new Set(entries.map(({ list }) => list));
  const remove = [entries[0]!.easId];
  return { ...(lists.has('allowed') && { allowed: { remove } }), ...(lists.has('blocked') && { blocked: { remove } }) };
}

// The partnership is gone from Exchange, the entry is not: Remove-MobileDevice does not clear the lists (Microsoft KB 4090814).
function bareDevice(key: string, entry: LedgerEntry): DeviceRecord {
  const eas: EasRecord = {
    kind: 'eas',
    key,
    organization: entry.organization,
    easId: entry.easId,
    mailbox: { id: entry.mailboxId, upn: null, address: null, displayName: null, addresses: [] },
    device: {
      type: null,
      model: null,
      os: null,
      userAgent: null,
      friendlyName: null,
      imei: null,
      clientType: null,
      protocolVersion: null,
    },
    access: { state: 'unknown', reason: 'unknown', listed: entry.list },
    firstSyncAt: null,
  };
  const reason = { code: 'not-enrolled', text: 'The device is not in the last snapshot.' } as const;
  return { key, status: 'eas', eas, match: { by: null, evidence: [] }, reason };
}
