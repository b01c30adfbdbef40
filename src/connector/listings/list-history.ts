/**
 * What happened: the last runs, or everything that befell a few devices.
 * In: store, what is looked for. Out: runs, the newest first; events, the oldest first. Changes: nothing.
 */
import type { AuditEntry, Json, Store, SyncHistoryEntry } from '../../store/store.ts';
import { devicesNamed, MOST_DEVICES } from './device-names.ts';
import type { DeviceName } from './device-names.ts';
import { toldMails } from './told-mail.ts';
import type { MailWord, ToldMail } from './told-mail.ts';

/** Audit entries that are looked through for a device that Exchange no longer has. */
const AUDIT_LOOKED_AT = 10_000;

/** The last runs, the newest first, of every organization or of one, and of every subject or of some. */
export async function listRuns(
  { history }: Pick<Store, 'history'>,
  which: { readonly organization?: string; readonly subject?: readonly string[]; readonly limit: number },
): Promise<SyncHistoryEntry[]> {
  return history.recent(which);
}

/** One thing that befell a device. Times are ISO 8601 UTC. */
export type DeviceEvent =
  | {
      readonly kind: 'change';
      readonly at: string;
      readonly key: string;
      /** block, allow, release, undo, pair, … */
      readonly what: string;
      readonly who: string;
      readonly rule: string | null;
      readonly reason: string;
      readonly evidence: readonly string[];
      readonly before: Json;
      readonly after: Json;
      readonly approvedBy: string | null;
    }
  | {
      readonly kind: 'mail';
      readonly at: string;
      readonly key: string;
      readonly what: MailWord;
      readonly to: string | null;
      readonly reason: string;
      readonly note: string | null;
    };

/** The events of the devices that were meant. */
export interface DeviceHistory {
  readonly devices: readonly DeviceName[];
  /** Devices that were meant too, but are over the limit of fifty. */
  readonly moreDevices: number;
  readonly events: readonly DeviceEvent[];
}

/**
 * The audit and the mails of the devices that an EAS ID or a mailbox names: the newest events, in the order in which they
 * happened. A device that Exchange no longer has is found by its EAS ID, as long as the audit remembers it.
 * @param wanted EAS ID, or address, UPN, GUID or display name of a mailbox; * and ? are wildcards
 */
export async function deviceHistory(
  store: Pick<Store, 'snapshots' | 'audit' | 'mails'>,
  wanted: string,
  {
    organization,
    limit,
    signal,
  }: { readonly organization?: string; readonly limit: number; readonly signal: AbortSignal },
): Promise<DeviceHistory> {
  const devices = await devicesNamed(store, wanted, { organization, signal, rememberedIn: () => keysInAudit(store) });
  const told = devices.slice(0, MOST_DEVICES);
  const events: DeviceEvent[] = [];
  for (const { key } of told) {
    events.push(...(await store.audit.recent({ deviceKey: key, limit })).map(changeOf));
    events.push(...toldMails(await store.mails.ofDevice(key)).map((mail) => mailEvent(key, mail)));
  }
  return {
    devices: told,
    moreDevices: devices.length - told.length,
    events: inOrder(events).slice(-limit),
  };
}

function inOrder(events: readonly DeviceEvent[]): DeviceEvent[] {
  return [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Keys that the audit remembers, of its last entries. */
async function keysInAudit({ audit }: Pick<Store, 'audit'>): Promise<Set<string>> {
  const keys = (await audit.recent({ limit: AUDIT_LOOKED_AT })).flatMap(({ deviceKey }) => deviceKey ?? []);
  return new Set(keys);
}

function changeOf(entry: AuditEntry): DeviceEvent {
  const { at, who, what, rule, reason, evidence, before, after, approvedBy } = entry;
  return {
    kind: 'change',
    at,
    key: entry.deviceKey ?? '',
    what,
    who,
    rule,
    reason,
    evidence,
    before,
    after,
    approvedBy,
  };
}

function mailEvent(key: string, { at, outcome, to, kind, note }: ToldMail): DeviceEvent {
  return { kind: 'mail', at, key, what: outcome, to, reason: kind, note };
}
