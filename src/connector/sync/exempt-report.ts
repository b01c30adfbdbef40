/**
 * What a report says of exempted devices: how many there are, and which end soon.
 * In: store, organization, clock. Out: counts and names. Changes: nothing.
 */
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';

/** A week: time to enroll the phone, or to exempt it again. */
const SOON_MS = 7 * 86_400_000;

/** Devices that are named. */
const NAMED = 20;

/** The exempted devices of an organization. */
export interface ExemptReport {
  readonly count: number;
  /** Those that end within a week. */
  readonly soon: number;
  /** Some of these, the one that ends first before the others. */
  readonly next: readonly {
    readonly key: string;
    /** The owner's address; null: Exchange has the device no more. */
    readonly mailbox: string | null;
    readonly easId: string;
    readonly until: string;
    readonly note: string;
    readonly by: string | null;
  }[];
}

/** Null: no device is exempt. @param now milliseconds since 1970 */
export async function exemptReport(
  { exemptions, snapshots }: Pick<Store, 'exemptions' | 'snapshots'>,
  organization: string,
  now: number,
): Promise<ExemptReport | null> {
  const all = (await exemptions.list(organization)).filter(({ until }) => Date.parse(until) > now);
  if (all.length === 0) return null;
  const soon = all.filter(({ until }) => Date.parse(until) <= now + SOON_MS);
  const next = soon.slice(0, NAMED);
  const records = await snapshots.getMany<EasRecord>(next.map(({ key }) => key));
  return {
    count: all.length,
    soon: soon.length,
    next: next.map(({ key, easId, until, note, by }) => {
      const record = records.get(key);
      const mailbox = record?.mailbox.address ?? record?.mailbox.upn ?? null;
      return { key, mailbox, easId: record?.easId ?? easId, until, note, by };
    }),
  };
}
