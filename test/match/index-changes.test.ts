import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { EasIndex } from '../../src/match/eas-index.ts';
import { FoldedHash } from '../../src/model/folded-hash.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { UserKeys } from '../../src/match/user-keys.ts';
import { hardwareKeys } from '../../src/model/join-keys.ts';
import { foldAddress, foldEasId } from '../../src/model/keys.ts';
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';
import { anEas, anMdm, guid } from '../support/records.ts';
import { EAS_IDS, easRecord, IMEIS, MAILBOXES, mdmRecord, NAMES, SERIALS } from './match-worlds.ts';

// Some mailboxes are no GUID, and two of those differ in a space only.
const ODD_MAILBOXES = ['anna', ' anna', 'ÄNNA', ` ${MAILBOXES[0]!}`];
const ALL_MAILBOXES = [...MAILBOXES, ...ODD_MAILBOXES];
const ALL_NAMES = [...NAMES, ...ALL_MAILBOXES.map(foldAddress), 'nobody@corp.example', ''];
const HARDWARE = [...SERIALS.map((serial) => `serial:${serial.toLowerCase()}`), ...IMEIS.map((imei) => `imei:${imei}`)];
const KEYS = [
  ...ALL_MAILBOXES.map((id) => `mailbox:${id.toLowerCase()}`),
  ...ALL_NAMES.map((name) => `user:${name}`),
  ...[...EAS_IDS, 'OTHER'].map((easId) => `eas-id:${foldEasId(easId)}`),
  ...HARDWARE,
  'mdm:intune:m1',
  '*',
];

const easChange = fc.record({
  record: fc
    .tuple(easRecord, fc.option(fc.constantFrom(...ODD_MAILBOXES), { freq: 3 }), fc.boolean())
    .map(([record, odd, isUpper]) => {
      const id = odd ?? record.mailbox.id;
      return anEas({ ...record, mailbox: { ...record.mailbox, id: isUpper ? id.toUpperCase() : id } });
    }),
  goes: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
});

function nameOf({ mailbox, easId }: EasRecord): string {
  return `${mailbox.id.toLowerCase()}|${foldEasId(easId)}`;
}

/** The mailboxes with this key, found by going through the records. */
function mailboxesWith(records: readonly EasRecord[], key: string): string[] {
  const found = records.filter(({ mailbox, easId, ...rest }) => {
    const names = [mailbox.id, mailbox.upn, mailbox.address, ...mailbox.addresses];
    const keys = [
      `mailbox:${mailbox.id.toLowerCase()}`,
      ...names.flatMap((name) => (name === null || name === '' ? [] : [`user:${foldAddress(name)}`])),
      `eas-id:${foldEasId(easId)}`,
      ...hardwareKeys({ mailbox, easId, ...rest }),
    ];
    return keys.includes(key);
  });
  return [...new Set(found.map(({ mailbox }) => mailbox.id.toLowerCase()))].sort();
}

