/** What becomes of mails, on a store in memory and an account that is no network. */
import assert from 'node:assert/strict';
import { readLinkToken } from '../../../src/activation/link-token.ts';
import { ConnectorError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { smtpRefusal } from '../../../src/mail/refusal.ts';
import type { DeviceChange } from '../../../src/model/records.ts';
import { qrPng } from '../../../src/qr/qr-picture.ts';
import { blocked } from '../../support/changes.ts';
import { jpegOf } from '../../support/pictures.ts';
import { guid } from '../../support/records.ts';
import { DAY_MS, FakeAccount, HOUR_MS, MailWorld, MINUTE_MS, refused, START, whatOf } from './support/mail-world.ts';

const USER1 = 'user1@contoso.example';
const GREYLISTED = refused('ERR_MAIL_RECIPIENT', { about: 'recipient', fate: 'again', permanent: false });
const NOBODY = refused('ERR_MAIL_RECIPIENT', { about: 'recipient', fate: 'never', permanent: true });
const FULL_DISK = refused('ERR_MAIL_REFUSED', { about: 'server', fate: 'again', permanent: false });

describe('the mail about a blocked phone', () => {
  let world: MailWorld;

  beforeEach(async () => {
    world = await MailWorld.open();
  });
  afterEach(() => world.store.close());

  it('goes to its owner with a link for two weeks, and all of it is remembered', async () => {
    const change = blocked(1);
    const outcome = await world.news(change);
    const [mail] = world.account.mails;
    const at = new Date(START).toISOString();
    const messageId = mail?.messageId ?? '';
    assert.match(messageId, /^<.{32}\.\w+@contoso\.example>$/);
    assert.equal(mail?.date, at);
    assert.deepEqual(outcome, {
      kind: 'sent',
      mail: { to: USER1, subject: mail?.subject, messageId, at, reminder: 0 },
    });
    assert.deepEqual(world.heard(), [[USER1, 'sent']]);
    const link = new URL(/https:\S+token=\S+/.exec(mail?.text ?? '')?.[0] ?? '');
    const { tokenId } = readLinkToken(link.searchParams.get('token'), {
      secret: world.store.linkSecret,
      storeId: world.store.id,
      purpose: 'activate',
    });
    const expiresAt = new Date(START + 14 * DAY_MS).toISOString();
    const issued = { tokenId, purpose: 'activate', mailboxId: guid(1), easId: 'EAS1' };
    assert.equal(link.origin + link.pathname, 'https://connector.contoso.example/activate');
    assert.deepEqual(await world.store.tokens.find(tokenId), {
      ...issued,
      issuedAt: at,
      expiresAt,
      linkBase: 'https://connector.contoso.example',
      openedAt: null,
      usedAt: null,
    });
    const [kept, ...more] = await world.store.mails.ofDevice(change.device.key);
    const times = { createdAt: at, dueAt: at, openUntil: null, since: at, sentAt: at };
    assert.deepEqual(
      [kept, more],
      [
        {
          id: kept?.id,
          notifier: 'notifier',
          mailboxId: guid(1),
          kind: 'not-enrolled',
          no: 0,
          state: 'done',
          ...times,
          attempts: 0,
          messageId,
          reservedBy: null,
          address: USER1,
          note: '250 OK',
          episode: change.change.at,
          blockedAt: change.change.at,
        },
        [],
      ],
    );
    assert.deepEqual(await world.waiting(), []);
  });

  it('shows the link as a code before the steps, in a picture of the mail; without the code where the text has none', async () => {
    await world.news(blocked(1));
    world.set({ templates: { en: { html: '<p>{{link}}</p>' } } });
    await world.news(blocked(2));
    const [ours, own] = world.account.mails;
    const link = /https:\S+token=\S+/.exec(ours?.text ?? '')?.[0] ?? '';
    const [picture] = ours?.pictures ?? [];
    assert.match(picture?.cid ?? '', /^qr\.[0-9a-z]{16}@contoso\.example$/);
    assert.deepEqual(ours?.pictures, [
      { cid: picture?.cid, fileName: 'qr.png', contentType: 'image/png', content: qrPng(link) },
    ]);
    const html = ours?.html ?? '';
    const order = [html.indexOf('What to do'), html.indexOf(`<img src="cid:${picture?.cid}"`), html.indexOf('<ol')];
    assert.deepEqual([order, order.includes(-1)], [order.toSorted((a, b) => a - b), false]);
    assert.match(ours?.text ?? '', new RegExp(`short enough to type:\n${link.replace(/[?.]/g, '\\$&')}\n`));
    assert.equal(own?.pictures, undefined);
  });

  it('begins with the logo, which goes with the mail and names the company where pictures are not shown', async () => {
    const logo = { contentType: 'image/jpeg', content: jpegOf(300, 50), width: 300, height: 50 } as const;
    world.set({ logo, company: 'Contoso & Söhne' });
    await world.news(blocked(1));
    world.set({ templates: { en: { html: '<p>{{link}}</p>' } } });
    await world.news(blocked(2));
    const [ours, own] = world.account.mails;
    assert.deepEqual(ours?.pictures?.slice(1), [
      { cid: 'logo@contoso.example', fileName: 'logo.jpg', contentType: 'image/jpeg', content: logo.content },
    ]);
    const head = (ours?.html ?? '').slice(0, ours?.html.indexOf('<h1'));
    assert.match(head, /<img src="cid:logo@contoso\.example" height="48" alt="Contoso &amp; Söhne"/);
    assert.doesNotMatch(head, />Contoso/);
    assert.match(ours?.text ?? '', /\nContoso & Söhne\n$/);
    assert.equal(own?.pictures, undefined);
  });

  it('names copy recipients that the server refused', async () => {
    world.set({ cc: ['help@contoso.example'] });
    world.account.refusedCopies = ['help@contoso.example'];
    const outcome = await world.news(blocked(1));
    assert.deepEqual(outcome.kind === 'sent' && outcome.mail.refusedCopies, ['help@contoso.example']);
    const [kept] = await world.store.mails.ofDevice(blocked(1).device.key);
    assert.equal(kept?.note, '250 OK; copies refused: help@contoso.example');
  });

  it('is sent in the words, with the copies and the help desk of the notifier', async () => {
    world.set({ helpDesk: 'IT, +49 89 1234', cc: ['help@contoso.example'] });
    await world.news(blocked(1));
    world.set({ templates: { en: { subject: 'Your {{device.model}}', text: 'Hello {{user.name}}: {{{link}}}' } } });
    await world.news(blocked(2));
    const [ours, own] = world.account.mails;
    for (const part of [ours?.text, ours?.html]) assert.match(part ?? '', /IT, \+49 89 1234/);
    assert.deepEqual(
      [ours?.cc, own?.subject, own?.text.replace(/token=.*/, '').trim()],
      [['help@contoso.example'], 'Your iPhone15C2', 'Hello User 2: https://connector.contoso.example/activate?'],
    );
  });

  it('waits, and its mistake is named, while its text or its link address cannot be meant', async () => {
    world.set({ templates: { en: { subject: 'Hello {{nobody}}' } } });
    assert.equal(whatOf(await world.news(blocked(1))), 'ERR_MAIL_TEMPLATE');
    world.set({ templates: {}, linkBase: '' });
    assert.equal(whatOf(await world.news(blocked(2))), 'ERR_CONFIG_INVALID');
    world.set({ linkBase: 'https://connector.contoso.example' });
    await world.retry();
    assert.deepEqual(world.mailed(), [USER1, 'user2@contoso.example']);
  });

  it('says why nobody is mailed, for every reason there is', async () => {
    const mailbox = { ...blocked(1).device.eas!.mailbox };
    const allow = { ...blocked(2), decision: { ...blocked(2).decision, action: 'allow' } } as DeviceChange;
    const other = {
      ...blocked(3).decision,
      reason: { code: 'rule', text: '', evidence: [] },
    } as DeviceChange['decision'];
    const noMail = {
      ...blocked(3),
      device: { ...blocked(3).device, reason: other.reason },
      decision: other,
    } as DeviceChange;
    const given: DeviceChange[] = [
      blocked(1, { applied: false }),
      allow,
      noMail,
      blocked(4, {}, { mailbox: { ...mailbox, address: null } }),
      blocked(5, {}, { mailbox: { ...mailbox, address: 'a@b.example, c@d.example' } }),
      blocked(6, {}, { mailbox: { ...mailbox, address: 'user6@evil.example' } }),
      blocked(7, {}, { mailbox: { ...mailbox, type: 'SharedMailbox' } }),
      { ...blocked(8), device: { ...blocked(8).device, formerly: { mdmKey: 'm', name: null, removal: 'wipe' } } },
    ];
    world.set({}, { allowedDomains: ['contoso.example'] });
    const reasons = [];
    for (const change of given) reasons.push(whatOf(await world.news(change)));
    assert.deepEqual(reasons, [
      'simulated',
      'not-blocked',
      'no-mail-for-reason',
      'no-address',
      'bad-address',
      'domain-not-allowed',
      'no-mail-for-mailbox',
      'removed-by-mdm',
    ]);
    assert.deepEqual([world.mailed(), await world.waiting(), world.heard().length], [[], [], given.length]);
  });

  it('is not sent a second time about the same block', async () => {
    await world.news(blocked(1));
    assert.equal(whatOf(await world.news(blocked(1))), 'already-sent');
    await world.retry();
    assert.deepEqual(world.mailed(), [USER1]);
  });

  it('about another block within a day waits for the end of the day', async () => {
    await world.news(blocked(1));
    assert.equal(whatOf(await world.news(blocked(1, { at: '2026-06-01T09:00:00.000Z' }))), 'blocked-again-too-soon');
    assert.deepEqual(
      (await world.waiting()).map(({ dueAt }) => Date.parse(dueAt) - START),
      [DAY_MS],
    );
    await world.due();
    assert.equal(world.mailed().length, 1);
    world.now += DAY_MS;
    await world.due();
    assert.equal(world.mailed().length, 2);
  });

  it('about another block waits for a day at most, though the one before went while the clock was a year ahead', async () => {
    world.now += 365 * DAY_MS;
    await world.news(blocked(1));
    world.now = START;
    assert.equal(whatOf(await world.news(blocked(1, { at: '2026-06-01T09:00:00.000Z' }))), 'blocked-again-too-soon');
    world.now += DAY_MS;
    await world.due();
    assert.equal(world.mailed().length, 2);
  });

  describe('that cannot be sent', () => {
    it('is tried again after a minute, by itself, and then no more', async () => {
      world.account.refuse = () => FULL_DISK;
      assert.deepEqual(await world.news(blocked(1)), { kind: 'kept', error: FULL_DISK });
      assert.deepEqual(
        (await world.waiting()).map(({ attempts, dueAt, since, note }) => [
          attempts,
          Date.parse(dueAt) - START,
          since,
          note,
        ]),
        [[1, MINUTE_MS, new Date(START).toISOString(), FULL_DISK.message]],
      );
      world.account.refuse = () => null;
      await world.due();
      assert.deepEqual(world.mailed(), []);
      world.now += MINUTE_MS;
      await world.due();
      await world.retry();
      assert.deepEqual([world.mailed(), await world.waiting()], [[USER1], []]);
      assert.deepEqual(
        (await world.store.mails.ofDevice(blocked(1).device.key)).map(({ state, attempts }) => [state, attempts]),
        [['done', 1]],
      );
    });

    for (const [name, [code, status, text]] of Object.entries({
      'a greylisting server': [450, '4.2.0', '<user1@contoso.example>: Recipient address rejected: Greylisted'],
      'the front end of Exchange that has no back end': [
        451,
        '4.7.0',
        'Temporary server error. Please try again. PRX2',
      ],
      'a full mailbox': [452, '4.2.2', 'Mailbox full'],
      'a full mailbox that is called permanent': [552, '5.2.2', 'Mailbox full'],
      'a policy server': [450, '4.7.1', 'Client host rejected: too busy'],
      'a relay that does not know us': [554, '5.7.1', '<user1@contoso.example>: Relay access denied'],
      'Postfix, which names a refused sender at the recipient': [
        553,
        '5.7.1',
        '<notify@contoso.example>: Sender address rejected: not owned by user notify@contoso.example',
      ],
      'a server that denies to send as the account': [
        550,
        '5.7.60',
        'SMTP; Client does not have permissions (SendAsDenied)',
      ],
    } satisfies Record<string, [number, string, string]>)) {
      it(`is kept when ${name} refuses it at the recipient, and sent when that is over`, async () => {
        const sender = world.account.address;
        const reply = { stage: 'rcpt', code, status, text, sender, recipient: USER1, isAlone: true } as const;
        world.account.refuse = () => refused('ERR_MAIL_REFUSED', smtpRefusal(reply));
        assert.equal((await world.news(blocked(1))).kind, 'kept');
        assert.equal((await world.waiting()).length, 1);
        world.account.refuse = () => null;
        await world.retry();
        await world.retry();
        assert.deepEqual(world.mailed(), [USER1]);
      });
    }

    it('waits as long as a busy server asks, and so do those behind it', async () => {
      const busy = new ConnectorError('ERR_MAIL_RATE', 'Busy.', {
        details: { about: 'rate', fate: 'again', permanent: false, retryAfterMs: 297_749 },
      });
      world.account.refuse = () => busy;
      for (const n of [1, 2, 3]) {
        await world.own(blocked(n));
        await world.record(blocked(n));
      }
      const tried = world.account.signIns;
      world.now += 2 * MINUTE_MS;
      await world.due();
      world.now += 290_000;
      await world.due();
      assert.equal(world.account.signIns, tried + 1);
      world.account.refuse = () => null;
      world.now += 8_000;
      await world.due();
      assert.deepEqual(world.mailed().sort(), [USER1, 'user2@contoso.example', 'user3@contoso.example']);
    });

    it('waits a minute with those behind it when a server limits the rate, and goes when a person wants it', async () => {
      world.account.refuse = () => refused('ERR_MAIL_RATE', { about: 'rate', fate: 'again', permanent: false });
      for (const n of [1, 2, 3]) {
        await world.own(blocked(n));
        await world.record(blocked(n));
      }
      const tried = world.account.signIns;
      world.now += 2 * MINUTE_MS;
      await world.due();
      world.now += MINUTE_MS - 1;
      await world.due();
      assert.equal(world.account.signIns, tried + 1);
      world.account.refuse = () => null;
      await world.retry();
      assert.equal(world.mailed().length, 3);
    });

    it('is given up when its recipient does not exist, and the others go out', async () => {
      world.account.refuse = ({ to }) => (to === USER1 ? NOBODY : null);
      assert.deepEqual(await world.news(blocked(1)), { kind: 'given-up', error: NOBODY });
      await world.news(blocked(2));
      world.account.refuse = () => null;
      await world.retry();
      assert.deepEqual(world.mailed(), ['user2@contoso.example']);
    });

    it('does not hold up those behind it, unless account or server fail', async () => {
      world.account.refuse = () => GREYLISTED;
      for (const n of [1, 2, 3]) await world.news(blocked(n));
      world.heard();
      world.account.refuse = ({ to }) => (to === USER1 ? NOBODY : null);
      assert.deepEqual(await world.retry(), { kind: 'given-up', error: NOBODY });
      assert.deepEqual(world.mailed(), ['user2@contoso.example', 'user3@contoso.example']);
      world.account.refuse = () => FULL_DISK;
      for (const n of [4, 5]) await world.news(blocked(n));
      const tried = world.account.signIns;
      assert.deepEqual(await world.retry(), { kind: 'kept', error: FULL_DISK });
      assert.equal(world.account.signIns, tried + 1);
    });

    it('needs attention after a week, is told once, and is sent when a person wants it', async () => {
      world.account.refuse = () => FULL_DISK;
      await world.news(blocked(1));
      world.now += 6 * DAY_MS;
      await world.retry();
      world.now += DAY_MS;
      const outcome = await world.retry();
      assert.deepEqual(
        [outcome?.kind, (outcome as { error: ConnectorError }).error.details],
        ['attention', { about: 'server', last: 'ERR_MAIL_REFUSED' }],
      );
      assert.deepEqual(
        world.heard().map(([, what]) => what),
        ['ERR_MAIL_REFUSED', 'ERR_MAIL_REFUSED', 'ERR_MAIL_ATTENTION'],
      );
      world.account.refuse = () => null;
      world.now += DAY_MS;
      assert.equal(await world.due(), null);
      assert.deepEqual([world.mailed(), await world.look()], [[], { isDue: false, attention: 1 }]);
      await world.retry();
      assert.deepEqual([world.mailed(), await world.look()], [[USER1], { isDue: false, attention: 0 }]);
    });

    it('has another week when a person had it tried', async () => {
      world.account.refuse = () => FULL_DISK;
      await world.news(blocked(1));
      world.now += 8 * DAY_MS;
      await world.due();
      await world.retry();
      assert.deepEqual(
        (await world.waiting()).map(({ since, state, attempts }) => [since, state, attempts]),
        [[new Date(world.now).toISOString(), 'waiting', 1]],
      );
    });

    it('and waits for a person is forgotten when its phone is no longer blocked', async () => {
      world.account.refuse = () => FULL_DISK;
      await world.news(blocked(1));
      world.now += 8 * DAY_MS;
      await world.due();
      await world.disown(blocked(1));
      assert.deepEqual(await world.look(), { isDue: false, attention: 0 });
      assert.deepEqual(await world.waiting(), []);
    });

    it('waits no longer because the clock was ahead when it failed', async () => {
      world.account.refuse = () => FULL_DISK;
      world.now += 3 * DAY_MS;
      await world.news(blocked(1));
      world.now -= 3 * DAY_MS;
      world.account.refuse = () => null;
      assert.deepEqual(await world.look(), { isDue: true, attention: 0 });
      assert.deepEqual(
        (await world.waiting()).map(({ dueAt, since }) => [dueAt, since]),
        [[new Date(world.now).toISOString(), new Date(world.now).toISOString()]],
      );
      await world.due();
      assert.deepEqual(world.mailed(), [USER1]);
    });
  });

  describe('that waits in the queue', () => {
    it('is sent by the next process when this one ended before its turn, and only if the phone is still blocked', async () => {
      for (const n of [1, 2, 3]) {
        await world.own(blocked(n));
        assert.equal((await world.record(blocked(n))).kind, 'recorded');
      }
      await world.disown(blocked(2));
      world.restart();
      assert.deepEqual(await world.look(), { isDue: true, attention: 0 });
      await world.due();
      assert.deepEqual(world.mailed().sort(), [USER1, 'user3@contoso.example']);
      assert.deepEqual([await world.waiting(), await world.look()], [[], { isDue: false, attention: 0 }]);
    });

    it('is sent though the ledger of this store never knew the block, as of another store', async () => {
      assert.equal((await world.hear(blocked(1))).kind, 'sent');
      assert.deepEqual(world.mailed(), [USER1]);
    });

    it('stays when its notifier is stopped while the mail is under way', async () => {
      world.account.refuse = () => {
        world.stop();
        return refused('ERR_ABORTED', { about: 'server', fate: 'again', permanent: false });
      };
      assert.equal((await world.news(blocked(1))).kind, 'recorded');
      const [reserved] = await world.waiting();
      assert.equal(reserved?.state, 'reserved');
      const next = new MailWorld(world.store);
      assert.equal(await next.due(), null);
      assert.deepEqual(
        next.account.mails.map(({ to, messageId }) => [to, messageId]),
        [[USER1, reserved.messageId]],
      );
    });

    it('has the Message-ID and the date of its first try when its answer was lost, so that Exchange delivers one of the two', async () => {
      const tried: { readonly messageId: string; readonly date?: string }[] = [];
      world.account.refuse = ({ messageId, ...mail }) => {
        tried.push({ messageId, ...mail });
        return tried.length < 3
          ? refused('ERR_MAIL_UNANSWERED', { about: 'server', fate: 'repeat', permanent: false })
          : null;
      };
      assert.equal((await world.news(blocked(1))).kind, 'kept');
      for (let hour = 0; hour < 2; hour += 1) {
        world.now += HOUR_MS;
        await world.due();
      }
      const first = { messageId: tried[0]?.messageId, date: new Date(START).toISOString() };
      assert.deepEqual(
        tried.map(({ messageId, date }) => ({ messageId, date })),
        [first, first, first],
      );
    });

    for (const [sentence, code] of [
      ['is locked', 'ERR_STORE_BUSY'],
      ['cannot be reached', 'ERR_STORE_OPEN'],
    ] as const) {
      it(`is announced as sent though the store ${sentence} behind it, kept when it is back, and not sent twice`, async () => {
        const { store } = world;
        // The third transaction: the first records the news, the second reserves the mail.
        let locked = 3;
        const together: typeof store.together = (work) => {
          locked -= 1;
          return locked === 0 ? Promise.reject(new ConnectorError(code, 'Away.')) : store.together(work);
        };
        world.set({}, { reminders: 1 });
        const failing = new MailWorld({ ...store, together });
        failing.settings = world.settings;
        failing.account = world.account;
        assert.equal((await failing.news(blocked(1))).kind, 'sent');
        assert.deepEqual(failing.heard(), [[USER1, 'sent']]);
        await failing.retry();
        assert.deepEqual([world.mailed(), (await world.waiting()).length], [[USER1], 1]);
      });
    }

    it('is waited for where the store is locked or away as its news comes, and is told again where it is another one', async () => {
      const { store } = world;
      let failures = (['ERR_STORE_BUSY', 'ERR_STORE_OPEN'] as ErrorCode[]).map(
        (code) => new ConnectorError(code, 'Away.'),
      );
      const together: typeof store.together = (work) => {
        const failure = failures.shift();
        return failure === undefined ? store.together(work) : Promise.reject(failure);
      };
      const failing = new MailWorld({ ...store, together });
      assert.equal((await failing.record(blocked(1))).kind, 'recorded');
      failures = [new ConnectorError('ERR_STORE_VERSION', 'Another one.')];
      assert.deepEqual(await failing.record(blocked(2)), {
        kind: 'failed',
        error: new ConnectorError('ERR_STORE_VERSION', 'Another one.'),
      });
      await failing.due();
      assert.deepEqual([failing.mailed(), await world.waiting()], [[USER1], []]);
    });
  });

  describe('that was told before', () => {
    const owed = (n: number, changes = {}) => blocked(n, { id: `change ${n}`, episode: `episode ${n}`, ...changes });
    const announce = async (n: number): Promise<void> => {
      const { change, device } = owed(n);
      await world.store.announcements.add({
        id: change.id!,
        organization: 'exchange',
        kind: 'blocked',
        deviceKey: device.key,
        at: change.at,
        emittedAt: change.at,
        emittedBy: 'run',
        emissions: 1,
        declinedBy: [],
        news: null,
      });
    };
    const isOwed = async (n: number): Promise<boolean> => (await world.store.announcements.get(`change ${n}`)) !== null;

    it('is not sent twice, and is owed no more once its mail is kept', async () => {
      await announce(1);
      assert.equal(whatOf(await world.news(owed(1))), 'sent');
      assert.equal(await isOwed(1), false);
      assert.equal(whatOf(await world.news(owed(1, { repeat: true }))), 'already-sent');
      assert.deepEqual(world.mailed(), [USER1]);
    });

    it('keeps its time and its tries while it waits', async () => {
      await announce(1);
      world.account.refuse = () => refused('ERR_MAIL_REFUSED', { about: 'server', fate: 'again', permanent: false });
      await world.news(owed(1));
      assert.equal(await isOwed(1), false, 'it waits as a row');
      const before = await world.waiting();
      world.now += 30_000;
      assert.equal(whatOf(await world.news(owed(1, { repeat: true }))), 'already-waiting');
      assert.deepEqual(await world.waiting(), before);
    });

    it('stays owed while only this notifier says why it mails nobody', async () => {
      await announce(1);
      world.set({}, { allowedDomains: ['elsewhere.example'] });
      assert.equal(whatOf(await world.news(owed(1))), 'domain-not-allowed');
      assert.deepEqual((await world.store.announcements.get('change 1'))?.declinedBy, ['notifier']);
    });

    it('is owed no more once one notifier has said why nobody is mailed, where the others would say the same', async () => {
      await announce(1);
      const { decision, ...news } = owed(1);
      const reason = { ...decision.reason, code: 'superseded' as const };
      const superseded = { ...news, device: { ...news.device, reason }, decision: { ...decision, reason } };
      assert.equal(whatOf(await world.news(superseded)), 'no-mail-for-reason');
      assert.equal(await isOwed(1), false);
    });

    it('is one blocking, whatever time it is told with', async () => {
      await world.news(owed(1));
      const later = owed(1, { id: 'another', at: '2026-06-03T08:00:00.000Z' });
      world.now += 3 * 24 * 3_600_000;
      assert.equal(whatOf(await world.news(later)), 'already-sent');
    });
  });

  describe('in two instances of its notifier', () => {
    let here: MailWorld;
    let there: MailWorld;
    beforeEach(() => {
      [here, there] = ['host a/1', 'host b/1'].map((process) => new MailWorld(world.store, 'notifier', process)) as [
        MailWorld,
        MailWorld,
      ];
    });

    it('that one is sending is left to it as long as it lives', async () => {
      here.account.refuse = () => {
        here.stop();
        return refused('ERR_ABORTED', { about: 'server', fate: 'again', permanent: false });
      };
      await here.news(blocked(1));
      await there.due();
      assert.deepEqual(there.mailed(), []);
      await here.end();
      await there.due();
      assert.deepEqual(there.mailed(), [USER1]);
    });

    it('that is due is sent by one of them', async () => {
      for (const n of [1, 2, 3, 4, 5]) {
        await world.own(blocked(n));
        await world.record(blocked(n));
      }
      await Promise.all([here.due(), there.due()]);
      const mailed = [...here.mailed(), ...there.mailed()].sort();
      assert.deepEqual(
        mailed,
        [1, 2, 3, 4, 5].map((n) => `user${n}@contoso.example`),
      );
      assert.deepEqual(await world.waiting(), []);
    });
  });

  describe('has a reminder', () => {
    it('when it is due and the phone is still blocked, and no more than wanted', async () => {
      world.set({}, { reminders: 2 });
      await world.news(blocked(1));
      for (const hours of [23, 1, 0, 24, 24, 24]) {
        world.now += hours * HOUR_MS;
        await world.due();
      }
      const mails = await world.store.mails.ofDevice(blocked(1).device.key);
      assert.deepEqual(
        mails.map(({ sentAt, no }) => [no, (Date.parse(sentAt ?? '') - START) / HOUR_MS]),
        [
          [0, 0],
          [1, 24],
          [2, 48],
        ],
      );
      assert.equal(new Set(world.account.mails.map(({ messageId }) => messageId)).size, 3);
      assert.deepEqual(await world.waiting(), []);
    });

    it('not when it is blocked by us no longer', async () => {
      world.set({}, { reminders: 1 });
      await world.news(blocked(1));
      await world.disown(blocked(1));
      world.now += DAY_MS;
      await world.due();
      assert.deepEqual([world.mailed(), await world.waiting()], [[USER1], []]);
    });

    it('not before its time when the others are sent by hand', async () => {
      world.set({}, { reminders: 1 });
      await world.news(blocked(1));
      world.now += HOUR_MS;
      await world.retry();
      assert.deepEqual(
        (await world.waiting()).map(({ dueAt }) => Date.parse(dueAt)),
        [START + DAY_MS],
      );
      assert.equal(world.mailed().length, 1);
    });
  });

  describe('whose account is refused', () => {
    const PHONES = Array.from({ length: 20 }, (_, n) => n + 1);
    let second: MailWorld;

    /** Two notifiers on one account, in a process of their own. */
    function startWith(password: string): void {
      const account = new FakeAccount(world, password);
      const { now } = world;
      for (const one of [world, second]) {
        one.restart();
        one.account = account;
        one.now = now;
      }
    }

    beforeEach(() => {
      second = new MailWorld(world.store, 'second');
      startWith('wrong');
    });

    async function blockAll(): Promise<string[]> {
      for (const n of PHONES) await (n % 2 === 0 ? world : second).news(blocked(n));
      return told();
    }

    async function all(): Promise<string[]> {
      await world.due();
      await second.due();
      return told();
    }

    const told = (): string[] => [...world.heard(), ...second.heard()].map(([, what]) => what);

    it('waits: one sign-in for twenty phones, told once a notifier, through restarts; then all go out', async () => {
      assert.deepEqual((await blockAll()).sort(), ['ERR_MAIL_AUTH', 'ERR_MAIL_STOPPED']);
      assert.equal(world.account.signIns, 1);
      startWith('wrong');
      assert.deepEqual([await all(), world.account.signIns], [[], 0], 'a restart is no reason to try again');
      startWith('wrong as well');
      assert.deepEqual(
        [await all(), world.account.signIns],
        [['ERR_MAIL_AUTH', 'ERR_MAIL_STOPPED'], 1],
        'another password is',
      );
      startWith('right');
      await all();
      assert.deepEqual([world.mailed().length, new Set(world.mailed()).size], [20, 20]);
    });

    it('is tried once more after an hour, and nothing new is told', async () => {
      await blockAll();
      world.now += HOUR_MS;
      startWith('wrong');
      assert.deepEqual([await all(), world.account.signIns], [[], 1]);
    });

    it('is tried once more when a person wants it, who is told what came of it', async () => {
      await blockAll();
      assert.deepEqual(whatOf(await world.retry()), 'ERR_MAIL_AUTH');
      assert.deepEqual([told(), world.account.signIns], [['ERR_MAIL_AUTH'], 2]);
      assert.deepEqual([await all(), world.account.signIns], [['ERR_MAIL_STOPPED'], 2], 'by the other notifier');
      assert.deepEqual([await all(), world.account.signIns], [[], 2]);
    });

    it('says until when it waits', async () => {
      await world.news(blocked(1));
      const outcome = await world.news(blocked(2));
      assert.deepEqual(
        [outcome.kind, outcome.kind === 'stopped' && outcome.until],
        ['stopped', new Date(START + HOUR_MS).toISOString()],
      );
    });

    it('goes out by itself after a sign-in that was put off for now', async () => {
      startWith('right');
      world.account.failing = refused('ERR_MAIL_CONNECT', { about: 'account', fate: 'again', permanent: false });
      await world.news(blocked(1));
      world.account.failing = null;
      await world.news(blocked(2));
      world.now += MINUTE_MS;
      await world.due();
      assert.deepEqual(
        [told(), world.mailed()],
        [
          ['ERR_MAIL_CONNECT', 'sent', 'sent'],
          ['user2@contoso.example', USER1],
        ],
      );
    });

    it('needs attention after a week, each mail once', async () => {
      for (const n of [2, 4]) await world.news(blocked(n));
      assert.deepEqual(told(), ['ERR_MAIL_AUTH']);
      world.now += 7 * DAY_MS;
      await world.news(blocked(6));
      await world.due();
      assert.deepEqual(told(), ['ERR_MAIL_ATTENTION', 'ERR_MAIL_ATTENTION'], 'the stop was told a week ago');
      await world.due();
      assert.deepEqual([told(), world.account.signIns], [[], 2]);
    });

    it('is shown as stopped, though it was the last of the waiting mails that found it refused again', async () => {
      await world.news(blocked(1));
      world.now += HOUR_MS;
      const outcome = await world.due();
      assert.deepEqual([outcome?.kind, world.account.signIns, (await world.waiting()).length], ['stopped', 2, 1]);
    });

    it('is never stopped where it signs in nowhere', async () => {
      world.account = new FakeAccount(world, 'right', false);
      world.account.refuse = () => refused('ERR_MAIL_AUTH', { about: 'account', fate: 'account', permanent: true });
      assert.equal((await world.news(blocked(1))).kind, 'kept');
      world.account.refuse = () => null;
      await world.due();
      assert.deepEqual(world.mailed(), [USER1]);
    });
  });
});
