import assert from 'node:assert/strict';
import { DiscoveryLab, DOMAIN, gist, HOST, PUBLIC, stepOf } from './support.ts';

const lab = new DiscoveryLab();
const ID = `outside.${PUBLIC}`;

describe('Autodiscover check: what the outside is given', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  /** What stands at the public address, as a reverse proxy or a firewall. */
  const publicly = (options: Parameters<DiscoveryLab['frontEnd']>[0] = {}) =>
    lab.frontEnd({ host: PUBLIC, port: lab.server.port, ...options });
  /** With time for a machine that has other work. */
  const check = () => lab.check({ timeouts: { stepMs: 5_000 } });
  const verdicts = async () => {
    const { overall, verdicts } = gist(await check());
    return [overall, verdicts.filter((verdict) => verdict !== 'tls.private')];
  };

  it('is contacted without a sign-in, and in order where certificate and answer are as inside', async () => {
    await lab.start();
    const proxy = await publicly({ notAfter: new Date(Date.now() + 100 * 86_400_000) });
    const report = await check();
    assert.deepEqual(
      [report.overall, stepOf(report, ID)?.seen, stepOf(report, `${ID}.answer`)?.seen],
      ['warning', `${PUBLIC} is reached from inside.`, 'Autodiscover answers there as inside.'],
    );
    assert.match(stepOf(report, `${ID}.certificate`)?.seen ?? '', /^Another certificate than inside, fit for/);
    assert.deepEqual(
      proxy.requests.map(({ method, host, signIn }) => [method, host, signIn]),
      [['POST', `${HOST}:${lab.server.port}`, null]],
    );
  });

  it('is said to be out of reach where no way leads there, which keeps no check from being in order', async () => {
    await lab.start();
    const report = await check();
    const step = stepOf(report, ID);
    assert.deepEqual(
      [report.overall, report.verdict, step?.status, step?.verdict, step?.seen],
      [
        'warning',
        'tls.private',
        'unknown',
        'outside.unreachable',
        `${PUBLIC} cannot be reached from inside (refused).`,
      ],
    );
    assert.match(step?.remedy ?? '', /It says nothing about phones outside.*from a phone on its own network/);
  });

  it('explains a certificate that has expired outside only (row 9)', async () => {
    await lab.start();
    const proxy = await publicly({ notAfter: new Date(Date.now() - 3_600_000) });
    assert.deepEqual(await verdicts(), ['warning', ['outside.certificate']]);
    assert.deepEqual(proxy.requests, []);
  });

  it('explains a certificate that is for another name outside only', async () => {
    await lab.start();
    await publicly({ names: ['firewall.contoso.example'] });
    assert.deepEqual(await verdicts(), ['warning', ['outside.certificate']]);
  });

  it('explains that something else answers outside', async () => {
    await lab.start();
    const proxy = await publicly();
    for (const anonymous of [
      { status: 404, headers: { Server: 'nginx' } },
      { status: 200, body: '<html><form><input type="password"></form></html>' },
      { status: 302, headers: { Location: 'https://mail.evil.example/x' } },
    ]) {
      proxy.faults.anonymous = anonymous;
      assert.deepEqual(await verdicts(), ['warning', ['outside.answer']]);
    }
  });

  it('says where a redirect outside leads, and goes to nobody for it', async () => {
    await lab.start();
    const proxy = await publicly();
    const other = await lab.frontEnd({ names: [`mail.${DOMAIN}`], host: '127.0.0.3' });
    lab.zone[`mail.${DOMAIN}`] = { a: ['127.0.0.3'] };
    const location = `https://mail.${DOMAIN}:${other.port}/autodiscover/autodiscover.xml`;
    proxy.faults.anonymous = { status: 302, headers: { Location: location } };
    const report = await check();
    assert.equal(stepOf(report, `${ID}.answer`)?.seen, `It redirects to ${location}.`);
    assert.deepEqual(other.requests, []);
  });

  it('says what the outside has where the inside has no name, and finds nothing by it', async () => {
    await lab.start();
    delete lab.zone[HOST];
    const proxy = await publicly();
    const report = await check();
    assert.deepEqual(
      [report.overall, report.verdict, report.found.by, stepOf(report, `${ID}.answer`)?.verdict],
      ['broken', 'dns.internal.missing', null, 'outside.differs'],
    );
    assert.deepEqual(
      proxy.requests.map(({ signIn }) => signIn),
      [null],
    );
  });

  it('warns of an address of a private network in the public DNS, and does not contact it', async () => {
    await lab.start();
    lab.external.zone[HOST] = { a: ['10.9.8.7'] };
    assert.deepEqual(await verdicts(), ['warning', ['outside.private']]);
  });

  it('contacts neither this host nor metadata services because the public DNS says so', async () => {
    await lab.start();
    const proxy = await publicly();
    for (const address of [PUBLIC, '169.254.169.254']) {
      lab.external.zone[HOST] = { a: [address] };
      const report = await lab.check({ allowLoopback: false });
      assert.equal(stepOf(report, `outside.${address}`)?.verdict, 'outside.private');
    }
    assert.deepEqual(proxy.requests, []);
  });

  describe('of ActiveSync, where it has a name of its own', () => {
    const MAIL = `mail.${DOMAIN}`;
    const EAS = 'outside.activesync';
    /** The address that phones are told leads to the same front end inside. */
    async function start(): Promise<void> {
      await lab.start({ names: [HOST, MAIL] });
      const base = `https://${MAIL}:${lab.server.port}`;
      Object.assign(lab.server.handedOut, { activeSyncUrl: `${base}/Microsoft-Server-ActiveSync` });
      lab.zone[MAIL] = { a: ['127.0.0.1'] };
      lab.external.zone[HOST] = { a: ['127.0.0.1'] };
    }

    it('is asked as phones ask, without a sign-in', async () => {
      await start();
      lab.external.zone[MAIL] = { a: [PUBLIC] };
      const proxy = await publicly({ names: [MAIL] });
      const report = await check();
      assert.equal(stepOf(report, `${EAS}.${PUBLIC}.answer`)?.seen, 'ActiveSync answers there as inside.');
      assert.deepEqual(
        proxy.requests.map(({ method, path, signIn }) => [method, path, signIn]),
        [['OPTIONS', '/Microsoft-Server-ActiveSync', null]],
      );
      proxy.faults.anonymous = { status: 404 };
      const broken = await check();
      assert.deepEqual([broken.overall, gist(broken).verdicts], ['warning', ['tls.private', 'outside.answer']]);
      assert.match(
        stepOf(broken, `${EAS}.${PUBLIC}.answer`)?.remedy ?? '',
        /^At the public address 127\.0\.0\.99 ActiveSync/,
      );
    });

    it('is warned of where the public DNS does not know it', async () => {
      await start();
      assert.deepEqual(await verdicts(), ['warning', ['outside.missing']]);
    });

    it('says nothing where the public DNS server does not answer for it, or its name is somebody else’s', async () => {
      await start();
      lab.external.faults.every = 'SERVFAIL';
      assert.equal(stepOf(await check(), EAS)?.status, 'skipped');
      delete lab.external.faults.every;
      Object.assign(lab.server.handedOut, { activeSyncUrl: 'https://mail.evil.example/Microsoft-Server-ActiveSync' });
      assert.equal(stepOf(await check(), EAS), undefined);
    });
  });

  it('is not looked at again where it is what the inside has, and not at all without a public DNS server', async () => {
    await lab.start();
    lab.external.zone[HOST] = { a: ['127.0.0.1'] };
    assert.equal(stepOf(await check(), 'outside')?.status, 'skipped');
    assert.equal(stepOf(await lab.check({ externalResolvers: [] }), 'outside'), undefined);
  });
});
