import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { EasIndex } from '../../src/match/eas-index.ts';
import type { EasEntry } from '../../src/match/eas-index.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { anEas, guid } from '../support/records.ts';

const MODELS = ['iPhone15C2', 'iPhone16C1', null];

// Mailboxes as Exchange names them, in capitals, and texts that are nearly a GUID.
const mailboxId = fc.oneof(
  fc.integer({ min: 1, max: 5 }).map(guid),
  fc.constantFrom(
    guid(10),
    guid(10).toUpperCase(),
    ` ${guid(10)}`,
    guid(10).replace('-', '+'),
    `${guid(10).slice(1)}g`,
  ),
  fc.constantFrom('', 'anna', 'Anna', ' anna', 'ÄNNA', 'änna'),
);

const record = fc
  .record({
    id: mailboxId,
    easId: fc.constantFrom('A1', 'a1', 'B2', 'ApplDX3X12345678'),
    model: fc.constantFrom(...MODELS),
    day: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ id, easId, model, day }) =>
    anEas({ mailbox: { id }, easId, device: { model }, firstSyncAt: `2026-05-0${day}T08:00:00.001Z` }),
  );

describe('EAS index', () => {
  it('knows every mailbox by its own records only, the latest of each, however many there are', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 80 }), fc.integer({ min: 0, max: 40 }), (records, expected) => {
        const index = new EasIndex(expected);
        index.add(records);
        const latest = new Map(records.map((one) => [nameOf(one), one]));
        assert.equal(index.size, latest.size);
        for (const { mailbox } of records) {
          const own = [...latest.values()].filter((one) => one.mailbox.id.toLowerCase() === mailbox.id.toLowerCase());
          assert.deepEqual(index.ofMailbox(mailbox.id), own.map(entryOf).sort(byId));
        }
      }),
    );
  });

  it('finds each of ten thousand mailboxes, and none that it was not given', () => {
    const index = new EasIndex();
    for (let n = 0; n < 10_000; n++) index.add([anEas({ mailbox: { id: guid(n) }, easId: `ID${n}` })]);
    for (let n = 0; n < 10_000; n++) {
      assert.deepEqual(
        index.ofMailbox(guid(n)).map(({ easId }) => easId),
        [`id${n}`],
      );
    }
    assert.deepEqual(index.ofMailbox(guid(10_000)), []);
    assert.deepEqual(index.ofMailbox('anna'), []);
  });

  it('takes a serial number for unique as long as one EAS ID shows it', () => {
    const index = new EasIndex();
    index.add([anEas({ easId: 'ApplDX3X12345678' }), anEas({ easId: 'APPLDX3X12345678', mailbox: { id: guid(2) } })]);
    assert.equal(index.isUnique('serial:DX3X12345678'), true);
    assert.equal(index.isUnique('serial:DX3X00000000'), false);
    const imei = '356789012345678';
    index.add([anEas({ easId: 'X1', device: { imei } }), anEas({ easId: 'X2', device: { imei } })]);
    assert.equal(index.isUnique(`imei:${imei}`), false);
  });
});

function nameOf({ mailbox, easId }: EasRecord): string {
  return `${mailbox.id.toLowerCase()}|${easId.toLowerCase()}`;
}

function entryOf({ easId, device, firstSyncAt }: EasRecord): EasEntry {
  return {
    easId: easId.toLowerCase(),
    platform: 'ios',
    native: true,
    model: device.model,
    firstSyncAt: Date.parse(firstSyncAt ?? ''),
    lastSyncAt: Number.NaN,
  };
}

function byId(a: EasEntry, b: EasEntry): number {
  return a.easId < b.easId ? -1 : 1;
}
