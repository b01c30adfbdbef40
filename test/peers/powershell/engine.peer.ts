import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  clixmlEnum,
  clixmlObject,
  clixmlScalar,
  readClixml,
  readClixmlDocument,
  toPlain,
  writeClixmlDocument,
} from '../../../src/clixml/index.ts';
import type { ClixmlObject, ClixmlValue } from '../../../src/clixml/index.ts';
import { PipelineState } from '../../../src/psrp/index.ts';
import type { PsrpEvent, PsrpErrorRecord } from '../../../src/psrp/index.ts';
import { ENGINE_ASSEMBLY } from './engine-assembly.ts';
import type { EngineLaunch } from './engine-process.ts';
import { EngineSession } from './engine-session.ts';
import { writeSessionFile } from './session-file.ts';
import type { SessionFile } from './session-file.ts';

let file: SessionFile;
let launch: EngineLaunch;

before(async () => {
  file = await writeSessionFile(ENGINE_ASSEMBLY);
  launch = { assembly: ENGINE_ASSEMBLY, session: file.path };
});
after(() => file.remove());

/** Events without what differs from run to run. */
function told(events: readonly PsrpEvent[]): unknown[] {
  return events.map((event) => {
    if (event.kind === 'output') return ['output', event.value];
    if (event.kind === 'pipeline-state') return ['state', event.state];
    if (event.kind === 'information')
      return ['information', event.record.message, event.record.source, event.record.tags];
    if (event.kind === 'progress') return ['progress', event.record];
    if (event.kind === 'error') return ['error', event.error];
    if (event.kind === 'host-call')
      return ['host-call', event.call.methodName, event.call.expectsAnswer, event.answered];
    return 'text' in event ? [event.kind, event.text] : [event.kind];
  });
}

/** The error a pipeline ended with. */
function ending(events: readonly PsrpEvent[]): PsrpErrorRecord {
  const last = events.at(-1);
  assert.ok(last?.kind === 'pipeline-state', `The last event is ${last?.kind}.`);
  assert.equal(last.state, PipelineState.FAILED);
  assert.ok(last.error !== null);
  return last.error;
}

