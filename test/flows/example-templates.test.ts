/** What the examples for production do beyond their first button: ask before blocks, raise an alarm, write a file, and so on. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import type { SimulationShare } from '../../src/lab/simulation.ts';
import { EXAMPLES, readExample } from '../support/examples.ts';
import type { Entry } from '../support/examples.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { ANNAS_PHONE } from '../support/people.ts';

/** A phone that names itself so that it would be a link in a card, a formula in a sheet, or a line of its own in a mail. */
const HOSTILE = '=HYPERLINK("https://evil.example") [x](https://evil.example)\n2 \u2028 3';

describe('the examples for production', function () {
  let folder: string;
  let simulation: SimulationShare;
  let flow: RunningFlow;
  let example: Entry[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'example-'));
    useUserDir(folder);
    simulation = acquireSimulation();
    simulation.organization.addMailbox({ alias: 'first', displayName: 'The first' });
    simulation.organization.syncPhone({
      ...ANNAS_PHONE,
      deviceId: 'UNMANAGED',
      model: HOSTILE,
      mailbox: 'first@contoso.example',
    });
    flow = await startFlow([]);
  });

  afterEach(async () => {
    await stopFlow();
    simulation.release();
    rmSync(folder, { recursive: true });
  });

  const deploy = (number: string, change: (node: Entry) => Partial<Entry> = () => ({}), more: FlowNode[] = []) => {
    example = readExample(EXAMPLES.find((name) => name.startsWith(number)) ?? assert.fail(number));
    const known = new Set(example.filter(({ type }) => !type.startsWith('ui-')).map(({ id }) => id));
    const nodes = example
      .filter(({ id }) => known.has(id))
      .map((node) => ({
        ...node,
        ...(node['wires'] === undefined
          ? {}
          : { wires: (node['wires'] as string[][]).map((wires) => wires.filter((id) => known.has(id))) }),
      }));
    return flow.redeploy([...nodes.map((node) => ({ ...node, ...change(node) })), ...more] as FlowNode[]);
  };
  const idOf = (type: string, name = ''): string =>
    example.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} ${name}`);
  const press = (name: string): void => flow.receive(idOf('inject', name));
  const arrived = (type: string, name: string): Record<string, unknown>[] => flow.arrived(idOf(type, name));
  const blocked = (): readonly string[] =>
    simulation.organization.mailboxByAddress('first@contoso.example')?.blockedDeviceIds ?? [];
  const payloads = (type: string, name: string): unknown[] => arrived(type, name).map(({ payload }) => payload);

  describe('13, which asks before it blocks', () => {
    interface Card {
      readonly attachments: readonly {
        readonly contentType: string;
        readonly content: {
          readonly body: readonly {
            type: string;
            text?: string;
            inlines?: readonly { type: string; text: string }[];
          }[];
          readonly actions: readonly { type: string; url: string }[];
        };
      }[];
    }

    it('blocks nobody until a person approves, and says in plain text what it asks and what came of it', async () => {
      await deploy('13');
      press('full sync');
      await flow.until(() => arrived('debug', 'mail').length === 1, 'it asks by mail');
      assert.deepEqual(blocked(), []);
      const [asked] = arrived('debug', 'mail');
      assert.match(String(asked?.['topic']), /^Exchange connector: \d+ changes wait for approval$/);
      const lines = String(asked?.['payload']).split('\n');
      const line = lines.find((one) => one.startsWith('first@contoso.example'));
      assert.match(line ?? '', /^first@contoso\.example, =HYPERLINK.* 2 {3}3, not-enrolled$/);
      assert.equal(lines.at(-1), 'Approve or discard: http://127.0.0.1:1880/exchange-connector/#/plan');
      press('approve the held plan');
      await flow.until(() => arrived('debug', 'mail').length === 2, 'it says what came of it');
      assert.deepEqual(blocked(), ['UNMANAGED']);
      assert.match(String(payloads('debug', 'mail')[1]), /^Approved: \d+ blocked\n/);
      assert.deepEqual(arrived('debug', 'error'), []);
    });

    it('posts a card to Teams that has no link but the console’s, and tells if it is not taken', async () => {
      const authority = await createCertificateAuthority();
      const { cert, key } = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
      const posted: string[] = [];
      let status = 202;
      const server = https.createServer({ cert, key }, (request, response) => {
        let body = '';
        request.on('data', (part: Buffer) => {
          body += part.toString();
        });
        request.on('end', () => {
          posted.push(body);
          response.writeHead(status).end();
        });
      });
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      const { port } = server.address() as AddressInfo;
      process.env['TEAMS_WORKFLOW_URL'] = `https://127.0.0.1:${port}/workflows?sig=SECRET`;
      try {
        const ca = join(folder, 'ca.pem');
        writeFileSync(ca, authority.ca);
        await deploy('13', ({ type }) => (type === 'http request' ? { tls: 'lab-ca' } : {}), [
          { id: 'lab-ca', type: 'tls-config', verifyservercert: true, ca },
        ]);
        press('full sync');
        await flow.until(() => posted.length === 1, 'the card is posted');
        const [{ contentType, content } = assert.fail('no card')] = (JSON.parse(posted[0] ?? '') as Card).attachments;
        assert.equal(contentType, 'application/vnd.microsoft.card.adaptive');
        assert.deepEqual(content.actions, [
          {
            type: 'Action.OpenUrl',
            title: 'Open the console',
            url: 'http://127.0.0.1:1880/exchange-connector/#/plan',
          },
        ]);
        const [title, ...texts] = content.body;
        assert.match(title?.text ?? '', /^\d+ changes wait for approval$/);
        // Only a TextBlock reads its text as Markdown: https://learn.microsoft.com/en-us/adaptive-cards/create/textfeatures
        assert.deepEqual([...new Set(texts.map(({ type }) => type))], ['RichTextBlock']);
        assert.ok(texts.some(({ inlines }) => inlines?.[0]?.text.includes('[x](https://evil.example)')));
        await flow.until(() => arrived('debug', 'posted').length === 1, 'it is shown');
        status = 400;
        press('approve the held plan');
        await flow.until(() => arrived('debug', 'error').length === 1, 'it is told that Teams did not take it');
        const [{ error } = assert.fail('no error')] = arrived('debug', 'error');
        assert.match((error as { message: string }).message, /^Teams did not take the card, it answered 400\./);
        assert.doesNotMatch(JSON.stringify([error, flow.logged()]), /SECRET/);
      } finally {
        delete process.env['TEAMS_WORKFLOW_URL'];
        server.closeAllConnections();
        await new Promise((resolve) => {
          server.close(resolve);
        });
      }
    });
  });

  it('14 makes one mail of what comes together, tells a sentence once, and again after the morning', async () => {
    await deploy('14', ({ type }) =>
      type === 'join'
        ? { timeout: '0.3' }
        : type === 'access-switch'
          ? { mode: 'enforce', brakePercent: 0, brakeCount: 0 }
          : {},
    );
    const mails = (): string[] => payloads('debug', 'mail').map(String);
    press('full sync');
    await flow.until(() => mails().length === 1, 'the alarm is there');
    assert.match(mails()[0] ?? '', /held for approval/);
    press('an error, to see one');
    press('an error, to see one');
    await flow.until(() => mails().length === 2, 'the error is told');
    assert.match(
      mails()[1] ?? '',
      /^access-switch: Plan "a plan that is not there" is not held\..*\(ERR_PLAN_UNKNOWN\)$/,
    );
    assert.equal(arrived('change', 'the sentence').filter(({ payload }) => payload === mails()[1]).length, 1);
    press('every morning');
    press('an error, to see one');
    await flow.until(() => mails().length === 3, 'it is told again');
    assert.equal(mails()[2], mails()[1]);
  });

  it('15 writes a file that a spreadsheet opens without running anything, with a row for each device', async () => {
    await deploy('15');
    press('write the report');
    await flow.until(() => arrived('debug', 'written').length === 1, 'it is written');
    const files = readdirSync(folder).filter((file) => file.endsWith('.csv'));
    assert.match(files.join(), /^exchange-devices-\d{4}-\d\d-\d\dT\d{4}\.csv$/);
    const text = readFileSync(join(folder, files[0] ?? ''), 'utf8');
    const [head, ...rows] = text.split('\r\n').filter((line) => line !== '');
    assert.equal(head, '\uFEFFowner,address,device,EAS ID,Exchange says,first sync,MDM device,compliance,why');
    const { sync } = arrived('debug', 'written')[0] as { sync: { total: number } };
    assert.equal(rows.length, sync.total);
    const own = rows.find((row) => row.startsWith('The first')) ?? assert.fail(text);
    assert.match(own, /^The first,first@contoso\.example,"'=HYPERLINK\(""https:/);
    assert.deepEqual(arrived('debug', 'error'), []);
    press('write the report');
    await flow.until(() => arrived('debug', 'written').length === 2, 'another one is written');
  });

  it('12 tells the load balancer that it is up, and which instance it is', async () => {
    await deploy('12');
    const answer = await fetch(`${flow.url}/connector-health`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { ok: true, instance: process.env['HOSTNAME'] || 'this one' });
  });

  it('11 decides about each organization by its own access switch', async () => {
    await deploy('11');
    press('full sync');
    const reports = (side: string): string[] => arrived('debug', `report ${side}`).map(({ text }) => String(text));
    await flow.until(() => reports('A').length === 1 && reports('B').length === 1, 'both report');
    const organizations = ['A', 'B'].map(
      (side) => (payloads('debug', `report ${side}`)[0] as { sync: { organization: string } }).sync.organization,
    );
    assert.deepEqual(organizations, [idOf('exchange-server', 'Exchange A'), idOf('exchange-server', 'Exchange B')]);
    assert.match(reports('A')[0] ?? '', /would be blocked/);
  });

  it('10 makes counts, points and a table of a hundred rows of what it is told', async () => {
    await deploy('10');
    press('full sync');
    await flow.until(() => arrived('change', 'report').length === 1, 'it is told');
    const change = example.find(({ type, name }) => type === 'function' && name === 'changed') ?? assert.fail();
    const probe = { id: 'probe', type: 'helper' };
    const report = idOf('change', 'report');
    await deploy(
      '10',
      ({ id }) => (id === change.id ? { wires: [['probe']] } : id === report ? { wires: [['counts']] } : {}),
      [probe, { id: 'counts', type: 'helper' }],
    );
    press('full sync');
    await flow.until(() => flow.messages('probe').length > 1, 'rows come');
    for (const mode of ['simulate', 'enforce'])
      flow.receive(report, { payload: { mode, sync: {}, counts: { blocked: 3, allowed: 1 } } });
    const counted = (): Record<string, unknown>[] =>
      flow.messages('counts').filter(({ counts }) => (counts as { devices?: number }).devices === undefined);
    await flow.until(() => counted().length === 2, 'both are counted');
    assert.deepEqual(
      counted().map(({ mode, payload }) => [mode, ...(payload as { series: string }[]).map(({ series }) => series)]),
      [
        ['nothing was changed', 'would be blocked', 'would be let in'],
        ['carried out', 'blocked', 'let in'],
      ],
    );
    for (let told = 0; told < 110; told += 1)
      flow.receive(change.id, {
        text: `number ${told}`,
        payload: { change: { at: '2026-06-02T08:00:28.338Z' }, device: { eas: { mailbox: { displayName: 'Anna' } } } },
      });
    await flow.until(() => flow.messages('probe').some(({ text }) => text === 'number 109'), 'the last one comes');
    const rows = flow.messages('probe').find(({ text }) => text === 'number 109')?.['payload'] as unknown[];
    assert.equal(rows.length, 100);
    // Objects of a function node are of another realm.
    assert.deepEqual({ ...(rows[0] as object) }, { when: '2026-06-02T08:00', whose: 'Anna', what: 'number 109' });
  });
});
