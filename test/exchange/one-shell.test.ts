/** One shell must be enough, and be kept: what a server with a single session allowed would show. */
import assert from 'node:assert/strict';
import { getActiveSyncOrganizationSettings } from '../../src/exchange/cmdlets/get-organization-settings.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import { readEasRecord } from '../../src/exchange/read-mailbox.ts';
import { withLab } from './lab-exchange.ts';

describe('with one shell', () => {
  it('reads one record with its mailbox and user, one cmdlet after the other', () =>
    withLab({}, async (lab) => {
      const { organization, server } = lab;
      const [partnership] = [...organization.partnerships()];
      assert.ok(partnership);
      const exchange = lab.open({ sessions: 1 });
      const record = await readEasRecord(exchange, {
        organization: 'org',
        mailboxId: partnership.mailbox.guid,
        easId: partnership.deviceId,
      });
      assert.equal(record?.easId, partnership.deviceId);
      assert.equal(record?.mailbox.upn, partnership.mailbox.upn);
      assert.equal(server.stats.openedShells, 1);
    }));

  it('reads what is asked for again in a quick sync', () =>
    withLab({}, async (lab) => {
      const { organization } = lab;
      const keys = [...organization.partnerships()].map(
        ({ mailbox, deviceId }) => `eas:org:${mailbox.guid}:${deviceId.toLowerCase()}`,
      );
      const seen: string[] = [];
      const since = new Date(Date.now() + 86_400_000).toISOString();
      const reading = readEasRecords(lab.open({ sessions: 1 }), { organization: 'org', kind: 'quick', since, keys });
      for await (const { records } of reading) seen.push(...records.map(({ key }) => key));
      assert.deepEqual(seen.sort(), keys.sort());
    }));

  it('keeps the shell when it leaves a cmdlet after its only object', () =>
    withLab({}, async (lab) => {
      const { server } = lab;
      const exchange = lab.open({ sessions: 1 });
      for (let i = 0; i < 3; i += 1) await getActiveSyncOrganizationSettings(exchange);
      assert.equal(server.stats.openedShells, 1);
    }));
});
