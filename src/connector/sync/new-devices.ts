/**
 * Devices first seen within a day: what the brake counts apart, and who has many of them.
 * In: what a sync decided about, page by page. Out: which of the changes are those of new devices; mailboxes with more new
 * devices than a person has. Changes: nothing.
 */
import type { PlannedChange } from '../../access/plan.ts';
import type { DeviceRecord, EasRecord } from '../../model/records.ts';
import type { DecidedDevice, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';

const DAY_MS = 86_400_000;

/** New devices of one mailbox that are nothing to tell of. */
const FEW = 3;
/** Mailboxes that are named in a report. */
const NAMED = 20;

/** Mailboxes with many new devices. */
export interface ManyNewReport {
  /** How many mailboxes there are. */
  readonly count: number;
  /** Those with the most. */
  readonly examples: readonly { readonly mailbox: string; readonly devices: number }[];
  readonly text: string;
}

/** A decided device and the change that it needs. */
interface Decided {
  readonly device: DeviceRecord;
  readonly change: PlannedChange | null;
}

/*
 *   first sync, as Exchange says it     first read by us     first seen
 *   within the past                     before it            when it was read: it is the same device, with an account made anew
 *   within the past                     after it, or never   at the first sync
 *   not told, or in the future          –                    when it was read
 *   not told, or in the future          never                now
 *
 * A change is a new device's if it was first seen less than a day before it was decided so, and stays one however long it is
 * held: what waits for a person keeps its kind, so that the plan stays the one that he was told of.
 */

/** Looks at the devices of one sync. */
export class NewDevices {
  readonly #store: Pick<Store, 'devices'>;
  readonly #now: Clock;
  readonly #counts = new Map<string, { readonly mailbox: string; devices: number }>();

  constructor({ store, now }: { readonly store: Pick<Store, 'devices'>; readonly now: Clock }) {
    this.#store = store;
    this.#now = now;
  }

  /** Marks the changes of new devices, and counts these. */
  async mark(page: readonly Decided[]): Promise<PlannedChange[]> {
    const now = this.#now();
    const lowering = page.flatMap(({ change }) => (change?.lowers === true ? [change] : []));
    const decided = lowering.length === 0 ? NONE : await this.#store.devices.decided(lowering.map(({ key }) => key));
    const sinceOf = (change: PlannedChange): number => sinceWhen(change, decided.get(change.key)) ?? now;
    const since = new Map(lowering.map((change) => [change.key, sinceOf(change)]));
    const young = page.filter(
      ({ device: { key, eas } }) => eas !== undefined && isWithinDay(firstSyncOf(eas, now), since.get(key) ?? now),
    );
    const read = young.length === 0 ? NONE : await this.#store.devices.firstRead(young.map(({ device }) => device.key));
    const fresh = new Set<string>();
    for (const { device } of young) {
      const { key, eas } = device;
      const readAt = Date.parse(read.get(key) ?? '');
      const seen = Math.min(firstSyncOf(eas!, now), Number.isNaN(readAt) ? now : readAt);
      if (isWithinDay(seen, now)) this.#count(eas!);
      if (isWithinDay(seen, since.get(key) ?? now)) fresh.add(key);
    }
    return page.flatMap(({ change }) => {
      if (change === null) return [];
      return [change.lowers && fresh.has(change.key) ? { ...change, isNew: true } : change];
    });
  }

  /** Null: nobody has many. */
  report(): ManyNewReport | null {
    const many = [...this.#counts.values()].filter(({ devices }) => devices > FEW);
    if (many.length === 0) return null;
    many.sort((a, b) => b.devices - a.devices || (a.mailbox < b.mailbox ? -1 : 1));
    const text = `Mailboxes with more than ${FEW} devices first seen within a day: ${many.length}. Is it one person, and are these phones?`;
    return { count: many.length, examples: many.slice(0, NAMED), text };
  }

  #count({ mailbox }: EasRecord): void {
    const known = this.#counts.get(mailbox.id);
    if (known !== undefined) known.devices += 1;
    else this.#counts.set(mailbox.id, { mailbox: mailbox.address ?? mailbox.upn ?? mailbox.id, devices: 1 });
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** Now, if it is not told. */
function firstSyncOf({ firstSyncAt }: EasRecord, now: number): number {
  const at = Date.parse(firstSyncAt ?? '');
  return Number.isNaN(at) || at > now ? now : at;
}

function isWithinDay(seen: number, time: number): boolean {
  return time - seen < DAY_MS;
}

/** Since when it is decided so; null: since now. */
function sinceWhen({ decision }: PlannedChange, before: DecidedDevice | undefined): number | null {
  const { action, rule, reason } = decision;
  if (before?.decision !== action || before.rule !== rule || before.reason !== reason.code) return null;
  return Date.parse(before.since);
}
