import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { MessageType, PipelineState } from '../../src/psrp/index.ts';
import type { PsrpEvent } from '../../src/psrp/index.ts';
import { openPool, takeEvents } from './peer.ts';

const record = (fields: Record<string, unknown>) => Object.assign(Object.create(null) as object, fields);

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/psrp/${name}.xml`, import.meta.url), 'utf8').trim();
}

/** The event that a message of this content becomes. */
function eventOf(type: number, name: string): PsrpEvent {
  const { pool, peer } = openPool();
  const { id } = pool.createPipeline([{ name: 'Get-CASMailbox', parameters: [] }]);
  pool.receiveData(peer.message(type, type >>> 16 === 4 ? id : null, fixture(name)), type >>> 16 === 4 ? id : null);
  const [event, ...more] = takeEvents(pool);
  assert.ok(event !== undefined && more.length === 0);
  return event;
}

describe('what real servers write', () => {
  it('a mobile device at full serialization level reads as at the default one', () => {
    const event = eventOf(MessageType.PIPELINE_OUTPUT, 'mobile-device');
    assert.ok(event.kind === 'output');
    assert.deepEqual(
      event.value,
      record({
        FriendlyName: "Ann's 📱 <work>",
        DeviceId: 'ApplF17XK2ABCDEF',
        DeviceModel: 'iPhone17C3',
        FirstSyncTime: '2026-04-30T12:00:00.1234567Z',
        DeviceAccessState: 'Quarantined',
        DeviceAccessControlRule: 'contoso.example/rules/All iPhones',
        Rule: 'contoso.example/rules/All iPhones',
        ObjectClass: ['top', 'msExchActiveSyncDevice'],
        DeviceImei: null,
        Guid: '49ef970b-7f97-475c-a415-91e2b7744875',
        IsValid: true,
        PSComputerName: 'ex1.contoso.example',
      }),
    );
  });

  it('a session without script language refuses script text by failing the pipeline', () => {
    const event = eventOf(MessageType.PIPELINE_STATE, 'scripts-not-allowed');
    assert.ok(event.kind === 'pipeline-state');
    const message =
      'The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.';
    assert.equal(event.state, PipelineState.FAILED);
    assert.deepEqual(event.error, {
      message,
      fullyQualifiedErrorId: 'ScriptsNotAllowed',
      category: 'ParserError',
      activity: '',
      reason: 'ParseException',
      targetName: '',
      targetType: '',
      categoryMessage: 'ParserError: (:) [], ParseException',
      target: null,
      recommendedAction: null,
      exceptions: [{ type: 'System.Management.Automation.ParseException', message }],
    });
  });

  it('an error record shows its details first, and every exception below', () => {
    const event = eventOf(MessageType.ERROR_RECORD, 'object-not-found');
    assert.ok(event.kind === 'error');
    assert.deepEqual(event.error, {
      message: "Couldn't find 'nobody'.",
      fullyQualifiedErrorId:
        '[Server=EX1,RequestId=7d4f4b9e-9f3f-4f6c-8a57-c2d1f3b0a111,TimeStamp=5/1/2026 8:00:00 AM] [FailureCategory=Cmdlet-ManagementObjectNotFoundException] 9D4F1A2B,Microsoft.Exchange.Management.RecipientTasks.GetCASMailbox',
      category: 'InvalidData',
      activity: 'Get-CASMailbox',
      reason: 'ManagementObjectNotFoundException',
      targetName: 'nobody',
      targetType: 'String',
      categoryMessage: 'InvalidData: (nobody:String) [Get-CASMailbox], ManagementObjectNotFoundException',
      target: 'nobody',
      recommendedAction: 'Check the spelling.',
      exceptions: [
        {
          type: 'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
          message:
            "The operation couldn't be performed because object 'nobody' couldn't be found on 'dc1.contoso.example'.",
        },
        {
          type: 'System.DirectoryServices.Protocols.DirectoryOperationException',
          message: 'The object does not exist.',
        },
        { type: 'System.ComponentModel.Win32Exception', message: '0x80072030' },
      ],
    });
  });

  it('progress that nobody asked for comes first', () => {
    const event = eventOf(MessageType.PROGRESS_RECORD, 'preparing-modules');
    assert.ok(event.kind === 'progress');
    assert.deepEqual(event.record, {
      activity: 'Preparing modules for first use.',
      status: ' ',
      currentOperation: null,
      activityId: 0,
      parentActivityId: -1,
      percent: null,
      secondsRemaining: null,
      completed: true,
    });
  });

  it('a prompt waits for an answer, the end of a session does not', () => {
    const prompt = eventOf(MessageType.PIPELINE_HOST_CALL, 'prompt-for-choice');
    const exit = eventOf(MessageType.PIPELINE_HOST_CALL, 'set-should-exit');
    assert.ok(prompt.kind === 'host-call' && exit.kind === 'host-call');
    assert.deepEqual([prompt.call.methodName, prompt.call.method, prompt.answered], ['PromptForChoice', 26, true]);
    assert.deepEqual([exit.call.methodName, exit.call.method, exit.answered], ['SetShouldExit', 6, false]);
    assert.deepEqual(exit.call.parameters, [1]);
  });

  it('a server tells its versions when it opens', () => {
    const event = eventOf(MessageType.APPLICATION_PRIVATE_DATA, 'private-data');
    assert.ok(event.kind === 'private-data');
    assert.deepEqual(
      event.data,
      record({ PSVersionTable: record({ PSVersion: '5.1.14393.2248', PSCompatibleVersions: ['1.0', '5.1'] }) }),
    );
  });
});
