import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { clixmlObject, writeClixml } from '../../src/clixml/index.ts';
import { Destination, encodeMessage, Fragmenter, MessageType } from '../../src/psrp/index.ts';
import { encodeInitRunspacePool, encodeSessionCapability } from '../../src/psrp/session-capability.ts';
import { WsmanFault } from '../../src/wsman/fault.ts';
import { commandRequest, createRequest, receiveRequest } from '../../src/wsman/requests.ts';
import { seedOrganization } from '../../src/lab/seed-organization.ts';
import { hashtable, list, outputs, startContoso, states, Wire } from './exchange-wire.ts';

type Contoso = Awaited<ReturnType<typeof startContoso>>;

describe('the lab’s Exchange over the wire', () => {
  const open: { close(): void | Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  async function start(...parameters: Parameters<typeof startContoso>): Promise<Contoso> {
    const contoso = await startContoso(...parameters);
    open.push(contoso.server);
    return contoso;
  }

  function client(contoso: Contoso, options?: ConstructorParameters<typeof Wire>[1]): Wire {
    const wire = new Wire(contoso.server.url, options);
    open.push(wire);
    return wire;
  }

  async function opened(...parameters: Parameters<typeof startContoso>) {
    const contoso = await start(...parameters);
    const wire = client(contoso);
    await wire.open();
    return { ...contoso, wire };
  }

  describe('sessions', () => {
    it('open over two Receives, run a cmdlet and end without a trace', async () => {
      const contoso = await start();
      const { organization, server } = contoso;
      organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: 'ApplF17XK1', deviceType: 'iPhone' });
      const wire = client(contoso);
      assert.equal(await wire.open(), 2);
      const { events } = await wire.run('Get-MobileDevice');
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['progress', 'output', 'pipeline-state'],
      );
      assert.equal(outputs(events)[0]?.['DeviceId'], 'ApplF17XK1');
      assert.deepEqual(states(events), [4]);
      await wire.delete();
      assert.deepEqual([server.stats.shells, server.stats.openedShells, server.stats.deletedShells], [0, 1, 1]);
    });

    it('keep lists of a mailbox as a hashtable says', async () => {
      const { wire, anna, organization } = await opened();
      const { events } = await wire.run('Set-CASMailbox', {
        Identity: anna.guid,
        ActiveSyncBlockedDeviceIDs: hashtable({ Add: list(["a b;$(x)'"]) }),
        ActiveSyncAllowedDeviceIDs: hashtable({ Remove: list(['y']) }),
        Confirm: false,
      });
      assert.deepEqual(states(events), [4]);
      assert.deepEqual(anna.blockedDeviceIds, ["a b;$(x)'"]);
      assert.equal(organization.writes.length, 1);
    });

    it('carry error records and warnings beside objects', async () => {
      const { wire, server } = await opened();
      const missing = await wire.run('Get-CASMailbox', { Identity: randomUUID() });
      assert.deepEqual(states(missing.events), [4]);
      const [error] = missing.events.filter((event) => event.kind === 'error');
      assert.match(
        error?.error.fullyQualifiedErrorId ?? '',
        /FailureCategory=Cmdlet-ManagementObjectNotFoundException/,
      );
      assert.equal(
        error?.error.exceptions[0]?.type,
        'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
      );
      server.faults.addCmdlet({ kind: 'warning', cmdlet: 'Get-CASMailbox', text: 'Look here.' });
      server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-CASMailbox',
        message: 'The directory is busy.',
        afterObjects: 1,
        terminating: true,
      });
      const broken = await wire.run('Get-CASMailbox');
      assert.deepEqual(
        broken.events.map(({ kind }) => kind),
        ['warning', 'output', 'pipeline-state'],
      );
      assert.deepEqual(states(broken.events), [5]);
    });

    it('end a pipeline at the first error, without an error record, when told to stop at errors', async () => {
      const { wire, server } = await opened();
      await wire.run('Get-User');
      const missing = await wire.run('Get-CASMailbox', { Identity: randomUUID(), ErrorAction: 'Stop' });
      server.faults.addCmdlet({ kind: 'error-record', cmdlet: 'Get-User', message: 'Busy.', afterObjects: 1 });
      const broken = await wire.run('Get-User', { ErrorAction: 'Stop' });
      assert.deepEqual(
        [missing, broken].map(({ events }) => events.map(({ kind }) => kind)),
        [['pipeline-state'], ['output', 'pipeline-state']],
      );
      const ends = [missing, broken].map(({ events }) => events.findLast((event) => event.kind === 'pipeline-state'));
      assert.deepEqual(
        ends.map((end) => [end?.state, end?.error?.exceptions[0]?.type]),
        [
          [5, 'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException'],
          [5, 'Microsoft.Exchange.Data.Directory.ADTransientException'],
        ],
      );
    });

    it('fail a pipeline with an unknown cmdlet or parameter', async () => {
      const { wire } = await opened();
      for (const [cmdlet, id] of [
        ['Get-Everything', 'CommandNotFoundException'],
        ['Get-User', 'NamedParameterNotFound,Microsoft.Exchange.Management.RecipientTasks.GetUser'],
      ] as const) {
        const { events } = await wire.run(cmdlet, { Nonsense: 'x' });
        const [end] = events.filter((event) => event.kind === 'pipeline-state');
        assert.deepEqual([end?.state, end?.error?.fullyQualifiedErrorId], [5, id]);
        if (cmdlet !== 'Get-User') continue;
        const line = 'InvalidArgument: (:) [Get-User], ParameterBindingException';
        assert.deepEqual([end?.error?.targetName, end?.error?.categoryMessage], ['', line]);
      }
    });

    it('say which name is no cmdlet, in the state only', async () => {
      const { wire } = await opened();
      await wire.run('Get-User');
      const { events } = await wire.run('Get-Everything');
      const [end, ...others] = events;
      assert.equal(end?.kind, 'pipeline-state');
      if (end?.kind !== 'pipeline-state') return;
      assert.deepEqual(
        [others, end.state, end.error?.target, end.error?.categoryMessage],
        [[], 5, 'Get-Everything', 'ObjectNotFound: (Get-Everything:String) [], CommandNotFoundException'],
      );
    });

    it('name the validation as the reason why a mandatory identity may not be null', async () => {
      const { wire } = await opened();
      const { events } = await wire.run('Set-CASMailbox', { Identity: null });
      const end = events.findLast((event) => event.kind === 'pipeline-state');
      assert.deepEqual(
        [end?.state, end?.error?.reason, end?.error?.exceptions[0]?.type],
        [5, 'ParameterBindingValidationException', 'System.Management.Automation.ParameterBindingValidationException'],
      );
    });

    it('refuse scripts: the session has no language', async () => {
      const { wire } = await opened();
      const commandId = randomUUID().toUpperCase();
      wire.pool.followPipeline(commandId);
      await wire.send(
        commandRequest(wire.context, {
          shellId: wire.shellId,
          commandId,
          fragment: pipelineFragment(wire, commandId, '1 + 1', true),
        }),
      );
      const { events, done } = await wire.receive(commandId);
      const [end] = events.filter((event) => event.kind === 'pipeline-state');
      assert.deepEqual(
        [done, events.length, end?.state, end?.error?.fullyQualifiedErrorId, end?.error?.category],
        [true, 1, 5, 'ScriptsNotAllowed', 'ParserError'],
      );
      const { target, targetName, targetType } = end?.error ?? {};
      assert.deepEqual([target, targetName, targetType], ['1 + 1', '1 + 1', 'String']);
    });

    it('run one pipeline at a time and the next one after it', async () => {
      const { wire } = await opened();
      const first = await wire.start('Get-User');
      const second = await wire.start('Get-User');
      const timeout = receiveRequest(wire.context, {
        shellId: wire.shellId,
        commandId: second,
        operationTimeoutMs: 50,
      });
      assert.equal(await faultCode(wire.send(timeout)), 2150858793);
      assert.equal((await wire.receive(first)).done, true);
      assert.equal((await wire.receive(second)).done, true);
    });

    it('stop a running cmdlet by the misspelt signal, and forget it by any other', async () => {
      const { wire, server } = await opened();
      server.faults.addCmdlet({ kind: 'slow', cmdlet: 'Get-User', ms: 60_000 });
      const slow = await wire.start('Get-User');
      await wire.signal(slow, 'stop');
      const stopped = await wire.receive(slow);
      assert.deepEqual([stopped.done, states(stopped.events)], [true, [3]]);
      const end = stopped.events.findLast((event) => event.kind === 'pipeline-state');
      assert.deepEqual(
        [end?.error?.fullyQualifiedErrorId, end?.error?.category, end?.error?.exceptions],
        [
          'PipelineStopped',
          'OperationStopped',
          [
            {
              type: 'System.Management.Automation.PipelineStoppedException',
              message: 'The pipeline has been stopped.',
            },
          ],
        ],
      );
      await wire.signal(slow, 'terminate');
      assert.equal(await faultCode(wire.receive(slow)), 2150858843);
      assert.equal(await faultCode(wire.signal(slow, 'terminate')), 2150858843);
    });

    it('wait for the answer to a prompt and fail the cmdlet when nobody answers it', async () => {
      const { wire, server } = await opened();
      server.faults.addCmdlet({
        kind: 'host-call',
        cmdlet: 'Get-User',
        method: 11,
        methodName: 'ReadLine',
        expectsAnswer: true,
      });
      const { events } = await wire.run('Get-User');
      assert.deepEqual(states(events), [5]);
      server.faults.addCmdlet({
        kind: 'host-call',
        cmdlet: 'Get-User',
        method: 6,
        methodName: 'SetShouldExit',
        expectsAnswer: false,
      });
      assert.deepEqual(states((await wire.run('Get-User')).events), [4]);
    });

    it('send the same answer to a Receive that is sent again', async () => {
      const { wire } = await opened();
      const commandId = await wire.start('Get-User');
      const message = receiveRequest(wire.context, { shellId: wire.shellId, commandId });
      const first = await wire.raw(message.xml);
      assert.equal((await wire.raw(message.xml)).body, first.body);
    });

    it('never start a command twice under one id', async () => {
      const { wire, organization, anna } = await opened();
      const commandId = randomUUID().toUpperCase();
      const fragment = pipelineFragment(wire, commandId, 'Set-CASMailbox', false, {
        Identity: anna.guid,
        ActiveSyncEnabled: true,
      });
      wire.pool.followPipeline(commandId);
      await wire.send(commandRequest(wire.context, { shellId: wire.shellId, commandId, fragment }));
      await faultCode(wire.send(commandRequest(wire.context, { shellId: wire.shellId, commandId, fragment })));
      await wire.receive(commandId);
      assert.equal(organization.writes.length, 1);
    });
  });

  describe('answers', () => {
    it('stay within the size the client asked for', async () => {
      const organization = seedOrganization({ phones: 300 });
      const contoso = await start();
      for (const { deviceId, deviceType, name } of organization.partnerships())
        contoso.organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId, deviceType, friendlyName: name });
      for (const maxEnvelopeBytes of [60_000, 153_600, 500_000]) {
        const wire = client(contoso, { context: { maxEnvelopeBytes } });
        await wire.open();
        const commandId = await wire.start('Get-MobileDevice', { ResultSize: 'Unlimited' });
        let found = 0;
        for (let done = false; !done;) {
          const message = receiveRequest(wire.context, { shellId: wire.shellId, commandId });
          const answer = await wire.raw(message.xml);
          assert.ok(answer.body.length <= maxEnvelopeBytes, `${answer.body.length} > ${maxEnvelopeBytes}`);
          done = answer.body.includes('CommandState/Done');
          found += answer.body.split('<rsp:Stream ').length - 1;
        }
        assert.ok(found > 50);
        await wire.delete();
      }
    });

    it('come whole when every message is cut into small fragments over many Receives', async () => {
      const { wire, organization } = await opened({ fragmentBytes: 512 });
      for (let number = 0; number < 40; number += 1)
        organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: `D${number}`, deviceType: 'iPhone' });
      const small = new Wire(wire.url.href, { context: { maxEnvelopeBytes: 9_000 } });
      open.push(small);
      await small.open();
      const { events, receives } = await small.run('Get-MobileDevice');
      assert.deepEqual(
        outputs(events).map(({ DeviceId }) => DeviceId),
        Array.from({ length: 40 }, (_, number) => `D${number}`),
      );
      assert.ok(receives > 15, String(receives));
    });

    it('carry several fragments in one stream and several streams in one answer', async () => {
      const { wire, organization } = await opened();
      for (let number = 0; number < 20; number += 1)
        organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: `D${number}`, deviceType: 'iPhone' });
      const commandId = await wire.start('Get-MobileDevice');
      const { streams, events } = await wire.receive(commandId);
      assert.ok(streams > 1 && streams < outputs(events).length, `${streams} streams`);
    });

    it('say "nothing yet" with HTTP 500 when a Receive outlasts its time', async () => {
      const { wire } = await opened();
      const message = receiveRequest(wire.context, { shellId: wire.shellId, operationTimeoutMs: 30 });
      const answer = await wire.raw(message.xml);
      assert.equal(answer.status, 500);
      assert.match(answer.body, /Code="2150858793"/);
    });
  });

  describe('limits', () => {
    it('allow 18 shells a user, with Exchange’s words for the nineteenth', async () => {
      const contoso = await start();
      for (let number = 0; number < 18; number += 1) await client(contoso).open();
      const error = await client(contoso)
        .open()
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof WsmanFault);
      assert.equal(error.facts.wsmanCode, 2150859173);
      assert.match(error.message, /maximum number of 18 concurrent shells/);
      assert.deepEqual([contoso.server.stats.shells, contoso.server.stats.refusedShells], [18, 1]);
    });

    it('refuse a shell too many in the words of Exchange 2013 and later where that is set', async () => {
      const contoso = await start({ shellQuota: 1, shellRefusal: 'authz' });
      await client(contoso).open();
      const error = await client(contoso)
        .open()
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof WsmanFault);
      assert.match(error.message, /connections allowed : 1 for the policy party : MaxConcurrency/);
      assert.deepEqual([contoso.server.stats.shells, contoso.server.stats.refusedShells], [1, 1]);
    });

    it('send each request to the next server where a balancer does so, and set the cookie with its own spelling of the path', async () => {
      const contoso = await start({ balance: 'requests', cookiePath: '/PowerShell' });
      const answers = [];
      const wire = client(contoso);
      for (let turn = 0; turn < 4; turn += 1) answers.push(await wire.raw('', { method: 'GET' }));
      assert.deepEqual(
        answers.map(({ headers }) => headers['x-feserver']),
        ['EX2', 'EX1', 'EX2', 'EX1'],
      );
      const astray = client(contoso);
      astray.cookie = 'other=1';
      await assert.rejects(astray.open(), (error) => error instanceof WsmanFault && error.recovery === 'reopen');
      const kept = client(contoso);
      await kept.open();
      const again = client(contoso);
      const { headers } = await again.raw(receiveRequest(kept.context, { shellId: kept.shellId }).xml);
      assert.deepEqual(headers['set-cookie'], [`${again.cookie}; path=/PowerShell; secure; HttpOnly`]);
    });

    it('send each request to the next server, without a cookie, where no balancer keeps a client with one', async () => {
      const contoso = await start({ affinity: 'none' });
      const wire = client(contoso);
      await assert.rejects(wire.open(), (error) => error instanceof WsmanFault && error.recovery === 'reopen');
      assert.equal(contoso.server.stats.openedShells, 1);
      const { headers } = await wire.raw('x');
      assert.equal(headers['set-cookie'], undefined);
    });

    it('break the pool of a session too many at once, in the words of Exchange, where that is set', async () => {
      const contoso = await start({ shellQuota: 0, shellRefusal: 'broken' });
      const wire = client(contoso);
      await assert.rejects(wire.open());
      assert.deepEqual([contoso.server.stats.openedShells, contoso.server.stats.refusedShells], [0, 1]);
    });

    it('refuse requests above the rate until the wait is over', async () => {
      let time = 1_000_000;
      const contoso = await start({ rateQuota: { requests: 4, seconds: 60, waitMs: 2_500 }, now: () => time });
      const wire = client(contoso);
      await wire.open();
      await wire.start('Get-User');
      const error = await wire.start('Get-User').catch((reason: unknown) => reason);
      assert.ok(error instanceof WsmanFault);
      assert.deepEqual([error.facts.wsmanCode, error.recovery, error.waitMs], [2150859175, 'wait', 2_500]);
      time += 1_000;
      await assert.rejects(wire.start('Get-User'), /at least 1500 milliseconds/);
      time += 1_500;
      await wire.start('Get-User');
    });

    it('forget an idle shell, with Exchange’s prefix before the text', async () => {
      let time = 1_000_000;
      const contoso = await start({ idleTimeoutMs: 60_000, now: () => time });
      const wire = client(contoso);
      await wire.open();
      time += 59_000;
      await wire.run('Get-User');
      time += 61_000;
      const error = await wire.start('Get-User').catch((reason: unknown) => reason);
      assert.ok(error instanceof WsmanFault);
      assert.deepEqual([error.facts.wsmanCode, error.recovery], [2150858843, 'reopen']);
      assert.equal(error.facts.exchange?.failureCategory, 'WSMan-InvalidShellID');
      assert.equal(contoso.server.stats.expiredShells, 1);
    });

    it('send a client without its cookie to the other server, which does not know the shell', async () => {
      const { wire } = await opened();
      assert.match(wire.cookie ?? '', /^MS-WSMAN=/);
      const other = new Wire(wire.url.href);
      open.push(other);
      other.shellId = wire.shellId;
      await other.raw('', { method: 'GET' });
      const message = receiveRequest(other.context, { shellId: wire.shellId, operationTimeoutMs: 30 });
      assert.equal(await faultCode(other.send(message)), 2150858843);
      other.cookie = wire.cookie;
      assert.equal(
        await faultCode(other.send(receiveRequest(other.context, { shellId: wire.shellId, operationTimeoutMs: 30 }))),
        2150858793,
      );
    });

    it('keep another user out of a shell', async () => {
      const { wire, organization } = await opened({ frontEnds: 1 });
      organization.addMailbox({ alias: 'eve', displayName: 'Eve', password: 'x', remotePowerShell: true });
      const eve = new Wire(wire.url.href, { username: 'eve', password: 'x' });
      open.push(eve);
      assert.equal(await faultCode(eve.send(receiveRequest(eve.context, { shellId: wire.shellId }))), 2150858843);
    });
  });

  describe('strictness', () => {
    it('opens no shell for another resource, version, stream or id', async () => {
      const contoso = await start();
      const wire = client(contoso);
      const good = createRequest(wire.context, { poolId: wire.pool.id, creation: creation(wire) });
      const changed: readonly (readonly [string, string | RegExp, string, number])[] = [
        ['resource', 'powershell/Microsoft.Exchange', 'powershell/Microsoft.PowerShell', 2150858811],
        ['version', '>2.3</wsman:Option>', '>3.0</wsman:Option>', 2150858809],
        ['streams', 'stdin pr', 'stdin', 2150858817],
        ['id', `ShellId="${wire.pool.id}"`, 'ShellId="x"', 2150858817],
        ['message id', /uuid:[0-9A-F-]+<\/wsa:MessageID>/, 'uuid:7</wsa:MessageID>', 2150858817],
        ['envelope size', '>153600<', '>100<', 2150858783],
      ];
      for (const [what, from, to, code] of changed) {
        const xml = good.xml.replace(from, to);
        assert.notEqual(xml, good.xml, what);
        const { status, body } = await wire.raw(xml);
        assert.deepEqual([status, /Code="(\d+)"/.exec(body)?.[1]], [500, String(code)], what);
      }
      const three = createRequest(wire.context, { poolId: wire.pool.id, creation: creation(wire, '3.0') });
      assert.equal(await faultCode(wire.send(three)), 2150858817);
      assert.equal(contoso.server.stats.openedShells, 0);
      assert.equal((await wire.send(good)).kind, 'created');
    });

    it('refuses what is no request of WS-Management at all', async () => {
      const contoso = await start();
      const wire = client(contoso);
      const status = async (...parameters: Parameters<Wire['raw']>) => (await wire.raw(...parameters)).status;
      assert.equal(await status('<x/>'), 400);
      assert.equal(await status('not xml'), 400);
      assert.equal(await status('<x/>', { headers: { 'Content-Type': 'text/xml' } }), 415);
      assert.equal(await status('', { method: 'GET' }), 405);
      assert.equal(await status('', { path: '/owa/' }), 404);
      assert.equal(await status('x'.repeat(600_000)), 413);
    });

    it('redirects every request where it is set up to', async () => {
      const contoso = await start({ redirectTo: 'https://mail.contoso.example/PowerShell/' });
      const answer = await client(contoso).raw('<x/>');
      assert.deepEqual([answer.status, answer.headers.location], [302, 'https://mail.contoso.example/PowerShell/']);
    });

    it('takes an unnamed first argument as the identity and no second one', async () => {
      const { wire, anna } = await opened();
      const run = async (values: readonly string[]) => {
        const commandId = randomUUID().toUpperCase();
        const fragment = pipelineFragment(wire, commandId, 'Get-CASMailbox', false, values);
        wire.pool.followPipeline(commandId);
        await wire.send(commandRequest(wire.context, { shellId: wire.shellId, commandId, fragment }));
        return (await wire.receive(commandId)).events;
      };
      assert.equal(outputs(await run([anna.guid]))[0]?.['Guid'], anna.guid);
      const [end] = (await run([anna.guid, 'x'])).filter((event) => event.kind === 'pipeline-state');
      assert.equal(end?.error?.fullyQualifiedErrorId, 'PositionalParameterNotFound,Get-CASMailbox');
    });

    it('breaks off a command whose bytes are no PSRP', async () => {
      const { wire } = await opened();
      const commandId = randomUUID().toUpperCase();
      for (const fragment of [Buffer.from('nonsense that is long enough for a header'), Buffer.alloc(30)]) {
        assert.equal(
          await faultCode(wire.send(commandRequest(wire.context, { shellId: wire.shellId, commandId, fragment }))),
          2150858817,
        );
      }
    });
  });
});

