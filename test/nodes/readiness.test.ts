/** The checklist before an access switch enforces, as dialog and console ask for it, on a deployed flow against the lab. */
import assert from 'node:assert/strict';
import { registerRoutes } from '../../nodes/access-switch/routes.ts';
import type { RED } from '../../nodes/red.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { API, startConsole } from '../support/console-flow.ts';
import type { Answer, ConsoleFlow } from '../support/console-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { stopFlow } from '../support/node-red.ts';
import type { FlowNode } from '../support/node-red.ts';
import { aManagedPhone, anna, people, still } from '../support/people.ts';

const LINK = 'https://go.contoso.example';
const PAGE = `${LINK}/activate`;

interface Line {
  readonly id: string;
  readonly about: string | null;
  readonly state: string;
  readonly seen: { readonly code: string; readonly text: string };
}

describe('the checklist of a deployed flow', () => {
  let lab: Lab;
  let running: ConsoleFlow;

  before(() => {
    process.env['CHECKLIST_LINK'] = LINK;
  });
  after(() => {
    delete process.env['CHECKLIST_LINK'];
  });
  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(people(anna(still()), 3)) });
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const start = async (changes: Changes = {}, arrange?: Parameters<typeof startConsole>[3]): Promise<void> => {
    const all = {
      switch: { name: 'Gate', mode: 'simulate', brakePercent: 10, brakeCount: 10 },
      notifier: {
        name: 'Mails',
        linkBase: '${CHECKLIST_LINK}',
        enrollUrl: 'https://enroll.example/',
        helpDeskPhone: '1',
      },
      link: { name: 'Page', enrollUrl: '', helpDesk: 'Help desk' },
      ...changes,
    };
    running = await startConsole(lab, all, {}, arrange);
  };
  const post = (path: string, body: unknown): Promise<Answer> =>
    running.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  /** The dialog as it holds what is deployed. */
  const dialog = (changes: object = {}): object => ({
    id: 'switch',
    server: 'exchange',
    store: 'store',
    directory: 'tenant',
    mode: 'enforce',
    rules: DEFAULT_RULES,
    brakePercent: '10',
    brakeCount: '10',
    ...changes,
  });
  const inDialog = async (changes: object = {}) =>
    (await post('/access-switch/readiness', dialog(changes))).json as {
      readonly blocks: number | null;
      readonly question: string;
      readonly lines: readonly Line[];
    };
  const codes = (lines: readonly Line[], ...ids: readonly string[]): string[] =>
    lines
      .filter(({ id }) => ids.length === 0 || ids.includes(id))
      .map(({ id, about, state, seen }) => `${id}${about === null ? '' : `, ${about}`}: ${state} ${seen.code}`);

  it('tells console and dialog the same, by names, once a simulated sync has counted', async () => {
    await start();
    await running.sync();
    const { json } = await running.ask(`${API}/readiness`);
    assert.deepEqual(json.switch, { id: 'switch', name: 'Gate', mode: 'simulate' });
    const { lines, blocks } = await inDialog();
    assert.deepEqual([blocks, json.checklist.blocks], [4, 4]);
    assert.deepEqual(codes(lines), codes(json.checklist.lines));
    assert.deepEqual(
      codes(lines).filter((line) => !line.startsWith('mail')),
      [
        'sides: ok real',
        'reading, Exchange: ok whole',
        'reading, Intune: ok whole',
        `link, ${PAGE}: unknown unconfirmed`,
        'enrollment-page: no missing',
        'help-desk: ok set',
        'blocks: warn some',
        'brake: ok within',
        'compliance: ok none',
      ],
    );
    const missing = lines.find(({ id }) => id === 'enrollment-page');
    assert.equal(missing?.seen.text, 'It is not entered in Page: users are not told where to enroll.');
  });

  it('answers in the language that is asked for, and refuses another', async () => {
    await start();
    const { json } = await running.ask(`${API}/readiness?language=de`);
    assert.match(json.checklist.question, /Es gab noch keinen Probelauf\..* Durchsetzen\?$/);
    assert.match((await inDialog({ language: 'de-AT' })).question, /Durchsetzen\?$/);
    const refused = await running.ask(`${API}/readiness?language=fr`);
    assert.deepEqual([refused.status, refused.json.error.code], [400, 'ERR_INPUT_INVALID']);
  });

  it('does not know the number any more when the dialog holds other settings', async () => {
    await start();
    await running.sync();
    const { blocks, lines, question } = await inDialog({ startFrom: 'grandfather' });
    assert.deepEqual(
      [blocks, codes(lines, 'blocks', 'brake')],
      [null, ['blocks: unknown changed', 'brake: unknown no-dry-run']],
    );
    assert.match(question, /^How many phones will be blocked at the next sync is not known/);
  });

  it('keeps in the console or in the dialog that phones reach the link, by whom, until the address is another', async () => {
    await start();
    await running.sync();
    assert.deepEqual((await running.act('confirm-link', { address: PAGE })).json, { state: 'ended' });
    assert.deepEqual(codes((await inDialog()).lines, 'link'), [`link, ${PAGE}: ok confirmed`]);
    const said = (await inDialog()).lines.find(({ id }) => id === 'link')?.seen.text;
    assert.match(said ?? '', /^Confirmed by someone not signed in on .*: phones reach it\.$/);
    const again = await post('/access-switch/confirm-link', { store: 'store', address: PAGE });
    assert.deepEqual(again.json, { confirmed: true });
    const { entries } = (await running.ask(`${API}/audit?what=confirm-link`)).json;
    assert.deepEqual(
      entries.map(({ who, what, reason }: Record<string, unknown>) => ({ who, what, reason })),
      Array.from({ length: 2 }, () => ({
        who: 'editor (127.0.0.1)',
        what: { code: 'confirm-link', text: 'confirmed that phones reach the link address' },
        reason: { code: PAGE, text: PAGE },
      })),
    );
    for (const address of ['https://elsewhere.example/', '', 7]) {
      const refused = await post('/access-switch/confirm-link', { store: 'store', address });
      assert.deepEqual([refused.status, refused.json.error.code], [400, 'ERR_INPUT_INVALID']);
    }
  });

  it('has no checklist where no access switch runs, and says why where a field stops it', async () => {
    await start({ switch: { disabled: true } });
    const { json } = await running.ask(`${API}/readiness`);
    assert.deepEqual([json.switch, json.checklist], [null, null]);
    await stopFlow();
    await start({ switch: { name: 'Gate', brakePercent: '5O' } });
    const refused = await running.ask(`${API}/readiness`);
    assert.deepEqual([refused.status, refused.json.error.code], [400, 'ERR_CONFIG_INVALID']);
    const { status, json: answer } = await post('/access-switch/readiness', dialog({ brakeCount: 'ten' }));
    assert.deepEqual([status, answer.error.code], [400, 'ERR_CONFIG_INVALID']);
  });

  it('names the one that enforces, and a parameter that there is not', async () => {
    await start({ switch: { name: 'Gate' } });
    const { json } = await running.ask(`${API}/readiness`);
    assert.deepEqual(json.switch, { id: 'switch', name: 'Gate', mode: 'enforce' });
    assert.equal((await running.ask(`${API}/readiness?rows=1`)).status, 400);
  });

  it('lets who may read see it in the dialog, and only who may write confirm a link', () => {
    const permissions = new Map<string, string>();
    const keep = (path: string, ...handlers: unknown[]): void => {
      const named = handlers.find((one): one is { permission: string } => typeof one === 'object');
      permissions.set(path, named?.permission ?? '');
    };
    registerRoutes({
      httpAdmin: { get: keep, post: keep },
      auth: { needsPermission: (permission: string) => ({ permission }) },
    } as unknown as RED);
    assert.deepEqual(
      ['readiness', 'confirm-link'].map((route) => permissions.get(`/access-switch/${route}`)),
      ['access-switch.read', 'access-switch.write'],
    );
  });

  it('says that nobody is mailed where there is neither notifier nor page', async () => {
    await start({ notifier: { disabled: true }, link: { disabled: true } });
    assert.deepEqual(codes((await inDialog()).lines, 'mail', 'link', 'enrollment-page', 'help-desk'), [
      'mail: warn nobody',
      'link: warn no-notifier',
      'enrollment-page: warn nobody',
      'help-desk: warn nobody',
    ]);
  });

  it('says of a notifier for which nobody has chosen a store that it can mail nobody, and of what it would send', async () => {
    await start({ notifier: { name: 'Mails', store: '', linkBase: LINK, enrollUrl: '' } });
    const { lines } = await inDialog();
    assert.deepEqual(codes(lines, 'mail', 'link', 'enrollment-page'), [
      'mail: no unheard',
      `link, ${PAGE}: unknown unconfirmed`,
      'enrollment-page: no missing',
    ]);
    assert.match(lines.find(({ id }) => id === 'mail')?.seen.text ?? '', /Mails: .*No connector store is chosen/);
  });

  it('names a notifier and an activation link that have another store than the switch', async () => {
    const withOther = (nodes: readonly FlowNode[]): FlowNode[] => [
      ...nodes,
      { id: 'other', type: 'connector-store', engine: 'memory' },
    ];
    await start({ notifier: { name: 'Mails', store: 'other' } }, withOther);
    const { lines } = await inDialog();
    assert.deepEqual(codes(lines, 'mail', 'link'), ['mail: warn elsewhere', 'link: warn no-notifier']);
    assert.match(lines.find(({ id }) => id === 'mail')?.seen.text ?? '', /another connector store \(Mails\)/);
    await stopFlow();
    await start({ link: { name: 'Page', store: 'other' } }, withOther);
    const links = (await inDialog()).lines.filter(({ id }) => id === 'link');
    assert.deepEqual(codes(links), [`link, ${PAGE}: unknown unconfirmed`, 'link: warn page-elsewhere']);
    assert.match(
      links.at(-1)?.seen.text ?? '',
      /another connector store \(Page\): they refuse the links of this one\.$/,
    );
  });
});
