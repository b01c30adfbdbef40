import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ExchangeFault } from '../../src/lab/servers/exchange.ts';
import { WsmanFault } from '../../src/wsman/fault.ts';
import { createRequest, receiveRequest } from '../../src/wsman/requests.ts';
import { standingClock } from '../support/put-forward.ts';
import { passTurns } from '../support/turns.ts';
import { hashtable, list, outputs, startContoso, states, Wire } from './exchange-wire.ts';

describe('faults of the lab’s Exchange on demand', () => {
  const open: { close(): void | Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  async function opened() {
    const contoso = await startContoso();
    open.push(contoso.server);
    const wire = new Wire(contoso.server.url);
    open.push(wire);
    await wire.open();
    return { ...contoso, wire, faults: contoso.server.faults };
  }

  /** What a Receive of Get-User meets. */
  async function receiveWith(fault: ExchangeFault) {
    const { wire, faults } = await opened();
    const commandId = await wire.start('Get-User');
    faults.add(fault);
    const message = receiveRequest(wire.context, { shellId: wire.shellId, commandId });
    return { answer: wire.raw(message.xml), wire, commandId };
  }

  it('break the connection before the answer, and the answer can be fetched afterwards', async () => {
    const { answer, wire, commandId } = await receiveWith({ kind: 'reset', on: 'receive' });
    await assert.rejects(answer, { code: 'ECONNRESET' });
    assert.equal(outputs((await wire.receive(commandId)).events).length, 2);
  });

  it('break the connection in the middle of the answer', async () => {
    const { answer } = await receiveWith({ kind: 'half', on: 'receive' });
    await assert.rejects(answer, { code: 'ECONNRESET' });
  });

  it('send a web page, another status, a redirect or too much', async () => {
    const page = await (await receiveWith({ kind: 'html' })).answer;
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    const busy = await (await receiveWith({ kind: 'status', status: 503, retryAfter: '2' })).answer;
    assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '2']);
    const moved = await (
      await receiveWith({ kind: 'redirect', location: 'https://ex2.contoso.example/PowerShell/' })
    ).answer;
    assert.deepEqual([moved.status, moved.headers.location], [302, 'https://ex2.contoso.example/PowerShell/']);
    const large = await (await receiveWith({ kind: 'oversized', bytes: 2_000_000 })).answer;
    assert.ok(large.body.length > 2_000_000);
  });

  it('send any status with any body, after the request took effect if that is wanted', async () => {
    const bodies = [
      ['html', 'text/html', /^<html>/],
      ['xhtml', 'text/html; charset=utf-8', /^<\?xml .*<!DOCTYPE html PUBLIC .*<html xmlns=/s],
      ['text', 'text/plain', /^The service/],
      ['empty', 'text/html', /^$/],
    ] as const;
    for (const [body, contentType, pattern] of bodies) {
      const answer = await (await receiveWith({ kind: 'status', status: 502, body, retryAfter: '9' })).answer;
      const { status, headers } = answer;
      assert.deepEqual([status, headers['content-type'], headers['retry-after']], [502, contentType, '9']);
      assert.match(answer.body, pattern);
    }
    const { wire, faults, anna } = await opened();
    faults.add({ kind: 'status', status: 504, body: 'empty', on: 'command', cmdlet: 'Set-CASMailbox', handled: true });
    const edit = { Identity: anna.guid, ActiveSyncBlockedDeviceIDs: hashtable({ Add: list(['x']) }) };
    await assert.rejects(wire.start('Set-CASMailbox', edit));
    assert.deepEqual(anna.blockedDeviceIds, ['x']);
  });

  it('refuse a runspace in the words of Exchange 2013 and later, with the groups that are wanted', async () => {
    const said = async (fault: ExchangeFault) => {
      const { answer } = await receiveWith(fault);
      return (
        /<f:ProviderFault[^>]*>([^<]*)</.exec((await answer).body)?.[1]?.replaceAll(/=[0-9a-f-]{36}/g, '=id') ?? ''
      );
    };
    assert.match(
      await said({ kind: 'runspace-limit', maximum: 5 }),
      /^\[ClientAccessServer=EX1,BackEndServer=ex1\.contoso\.example,RequestId=id,TimeStamp=[^\]]+\] \[AuthZRequestId=id\] \[FailureCategory=AuthZ-AuthorizationException\] Fail to create a runspace .* allowed : 5 for the policy party : MaxConcurrency/,
    );
    assert.match(
      await said({ kind: 'runspace-budget', wait: '30 seconds', groups: 'bare', category: 'AuthZ-X' }),
      /^\[AuthZRequestId=id\]\[FailureCategory=AuthZ-X\] Fail to create runspace .* Please wait for 30 seconds\./,
    );
    assert.match(
      await said({ kind: 'runspace-budget', groups: 'older' }),
      /^\[Server=[^\]]+\]\[AuthZRequestId=id\]\[Fail/,
    );
    assert.match(await said({ kind: 'runspace-budget', groups: 'none' }), /^Fail to create/);
  });

  it('cut the XML, damage a stream, or answer another request', async () => {
    const { answer } = await receiveWith({ kind: 'cut-xml' });
    assert.equal((await answer).body.endsWith('</s:Envelope>'), false);
    const damaged = await opened();
    const commandId = await damaged.wire.start('Get-User');
    damaged.faults.add({ kind: 'garbled', on: 'receive' });
    await assert.rejects(damaged.wire.receive(commandId), (error) => isConnectorError(error, 'ERR_PSRP_FRAGMENT'));
    const other = await opened();
    other.faults.add({ kind: 'wrong-relates-to', on: 'command' });
    await assert.rejects(other.wire.start('Get-User'), (error) => isConnectorError(error, 'ERR_WSMAN_INVALID'));
  });

  it('lose the shell', async () => {
    const { wire, faults, server } = await opened();
    faults.add({ kind: 'shell-lost', on: 'command' });
    await assert.rejects(wire.start('Get-User'), (error) => error instanceof WsmanFault && error.recovery === 'reopen');
    assert.equal(server.stats.shells, 0);
  });

  it('lose the answer to a change that was made: only reading tells', async () => {
    const { wire, faults, anna } = await opened();
    faults.add({ kind: 'reset', on: 'command', cmdlet: 'Set-CASMailbox', handled: true });
    const edit = { Identity: anna.guid, ActiveSyncBlockedDeviceIDs: hashtable({ Add: list(['x']) }) };
    await assert.rejects(wire.start('Set-CASMailbox', edit), { code: 'ECONNRESET' });
    assert.deepEqual(anna.blockedDeviceIds, ['x']);
  });

  it('strike only the requests they are meant for, as often as they are meant to', async () => {
    const { wire, faults } = await opened();
    faults.add({ kind: 'status', status: 503, on: 'command', cmdlet: 'Get-CASMailbox', after: 1, times: 2 });
    await wire.run('Get-User');
    await wire.run('Get-CASMailbox');
    for (let attempt = 0; attempt < 2; attempt += 1) await assert.rejects(wire.start('Get-CASMailbox'));
    await wire.run('Get-CASMailbox');
    assert.equal(faults.pending, 0);
  });

  it('give no answer at all until the server closes', async () => {
    const { answer } = await receiveWith({ kind: 'hang' });
    const outcome = assert.rejects(answer);
    for (const one of open.splice(0)) await one.close();
    await outcome;
  });

  it('make a cmdlet slow, so that Receives run into their time', async () => {
    const { wire, faults, server } = await opened();
    const clock = standingClock();
    open.push({ close: () => clock.release() });
    faults.addCmdlet({ kind: 'slow', cmdlet: 'Get-User', ms: 80 });
    const commandId = await wire.start('Get-User');
    const first = receiveRequest(wire.context, { shellId: wire.shellId, commandId });
    // The report on the session's first pipeline comes at once, then there is nothing.
    await wire.send(first);
    const short = receiveRequest(wire.context, { shellId: wire.shellId, commandId, operationTimeoutMs: 10 });
    const { requests } = server.stats;
    const refused = assert.rejects(
      wire.send(short),
      (error) => error instanceof WsmanFault && error.recovery === 'nothing-yet',
    );
    while (server.stats.requests === requests) await passTurns(1);
    await passTurns(20);
    clock.pass(10);
    await refused;
    clock.pass(70);
    const { events } = await wire.receive(commandId);
    assert.deepEqual([outputs(events).length, states(events)], [2, [4]]);
  });

  it('answer with any fault', async () => {
    const contoso = await startContoso();
    open.push(contoso.server);
    const wire = new Wire(contoso.server.url);
    open.push(wire);
    contoso.server.faults.add({
      kind: 'fault',
      on: 'create',
      fault: { subcode: 'AccessDenied', wsmanCode: 5, reason: 'Access is denied. ', machine: 'EX1' },
    });
    wire.pool.open();
    const creation = wire.pool.dataToSend();
    assert.equal(creation?.kind, 'open');
    if (creation?.kind !== 'open') return;
    await assert.rejects(
      wire.send(createRequest(wire.context, { poolId: wire.pool.id, creation: creation.data })),
      (error) => isConnectorError(error, 'ERR_WSMAN_ACCESS_DENIED'),
    );
  });
});
