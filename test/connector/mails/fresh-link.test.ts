/** A fresh link, asked for on the page of one that has expired. */
import assert from 'node:assert/strict';
import { activate } from '../../../src/connector/activation/activate.ts';
import { senderOf } from '../../../src/connector/mails/fresh-link.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import { isDeviceChange } from '../../support/changes.ts';
import { SyncWorld, easIdOf } from '../sync/sync-world.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, MailWorld } from './support/mail-world.ts';

describe('a fresh link', () => {
  let world: SyncWorld;
  let mails: MailWorld;
  /** The token of the first mail, two weeks later. */
  let token: string;

  beforeEach(async () => {
    world = await SyncWorld.open();
    world.addPhone('anna');
    mails = new MailWorld(world.store);
    await world.sync();
    mails.now = world.now();
    for (const { kind, news } of world.told.splice(0))
      if (kind === 'blocked' && isDeviceChange(news)) await mails.record(news);
    await pass(3 * MINUTE_MS);
    token = newest();
    await pass(15 * DAY_MS);
    mails.account.mails.length = 0;
  });
  afterEach(() => world.close());

  async function pass(milliseconds: number): Promise<void> {
    world.letPass(milliseconds);
    await due();
  }

  async function due(): Promise<void> {
    mails.now = world.now();
    await mails.due();
  }

  /** The token in the mail that went out last. */
  const newest = (): string =>
    /token=(\w+)/.exec(mails.account.mails.at(-1)?.text ?? '')?.[1] ?? assert.fail('no mail with a link');

  async function visit(method: 'GET' | 'POST', sent = token) {
    const now = new Date(world.now());
    const asked = { method, token: sent, wantsFresh: method === 'POST', userAgent: '', acceptLanguage: 'en', now };
    return activate(world.store, asked, { name: 'the page' });
  }
  const words = async (sent = token): Promise<string> =>
    /<p role="\w+">([^<]*)/.exec((await visit('GET', sent)).answer.html)?.[1] ?? '';
  const isOffered = async (): Promise<boolean> => (await visit('GET')).answer.html.includes('Send a new link');
  const ON_ITS_WAY = /^A mail with a new link is on its way/;

  it('is a row before it is promised, goes to the same mailbox, works, and is audited', async () => {
    assert.ok(await isOffered());
    const pressed = await visit('POST');
    assert.deepEqual([pressed.answer.status, pressed.answer.headers['Location']], [303, `?token=${token}`]);
    assert.deepEqual(
      (await world.store.mails.list({ states: ['waiting'] })).map(({ address, notifier }) => [address, notifier]),
      [['anna@contoso.example', 'notifier']],
    );
    assert.match(await words(), ON_ITS_WAY);
    await due();
    assert.deepEqual(mails.mailed(), ['anna@contoso.example']);
    assert.match((await visit('GET', newest())).answer.html, /This is my phone, continue/);
    assert.match(await words(), ON_ITS_WAY, 'the old page says so, reloaded');
    const [audit] = await world.store.audit.recent({ limit: 1 });
    assert.deepEqual([audit?.what, audit?.who, audit?.evidence], ['resend', 'the page', ['Asked for: a fresh link.']]);
  });

  it('is sent once however often it is asked for, in two browsers at once too; again after an hour, three times a day', async () => {
    await Promise.all([visit('POST'), visit('POST')]);
    await visit('POST');
    await due();
    await visit('POST');
    await due();
    assert.equal(mails.account.mails.length, 1);
    const sent = [];
    for (let hour = 0; hour < 5; hour += 1) {
      await pass(HOUR_MS + MINUTE_MS);
      await visit('POST');
      await due();
      sent.push(mails.account.mails.length);
    }
    assert.deepEqual(sent, [2, 3, 3, 3, 3]);
    await pass(DAY_MS);
    assert.ok(await isOffered());
  });

  it('is not needed by a phone that is let in meanwhile: the page says that nothing is to be done', async () => {
    world.enroll('anna');
    await world.sync();
    assert.equal(await words(), 'Company mail is allowed on this phone. There is nothing to confirm.');
    await visit('POST');
    assert.deepEqual(await world.store.mails.list({ states: ['waiting'] }), []);
  });

  it('is not offered about a phone that Exchange has no more, and pressing leads to no mail', async () => {
    const partnership = world.organization.partnership('anna@contoso.example', easIdOf('anna'));
    world.organization.removePartnership(partnership!);
    await world.sync();
    assert.equal(await isOffered(), false);
    await visit('POST');
    assert.deepEqual(await world.store.mails.list({ states: ['waiting'] }), []);
  });

  it('is not to be had with a link that was never issued', async () => {
    const changed = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    assert.equal((await visit('POST', changed)).answer.status, 400);
    assert.deepEqual(await world.store.mails.list({ states: ['waiting'] }), []);
  });

  it('goes by the notifier that mailed the phone last, or by another one if that is gone', async () => {
    const row = (node: string, verdict: 'ready' | 'unknown' | 'failed') => ({ node, verdict });
    const cases: [string | null, ReturnType<typeof row>[], string | null][] = [
      ['old', [], 'old'],
      ['old', [row('new', 'ready'), row('old', 'failed')], 'old'],
      ['gone', [row('a', 'failed'), row('b', 'unknown'), row('c', 'ready')], 'c'],
      ['gone', [row('a', 'failed'), row('b', 'unknown')], 'b'],
      ['gone', [row('a', 'failed')], 'a'],
      [null, [row('a', 'ready')], 'a'],
      [null, [], null],
    ];
    for (const [last, deployed, sender] of cases) assert.equal(senderOf(last, deployed), sender);
    const entries = await world.store.entries.list();
    const key = easRecordKey(world.name, entries[0]?.mailboxId ?? '', easIdOf('anna'));
    assert.deepEqual(
      (await world.store.mails.ofDevice(key)).map(({ notifier }) => notifier),
      ['notifier'],
    );
  });
});
