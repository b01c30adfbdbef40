import assert from 'node:assert/strict';
import { getCommand } from '../../../src/exchange/cmdlets/get-command.ts';
import { getServerSettings } from '../../../src/exchange/cmdlets/get-server-settings.ts';
import { getThrottlingPolicies, getThrottlingPolicyOf } from '../../../src/exchange/cmdlets/get-throttling-policy.ts';
import { close, mailboxId, open, usePeer } from './exchange-peer.ts';

describe('What a session of the real engine says of its account', () => {
  const peer = usePeer();

  it('is which cmdlets it has, and which of their parameters', async () => {
    const found = await getCommand(peer().exchange, ['Set-CASMailbox', 'New-MailboxDatabase', 'get-mobiledevice']);
    assert.deepEqual(
      found.map(({ name }) => name),
      ['Set-CASMailbox', 'Get-MobileDevice'],
    );
    const own = ['Identity', 'ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs', 'DomainController'];
    assert.deepEqual(found[0]?.parameters?.slice(0, 4), own);
  });

  it('is nothing about cmdlets that are not there', async () => {
    assert.deepEqual(await getCommand(peer().exchange, ['New-MailboxDatabase']), []);
  });

  it('is how much it may ask for', async () => {
    assert.deepEqual(
      (await getThrottlingPolicies(peer().exchange)).map(({ scope, sessions, cmdlets, seconds }) => [
        scope,
        sessions,
        cmdlets,
        seconds,
      ]),
      [
        ['Global', 18, Infinity, Infinity],
        ['Regular', 2, null, null],
      ],
    );
    assert.equal(await getThrottlingPolicyOf(peer().exchange, mailboxId(2)), 'Few sessions');
    assert.equal(await getThrottlingPolicyOf(peer().exchange, mailboxId(1)), null);
  });

  it('is which part of the forest it sees', async () => {
    assert.deepEqual(await getServerSettings(peer().exchange), { viewEntireForest: true, root: null });
    const own = await open({}, { viewEntireForest: false });
    try {
      assert.deepEqual(await getServerSettings(own.exchange), { viewEntireForest: false, root: 'contoso.example' });
    } finally {
      await close(own);
    }
  });
});
