import assert from 'node:assert/strict';
import { clixmlScalar } from '../../../src/clixml/index.ts';
import { PipelineState } from '../../../src/psrp/index.ts';
import type { PsrpErrorRecord, PsrpEvent } from '../../../src/psrp/index.ts';
import { EngineSession, useSession, valueOf } from './engine-session.ts';

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
  const session = useSession();

  it('opens at protocol 2.3, in no-language mode', async () => {
    assert.equal(session().pool.protocolVersion, '2.3');
    assert.deepEqual(
      session().opening.map(({ kind }) => kind),
      ['capability', 'private-data', 'pool-state'],
    );
    const [process] = await session().values('Get-EngineProcess');
    assert.equal((process?.value as { LanguageMode: string } | undefined)?.LanguageMode, 'NoLanguage');
  });

  it('tells errors, warnings, verbose and debug texts, progress and information in order', async () => {
    const events = await session().run('Write-EngineStream', { Count: 2, Aloud: true });
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
    const events = await session().run('Write-EngineStream');
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['output', 'error', 'warning', 'progress', 'progress', 'information', 'information', 'output', 'pipeline-state'],
    );
  });

  it('ends a pipeline with a terminating error', async () => {
    const error = ending(await session().run('Invoke-EngineFailure', { How: 'Terminating' }));
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
    const thrown = ending(await session().run('Invoke-EngineFailure', { How: 'Thrown' }));
    assert.equal(thrown.message, 'not here\nnor there');
    assert.equal(thrown.fullyQualifiedErrorId, 'System.NotSupportedException,ExchangeEngine.InvokeEngineFailure');
    assert.equal(ending(await session().run('Invoke-EngineFailure', { How: 'Deep' })).message, '199');
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
      assert.equal(ending(await session().run(cmdlet, parameters)).fullyQualifiedErrorId, errorId);
      assert.equal((await session().values('Get-EngineProcess')).length, 1);
    });
  }

  for (const [text, isScript, errorId] of [
    ['1+1', true, 'ScriptsNotAllowed'],
    ['Get-EngineProcess', true, 'ScriptsNotAllowed'],
    ["Get-EngineProcess; 'more'", false, 'CommandNotFoundException'],
    ['& { 1 }', false, 'CommandNotFoundException'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} as a ${isScript ? 'script' : 'command'}`, async () => {
      assert.equal(ending(await session().runRaw([{ text, isScript }])).fullyQualifiedErrorId, errorId);
    });
  }

  it('never gets a script from our client', async () => {
    for (const name of ['1+1', 'Get-EngineProcess; 1', '& { 1 }', '', '$x', 'Get-Process | Stop-Process'])
      assert.throws(() => session().pool.createPipeline([{ name, parameters: [] }]), {
        code: 'ERR_EXCHANGE_CMDLET_REFUSED',
      });
    const block = { name: 'InputObject', value: clixmlScalar('SBK', '1') };
    assert.throws(() => session().pool.createPipeline([{ name: 'ConvertTo-EngineText', parameters: [block] }]), {
      code: 'ERR_EXCHANGE_CMDLET_REFUSED',
    });
  });

  it('stops a running pipeline', async () => {
    const events = await session().run('Wait-EngineStop', {}, (event, pipeline) => {
      if (event.kind === 'output') pipeline.stop();
    });
    assert.deepEqual(told(events), [
      ['output', 'waiting'],
      ['state', PipelineState.STOPPED],
    ]);
    assert.equal((await session().values('Get-EngineProcess')).length, 1);
  });

  it('does not mind a stop that comes too late', async () => {
    const events = await session().run('Wait-EngineStop', { Milliseconds: 0 }, (event, pipeline) => {
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
      const events = await session().run('Request-EngineHost', { Method: method });
      assert.equal(ending(events).reason, 'HostException');
      assert.deepEqual(
        events.filter(({ kind }) => kind === 'host-call'),
        [],
      );
    });
  }

  it('fails a destructive cmdlet that was not told to ask nobody', async () => {
    const error = ending(
      await session().run('Remove-MobileDevice', { Identity: '00000001-0001-0000-0000-000000000000' }),
    );
    assert.equal(error.fullyQualifiedErrorId, 'HostFunctionNotImplemented,ExchangeEngine.RemoveMobileDevice');
  });

  it('tells even a client without a console to exit, and waits for no answer', async () => {
    assert.deepEqual(told(await session().run('Request-EngineHost', { Method: 'SetShouldExit' })), [
      ['output', 'asking'],
      ['host-call', 'SetShouldExit', false, false],
      ['output', 'answered nothing'],
      ['state', PipelineState.COMPLETED],
    ]);
  });

  it('gives nothing as an output of nothing', async () => {
    const [first] = await session().values('Get-EngineValue', { Listed: true });
    assert.deepEqual(first?.value, null);
  });

  it('gives a secret as a text nobody here can read', async () => {
    const events = await session().run('Invoke-EngineFailure', { How: 'Secret' });
    const [, secret] = events.filter((event) => event.kind === 'output');
    const read = valueOf(secret);
    assert.ok(typeof read === 'object' && read !== null && 'tag' in read && read.tag === 'SS');
  });
});

describe('the real engine with a console to ask', () => {
  const session = useSession({ hasConsole: true });

  for (const [method, name] of [
    ['ReadLine', 'ReadLine'],
    ['ReadLineAsSecureString', 'ReadLineAsSecureString'],
    ['Prompt', 'Prompt'],
    ['PromptForChoice', 'PromptForChoice'],
    ['PromptForCredential', 'PromptForCredential2'],
    ['ShouldContinue', 'PromptForChoice'],
  ] as const) {
    it(`takes our refusal of ${method} and does not hang`, async () => {
      const events = await session().run('Request-EngineHost', { Method: method });
      assert.deepEqual(told(events), [
        ['output', 'asking'],
        ['host-call', name, true, true],
        ['state', PipelineState.FAILED],
      ]);
      assert.equal(ending(events).message, `No one can answer ${name}: this is an unattended client.`);
    });
  }

  it('takes our refusal of a confirmation', async () => {
    const events = await session().run('Remove-MobileDevice', { Identity: '00000001-0001-0000-0000-000000000000' });
    assert.deepEqual(told(events), [
      ['host-call', 'PromptForChoice', true, true],
      ['state', PipelineState.FAILED],
    ]);
  });

  it('writes a line and waits for no answer', async () => {
    assert.deepEqual(told(await session().run('Request-EngineHost', { Method: 'WriteLine' })), [
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
      const session = await EngineSession.open({ protocolVersion, fragmentBytes: 600 });
      try {
        assert.equal(session.pool.protocolVersion, protocolVersion);
        // Many small fragments of one CREATE_PIPELINE.
        const text = 'ä🎵'.repeat(2000);
        const [answer] = await session.values('ConvertTo-EngineText', { InputObject: text });
        assert.equal((answer?.value as { Text: string } | undefined)?.Text, text);
      } finally {
        await session.close();
      }
    });
  }
});
