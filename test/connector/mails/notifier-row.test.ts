/** What a notifier says of itself in the store: what its check proves, and which instance's word counts. */
import assert from 'node:assert/strict';
import { checkAccount, checkOfWrongSettings } from '../../../src/connector/mails/check-account.ts';
import type { CheckStep } from '../../../src/connector/mails/check-account.ts';
import { keepRow, provenBy, removeRow, takeOverRow, takesPlace } from '../../../src/connector/mails/notifier-row.ts';
import { SignInStop } from '../../../src/connector/mails/sign-in-stop.ts';
import { ConnectorError } from '../../../src/errors.ts';
import { composeMail } from '../../../src/mail/message.ts';
import type { NotifierRow } from '../../../src/store/store.ts';
import { FakeAccount, HOUR_MS, MailWorld, MINUTE_MS } from './support/mail-world.ts';

const READY: CheckStep[] = (['store', 'sign-in', 'mailbox', 'mail', 'link', 'enrollment-page'] as const).map(
  (step) => ({
    step,
    verdict: 'ready',
    text: '',
  }),
);

const withStep = (changed: CheckStep): { readonly steps: readonly CheckStep[] } => ({
  steps: READY.map((one) => (one.step === changed.step ? changed : one)),
});

const HOUR_APART = { first: 0, last: HOUR_MS };

describe('what the check of a notifier proves', () => {
  const CASES: readonly (readonly [
    what: string,
    step: CheckStep,
    refusals: typeof HOUR_APART | null,
    proven: readonly ['ready' | 'unknown' | 'failed', string | null],
  ])[] = [
    [
      'an account without mailbox',
      { step: 'mailbox', verdict: 'failed', text: '', code: 'ERR_MAIL_NO_MAILBOX' },
      null,
      ['failed', 'mailbox'],
    ],
    [
      'an Exchange that cannot be asked',
      { step: 'mailbox', verdict: 'failed', text: '', code: 'ERR_WSMAN_ACCESS_DENIED' },
      null,
      ['unknown', 'mailbox'],
    ],
    ['no Exchange chosen', { step: 'mailbox', verdict: 'unknown', text: '' }, null, ['unknown', 'mailbox']],
    [
      'a sign-in refused once',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_MAIL_AUTH' },
      { first: 5, last: 5 },
      ['unknown', 'sign-in'],
    ],
    [
      'a sign-in by a method that the server does not take',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_HTTP_AUTH_METHOD' },
      null,
      ['failed', 'sign-in'],
    ],
    [
      'a sign-in for which a package is missing',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_DEPENDENCY_MISSING' },
      null,
      ['failed', 'sign-in'],
    ],
    [
      'a sign-in without a ticket, which somebody else may renew',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_HTTP_KERBEROS_TICKET' },
      null,
      ['unknown', 'sign-in'],
    ],
    [
      'a sign-in refused again, an hour later',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_MAIL_AUTH' },
      HOUR_APART,
      ['failed', 'sign-in'],
    ],
    [
      'a sign-in stopped since the second refusal',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_MAIL_STOPPED' },
      HOUR_APART,
      ['failed', 'sign-in'],
    ],
    [
      'a mail server that does not answer',
      { step: 'sign-in', verdict: 'failed', text: '', code: 'ERR_MAIL_CONNECT' },
      HOUR_APART,
      ['unknown', 'sign-in'],
    ],
    [
      'a text that cannot be written',
      { step: 'mail', verdict: 'failed', text: '', code: 'ERR_CONFIG_INVALID' },
      null,
      ['failed', 'mail'],
    ],
    [
      'a link address without https',
      { step: 'link', verdict: 'failed', text: '', code: 'ERR_CONFIG_INVALID' },
      null,
      ['failed', 'link'],
    ],
    ['another page at the link address', { step: 'link', verdict: 'unknown', text: '' }, null, ['unknown', 'link']],
    ['no enrollment page', { step: 'enrollment-page', verdict: 'unknown', text: '' }, null, ['ready', null]],
  ];

  for (const [what, step, refusals, [verdict, failing]] of CASES) {
    it(`${what}: ${verdict}`, () => {
      const proven = provenBy(withStep(step), refusals);
      assert.deepEqual([proven.verdict, proven.step], [verdict, failing]);
    });
  }

  it('settings that cannot be meant: failed', () => {
    const check = checkOfWrongSettings(new ConnectorError('ERR_CONFIG_MISSING', 'No mail account is chosen.'));
    assert.deepEqual([provenBy(check, null).verdict, provenBy(check, null).step], ['failed', 'settings']);
  });

  it('what failed comes before what is unknown, wherever it stands', () => {
    const steps = READY.map((one): CheckStep =>
      one.step === 'mailbox'
        ? { ...one, verdict: 'unknown' }
        : one.step === 'link'
          ? { ...one, verdict: 'failed', code: 'ERR_CONFIG_INVALID' }
          : one,
    );
    assert.deepEqual(provenBy({ steps }, null), { verdict: 'failed', step: 'link', text: '' });
  });
});

