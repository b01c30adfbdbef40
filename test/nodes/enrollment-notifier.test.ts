/** The notifier: one mail with a link for each blocked device, and nothing lost on the way. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../nodes/connections.ts';
import { renderActivationPage } from '../../src/activation/activation-page.ts';
import { readLinkToken } from '../../src/activation/link-token.ts';
import { MAIL_KINDS } from '../../src/model/mail-kind.ts';
import type { NotifierCheck } from '../../src/connector/mails/check-account.ts';
import type { CheckResult } from '../../src/connector/check-result.ts';
import { lookAtLink } from '../../src/connector/mails/look-at-link.ts';
import { lookAtPage } from '../../src/http/look-at-page.ts';
import { linkIn } from '../../src/lab/phones.ts';
import { Organization } from '../../src/lab/organization.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { blocked } from '../support/changes.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { eventually } from '../support/eventually.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { aManagedPhone } from '../support/people.ts';
import { guid } from '../support/records.ts';
import { passTurns } from '../support/turns.ts';

const NODES = ['tls', 'exchange', 'account', 'store', 'notifier', 'sent', 'notSent'];

describe('notifier', () => {
  let lab: Lab;
  let folder: string;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(new Organization()) });
    for (const n of [1, 2, 3]) lab.organization.addMailbox({ alias: `user${n}`, displayName: `User ${n}` });
    folder = mkdtempSync(join(tmpdir(), 'notifier-'));
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const start = (changes: Changes = {}): Promise<RunningFlow> => {
    const file = { path: join(folder, 'store.sqlite') };
    const { nodes, credentials } = connectorFlow(lab, { ...changes, store: { ...file, ...changes['store'] } });
    return startFlow(
      nodes.filter(({ id }) => NODES.includes(id)),
      credentials,
    );
  };

  const storeOf = (flow: RunningFlow): Promise<Store> => (flow.node('store') as StoreConnection).store();

  /** The access switch remembers that it blocked the device. */
  async function own(flow: RunningFlow, { device }: DeviceChange): Promise<void> {
    const store = await storeOf(flow);
    const { organization, mailbox, easId } = device.eas ?? assert.fail('no EAS side');
    const entry = { organization, mailboxId: mailbox.id, easId, list: 'blocked' } as const;
    await store.entries.record({ ...entry, writtenAt: '2026-06-01T08:00:00.000Z', rule: 'not enrolled' });
  }

  async function give(flow: RunningFlow, msg: Record<string, unknown>): Promise<void> {
    const { done } = flow.ended('notifier');
    flow.receive('notifier', msg);
    await flow.until(() => flow.ended('notifier').done === done + 1, 'the notifier is done');
  }

  /** Gives it, and waits until nothing is to be sent any more. */
  async function send(flow: RunningFlow, msg: Record<string, unknown>): Promise<void> {
    await give(flow, msg);
    await rests(flow);
  }

  async function rests(flow: RunningFlow, notifier = 'notifier'): Promise<void> {
    const { mails } = await storeOf(flow);
    const isToDo = async (): Promise<boolean> =>
      (await mails.count({ notifier, states: ['reserved'] })) +
        (await mails.count({ notifier, states: ['waiting'], dueBy: new Date().toISOString() })) >
      0;
    await eventually(async () => !(await isToDo()), 'nothing is to be sent any more');
    // What came of the last one is told and shown in the turns after it is kept: nobody outside is asked for that.
    await passTurns(200);
  }

  const inbox = (n: number): ReturnType<typeof lab.organization.inbox> =>
    lab.organization.inbox(`user${n}@contoso.example`);
  const problems = (flow: RunningFlow): string[] =>
    flow.messages('notSent').map(({ payload }) => (payload as { problem: { code: string } }).problem.code);
  const codes = (flow: RunningFlow): (string | undefined)[] => flow.errors().map(({ code }) => code);

  for (const [where, notifier, wanted] of [
    ['its own field', { helpDesk: 'IT', helpDeskMail: 'help@contoso.example' }, 'help@contoso.example'],
    ['the one field of a saved flow', { helpDesk: 'desk@contoso.example' }, 'desk@contoso.example'],
    ['none', { helpDesk: 'IT, desk@contoso.example' }, undefined],
  ] as const) {
    it(`has answers go to the mail address of the help desk: in ${where}`, async () => {
      const flow = await start({ notifier });
      await send(flow, { topic: 'device', payload: blocked(1) });
      assert.equal(/^Reply-To: (.*?)\r?$/im.exec(inbox(1)[0]?.raw ?? '')?.[1], wanted);
    });
  }

  it('mails the owner of a blocked phone a link, says so, and remembers both', async () => {
    const flow = await start({ notifier: { helpDesk: 'IT help desk, +49 89 1234' } });
    const change = blocked(1);
    await send(flow, { _msgid: 'start', topic: 'device', payload: change, ticket: 7 });
    const [mail] = inbox(1);
    assert.equal(inbox(1).length, 1);
    assert.equal(mail?.from, lab.smtp.address);
    assert.match(mail?.text ?? '', /IT help desk, \+49 89 1234/);
    const news = (flow.messages('sent')[0]?.['payload'] as { mail?: Record<string, unknown> } | undefined)?.mail ?? {};
    assert.deepEqual(flow.messages('sent'), [
      {
        _msgid: 'start',
        ticket: 7,
        topic: 'device',
        payload: {
          ...change,
          mail: {
            to: 'user1@contoso.example',
            subject: mail?.subject,
            messageId: news['messageId'],
            at: news['at'],
            reminder: 0,
          },
        },
        text: "Mail about User 1's iPhone15C2 sent to user1@contoso.example",
      },
    ]);
    const store = await storeOf(flow);
    const token = new URL(linkIn(mail?.text ?? '') ?? '').searchParams.get('token');
    assert.equal(token?.length, 32);
    const { tokenId } = readLinkToken(token, { secret: store.linkSecret, storeId: store.id, purpose: 'activate' });
    const issued = await store.tokens.find(tokenId);
    assert.deepEqual(issued, {
      tokenId,
      purpose: 'activate',
      mailboxId: guid(1),
      easId: 'EAS1',
      issuedAt: issued?.issuedAt,
      expiresAt: issued?.expiresAt,
      linkBase: 'http://127.0.0.1:1880',
      openedAt: null,
      usedAt: null,
    });
    assert.equal(Date.parse(issued?.expiresAt ?? '') - Date.parse(issued?.issuedAt ?? ''), 14 * 86_400_000);
    const [kept] = await store.mails.ofDevice(change.device.key);
    assert.deepEqual(
      { kind: kept?.kind, state: kept?.state, address: kept?.address, messageId: kept?.messageId },
      { kind: 'not-enrolled', state: 'done', address: 'user1@contoso.example', messageId: news['messageId'] },
    );
    assert.equal(flow.words().at(-1), '1 sent');
    assert.deepEqual([...new Set(flow.statuses('notifier').map(({ fill }) => fill))], ['blue', 'green']);
  });

  it('mails only addresses in the allowed domains', async () => {
    const flow = await start({ notifier: { allowedDomains: 'contoso.com, *.contoso.net' } });
    await give(flow, { payload: blocked(1) });
    assert.equal(inbox(1).length, 0);
    assert.deepEqual(problems(flow), ['domain-not-allowed']);
    assert.equal(flow.words().at(-1), 'domain not in Only to, nobody mailed');
  });

  it('sends the mail of its own texts, with a copy to whoever is to have one', async () => {
    const flow = await start({
      notifier: {
        subject: 'Your {{device.model}}',
        text: 'Hello {{user.name}}: {{{link}}}',
        html: '',
        cc: 'user2@contoso.example',
      },
    });
    await send(flow, { payload: blocked(1) });
    assert.deepEqual(codes(flow), []);
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [1, 1, 0],
    );
    assert.match(inbox(1)[0]?.subject ?? '', /^Your /);
    assert.match(inbox(1)[0]?.text ?? '', /^Hello User 1: http/);
  });

  it('keeps the mails that come while one of its fields, or of its account, cannot be meant, and sends them afterwards', async () => {
    const wrong: Changes[] = [{ notifier: { reminders: 'two' } }, { account: { port: '5O' } }];
    for (const [at, changes] of wrong.entries()) {
      const n = at + 1;
      const refused = await start(changes);
      await own(refused, blocked(n));
      await give(refused, { payload: blocked(n) });
      await refused.until(() => codes(refused).length > 0, 'it says why');
      assert.deepEqual([...new Set(codes(refused))], ['ERR_CONFIG_INVALID']);
      assert.equal(inbox(n).length, 0);
      await stopFlow();
      const flow = await start();
      await send(flow, { topic: 'retry' });
      assert.deepEqual(codes(flow), []);
      assert.equal(inbox(n).length, 1);
      await stopFlow();
    }
    await start();
  });

  it('shows a mail without sending it', async () => {
    const flow = await start();
    await give(flow, { topic: 'preview' });
    await give(flow, { topic: 'preview', payload: blocked(1) });
    const previews = flow.messages('sent').map(({ payload }) => payload as Record<string, string>);
    assert.deepEqual(
      previews.map(({ to }) => to),
      ['anna@contoso.com', 'user1@contoso.example'],
    );
    for (const mail of previews) {
      assert.deepEqual(Object.keys(mail).sort(), ['html', 'language', 'subject', 'text', 'to']);
      assert.match(mail['text'] ?? '', /http:\/\/127\.0\.0\.1:1880\/activate\?token=sample/);
    }
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [0, 0, 0],
    );
    assert.equal(lab.servers.smtp.stats.connections, 0);
    await send(flow, { topic: 'retry' });
    assert.equal(inbox(1).length, 0, 'what was looked at is not sent later');
  });

  it('sends a mail again to a person who has lost it, and says what is known of a name that it does not know', async () => {
    const flow = await start();
    const change = blocked(1);
    const eas = change.device.eas ?? assert.fail('no EAS side');
    const store = await storeOf(flow);
    const startedAt = new Date().toISOString();
    const reading = { id: 'a reading', source: 'eas', kind: 'full', scope: eas.organization, startedAt } as const;
    await store.snapshots.begin(reading);
    await store.snapshots.putPage({ ...reading, page: 0 }, [eas]);
    await store.snapshots.commit(reading);
    await own(flow, change);
    await send(flow, { payload: change });
    await send(flow, { topic: 'resend', payload: 'user1@contoso.example', by: 'Ida' });
    assert.equal(inbox(1).length, 2);
    const links = inbox(1).map(({ text }) => linkIn(text));
    assert.notEqual(links[0], links[1]);
    assert.equal(flow.messages('sent').length, 2);
    const [audit] = await store.audit.recent({ limit: 1 });
    assert.deepEqual([audit?.what, audit?.deviceKey, audit?.approvedBy], ['resend', change.device.key, 'Ida']);
    flow.receive('notifier', { topic: 'resend', payload: 'user7@contoso.example' });
    await flow.until(() => codes(flow).length > 0, 'it says why');
    assert.deepEqual(codes(flow), ['ERR_INPUT_INVALID']);
    assert.match(flow.errors()[0]?.message ?? '', /"user7@contoso\.example" in the last readings \(read: exchange\)/);
  });

  it('loses no mail that waits for the rate of the account when it is deployed anew', async () => {
    const flow = await start({ account: { ratePerMinute: 1 } });
    for (const n of [1, 2, 3]) {
      await own(flow, blocked(n));
      flow.receive('notifier', { payload: blocked(n) });
    }
    const mailed = (): number => [1, 2, 3].filter((n) => inbox(n).length > 0).length;
    await flow.until(() => flow.ended('notifier').done === 3, 'every message is done, whatever waits');
    await flow.until(() => mailed() === 1, 'the first mail is sent');
    // The account is a new one after each deploy: another mail may go.
    await flow.redeploy();
    await flow.until(() => mailed() === 2, 'the second mail is sent');
    await flow.redeploy();
    await flow.until(() => mailed() === 3, 'the third mail is sent');
    await rests(flow);
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [1, 1, 1],
    );
    const { mails } = await storeOf(flow);
    assert.deepEqual(
      (await mails.list({ notifier: 'notifier' })).map(({ state }) => state),
      ['done', 'done', 'done'],
    );
  });

  it('sends a mail that the server refused for now when it is due, once', async () => {
    const flow = await start();
    await own(flow, blocked(1));
    lab.servers.smtp.faults.data = [452, '4.3.1 Insufficient system resources'];
    await send(flow, { payload: blocked(1) });
    assert.equal(codes(flow).length, 1);
    delete lab.servers.smtp.faults.data;
    await flow.redeploy();
    await rests(flow);
    assert.equal(inbox(1).length, 0, 'it waits a minute');
    await send(flow, { topic: 'retry' });
    await send(flow, { topic: 'retry' });
    assert.equal(inbox(1).length, 1);
  });

  it('says after a retry that nothing waits where nothing does, and goes on being green', async () => {
    const flow = await start();
    await send(flow, { topic: 'retry' });
    await rests(flow);
    assert.deepEqual(flow.statuses('notifier').at(-1), {
      fill: 'green',
      text: 'enrollment-notifier.status.nothingWaits',
    });
    assert.equal(flow.words().at(-1), 'nothing waits');
  });

  /** As if the mails had been waiting since then. */
  async function age(flow: RunningFlow, ms: number): Promise<void> {
    const { mails } = await storeOf(flow);
    for (const { id, since } of await mails.list({ notifier: 'notifier', states: ['waiting'] }))
      await mails.update(id, { since: new Date(Date.parse(since ?? '') - ms).toISOString() });
  }

  it('keeps a mail that could not be sent for a week, says so once, and sends it when a person wants it', async () => {
    const flow = await start();
    await own(flow, blocked(1));
    lab.servers.smtp.faults.recipient = [451, '4.7.0 Temporary server error. Please try again later. PRX2'];
    await send(flow, { payload: blocked(1) });
    await age(flow, 6 * 86_400_000);
    await send(flow, { topic: 'retry' });
    assert.deepEqual(problems(flow), ['ERR_MAIL_BUSY', 'ERR_MAIL_BUSY']);
    await age(flow, 86_400_000);
    await send(flow, { topic: 'retry' });
    assert.deepEqual(problems(flow), ['ERR_MAIL_BUSY', 'ERR_MAIL_BUSY', 'ERR_MAIL_ATTENTION']);
    assert.deepEqual(flow.statuses('notifier').at(-1), { fill: 'red', text: 'shared.error.ERR_MAIL_ATTENTION' });
    delete lab.servers.smtp.faults.recipient;
    await flow.redeploy();
    await flow.until(() => flow.words().at(-1) === '0 sent, 1 need attention', 'it shows what waits for a person');
    assert.equal(inbox(1).length, 0);
    await send(flow, { payload: blocked(2) });
    assert.deepEqual(flow.statuses('notifier').at(-1)?.fill, 'yellow');
    assert.equal(flow.words().at(-1), '1 sent, 1 need attention');
    await send(flow, { topic: 'retry' });
    await flow.until(() => flow.words().at(-1) === '2 sent', 'it shows that all are sent');
    assert.equal(inbox(1).length, 1);
    assert.equal(problems(flow).length, 3);
  });

  describe('whose account is refused', () => {
    const PHONES = Array.from({ length: 20 }, (_, n) => n + 1);

    beforeEach(() => {
      for (const n of PHONES.slice(3)) lab.organization.addMailbox({ alias: `user${n}`, displayName: `User ${n}` });
    });

    /** Two notifiers on one account, with this password. */
    async function startWith(password: string, account: Record<string, unknown> = {}): Promise<RunningFlow> {
      const store = { path: join(folder, 'store.sqlite') };
      const { nodes, credentials } = connectorFlow(lab, { store, account });
      const kept = nodes.filter(({ id }) => NODES.includes(id));
      const second = kept
        .filter(({ id }) => id === 'notifier')
        .map((node) => ({ ...node, id: 'second', wires: [['sent'], ['secondNotSent']] }));
      return startFlow([...kept, ...second, { id: 'secondNotSent', type: 'helper' }], {
        ...credentials,
        account: { username: lab.smtp.username, password },
      });
    }

    async function blockAll(flow: RunningFlow): Promise<void> {
      for (const n of PHONES) {
        await own(flow, blocked(n));
        flow.receive(n % 2 === 0 ? 'notifier' : 'second', { payload: blocked(n) });
      }
      await flow.until(
        () => ['notifier', 'second'].every((id) => flow.ended(id).done === PHONES.length / 2),
        'every message is done',
      );
      await flow.until(() => told(flow).length === 2, 'each notifier has said why its mails wait');
    }

    /** Both have looked at what waits, and show that it does. */
    const bothStopped = (flow: RunningFlow): Promise<void> =>
      flow.until(
        () => ['notifier', 'second'].every((id) => flow.statuses(id).at(-1)?.fill === 'red'),
        'both notifiers are red',
      );

    const signIns = (): number => lab.servers.smtp.stats.signIns.length;
    const mailed = (): number => PHONES.filter((n) => inbox(n).length === 1).length;
    const told = (flow: RunningFlow): string[] =>
      [...flow.messages('notSent'), ...flow.messages('secondNotSent')].map(
        ({ payload }) => (payload as { problem: { code: string } }).problem.code,
      );

    it('signs in once for twenty phones, keeps every mail through a restart, and sends all when the password is right', async () => {
      let flow = await startWith('wrong');
      await blockAll(flow);
      assert.equal(signIns(), 1);
      assert.deepEqual(told(flow), ['ERR_MAIL_STOPPED', 'ERR_MAIL_STOPPED'], 'once a notifier');
      await flow.until(
        () => codes(flow).includes('ERR_MAIL_AUTH'),
        'what looked first, when the flows started, says why',
      );
      assert.equal(codes(flow).filter((code) => code === 'ERR_MAIL_AUTH').length, 1);
      assert.equal(flow.statuses('notifier').at(-1)?.fill, 'red');
      assert.match(flow.words().at(-1) ?? '', /^sign-in refused, next try at \d\d:\d\d$/);
      const stop = `mail.stop.${lab.smtp.username.toLowerCase()}@127.0.0.1`;
      const kept = (await (await storeOf(flow)).settings.get(stop)) as unknown as {
        fingerprint: string;
        told: string[];
      }[];
      assert.deepEqual(
        kept.map(({ fingerprint, told: by }) => ({ length: fingerprint.length, by: [...by].sort() })),
        [{ length: 43, by: ['notifier', 'second'] }],
      );
      assert.doesNotMatch(JSON.stringify(kept), /wrong/);

      await stopFlow();
      flow = await startWith('wrong');
      await bothStopped(flow);
      await give(flow, { payload: blocked(1) });
      assert.equal(signIns(), 1, 'a restart is no reason to try again');
      assert.deepEqual(told(flow), ['already-waiting']);

      await stopFlow();
      flow = await startWith('wrong as well');
      await bothStopped(flow);
      assert.equal(signIns(), 2, 'another password is');

      await stopFlow();
      flow = await startWith(lab.smtp.password);
      await flow.until(() => mailed() === PHONES.length, 'all are mailed');
      assert.deepEqual(lab.servers.smtp.stats.signIns.filter(({ ok }) => !ok).length, 2);
    });

    it('signs in once over Exchange Web Services too', async () => {
      const flow = await startWith('wrong', { transport: 'ews', ewsUrl: lab.autodiscover.ews });
      await blockAll(flow);
      const withCredentials = lab.servers.autodiscover.requests.filter(({ signIn }) => signIn !== null).length;
      assert.equal(withCredentials, 2, "NTLM's two messages are one sign-in");
      await flow.redeploy();
      await bothStopped(flow);
      assert.equal(lab.servers.autodiscover.requests.filter(({ signIn }) => signIn !== null).length, 2);
      assert.deepEqual(told(flow), ['ERR_MAIL_STOPPED', 'ERR_MAIL_STOPPED']);
    });
  });

  describe('says in the store whether a mail would go out', () => {
    const row = async (flow: RunningFlow, id = 'notifier') =>
      (await (await storeOf(flow)).notifiers.list()).find(({ node }) => node === id) ?? null;
    const rowAfter = async (flow: RunningFlow): Promise<unknown> => {
      await eventually(async () => (await row(flow)) !== null, 'it has looked');
      const { node, verdict, step, process } = (await row(flow))!;
      return { node, verdict, step, isOurs: process === THIS_PROCESS };
    };

    it('as soon as it is deployed, without mailing anybody', async () => {
      const flow = await start();
      assert.deepEqual(await rowAfter(flow), {
        node: 'notifier',
        verdict: 'unknown',
        step: 'link',
        isOurs: true,
      });
      assert.equal(flow.messages('sent').length + flow.messages('notSent').length, 0);
    });

    it('that none would, while its link address is no https address', async () => {
      const flow = await start({ notifier: { linkBase: 'http://connector.contoso.example' } });
      assert.deepEqual(await rowAfter(flow), { node: 'notifier', verdict: 'failed', step: 'settings', isOurs: true });
    });

    it('until it is removed from the canvas; through a deploy it stays', async () => {
      const flow = await start();
      await rowAfter(flow);
      await flow.redeploy();
      assert.notEqual(await row(flow), null);
      const { nodes } = connectorFlow(lab, { store: { path: join(folder, 'store.sqlite') } });
      await flow.redeploy(nodes.filter(({ id }) => ['tls', 'exchange', 'account', 'store', 'matcher'].includes(id)));
      assert.equal(await row(flow), null);
    });
  });

  describe('asked to check', () => {
    const ENROLL = 'https://enroll.contoso.example/';

    /** The lab's front end serves a page at https, signed by the lab's authority. */
    const serve = (status: number, body: string, headers: Record<string, string> = {}): string => {
      lab.servers.autodiscover.faults.paths = { '/activate': { status, body, headers } };
      return `https://127.0.0.1:${lab.servers.autodiscover.port}`;
    };
    const ourPage = (): string => serve(400, renderActivationPage({ page: 'invalid', language: 'en' }).html);

    async function check(changes: Changes = {}): Promise<{ output: string; check: NotifierCheck; flow: RunningFlow }> {
      const flow = await start({
        ...changes,
        notifier: {
          enrollUrl: ENROLL,
          ...changes['notifier'],
          linkBase: changes['notifier']?.['linkBase'] ?? ourPage(),
        },
      });
      await give(flow, { topic: 'check', ticket: 7 });
      const output = flow.messages('sent').length === 1 ? 'sent' : 'notSent';
      const [answer] = flow.messages(output);
      assert.equal(flow.messages('sent').length + flow.messages('notSent').length, 1);
      assert.equal(answer?.['ticket'], 7);
      return { output, check: answer?.['payload'] as NotifierCheck, flow };
    }

    /** What is not ready. */
    const doubts = ({ steps }: NotifierCheck): string[] =>
      steps
        .filter(({ verdict }) => verdict !== 'ready')
        .map(({ step, verdict, code }) => [step, verdict, code ?? ''].join(' ').trim());

    // No DNS server knows the lab's domain.
    it('says that all is ready but for Autodiscover, and mails nobody', async () => {
      const { output, check: result, flow } = await check();
      assert.deepEqual(
        { output, ...result, steps: result.steps.map(({ step, verdict }) => `${step} ${verdict}`) },
        {
          output: 'notSent',
          account: lab.smtp.address,
          signedIn: true,
          mailbox: 'UserMailbox',
          verdict: 'unknown',
          steps: [
            'store ready',
            'sign-in ready',
            'mailbox ready',
            'mail ready',
            'link ready',
            'enrollment-page ready',
            'autodiscover unknown',
          ],
        },
      );
      assert.equal(flow.words().at(-1), 'Autodiscover not proven');
      assert.equal(lab.servers.smtp.stats.mails, 0);
      const [row] = await (await storeOf(flow)).notifiers.list();
      assert.deepEqual([row?.verdict, row?.step], ['ready', null], 'no mail needs it');
      const asked = lab.servers.autodiscover.requests.filter(({ path }) => path.startsWith('/activate'));
      // By the check, and by the look that every notifier takes when it is deployed, if that came so far.
      assert.ok(asked.length === 1 || asked.length === 2, String(asked.length));
      for (const { method, path, signIn } of asked)
        assert.deepEqual({ method, path, signIn }, { method: 'GET', path: '/activate', signIn: null });
    });

    it('never says ready when no Exchange was asked for the mailbox', async () => {
      const { output, check: result, flow } = await check({ notifier: { server: '' } });
      assert.deepEqual(
        [output, result.signedIn, result.mailbox, result.verdict, doubts(result)],
        ['notSent', true, 'unknown', 'unknown', ['mailbox unknown', 'autodiscover unknown']],
      );
      assert.deepEqual(flow.statuses('notifier').at(-1)?.fill, 'yellow');
      assert.equal(flow.words().at(-1), 'mailbox not proven');
      assert.deepEqual(codes(flow), []);
    });

    it('finds the page of this Node-RED, and says that phones do not reach it without https', async () => {
      const flow = await startFlow([
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'link', type: 'activation-link', store: 'store', path: '/activate' },
      ]);
      const look = (simulated: boolean, path = ''): Promise<CheckResult> =>
        lookAtLink(`${flow.url}${path}`, {
          lookAt: (url, { signal }) => lookAtPage(url, { ca: undefined, signal }),
          simulated,
          signal: new AbortController().signal,
        });
      const [real, simulated, elsewhere] = [await look(false), await look(true), await look(true, '/nowhere')];
      assert.deepEqual(
        [real, simulated, elsewhere].map(({ verdict }) => verdict),
        ['unknown', 'ready', 'unknown'],
      );
      assert.match(real.text, /only this host reaches/);
    });

    for (const [name, changes, doubt] of [
      [
        'a link address without https',
        { linkBase: 'http://connector.contoso.com' },
        'settings failed ERR_CONFIG_INVALID',
      ],
      ['no link address', { linkBase: '' }, 'settings failed ERR_CONFIG_INVALID'],
      ['a text that names what there is not', { text: 'Hello {{nobody}}' }, 'settings failed ERR_CONFIG_INVALID'],
      ['a copy recipient that is no address', { cc: 'help desk' }, 'settings failed ERR_CONFIG_INVALID'],
      ['an enrollment page without https', { enrollUrl: 'javascript:alert(1)' }, 'settings failed ERR_CONFIG_INVALID'],
    ] as const) {
      it(`refuses ${name}`, async () => {
        const { output, check: result, flow } = await check({ notifier: changes });
        const own = doubts(result).filter((one) => one !== 'autodiscover unknown');
        assert.deepEqual([output, result.verdict, own], ['notSent', 'failed', [doubt]]);
        assert.deepEqual(codes(flow), [doubt.split(' ')[2]]);
        assert.equal(flow.statuses('notifier').at(-1)?.fill, 'red');
      });
    }

    it('says on output 2 that no mail account is chosen', async () => {
      const { output, check: result, flow } = await check({ notifier: { account: '' } });
      assert.deepEqual(
        [output, result.account, result.verdict, doubts(result)],
        ['notSent', '', 'failed', ['settings failed ERR_CONFIG_MISSING']],
      );
      assert.deepEqual(codes(flow), ['ERR_CONFIG_MISSING']);
    });

    it('believes Exchange Web Services that the account has a mailbox, or none', async () => {
      const ews = { transport: 'ews', ewsUrl: lab.autodiscover.ews };
      const { check: result } = await check({ account: ews, notifier: { server: '' } });
      assert.deepEqual([result.mailbox, doubts(result)], ['opened', ['autodiscover unknown']]);
      await stopFlow();
      const mailbox = lab.organization.mailboxByAddress(lab.smtp.address) ?? assert.fail();
      (mailbox as { hasMailbox: boolean }).hasMailbox = false;
      const { check: none } = await check({ account: ews, notifier: { server: '' } });
      assert.deepEqual(
        [none.signedIn, none.mailbox, doubts(none)],
        [true, 'none', ['mailbox failed ERR_MAIL_NO_MAILBOX', 'autodiscover unknown']],
      );
    });

    it('shows its dialog every kind of mail in every language as the fields have it, and what is wrong with them', async () => {
      const flow = await start();
      const { _app, _httpAdmin } = helper as unknown as { _app: { use(handler: unknown): void }; _httpAdmin: unknown };
      _app.use(_httpAdmin);
      const ask = async (
        body: object,
      ): Promise<{ status: number; subject: string; html: string; error: { text: string } }> => {
        const response = await fetch(`${flow.url}/enrollment-notifier/preview`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        });
        return {
          status: response.status,
          ...((await response.json()) as { subject: string; html: string; error: { text: string } }),
        };
      };
      const subjects = new Set<string>();
      for (const kind of MAIL_KINDS)
        for (const mailLanguage of ['en', 'de'])
          subjects.add((await ask({ definition: { company: 'Contoso & Söhne' }, kind, mailLanguage })).subject);
      assert.equal(subjects.size, 2 * MAIL_KINDS.length);
      const own = { language: 'de', html: '<p>{{user.name}}: {{company}}</p>', company: '<b>Contoso</b>' };
      const { html } = await ask({ definition: own, kind: 'noncompliant', mailLanguage: 'de' });
      assert.match(html, /^<meta http-equiv="Content-Security-Policy" content="default-src 'none';/);
      assert.match(html, /<p>Anna Adler: &lt;b&gt;Contoso&lt;\/b&gt;<\/p>\s*$/);
      const english = await ask({ definition: own, kind: 'noncompliant', mailLanguage: 'en' });
      assert.equal(english.html, html, 'texts of one’s own are for everybody');
      const ours = await ask({ definition: {}, kind: 'noncompliant', mailLanguage: 'de' });
      assert.match(ours.html, /<head><meta http-equiv="Content-Security-Policy"/);
      const wrong = await ask({ definition: { ...own, html: '{{nobody}}' }, kind: 'noncompliant', mailLanguage: 'de' });
      assert.equal(wrong.status, 400);
      assert.match(wrong.error.text, /names \{\{nobody\}\}/);
      const told = await ask({ definition: { ...own, html: '{{nobody}}' }, mailLanguage: 'en', language: 'de' });
      assert.match(told.error.text, /steht \{\{nobody\}\}/, 'what is wrong is said in the language of the editor');
      assert.equal((await ask({})).status, 400);
      assert.equal(lab.servers.smtp.stats.mails, 0);
      // What is typed is looked at before it is used, also in the middle of a word.
      const typed = { timeZone: 'Europe/Berlin, UTC', color: 'blue', logo: 'data:,', language: '..', subject: '{{' };
      for (const [field, value] of Object.entries(typed)) {
        const answer = await ask({ definition: { [field]: value }, kind: 'noncompliant', mailLanguage: 'de' });
        assert.deepEqual([answer.status, field, answer.subject], [400, field, undefined]);
      }
      const elsewhere = { linkBase: 'no address', reminders: 'x', cc: '@' };
      assert.equal((await ask({ definition: elsewhere, kind: 'noncompliant' })).status, 200);
      const variables = { timeZone: '${HOME}', color: '${HOME}', logo: '${HOME}', language: '$(HOME)' };
      const fromElsewhere = await ask({ definition: variables, kind: 'noncompliant' });
      assert.equal(fromElsewhere.status, 200);
      assert.equal(JSON.stringify(fromElsewhere).includes(process.env['HOME'] ?? '?'), false);
    });

    it('mails the account itself on request, and sees over EWS that the mail arrived', async () => {
      const ews = { transport: 'ews', ewsUrl: lab.autodiscover.ews };
      const flow = await start({ account: ews, notifier: { linkBase: ourPage(), enrollUrl: ENROLL } });
      await give(flow, { topic: 'check', payload: { ownMail: true } });
      const answer = flow.messages('notSent')[0]?.['payload'] as NotifierCheck | undefined;
      assert.equal(
        answer?.steps.find(({ step }) => step === 'own-mail')?.text,
        `A mail to ${lab.smtp.address} was accepted. It arrived.`,
      );
      assert.equal(lab.organization.inbox(lab.smtp.address).length, 1);
    });
  });

  it('stops while the mail server does not answer', async () => {
    const flow = await start();
    lab.servers.smtp.faults.slowMs = 2_000;
    flow.receive('notifier', { payload: blocked(1) });
    await flow.until(() => lab.servers.smtp.stats.connections === 1, 'the mail server is asked');
    await flow.redeploy();
    await flow.until(() => flow.ended('notifier').done === 1, 'the message is done');
    assert.deepEqual(flow.messages('sent'), []);
  });
});