/** CREATE_PIPELINE of one command in one fragment, scripts too, which the client of this package cannot make. */
function pipelineFragment(
  wire: Wire,
  pipelineId: string,
  command: string,
  isScript: boolean,
  parameters: Record<string, string | boolean> | readonly string[] = {},
): Uint8Array {
  const unnamed = Array.isArray(parameters);
  const args = Object.entries(parameters).map(([N, V]) =>
    clixmlObject({ members: { N: unnamed ? null : N, V: V as string } }),
  );
  const content = clixmlObject({
    members: {
      NoInput: true,
      PowerShell: clixmlObject({
        members: {
          Cmds: clixmlObject({
            items: [
              clixmlObject({ members: { Cmd: command, IsScript: isScript, Args: clixmlObject({ items: args }) } }),
            ],
          }),
        },
      }),
    },
  });
  const message = encodeMessage({
    destination: Destination.SERVER,
    type: MessageType.CREATE_PIPELINE,
    poolId: wire.pool.id,
    pipelineId,
    data: writeClixml(content),
  });
  return Buffer.concat(new Fragmenter().fragment(message));
}

/** Code of the fault a request is refused with. */
async function faultCode(work: Promise<unknown>): Promise<number | null> {
  const error = await work.then(
    () => assert.fail('there was no fault'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WsmanFault, String(error));
  return error.facts.wsmanCode;
}

/** SESSION_CAPABILITY and INIT_RUNSPACEPOOL, of a protocol version the client of this package cannot be made to claim. */
function creation(wire: Wire, version = '2.3'): Uint8Array {
  const fragmenter = new Fragmenter();
  const message = (type: number, data: string) =>
    fragmenter.fragment(
      encodeMessage({ destination: Destination.SERVER, type, poolId: wire.pool.id, pipelineId: null, data }),
    );
  const capability = encodeSessionCapability({
    protocolVersion: version,
    psVersion: '2.0',
    serializationVersion: '1.1.0.1',
  });
  return Buffer.concat([
    ...message(MessageType.SESSION_CAPABILITY, capability),
    ...message(MessageType.INIT_RUNSPACEPOOL, encodeInitRunspacePool()),
  ]);
}