describe('a sign-in that is refused', () => {
  let world: MailWorld;

  beforeEach(async () => {
    world = await MailWorld.open();
  });
  afterEach(() => world.store.close());

  const look = async (account: FakeAccount): Promise<string> => {
    const { check } = await checkAccount({
      account,
      settings: world.settings,
      notifier: '',
      openStore: () => Promise.resolve(world.store),
      openExchange: () => null,
      lookAt: () => Promise.reject(new ConnectorError('ERR_HTTP_UNREACHABLE', 'Nobody answers.')),
      compose: (mail) => void composeMail({ address: account.address }, mail),
      discover: null,
      now: () => world.now,
      signal: new AbortController().signal,
    });
    const refusals = await new SignInStop(world.store, account.signIn, '', () => world.now).refusals();
    const { verdict, step } = provenBy(check, refusals);
    return `${verdict} ${step}, ${account.signIns} tried`;
  };

  it('is proven by the second one an hour later, and in between nobody signs in', async () => {
    const account = new FakeAccount(world, 'wrong');
    assert.equal(await look(account), 'unknown sign-in, 1 tried');
    world.now += 10 * MINUTE_MS;
    assert.equal(await look(account), 'unknown sign-in, 1 tried');
    world.now += HOUR_MS;
    assert.equal(await look(account), 'failed sign-in, 2 tried');
    world.now += 10 * MINUTE_MS;
    assert.equal(await look(account), 'failed sign-in, 2 tried');
  });

  it('is forgotten with another password', async () => {
    const account = new FakeAccount(world, 'wrong');
    await look(account);
    world.now += HOUR_MS;
    await look(account);
    assert.equal(await look(new FakeAccount(world, 'wrong as well')), 'unknown sign-in, 1 tried');
    assert.equal(await look(new FakeAccount(world, 'right')), 'unknown mailbox, 1 tried');
  });

  it('is still told by the notifier whose mail it stops next', async () => {
    const account = new FakeAccount(world, 'wrong');
    await look(account);
    assert.equal(await new SignInStop(world.store, account.signIn, 'notifier', () => world.now).remember(), true);
    assert.equal(await new SignInStop(world.store, account.signIn, 'notifier', () => world.now).remember(), false);
  });
});

describe('the row of a notifier that several instances have', () => {
  const AT = Date.parse('2026-06-01T08:00:00.000Z');
  const row = (process: string, verdict: NotifierRow['verdict'], minutes = 0): NotifierRow => ({
    node: 'notifier',
    name: 'Mails',
    process,
    at: new Date(AT + minutes * MINUTE_MS).toISOString(),
    verdict,
    step: null,
    text: '',
  });
  const isGone = (process: string): boolean => process === 'gone';

  it("a worse word does not replace another instance's better one before it is a quarter of an hour old", () => {
    assert.equal(takesPlace(row('a', 'failed', 10), row('b', 'ready'), isGone), false);
    assert.equal(takesPlace(row('a', 'failed', 10), row('b', 'unknown'), isGone), false);
    assert.equal(takesPlace(row('a', 'unknown', 10), row('b', 'failed'), isGone), true);
    assert.equal(takesPlace(row('a', 'failed', 15), row('b', 'ready'), isGone), true);
    assert.equal(takesPlace(row('a', 'failed', -1), row('b', 'ready'), isGone), true);
  });

  it('its own word, and that of a process that is gone, it replaces at once', () => {
    assert.equal(takesPlace(row('a', 'failed'), row('a', 'ready'), isGone), true);
    assert.equal(takesPlace(row('a', 'failed'), row('gone', 'ready'), isGone), true);
    assert.equal(takesPlace(row('a', 'failed'), null, isGone), true);
  });

  it('goes on with what a process that is gone has said, and forgets only what is its own', async () => {
    const { store } = await MailWorld.open();
    await keepRow(store, row('gone', 'failed'), isGone);
    await takeOverRow(store, { node: 'notifier', process: 'a' }, isGone);
    assert.deepEqual(await store.notifiers.list(), [row('a', 'failed')]);
    await takeOverRow(store, { node: 'notifier', process: 'b' }, isGone);
    await removeRow(store, { node: 'notifier', process: 'b' });
    assert.deepEqual(await store.notifiers.list(), [row('a', 'failed')]);
    await removeRow(store, { node: 'notifier', process: 'a' });
    assert.deepEqual(await store.notifiers.list(), []);
    await store.close();
  });
});
