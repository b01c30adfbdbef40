import assert from 'node:assert/strict';
import { array, assert as holds, constantFrom, integer, property, record } from 'fast-check';
import { TOTAL_MS, type AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { checkDomains, MAX_DOMAINS, planDomains, type DomainList } from '../../src/autodiscover/check-domains.ts';
import { said } from '../../src/autodiscover/words/say.ts';
import { readInGerman } from './german.ts';
import { ADDRESS, DiscoveryLab, DOMAIN, gist, PASSWORD } from './support.ts';

const lab = new DiscoveryLab();

describe('which domains of an organization are checked', () => {
  it('the main one, the listed ones, and those whose mailboxes are here; relays are named', () => {
    const accepted = [
      { name: 'Contoso.example', type: 'Authoritative' },
      { name: 'fabrikam.example', type: 'authoritative' },
      { name: 'unsaid.example', type: null },
      { name: 'bücher.example', type: 'Authoritative' },
      { name: 'partner.example', type: 'InternalRelay' },
      { name: 'archive.example', type: 'ExternalRelay' },
      { name: 'listed.example', type: 'ExternalRelay' },
      { name: '*.contoso.example', type: 'Authoritative' },
      { name: '*', type: 'InternalRelay' },
      { name: 'local', type: 'Authoritative' },
    ];
    assert.deepEqual(planDomains('contoso.example', { listed: ['listed.example', 'CONTOSO.example'], accepted }), {
      check: ['contoso.example', 'listed.example', 'fabrikam.example', 'unsaid.example', 'xn--bcher-kva.example'],
      named: [
        { name: 'partner.example', why: said('domains.relayed', { type: 'InternalRelay' }) },
        { name: 'archive.example', why: said('domains.relayed', { type: 'ExternalRelay' }) },
        { name: '*.contoso.example', why: said('domains.every') },
        { name: '*', why: said('domains.every') },
        { name: 'local', why: said('domains.no-domain') },
      ],
      cut: 0,
    });
  });

  it('each once, the main one first, and never more than a report can hold', () => {
    const name = integer({ min: 0, max: 150 }).map((n) => `d${n}.example`);
    const type = constantFrom('Authoritative', 'InternalRelay', 'ExternalRelay', null);
    holds(
      property(array(name), array(record({ name, type })), (listed, accepted) => {
        const { check, named, cut } = planDomains('main.example', { listed, accepted });
        assert.equal(check[0], 'main.example');
        assert.ok(check.length <= MAX_DOMAINS && new Set(check).size === check.length);
        assert.equal(
          named.some((one) => check.includes(one.name)),
          false,
        );
        const wanted = new Set(['main.example', ...listed]);
        for (const one of accepted) if (one.type === 'Authoritative' || one.type === null) wanted.add(one.name);
        assert.equal(check.length + cut, wanted.size);
      }),
    );
  });
});

describe('Autodiscover check of all domains', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  const all = async (domains: DomainList, options: Partial<AutodiscoverCheckOptions> = {}) => {
    const report = await checkDomains({
      address: ADDRESS,
      credentials: { username: ADDRESS, password: PASSWORD },
      internalResolvers: [lab.internal.address],
      tls: { ca: lab.authority.ca },
      httpsPort: lab.server.port,
      httpPort: 1,
      allowLoopback: true,
      timeouts: { stepMs: 20_000 },
      domains,
      ...options,
    });
    return readInGerman(report);
  };

  /** A second domain with a front end of its own. */
  async function second(domain: string, address: string) {
    lab.zone[`autodiscover.${domain}`] = { a: [address] };
    return lab.frontEnd({ names: [`autodiscover.${domain}`], host: address, port: lab.server.port });
  }

  it('gives the report of each, the worst of them for the whole, and signs in at the main one alone (row 40)', async () => {
    await lab.start();
    const fabrikam = await second('fabrikam.example', '127.0.0.2');
    const report = await all({ listed: ['fabrikam.example', 'lost.example'], accepted: null });
    assert.deepEqual(
      report.domains?.map(({ domain, overall, verdict, address }) => [domain, overall, verdict, address]),
      [
        [DOMAIN, 'warning', 'tls.private', ADDRESS],
        ['fabrikam.example', 'warning', 'tls.private', null],
        ['lost.example', 'broken', 'dns.internal.missing', null],
      ],
    );
    assert.deepEqual(
      [report.domain, report.overall, report.healthy, report.verdict, report.found.ewsUrl],
      [DOMAIN, 'broken', false, 'dns.internal.missing', lab.server.handedOut.ewsUrl],
    );
    assert.match(report.summary, /^1 of 3 domains: lost\.example: .*autodiscover\.lost\.example does not exist/);
    assert.deepEqual(
      fabrikam.requests.map(({ signIn }) => signIn),
      [null],
    );
  });

  it('says whose list it is, and names the relays', async () => {
    await lab.start();
    const accepted = [
      { name: DOMAIN, type: 'Authoritative' },
      { name: 'partner.example', type: 'InternalRelay' },
    ];
    const report = await all({ listed: [], accepted });
    assert.deepEqual(
      report.steps.map(({ id, status, seen }) => `${id} ${status} ${seen}`),
      [
        'domains.exchange ok Accepted domains: 2.',
        'domains.named.partner.example skipped Not checked: InternalRelay: its mailboxes may be elsewhere.',
      ],
    );
    assert.deepEqual([report.overall, report.domains?.length], ['warning', 1]);
  });

  it('warns that Exchange gave no list, and checks what else it knows', async () => {
    await lab.start();
    const report = await all({
      listed: [],
      accepted: null,
      refused: { code: 'ERR_EXCHANGE', message: 'The cmdlet is not known.' },
    });
    assert.deepEqual(gist(report), { overall: 'warning', failing: undefined, verdicts: ['domains.unread'] });
    assert.equal(report.domains?.length, 1);
  });

  it('cannot say anything of the whole where one is unknown, and stops when it is told to', async () => {
    await lab.start();
    lab.server.faults.anonymous = { status: 200, drip: true };
    const { overall } = await all({ listed: [], accepted: null }, { timeouts: { stepMs: 200 } });
    assert.equal(overall, 'unknown');
    const stop = new AbortController();
    const check = all(
      { listed: Array.from({ length: 20 }, (_, at) => `d${at}.example`), accepted: null },
      { signal: stop.signal, timeouts: { stepMs: 10_000 } },
    );
    setTimeout(() => stop.abort(), 100);
    await assert.rejects(check, { code: 'ERR_ABORTED' });
  });

  it('checks twelve domains side by side', async () => {
    await lab.start();
    const names = Array.from({ length: 12 }, (_, at) => `d${at}.example`);
    await Promise.all(names.map((name, at) => second(name, `127.0.1.${at + 1}`)));
    const report = await all({ listed: names, accepted: null });
    assert.deepEqual(new Set(report.domains?.map(({ overall }) => overall)), new Set(['warning']));
    const each = report.domains?.map(({ ms }) => ms) ?? [];
    assert.ok(
      report.ms < each.reduce((sum, ms) => sum + ms, 0),
      `some at a time: ${report.ms} of ${each.join(', ')} ms`,
    );
  });

  it('gives every domain less than half a minute', () => {
    assert.ok(TOTAL_MS < 30_000);
  });
});
