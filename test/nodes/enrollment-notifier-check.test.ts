/** "Test" of the notifier's dialog: everything a mail needs, with what is entered; nobody is mailed but the account itself, on request. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../nodes/connections.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { askTest } from '../support/ask-test.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { englishWordsIn } from '../support/english-words.ts';
import { eventually } from '../support/eventually.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

const NODES = ['tls', 'exchange', 'account', 'store', 'notifier', 'sent', 'notSent'];

/** A notifier that runs looks at its account itself. */
const WITHOUT = NODES.filter((id) => id !== 'notifier');

interface Branch {
  readonly step?: string;
  readonly verdict: string;
  readonly status: string;
  readonly seen?: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly children: readonly Branch[];
}

describe('"Test" of a notifier', () => {
  let lab: Lab;
  let folder: string;

  beforeEach(async () => {
    lab = await startLab();
    folder = mkdtempSync(join(tmpdir(), 'notifier-check-'));
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const start = (changes: Changes = {}, only = NODES): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { store: { path: join(folder, 'store.sqlite') }, ...changes });
    return startFlow(
      nodes.filter(({ id }) => only.includes(id)),
      credentials,
    );
  };

  /** What the dialog has in its fields. */
  const fields = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    name: '',
    account: 'account',
    store: 'store',
    server: 'exchange',
    linkBase: 'https://connector.contoso.invalid',
    enrollUrl: 'https://enroll.contoso.example',
    language: 'en',
    reminderAfter: '24',
    reminders: '0',
    ...changes,
  });

  async function ask(flow: RunningFlow, body: Record<string, unknown>) {
    const answer = await askTest(flow, 'enrollment-notifier', body);
    assert.equal(answer.text.includes(lab.smtp.password), false, 'no password');
    const lines = answer.lines as unknown as readonly { step?: Branch; report?: Branch }[];
    const report = lines.at(-1)?.report;
    const steps = (report?.children ?? []).map(({ step, verdict, code }) =>
      [step, verdict, code].filter(Boolean).join(' '),
    );
    return { ...answer, lines, report, steps };
  }
  const test = (flow: RunningFlow, changes: Record<string, unknown> = {}, more: Record<string, unknown> = {}) =>
    ask(flow, { id: 'new', fields: fields(changes), credentials: {}, ...more });

  it('tests what is entered before it is deployed, step by step, and mails nobody', async () => {
    const flow = await start({}, WITHOUT);
    const { lines, report, steps } = await test(flow);
    assert.deepEqual(steps.slice(0, 3), ['store ready', 'sign-in ready', 'mailbox ready']);
    assert.deepEqual(
      lines.flatMap(({ step }) => (step === undefined ? [] : [step.step])),
      report?.children.map(({ step }) => step),
    );
    assert.deepEqual(
      [report?.children.find(({ step }) => step === 'enrollment-page')?.seen, lab.servers.smtp.stats.mails],
      ['Enrollment starts at https://enroll.contoso.example.', 0],
    );
  });

  it('says of a text, a link or an address that cannot be meant which field it is, before anything is asked', async () => {
    const flow = await start({}, WITHOUT);
    for (const changes of [
      { text: 'Hello {{nobody}}' },
      { linkBase: 'http://connector.contoso.example' },
      { cc: 'help desk' },
    ]) {
      const { status, text } = await test(flow, changes);
      assert.deepEqual([status, /ERR_CONFIG_INVALID/.test(text)], [400, true]);
    }
    assert.equal(lab.servers.smtp.stats.connections, 0);
  });

  it('says of a wrong password, with what to do', async () => {
    const flow = await start({}, WITHOUT);
    lab.servers.smtp.faults.auth = [535, '5.7.8 Authentication unsuccessful'];
    const { report } = await test(flow);
    const signIn = report?.children.find(({ step }) => step === 'sign-in');
    assert.deepEqual([report?.status, signIn?.status, signIn?.code], ['broken', 'error', 'ERR_MAIL_AUTH']);
    assert.ok((signIn?.remedy ?? '') !== '' && !signIn?.seen?.includes(signIn.remedy ?? '?'));
  });

  it('says it in German in an editor in German, and quotes what an error says', async () => {
    const flow = await start({}, WITHOUT);
    lab.servers.smtp.faults.auth = [535, '5.7.8 Authentication unsuccessful'];
    const { report } = await test(flow, {}, { language: 'de' });
    const seen = Object.fromEntries((report?.children ?? []).map((branch) => [branch.step, branch]));
    assert.equal(seen['store']?.seen, 'Der Speicher ist offen.');
    assert.equal(
      seen['sign-in']?.seen?.replace(/\d+ refused/, 'PORT refused'),
      'Die Meldung dazu: „The mail server 127.0.0.1:PORT refused the sign-in: it answered "535 5.7.8 Authentication unsuccessful".“',
    );
    assert.match(
      seen['link']?.seen ?? '',
      /^Von diesem Rechner aus lässt sich https:\/\/connector\.contoso\.invalid\/activate nicht testen: „[^“]+“ Prüfen Sie /,
    );
    assert.match(seen['sign-in']?.remedy ?? '', /^Der Mailserver hat die Anmeldung abgelehnt\. Prüfen Sie /);
    assert.deepEqual(
      (report?.children ?? []).flatMap((branch) => englishWordsIn(`${branch.seen ?? ''} ${branch.remedy ?? ''}`)),
      [],
    );
  });

  it('says of a certificate that is not trusted', async () => {
    const flow = await start({ account: { tls: '' } });
    const { steps } = await test(flow);
    assert.equal(steps[1], 'sign-in failed ERR_HTTP_TLS_UNTRUSTED');
  });

  it('says that an account is not chosen, or is not deployed', async () => {
    const flow = await start();
    for (const account of ['', 'gone']) {
      const { report, steps } = await test(flow, { account });
      assert.deepEqual([report?.status, steps], ['broken', ['settings failed ERR_CONFIG_MISSING']]);
    }
  });

  it('mails the account itself on request', async () => {
    const flow = await start();
    const { steps } = await test(flow, {}, { ownMail: true });
    assert.ok(steps.includes('own-mail unknown'));
    assert.deepEqual(
      [lab.organization.inbox(lab.smtp.address).length, flow.messages('sent'), flow.messages('notSent')],
      [1, [], []],
    );
  });

  it('tells the access switch what it found of the notifier that is deployed, and nothing of one that is not', async () => {
    const deployed = { linkBase: 'https://connector.contoso.invalid', enrollUrl: 'https://enroll.contoso.example' };
    const flow = await start({ notifier: deployed });
    const store = await (flow.node('store') as StoreConnection).store();
    const rowOf = async () => (await store.notifiers.list()).find(({ node }) => node === 'notifier');
    await eventually(async () => (await rowOf()) !== undefined, 'it has said how it is');
    lab.servers.smtp.faults.auth = [535, '5.7.8 Authentication unsuccessful'];
    const before = await rowOf();
    await test(flow, { linkBase: 'https://other.contoso.invalid' }, { id: 'notifier' });
    assert.deepEqual([before?.step === 'sign-in', await rowOf()], [false, before]);
    await test(flow, {}, { id: 'notifier' });
    assert.equal((await rowOf())?.step, 'sign-in');
  });
});