describe('an EAS index that was brought up to date', () => {
  it('answers as one built anew, whatever was added, replaced and removed', () => {
    fc.assert(
      fc.property(fc.array(easChange, { maxLength: 60 }), fc.integer({ min: 0, max: 40 }), (changes, expected) => {
        const index = new EasIndex(expected, { reachable: true });
        const plain = new EasIndex(expected);
        const latest = new Map<string, EasRecord>();
        let rows = 0;
        for (const { record, goes } of changes) {
          if (goes) {
            const isKnown = latest.delete(nameOf(record));
            assert.equal(index.remove(record.mailbox.id, record.easId), isKnown);
            assert.equal(plain.remove(record.mailbox.id, record.easId), isKnown);
            continue;
          }
          index.add([record]);
          plain.add([record]);
          latest.set(nameOf(record), record);
          rows++;
        }
        const records = [...latest.values()];
        const anew = new EasIndex(expected, { reachable: true });
        anew.add(records);
        assert.equal(index.size, records.length);
        assert.equal(index.waste, rows === 0 ? 0 : 1 - records.length / rows);
        assert.equal(anew.waste, 0);
        for (const id of ALL_MAILBOXES) {
          assert.deepEqual(index.ofMailbox(id), anew.ofMailbox(id));
          assert.deepEqual(plain.ofMailbox(id), anew.ofMailbox(id));
        }
        for (const key of HARDWARE) {
          const showing = new Set(
            records.filter((record) => hardwareKeys(record).includes(key)).map(({ easId }) => foldEasId(easId)),
          );
          for (const each of [index, plain, anew]) assert.equal(each.isUnique(key), showing.size === 1);
        }
        for (const key of KEYS) {
          const mailboxes = mailboxesWith(records, key);
          assert.deepEqual([key, index.mailboxesReachedBy(key)], [key, mailboxes]);
          assert.deepEqual([key, anew.mailboxesReachedBy(key)], [key, mailboxes]);
          for (const id of mailboxes) assert.ok(index.ofMailbox(id).length > 0);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('forgets what a phone showed before, so that a serial number or IMEI that moved is unique again', () => {
    const [imei = '', other = ''] = IMEIS;
    const index = new EasIndex(16, { reachable: true });
    index.add([
      anEas({ easId: 'X1', device: { imei } }),
      anEas({ easId: 'X2', device: { imei }, mailbox: { id: guid(2) } }),
    ]);
    assert.equal(index.isUnique(`imei:${imei}`), false);
    index.add([anEas({ easId: 'X1', device: { imei: other } })]);
    assert.equal(index.isUnique(`imei:${imei}`), true);
    assert.deepEqual(index.mailboxesReachedBy(`imei:${imei}`), [guid(2)]);
  });

  it('does not guess whom a key reaches if it was made without what that needs', () =>
    assert.throws(() => new EasIndex().mailboxesReachedBy(`mailbox:${guid(1)}`), /made without/));

  it('takes ten thousand changes of one mailbox in its stride', () => {
    const index = new EasIndex(16, { reachable: true });
    for (let n = 0; n < 10_000; n++) index.add([anEas({ device: { model: `Model ${n % 3}` } })]);
    assert.deepEqual([index.size, index.ofMailbox(guid(1)).length], [1, 1]);
    assert.equal(index.waste, 1 - 1 / 10_000);
  });
});

const mdmChange = fc.record({
  record: mdmRecord,
  way: fc.constantFrom('add' as const, 'replace' as const, 'replace' as const, 'remove' as const),
});

/** All that an index tells, without the numbers of its rows. */
function told(index: MdmIndex): object {
  const keys = (rows: Iterable<number>): string[] => [...rows].map((row) => index.key(row)).sort();
  const hash = new FoldedHash();
  const user = new UserKeys(hash);
  const facts = ['m1', 'm2', 'm3', 'm4'].map((id) => {
    const row = index.rowOfKey(anMdm({ id }).key);
    if (row < 0) return null;
    return {
      key: index.key(row),
      platform: index.platform(row),
      model: index.model(row),
      managed: index.isManaged(row),
      hasEasId: index.hasEasId(row),
      times: [index.enrolledAt(row), index.lastSeenAt(row)],
      names: ALL_NAMES.filter((name) => {
        hash.of(name);
        return index.hasUserKey(row, hash.lo, hash.hi);
      }),
    };
  });
  return {
    size: index.size,
    facts,
    byUser: ALL_NAMES.map((name) => {
      user.ofMailbox({ id: '', upn: name, address: null, displayName: null, addresses: [] });
      return keys(index.rowsOfUser(user));
    }),
    byEasId: EAS_IDS.map((easId) => {
      const rows = index.usableWithEasId(easId);
      hash.of(easId);
      if (rows.length !== 1) assert.equal(index.onlyWithEasId(hash.lo, hash.hi), -1);
      else assert.ok([rows[0], -1].includes(index.onlyWithEasId(hash.lo, hash.hi)));
      assert.deepEqual(index.keysWithEasId(` ${easId.toUpperCase()}`), keys(rows));
      return keys(rows);
    }),
    bySerial: SERIALS.map((serial) => keys(index.rowsWithSerial(serial))),
    byImei: IMEIS.map((imei) => keys(index.rowsWithImei(imei))),
  };
}

function isEarlier(record: MdmRecord, than: MdmRecord | undefined): boolean {
  return than !== undefined && Date.parse(than.lastSeenAt ?? '') > Date.parse(record.lastSeenAt ?? '');
}

describe('an MDM index that was brought up to date', () => {
  it('answers as one built anew, whatever was added, replaced and removed', () => {
    fc.assert(
      fc.property(fc.array(mdmChange, { maxLength: 40 }), (changes) => {
        const index = new MdmIndex(16);
        const latest = new Map<string, MdmRecord>();
        for (const { record, way } of changes) {
          if (way === 'remove') assert.equal(index.remove(record.key), latest.delete(record.key));
          else if (way === 'replace') index.replace(record);
          else index.add([record]);
          if (way === 'replace' || (way === 'add' && !isEarlier(record, latest.get(record.key))))
            latest.set(record.key, record);
        }
        const anew = new MdmIndex(16);
        anew.add(latest.values());
        assert.deepEqual(told(index), told(anew));
        assert.equal(index.waste, index.rows === 0 ? 0 : 1 - latest.size / index.rows);
        assert.equal(anew.waste, 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a record in place of one that was seen later, as adding does not', () => {
    const index = new MdmIndex();
    const older = anMdm({ easIds: [], lastSeenAt: '2026-01-01T00:00:00.000Z' });
    index.add([anMdm(), older]);
    assert.equal(index.hasEasId(index.rowOfKey(older.key)), true);
    index.replace(older);
    assert.equal(index.hasEasId(index.rowOfKey(older.key)), false);
    assert.deepEqual([index.size, index.rows, index.waste], [1, 2, 0.5]);
  });
});
