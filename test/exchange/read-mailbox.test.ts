import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import { setCasMailbox } from '../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { editMailboxLists, readEasRecord, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import { casMailbox, guid, mobileDevice, ScriptedExchange, user } from './scripted-exchange.ts';

const lost = () => new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The connection broke.');

describe('reading one mailbox', () => {
  it('gives its personal lists as Exchange spells them', async () => {
    const exchange = new ScriptedExchange(() => [
      casMailbox(1, { ActiveSyncAllowedDeviceIDs: ['ApplA'], ActiveSyncBlockedDeviceIDs: ['B', 'c'] }),
    ]);
    assert.deepEqual(await readMailboxLists(exchange, guid(1).toUpperCase()), {
      allowed: ['ApplA'],
      blocked: ['B', 'c'],
    });
    assert.deepEqual(exchange.calls, [{ cmdlet: 'Get-CASMailbox', parameters: { Identity: guid(1) } }]);
  });

  it('refuses another mailbox than the one asked for, several, and none', async () => {
    for (const answer of [[casMailbox(2)], [casMailbox(1), casMailbox(2)], [casMailbox(1), casMailbox(1)], [{}], []]) {
      await assert.rejects(readMailboxLists(new ScriptedExchange(() => answer), guid(1)), (error) =>
        isConnectorError(error, 'ERR_EXCHANGE_RECORD'),
      );
    }
  });

  it('asks Exchange nothing when the mailbox is not named by its GUID', async () => {
    const exchange = new ScriptedExchange(() => [casMailbox(1)]);
    for (const id of ['', '*', 'user1@contoso.example', 'CN=User 1,DC=contoso']) {
      await assert.rejects(readMailboxLists(exchange, id), (error) => isConnectorError(error, 'ERR_EXCHANGE_IDENTITY'));
      await assert.rejects(setCasMailbox(exchange, { mailboxId: id, blocked: { add: ['x'] } }), (error) =>
        isConnectorError(error, 'ERR_EXCHANGE_IDENTITY'),
      );
    }
    assert.deepEqual(exchange.calls, []);
  });

  it('finds one record by its folded EAS ID, or says that it is gone', async () => {
    const exchange = new ScriptedExchange(({ cmdlet }) => {
      if (cmdlet === 'Get-CASMailbox') return [casMailbox(1)];
      return cmdlet === 'Get-User'
        ? [user(1)]
        : [mobileDevice(1, 'ApplA'), mobileDevice(1, 'ApplB', { DeviceAccessState: 'Blocked' })];
    });
    const wanted = { organization: 'org', mailboxId: guid(1) };
    const record = await readEasRecord(exchange, { ...wanted, easId: 'APPLB' });
    assert.deepEqual([record?.easId, record?.access.state], ['ApplB', 'blocked']);
    assert.equal(await readEasRecord(exchange, { ...wanted, easId: 'ApplC' }), null);
  });
});

/** Loses the answers of the first `losses` changes; `applied` says whether they were made all the same. */
function flaky(losses: number, applied: boolean) {
  let blocked = false;
  let writes = 0;
  return new ScriptedExchange(({ cmdlet }) => {
    if (cmdlet === 'Set-CASMailbox') {
      const isLost = writes++ < losses;
      blocked ||= applied || !isLost;
      return isLost ? lost() : [];
    }
    return [casMailbox(1, blocked ? { ActiveSyncBlockedDeviceIDs: ['a'] } : { ActiveSyncAllowedDeviceIDs: ['A'] })];
  });
}

const names = (exchange: ScriptedExchange) => exchange.calls.map((call) => call.cmdlet);

describe('editing a mailbox’s lists', () => {
  const edit = { mailboxId: guid(1), allowed: { remove: ['A'] }, blocked: { add: ['A'] } };

  it('sends both lists in one call, by Add and Remove', async () => {
    const exchange = flaky(0, true);
    assert.equal(await editMailboxLists(exchange, edit), 'done');
    assert.deepEqual(exchange.calls, [
      {
        cmdlet: 'Set-CASMailbox',
        parameters: {
          Identity: guid(1),
          Confirm: false,
          ActiveSyncAllowedDeviceIDs: { Remove: ['A'] },
          ActiveSyncBlockedDeviceIDs: { Add: ['A'] },
        },
      },
    ]);
  });

  it('sends nothing when there is nothing to change', async () => {
    const exchange = flaky(0, true);
    await setCasMailbox(exchange, { mailboxId: guid(1), allowed: { add: [] }, blocked: {} });
    assert.deepEqual(exchange.calls, []);
  });

  it('looks before it does anything else when an answer was lost, and leaves a change alone that was made', async () => {
    const exchange = flaky(1, true);
    assert.equal(await editMailboxLists(exchange, edit), 'found');
    assert.deepEqual(names(exchange), ['Set-CASMailbox', 'Get-CASMailbox']);
  });

  it('makes a change again that was not made', async () => {
    const exchange = flaky(1, false);
    assert.equal(await editMailboxLists(exchange, edit), 'repeated');
    assert.deepEqual(names(exchange), ['Set-CASMailbox', 'Get-CASMailbox', 'Set-CASMailbox']);
  });

  it('says that it does not know when answers keep getting lost', async () => {
    const exchange = flaky(2, false);
    await assert.rejects(editMailboxLists(exchange, edit), (error) =>
      isConnectorError(error, 'ERR_EXCHANGE_OUTCOME_UNKNOWN'),
    );
    assert.deepEqual(names(exchange), ['Set-CASMailbox', 'Get-CASMailbox', 'Set-CASMailbox']);
  });

  it('says that it does not know when the lists cannot be read either', async () => {
    const exchange = new ScriptedExchange(({ cmdlet }) =>
      cmdlet === 'Set-CASMailbox' ? lost() : new ConnectorError('ERR_HTTP_UNREACHABLE', 'No.'),
    );
    await assert.rejects(editMailboxLists(exchange, edit), (error) =>
      isConnectorError(error, 'ERR_EXCHANGE_OUTCOME_UNKNOWN'),
    );
  });
});
