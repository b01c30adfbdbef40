import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  clixmlEnum,
  clixmlObject,
  clixmlScalar,
  readClixml,
  readClixmlDocument,
  readClixmlPlain,
  toPlain,
  writeClixml,
  writeClixmlDocument,
} from '../../src/clixml/index.ts';
import type { ClixmlObject } from '../../src/clixml/index.ts';
import { isConnectorError } from '../../src/errors.ts';
import { anyClixmlValue } from './arbitraries.ts';

const record = (fields: Record<string, unknown>) => Object.assign(Object.create(null) as object, fields);

const deep = (levels: number) => '<Obj><LST>'.repeat(levels) + '</LST></Obj>'.repeat(levels);

describe('reading CLIXML', () => {
  it('reads every primitive type of the specification', () => {
    const document = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
      <S>a &amp; b</S> <S /> <C>120</C> <B>true</B> <B>0</B> <DT>2026-05-01T08:00:00.1234567+02:00</DT> <TS>-PT0.0000001S</TS>
      <By>255</By> <SB>-128</SB> <U16>65535</U16> <I16>-32768</I16> <U32>4294967295</U32> <I32>-2147483648</I32>
      <U64>18446744073709551615</U64> <I64>-9223372036854775808</I64> <Sg>1.5</Sg> <Db>INF</Db> <Db>-Infinity</Db> <Db>NaN</Db>
      <D>79228162514264337593543950335</D> <BA>AAH/</BA> <G>49ef970b-7f97-475c-a415-91e2b7744875</G>
      <URI>https://x.example/?q=1</URI> <Nil /> <Version>15.2.0.0</Version> <XD>&lt;a /&gt;</XD> <SBK>1+1</SBK> <SS>AAAA</SS></Objs>`;
    assert.deepEqual(readClixmlDocument(document), [
      'a & b',
      '',
      clixmlScalar('C', '120'),
      true,
      false,
      clixmlScalar('DT', '2026-05-01T08:00:00.1234567+02:00'),
      clixmlScalar('TS', '-PT0.0000001S'),
      255,
      -128,
      65535,
      -32768,
      4294967295,
      -2147483648,
      18446744073709551615n,
      -9223372036854775808n,
      1.5,
      Infinity,
      -Infinity,
      NaN,
      clixmlScalar('D', '79228162514264337593543950335'),
      new Uint8Array([0, 1, 255]),
      clixmlScalar('G', '49ef970b-7f97-475c-a415-91e2b7744875'),
      clixmlScalar('URI', 'https://x.example/?q=1'),
      null,
      clixmlScalar('Version', '15.2.0.0'),
      clixmlScalar('XD', '<a />'),
      clixmlScalar('SBK', '1+1'),
      clixmlScalar('SS', 'AAAA'),
    ]);
  });

  it('reads an object with type names, text, properties and extended members, and what refers to them', () => {
    const xml =
      '<Obj RefId="0"><TN RefId="0"><T>A.B</T><T>System.Object</T></TN><ToString>one</ToString>' +
      '<Props><S N="Name">one</S><Obj N="Inner" RefId="1"><TNRef RefId="0" /><LST><I32>1</I32></LST></Obj><Ref N="Again" RefId="1" /></Props>' +
      '<MS><B N="Extra">true</B></MS></Obj>';
    const inner = clixmlObject({ typeNames: ['A.B', 'System.Object'], items: [1] });
    const value = readClixml(xml);
    assert.deepEqual(
      value,
      clixmlObject({
        typeNames: ['A.B', 'System.Object'],
        text: 'one',
        properties: { Name: 'one', Inner: inner, Again: inner },
        members: { Extra: true },
      }),
    );
    const properties = (value as ClixmlObject).properties;
    assert.equal(properties?.get('Inner'), properties?.get('Again'));
  });

  it('starts the reference tables anew for every message', () => {
    readClixml('<Obj RefId="0"><TN RefId="0"><T>A</T></TN></Obj>');
    assert.throws(() => readClixml('<Obj RefId="1"><TNRef RefId="0" /></Obj>'), { code: 'ERR_CLIXML_INVALID' });
    assert.throws(() => readClixml('<Obj RefId="1"><Ref RefId="0" /></Obj>'), { code: 'ERR_CLIXML_INVALID' });
  });

  it('reads a string with note properties, a member set and a repeated id, of which the last counts', () => {
    const xml =
      '<Obj RefId="0"><LST><Obj RefId="7"><S>dir</S><MS><S N="Note">n</S></MS></Obj><Obj RefId="7"><S>other</S></Obj><Ref RefId="7" /></LST>' +
      '<MS><MS N="PSStandardMembers"><I32 N="a">1</I32></MS></MS></Obj>';
    const other = clixmlObject({ value: 'other' });
    assert.deepEqual(
      readClixml(xml),
      clixmlObject({
        items: [clixmlObject({ value: 'dir', members: { Note: 'n' } }), other, other],
        members: { PSStandardMembers: clixmlObject({ members: { a: 1 } }) },
      }),
    );
  });

  it('reads an object that refers to itself without a circle', () => {
    const value = readClixml('<Obj RefId="0"><Props><Ref N="Self" RefId="0" /></Props></Obj>');
    assert.deepEqual(value, clixmlObject({ properties: { Self: null } }));
  });

  it('never reads SerializationData, whatever is inside', () => {
    const xml =
      '<Obj RefId="0"><ToString>10 MB</ToString><MS><BA N="SerializationData">not base64!</BA>' +
      '<Obj N="SerializationData"><Anything><S>deep</S></Anything></Obj><S N="Kept">k</S></MS></Obj>';
    assert.deepEqual(readClixml(xml), clixmlObject({ text: '10 MB', members: { Kept: 'k' } }));
  });

  it('reads characters that .NET writes though XML forbids them', () => {
    assert.equal(readClixml('<S>a\uFFFFb&#xFFFE;c&#1;</S>'), 'a\uFFFFb\uFFFEc\u0001');
    assert.equal(readClixml('<S>_xD83C_</S>'), '\uD83C');
    assert.equal(readClixml('<S>&#xD83C;</S>'), '\uD83C');
  });

  it('is not harmed by properties named __proto__ or constructor', () => {
    const xml = '<Obj><Props><S N="__proto__">a</S><S N="constructor">b</S></Props></Obj>';
    const plain = readClixmlPlain(xml) as Record<string, unknown>;
    assert.deepEqual(Object.entries(plain), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    assert.equal(Object.getPrototypeOf(plain), null);
    assert.equal(({} as Record<string, unknown>)['a'], undefined);
  });

  const refused: Readonly<Record<string, string>> = {
    'a document type declaration': '<!DOCTYPE S [<!ENTITY a "b">]><S>&a;</S>',
    'an undefined entity': '<S>&nbsp;</S>',
    'an unclosed element': '<Obj><S>',
    'an element of another vocabulary': '<Obj><Evil /></Obj>',
    'an element inside a string': '<S><S>a</S></S>',
    'a property without a name': '<Obj><Props><S>a</S></Props></Obj>',
    'a number out of its range': '<By>256</By>',
    'a number that is none': '<I32>1e3</I32>',
    'a truth value that is none': '<B>maybe</B>',
    'bytes that are not base64': '<BA>a*b=</BA>',
    'an object with two values': '<Obj><S>a</S><S>b</S></Obj>',
    'an entry without a value': '<Obj><DCT><En><S N="Key">a</S></En></DCT></Obj>',
    'text between elements': '<Obj>text</Obj>',
    'properties outside an object': '<Props><S N="a">b</S></Props>',
    'a foreign namespace': '<Objs xmlns="urn:other"><S>a</S></Objs>',
    nothing: '',
    'two values where one was expected': '<Objs><S>a</S><S>b</S></Objs>',
  };
  for (const [what, xml] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readClixml(xml), { code: 'ERR_CLIXML_INVALID' });
      assert.throws(() => readClixmlPlain(xml), { code: 'ERR_CLIXML_INVALID' });
    });
  }

  it('stops at its limits of depth, size and repeated references', () => {
    assert.doesNotThrow(() => readClixml(deep(64)));
    assert.throws(() => readClixml(deep(65)), { code: 'ERR_CLIXML_LIMIT' });
    assert.throws(() => readClixml(`<S>${'a'.repeat(100)}</S>`, { characters: 99 }), { code: 'ERR_CLIXML_LIMIT' });
    let laughs = '<Obj RefId="0"><LST><S>ha</S></LST></Obj>';
    for (let id = 1; id < 30; id++) {
      const ref = `<Ref RefId="${id - 1}" />`;
      laughs += `<Obj RefId="${id}"><LST>${ref.repeat(10)}</LST></Obj>`;
    }
    assert.throws(() => readClixmlPlain(`<Obj><LST>${laughs}</LST></Obj>`), { code: 'ERR_CLIXML_LIMIT' });
  });
});

