/** The Autodiscover check: a message where it works, or where it is broken or unknown, and what to fix. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import { reportText } from '../../src/autodiscover/describe-report.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { KeptCheck, Store } from '../../src/store/store.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startDirectoryServer } from '../support/directory-server.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

/** Node-RED's own keeper of contexts, the one that the test runtime uses. */
const context = createRequire(createRequire(import.meta.url).resolve('node-red'))(
  '@node-red/runtime/lib/nodes/context',
) as { init(settings: object): void; load(): Promise<void>; close(): Promise<void> };

function useContextInFiles(dir: string): void {
  const files = { module: 'localfilesystem', config: { dir, flushInterval: 0 } };
  helper.settings({ userDir: '/nonexistent', contextStorage: { default: files }, functionGlobalContext: {} } as never);
}

describe('Autodiscover check node', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const start = (
    changes: Record<string, unknown> = {},
    account: Record<string, unknown> = {},
  ): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { account });
    return startFlow(
      [
        ...nodes.filter(({ id }) => ['tls', 'account'].includes(id)),
        {
          id: 'check',
          type: 'autodiscover-check',
          account: 'account',
          internalResolvers: lab.dns.internal,
          wires: [['healthy'], ['unhealthy']],
          ...changes,
        },
        { id: 'healthy', type: 'helper' },
        { id: 'unhealthy', type: 'helper' },
      ],
      credentials,
    );
  };

  async function check(flow: RunningFlow, msg: Record<string, unknown> = {}): Promise<void> {
    const { done } = flow.ended('check');
    flow.receive('check', msg);
    await flow.until(() => flow.ended('check').done === done + 1, 'the check is done');
  }

  describe('keeps its last result', () => {
    const withStores = async (ids: readonly string[], changes: Record<string, unknown> = {}): Promise<RunningFlow> => {
      const { nodes, credentials } = connectorFlow(lab, {});
      const stores = ids.map((id) => ({ ...nodes.find((node) => node.id === 'store')!, id }));
      return startFlow(
        [
          ...nodes.filter(({ id }) => ['tls', 'account'].includes(id)),
          ...stores,
          {
            id: 'check',
            type: 'autodiscover-check',
            name: 'Inside',
            account: 'account',
            internalResolvers: lab.dns.internal,
            wires: [[], []],
            ...changes,
          },
        ],
        credentials,
      );
    };
    const keptIn = async (id: string): Promise<KeptCheck[]> => {
      const node = helper.getNode(id) as unknown as { store(): Promise<Store> };
      return (await node.store()).checks.list(20);
    };

    it('in the only store there is, in both languages, in place of the one before, and apart from what messages name', async () => {
      const flow = await withStores(['store']);
      await check(flow);
      await check(flow);
      await check(flow, { domain: 'nowhere.example' });
      const kept = await keptIn('store');
      assert.deepEqual(
        kept.map(({ node, target, name, domain, overall, verdict }) => [node, target, name, domain, overall, verdict]),
        [
          ['check', 'nowhere.example', 'Inside', 'nowhere.example', 'broken', 'dns.internal.missing'],
          ['check', '', 'Inside', 'contoso.example', 'warning', 'tls.private'],
        ],
      );
      assert.deepEqual(
        kept.map(({ texts }) => [texts['en']?.split('.')[0], texts['de']?.split('.')[0]]),
        [
          ['no DNS name inside', 'kein DNS-Name innen'],
          ['certificate of a private authority', 'Zertifikat einer eigenen Zertifizierungsstelle'],
        ],
      );
    });

    it('in the store that is chosen; of several, of which none is chosen, in none', async () => {
      await check(await withStores(['store', 'other'], { store: 'other' }));
      assert.deepEqual([(await keptIn('store')).length, (await keptIn('other')).length], [0, 1]);
      await stopFlow();
      await check(await withStores(['store', 'other']));
      assert.deepEqual([(await keptIn('store')).length, (await keptIn('other')).length], [0, 0]);
    });

    it('as long as it is in the flows', async () => {
      const flow = await withStores(['store']);
      await check(flow);
      const store = await (helper.getNode('store') as unknown as { store(): Promise<Store> }).store();
      await helper.getNode('check').close(true);
      assert.deepEqual(await store.checks.list(20), []);
    });
  });

  const signIns = (): unknown[] => lab.servers.autodiscover.requests.filter(({ signIn }) => signIn !== null);

  const reports = (flow: RunningFlow, output: string): AutodiscoverReport[] =>
    flow.messages(output).map(({ payload }) => payload as AutodiscoverReport);

  it('finds that the mail account’s own domain works, signed in, and hands over the whole report', async () => {
    const flow = await start();
    await check(flow, { _msgid: 'start', ticket: 7, payload: 'go' });
    const [report] = reports(flow, 'healthy');
    assert.deepEqual(flow.messages('healthy'), [
      {
        _msgid: 'start',
        ticket: 7,
        topic: 'autodiscover',
        payload: report,
        text: report && reportText(report, 'en'),
      },
    ]);
    assert.deepEqual(
      {
        domain: report?.domain,
        address: report?.address,
        overall: report?.overall,
        healthy: report?.healthy,
        verdict: report?.verdict,
        by: report?.found.by,
        ews: report?.found.ewsUrl,
        steps: report?.steps.map(({ id, status }) => `${id} ${status}`),
      },
      {
        domain: 'contoso.example',
        address: lab.smtp.address,
        // The lab's CA is private, which phones would not accept.
        overall: 'warning',
        healthy: false,
        verdict: 'tls.private',
        by: 'srv',
        ews: lab.autodiscover.ews.replace('127.0.0.1', 'mail.contoso.example'),
        steps: [
          'dns ok',
          'autodiscover skipped',
          'root skipped',
          'redirect skipped',
          'srv warning',
          'mailbox warning',
          'compare ok',
        ],
      },
    );
    assert.ok(signIns().length > 0);
    assert.deepEqual(reports(flow, 'unhealthy'), []);
    assert.deepEqual(flow.words(), ['ready', 'checking', 'certificate of a private authority']);
    assert.deepEqual(flow.statuses('check').at(-1), {
      fill: 'yellow',
      text: 'autodiscover-check.status.verdict.tls-private',
    });
    assert.deepEqual(flow.ended('check'), { received: 1, done: 1 });
  });

  it('says the report in German where that is chosen', async () => {
    const flow = await start({ account: '', domain: 'fabrikam.example', language: 'de' });
    await check(flow);
    const [{ text } = {}] = flow.messages('unhealthy') as { text?: string }[];
    assert.match(
      text ?? '',
      /^✗ Autodiscover von fabrikam\.example: gestört\n    kein DNS-Name innen \(dns\.internal\.missing\)\n/,
    );
    assert.match(text ?? '', /Was zu tun ist: Outlook auf Domänen-PCs/);
  });

  it('says changes only where that is chosen, of each target, also after a deploy', async () => {
    const flow = await start({ account: '', domain: 'fabrikam.example', changesOnly: true });
    const said = (): number => flow.messages('unhealthy').length + flow.messages('healthy').length;
    await check(flow);
    await check(flow);
    assert.equal(said(), 1, 'the first check says, the same again does not');
    assert.equal(flow.words().at(-1), 'no DNS name inside', 'the status says it all the same');
    await check(flow, { domain: 'contoso.example' });
    assert.equal(said(), 2, 'another domain is another matter');
    await check(flow, { domain: 'contoso.example' });
    assert.equal(said(), 2);
    assert.deepEqual(flow.ended('check'), { received: 4, done: 4 }, 'each message is done with');
  });

  it('remembers over a restart what it said last, where Node-RED keeps its context in files', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'context-'));
    try {
      const properties = { account: '', domain: 'fabrikam.example', changesOnly: true };
      const said: number[] = [];
      for (const changes of [properties, properties, { ...properties, domain: 'contoso.example' }]) {
        useContextInFiles(dir);
        const flow = await start(changes);
        await context.load();
        await check(flow);
        said.push(flow.messages('unhealthy').length + flow.messages('healthy').length);
        await context.close();
        // A test runtime that stops removes what every node remembers, by and by; a Node-RED that ends leaves it in the files.
        context.init({});
        await stopFlow();
      }
      assert.deepEqual(said, [1, 0, 1], 'says, keeps quiet after a restart, says what has changed');
    } finally {
      // The settings that all other tests have.
      useUserDir('/nonexistent');
      rmSync(dir, { recursive: true });
    }
  });

  it('is healthy in a simulated organization, asks nobody, and looks at another domain as ever', async () => {
    const flow = await start(
      { account: 'account', domain: '' },
      { transport: 'simulated', address: 'notify@contoso.example' },
    );
    await check(flow);
    const [report] = reports(flow, 'healthy');
    assert.deepEqual(
      [report?.overall, report?.domain, report?.steps.map(({ status }) => status), lab.servers.autodiscover.requests],
      ['healthy', 'contoso.example', ['ok'], []],
    );
    assert.equal(flow.messages('healthy')[0]?.['text'] === undefined, false);
    await check(flow, { domain: 'fabrikam.example' });
    assert.equal(reports(flow, 'unhealthy')[0]?.overall, 'broken');
    await stopFlow();
    const more = await start(
      { account: 'account', domain: '', domains: 'fabrikam.example' },
      { transport: 'simulated', address: 'notify@contoso.example' },
    );
    await check(more);
    assert.equal(reports(more, 'unhealthy')[0]?.domains?.length, 2, 'what is asked for beside it is asked');
  });

  it('finds a domain broken that has no record, names the step, and is done without an error', async () => {
    const flow = await start({ account: '', domain: 'fabrikam.example' });
    await check(flow);
    const [report] = reports(flow, 'unhealthy');
    assert.deepEqual(
      { overall: report?.overall, domain: report?.domain, verdict: report?.verdict, failing: report?.failing },
      {
        overall: 'broken',
        domain: 'fabrikam.example',
        verdict: 'dns.internal.missing',
        failing: `dns.internal.${lab.dns.internal}`,
      },
    );
    assert.deepEqual(reports(flow, 'healthy'), []);
    assert.deepEqual(flow.errors(), []);
    assert.equal(flow.words().at(-1), 'no DNS name inside');
    assert.equal(flow.statuses('check').at(-1)?.fill, 'red');
  });

  it('cannot prove anything where no DNS server answers: yellow, and on the second output', async () => {
    const flow = await start({ account: '', domain: 'contoso.example', internalResolvers: '127.0.0.1:9' });
    await check(flow);
    assert.deepEqual(
      reports(flow, 'unhealthy').map(({ overall, healthy, verdict }) => ({ overall, healthy, verdict })),
      [{ overall: 'unknown', healthy: false, verdict: 'dns.resolver' }],
    );
    assert.deepEqual(flow.statuses('check').at(-1), {
      fill: 'yellow',
      text: 'autodiscover-check.status.verdict.dns-resolver',
    });
  });

  it('signs in with the mail account where only its domain is entered', async () => {
    const flow = await start({ domain: 'contoso.example' });
    await check(flow);
    const [report] = reports(flow, 'healthy');
    assert.deepEqual(
      [report?.overall, report?.address, report?.found.ewsUrl],
      ['warning', lab.smtp.address, lab.autodiscover.ews.replace('127.0.0.1', 'mail.contoso.example')],
    );
  });

  it('signs in by Basic only where that is switched on', async () => {
    lab.servers.autodiscover.faults.schemes = ['Basic'];
    const refused = await start();
    await check(refused);
    const [unknown] = reports(refused, 'unhealthy');
    assert.deepEqual([unknown?.overall, unknown?.verdict, signIns()], ['unknown', 'auth.schemes.unusable', []]);
    await stopFlow();
    const allowed = await start({ allowBasic: true });
    await check(allowed);
    const [report] = reports(allowed, 'healthy');
    assert.equal(report?.found.ewsUrl, lab.autodiscover.ews.replace('127.0.0.1', 'mail.contoso.example'));
  });

  it('says that mails go out all the same where the mail account has an EWS address of its own', async () => {
    const ews = { transport: 'ews', ewsUrl: 'https://mail.contoso.example/EWS/Exchange.asmx' };
    for (const [account, bypassed] of [
      [ews, true],
      [{ ...ews, ewsUrl: '' }, false],
      [{ ...ews, transport: 'smtp' }, false],
    ] as const) {
      const flow = await start({ internalResolvers: '127.0.0.1:9' }, account);
      await check(flow);
      const [report] = reports(flow, 'unhealthy');
      assert.deepEqual(
        [report?.overall, report?.verdict, report?.steps.some(({ verdict }) => verdict === 'ews.bypassed')],
        ['unknown', 'dns.resolver', bypassed],
      );
      await stopFlow();
    }
  });

  it('checks the domain that a message names, each of two domains once', async () => {
    const flow = await start();
    flow.receive('check');
    flow.receive('check', { domain: 'fabrikam.example' });
    flow.receive('check', { domain: 'tailspin.example' });
    flow.receive('check', { domain: 'tailspin.example' });
    await flow.until(() => flow.ended('check').done === 4, 'every check is done');
    assert.deepEqual(
      reports(flow, 'healthy').map(({ domain }) => domain),
      ['contoso.example'],
    );
    assert.deepEqual(
      reports(flow, 'unhealthy').map(({ domain }) => domain),
      ['fabrikam.example', 'tailspin.example'],
    );
  });

  it('takes the account’s password to no domain that only a message names', async () => {
    const flow = await start({}, { address: 'connector@fabrikam.example' });
    await check(flow, { domain: 'contoso.example', address: lab.smtp.address });
    await check(flow, { address: lab.smtp.address });
    assert.deepEqual(signIns(), []);
    assert.deepEqual(
      reports(flow, 'healthy').map(({ steps }) => steps.find(({ id }) => id === 'mailbox')?.status),
      ['skipped', 'skipped'],
    );
  });

  it('signs in once each time it is started, however often the password is refused', async () => {
    const flow = await start();
    lab.servers.autodiscover.faults.refuseSignIn = true;
    for (const starts of [1, 2]) {
      await check(flow);
      // NTLM's two messages are one sign-in.
      assert.equal(signIns().length, 2 * starts);
    }
  });

  describe('of a whole organization', () => {
    const withExchange = (changes: Record<string, unknown>): Promise<RunningFlow> => {
      const { nodes, credentials } = connectorFlow(lab);
      return startFlow(
        [
          ...nodes.filter(({ id }) => ['tls', 'account', 'exchange'].includes(id)),
          {
            id: 'check',
            type: 'autodiscover-check',
            account: 'account',
            internalResolvers: lab.dns.internal,
            wires: [['healthy'], ['unhealthy']],
            ...changes,
          },
          { id: 'healthy', type: 'helper' },
          { id: 'unhealthy', type: 'helper' },
        ],
        credentials,
      );
    };

    it('checks every domain that Exchange and the dialog name, in one report', async () => {
      lab.organization.acceptedDomains.push(
        { name: 'fabrikam.example', type: 'Authoritative' },
        { name: 'partner.example', type: 'ExternalRelay' },
      );
      const flow = await withExchange({ exchange: 'exchange', domains: 'tailspin.example' });
      await check(flow);
      const [report] = reports(flow, 'unhealthy');
      assert.deepEqual(
        report?.domains?.map(({ domain, overall }) => `${domain} ${overall}`),
        ['contoso.example warning', 'tailspin.example broken', 'fabrikam.example broken'],
      );
      assert.deepEqual(
        report?.steps.map(({ id, status }) => `${id} ${status}`),
        ['domains.exchange ok', 'domains.named.partner.example skipped'],
      );
      assert.equal(flow.words().at(-1), 'no DNS name inside');
    });

    it('checks its own domain and warns where Exchange gives no list', async () => {
      lab.servers.exchange.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-AcceptedDomain',
        message: 'This is refused.',
        exceptionType: 'System.Exception',
        terminating: true,
      });
      const flow = await withExchange({ exchange: 'exchange' });
      await check(flow);
      const [report] = reports(flow, 'healthy');
      assert.deepEqual(
        [report?.overall, report?.domains?.length, report?.steps.map(({ verdict }) => verdict)],
        ['warning', 1, ['domains.unread']],
      );
    });

    it('checks the one domain that a message names', async () => {
      const flow = await withExchange({ exchange: 'exchange', domains: 'tailspin.example' });
      await check(flow, { domain: 'contoso.example' });
      assert.deepEqual(
        reports(flow, 'healthy').map(({ domain, domains }) => [domain, domains]),
        [['contoso.example', undefined]],
      );
    });

    it('asks the directory with the account of the dialog', async () => {
      const { nodes, credentials } = connectorFlow(lab);
      const directory = await startDirectoryServer({ certificate: lab.certificate });
      try {
        const flow = await startFlow(
          [
            ...nodes.filter(({ id }) => ['tls', 'account'].includes(id)),
            {
              id: 'check',
              type: 'autodiscover-check',
              account: 'account',
              internalResolvers: lab.dns.internal,
              ldapUrl: directory.url,
              site: 'Berlin',
              wires: [['healthy'], ['unhealthy']],
            },
            { id: 'healthy', type: 'helper' },
            { id: 'unhealthy', type: 'helper' },
          ],
          { ...credentials, check: { ldapUser: 'CONTOSO\\reader', ldapPassword: 'D1rectory-Secret!' } },
        );
        await check(flow);
        const [report] = reports(flow, 'healthy');
        assert.deepEqual(
          [report?.overall, report?.steps.at(-1)?.seen, directory.binds],
          ['warning', 'The directory has no address.', ['CONTOSO\\reader']],
        );
        assert.equal(JSON.stringify(report).includes('D1rectory-Secret!'), false);
      } finally {
        await directory.close();
      }
    });
  });

  it('says what is no mail domain', async () => {
    const flow = await start();
    for (const domain of ['no domain', 'localhost']) await check(flow, { domain });
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_AUTODISCOVER_DOMAIN', 'ERR_AUTODISCOVER_DOMAIN'],
    );
    assert.equal(flow.words().at(-1), 'domain invalid');
    assert.deepEqual([...reports(flow, 'healthy'), ...reports(flow, 'unhealthy')], []);
  });

  it('stops while the server does not answer', async () => {
    const flow = await start();
    lab.servers.autodiscover.faults.slowMs = 3_000;
    flow.receive('check');
    await flow.until(() => lab.servers.autodiscover.requests.length > 0, 'the server is asked');
    await flow.redeploy();
    await flow.until(() => flow.ended('check').done === 1, 'the check is done');
    assert.deepEqual([...reports(flow, 'healthy'), ...reports(flow, 'unhealthy')], []);
  });
});
