/** A mail account over EWS that asks Autodiscover, as a node: the servers its dialog confirms, and no other. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Organization } from '../../src/lab/organization.ts';
import { startAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startDnsServer } from '../../src/lab/servers/dns.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode } from '../support/node-red.ts';
import { secretsIn, startStranger } from '../support/stranger.ts';

const DOMAIN = 'contoso.uk.com';
const ADDRESS = `notify@${DOMAIN}`;
const PASSWORD = 'TopSecret1!';

describe('mail account over EWS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mail-account-ews-'));
  const { Resolver } = dns;
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    dns.Resolver = Resolver;
    await stopFlow();
    for (const close of closing.splice(0).reverse()) await close();
  });
  after(() => rmSync(folder, { recursive: true }));

  it('sends to no server of another owner that Autodiscover names, until its dialog confirms it', async function () {
    // Autodiscover never asks loopback, so the lab's front end needs another address of this machine.
    const addresses = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
    const host = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? this.skip();
    const authority = await createCertificateAuthority();
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, authority.ca);
    const stranger = await startStranger(await authority.issue({ names: ['localhost'] }));
    const organization = new Organization({ domain: DOMAIN });
    organization.addMailbox({ alias: 'notify', displayName: 'IT', password: PASSWORD });
    const front = await startAutodiscoverServer(organization, {
      host,
      certificate: await authority.issue({ names: [`mail.${DOMAIN}`] }),
      ewsUrl: `https://localhost:${stranger.port}/EWS/Exchange.asmx`,
    });
    const zone = {
      [`mail.${DOMAIN}`]: { a: [host] },
      [`_autodiscover._tcp.${DOMAIN}`]: {
        srv: [{ priority: 0, weight: 0, port: front.port, target: `mail.${DOMAIN}` }],
      },
    };
    const names = await startDnsServer({ zone });
    closing.push(
      () => stranger.close(),
      () => front.close(),
      () => names.close(),
    );
    // The name servers of this host, which the node asks, are the lab's.
    dns.Resolver = class extends Resolver {
      constructor(options?: ConstructorParameters<typeof Resolver>[0]) {
        super(options);
        this.setServers([names.address]);
      }
    };

    const flowOf = (account: Record<string, unknown>): FlowNode[] => [
      {
        id: 'tls',
        type: 'tls-config',
        name: '',
        ca: caFile,
        cert: '',
        key: '',
        servername: '',
        verifyservercert: true,
      },
      { id: 'account', type: 'mail-account', transport: 'ews', address: ADDRESS, tls: 'tls', ...account },
      { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
      {
        id: 'notifier',
        type: 'enrollment-notifier',
        account: 'account',
        store: 'store',
        linkBase: 'https://127.0.0.1:1',
        wires: [[], []],
      },
    ];
    const flow = await startFlow(flowOf({}), { account: { username: ADDRESS, password: PASSWORD } });
    flow.receive('notifier', { topic: 'check' });
    await flow.until(() => flow.ended('notifier').done === 1, 'the check is done');
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_MAIL_FOREIGN_HOST'],
    );
    assert.equal(flow.words().at(-1), 'mail server not confirmed');
    assert.equal(stranger.log(), '');

    await flow.redeploy(flowOf({ allowedRedirects: 'mail.contoso.net, localhost' }));
    flow.receive('notifier', { topic: 'check' });
    await flow.until(() => flow.ended('notifier').done === 2, 'the check is done');
    assert.deepEqual(secretsIn(stranger.log(), { user: 'notify' }), ['Authorization header', 'user']);
  });

  it('signs in as its dialog says: by Basic, by NTLM, or by Kerberos without user and password', async function () {
    const kerberosIsThere = await import('kerberos' as string).then(
      () => true,
      () => false,
    );
    if (kerberosIsThere) this.skip();
    const authority = await createCertificateAuthority();
    const caFile = join(folder, 'own-ca.pem');
    writeFileSync(caFile, authority.ca);
    const organization = new Organization({ domain: DOMAIN });
    organization.addMailbox({ alias: 'notify', displayName: 'IT', password: PASSWORD });
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    const front = await startAutodiscoverServer(organization, { certificate });
    closing.push(() => front.close());
    const flowOf = (account: Record<string, unknown>): FlowNode[] => [
      {
        id: 'tls',
        type: 'tls-config',
        name: '',
        ca: caFile,
        cert: '',
        key: '',
        servername: '',
        verifyservercert: true,
      },
      {
        id: 'account',
        type: 'mail-account',
        transport: 'ews',
        address: ADDRESS,
        ewsUrl: front.ewsUrl,
        tls: 'tls',
        ...account,
      },
      { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
      {
        id: 'notifier',
        type: 'enrollment-notifier',
        account: 'account',
        store: 'store',
        linkBase: 'https://127.0.0.1:1',
        wires: [[], []],
      },
    ];
    const flow = await startFlow(flowOf({}), { account: { username: ADDRESS, password: PASSWORD } });
    let checks = 0;
    const signIns = async (account: Record<string, unknown>): Promise<string[]> => {
      await flow.redeploy(flowOf(account));
      front.requests.length = 0;
      flow.receive('notifier', { topic: 'check' });
      checks += 1;
      await flow.until(() => flow.ended('notifier').done === checks, 'the check is done');
      return [...new Set(front.requests.flatMap(({ signIn }) => signIn ?? []))];
    };
    assert.deepEqual(await signIns({ ewsAuth: 'basic' }), ['Basic']);
    assert.deepEqual(await signIns({ ewsAuth: 'ntlm' }), ['NTLM']);
    assert.deepEqual(await signIns({ ewsAuth: 'kerberos' }), []);
    assert.equal(flow.words().at(-1), 'package kerberos is missing');
  });
});