describe('what callers see of CLIXML', () => {
  it('shows enums by name, value objects by their text and collections as arrays', () => {
    const device = clixmlObject({
      typeNames: ['Microsoft.Exchange.Data.Directory.Management.MobileDevice', 'System.Object'],
      text: 'iPhone§ApplF00',
      properties: {
        DeviceId: 'ApplF00',
        DeviceAccessState: clixmlEnum('Microsoft.Exchange.Data.Directory.DeviceAccessState', 'Blocked', 2),
        Identity: clixmlObject({ text: 'contoso.example/u/iPhone§ApplF00', properties: { Depth: 5 } }),
        ObjectClass: clixmlObject({ items: ['top', 'msExchActiveSyncDevice'] }),
        WhenChangedUTC: clixmlScalar('DT', '2026-05-01T08:00:00Z'),
        Grade: clixmlScalar('C', '65'),
        Nothing: null,
        Nested: clixmlObject({ typeNames: ['My.Type'], text: 'My.Type', properties: { a: 1 } }),
        Table: clixmlObject({ entries: [['Add', clixmlObject({ items: ['x'] })]] }),
      },
      members: { PSComputerName: 'ex1' },
    });
    const expected = record({
      DeviceId: 'ApplF00',
      DeviceAccessState: 'Blocked',
      Identity: 'contoso.example/u/iPhone§ApplF00',
      ObjectClass: ['top', 'msExchActiveSyncDevice'],
      WhenChangedUTC: '2026-05-01T08:00:00Z',
      Grade: 'A',
      Nothing: null,
      Nested: record({ a: 1 }),
      Table: record({ Add: ['x'] }),
      PSComputerName: 'ex1',
    });
    assert.deepEqual(toPlain(device), expected);
    assert.deepEqual(readClixmlPlain(writeClixml(device)), expected);
  });

  it('gives the same on the direct path for any value', () => {
    fc.assert(
      fc.property(anyClixmlValue, (value) => {
        const xml = writeClixml(value);
        assert.deepEqual(readClixmlPlain(xml), toPlain(readClixml(xml)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('writing CLIXML', () => {
  it('writes a parameter table of Add and Remove as PowerShell does', () => {
    const list = clixmlObject({
      typeNames: ['System.Object[]', 'System.Array', 'System.Object'],
      items: ['d<1>', 'd_x2'],
    });
    const table = clixmlObject({
      typeNames: ['System.Collections.Hashtable', 'System.Object'],
      entries: [['Add', list]],
    });
    assert.equal(
      writeClixml(clixmlObject({ members: { N: '-Ids', V: table } })),
      '<Obj RefId="0"><MS><S N="N">-Ids</S><Obj N="V" RefId="1"><TN RefId="0"><T>System.Collections.Hashtable</T><T>System.Object</T></TN>' +
        '<DCT><En><S N="Key">Add</S><Obj N="Value" RefId="2"><TN RefId="1"><T>System.Object[]</T><T>System.Array</T><T>System.Object</T></TN>' +
        '<LST><S>d&lt;1&gt;</S><S>d_x005F_x2</S></LST></Obj></En></DCT></Obj></MS></Obj>',
    );
  });

  it('round-trips any value tree', () => {
    fc.assert(
      fc.property(anyClixmlValue, (value) => {
        assert.deepEqual(readClixml(writeClixml(value)), value);
        assert.deepEqual(readClixmlDocument(writeClixmlDocument([value, value])), [value, value]);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what CLIXML cannot carry', () => {
    assert.throws(() => writeClixml(2n ** 64n), { code: 'ERR_CLIXML_INVALID' });
    assert.throws(() => clixmlScalar('Evil', 'a'), { code: 'ERR_CLIXML_INVALID' });
    assert.throws(() => writeClixml(clixmlObject({ entries: [[null, 1]] })), { code: 'ERR_CLIXML_INVALID' });
  });
});

/** A declaration takes a document off the short path of scan-common-form.ts. */
const otherForm = (xml: string) => `<?xml version="1.0"?>${xml.replace(/^\uFEFF/, '')}`;

describe('hostile CLIXML', () => {
  const sound = writeClixml(
    clixmlObject({
      typeNames: ['A', 'B'],
      text: 't_x0041_ & <more>',
      properties: { a: clixmlObject({ items: [1, 'x'] }), b: new Uint8Array([1]), 'c"': "'" },
      members: { c: clixmlObject({ entries: [['k', 5n]] }) },
    }),
  );
  const damage = fc.array(
    fc.record({
      at: fc.nat(sound.length),
      cut: fc.nat(9),
      put: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.constantFrom(
          '',
          '<Obj>',
          '</Obj>',
          '<Ref RefId="0"/>',
          '&#0;',
          '&amp;',
          '&x;',
          ']]>',
          '<S N="a" />',
          '<0S />',
          '\n',
          ' ',
          '"',
          '<!-- -->',
        ),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const damaged = damage.map((cuts) =>
    cuts.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), sound),
  );
  /** The value, or the code of the error. */
  const outcome = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      assert.ok(isConnectorError(error), String(error));
      return error.code;
    }
  };

  it('throws nothing but coded errors when damaged', () => {
    fc.assert(
      fc.property(damaged, (xml) => {
        const codes = [undefined, 'ERR_CLIXML_INVALID', 'ERR_CLIXML_LIMIT'];
        for (const read of [readClixml, readClixmlPlain]) {
          const result = outcome(() => void read(xml));
          assert.ok(codes.includes(result as string), String(result));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads the same in the form PowerShell writes and in any other form of XML', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, anyClixmlValue.map(writeClixml)), (xml) => {
        assert.deepEqual(
          outcome(() => readClixml(xml)),
          outcome(() => readClixml(otherForm(xml))),
        );
      }),
      { numRuns: 3000 },
    );
  });

  describe('of which only some properties are read', () => {
    const wanted = new Set(['DeviceId', 'Guid', '__proto__', 'a b', 'A_x0041_']);
    const names = fc.constantFrom(
      'DeviceId',
      'Guid',
      'Imei',
      'Name',
      'Note',
      '__proto__',
      'constructor',
      'a b',
      'A_x0041_',
    );
    const fieldsOf = (value: typeof anyClixmlValue) =>
      fc.array(fc.tuple(names, value), { maxLength: 6 }).map((pairs) => new Map(pairs));
    /** Objects as a cmdlet writes them: the same names in changing company, so that what came before is met again. */
    const object = fc
      .record({
        properties: fieldsOf(anyClixmlValue),
        members: fieldsOf(anyClixmlValue),
        text: fc.constantFrom(null, 'text'),
        typeNames: fc.constantFrom([], ['A.Device', 'System.Object'], ['A.User', 'a_x0041_b & <c>']),
      })
      .map((parts) => writeClixml(clixmlObject(parts)));

    const cutDown = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
        ? record(Object.fromEntries(Object.entries(value).filter(([name]) => wanted.has(name))))
        : value;
    const plainOf = (xml: string, some: ReadonlySet<string> | null): unknown =>
      outcome(() => readClixmlPlain(xml, { depth: 8, elements: 60 }, some));

    it('reads these as it would among all', () => {
      fc.assert(
        fc.property(object, (xml) => {
          assert.deepEqual(plainOf(xml, wanted), cutDown(plainOf(xml, null)));
          assert.deepEqual(plainOf(otherForm(xml), wanted), cutDown(plainOf(xml, null)));
        }),
        { numRuns: 2000 },
      );
    });

    it('refuses what it would refuse among all, wherever it is', () => {
      const piece = fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.constantFrom(
          '<',
          '&',
          '&amp;',
          '"',
          '<B>x</B>',
          '<I32>x</I32>',
          '<T>',
          '</S>',
          '<Ref RefId="0" />',
          ' RefId="1"',
          ' N="Guid"',
        ),
      );
      const damagedObject = fc
        .tuple(object, fc.nat(), fc.nat({ max: 20 }), piece)
        .map(([xml, at, length, text]) => xml.slice(0, at % xml.length) + text + xml.slice((at % xml.length) + length));
      fc.assert(
        fc.property(damagedObject, (xml) => {
          const all = plainOf(xml, null);
          const some = plainOf(xml, wanted);
          if (typeof all === 'string' && all.startsWith('ERR_')) assert.equal(some, all);
          else assert.deepEqual(some, cutDown(all));
          assert.deepEqual(plainOf(otherForm(xml), null), all);
        }),
        { numRuns: 3000 },
      );
    });

    it('knows a name by what it says, however it is written, and leaves nested objects whole', () => {
      const xml =
        '<Obj RefId="0"><Props><S N="_x0047_uid">g</S><S N="Other">o</S><B N="Bad">true</B>' +
        '<Obj N="DeviceId" RefId="1"><Props><S N="Other">inside</S></Props></Obj><Obj N="Gone" RefId="2"><LST><S>l</S></LST></Obj>' +
        '</Props><MS><Ref N="a b" RefId="2" /></MS></Obj>';
      assert.deepEqual(
        readClixmlPlain(xml, {}, wanted),
        record({ Guid: 'g', DeviceId: record({ Other: 'inside' }), 'a b': ['l'] }),
      );
    });
  });
});
