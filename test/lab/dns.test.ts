import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { startDnsServer, type DnsServerOptions, type DnsZone, type LabDnsServer } from '../../src/lab/servers/dns.ts';

const ZONE: DnsZone = {
  'contoso.example': { a: ['192.0.2.10'], txt: ['v=spf1 -all'] },
  'mail.contoso.example': { a: ['192.0.2.25'], aaaa: ['2001:db8::25'] },
  'autodiscover.contoso.example': { cname: 'mail.contoso.example' },
  'gone.contoso.example': { cname: 'old-server.contoso.example' },
  'broken.contoso.example': { fault: 'SERVFAIL' },
  'closed.contoso.example': { fault: 'REFUSED' },
  'silent.contoso.example': { fault: 'drop' },
  '_autodiscover._tcp.contoso.example': {
    srv: [{ priority: 0, weight: 5, port: 443, target: 'mail.contoso.example' }],
  },
  '*.wild.contoso.example': { a: ['192.0.2.99'] },
  'many.contoso.example': { txt: Array.from({ length: 30 }, (_, index) => `${index} ${'x'.repeat(100)}`) },
};

/** What a query gives, or the code it fails with. */
function code(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: NodeJS.ErrnoException) => error.code);
}

describe('lab DNS server', () => {
  const open: LabDnsServer[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  async function resolver(
    options: Partial<DnsServerOptions> = {},
  ): Promise<{ ask: dns.Resolver; server: LabDnsServer }> {
    const server = await startDnsServer({ zone: ZONE, ...options });
    open.push(server);
    const ask = new dns.Resolver({ tries: 1 });
    ask.setServers([server.address]);
    return { ask, server };
  }

  it('answers addresses, aliases and services', async () => {
    const { ask } = await resolver();
    assert.deepEqual(await ask.resolve4('autodiscover.contoso.example'), ['192.0.2.25']);
    assert.deepEqual(await ask.resolve6('mail.contoso.example'), ['2001:db8::25']);
    assert.deepEqual(await ask.resolveCname('autodiscover.contoso.example'), ['mail.contoso.example']);
    const [service] = await ask.resolveSrv('_autodiscover._tcp.contoso.example');
    assert.deepEqual(
      { ...service, type: 'SRV' },
      { type: 'SRV', priority: 0, weight: 5, port: 443, name: 'mail.contoso.example' },
    );
  });

  it('tells a missing name from a name without such a record', async () => {
    const { ask } = await resolver();
    assert.equal(await code(ask.resolve4('nothing.contoso.example')), 'ENOTFOUND');
    assert.equal(await code(ask.resolve6('contoso.example')), 'ENODATA');
    assert.equal(await code(ask.resolve4('_tcp.contoso.example')), 'ENODATA');
  });

  it('fails on demand', async () => {
    const { ask, server } = await resolver();
    assert.equal(await code(ask.resolve4('broken.contoso.example')), 'ESERVFAIL');
    assert.equal(await code(ask.resolve4('closed.contoso.example')), 'EREFUSED');
    const hasty = new dns.Resolver({ timeout: 100, tries: 1 });
    hasty.setServers([server.address]);
    assert.equal(await code(hasty.resolve4('silent.contoso.example')), 'ETIMEOUT');
    server.faults.every = 'NXDOMAIN';
    assert.equal(await code(ask.resolve4('contoso.example')), 'ENOTFOUND');
  });

  it('knows both ways in which a resolver reports an alias of nothing', async () => {
    assert.equal(await code((await resolver()).ask.resolve4('gone.contoso.example')), 'ENOTFOUND');
    const { ask } = await resolver({ danglingRcode: 'NOERROR' });
    assert.deepEqual(await code(ask.resolve4('gone.contoso.example')), []);
    assert.deepEqual(await ask.resolveCname('gone.contoso.example'), ['old-server.contoso.example']);
  });

  it('matches wildcards only where no name is in between', async () => {
    const { ask } = await resolver();
    assert.deepEqual(await ask.resolve4('anything.wild.contoso.example'), ['192.0.2.99']);
    assert.equal(await code(ask.resolve4('x.mail.contoso.example')), 'ENOTFOUND');
  });

  it('answers over TCP when UDP is too small', async () => {
    const { ask, server } = await resolver();
    assert.equal((await ask.resolveTxt('many.contoso.example')).length, 30);
    assert.deepEqual(server.queries, ['TXT many.contoso.example', 'TXT many.contoso.example']);
  });

  it('gives internal and external clients different answers', async () => {
    const internal = await resolver({ zone: {} });
    const external = await resolver({ zone: { 'autodiscover.contoso.example': { a: ['198.51.100.7'] } } });
    assert.equal(await code(internal.ask.resolve4('autodiscover.contoso.example')), 'ENOTFOUND');
    assert.deepEqual(await external.ask.resolve4('autodiscover.contoso.example'), ['198.51.100.7']);
  });
});
