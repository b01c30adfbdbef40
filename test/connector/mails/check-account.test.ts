/** The notifier's preflight, step by step, on a store in memory and an account that is no network. */
import assert from 'node:assert/strict';
import { renderActivationPage } from '../../../src/activation/activation-page.ts';
import { checkAccount, checkOfWrongSettings, judgeRecipient } from '../../../src/connector/mails/check-account.ts';
import type { CheckInput, NotifierCheck } from '../../../src/connector/mails/check-account.ts';
import type { CheckResult } from '../../../src/connector/check-result.ts';
import { lookAtLink } from '../../../src/connector/mails/look-at-link.ts';
import type { SeenPage } from '../../../src/connector/mails/look-at-link.ts';
import type { MailboxState, Recipient } from '../../../src/connector/ports.ts';
import { ConnectorError } from '../../../src/errors.ts';
import { composeMail } from '../../../src/mail/message.ts';
import { blocked } from '../../support/changes.ts';
import { FakeAccount, HOUR_MS, MailWorld, refused } from './support/mail-world.ts';

const ADDRESS = 'notify@contoso.example';
const MAILBOX: Recipient = {
  id: '1',
  upn: ADDRESS,
  address: ADDRESS,
  recipientType: 'UserMailbox',
  recipientTypeDetails: 'UserMailbox',
};
/** A mailbox in use. */
const FINE: MailboxState = { isDisabled: false, isHidden: false, isFull: false };
const OUR_PAGE: SeenPage = { status: 400, text: renderActivationPage({ page: 'invalid', language: 'en' }).html };

