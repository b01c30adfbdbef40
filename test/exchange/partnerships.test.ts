/** Deleting a partnership over the wire: once, only where it was meant, and what is gone already counts as deleted. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { checkCall } from '../../src/exchange/cmdlets/check-call.ts';
import { partnershipsOf, removePartnership } from '../../src/exchange/partnerships.ts';
import { labOrganization, withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';

const code = (expected: ErrorCode) => (error: unknown) =>
  isConnectorError(error, expected) || assert.fail(String(error));
const EAS_ID = 'SEC0BOB1';
const bobOf = ({ organization }: Lab) => organization.mailboxByAddress('bob@contoso.example')!;
const nameOf = (lab: Lab) => ({ mailboxId: bobOf(lab).guid, easId: EAS_ID });
const ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

describe('a partnership', () => {
  it('is found by mailbox and EAS ID however it is spelled, deleted, and the lists stay as they are', async () => {
    await withLab({}, async (lab) => {
      const mailbox = bobOf(lab);
      mailbox.blockedDeviceIds = [EAS_ID];
      const exchange = lab.open();
      const before = lab.organization.partnershipCount;
      const [id = ''] = await partnershipsOf(exchange, { mailboxId: mailbox.guid, easId: EAS_ID.toLowerCase() });
      await removePartnership(exchange, id);
      assert.deepEqual(await partnershipsOf(exchange, nameOf(lab)), []);
      assert.deepEqual([lab.organization.partnershipCount, mailbox.blockedDeviceIds], [before - 1, [EAS_ID]]);
    });
  });

  it('that is gone already counts as deleted, and one on a mailbox that is no more is none', async () => {
    await withLab({}, async (lab) => {
      await removePartnership(lab.open(), ID);
      assert.deepEqual(await partnershipsOf(lab.open(), { mailboxId: ID, easId: EAS_ID }), []);
    });
  });

  it('without a GUID is refused before anything is sent', async () => {
    await withLab({}, async (lab) => {
      const { commands } = lab.server.stats;
      for (const id of ['', ' ', '00000000-0000-0000-0000-000000000000', 'bob', '*'])
        await assert.rejects(removePartnership(lab.open(), id), code('ERR_EXCHANGE_IDENTITY'));
      await assert.rejects(partnershipsOf(lab.open(), { mailboxId: '', easId: EAS_ID }), code('ERR_EXCHANGE_IDENTITY'));
      assert.equal(lab.server.stats.commands, commands);
    });
  });

  it('is asked for once: an answer that is lost is not known, and is not repeated', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open();
      const [id = ''] = await partnershipsOf(exchange, nameOf(lab));
      lab.server.faults.add({ kind: 'reset', handled: true, on: 'command', cmdlet: 'Remove-MobileDevice' });
      await assert.rejects(removePartnership(exchange, id), code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
    });
  });

  it('is not deleted by an account that lacks the cmdlet', async () => {
    const organization = labOrganization();
    const cmdlets = ['Get-CASMailbox', 'Get-MobileDevice', 'Set-CASMailbox'];
    const poor = { alias: 'poor', displayName: 'Poor', password: 'x', remotePowerShell: true, cmdlets };
    organization.addMailbox(poor);
    await withLab(
      {},
      async (lab) => {
        const exchange = lab.open({ username: 'poor@contoso.example', password: 'x' });
        const [id = ''] = await partnershipsOf(exchange, nameOf(lab));
        await assert.rejects(removePartnership(exchange, id), code('ERR_EXCHANGE_CMDLET_UNKNOWN'));
        assert.equal((await partnershipsOf(exchange, nameOf(lab))).length, 1);
      },
      organization,
    );
  });
});

describe('a call that is meant to delete a partnership', () => {
  it('may do that, and never wipe a device', () => {
    const policy = { removesPartnership: true };
    const remove = { cmdlet: 'remove-mobiledevice', parameters: { Identity: ID } };
    assert.deepEqual(checkCall(remove, policy).parameters, { Identity: ID, Confirm: false });
    const wipe = { cmdlet: 'Clear-MobileDevice', parameters: { Identity: ID } };
    assert.throws(() => checkCall(wipe, policy), code('ERR_EXCHANGE_CMDLET_REFUSED'));
  });
});

describe('a partnership that may be in a domain which the account does not see', () => {
  it('is neither none nor gone: what was not found is an error', async () => {
    const organization = labOrganization();
    const account = organization.mailboxByAddress('connector@contoso.example')!;
    organization.removeMailbox(account);
    const { upn } = organization.addMailbox({
      alias: 'connector',
      displayName: 'Connector',
      password: account.password,
      remotePowerShell: true,
      cmdlets: ['Get-CASMailbox', 'Get-MobileDevice', 'Remove-MobileDevice'],
    });
    await withLab(
      {},
      async (lab) => {
        const refused = lab.open({ username: upn });
        await assert.rejects(partnershipsOf(refused, { mailboxId: ID, easId: EAS_ID }), code('ERR_EXCHANGE_CMDLET'));
        await assert.rejects(removePartnership(refused, ID), code('ERR_EXCHANGE_CMDLET'));
        const own = lab.open({ username: upn, viewEntireForest: false });
        assert.deepEqual(await partnershipsOf(own, { mailboxId: ID, easId: EAS_ID }), []);
        await removePartnership(own, ID);
      },
      organization,
    );
  });
});
