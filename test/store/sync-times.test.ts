import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { compareKeys } from '../../src/store/generation-walk.ts';
import { SyncTimes, textOf, withTime } from '../../src/store/sync-times.ts';
import { anEasRecord, anMdmRecord } from './records.ts';

const AT = '2026-05-03T08:00:00.000Z';

describe('the time at which a device was last heard of', () => {
  for (const [sentence, at, isApart] of [
    ['is no content', AT, true],
    ['is content if it is written in a way of its own', '2026-05-03 08:00', false],
    ['is content if it has another precision', '2026-05-03T08:00:00Z', false],
    ['is content if there is none', null, false],
  ] as const) {
    it(sentence, () => {
      for (const [record, other] of [
        [
          { ...anEasRecord('ABC'), lastSyncAt: at },
          { ...anEasRecord('ABC'), lastSyncAt: '2026-05-04T08:00:00.000Z' },
        ],
        [
          { ...anMdmRecord('1'), lastSeenAt: at },
          { ...anMdmRecord('1'), lastSeenAt: '2026-05-04T08:00:00.000Z' },
        ],
      ] as const) {
        const { text, content, time } = textOf(record);
        assert.equal(text, JSON.stringify(record));
        assert.deepEqual(
          [time, content === textOf(other).content, withTime(other, time)],
          isApart ? [Date.parse(AT), true, record] : [Number.NaN, false, other],
        );
      }
    });
  }

  it('is not looked for in what a phone calls itself', () => {
    const name = `,"lastSeenAt":"${AT}"`;
    const record = { ...anMdmRecord('1', name), lastSeenAt: AT };
    assert.equal((JSON.parse(textOf(record).content) as typeof record).device.name, name);
  });

  it('is kept for every record, and is the same when it is read again', () => {
    const times = fc.array(fc.tuple(fc.string(), fc.oneof(fc.nat(), fc.constant(Number.NaN))), { maxLength: 3_000 });
    fc.assert(
      fc.property(times, fc.array(fc.string()), (known, others) => {
        const written = new SyncTimes('salt');
        for (const [key, time] of known) written.set(key, time);
        const read = new SyncTimes('salt');
        for (const row of written.rows()) read.addRow(row);
        const model = new Map(known);
        for (const one of [written, read]) {
          assert.equal(one.size, model.size);
          for (const key of [...model.keys(), ...others]) {
            assert.deepEqual([one.has(key), one.get(key)], [model.has(key), model.get(key) ?? Number.NaN]);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('takes sixteen bytes a record, written in rows of some thousand', () => {
    const times = new SyncTimes('salt');
    for (let n = 0; n < 10_000; n += 1) times.set(`key${n}`, n);
    const rows = [...times.rows()];
    const bytes = rows.reduce((sum, row) => sum + Buffer.byteLength(row, 'base64'), 0);
    assert.deepEqual([rows.length, bytes], [3, 160_000]);
  });
});

describe('keys', () => {
  it('are ordered as both databases order them, by their bytes', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (left, right) => {
        assert.equal(Math.sign(compareKeys(left, right)), Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
    const odd = ['\u{1f600}', '\uff21', 'é', '\ud7ff', ''];
    assert.deepEqual(odd.toSorted(compareKeys), ['', 'é', '\ud7ff', '\uff21', '\u{1f600}']);
  });
});
