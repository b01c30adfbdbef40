/**
 * What an administrator says about records: these two belong together, they do not, this MDM is read no more.
 * In: keys or the source, who says so. Out: for a pairing, the organization that is to be matched now. Changes: pairings or the
 * source's last reading, and the audit.
 */
import { ConnectorError } from '../../errors.ts';
import { readEasRecordKey } from '../../model/keys.ts';
import type { EasRecord, MdmRecord } from '../../model/records.ts';
import type { AuditEntry, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { refusal, refused } from '../../model/refusals.ts';
import { quoted } from '../../model/say.ts';
import type { Value } from '../../model/say.ts';

/** Who stands in the audit when a message does not say. */
const NOBODY_NAMED = 'control message';

/** Known keys that a refusal names. */
const NAMED = 5;

interface Saying {
  readonly store: Store;
  /** Who says so; null: it was not said. */
  readonly by: string | null;
  readonly now: Clock;
}

/*
 *   pair, unpair with             before this                        then
 *   easKey missing or empty       any                                refused
 *   easKey, mdmKey                both in the last readings          paired; the pairing before is replaced
 *   easKey, mdmKey                one of them in none                refused: nobody has this key; names some that there are
 *   easKey (unpair)               paired                             not paired any more, whether the records are still there or not
 *   easKey (unpair)               not paired                         refused; names some that are
 */

/**
 * Pairs an EAS record with an MDM record. Answers with the organization that the EAS record is of.
 * @throws ConnectorError ERR_INPUT_INVALID without a key, or for one that no record of the last readings has
 */
export async function pair({
  store,
  easKey,
  mdmKey,
  note,
  by,
  now,
}: Saying & {
  readonly easKey: string | null;
  readonly mdmKey: string | null;
  readonly note: string | null;
}): Promise<string> {
  if (easKey === null || mdmKey === null) {
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('pair-keys'));
  }
  const eas = await recordOf<EasRecord>(store, 'eas', easKey);
  await recordOf<MdmRecord>(store, 'mdm', mdmKey);
  const before = await pairedWith(store, easKey);
  const at = new Date(now()).toISOString();
  await store.pairings.add({ easKey, mdmKey, at, by, note });
  const { organization } = eas;
  const entry = { at, what: 'pair', deviceKey: easKey, organization, reason: note ?? '', before, after: mdmKey };
  await keepAudit(store, by, entry);
  return organization;
}

/**
 * Takes a pairing back. Answers with the organization that the EAS record is of, or was; null: its key does not say.
 * @throws ConnectorError ERR_INPUT_INVALID without a key, or if the record is not paired
 */
export async function unpair({
  store,
  easKey,
  note,
  by,
  now,
}: Saying & { readonly easKey: string | null; readonly note: string | null }): Promise<string | null> {
  if (easKey === null) throw new ConnectorError('ERR_INPUT_INVALID', refusal('unpair-key'));
  const before = await pairedWith(store, easKey);
  if (before === null) {
    const paired = await store.pairings.list();
    const known = named(
      paired.slice(0, NAMED).map((pairing) => pairing.easKey),
      paired.length,
    );
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('not-paired', { key: shown(easKey), keys: known }));
  }
  await store.pairings.remove(easKey);
  const organization = readEasRecordKey(easKey)?.organization ?? null;
  const at = new Date(now()).toISOString();
  const entry = { at, what: 'unpair', deviceKey: easKey, organization, reason: note ?? '', before, after: null };
  await keepAudit(store, by, entry);
  return organization;
}

/**
 * Forgets the last reading of an MDM that is read no more: it would make every reading look too old.
 * @throws ConnectorError ERR_INPUT_INVALID for a source that was never read
 */
export async function forgetSource({ store, source, by, now }: Saying & { readonly source: string }): Promise<void> {
  const known = (await store.snapshots.list('mdm')).map(({ scope }) => scope);
  if (!known.includes(source)) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      `A forget message names an MDM source in payload. Known: ${known.join(', ') || 'none'}.`,
    );
  }
  await store.snapshots.forget('mdm', source);
  const at = new Date(now()).toISOString();
  const entry = { at, what: 'forget', deviceKey: null, organization: null, reason: source, before: null, after: null };
  await keepAudit(store, by, entry);
}

async function recordOf<T extends EasRecord | MdmRecord>(store: Store, kind: T['kind'], key: string): Promise<T> {
  const record = await store.snapshots.get<T>(key);
  if (record?.kind === kind) return record;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    refusal(kind === 'eas' ? 'no-eas-record' : 'no-mdm-record', {
      key: shown(key),
      keys: await knownKeys(store, kind),
    }),
  );
}

/** Some keys of the last readings, and how many there are besides. */
async function knownKeys({ snapshots }: Pick<Store, 'snapshots'>, kind: 'eas' | 'mdm'): Promise<Value> {
  const count = (await snapshots.list(kind)).reduce((sum, snapshot) => sum + snapshot.count, 0);
  for await (const page of snapshots.read(kind, undefined, { pageSize: NAMED })) {
    return named(
      page.map(({ key }) => key),
      count,
    );
  }
  return named([], 0);
}

function named(some: readonly string[], count: number): Value {
  if (some.length === 0) return refused('none');
  const keys = some.map(shown);
  return count > some.length ? refused('more', { some: keys, n: count - some.length }) : keys;
}

/** Key of the MDM record that an administrator paired this EAS record with, or null. */
async function pairedWith(store: Store, easKey: string): Promise<string | null> {
  const pairings = await store.pairings.list();
  return pairings.find((pairing) => pairing.easKey === easKey)?.mdmKey ?? null;
}

/** A key as it came, short enough for a message. */
function shown(key: string): Value {
  return quoted(key.slice(0, 120));
}

async function keepAudit(
  store: Store,
  by: string | null,
  entry: Omit<AuditEntry, 'who' | 'rule' | 'evidence' | 'approvedBy'>,
): Promise<void> {
  await store.audit.append([{ ...entry, who: by ?? NOBODY_NAMED, rule: null, evidence: [], approvedBy: null }]);
}