describe('the check of a notifier', () => {
  let world: MailWorld;

  beforeEach(async () => {
    world = await MailWorld.open();
  });
  afterEach(() => world.store.close());

  /** Recipients that Exchange has with an address; null: no Exchange is chosen. */
  const exchange = (found: readonly Recipient[] | null): CheckInput['openExchange'] => {
    async function* recipients(address: string): AsyncGenerator<Recipient> {
      await Promise.resolve();
      if (address === ADDRESS) yield* found ?? [];
    }
    const mailboxState = () => Promise.resolve(FINE);
    return () => (found === null ? null : { recipients, mailboxState });
  };

  const check = (changes: Partial<CheckInput> = {}): ReturnType<typeof checkAccount> =>
    checkAccount({
      account: world.account,
      settings: world.settings,
      notifier: 'notifier',
      openStore: () => Promise.resolve(world.store),
      openExchange: exchange([MAILBOX]),
      lookAt: () => Promise.resolve(OUR_PAGE),
      compose: (mail) => void composeMail({ address: ADDRESS }, mail),
      discover: null,
      now: () => world.now,
      signal: new AbortController().signal,
      ...changes,
    });

  /** What is not ready. */
  const doubts = ({ steps }: NotifierCheck): string[] =>
    steps
      .filter(({ verdict }) => verdict !== 'ready')
      .map(({ step, verdict, code }) => [step, verdict, code ?? ''].join(' ').trim());

  it('says that all is ready, and mails nobody', async () => {
    const { seen, ...report } = await check();
    assert.deepEqual([...seen.keys()], ['store', 'sign-in', 'mailbox', 'mail', 'link', 'enrollment-page']);
    assert.deepEqual(report, {
      check: {
        account: ADDRESS,
        signedIn: true,
        mailbox: 'UserMailbox',
        verdict: 'ready',
        steps: [
          { step: 'store', verdict: 'ready', text: 'The store is open.' },
          { step: 'sign-in', verdict: 'ready', text: 'It signs in.' },
          { step: 'mailbox', verdict: 'ready', text: `${ADDRESS} is a UserMailbox.` },
          { step: 'mail', verdict: 'ready', text: '6 kinds of mail in 2 languages are written without a mistake.' },
          {
            step: 'link',
            verdict: 'ready',
            text: 'The activation page answers at https://connector.contoso.example/activate.',
          },
          {
            step: 'enrollment-page',
            verdict: 'ready',
            text: 'Enrollment starts at https://enroll.contoso.example/.',
          },
        ],
      },
      failure: null,
    });
    assert.deepEqual(world.mailed(), []);
  });

  it('goes on with the other steps when one fails, and hands out the first failure', async () => {
    const away = new ConnectorError('ERR_STORE_OPEN', 'Away.');
    world.set({ cc: ['help desk'], linkBase: '', enrollUrl: null });
    const gone = new ConnectorError('ERR_CONFIG_MISSING', 'Gone.');
    const { check: result, failure } = await check({
      openStore: () => Promise.reject(away),
      openExchange: () => {
        throw gone;
      },
    });
    assert.deepEqual(
      [result.verdict, doubts(result), failure],
      [
        'failed',
        [
          'store failed ERR_STORE_OPEN',
          'mailbox failed ERR_CONFIG_MISSING',
          'mail failed ERR_MAIL_ADDRESS',
          'link failed ERR_CONFIG_INVALID',
          'enrollment-page unknown',
        ],
        away,
      ],
    );
  });

  it('is stopped when its notifier is', async () => {
    const closing = new AbortController();
    const lookAt = (): Promise<SeenPage> => {
      closing.abort();
      return Promise.reject(new ConnectorError('ERR_ABORTED', 'Stopped.'));
    };
    await assert.rejects(check({ lookAt, signal: closing.signal }), { code: 'ERR_ABORTED' });
  });

  it('has one step when settings cannot be meant', () => {
    const error = new ConnectorError('ERR_CONFIG_INVALID', 'Wrong.');
    assert.deepEqual(checkOfWrongSettings(error), {
      account: '',
      signedIn: false,
      mailbox: 'unknown',
      verdict: 'failed',
      steps: [{ step: 'settings', verdict: 'failed', text: error.message, code: 'ERR_CONFIG_INVALID' }],
    });
  });

  describe('of the sign-in', () => {
    it('says that an account signs in nowhere', async () => {
      world.account = new FakeAccount(world, 'right', false);
      const { check: seen } = await check();
      assert.deepEqual([seen.signedIn, seen.steps[1]?.text], [false, 'It connects, without a sign-in.']);
    });

    it('is in doubt where nobody signs in at a server that offers it', async () => {
      world.account = new FakeAccount(world, 'right', false);
      world.account.offersSignIn = true;
      const { check: seen, failure } = await check();
      assert.deepEqual([seen.signedIn, doubts(seen), failure], [false, ['sign-in unknown'], null]);
      assert.equal(
        seen.steps[1]?.text,
        'It connects, and nobody signs in: the account has no user and password. The mail server offers a sign-in and may take no mail without: enter both, unless it takes a test mail.',
      );
    });

    it('is not made while the account is stopped, by a check as little as by a mail', async () => {
      world.account = new FakeAccount(world, 'wrong');
      const seen = [];
      for (let times = 0; times < 2; times += 1) seen.push(await check());
      assert.deepEqual(
        seen.map(({ check: { signedIn }, failure }) => [signedIn, failure?.code]),
        [
          [false, 'ERR_MAIL_AUTH'],
          [false, 'ERR_MAIL_STOPPED'],
        ],
      );
      assert.equal((await world.news(blocked(1))).kind, 'stopped');
      assert.equal(world.account.signIns, 1);
      world.account = new FakeAccount(world, 'wrong');
      assert.equal((await check()).failure?.code, 'ERR_MAIL_STOPPED', 'the store remembers it');
      world.now += HOUR_MS;
      assert.equal((await check()).failure?.code, 'ERR_MAIL_AUTH');
    });

    it('ends the stop when it works', async () => {
      world.account = new FakeAccount(world, 'wrong');
      await check();
      world.account = new FakeAccount(world);
      await check();
      await world.news(blocked(1));
      assert.deepEqual(world.mailed(), ['user1@contoso.example']);
    });
  });

  describe('of the mailbox', () => {
    it('is never ready when no Exchange was asked', async () => {
      const { check: result, failure } = await check({ openExchange: exchange(null) });
      assert.deepEqual(
        [result.signedIn, result.mailbox, result.verdict, doubts(result), failure],
        [true, 'unknown', 'unknown', ['mailbox unknown'], null],
      );
    });

    it('believes Exchange Web Services that there is one, or none', async () => {
      world.account.transport = 'ews';
      const opened = await check({ openExchange: exchange(null) });
      assert.deepEqual([opened.check.mailbox, opened.check.verdict], ['opened', 'ready']);
      world.account.failing = refused('ERR_MAIL_NO_MAILBOX', { about: 'account', fate: 'account', permanent: true });
      const none = await check({ openExchange: exchange(null) });
      assert.deepEqual(
        [none.check.signedIn, none.check.mailbox, doubts(none.check), none.failure],
        [true, 'none', ['mailbox failed ERR_MAIL_NO_MAILBOX'], world.account.failing],
      );
    });

    it('fails where Exchange has no such recipient, and is not sure of two', async () => {
      const none = await check({ openExchange: exchange([]) });
      assert.deepEqual([none.check.mailbox, doubts(none.check)], ['none', ['mailbox failed ERR_MAIL_NO_MAILBOX']]);
      const two = await check({ openExchange: exchange([MAILBOX, MAILBOX]) });
      assert.deepEqual([two.check.mailbox, doubts(two.check)], ['UserMailbox', ['mailbox unknown']]);
    });

    it('counts a mailbox of any kind on these servers, and nothing else', () => {
      const seen = (recipientTypeDetails: string | null, changes: Partial<Recipient> = {}): string =>
        judgeRecipient({ address: ADDRESS }, [{ ...MAILBOX, recipientTypeDetails, ...changes }], FINE).verdict;
      const all = (verdict: string, kinds: readonly string[]): void =>
        assert.deepEqual(
          Object.fromEntries(kinds.map((kind) => [kind, seen(kind)])),
          Object.fromEntries(kinds.map((kind) => [kind, verdict])),
        );
      all('ready', [
        'UserMailbox',
        'SharedMailbox',
        'LinkedMailbox',
        'LegacyMailbox',
        'RoomMailbox',
        'EquipmentMailbox',
      ]);
      all('failed', [
        'MailUser',
        'RemoteUserMailbox',
        'RemoteSharedMailbox',
        'RemoteRoomMailbox',
        'User',
        'DisabledUser',
        'MailContact',
        'MailUniversalDistributionGroup',
        'DynamicDistributionGroup',
        'ArbitrationMailbox',
        'MonitoringMailbox',
        'DiscoveryMailbox',
      ]);
      all('unknown', ['GroupMailboxOfTomorrow']);
      assert.deepEqual(
        [
          seen(null),
          seen('UserMailbox', { address: 'other@contoso.example' }),
          seen('UserMailbox', { upn: 'svc@corp.example' }),
          seen('SharedMailbox', { upn: 'svc@corp.example' }),
          judgeRecipient({ address: ADDRESS }, [], null).verdict,
        ],
        ['unknown', 'unknown', 'unknown', 'ready', 'failed'],
      );
    });
  });

  describe('of what can be done with the mailbox', () => {
    const STATES: readonly (readonly [string, string, Partial<MailboxState> | null, string, RegExp])[] = [
      ['a mailbox in use', 'UserMailbox', {}, 'ready', /is a UserMailbox\.$/],
      ['one that no address list shows', 'UserMailbox', { isHidden: true }, 'ready', /No address list shows it/],
      ['one that is full', 'SharedMailbox', { isFull: true }, 'failed ERR_MAIL_QUOTA', /may not send/],
      ['one whose account is disabled', 'UserMailbox', { isDisabled: true }, 'unknown', /is disabled; who signs in/],
      ['a shared one, whose account always is', 'SharedMailbox', { isDisabled: true }, 'ready', /SharedMailbox/],
      ['a linked one, whose account always is', 'LinkedMailbox', { isDisabled: true }, 'ready', /LinkedMailbox/],
      ['one of which nobody says how full it is', 'UserMailbox', { isFull: null }, 'unknown', /Get-MailboxStatistics/],
      ['one of which nobody says anything', 'RoomMailbox', null, 'unknown', /Get-Mailbox and/],
    ];
    for (const [sentence, type, state, verdict, text] of STATES) {
      it(`says of ${sentence}: ${verdict}`, () => {
        const found = [{ ...MAILBOX, recipientTypeDetails: type }];
        const seen = judgeRecipient({ address: ADDRESS }, found, state === null ? null : { ...FINE, ...state });
        assert.equal([seen.verdict, seen.failed ?? ''].join(' ').trim(), verdict);
        assert.match(seen.text, text);
      });
    }
  });

  describe('of Autodiscover', () => {
    for (const [overall, verdict] of [
      ['healthy', []],
      ['warning', ['autodiscover unknown']],
      ['broken', ['autodiscover unknown']],
      ['unknown', ['autodiscover unknown']],
    ] as const) {
      it(`is ${verdict.length === 0 ? 'ready' : 'not proven'} where it is ${overall}, and signs in as the account does`, async () => {
        const asked: boolean[] = [];
        const { check: result } = await check({
          discover: ({ signsIn }) => {
            asked.push(signsIn);
            return Promise.resolve({ overall, summary: 'Seen.' });
          },
        });
        assert.deepEqual([doubts(result), asked], [verdict, [true]]);
      });
    }

    it('does not hide that nobody answers at the link address: what is on the way of a mail comes before it', async () => {
      const { check: result } = await check({
        lookAt: () => Promise.reject(new ConnectorError('ERR_HTTP_UNREACHABLE', 'Nobody is there.')),
        discover: () => Promise.resolve({ overall: 'warning', summary: 'Seen.' }),
      });
      assert.deepEqual(doubts(result), ['link unknown', 'autodiscover unknown']);
    });

    it('is asked as nobody where the sign-in was refused', async () => {
      world.account = new FakeAccount(world, 'wrong');
      const asked: boolean[] = [];
      await check({
        discover: ({ signsIn }) => {
          asked.push(signsIn);
          return Promise.resolve({ overall: 'healthy', summary: 'Seen.' });
        },
      });
      assert.deepEqual(asked, [false]);
    });
  });

  describe('with a mail to itself', () => {
    const withMail = (changes: Partial<CheckInput> = {}) => check({ ownMail: () => 'one', patienceMs: 0, ...changes });
    const ownStep = ({ steps }: NotifierCheck): string =>
      steps
        .flatMap(({ step, verdict, text, code }) => (step === 'own-mail' ? [`${verdict} ${code ?? text}`] : []))
        .join();

    it('says that it was accepted, and that over SMTP nobody sees whether it arrived', async () => {
      const { check: result } = await withMail();
      assert.deepEqual(world.mailed(), [ADDRESS]);
      assert.equal(world.account.mails[0]?.messageId, '<check.one@contoso.example>');
      assert.equal(
        ownStep(result),
        `unknown A mail to ${ADDRESS} was accepted. Whether it arrived, its inbox shows: over SMTP nobody can see it.`,
      );
    });

    for (const [hasArrived, seen] of [
      [true, `ready A mail to ${ADDRESS} was accepted. It arrived.`],
      [false, `unknown A mail to ${ADDRESS} was accepted. It did not arrive within 0 seconds.`],
    ] as const) {
      it(`says where it can be seen that it has ${hasArrived ? '' : 'not '}arrived`, async () => {
        const asked: string[] = [];
        const port = world.account.mailer();
        world.account.mailer = () => ({
          ...port,
          hasArrived: (id: string) => {
            asked.push(id);
            return Promise.resolve(hasArrived);
          },
        });
        assert.deepEqual([ownStep((await withMail()).check), asked], [seen, ['<check.one@contoso.example>']]);
      });
    }

    it('says that looking for it failed, of a mail that was accepted all the same', async () => {
      const port = world.account.mailer();
      const away = refused('ERR_MAIL_BUSY', { about: 'server', fate: 'again', permanent: false });
      world.account.mailer = () => ({ ...port, hasArrived: () => Promise.reject(away) });
      const { check: result, failure } = await withMail();
      assert.equal(
        ownStep(result),
        `unknown A mail to ${ADDRESS} was accepted. Whether it arrived could not be seen: ${away.message}`,
      );
      assert.equal(failure, null);
    });

    it('says why it was not accepted', async () => {
      world.account.refuse = () => refused('ERR_MAIL_QUOTA', { about: 'account', fate: 'account', permanent: false });
      assert.equal(ownStep((await withMail()).check), 'failed ERR_MAIL_QUOTA');
    });

    it('sends none where the account does not sign in', async () => {
      world.account = new FakeAccount(world, 'wrong');
      assert.equal(ownStep((await withMail()).check), 'unknown No mail was sent: the account does not sign in.');
      assert.deepEqual(world.mailed(), []);
    });
  });

  describe('of mails and pages', () => {
    it('names the text that asks for what there is not', async () => {
      world.set({ templates: { en: { text: 'Hello {{nobody}}' } } });
      const { check: result } = await check();
      assert.deepEqual([result.verdict, doubts(result)], ['failed', ['mail failed ERR_MAIL_TEMPLATE']]);
    });

    it('says that the enrollment page is missing', async () => {
      world.set({ enrollUrl: null });
      const { check: result } = await check();
      assert.deepEqual([result.verdict, doubts(result)], ['unknown', ['enrollment-page unknown']]);
    });

    const look = (linkBase: string, seen: SeenPage | ConnectorError, simulated = false): Promise<CheckResult> =>
      lookAtLink(linkBase, {
        lookAt: () => (seen instanceof ConnectorError ? Promise.reject(seen) : Promise.resolve(seen)),
        simulated,
        signal: new AbortController().signal,
      });

    for (const [name, seen, text] of [
      ['a web page', { status: 200, text: '<html>Welcome</html>' }, /not the activation page .*HTTP 200/],
      ['nothing of the kind', { status: 404, text: '' }, /not the activation page .*HTTP 404/],
      [
        'a proxy that cannot reach Node-RED',
        { status: 502, text: 'Bad gateway' },
        /not the activation page .*HTTP 502/,
      ],
      [
        'a redirect to a stranger',
        new ConnectorError('ERR_HTTP_REDIRECT', 'It leads to another domain.'),
        /cannot be tested: It leads to another domain.*Phones may still reach it/,
      ],
      ['nobody', new ConnectorError('ERR_HTTP_UNREACHABLE', 'Nobody is there.'), /cannot be tested: Nobody is there/],
    ] as const) {
      it(`is not sure of a link address where ${name} answers`, async () => {
        const { verdict, text: words } = await look('https://connector.contoso.example', seen);
        assert.equal(verdict, 'unknown');
        assert.match(words, text);
      });
    }

    it('looks at the page without a token, at the path that is served unless another one is given', async () => {
      const asked: string[] = [];
      for (const linkBase of ['https://connector.contoso.example', 'https://connector.contoso.example/own/path/'])
        await lookAtLink(linkBase, {
          lookAt: (url) => {
            asked.push(url.href);
            return Promise.resolve(OUR_PAGE);
          },
          simulated: false,
          signal: new AbortController().signal,
        });
      assert.deepEqual(asked, [
        'https://connector.contoso.example/activate',
        'https://connector.contoso.example/own/path',
      ]);
    });

    it('says that phones do not reach a page without https, unless they are simulated', async () => {
      const [real, simulated] = [
        await look('http://127.0.0.1:1880', OUR_PAGE),
        await look('http://127.0.0.1:1880', OUR_PAGE, true),
      ];
      assert.deepEqual([real.verdict, simulated.verdict], ['unknown', 'ready']);
      assert.match(real.text, /only this host reaches/);
    });

    it('fails for an address that cannot be meant', async () => {
      for (const linkBase of ['', 'http://connector.contoso.example', 'https://user@connector.contoso.example'])
        await assert.rejects(look(linkBase, OUR_PAGE), { code: 'ERR_CONFIG_INVALID' });
      const gone = new ConnectorError('ERR_CONFIG_MISSING', 'No TLS.');
      await assert.rejects(look('https://connector.contoso.example', gone), { code: 'ERR_CONFIG_MISSING' });
    });
  });
});
