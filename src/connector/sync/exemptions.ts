/**
 * Devices that a person exempts from the rules for a time, takes back, and whose time is over.
 * In: a device, until when, why, who says so. Out: the exemption. Changes: the row with what is touched, audit and timeline, in
 * one transaction.
 */
import { ConnectorError } from '../../errors.ts';
import type { Exemption } from '../../model/exemption.ts';
import { foldAddress, foldEasId } from '../../model/keys.ts';
import { timeUntil } from '../../model/named-time.ts';
import type { EasRecord } from '../../model/records.ts';
import type { AuditEntry, Json, Store, StoreParts } from '../../store/store.ts';
import { plainWords } from '../sentences/plain-words.ts';
import { maker } from '../timeline/timeline-steps.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';
import { refusal, refused } from '../../model/refusals.ts';
import { quoted } from '../../model/say.ts';
import type { Value } from '../../model/say.ts';

/** Who stands in the audit when a message does not say. */
const NOBODY_NAMED = 'control message';

/** Longest note, in characters. */
export const LONGEST_NOTE = 500;

/** A year, and the rest of its last day. */
const LONGEST_MS = 366 * 86_400_000;

/** Keys that a refusal names. */
const NAMED = 5;

/** A device as a person names it. */
export interface NamedDevice {
  /** The device record's key; null: `mailbox` and `easId` name it. */
  readonly key: string | null;
  /** Address, UPN or GUID. */
  readonly mailbox: string | null;
  readonly easId: string | null;
}

/** What a person asks for. */
export interface ExemptRequest extends NamedDevice {
  /** A time with its zone, or a day (UTC) that is included; ISO 8601. */
  readonly until: unknown;
  readonly note: unknown;
  /** Who says so; null: it was not said. */
  readonly by: string | null;
}

/** What naming a device needs. */
type ExemptParts = Pick<SwitchParts, 'store' | 'now' | 'signal'> & {
  readonly exchange: Pick<SwitchParts['exchange'], 'organization'>;
};

/*
 *   a message asks to       of a device that                                 then
 *   exempt, unexempt        is not named, or by another thing than a key,    refused
 *                           or mailbox and EAS ID
 *   exempt                  the last reading of this Exchange has            exempt; an exemption before is replaced
 *   exempt                  it has not, or more than one fits                refused
 *   exempt                  any, until a moment that is past, more than a    refused
 *                           year ahead or no time
 *   exempt                  any, without a note, or one that is too long     refused
 *   unexempt                is exempt, whether it is still there or not      not exempt any more
 *   unexempt                is not                                           refused; names some that are
 */

/**
 * Exempts a device. Throws ERR_INPUT_INVALID for what the table refuses, ERR_STORE_….
 */
export async function exempt(parts: ExemptParts, request: ExemptRequest): Promise<Exemption> {
  const { store, exchange, now } = parts;
  const until = untilOf(request.until, now());
  const note = noteOf(request.note);
  const { key, organization, mailbox, easId } = await recordOf(parts, request);
  const by = plainWords(request.by, LONGEST_NOTE);
  const at = timeOf(now);
  const exemption = {
    key,
    organization: exchange.organization,
    mailboxId: mailbox.id.toLowerCase(),
    easId: foldEasId(easId),
    until,
    note,
    by,
    since: at,
  };
  await store.together(async (together) => {
    const before = await together.exemptions.get(key);
    await together.exemptions.put(exemption);
    await together.timeline.append([maker(organization, key, null)('exempted', at, { detail: until })]);
    await keepAudit(together, exemption, { at, who: by ?? NOBODY_NAMED, what: 'exempt', reason: note, before });
  });
  return exemption;
}

/** Takes an exemption back. Throws ERR_INPUT_INVALID for what the table refuses, ERR_STORE_…. */
export async function unexempt(
  { store, exchange, now }: ExemptParts,
  { key, mailbox, easId, note, by }: Omit<ExemptRequest, 'until'>,
): Promise<Exemption> {
  refuseUnnamed({ key, mailbox, easId });
  const all = await store.exemptions.list(exchange.organization);
  const names = key === null ? await namesOf(store, all) : new Map<string, readonly string[]>();
  const isNamed = (one: Exemption): boolean =>
    one.easId === foldEasId(easId ?? '') && (names.get(one.key) ?? []).includes(foldAddress(mailbox ?? ''));
  const found = all.find((one) => (key === null ? isNamed(one) : one.key === key));
  if (found === undefined) {
    const known = named(all.map((one) => one.key));
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('not-exempt', { keys: known }));
  }
  const who = plainWords(by, LONGEST_NOTE) ?? NOBODY_NAMED;
  await end(store, found, { at: timeOf(now), who, what: 'unexempt', reason: plainWords(note, LONGEST_NOTE) ?? '' });
  return found;
}

