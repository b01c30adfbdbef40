import assert from 'node:assert/strict';
import {
  clixmlEnum,
  clixmlObject,
  clixmlScalar,
  readClixmlDocument,
  toPlain,
  writeClixmlDocument,
} from '../../../src/clixml/index.ts';
import type { ClixmlObject, ClixmlValue } from '../../../src/clixml/index.ts';
import { useSession, valueOf } from './engine-session.ts';

const HURTING =
  '\0\u0001\t\r\n\u007f\u0085 _x_ _X_ _x0041_ _X0041_ __x \ud83c \udfb5\ud83c 🎵 \ufffe\uffff \u2028 ]]> <&>"\' ';
const object = (typeNames: readonly string[], parts: Parameters<typeof clixmlObject>[0]): ClixmlObject =>
  clixmlObject({ typeNames, ...parts });

/** What is sent, the .NET type it becomes, and its text there. */
const SENT: readonly (readonly [name: string, value: ClixmlValue, type: string | null, text: string | null])[] = [
  ['nothing', null, null, null],
  ['a text', 'plain', 'System.String', 'plain'],
  ['a text of nothing', '', 'System.String', ''],
  ['a truth', true, 'System.Boolean', 'True'],
  ['a character', clixmlScalar('C', '55356'), 'System.Char', null],
  ['a By', clixmlScalar('By', '255'), 'System.Byte', '255'],
  ['an SB', clixmlScalar('SB', '-128'), 'System.SByte', '-128'],
  ['a U16', clixmlScalar('U16', '65535'), 'System.UInt16', '65535'],
  ['an I16', clixmlScalar('I16', '-32768'), 'System.Int16', '-32768'],
  ['a U32', clixmlScalar('U32', '4294967295'), 'System.UInt32', '4294967295'],
  ['an I32', -2147483648, 'System.Int32', '-2147483648'],
  ['an I64', -9223372036854775808n, 'System.Int64', '-9223372036854775808'],
  ['a U64', 18446744073709551615n, 'System.UInt64', '18446744073709551615'],
  ['an Sg', clixmlScalar('Sg', '1.5'), 'System.Single', '1.5'],
  ['a Db', 0.1, 'System.Double', '0.1'],
  ['a Db below zero', -0, 'System.Double', '-0'],
  ['a Db that is small', 5e-324, 'System.Double', '5E-324'],
  ['a Db that is large', 1.7976931348623157e308, 'System.Double', '1.7976931348623157E+308'],
  ['not a number', Number.NaN, 'System.Double', 'NaN'],
  ['infinity', Number.NEGATIVE_INFINITY, 'System.Double', '-Infinity'],
  ['a D', clixmlScalar('D', '-1.10'), 'System.Decimal', '-1.10'],
  ['a DT', clixmlScalar('DT', '2026-05-01T08:00:00.1234567Z'), 'System.DateTime', '2026-05-01T08:00:00.1234567Z Utc'],
  [
    'a DT of no zone',
    clixmlScalar('DT', '0001-01-01T00:00:00'),
    'System.DateTime',
    '0001-01-01T00:00:00.0000000 Unspecified',
  ],
  ['a TS', clixmlScalar('TS', '-P1DT0.0000001S'), 'System.TimeSpan', '-1.00:00:00.0000001'],
  [
    'a G',
    clixmlScalar('G', '0a5e7715-0000-4000-8000-000000000001'),
    'System.Guid',
    '0a5e7715-0000-4000-8000-000000000001',
  ],
  ['a URI', clixmlScalar('URI', 'https://x.example/ä?q=1&r=<2>'), 'System.Uri', 'https://x.example/ä?q=1&r=<2>'],
  ['a Version', clixmlScalar('Version', '15.2.1544.4'), 'System.Version', '15.2.1544.4'],
  ['a BA', new Uint8Array([0, 1, 255]), 'System.Byte[]', '0001FF'],
  ['a BA of nothing', new Uint8Array(), 'System.Byte[]', ''],
  ['an XD', clixmlScalar('XD', '<a b="1">&lt;ä 🎵</a>'), 'System.Xml.XmlDocument', '<a b="1">&lt;ä 🎵</a>'],
];

/** What reads back: narrow numbers are numbers to us. */
function plainNumber(value: ClixmlValue): unknown {
  const isNumber =
    typeof value === 'object' &&
    value !== null &&
    'tag' in value &&
    ['By', 'SB', 'U16', 'I16', 'U32', 'Sg'].includes(value.tag);
  return isNumber ? Number(value.text) : toPlain(value);
}

/** Collections and objects: what is sent, and its .NET type there. */
const SENT_OBJECTS: readonly (readonly [name: string, value: ClixmlObject, type: string])[] = [
  [
    'a list',
    object(['System.Object[]', 'System.Array', 'System.Object'], { items: [1, 'a', null] }),
    'System.Collections.ArrayList',
  ],
  [
    'a list of nothing',
    object(['System.Collections.ArrayList', 'System.Object'], { items: [] }),
    'System.Collections.ArrayList',
  ],
  ['an IE', object([], { items: [2, 4], itemsTag: 'IE' }), 'System.Collections.ArrayList'],
  ['a stack', object([], { items: [2, 1], itemsTag: 'STK' }), 'System.Collections.Stack'],
  ['a queue', object([], { items: ['q', 'r'], itemsTag: 'QUE' }), 'System.Collections.Queue'],
  [
    'a dictionary',
    object(['System.Collections.Hashtable', 'System.Object'], { entries: [['Add', object([], { items: ['x'] })]] }),
    'System.Collections.Hashtable',
  ],
  [
    'nested lists',
    object([], { items: [object([], { items: [object([], { items: ['deep'] })] })] }),
    'System.Collections.ArrayList',
  ],
];

