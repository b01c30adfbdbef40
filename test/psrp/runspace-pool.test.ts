import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { clixmlObject, writeClixml } from '../../src/clixml/index.ts';
import { isConnectorError } from '../../src/errors.ts';
import {
  Defragmenter,
  MessageType,
  PipelineState,
  RunspacePool,
  RunspacePoolState,
  decodeMessage,
} from '../../src/psrp/index.ts';
import type { PsrpOutgoing } from '../../src/psrp/index.ts';
import {
  decodeCreatePipeline,
  decodeHostResponse,
  decodeInitRunspacePool,
  decodeSessionCapability,
  encodeErrorRecordMessage,
  encodeHostCall,
  encodeInformationRecord,
  encodeInformationalRecord,
  encodePipelineState,
  encodeProgressRecord,
  encodeRunspacePoolState,
  receivedParameter,
} from '../../src/psrp/server-messages.ts';
import { anyClixmlValue } from '../clixml/arbitraries.ts';
import { Peer, countingIds, openPool, takeEvents, takeOutgoing } from './peer.ts';

const record = (fields: Record<string, unknown>) => Object.assign(Object.create(null) as object, fields);

/** The messages inside what is to be sent. */
function sentMessages(outgoing: readonly PsrpOutgoing[]) {
  const defragmenter = new Defragmenter();
  return outgoing.flatMap((item) => ('data' in item ? defragmenter.receive(item.data) : [])).map(decodeMessage);
}

describe('opening a runspace pool', () => {
  it('sends what it can do and one runspace without a host, and is open when the server says so', () => {
    const pool = new RunspacePool({ newId: countingIds() });
    pool.open();
    const outgoing = takeOutgoing(pool);
    assert.deepEqual(
      outgoing.map((item) => item.kind),
      ['open'],
    );
    const [capability, init] = sentMessages(outgoing);
    assert.ok(capability && init);
    assert.deepEqual(decodeSessionCapability(capability.data), {
      protocolVersion: '2.3',
      psVersion: '2.0',
      serializationVersion: '1.1.0.1',
    });
    assert.deepEqual(decodeInitRunspacePool(init.data), {
      minRunspaces: 1,
      maxRunspaces: 1,
      threadOptions: 0,
      apartmentState: 2,
      hasHost: false,
    });
    assert.equal(init.poolId, pool.id);

    pool.receiveData(new Peer(pool.id).opening());
    assert.equal(pool.state, RunspacePoolState.NEGOTIATION_SENT);
    assert.deepEqual(
      takeEvents(pool).map((event) => event.kind),
      ['capability', 'private-data', 'pool-state'],
    );
    assert.equal(pool.state, RunspacePoolState.OPENED);
  });

  for (const version of ['2.1', '2.2', '2.3'] as const) {
    it(`speaks ${version} with a server that speaks no more`, () => {
      const pool = new RunspacePool({ newId: countingIds() });
      pool.open();
      takeOutgoing(pool);
      pool.receiveData(new Peer(pool.id).opening(version));
      takeEvents(pool);
      assert.equal(pool.protocolVersion, version);
      pool.createPipeline([{ name: 'Get-MobileDevice', parameters: [] }]);
      const [create] = sentMessages(takeOutgoing(pool));
      assert.equal(create?.data.includes('MergeError'), version !== '2.1');
      assert.equal(create?.data.includes('MergeInformation'), version === '2.3');
    });
  }

  it('stays with its own version when the server is newer, and leaves when it speaks another protocol', () => {
    const newer = new RunspacePool({ newId: countingIds() });
    newer.open();
    newer.receiveData(new Peer(newer.id).opening('2.4'));
    takeEvents(newer);
    assert.equal(newer.protocolVersion, '2.3');
    for (const version of ['2.0', '3.0', '1.9', 'x']) {
      const other = new RunspacePool({ newId: countingIds() });
      other.open();
      other.receiveData(new Peer(other.id).opening(version));
      assert.throws(() => other.nextEvent(), { code: 'ERR_PSRP_VERSION' });
    }
  });

  it('refuses to run a cmdlet before it is open, and to open twice', () => {
    const pool = new RunspacePool({ newId: countingIds() });
    assert.throws(() => pool.createPipeline([{ name: 'Get-User', parameters: [] }]), { code: 'ERR_PSRP_STATE' });
    pool.open();
    assert.throws(() => pool.open(), { code: 'ERR_PSRP_STATE' });
  });

  it('closes once, and not at all if it was never opened', () => {
    const { pool } = openPool();
    const pipeline = pool.createPipeline([{ name: 'Get-User', parameters: [] }]);
    pool.close();
    pool.close();
    pipeline.stop();
    pipeline.close();
    assert.deepEqual(takeOutgoing(pool), [{ kind: 'close' }]);
    const unopened = new RunspacePool({ newId: countingIds() });
    unopened.close();
    assert.deepEqual(takeOutgoing(unopened), []);
  });
});

