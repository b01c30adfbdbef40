import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { compareKeys } from '../../src/store/generation-walk.ts';
import { digestOf, numberOf, SeenRecords, textOf, unknownRows, withTime } from '../../src/store/seen-records.ts';
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

  it('is apart exactly where it is written as JavaScript writes it', () => {
    const digits = fc.oneof(fc.nat({ max: 99 }), fc.constantFrom(0, 1, 12, 13, 23, 24, 28, 29, 30, 31, 32, 59, 60));
    const written = fc
      .tuple(fc.integer({ min: 1900, max: 2100 }), digits, digits, digits, digits, digits, fc.nat({ max: 999 }))
      .map(([year, ...rest]) => {
        const [month, day, hours, minutes, seconds] = rest.map((value) => String(value).padStart(2, '0'));
        return `${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${String(rest[5]).padStart(3, '0')}Z`;
      });
    const times = fc.oneof(
      written,
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }).map((date) => date.toISOString()),
      fc.string(),
    );
    fc.assert(
      fc.property(times, (at) => {
        const date = new Date(at);
        const isCanonical = !Number.isNaN(date.getTime()) && date.toISOString() === at;
        assert.equal(textOf({ ...anEasRecord('ABC'), lastSyncAt: at }).time, isCanonical ? date.getTime() : Number.NaN);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not looked for in what a phone calls itself', () => {
    const name = `,"lastSeenAt":"${AT}"`;
    const record = { ...anMdmRecord('1', name), lastSeenAt: AT };
    assert.equal((JSON.parse(textOf(record).content) as typeof record).device.name, name);
  });
});

describe('what a full reading has seen', () => {
  const seen = fc.record(
    { content: fc.nat(), time: fc.oneof(fc.nat(), fc.constant(Number.NaN)) },
    { noNullPrototype: true },
  );
  /** All over the 53 bits that a number has. */
  const spread = (at: number): number => at * (2 ** 40 + 1);
  const number = fc.integer({ min: 1, max: 5_000 }).map(spread);

  it('is kept for every record, and is the same when it is read again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, seen), { maxLength: 3_000 }), (known) => {
        const written = new SeenRecords();
        for (const [key, what] of known) written.set(key, what);
        const read = new SeenRecords();
        for (const row of written.rows()) read.addRow(row);
        const model = new Map(known);
        for (const one of [written, read]) {
          assert.equal(one.size, model.size);
          for (let at = 1; at <= 5_000; at += 7) {
            const key = spread(at);
            assert.deepEqual([one.has(key), one.get(key)], [model.has(key), model.get(key) ?? null]);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the same at the ends of what a number and a time may be', () => {
    const numbers = [1, 2 ** 32 - 1, 2 ** 32, 2 ** 47 - 1, 2 ** 47, 2 ** 53 - 1];
    const contents = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
    const times = ['0000-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', AT, '9999-12-31T23:59:59.999Z'];
    const all = [Number.NaN, ...times.map((at) => Date.parse(at))];
    const cases = contents.flatMap((content) => all.map((time) => ({ content, time })));
    for (const what of cases) {
      const written = new SeenRecords();
      for (const key of numbers) written.set(key, what);
      const read = new SeenRecords();
      for (const row of written.rows()) read.addRow(row);
      assert.deepEqual(
        numbers.map((key) => [written.get(key), read.get(key)]),
        numbers.map(() => [what, what]),
      );
    }
  });

  it('is among what another one has seen, or is not', () => {
    const keys = fc.array(number, { maxLength: 200 });
    fc.assert(
      fc.property(keys, keys, (some, others) => {
        const [one, other] = [some, others].map((of) => {
          const records = new SeenRecords();
          for (const key of of) records.set(key, { content: 1, time: 0 });
          return records;
        }) as [SeenRecords, SeenRecords];
        assert.equal(
          [...one.isWithin(other)].at(-1),
          some.every((key) => others.includes(key)),
        );
      }),
    );
  });

  it('takes 24 bytes a record, written in rows of some thousand', () => {
    const records = new SeenRecords();
    for (let n = 1; n <= 10_000; n += 1) records.set(n, { content: n, time: n });
    const rows = [...records.rows()];
    const bytes = rows.reduce((sum, row) => sum + Buffer.byteLength(row, 'base64'), 0);
    assert.deepEqual([rows.length, bytes], [3, 240_000]);
  });

  it('forgets the content of what another reading brought', () => {
    const records = new SeenRecords();
    const key = numberOf('salt', 'a');
    records.set(key, { content: 7, time: 1 });
    for (const row of unknownRows('salt', ['a', 'b'])) records.addRow(row);
    const unknown = { content: 0, time: Number.NaN };
    assert.deepEqual([records.get(key), records.get(numberOf('salt', 'b')), records.size], [unknown, unknown, 2]);
  });

  it('goes by the first 53 bits of a hash, of a key and of a content alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const hash = createHash('sha256').update(`salt ${text}`).digest('hex');
        const number = Number(BigInt(`0x${hash.slice(0, 16)}`) >> 11n);
        assert.deepEqual(
          [digestOf('salt', text), numberOf('salt', text)],
          [{ hash: hash.slice(0, 32), number }, number],
        );
      }),
    );
  });

  it('goes by numbers that nobody can choose without the salt', () => {
    assert.deepEqual(digestOf('salt', 'text'), digestOf('salt', 'text'));
    const one = digestOf('salt', 'text');
    for (const other of [digestOf('salt2', 'text'), digestOf('salt', 'text2')]) {
      assert.ok(one.number !== other.number && one.hash !== other.hash);
    }
    assert.ok(Number.isSafeInteger(one.number) && one.number > 2 ** 32);
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
