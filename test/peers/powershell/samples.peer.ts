import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClixmlDocument, toPlain, writeClixmlDocument } from '../../../src/clixml/index.ts';
import type { ClixmlObject, ClixmlValue, PlainValue } from '../../../src/clixml/index.ts';
import { useSession, valueOf } from './engine-session.ts';

/** A line of the samples. */
interface Sample {
  readonly type: string | null;
  readonly text: string | null;
  readonly properties: Readonly<Record<string, string | null>> | null;
  readonly clixml: string;
}

const samples = process.env['ENGINE_SAMPLES'];

(samples === undefined ? describe.skip : describe)('the kept samples of the engine’s serializer', () => {
  const session = useSession();
  const read = (name: string): Sample[] =>
    readFileSync(join(samples ?? '', name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sample);

  it('values: what the engine sends reads as what was kept', async () => {
    const kept = read('engine-values.jsonl').map(({ clixml }) => readClixmlDocument(clixml)[0]);
    const sent = (await session().values('Get-EngineValue', { Listed: true })).map(valueOf);
    assert.deepEqual(
      sent.map(comparable),
      kept.map((value) => comparable(value ?? null)),
    );
    // The order within a hash table is another in every process; above it does not count.
    const isOrdered = (text: unknown): boolean => !String(text).includes('<T>System.Collections.Hashtable</T>');
    const texts = await session().values('Get-EngineValue', { Listed: true, AsText: true });
    assert.deepEqual(
      texts.map(({ value }) => value).filter(isOrdered),
      read('engine-values.jsonl')
        .map(({ clixml }) => clixml)
        .filter(isOrdered),
    );
  });

  it('values: each has the text that .NET gives it', () => {
    for (const { type, text, clixml } of read('engine-values.jsonl')) {
      const [value] = readClixmlDocument(clixml);
      assert.deepEqual(
        [type, shownAs(type, value ?? null)],
        [type, type === 'System.Exception' ? 'System.Exception: e' : text],
      );
    }
  });

  for (const [cmdlet, type] of [
    ['Get-MobileDevice', 'MobileDevice'],
    ['Get-CASMailbox', 'CASMailbox'],
    ['Get-MobileDeviceStatistics', 'MobileDeviceConfiguration'],
    ['Get-Recipient', 'ReducedRecipient'],
  ] as const) {
    it(`${type}: what the engine sends reads as what was kept`, async () => {
      const kept = read('engine-objects.jsonl').filter((sample) => sample.type?.endsWith(`.${type}`));
      const sent = (await session().values(cmdlet)).map((output) => valueOf(output) as ClixmlObject);
      assert.equal(kept.length, 12);
      assert.deepEqual(
        sent.map(({ typeNames }) => typeNames),
        kept.map(() => [kept[0]?.type, 'System.Object']),
      );
      kept.forEach(({ clixml, properties }, at) => {
        const wanted = readClixmlDocument(clixml)[0] as ClixmlObject;
        const names = [...(wanted.properties?.keys() ?? [])];
        assert.deepEqual(names, Object.keys(properties ?? {}));
        for (const name of names) assert.deepEqual(sent[at]?.properties?.get(name), wanted.properties?.get(name), name);
      });
    });
  }

  it('objects: each property has the text that .NET gives it', () => {
    for (const { clixml, properties } of read('engine-objects.jsonl')) {
      const fields = (readClixmlDocument(clixml)[0] as ClixmlObject).properties ?? new Map<string, ClixmlValue>();
      for (const [name, text] of Object.entries(properties ?? {}))
        assert.equal(shownInvariant(fields.get(name) ?? null), text, name);
    }
  });

  it('everything kept is read by the engine from what we write of it', async () => {
    for (const { clixml } of [...read('engine-values.jsonl'), ...read('engine-objects.jsonl')]) {
      const [value = null] = readClixmlDocument(clixml);
      const [back] = await session().values('ConvertFrom-EngineText', { Clixml: writeClixmlDocument([value]) });
      assert.deepEqual(toPlain(valueOf(back)), toPlain(value));
    }
  });
});

/** A hash table's order differs from run to run. */
function comparable(value: ClixmlValue): unknown {
  const isObject =
    typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && value.kind === 'object';
  if (!isObject || value.entries === null) return value;
  const name = (key: ClixmlValue): string => plainText(toPlain(key));
  return { ...value, entries: value.entries.toSorted(([a], [b]) => name(a).localeCompare(name(b))) };
}

/** How .NET's invariant culture shows a value of one of the sampled types. */
function shownAs(type: string | null, value: ClixmlValue): string | null {
  if (type === 'System.Xml.XmlDocument') return `[${plainText(toPlain(value))}]`;
  if (type === 'System.Collections.Hashtable') return '[[a, 1],[2, System.Int32[]]]';
  if (type === 'System.TimeSpan') return '-00:00:00.0000001';
  if (type === 'System.Exception') return (value as ClixmlObject).text;
  return shownInvariant(value);
}

function shownInvariant(value: ClixmlValue): string | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'object' && 'tag' in value && value.tag === 'DT') return roundTrip(value.text);
  if (typeof value === 'object' && 'tag' in value && value.tag === 'TS' && value.text === 'P3D') return '3.00:00:00';
  return plainText(toPlain(value)).toWellFormed();
}

function plainText(value: PlainValue): string {
  if (value === null) return '';
  if (value instanceof Uint8Array) return `[${value.join(',')}]`;
  if (Array.isArray(value)) return `[${(value as readonly PlainValue[]).map(plainText).join(',')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** .NET's "o" has seven digits always; XmlConvert drops zeros. */
function roundTrip(text: string): string {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? [];
  return `${seconds}.${fraction.padEnd(7, '0')}${zone}`;
}