describe('a session of the real engine', () => {
  let session: EngineSession;
  before(async () => {
    session = await EngineSession.open(launch);
  });
  after(() => session.close());

  it('opens at protocol 2.3, in no-language mode', async () => {
    assert.equal(session.pool.protocolVersion, '2.3');
    assert.deepEqual(
      session.opening.map(({ kind }) => kind),
      ['capability', 'private-data', 'pool-state'],
    );
    const [process] = await session.values('Get-EngineProcess');
    assert.equal((process?.value as { LanguageMode: string }).LanguageMode, 'NoLanguage');
  });

  it('tells errors, warnings, verbose and debug texts, progress and information in order', async () => {
    const events = await session.run('Write-EngineStream', { Count: 2, Aloud: true });
    const round = (number: number): unknown[] => [
      ['output', number],
      [
        'error',
        {
          message: `details ${number}`,
          fullyQualifiedErrorId: 'EngineBroken,ExchangeEngine.WriteEngineStream',
          category: 'ReadError',
          activity: 'Write-EngineStream',
          reason: 'InvalidDataException',
          targetName: `target ${number}`,
          targetType: 'String',
          categoryMessage: `ReadError: (target ${number}:String) [Write-EngineStream], InvalidDataException`,
          target: `target ${number}`,
          recommendedAction: 'Try again.',
          exceptions: 'checked below',
        },
      ],
      ['warning', `warning ${number} \u0001_x0041_`],
      ['verbose', `verbose ${number}`],
      ['debug', `debug ${number}`],
      [
        'progress',
        {
          activity: `activity ${number}`,
          status: 'status',
          currentOperation: 'now',
          activityId: number,
          parentActivityId: 3,
          percent: 40,
          secondsRemaining: 7,
          completed: false,
        },
      ],
      [
        'progress',
        {
          activity: `activity ${number}`,
          status: 'status',
          currentOperation: null,
          activityId: number,
          parentActivityId: -1,
          percent: null,
          secondsRemaining: null,
          completed: true,
        },
      ],
      ['information', { __proto__: null, n: number }, 'the engine', ['one', 'two']],
      ['information', `information ${number}`, 'Write-EngineStream', ['three']],
    ];
    const seen = told(events).map((entry) => {
      const [kind, error] = entry as [string, PsrpErrorRecord];
      return kind === 'error' ? [kind, { ...error, exceptions: 'checked below' }] : entry;
    });
    assert.deepEqual(seen, [...round(1), ...round(2), ['output', 'end'], ['state', PipelineState.COMPLETED]]);
    const [error] = events.filter((event) => event.kind === 'error');
    assert.deepEqual(error?.error.exceptions[0], { type: 'System.IO.InvalidDataException', message: 'broken 1 🎵' });
    // The engine sends an inner exception as text only.
    assert.match(
      error?.error.exceptions.map(({ type, message }) => `${type}: ${message}`).join('\n') ?? '',
      /System\.IO\.IOException: disk <1>/,
    );
  });

  it('says nothing on verbose and debug unless it was asked to', async () => {
    const events = await session.run('Write-EngineStream');
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['output', 'error', 'warning', 'progress', 'progress', 'information', 'information', 'output', 'pipeline-state'],
    );
  });

  it('ends a pipeline with a terminating error', async () => {
    const error = ending(await session.run('Invoke-EngineFailure', { How: 'Terminating' }));
    assert.deepEqual(error, {
      message: 'no entry',
      fullyQualifiedErrorId: 'EngineNoEntry,ExchangeEngine.InvokeEngineFailure',
      category: 'PermissionDenied',
      activity: 'Invoke-EngineFailure',
      reason: 'UnauthorizedAccessException',
      targetName: 'System.Collections.Hashtable',
      targetType: 'Hashtable',
      categoryMessage:
        'PermissionDenied: (System.Collections.Hashtable:Hashtable) [Invoke-EngineFailure], UnauthorizedAccessException',
      target: null,
      recommendedAction: null,
      exceptions: [{ type: 'System.UnauthorizedAccessException', message: 'no entry' }],
    });
  });

  it('ends a pipeline with an exception nobody caught, however deep', async () => {
    const thrown = ending(await session.run('Invoke-EngineFailure', { How: 'Thrown' }));
    assert.equal(thrown.message, 'not here\nnor there');
    assert.equal(thrown.fullyQualifiedErrorId, 'System.NotSupportedException,ExchangeEngine.InvokeEngineFailure');
    assert.equal(ending(await session.run('Invoke-EngineFailure', { How: 'Deep' })).message, '199');
  });

  for (const [name, cmdlet, parameters, errorId] of [
    ['an unknown cmdlet', 'No-Such', {}, 'CommandNotFoundException'],
    [
      'an unknown parameter',
      'Get-EngineProcess',
      { Nope: 1 },
      'NamedParameterNotFound,ExchangeEngine.GetEngineProcess',
    ],
    ['a missing parameter', 'Invoke-EngineFailure', {}, 'MissingMandatoryParameter,ExchangeEngine.InvokeEngineFailure'],
    [
      'a value that is not allowed',
      'Invoke-EngineFailure',
      { How: 'x' },
      'ParameterArgumentValidationError,ExchangeEngine.InvokeEngineFailure',
    ],
    [
      'a value of the wrong type',
      'Write-EngineStream',
      { Count: 'many' },
      'CannotConvertArgumentNoMessage,ExchangeEngine.WriteEngineStream',
    ],
    [
      'no identity',
      'Set-CASMailbox',
      { Identity: null, Confirm: false },
      'ParameterArgumentValidationErrorNullNotAllowed,ExchangeEngine.SetCasMailbox',
    ],
    [
      'an empty identity',
      'Set-CASMailbox',
      { Identity: '', Confirm: false },
      'CannotConvertArgumentNoMessage,ExchangeEngine.SetCasMailbox',
    ],
  ] as const) {
    it(`refuses ${name} and goes on`, async () => {
      assert.equal(ending(await session.run(cmdlet, parameters)).fullyQualifiedErrorId, errorId);
      assert.equal((await session.values('Get-EngineProcess')).length, 1);
    });
  }

  for (const [text, isScript, errorId] of [
    ['1+1', true, 'ScriptsNotAllowed'],
    ['Get-EngineProcess', true, 'ScriptsNotAllowed'],
    ["Get-EngineProcess; 'more'", false, 'CommandNotFoundException'],
    ['& { 1 }', false, 'CommandNotFoundException'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} as a ${isScript ? 'script' : 'command'}`, async () => {
      assert.equal(ending(await session.runRaw([{ text, isScript }])).fullyQualifiedErrorId, errorId);
    });
  }

  it('never gets a script from our client', async () => {
    for (const name of ['1+1', 'Get-EngineProcess; 1', '& { 1 }', '', '$x', 'Get-Process | Stop-Process'])
      assert.throws(() => session.pool.createPipeline([{ name, parameters: [] }]), {
        code: 'ERR_EXCHANGE_CMDLET_REFUSED',
      });
    const block = { name: 'InputObject', value: clixmlScalar('SBK', '1') };
    assert.throws(() => session.pool.createPipeline([{ name: 'ConvertTo-EngineText', parameters: [block] }]), {
      code: 'ERR_EXCHANGE_CMDLET_REFUSED',
    });
  });

  it('stops a running pipeline', async () => {
    const events = await session.run('Wait-EngineStop', {}, (event, pipeline) => {
      if (event.kind === 'output') pipeline.stop();
    });
    assert.deepEqual(told(events), [
      ['output', 'waiting'],
      ['state', PipelineState.STOPPED],
    ]);
    assert.equal((await session.values('Get-EngineProcess')).length, 1);
  });

  it('does not mind a stop that comes too late', async () => {
    const events = await session.run('Wait-EngineStop', { Milliseconds: 0 }, (event, pipeline) => {
      if (event.kind === 'output') pipeline.stop();
    });
    const last = events.at(-1);
    assert.ok(
      last?.kind === 'pipeline-state' && [PipelineState.COMPLETED, PipelineState.STOPPED].includes(last.state as 3 | 4),
    );
  });

  for (const method of [
    'ReadLine',
    'ReadLineAsSecureString',
    'Prompt',
    'PromptForChoice',
    'PromptForCredential',
    'ShouldContinue',
  ]) {
    it(`fails a cmdlet that calls ${method}, as we have no console`, async () => {
      const events = await session.run('Request-EngineHost', { Method: method });
      assert.equal(ending(events).reason, 'HostException');
      assert.deepEqual(
        events.filter(({ kind }) => kind === 'host-call'),
        [],
      );
    });
  }

  it('fails a destructive cmdlet that was not told to ask nobody', async () => {
    const error = ending(
      await session.run('Remove-MobileDevice', { Identity: '00000001-0001-0000-0000-000000000000' }),
    );
    assert.equal(error.fullyQualifiedErrorId, 'HostFunctionNotImplemented,ExchangeEngine.RemoveMobileDevice');
  });

  it('tells even a client without a console to exit, and waits for no answer', async () => {
    assert.deepEqual(told(await session.run('Request-EngineHost', { Method: 'SetShouldExit' })), [
      ['output', 'asking'],
      ['host-call', 'SetShouldExit', false, false],
      ['output', 'answered nothing'],
      ['state', PipelineState.COMPLETED],
    ]);
  });

  it('gives nothing as an output of nothing', async () => {
    const [first] = await session.values('Get-EngineValue', { Listed: true });
    assert.deepEqual(first?.value, null);
  });

  it('gives a secret as a text nobody here can read', async () => {
    const events = await session.run('Invoke-EngineFailure', { How: 'Secret' });
    const [, secret] = events.filter((event) => event.kind === 'output');
    const read = valueOf(secret);
    assert.ok(typeof read === 'object' && read !== null && 'tag' in read && read.tag === 'SS');
  });
});

describe('the real engine with a console to ask', () => {
  let session: EngineSession;
  before(async () => {
    session = await EngineSession.open(launch, { hasConsole: true });
  });
  after(() => session.close());

  for (const [method, name] of [
    ['ReadLine', 'ReadLine'],
    ['ReadLineAsSecureString', 'ReadLineAsSecureString'],
    ['Prompt', 'Prompt'],
    ['PromptForChoice', 'PromptForChoice'],
    ['PromptForCredential', 'PromptForCredential2'],
    ['ShouldContinue', 'PromptForChoice'],
  ] as const) {
    it(`takes our refusal of ${method} and does not hang`, async () => {
      const events = await session.run('Request-EngineHost', { Method: method });
      assert.deepEqual(told(events), [
        ['output', 'asking'],
        ['host-call', name, true, true],
        ['state', PipelineState.FAILED],
      ]);
      assert.equal(ending(events).message, `No one can answer ${name}: this is an unattended client.`);
    });
  }

  it('takes our refusal of a confirmation', async () => {
    const events = await session.run('Remove-MobileDevice', { Identity: '00000001-0001-0000-0000-000000000000' });
    assert.deepEqual(told(events), [
      ['host-call', 'PromptForChoice', true, true],
      ['state', PipelineState.FAILED],
    ]);
  });

  it('writes a line and waits for no answer', async () => {
    assert.deepEqual(told(await session.run('Request-EngineHost', { Method: 'WriteLine' })), [
      ['output', 'asking'],
      ['host-call', 'WriteLine2', false, false],
      ['output', 'answered nothing'],
      ['state', PipelineState.COMPLETED],
    ]);
  });
});

describe('protocol versions and fragment sizes of the real engine', () => {
  for (const protocolVersion of ['2.1', '2.2', '2.3'] as const) {
    it(`speaks ${protocolVersion}`, async () => {
      const session = await EngineSession.open(launch, { protocolVersion, fragmentBytes: 600 });
      try {
        assert.equal(session.pool.protocolVersion, protocolVersion);
        // Many small fragments of one CREATE_PIPELINE.
        const text = 'ä🎵'.repeat(2000);
        const [answer] = await session.values('ConvertTo-EngineText', { InputObject: text });
        assert.equal((answer?.value as { Text: string }).Text, text);
      } finally {
        await session.close();
      }
    });
  }
});

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

/** The value of an output. The engine sends $null as a message without content. */
function valueOf(output: { readonly xml: string } | undefined): ClixmlValue {
  assert.ok(output, 'Nothing came.');
  return output.xml === '' ? null : readClixml(output.xml);
}

/** Collections and objects: what is sent, its .NET type there, and what the engine writes of it in turn. */
const SENT_OBJECTS: readonly (readonly [name: string, value: ClixmlObject, type: string, plain?: unknown])[] = [
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
  let session: EngineSession;
  before(async () => {
    session = await EngineSession.open(launch);
  });
  after(() => session.close());

  async function understood(value: ClixmlValue): Promise<Record<string, unknown>> {
    const [answer] = await session.values('ConvertTo-EngineText', { InputObject: value });
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
    const values = (await session.values('Get-EngineValue')).map(({ value }) => value);
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
    for (const output of await session.values('Get-EngineValue')) {
      const value = valueOf(output);
      const [back] = await session.values('ConvertFrom-EngineText', { Clixml: writeClixmlDocument([value]) });
      assert.deepEqual(toPlain(valueOf(back)), toPlain(value));
    }
  });
});

/** A line of the samples. */
interface Sample {
  readonly type: string | null;
  readonly text: string | null;
  readonly properties: Readonly<Record<string, string | null>> | null;
  readonly clixml: string;
}

const samples = process.env['ENGINE_SAMPLES'];

(samples === undefined ? describe.skip : describe)('the kept samples of the engine’s serializer', () => {
  let session: EngineSession;
  const read = (name: string): Sample[] =>
    readFileSync(join(samples ?? '', name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sample);
  before(async () => {
    session = await EngineSession.open(launch);
  });
  after(() => session.close());

  it('values: what the engine sends reads as what was kept', async () => {
    const kept = read('engine-values.jsonl').map(({ clixml }) => readClixmlDocument(clixml)[0]);
    const sent = (await session.values('Get-EngineValue', { Listed: true })).map(valueOf);
    assert.deepEqual(
      sent.map(comparable),
      kept.map((value) => comparable(value ?? null)),
    );
    const texts = await session.values('Get-EngineValue', { Listed: true, AsText: true });
    assert.deepEqual(
      texts.map(({ value }) => value),
      read('engine-values.jsonl').map(({ clixml }) => clixml),
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
      const sent = (await session.values(cmdlet)).map(({ xml }) => readClixml(xml) as ClixmlObject);
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
      const [back] = await session.values('ConvertFrom-EngineText', { Clixml: writeClixmlDocument([value]) });
      assert.deepEqual(toPlain(valueOf(back)), toPlain(value));
    }
  });
});

/** A stack trace and a hash table's order differ from run to run. */
function comparable(value: ClixmlValue): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value.kind === 'scalar')
    return value;
  if (value.entries === null) return value;
  return { ...value, entries: value.entries.toSorted(([a], [b]) => String(a).localeCompare(String(b))) };
}

/** How .NET's invariant culture shows a value of one of the sampled types. */
function shownAs(type: string | null, value: ClixmlValue): string | null {
  const plain = toPlain(value);
  if (type === 'System.Xml.XmlDocument') return plain === '' ? '[]' : String(plain);
  if (type === 'System.Object[]' || type?.startsWith('System.Collections.Generic.') === true)
    return `[${(plain as unknown[]).map((item) => item ?? '').join(',')}]`;
  if (type === 'System.Collections.Hashtable') return '[[a, 1],[2, System.Int32[]]]';
  if (type === 'System.TimeSpan') return '-00:00:00.0000001';
  if (type === 'System.Exception') return (value as ClixmlObject).text;
  return shownInvariant(value);
}

function shownInvariant(value: ClixmlValue): string | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Uint8Array) return `[${value.join(',')}]`;
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object') return String(value);
  if (value.kind === 'object') {
    const plain = toPlain(value);
    return Array.isArray(plain) ? `[${plain.join(',')}]` : String(plain);
  }
  if (value.tag === 'DT') return roundTrip(value.text);
  if (value.tag === 'TS') return value.text === 'P3D' ? '3.00:00:00' : value.text;
  return String(toPlain(value));
}

/** .NET's "o" has seven digits always; XmlConvert drops zeros. */
function roundTrip(text: string): string {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? [];
  return `${seconds}.${fraction.padEnd(7, '0')}${zone}`;
}
