import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { FoldedHash } from '../../src/model/folded-hash.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { isoTime } from '../../src/match/iso-time.ts';
import { TextArena } from '../../src/match/text-arena.ts';
import { foldName } from '../../src/model/keys.ts';
import { anMdm, guid } from '../support/records.ts';

function hashOf(text: string): string {
  const hash = new FoldedHash();
  hash.of(text);
  return `${hash.lo} ${hash.hi}`;
}

describe('the MDM index', () => {
  it('keeps one row a record, however often a page repeats', () => {
    const index = new MdmIndex();
    index.add([anMdm(), anMdm({ id: 'm2' })]);
    index.add([anMdm()]);
    assert.equal(index.size, 2);
    assert.equal(index.key(index.rowOfKey('mdm:intune:m1')), 'mdm:intune:m1');
  });

  it('keeps what was seen last of two versions, in either order', () => {
    const older = anMdm({ easIds: [], lastSeenAt: '2026-01-01T00:00:00.000Z' });
    for (const versions of [
      [older, anMdm()],
      [anMdm(), older],
    ]) {
      const index = new MdmIndex();
      index.add(versions);
      assert.equal(index.hasEasId(index.rowOfKey('mdm:intune:m1')), true);
    }
  });

  it('forgets a record, and takes it again', () => {
    const index = new MdmIndex();
    index.add([anMdm()]);
    assert.deepEqual([index.remove('mdm:intune:m1'), index.remove('mdm:intune:m1'), index.size], [true, false, 0]);
    assert.equal(index.rowOfKey('mdm:intune:m1'), -1);
    index.add([anMdm()]);
    assert.equal(index.size, 1);
  });

  it('keeps the facts that matching needs', () => {
    const index = new MdmIndex();
    for (const compliance of ['compliant', 'in-grace', 'noncompliant', 'unknown'] as const) {
      for (const platform of ['ios', 'android', 'windows', 'macos', 'other'] as const) {
        for (const managed of [true, false]) {
          index.add([anMdm({ compliance, managed, device: { platform, model: `${platform} model` } })]);
          const row = index.rowOfKey('mdm:intune:m1');
          assert.deepEqual(
            [index.compliance(row), index.platform(row), index.isManaged(row), index.hasEasId(row), index.model(row)],
            [compliance, platform, managed, true, `${platform} model`],
          );
        }
      }
    }
    const row = index.rowOfKey('mdm:intune:m1');
    assert.equal(index.enrolledAt(row), Date.parse('2026-05-03T09:00:00.000Z'));
    assert.equal(index.lastSeenAt(row), Date.parse('2026-06-01T09:00:00.000Z'));
  });

  it('finds every one of many records again, and nothing else', () => {
    const index = new MdmIndex(16);
    const count = 5000;
    index.add(
      Array.from({ length: count }, (_, i) =>
        anMdm({ id: guid(i), easIds: [`ID${i}`, `SECOND${i}`], device: { serial: `S${i}` } }),
      ),
    );
    for (let i = 0; i < count; i += 7) {
      const row = index.rowOfKey(`mdm:intune:${guid(i)}`);
      assert.equal(index.key(row), `mdm:intune:${guid(i)}`);
      assert.deepEqual(index.rowsWithSerial(`s${i}`), [row]);
    }
    assert.deepEqual(index.rowsWithSerial('ID1'), []);
    assert.equal(index.rowOfKey('mdm:intune:none'), -1);
  });
});

describe('hashing a key', () => {
  it('is the same for whatever folds the same, and else another', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.string({ unit: 'binary', maxLength: 12 }),
        (one, other) => {
          for (const spelled of [one.toUpperCase(), ` ${one} `, one.toLowerCase()]) {
            assert.equal(hashOf(spelled) === hashOf(one), foldName(spelled) === foldName(one));
          }
          assert.equal(hashOf(one) === hashOf(other), foldName(one) === foldName(other));
        },
      ),
      { numRuns: 2000 },
    ));

  it('tells a million keys apart', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200_000; i++) seen.add(hashOf(`user${i}@corp.example`));
    assert.equal(seen.size, 200_000);
  });
});

const nearGuid = fc
  .tuple(
    fc.constantFrom('', 'mdm:a:', 'mdm:b:', 'ü:', 'x'.repeat(300)),
    fc.uuid(),
    fc.constantFrom('as it is', 'upper', 'cut', 'longer', 'broken', 'alone'),
  )
  .map(([beginning, id, how]) => {
    const ends = {
      'as it is': id,
      upper: id.toUpperCase(),
      cut: id.slice(1),
      longer: `${id}0`,
      broken: `g${id.slice(1)}`,
    };
    return how === 'alone' ? beginning : `${beginning}${ends[how]}`;
  });

describe('a text arena', () => {
  it('gives back what was put in', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 50 }), (texts) => {
        const arena = new TextArena();
        const places = texts.map((text) => arena.push(text));
        assert.deepEqual(
          places.map((place) => arena.at(place)),
          texts,
        );
      }),
    ));

  it('gives back what ends with a GUID, or nearly, and tells it from anything else', () =>
    fc.assert(
      fc.property(fc.array(nearGuid, { minLength: 2, maxLength: 50 }), (texts) => {
        const arena = new TextArena();
        const places = texts.map((text) => arena.push(text));
        assert.deepEqual(
          places.map((place) => ({ text: arena.at(place), same: texts.map((text) => arena.is(place, text)) })),
          texts.map((one) => ({ text: one, same: texts.map((text) => text === one) })),
        );
      }),
    ));

  it('takes GUIDs behind more beginnings than it counts', () => {
    const arena = new TextArena();
    const texts = Array.from({ length: 600 }, (_, i) => `mdm:source ${i}:${guid(i)}`);
    const places = texts.map((text) => arena.push(text));
    assert.deepEqual(
      places.map((place) => arena.at(place)),
      texts,
    );
  });

  it('takes texts longer than a chunk, and more than fit one', () => {
    const arena = new TextArena();
    const texts = [
      'a'.repeat(2_000_000),
      'b',
      ...Array.from({ length: 30_000 }, (_, i) => `key ${i} ${'x'.repeat(40)}`),
    ];
    const places = texts.map((text) => arena.push(text));
    assert.ok(texts.every((text, i) => arena.at(places[i]!) === text));
  });
});

describe('reading a time', () => {
  it('agrees with the language on every time a record can have', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1602-01-01'), max: new Date('9997-12-31'), noInvalidDate: true }),
        (date) => {
          assert.equal(isoTime(date.toISOString()), date.getTime());
        },
      ),
    ));

  it('counts days as the language does, also those that no month has, and years that it takes for others', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 99, 100, 1600, 1900, 2000, 2100)),
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 99 }),
        (year, month, day) => {
          const [y, m, d] = [
            String(year).padStart(4, '0'),
            String(month).padStart(2, '0'),
            String(day).padStart(2, '0'),
          ];
          assert.equal(isoTime(`${y}-${m}-${d}T00:00:00.000Z`), Date.UTC(year, month - 1, day));
        },
      ),
    ));

  it('takes other forms too, and knows none', () => {
    assert.equal(isoTime('2026-06-02T12:00:00Z'), Date.parse('2026-06-02T12:00:00Z'));
    assert.ok([null, undefined, '', 'never'].every((text) => Number.isNaN(isoTime(text))));
  });
});