/** Ends those whose time is over. @returns how many */
export async function endExemptions({
  store,
  exchange,
  who,
  now,
}: Pick<SwitchParts, 'store' | 'who' | 'now'> & Pick<ExemptParts, 'exchange'>): Promise<number> {
  let count = 0;
  for (const exemption of await store.exemptions.list(exchange.organization)) {
    if (Date.parse(exemption.until) > now()) break;
    const of = { at: timeOf(now), who, what: 'exemption-ended', reason: exemption.note } as const;
    if (await end(store, exemption, of)) count += 1;
  }
  return count;
}

type Deed = Pick<AuditEntry, 'at' | 'who' | 'reason'> & { readonly what: 'exempt' | 'unexempt' | 'exemption-ended' };

/** @returns false: another instance has ended it */
function end(store: Pick<Store, 'together'>, exemption: Exemption, deed: Deed): Promise<boolean> {
  const { key, organization } = exemption;
  const detail = deed.what === 'unexempt' ? 'taken-back' : 'time-over';
  return store.together(async (together) => {
    if (!(await together.exemptions.remove(key))) return false;
    await together.timeline.append([maker(organization, key, null)('exemption-ended', deed.at, { detail })]);
    await keepAudit(together, null, { ...deed, before: exemption });
    return true;
  });
}

async function keepAudit(
  { audit }: Pick<StoreParts, 'audit'>,
  after: Exemption | null,
  { before, ...deed }: Deed & { readonly before: Exemption | null },
): Promise<void> {
  const { key, organization } = (after ?? before)!;
  const entry = { ...deed, deviceKey: key, organization, rule: null, evidence: [], approvedBy: null };
  await audit.append([{ ...entry, before: shown(before), after: shown(after) }]);
}

function shown(exemption: Exemption | null): Json {
  if (exemption === null) return null;
  const { until, note, by, since } = exemption;
  return { until, note, by, since };
}

function untilOf(value: unknown, now: number): string {
  const at = timeUntil(value);
  if (at > now && at <= now + LONGEST_MS) return new Date(at).toISOString();
  const fault = refused(Number.isNaN(at) ? 'until.none' : at <= now ? 'until.past' : 'until.far');
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('until', { fault }));
}

function noteOf(value: unknown): string {
  // One that is cut is longer still.
  const note = plainWords(value, 2 * LONGEST_NOTE);
  if (note !== null && Array.from(note).length <= LONGEST_NOTE) return note;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('note', { count: LONGEST_NOTE }));
}

function refuseUnnamed({ key, mailbox, easId }: NamedDevice): void {
  if (key !== null || (mailbox !== null && easId !== null)) return;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('which-device'));
}

/** The record of the last reading that is meant. Throws ERR_INPUT_INVALID where none is, or several are. */
export async function recordOf({ store, exchange, signal }: ExemptParts, device: NamedDevice): Promise<EasRecord> {
  refuseUnnamed(device);
  const { organization } = exchange;
  const found: EasRecord[] = [];
  if (device.key !== null) {
    const record = await store.snapshots.get<EasRecord>(device.key);
    if (record?.kind === 'eas' && record.organization === organization) found.push(record);
  } else {
    const [easId, mailbox] = [foldEasId(device.easId ?? ''), foldAddress(device.mailbox ?? '')];
    for await (const page of store.snapshots.read('eas', organization, { signal }))
      found.push(...page.filter((one) => foldEasId(one.easId) === easId && namesIn(one).includes(mailbox)));
  }
  const [record] = found;
  if (record !== undefined && found.length === 1) return record;
  const seen =
    record === undefined
      ? refusal('no-such-device')
      : refusal('several-devices', { keys: named(found.map(({ key }) => key)) });
  throw new ConnectorError('ERR_INPUT_INVALID', seen);
}

function namesIn({ mailbox }: EasRecord): string[] {
  const { id, upn, address, addresses } = mailbox;
  return [id, upn, address, ...addresses].flatMap((name) => (name === null ? [] : [foldAddress(name)]));
}

/** What the mailboxes of exempted devices are called; of one that Exchange has no more, its GUID. */
async function namesOf(
  { snapshots }: Pick<Store, 'snapshots'>,
  exemptions: readonly Exemption[],
): Promise<Map<string, readonly string[]>> {
  const records = await snapshots.getMany<EasRecord>(exemptions.map(({ key }) => key));
  return new Map(
    exemptions.map(({ key, mailboxId }) => {
      const record = records.get(key);
      return [key, record === undefined ? [mailboxId] : namesIn(record)];
    }),
  );
}

function named(keys: readonly string[]): Value {
  if (keys.length === 0) return refused('none');
  const some = keys.slice(0, NAMED).map((key) => quoted(key.slice(0, 120)));
  return keys.length > NAMED ? refused('more', { some, n: keys.length - NAMED }) : some;
}