describe('running a cmdlet', () => {
  it('sends its name and typed parameters, never as script', () => {
    const { pool } = openPool();
    const pipeline = pool.createPipeline([
      {
        name: 'Set-CASMailbox',
        parameters: [
          { name: 'Identity', value: '49ef970b-7f97-475c-a415-91e2b7744875' },
          {
            name: 'ActiveSyncAllowedDeviceIDs',
            value: clixmlObject({ entries: [['Add', clixmlObject({ items: ['a b;$(x)'] })]] }),
          },
        ],
      },
    ]);
    const outgoing = takeOutgoing(pool);
    assert.deepEqual(
      outgoing.map(({ kind }) => kind),
      ['command'],
    );
    const [message] = sentMessages(outgoing);
    assert.equal(message?.type, MessageType.CREATE_PIPELINE);
    assert.equal(message.pipelineId, pipeline.id);
    const received = decodeCreatePipeline(message.data);
    assert.deepEqual(received, {
      commands: [
        {
          name: 'Set-CASMailbox',
          isScript: false,
          parameters: [
            { name: 'Identity', value: '49ef970b-7f97-475c-a415-91e2b7744875' },
            {
              name: 'ActiveSyncAllowedDeviceIDs',
              value: clixmlObject({ entries: [['Add', clixmlObject({ items: ['a b;$(x)'] })]] }),
            },
          ],
        },
      ],
      noInput: true,
      addToHistory: false,
      isNested: false,
      hasHost: false,
    });
    const [command] = received.commands;
    assert.ok(command);
    assert.equal(receivedParameter(command, 'identity'), '49ef970b-7f97-475c-a415-91e2b7744875');
  });

  it('sends the first fragment with the command and the others after it', () => {
    const { pool } = openPool({ fragmentBytes: 1000 });
    const { id } = pool.createPipeline([{ name: 'Get-Recipient', parameters: [{ name: 'Identity', value: 'x' }] }]);
    const outgoing = takeOutgoing(pool);
    assert.deepEqual(
      outgoing.map((item) => [item.kind, 'pipelineId' in item && item.pipelineId, 'stream' in item && item.stream]),
      [
        ['command', id, false],
        ['send', id, 'stdin'],
        ['send', id, 'stdin'],
        ['send', id, 'stdin'],
      ].slice(0, outgoing.length),
    );
    assert.ok(outgoing.length > 1);
    assert.equal(sentMessages(outgoing).length, 1);
  });

  for (const name of ['Get-User; Remove-Mailbox', '$x', '', '-Get', 'Get-User ', 'a"b']) {
    it(`refuses the cmdlet name ${JSON.stringify(name)}`, () => {
      const { pool } = openPool();
      assert.throws(() => pool.createPipeline([{ name, parameters: [] }]), { code: 'ERR_EXCHANGE_CMDLET_REFUSED' });
    });
  }

  for (const name of ['-Identity', 'Identity:', 'Iden tity', '', '1a']) {
    it(`refuses the parameter name ${JSON.stringify(name)}`, () => {
      const { pool } = openPool();
      const parameters = [{ name, value: 'x' }];
      assert.throws(() => pool.createPipeline([{ name: 'Get-User', parameters }]), {
        code: 'ERR_EXCHANGE_CMDLET_REFUSED',
      });
    });
  }

  it('refuses script blocks, however deep in a value', () => {
    const { pool } = openPool();
    const block = clixmlObject({
      items: [clixmlObject({ properties: { a: { kind: 'scalar', tag: 'SBK', text: '1+1' } } })],
    });
    const parameters = [{ name: 'Filter', value: block }];
    assert.throws(() => pool.createPipeline([{ name: 'Get-User', parameters }]), {
      code: 'ERR_EXCHANGE_CMDLET_REFUSED',
    });
  });

  it('takes a message without data for an output of nothing, as the real engine sends it', () => {
    const { pool, peer } = openPool();
    const { id } = pool.createPipeline([{ name: 'Get-User', parameters: [] }]);
    pool.receiveData(peer.message(MessageType.PIPELINE_OUTPUT, id, ''), id);
    assert.deepEqual(takeEvents(pool), [{ kind: 'output', pipelineId: id, value: null, xml: '' }]);
  });

  it('gives output, records of every kind and the end as events', () => {
    const { pool, peer } = openPool();
    const { id } = pool.createPipeline([{ name: 'Get-MobileDevice', parameters: [] }]);
    const device = clixmlObject({ text: 'phone', properties: { DeviceId: 'Appl1' } });
    const error = {
      message: 'Not found.',
      fullyQualifiedErrorId: 'X,Get-MobileDevice',
      category: 'ObjectNotFound' as const,
    };
    const at = '2026-05-01T08:00:00.0000000+00:00';
    pool.receiveData(
      Buffer.concat([
        peer.message(MessageType.PIPELINE_OUTPUT, id, writeClixml(device)),
        peer.message(MessageType.WARNING_RECORD, id, encodeInformationalRecord('Warning', 'careful')),
        peer.message(MessageType.VERBOSE_RECORD, id, encodeInformationalRecord('Verbose', 'long')),
        peer.message(MessageType.DEBUG_RECORD, id, encodeInformationalRecord('Debug', 'odd')),
        peer.message(MessageType.PROGRESS_RECORD, id, encodeProgressRecord({ activity: 'Reading', percent: 40 })),
        peer.message(MessageType.INFORMATION_RECORD, id, encodeInformationRecord('note', at, ['tag'])),
        peer.message(MessageType.ERROR_RECORD, id, encodeErrorRecordMessage(error)),
        peer.message(0x00041999, id, '<S>from the future</S>'),
        peer.completed(id),
        peer.message(MessageType.PIPELINE_OUTPUT, id, '<S>too late</S>'),
      ]),
      id,
    );
    assert.deepEqual(takeEvents(pool), [
      { kind: 'output', pipelineId: id, value: record({ DeviceId: 'Appl1' }), xml: writeClixml(device) },
      { kind: 'warning', pipelineId: id, text: 'careful' },
      { kind: 'verbose', pipelineId: id, text: 'long' },
      { kind: 'debug', pipelineId: id, text: 'odd' },
      {
        kind: 'progress',
        pipelineId: id,
        record: {
          activity: 'Reading',
          status: ' ',
          currentOperation: null,
          activityId: 0,
          parentActivityId: -1,
          percent: 40,
          secondsRemaining: null,
          completed: false,
        },
      },
      {
        kind: 'information',
        pipelineId: id,
        record: { message: 'note', source: 'Write-Information', tags: ['tag'], at },
      },
      {
        kind: 'error',
        pipelineId: id,
        error: {
          message: 'Not found.',
          fullyQualifiedErrorId: 'X,Get-MobileDevice',
          category: 'ObjectNotFound',
          activity: '',
          reason: 'RuntimeException',
          targetName: '',
          targetType: '',
          categoryMessage: 'ObjectNotFound: (:) [], RuntimeException',
          target: null,
          recommendedAction: null,
          exceptions: [{ type: 'System.Management.Automation.RuntimeException', message: 'Not found.' }],
        },
      },
      { kind: 'ignored', pipelineId: id, type: 0x00041999, typeName: '0x00041999' },
      { kind: 'pipeline-state', pipelineId: id, state: PipelineState.COMPLETED, error: null },
    ]);
  });

  it('reads the whole chain of exceptions of a terminating error', () => {
    const { pool, peer } = openPool();
    const pipeline = pool.createPipeline([{ name: 'Get-MobileDevice', parameters: [] }]);
    const exceptions = [
      { type: 'Microsoft.Exchange.Data.Directory.ADTransientException', message: 'No domain controller.' },
      { type: 'System.DirectoryServices.Protocols.LdapException', message: 'The LDAP server is unavailable.' },
    ];
    const failure = { message: 'No domain controller.', fullyQualifiedErrorId: 'AD', exceptions };
    pool.receiveData(
      peer.message(MessageType.PIPELINE_STATE, pipeline.id, encodePipelineState(PipelineState.FAILED, failure)),
      pipeline.id,
    );
    const [event] = takeEvents(pool);
    assert.equal(event?.kind, 'pipeline-state');
    assert.deepEqual(event.error?.exceptions, exceptions);
    assert.equal(event.error.reason, 'ADTransientException');
    assert.equal(pipeline.ended, true);
  });

  it('stops with a signal once, and is freed once', () => {
    const { pool, peer } = openPool();
    const pipeline = pool.createPipeline([{ name: 'Get-MobileDevice', parameters: [] }]);
    takeOutgoing(pool);
    pipeline.stop();
    pipeline.stop();
    pool.receiveData(peer.message(MessageType.PIPELINE_STATE, pipeline.id, encodePipelineState(PipelineState.STOPPED)));
    assert.equal(takeEvents(pool).length, 1);
    assert.equal(pipeline.state, PipelineState.STOPPED);
    pipeline.close();
    pipeline.close();
    pipeline.stop();
    assert.deepEqual(takeOutgoing(pool), [
      { kind: 'stop', pipelineId: pipeline.id },
      { kind: 'terminate', pipelineId: pipeline.id },
    ]);
    pool.receiveData(Buffer.from('anything at all'), pipeline.id);
    assert.deepEqual(takeEvents(pool), []);
  });

  it('ends with its pool, with the reason', () => {
    const { pool, peer } = openPool();
    const { id } = pool.createPipeline([{ name: 'Get-MobileDevice', parameters: [] }]);
    const failure = { message: 'Idle too long.', fullyQualifiedErrorId: 'Idle' };
    pool.receiveData(
      peer.message(MessageType.RUNSPACEPOOL_STATE, null, encodeRunspacePoolState(RunspacePoolState.BROKEN, failure)),
    );
    assert.deepEqual(
      takeEvents(pool).map((event) => [
        event.kind,
        'state' in event && event.state,
        'error' in event && event.error?.message,
        'pipelineId' in event && event.pipelineId,
      ]),
      [
        ['pool-state', RunspacePoolState.BROKEN, 'Idle too long.', false],
        ['pipeline-state', PipelineState.FAILED, 'Idle too long.', id],
      ],
    );
  });

  it('answers at once when the server asks its user, and not when nothing is asked', () => {
    const { pool, peer } = openPool();
    const { id } = pool.createPipeline([{ name: 'Clear-MobileDevice', parameters: [] }]);
    takeOutgoing(pool);
    const asks = encodeHostCall({ callId: 7n, method: 26, methodName: 'PromptForChoice', parameters: ['Sure?'] });
    const tells = encodeHostCall({ callId: -100n, method: 16, methodName: 'WriteLine2', parameters: ['hi'] });
    pool.receiveData(peer.message(MessageType.PIPELINE_HOST_CALL, id, asks), id);
    pool.receiveData(peer.message(MessageType.PIPELINE_HOST_CALL, id, tells), id);
    pool.receiveData(peer.message(MessageType.RUNSPACEPOOL_HOST_CALL, null, asks));
    assert.deepEqual(
      takeEvents(pool).map((event) => (event.kind === 'host-call' ? [event.call.methodName, event.answered] : event)),
      [
        ['PromptForChoice', true],
        ['WriteLine2', false],
        ['PromptForChoice', true],
      ],
    );
    const outgoing = takeOutgoing(pool);
    assert.deepEqual(
      outgoing.map((item) => item.kind === 'send' && [item.stream, item.pipelineId]),
      [
        ['pr', id],
        ['pr', null],
      ],
    );
    const [answer, poolAnswer] = sentMessages(outgoing);
    assert.ok(answer && poolAnswer);
    assert.equal(answer.type, MessageType.PIPELINE_HOST_RESPONSE);
    assert.equal(poolAnswer.type, MessageType.RUNSPACEPOOL_HOST_RESPONSE);
    assert.deepEqual(decodeHostResponse(answer.type, answer.data), {
      callId: 7n,
      method: 26,
      result: null,
      error: 'No one can answer PromptForChoice: this is an unattended client.',
    });
  });
});

