/**
 * What the store forgets, and when. Pure.
 *
 *   rows                              kept for     and as long as                                       why so
 *   checks of Autodiscover            30 days      –                                                    a result that old says nothing of today; of a node that was taken out it goes at once
 *   history                           90 days      –                                                    a quarter; the store keeps the last 50,000 of a subject at most
 *   mails (sent, given up)            a year       an entry or a change of one of its devices stands    they say that its user was mailed: without them the next sync mails again
 *   timeline                          90 days after the episode was closed                              what is open is told whole
 *   activations                       a year       the device is in Exchange, or an entry or a change   an activation is what merges it: without it a good phone would be blocked
 *                                                  of it stands, or Exchange was not wholly read
 *   devices, when they tried to sync  a year after they were   anything but the audit refers to the device (src/store/             whoever comes back within it is known; afterwards it is a new one, as
 *                                     missed in Exchange       gone-devices.ts), or Exchange was not wholly read           with activations
 *   merges, past ones too             as long as Exchange has the EAS record; the reading that has it no more forgets them (src/store/devices.ts)
 *   links (tokens)                    a year after they expired                                         a question about an old link can still be answered
 *   what we took off a list           30 days      –                                                    a reading is believed again after hours: see src/access/taken-off.ts
 *   audit                             for good     it is exported, then cut by a person                 nobody's deeds go by themselves
 *   pairings                          for good     a person takes them back                             a person made them
 *   exemptions                        until they end, then audit and timeline have them
 */
import { PLAUSIBLE_SHARE } from '../../model/fewer-devices.ts';
import type { Forgettable, OldActivation, OldMail, UndecidedDevice } from '../../store/store.ts';

const DAY_MS = 86_400_000;

/** Days that rows are kept at least. Timeline: after the episode was closed; tokens: after they have expired. */
export const KEPT_DAYS: Readonly<Record<Forgettable, number>> = {
  checks: 30,
  history: 90,
  mails: 365,
  timeline: 90,
  activations: 365,
  tokens: 365,
  takenOff: 30,
  devices: 365,
};

/** What rows are needed for, however old they are. */
export interface Needs {
  /** Of the devices in question, the keys of those that an entry or a change stands for. */
  readonly devices: ReadonlySet<string>;
  /** Of the devices in question, the keys of those that Exchange has; null: it was not wholly read, nobody knows. */
  readonly inExchange: ReadonlySet<string> | null;
}

/** Rows from before this time are old. @param now milliseconds since 1970 */
export function oldBefore(of: Forgettable, now: number): string {
  return new Date(now - KEPT_DAYS[of] * DAY_MS).toISOString();
}

/** Which of the old mails may go. */
export function forgottenMails(mails: readonly OldMail[], { devices }: Pick<Needs, 'devices'>): OldMail[] {
  return mails.filter(({ deviceKeys }) => !deviceKeys.some((key) => devices.has(key)));
}

/** Which of the old activations may go. @param keysOf keys that a device may have, one an organization */
export function forgottenActivations(
  activations: readonly OldActivation[],
  { devices, inExchange }: Needs,
  keysOf: (activation: OldActivation) => readonly string[],
): OldActivation[] {
  if (inExchange === null) return [];
  return activations.filter((one) => !keysOf(one).some((key) => devices.has(key) || inExchange.has(key)));
}

/*
 *   Exchange      noted as missed      what becomes of the row
 *   has it        no                   it stays
 *   has it        yes                  it stays, and is not missed any more
 *   has it not    no                   it is missed from now on
 *   has it not    for less             it stays
 *   has it not    for a year           it goes, unless something refers to it
 *   is not known  either way           it stays
 */

/** What becomes of a row about which nothing is decided. @param known.inExchange null: it was not wholly read, nobody knows */
export function fateOf(
  { key, goneAt }: Pick<UndecidedDevice, 'key' | 'goneAt'>,
  { inExchange, before }: { readonly inExchange: ReadonlySet<string> | null; readonly before: string },
): 'stays' | 'is back' | 'is missed' | 'may go' {
  if (inExchange === null) return 'stays';
  if (inExchange.has(key)) return goneAt === null ? 'stays' : 'is back';
  if (goneAt === null) return 'is missed';
  return goneAt < before ? 'may go' : 'stays';
}

/** True for readings of Exchange by which a device may be said to be gone. */
export function isWhollyRead(
  snapshots: readonly { readonly count: number; readonly previousCount: number | null; readonly gaps?: unknown }[],
): boolean {
  return (
    snapshots.length > 0 &&
    snapshots.every(
      ({ count, previousCount, gaps }) =>
        gaps === undefined && count > 0 && count >= PLAUSIBLE_SHARE * (previousCount ?? 0),
    )
  );
}