describe('values between us and the real engine', () => {
  const session = useSession();

  async function understood(value: ClixmlValue): Promise<Record<string, unknown>> {
    const [answer] = await session().values('ConvertTo-EngineText', { InputObject: value });
    assert.ok(answer, 'The engine did not answer.');
    return answer.value as Record<string, unknown>;
  }

  for (const [name, value, type, text] of SENT) {
    it(`${name} arrives as it was sent and comes back`, async () => {
      const answer = await understood(value);
      assert.equal(answer['Type'], type);
      if (text !== null || type === null) assert.equal(answer['Text'], text);
      const [back] = readClixmlDocument(answer['Clixml'] as string);
      assert.deepEqual(toPlain(back ?? null), plainNumber(value));
    });
  }

  for (const [name, value, type] of SENT_OBJECTS) {
    it(`${name} arrives as it was sent and comes back`, async () => {
      const answer = await understood(value);
      assert.equal(answer['Type'], type);
      const [back] = readClixmlDocument(answer['Clixml'] as string);
      assert.deepEqual(toPlain(back ?? null), toPlain(value));
    });
  }

  it('a text of every awkward character arrives unit by unit and comes back', async () => {
    const answer = await understood(HURTING);
    assert.deepEqual(
      answer['Units'],
      Array.from({ length: HURTING.length }, (_, at) => HURTING.charCodeAt(at)),
    );
    const characters = HURTING.replace(/[\ufffe\uffff]/g, '');
    assert.deepEqual(readClixmlDocument((await understood(characters))['Clixml'] as string), [characters]);
  });

  it('an enum arrives with its number and its name', async () => {
    const answer = await understood(clixmlEnum('System.DayOfWeek', 'Friday', 5));
    assert.deepEqual(
      [answer['Type'], answer['TypeNames']],
      [
        'System.Int32',
        [
          'Deserialized.System.DayOfWeek',
          'Deserialized.System.Enum',
          'Deserialized.System.ValueType',
          'Deserialized.System.Object',
        ],
      ],
    );
    assert.deepEqual(toPlain(readClixmlDocument(answer['Clixml'] as string)[0] ?? null), 'Friday');
  });

  it('an object arrives with its properties, extended ones and hostile names among them', async () => {
    const sent = object(['Contoso.Thing', 'System.Object'], {
      text: 'thing',
      properties: { Name: 'n', 'a b_x0041_\n': null },
      members: new Map<string, ClixmlValue>([
        ['__proto__', 'p'],
        ['constructor', object([], { items: [1] })],
      ]),
    });
    const answer = await understood(sent);
    assert.deepEqual(answer['TypeNames'], ['Deserialized.Contoso.Thing', 'Deserialized.System.Object']);
    assert.deepEqual(toPlain(readClixmlDocument(answer['Clixml'] as string)[0] ?? null), toPlain(sent));
  });

  it('one object twice is one object there', async () => {
    const shared = object(['System.Collections.Hashtable', 'System.Object'], { entries: [['k', 'v']] });
    const answer = await understood(object([], { items: [shared, shared] }));
    assert.match(answer['Clixml'] as string, /<Ref RefId="\d+" \/>/);
    assert.deepEqual(toPlain(readClixmlDocument(answer['Clixml'] as string)[0] ?? null), [
      { __proto__: null, k: 'v' },
      { __proto__: null, k: 'v' },
    ]);
  });

  it('every value the engine makes is read', async () => {
    const values = (await session().values('Get-EngineValue')).map(({ value }) => value);
    const record = (fields: Record<string, unknown>): unknown => ({ __proto__: null, ...fields });
    assert.ok(Object.is(values[0], -0));
    assert.deepEqual(values.slice(1, 33), [
      5e-324,
      1.7976931348623157e308,
      -3.4028235e38,
      0.1,
      -0.1,
      1e21,
      9223372036854775807n,
      '0',
      '-1.10',
      '\0',
      '\uD83C',
      ' ',
      '2026-05-01T08:00:00Z',
      '2026-05-01T08:00:00.123+00:00',
      '-P10675199DT2H48M5.4775808S',
      'P10675199DT2H48M5.4775807S',
      'PT0S',
      'relative path',
      '1.2',
      record({ Major: 7, Minor: 6, Patch: 9, PreReleaseLabel: 'rc', BuildLabel: 'b' }),
      new Uint8Array(),
      '<a b="1">&lt;x&gt; ä 🎵</a>',
      'text',
      Object.assign(Object.create(null), JSON.parse('{"__proto__":"p"}'), {
        constructor: [1, 2],
        'a b_x0041_\n': null,
      }),
      [],
      [record({ k: 'v' }), record({ k: 'v' })],
      [[['deep']]],
      [2, 4, 6],
      'Class, Method',
      '77',
      record({ Key: 'k', Value: 1 }),
      record({ z: 1, a: 2 }),
    ]);
    assert.deepEqual(values.slice(-2), [HURTING, 'ä'.repeat(40_000)]);
  });

  it('every value the engine makes can be written by us and read by the engine again', async () => {
    for (const output of await session().values('Get-EngineValue')) {
      const value = valueOf(output);
      const [back] = await session().values('ConvertFrom-EngineText', { Clixml: writeClixmlDocument([value]) });
      assert.deepEqual(toPlain(valueOf(back)), toPlain(value));
    }
  });
});