describe('a hostile or damaged server', () => {
  it('gets a message for another pool or for the server refused, and the next one is read', () => {
    const { pool, peer } = openPool();
    const { id } = pool.createPipeline([{ name: 'Get-User', parameters: [] }]);
    const foreign = new Peer('FFFFFFFF-0000-0000-0000-000000000000').message(
      MessageType.PIPELINE_OUTPUT,
      id,
      '<S>x</S>',
    );
    pool.receiveData(Buffer.concat([foreign]), id);
    pool.receiveData(
      Buffer.concat([peer.message(MessageType.PIPELINE_OUTPUT, id, '<S>broken'), peer.completed(id)]),
      id,
    );
    assert.throws(() => pool.nextEvent(), { code: 'ERR_PSRP_MESSAGE' });
    assert.throws(() => pool.nextEvent(), { code: 'ERR_CLIXML_INVALID' });
    assert.equal(pool.nextEvent()?.kind, 'pipeline-state');
  });

  it('is stopped when it sends more than a command may answer', () => {
    const { pool, peer } = openPool({ limits: { pipelineMessages: 2 } });
    const { id } = pool.createPipeline([{ name: 'Get-User', parameters: [] }]);
    for (let n = 0; n < 3; n++) pool.receiveData(peer.message(MessageType.PIPELINE_OUTPUT, id, '<S>x</S>'), id);
    pool.nextEvent();
    pool.nextEvent();
    assert.throws(() => pool.nextEvent(), { code: 'ERR_CLIXML_LIMIT' });
  });

  it('changes nothing by cutting its stream elsewhere', () => {
    fc.assert(
      fc.property(
        fc.array(anyClixmlValue, { maxLength: 5 }),
        fc.integer({ min: 22, max: 400 }),
        fc.array(fc.nat(8000), { maxLength: 30 }),
        (values, fragmentBytes, positions) => {
          const { pool } = openPool();
          const peer = new Peer(pool.id, fragmentBytes);
          const { id } = pool.createPipeline([{ name: 'Get-User', parameters: [] }]);
          const whole = Buffer.concat([
            ...values.map((value) => peer.message(MessageType.PIPELINE_OUTPUT, id, writeClixml(value))),
            peer.completed(id),
          ]);
          const ends = [...positions.filter((at) => at < whole.length), whole.length].sort((a, b) => a - b);
          let from = 0;
          const events = ends.flatMap((end) => {
            pool.receiveData(whole.subarray(from, end), id);
            from = end;
            return takeEvents(pool);
          });
          assert.deepEqual(
            events.map((event) => (event.kind === 'output' ? event.xml : event.kind)),
            [...values.map((value) => writeClixml(value)), 'pipeline-state'],
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('causes nothing but coded errors, whatever it changes in its stream', () => {
    const change = fc.record({ at: fc.nat(6000), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const { pool, peer } = openPool();
        const { id } = pool.createPipeline([{ name: 'Get-User', parameters: [] }]);
        const stream = Buffer.concat([
          peer.message(MessageType.PIPELINE_OUTPUT, id, writeClixml(clixmlObject({ properties: { a: 1 } }))),
          peer.message(
            MessageType.ERROR_RECORD,
            id,
            encodeErrorRecordMessage({ message: 'm', fullyQualifiedErrorId: 'f' }),
          ),
          peer.message(MessageType.PROGRESS_RECORD, id, encodeProgressRecord({ activity: 'a' })),
          peer.message(
            MessageType.PIPELINE_HOST_CALL,
            id,
            encodeHostCall({ callId: 1n, method: 11, methodName: 'ReadLine', parameters: [] }),
          ),
          peer.completed(id),
        ]);
        for (const { at, to } of changes) stream[at % stream.length] = to;
        const errors: unknown[] = [];
        try {
          pool.receiveData(stream, id);
        } catch (error) {
          errors.push(error);
        }
        for (let steps = 0; steps < 20; steps++) {
          try {
            if (pool.nextEvent() === null) break;
          } catch (error) {
            errors.push(error);
          }
        }
        assert.equal(pool.nextEvent(), null);
        for (const error of errors) assert.ok(isConnectorError(error), String(error));
      }),
      { numRuns: 1000 },
    );
  });
});
