import assert from 'node:assert/strict';
import { ADDRESS, DiscoveryLab, DOMAIN, gist, HOST, PUBLIC, stepOf } from './support.ts';
import { ownTimeOf } from '../support/own-time.ts';
import { whileLimitsStand } from '../support/put-forward.ts';
import { passTurns } from '../support/turns.ts';

const lab = new DiscoveryLab();

describe('Autodiscover check', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  it('is healthy when DNS, TLS and the sign-in prompt are in order (row 1)', async () => {
    await lab.start();
    const report = await lab.checkAnonymously();
    // The lab's CA is private, which phones would not accept: the one warning.
    assert.deepEqual(gist(report), { overall: 'warning', failing: undefined, verdicts: ['tls.private'] });
    assert.deepEqual(report.found, {
      url: lab.url,
      by: 'autodiscover',
      ewsUrl: null,
      activeSyncUrl: null,
      schemes: ['Negotiate', 'NTLM', 'Basic'],
    });
    assert.equal(report.summary, `Found by https://${HOST}:${lab.server.port}.`);
    assert.deepEqual(
      lab.server.requests.map(({ method, signIn }) => [method, signIn]),
      [['POST', null]],
    );
  });

  it('names the missing internal record, and what Outlook hides (row 2)', async () => {
    await lab.start();
    delete lab.zone[HOST];
    const report = await lab.check();
    assert.deepEqual(gist(report), {
      overall: 'broken',
      failing: `dns.internal.${lab.internal.address}`,
      verdicts: ['dns.internal.missing'],
    });
    assert.equal(
      stepOf(report, `dns.internal.${lab.internal.address}`)?.remedy,
      `Outlook on domain PCs works because it uses the SCP. Devices and this service use DNS. Create autodiscover.${DOMAIN} in the internal zone (A or CNAME to your Exchange namespace) or a pin-point zone.`,
    );
    assert.deepEqual(lab.server.requests, []);
  });

  it('stays unhealthy when the EWS address is entered by hand, and says what that helps (row 3)', async () => {
    await lab.start();
    delete lab.zone[HOST];
    assert.deepEqual(gist(await lab.check({ ewsUrl: 'https://mail.contoso.example/EWS/Exchange.asmx' })).verdicts, [
      'dns.internal.missing',
      'ews.bypassed',
    ]);
  });

  it('names a record without an address (row 4)', async () => {
    await lab.start();
    lab.zone[HOST] = { txt: ['only text'] };
    assert.deepEqual(gist(await lab.check()).verdicts, ['dns.nodata']);
  });

  for (const danglingRcode of ['NXDOMAIN', 'NOERROR'] as const) {
    it(`names an alias of nothing when the server says ${danglingRcode} (row 5)`, async () => {
      await lab.start();
      const { startDnsServer } = await import('../../src/lab/servers/dns.ts');
      const dns = lab.keep(await startDnsServer({ zone: { [HOST]: { cname: 'old.contoso.example' } }, danglingRcode }));
      const report = await lab.check({ internalResolvers: [dns.address] });
      assert.deepEqual(gist(report).verdicts, ['dns.dangling']);
      assert.match(
        stepOf(report, `dns.internal.${dns.address}`)?.remedy ?? '',
        /alias of old\.contoso\.example, which does not exist/,
      );
    });
  }

  for (const fault of ['SERVFAIL', 'REFUSED', 'drop'] as const) {
    it(`says nothing about the record when the DNS server fails: ${fault} (row 6)`, async () => {
      await lab.start();
      lab.internal.faults.every = fault;
      const report = await lab.check({ timeouts: { stepMs: fault === 'drop' ? 300 : 20_000 } });
      assert.deepEqual(
        [report.overall, report.verdict, stepOf(report, `dns.internal.${lab.internal.address}`)?.status],
        ['unknown', 'dns.resolver', 'unknown'],
      );
    });
  }

  it('asks side by side: a DNS server that drops everything costs the time of one step (row 6)', async () => {
    await lab.start();
    for (const server of [lab.internal, lab.external]) server.faults.every = 'drop';
    const { ms, result: report } = await ownTimeOf(() => lab.check({ timeouts: { stepMs: 1_000 } }));
    assert.deepEqual([report.overall, report.verdict], ['unknown', 'dns.resolver']);
    assert.ok(report.ms >= 900, `${report.ms} ms`);
    assert.ok(ms < 1_600, `${ms} ms`);
  });

  it('asks a DNS server that dropped everything nothing further, and goes by the other one (row 6)', async () => {
    await lab.start();
    const { startDnsServer } = await import('../../src/lab/servers/dns.ts');
    const silent = lab.keep(await startDnsServer({ zone: {} }));
    silent.faults.every = 'drop';
    const internalResolvers = [silent.address, lab.internal.address];
    const report = await lab.check({ internalResolvers, timeouts: { stepMs: 2_000 } });
    assert.deepEqual(
      [report.overall, report.verdict, report.found.ewsUrl],
      ['unknown', 'dns.resolver', lab.server.handedOut.ewsUrl],
    );
    assert.deepEqual(
      new Set(silent.queries.map((query) => query.split(' ')[1])),
      new Set([HOST, DOMAIN, `_autodiscover._tcp.${DOMAIN}`]),
    );
  });

  it('checks a domain in any script by its name in DNS', async () => {
    await lab.start();
    const name = 'autodiscover.xn--bcher-kva.example';
    const server = lab.trust(await lab.frontEnd({ names: [name], host: '127.0.0.2' }));
    lab.zone[name] = { a: ['127.0.0.2'] };
    const report = await lab.check({ address: 'enroll@Bücher.example', httpsPort: server.port });
    assert.deepEqual(
      [report.domain, report.address, report.found.by],
      ['xn--bcher-kva.example', 'enroll@xn--bcher-kva.example', 'autodiscover'],
    );
  });

  it('warns when only the outside lacks the record (row 7)', async () => {
    await lab.start();
    delete lab.external.zone[HOST];
    assert.deepEqual(gist(await lab.check()), {
      overall: 'warning',
      failing: undefined,
      verdicts: ['dns.external.missing', 'tls.private'],
    });
  });

  it('notices a wildcard that leads to a web server (row 8)', async () => {
    await lab.start();
    delete lab.zone[HOST];
    lab.zone[`*.${DOMAIN}`] = { a: ['127.0.0.1'] };
    lab.server.faults.anonymous = { status: 404, headers: { Server: 'nginx' } };
    const report = await lab.check();
    assert.deepEqual(gist(report), {
      overall: 'broken',
      failing: 'wildcard',
      verdicts: ['tls.private', 'http.404', 'dns.wildcard'],
    });
    assert.deepEqual(
      [report.verdict, report.summary],
      ['dns.wildcard', 'Where does the wildcard lead?: It leads to "nginx" at 127.0.0.1.'],
    );
  });

  it('knows split DNS as normal (row 9)', async () => {
    await lab.start();
    assert.equal(
      stepOf(await lab.check(), 'dns.split')?.seen,
      `Internal 127.0.0.1, external ${PUBLIC}: normal split DNS.`,
    );
  });

  it('warns about an IPv6 address where nothing listens (row 11)', async () => {
    await lab.start();
    lab.zone[HOST] = { a: ['127.0.0.1'], aaaa: ['::1'] };
    assert.deepEqual(gist(await lab.check()), {
      overall: 'warning',
      failing: undefined,
      verdicts: ['dns.aaaa', 'tls.private'],
    });
  });

  it('names a closed port (row 12)', async () => {
    await lab.start();
    lab.zone[HOST] = { a: ['127.0.0.9'] };
    const report = await lab.check();
    assert.deepEqual(gist(report), { overall: 'broken', failing: 'autodiscover.tcp', verdicts: ['net.tcp'] });
    assert.match(
      stepOf(report, 'autodiscover.tcp')?.remedy ?? '',
      /No web server listens on port \d+: IIS or the load balancer is down\./,
    );
  });

  it('names an expired certificate (row 13)', async () => {
    await lab.start({ notAfter: new Date(Date.now() - 3_600_000) });
    assert.deepEqual(gist(await lab.check()).failing, 'autodiscover.tls.dates');
    assert.deepEqual(lab.server.requests, []);
  });

  it('warns a month before the certificate expires (row 14)', async () => {
    await lab.start({ notAfter: new Date(Date.now() + 5 * 86_400_000) });
    assert.deepEqual(gist(await lab.check()), {
      overall: 'warning',
      failing: undefined,
      verdicts: ['tls.private', 'tls.expiring'],
    });
  });

  it('names a certificate that lacks the name (row 15)', async () => {
    await lab.start({ names: ['mail.contoso.example', 'owa.contoso.example'] });
    const report = await lab.check();
    assert.deepEqual([report.failing, report.verdict], ['autodiscover.tls.name', 'tls.name']);
    assert.match(
      stepOf(report, 'autodiscover.tls.name')?.remedy ?? '',
      /lists mail\.contoso\.example, owa\.contoso\.example\. Reissue it including autodiscover\.contoso\.example/,
    );
  });

  it('warns about a private authority that this host does not know either (row 17)', async () => {
    await lab.start();
    const report = await lab.check({ tls: {} });
    // The account could not sign in, so nothing is proven.
    assert.deepEqual(gist(report), {
      overall: 'unknown',
      failing: 'autodiscover.tls.chain',
      verdicts: ['tls.untrusted'],
    });
    assert.match(
      stepOf(report, 'autodiscover.tls.chain')?.seen ?? '',
      /is signed by "Lab Root CA", which this host does not trust/,
    );
  });

  it('names a server that only knows old TLS (row 18)', async () => {
    await lab.start({ maxTls: 'TLSv1.1' });
    const report = await lab.check();
    assert.deepEqual([report.failing, report.verdict], ['autodiscover.tls', 'tls.version']);
  });

  it('names forms pre-authentication (row 27)', async () => {
    await lab.start();
    for (const anonymous of [
      { status: 401 },
      { status: 302, headers: { Location: '/owa/auth/logon.aspx?url=x' } },
      { status: 200, body: '<html><form><input type="password"></form></html>' },
      { status: 440 },
    ]) {
      lab.server.faults.anonymous = anonymous;
      assert.deepEqual(gist(await lab.check()), {
        overall: 'broken',
        failing: 'autodiscover.http',
        verdicts: ['tls.private', 'auth.preauth'],
      });
    }
  });

  it('warns when only Basic or only Bearer is offered (row 28)', async () => {
    for (const [scheme, verdict] of [
      ['Basic', 'auth.schemes.basic'],
      ['Bearer', 'auth.schemes.bearer'],
    ] as const) {
      await lab.start({ schemes: [scheme] });
      const report = await lab.check();
      // An account was given and could not sign in.
      assert.deepEqual(
        [report.overall, gist(report).verdicts],
        ['unknown', ['tls.private', verdict, 'auth.schemes.unusable']],
      );
      // Without an account nothing else was asked for.
      assert.equal((await lab.checkAnonymously()).overall, 'warning');
      await lab.stop();
    }
  });

  for (const status of [403, 404, 500, 502, 503, 504]) {
    it(`explains HTTP ${status} (row 30)`, async () => {
      await lab.start();
      lab.server.faults.anonymous = { status };
      assert.deepEqual(gist(await lab.check()), {
        overall: 'broken',
        failing: 'autodiscover.http',
        verdicts: ['tls.private', `http.${status}`],
      });
    });
  }

  it('looks at every address behind the name (row 39)', async () => {
    await lab.start();
    const second = await lab.frontEnd({ host: '127.0.0.2', port: lab.server.port });
    second.faults.anonymous = { status: 503 };
    lab.zone[HOST] = { a: ['127.0.0.2', '127.0.0.1'] };
    const report = await lab.check();
    assert.deepEqual(gist(report), { overall: 'warning', failing: undefined, verdicts: ['tls.private', 'flapping'] });
    assert.match(stepOf(report, 'autodiscover.pool.127.0.0.2')?.seen ?? '', /HTTP 503/);
  });

  const hostile: Record<string, string> = {
    'a web page': '<!DOCTYPE html><html><body>Welcome</body></html>',
    'a document type with entities':
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Autodiscover>&b;</Autodiscover>',
    'something deep': '<a>'.repeat(10_000),
    'another document': '<__proto__ xmlns="urn:x"><constructor/></__proto__>',
    megabytes: 'x'.repeat(3_000_000),
    nothing: '',
  };
  for (const [what, body] of Object.entries(hostile)) {
    it(`is not harmed by an answer that is ${what} (row 42)`, async () => {
      await lab.start();
      lab.server.faults.anonymous = { status: 200, body };
      assert.deepEqual(gist(await lab.check()).verdicts, ['tls.private', 'body.invalid']);
    });
  }

  it('is not harmed by a compressed answer that nobody asked for (row 42)', async () => {
    await lab.start();
    lab.server.faults.anonymous = { status: 200, headers: { 'Content-Encoding': 'gzip' }, body: 'bomb' };
    assert.deepEqual(gist(await lab.check()).verdicts, ['tls.private', 'body.invalid']);
  });

  it('ends an answer that never ends (row 42)', async () => {
    await lab.start();
    lab.server.faults.anonymous = { status: 200, drip: true };
    const report = await whileLimitsStand(
      () => lab.check({ timeouts: { stepMs: 20_000 } }),
      async (pass) => {
        while (lab.server.requests.length === 0) await passTurns(1);
        pass(20_000);
      },
    );
    assert.deepEqual(gist(report).verdicts, ['tls.private', 'http.timeout']);
  });

  it('contacts neither loopback nor metadata addresses of a real domain (row 44)', async () => {
    await lab.start();
    for (const address of ['127.0.0.1', '169.254.169.254']) {
      lab.zone[HOST] = { a: [address] };
      assert.deepEqual(gist(await lab.check({ allowLoopback: false, externalResolvers: [] })).verdicts, [
        'target.blocked',
      ]);
    }
    assert.deepEqual(lab.server.requests, []);
  });

  it('stops at once when the node closes', async () => {
    await lab.start();
    lab.server.faults.anonymous = { status: 200, drip: true };
    const stop = new AbortController();
    const check = lab.check({ signal: stop.signal, timeouts: { stepMs: 10_000 } });
    while (lab.server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await assert.rejects(check, { code: 'ERR_ABORTED' });
  });

  it('stops as quietly at any moment, whatever is under way beside', async () => {
    await lab.start();
    lab.server.faults.slowMs = 20;
    const outside = await lab.frontEnd({ host: PUBLIC, port: lab.server.port });
    outside.faults.slowMs = 30;
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    for (let ms = 0; ms <= 300; ms += 15) {
      const check = lab.check({
        signal: AbortSignal.timeout(ms),
        scp: { url: `ldaps://127.0.0.1:${lab.server.port}`, username: 'reader', password: 'x' },
      });
      await check.catch((error: unknown) => assert.equal((error as { code?: string }).code, 'ERR_ABORTED'));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', hear);
    assert.deepEqual(unheard, []);
  });

  it('keeps to its time for the whole check', async () => {
    await lab.start();
    lab.server.faults.anonymous = { status: 200, drip: true };
    const { ms, result } = await ownTimeOf(() => lab.check({ timeouts: { stepMs: 10_000, totalMs: 300 } }));
    assert.equal(result.overall, 'unknown');
    assert.ok(ms < 3_000, `${ms} ms`);
  });

  it('sends nobody the address of a user before it signs in', async () => {
    await lab.start();
    await lab.check();
    assert.equal(
      lab.internal.queries.some((query) => query.includes(ADDRESS.split('@')[0] ?? '')),
      false,
    );
  });

  it('asks no DNS server for a domain that is none (row 43)', async () => {
    await lab.start();
    for (const domain of ['com', 'user@com', 'co.uk', 'a@co.uk', '', 'a b.example', '127.0.0.1', '-x.example']) {
      await assert.rejects(lab.check({ domain }), { code: 'ERR_AUTODISCOVER_DOMAIN' });
    }
    assert.deepEqual([...lab.internal.queries, ...lab.external.queries], []);
  });
});
