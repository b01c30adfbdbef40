/** What an admin gets wrong, or the far end: a red status with a short text, an error with a code, nothing lost, and the next run works. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import type { StoreConnection } from '../../nodes/connections.ts';
import { freePort } from '../../scripts/free-port.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { Organization } from '../../src/lab/organization.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { linkIn } from '../../src/lab/phones.ts';
import { longToken } from '../support/long-link.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { aManagedPhone } from '../support/people.ts';
import { syncPhoneOfSecondsAgo } from '../support/phone-of-seconds-ago.ts';

const ANNA = {
  deviceId: 'K6CKULJTID3SDEAIV0ELHBBTTO',
  deviceType: 'iPhone',
  model: 'iPhone16C1',
  os: 'iOS 18.1',
  userAgent: 'Apple-iPhone16C1/2202.83',
};

describe('bad input', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(new Organization()) });
    lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
    syncPhoneOfSecondsAgo(lab.organization, { ...ANNA, mailbox: 'anna@contoso.example' });
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const start = (
    changes: Changes = {},
    credentials: Record<string, Record<string, string>> = {},
  ): Promise<RunningFlow> => {
    const flow = connectorFlow(lab, changes);
    return startFlow(flow.nodes, { ...flow.credentials, ...credentials });
  };

  /** Runs a node once and returns how it ended: its last status and the error that Catch nodes saw. */
  async function fail(
    flow: RunningFlow,
    id: string,
    msg: Record<string, unknown> = {},
  ): Promise<{ status: unknown; code: string | undefined }> {
    const before = flow.errors().length;
    flow.receive(id, msg);
    await flow.until(
      () => flow.errors().length > before && flow.statuses(id).at(-1)?.fill === 'red',
      `${id} has failed`,
    );
    return { status: flow.statuses(id).at(-1), code: flow.errors().at(-1)?.code };
  }

  const red = (code: string): unknown => ({ status: { fill: 'red', text: `shared.error.${code}` }, code });

  describe('Exchange', () => {
    it('says that Exchange is unreachable', async () => {
      const flow = await start({ exchange: { urls: `https://127.0.0.1:${await freePort()}/PowerShell/` } });
      assert.deepEqual(await fail(flow, 'eas'), red('ERR_HTTP_UNREACHABLE'));
      assert.deepEqual(flow.messages('easOut'), []);
    });

    it('says that the certificate is not trusted, and sends no password', async () => {
      const flow = await start({ exchange: { tls: '' } });
      assert.deepEqual(await fail(flow, 'eas'), red('ERR_HTTP_TLS_UNTRUSTED'));
      assert.equal(lab.servers.exchange.stats.requests, 0);
    });

    it('says that the password is wrong when the method is offered', async () => {
      const flow = await start({}, { exchange: { username: lab.exchange.username, password: 'wrong' } });
      assert.deepEqual(await fail(flow, 'eas'), red('ERR_HTTP_AUTH'));
    });

    it('says that the sign-in method is not offered', async () => {
      const flow = await start({ exchange: { auth: 'ntlm' } });
      assert.deepEqual(await fail(flow, 'eas'), red('ERR_HTTP_AUTH_METHOD'));
    });

    it('says that a web page answered instead of Exchange', async () => {
      const page = await startWebPage();
      try {
        const flow = await start({
          exchange: { urls: `https://127.0.0.1:${page.port}/PowerShell/` },
          tls: { ca: lab.caFile },
        });
        assert.deepEqual(await fail(flow, 'eas'), red('ERR_HTTP_NOT_EXPECTED'));
      } finally {
        await page.close();
      }
    });

    it('works at the next run when the cause is gone, without a redeploy', async () => {
      const flow = await start();
      lab.servers.exchange.faults.add({ kind: 'html', times: Number.POSITIVE_INFINITY });
      assert.deepEqual(await fail(flow, 'eas'), red('ERR_HTTP_NOT_EXPECTED'));
      lab.servers.exchange.faults.clear();
      flow.receive('eas');
      await flow.until(() => flow.messages('easOut').length === 1, 'the records were read');
      assert.equal((flow.messages('easOut')[0]?.['payload'] as unknown[] | undefined)?.length, 1);
      await flow.until(() => flow.statuses('eas').at(-1)?.fill === 'green', 'the status is green');
    });

    it('leaves no shell behind, whatever went wrong', async () => {
      const flow = await start();
      flow.receive('eas');
      await flow.until(() => flow.messages('easOut').length === 1, 'the records were read');
      await stopFlow();
      assert.equal(lab.servers.exchange.stats.shells, 0);
      void flow;
    });
  });

  describe('EAS records by message', () => {
    it('says which record cannot be taken, concludes nothing from its reading, and works at the next one', async () => {
      const flow = await start({ eas: { from: 'message' } });
      flow.receive('mdm');
      await flow.until(() => flow.completed('mdm') === 1, 'the MDM was read');
      const firstSyncAt = '2026-01-01T00:00:00Z';
      const record = { easId: ANNA.deviceId, access: { state: 'allowed', listed: null }, firstSyncAt };
      assert.deepEqual(await fail(flow, 'eas', { payload: [record] }), red('ERR_EAS_RECORD'));
      assert.match(flow.errors().at(-1)?.message ?? '', /Record 1: mailbox is missing\./);
      assert.deepEqual([flow.messages('easOut'), lab.organization.writes], [[], []]);
      const address = 'anna@contoso.example';
      const mailbox = { id: lab.organization.mailboxByAddress(address)?.guid, address };
      flow.receive('eas', { payload: [{ ...record, mailbox }] });
      await flow.until(() => flow.messages('blocked').length === 1, 'Anna is blocked');
      assert.equal(lab.organization.writes.length, 1);
      assert.equal(flow.statuses('eas').at(-1)?.fill, 'green');
    });
  });

  describe('the MDM', () => {
    it('says that the secret of the application is wrong', async () => {
      const flow = await start({}, { tenant: { clientSecret: 'wrong' } });
      assert.deepEqual(await fail(flow, 'mdm'), red('ERR_GRAPH_AUTH'));
      assert.deepEqual(flow.messages('mdmOut'), []);
    });

    it('does not take an error inside a 200 for an empty list', async () => {
      const flow = await start();
      lab.servers.graph.faults.add({ kind: 'error-in-200' });
      assert.deepEqual(await fail(flow, 'mdm'), red('ERR_GRAPH_RESPONSE'));
      assert.deepEqual(flow.messages('mdmOut'), []);
    });

    it('blocks nobody when the chain of pages breaks in the middle', async () => {
      for (let i = 0; i < 1500; i += 1) {
        lab.organization.enroll({
          upn: `user${i}@contoso.example`,
          platform: 'ios',
          model: 'iPhone 16',
          name: `phone ${i}`,
          serial: `F2L${i}`,
          easDeviceId: `ID${i}`,
        });
      }
      const flow = await start();
      lab.servers.graph.faults.add({ kind: 'value-not-list', page: 2 });
      const failed = await fail(flow, 'mdm');
      assert.deepEqual(failed, red('ERR_GRAPH_PAGE_CHAIN'));
      assert.equal(
        flow.messages('mdmOut').some((msg) => (msg['sync'] as { last: boolean }).last),
        false,
      );
      flow.receive('eas');
      await flow.until(() => flow.messages('easOut').length === 1, 'the EAS records were read');
      flow.receive('matcher', { topic: 'match' });
      await flow.until(() => flow.messages('switchReport').length === 1, 'the switch has reported');
      assert.deepEqual(lab.organization.writes, []);
      assert.equal(
        (flow.messages('devices')[0]?.['payload'] as { reason: { code: string } }[] | undefined)?.[0]?.reason.code,
        'snapshot-incomplete',
      );
    });
  });

  describe('mail', () => {
    async function blockAnna(flow: RunningFlow): Promise<void> {
      flow.receive('mdm');
      await flow.until(() => flow.completed('mdm') === 1 && flow.messages('mdmOut').length > 0, 'the MDM was read');
      flow.receive('eas');
      await flow.until(() => flow.messages('blocked').length === 1, 'Anna is blocked');
    }

    it('says that the sender is refused, keeps the mail, and sends it when the cause is gone', async () => {
      const flow = await start();
      lab.servers.smtp.faults.sender = [550, '5.7.60 SMTP; Client does not have permissions to send as this sender'];
      await blockAnna(flow);
      await flow.until(
        () => flow.errors().length > 0 && flow.statuses('notifier').at(-1)?.fill === 'red',
        'the mail was refused',
      );
      assert.deepEqual(
        { status: flow.statuses('notifier').at(-1), code: flow.errors().at(-1)?.code },
        red('ERR_MAIL_SENDER'),
      );
      assert.equal(
        (flow.messages('notSent')[0]?.['payload'] as { problem: { code: string } } | undefined)?.problem.code,
        'ERR_MAIL_SENDER',
      );
      delete lab.servers.smtp.faults.sender;
      flow.receive('notifier', { topic: 'retry' });
      await flow.until(() => flow.messages('sent').length === 1, 'the mail was sent');
      assert.equal(lab.organization.inbox('anna@contoso.example').length, 1);
    });

    it('says that the notification account has no mailbox, and mails nobody', async () => {
      lab.organization.addMailbox({
        alias: 'nobox',
        displayName: 'No Mailbox',
        password: 'Passw0rd!',
        hasMailbox: false,
      });
      const flow = await start(
        { account: { address: 'nobox@contoso.example' } },
        { account: { username: 'nobox@contoso.example', password: 'Passw0rd!' } },
      );
      assert.deepEqual(await fail(flow, 'notifier', { topic: 'check' }), red('ERR_MAIL_NO_MAILBOX'));
      assert.equal(lab.organization.inbox('anna@contoso.example').length, 0);
    });

    it('refuses a link that is tampered with, expired, or of another store, and records nothing', async () => {
      const flow = await start();
      await blockAnna(flow);
      await flow.until(() => flow.messages('sent').length === 1, 'the mail was sent');
      const link = new URL(linkIn(lab.organization.inbox('anna@contoso.example')[0]?.text ?? '') ?? '');
      const token = link.searchParams.get('token') ?? '';
      const foreign = longToken(
        {
          purpose: 'activate',
          storeId: 'another',
          tokenId: 't',
          mailboxId: '11111111-1111-1111-1111-111111111111',
          easId: 'X',
          issuedAt: '2026-01-01T00:00:00Z',
          expiresAt: '2099-01-01T00:00:00Z',
        },
        Buffer.alloc(32, 7),
      );
      const press = async (value: string): Promise<number> =>
        (await fetch(`${flow.url}/activate`, { method: 'POST', body: new URLSearchParams({ token: value }) })).status;
      // The minute for which refused visits are gathered.
      mock.timers.enable({ apis: ['setTimeout'] });
      assert.equal(await press(`${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`), 400);
      assert.equal(await press(foreign), 400);
      assert.equal(await press(''), 400);
      const store = await (flow.node('store') as StoreConnection).store();
      const expired = longToken(
        {
          purpose: 'activate',
          storeId: store.id,
          tokenId: 'old',
          mailboxId: '11111111-1111-1111-1111-111111111111',
          easId: 'X',
          issuedAt: '2026-01-01T00:00:00Z',
          expiresAt: '2026-01-15T00:00:00Z',
        },
        store.linkSecret,
      );
      assert.equal(await press(expired), 410);
      mock.timers.tick(60_000);
      mock.timers.reset();
      await flow.until(() => flow.errors().length === 1, 'the refusals were told together');
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_VISITS_REFUSED'],
      );
      assert.deepEqual(flow.messages('seen-errors')[0]?.['payload'], {
        visits: 4,
        codes: { ERR_TOKEN_INVALID: 2, ERR_TOKEN_FOREIGN: 1, ERR_TOKEN_EXPIRED: 1 },
      });
      assert.deepEqual(flow.statuses('link'), [], 'the status is as it began');
      assert.deepEqual(flow.messages('activated'), []);
      assert.equal((await fetch(`${flow.url}/activate?token=${token}`)).status, 200);
      assert.deepEqual(flow.messages('activated'), [], 'opening the page activates nothing');
      assert.equal(await press(token), 200);
      assert.equal(await press(token), 200);
      await flow.until(() => flow.messages('activated').length > 0, 'the activation was sent');
      assert.equal(flow.messages('activated').length, 1, 'pressing twice is one activation');
    });
  });

  describe('configuration', () => {
    const cases: readonly [string, string, string][] = [
      ['eas', 'exchange', 'the EAS source'],
      ['eas', 'store', 'the EAS source'],
      ['mdm', 'tenant', 'the MDM source'],
      ['notifier', 'account', 'the notifier'],
    ];
    for (const [node, missing, label] of cases) {
      it(`says that the ${missing} of ${label} is missing`, async () => {
        const flow = await start({ [missing]: { disabled: true } });
        assert.deepEqual(await fail(flow, node), red('ERR_CONFIG_MISSING'));
      });
    }

    it('says what is wrong with a message that no source has sent', async () => {
      const flow = await start();
      assert.deepEqual(await fail(flow, 'matcher', { payload: 'hello' }), red('ERR_INPUT_INVALID'));
      assert.deepEqual(await fail(flow, 'switch', { topic: 'device', payload: 'hello' }), red('ERR_INPUT_INVALID'));
      assert.deepEqual(await fail(flow, 'notifier', { payload: 'hello' }), red('ERR_INPUT_INVALID'));
    });
  });

  /** A web server with a trusted certificate that answers everything with a page. */
  async function startWebPage(): Promise<{ port: number; close(): Promise<void> }> {
    // The lab's own CA has signed nothing but the lab; this server brings one that the flow is told to trust.
    const authority = await createCertificateAuthority('Web CA');
    const { key, cert } = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    appendFileSync(lab.caFile, `\n${authority.ca}\n`);
    const server: Server = createServer({ key, cert }, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title><p>It works.');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return {
      port: (server.address() as AddressInfo).port,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }
});
