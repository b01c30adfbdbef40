/** The notifier: one mail with a link for each blocked device, and nothing lost on the way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../nodes/connections.ts';
import { readLinkToken } from '../../src/activation/link-token.ts';
import { linkIn } from '../../src/lab/phones.ts';
import { Organization } from '../../src/lab/organization.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { DeviceChange } from '../../src/notify/decide-notification.ts';
import type { Store } from '../../src/store/store.ts';
import { blocked } from '../support/changes.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { aManagedPhone } from '../support/people.ts';
import { mailboxId } from '../support/pages.ts';

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

  const inbox = (n: number): ReturnType<typeof lab.organization.inbox> =>
    lab.organization.inbox(`user${n}@contoso.example`);
  const problems = (flow: RunningFlow): string[] =>
    flow.messages('notSent').map(({ payload }) => (payload as { problem: { code: string } }).problem.code);
  const codes = (flow: RunningFlow): (string | undefined)[] => flow.errors().map(({ code }) => code);

  it('mails the owner of a blocked phone a link, says so, and remembers both', async () => {
    const flow = await start();
    const change = blocked(1);
    await give(flow, { _msgid: 'start', topic: 'device', payload: change, ticket: 7 });
    const [mail] = inbox(1);
    assert.equal(inbox(1).length, 1);
    assert.equal(mail?.from, lab.smtp.address);
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
      },
    ]);
    const store = await storeOf(flow);
    const token = new URL(linkIn(mail?.text ?? '') ?? '').searchParams.get('token');
    const claims = readLinkToken(token, {
      secret: store.linkSecret,
      storeId: store.id,
      purpose: 'activate',
      now: new Date(),
    });
    assert.deepEqual({ mailbox: claims.mailboxId, easId: claims.easId }, { mailbox: mailboxId(1), easId: 'EAS1' });
    const issued = await store.tokens.find(claims.tokenId);
    assert.deepEqual(issued, {
      tokenId: claims.tokenId,
      purpose: 'activate',
      mailboxId: mailboxId(1),
      easId: 'EAS1',
      issuedAt: issued?.issuedAt,
      expiresAt: issued?.expiresAt,
      usedAt: null,
    });
    assert.equal(Date.parse(issued?.expiresAt ?? '') - Date.parse(issued?.issuedAt ?? ''), 14 * 86_400_000);
    const [kept] = await store.notifications.find(change.device.key);
    assert.deepEqual(
      { kind: kept?.kind, outcome: kept?.outcome, address: kept?.address, messageId: kept?.messageId },
      { kind: 'not-enrolled', outcome: 'sent', address: 'user1@contoso.example', messageId: news['messageId'] },
    );
    assert.equal(flow.words().at(-1), '1 sent');
    assert.deepEqual([...new Set(flow.statuses('notifier').map(({ fill }) => fill))], ['blue', 'green']);
  });

  it('mails nobody a second time about the same block, and nobody about a simulated one', async () => {
    const flow = await start();
    await give(flow, { payload: blocked(1) });
    await give(flow, { payload: blocked(1) });
    await give(flow, { payload: blocked(2, { applied: false }) });
    await give(flow, { payload: { ...blocked(3), decision: { ...blocked(3).decision, action: 'allow' } } });
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [1, 0, 0],
    );
    assert.deepEqual(problems(flow), ['already-sent', 'simulated', 'not-blocked']);
    assert.deepEqual(flow.ended('notifier'), { received: 4, done: 4 });
    assert.deepEqual(codes(flow), []);
  });

  it('mails only addresses in the allowed domains', async () => {
    const flow = await start({ notifier: { allowedDomains: 'contoso.com, *.contoso.net' } });
    await give(flow, { payload: blocked(1) });
    assert.equal(inbox(1).length, 0);
    assert.deepEqual(problems(flow), ['domain-not-allowed']);
    assert.equal(flow.words().at(-1), 'not sent: domain-not-allowed');
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
    await give(flow, { payload: blocked(1) });
    assert.deepEqual(codes(flow), []);
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [1, 1, 0],
    );
    assert.match(inbox(1)[0]?.subject ?? '', /^Your /);
    assert.match(inbox(1)[0]?.text ?? '', /^Hello User 1: http/);
  });

  it('names what a text asks for and there is not, keeps the mail, and mails nobody', async () => {
    const flow = await start({ notifier: { subject: 'Hello {{nobody}}' } });
    await give(flow, { payload: blocked(1) });
    assert.deepEqual(codes(flow), ['ERR_MAIL_TEMPLATE']);
    assert.match(flow.errors()[0]?.message ?? '', /nobody/);
    assert.deepEqual(problems(flow), ['ERR_MAIL_TEMPLATE']);
    assert.equal(inbox(1).length, 0);
    assert.deepEqual(flow.statuses('notifier').at(-1), { fill: 'red', text: 'shared.error.ERR_MAIL_TEMPLATE' });
  });

  it('says that the public address of the link is missing', async () => {
    const flow = await start({ notifier: { linkBase: '' } });
    await give(flow, { payload: blocked(1) });
    assert.deepEqual(codes(flow), ['ERR_CONFIG_INVALID']);
    assert.equal(inbox(1).length, 0);
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
    await give(flow, { topic: 'due' });
    assert.equal(inbox(1).length, 0, 'what was looked at is not sent later');
  });

  it('checks that the account signs in and has a mailbox, and mails nobody', async () => {
    const flow = await start();
    await give(flow, { topic: 'check' });
    assert.deepEqual(
      flow.messages('sent').map(({ payload }) => payload),
      [{ account: lab.smtp.address, signedIn: true, mailbox: 'UserMailbox' }],
    );
    assert.equal(flow.words().at(-1), 'account works');
    assert.equal(lab.servers.smtp.stats.mails, 0);
  });

  it('sends a reminder when it is due and the phone is still blocked, then no more', async () => {
    const flow = await start({ notifier: { reminders: 1, reminderAfter: 0.00001 } });
    const change = blocked(1);
    await own(flow, change);
    await give(flow, { payload: change });
    await flow.until(() => Date.now() > Date.parse(inbox(1)[0]?.at ?? '') + 100, 'a moment has passed');
    await give(flow, { topic: 'due' });
    await give(flow, { topic: 'due' });
    assert.deepEqual(codes(flow), []);
    assert.equal(inbox(1).length, 2);
    assert.deepEqual(
      flow.messages('sent').map(({ payload }) => (payload as { mail: { reminder: number } }).mail.reminder),
      [0, 1],
    );
  });

  it('sends no reminder about a phone that is no longer blocked by us', async () => {
    const flow = await start({ notifier: { reminders: 1, reminderAfter: 0.00001 } });
    await give(flow, { payload: blocked(1) });
    await flow.until(() => Date.now() > Date.parse(inbox(1)[0]?.at ?? '') + 100, 'a moment has passed');
    await give(flow, { topic: 'due' });
    assert.equal(inbox(1).length, 1);
  });

  it('keeps a reminder that is not due yet when the others are sent by hand', async () => {
    const flow = await start({ notifier: { reminders: 1, reminderAfter: 24 } });
    const change = blocked(1);
    await own(flow, change);
    await give(flow, { payload: change });
    await give(flow, { topic: 'retry' });
    assert.equal(inbox(1).length, 1);
    const store = await storeOf(flow);
    const waiting = (await store.settings.get('notifier.due.notifier')) as unknown as { dueAt: number }[];
    assert.equal(waiting.length, 1);
    assert.ok((waiting[0]?.dueAt ?? 0) > Date.now() + 23 * 3_600_000);
  });

  it('mails a phone that was blocked again too soon later, when it may', async () => {
    const flow = await start();
    await give(flow, { payload: blocked(1) });
    await give(flow, { payload: blocked(1, { at: '2026-06-01T09:00:00.000Z' }) });
    assert.deepEqual(problems(flow), ['blocked-again-too-soon']);
    const store = await storeOf(flow);
    const waiting = (await store.settings.get('notifier.due.notifier')) as unknown as { dueAt: number }[];
    assert.equal(waiting.length, 1);
  });

  it('loses no mail that waits for the rate of the account when it is deployed anew', async () => {
    const flow = await start({ account: { ratePerMinute: 1 } });
    for (const n of [1, 2, 3]) {
      await own(flow, blocked(n));
      flow.receive('notifier', { payload: blocked(n) });
    }
    await flow.until(() => inbox(1).length === 1, 'the first mail is sent');
    await flow.redeploy();
    await flow.until(() => flow.ended('notifier').done === 3, 'every message is done');
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [1, 0, 0],
    );
    // The account is a new one: another mail may go, then the next deploy brings the last.
    flow.receive('notifier', { topic: 'due' });
    await flow.until(() => inbox(2).length === 1, 'the second mail is sent');
    await flow.redeploy();
    flow.receive('notifier', { topic: 'due' });
    await flow.until(() => inbox(3).length === 1, 'the third mail is sent');
    await flow.until(() => flow.ended('notifier').done === 5, 'every message is done');
    assert.deepEqual(
      [1, 2, 3].map((n) => inbox(n).length),
      [1, 1, 1],
    );
    const store = await storeOf(flow);
    assert.deepEqual(await store.settings.get('notifier.due.notifier'), []);
    assert.deepEqual(await store.settings.get('notifier.due.notifier.arrived'), []);
  });

  it('sends a mail that the server refused for now when it is due, once', async () => {
    const flow = await start();
    await own(flow, blocked(1));
    lab.servers.smtp.faults.data = [452, '4.3.1 Insufficient system resources'];
    await give(flow, { payload: blocked(1) });
    assert.equal(codes(flow).length, 1);
    delete lab.servers.smtp.faults.data;
    await give(flow, { topic: 'due' });
    assert.equal(inbox(1).length, 0, 'it waits a minute');
    await give(flow, { topic: 'retry' });
    await give(flow, { topic: 'retry' });
    assert.equal(inbox(1).length, 1);
  });

  it('gives up a recipient that does not exist, and goes on with the others', async () => {
    const flow = await start();
    lab.servers.smtp.faults.recipient = [550, '5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'];
    await own(flow, blocked(1));
    await give(flow, { payload: blocked(1) });
    delete lab.servers.smtp.faults.recipient;
    await give(flow, { payload: blocked(2) });
    await give(flow, { topic: 'retry' });
    assert.deepEqual(codes(flow), ['ERR_MAIL_RECIPIENT']);
    assert.deepEqual(
      [1, 2].map((n) => inbox(n).length),
      [0, 1],
    );
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
