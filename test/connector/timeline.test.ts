/** When what happened to a device, from the block to the mail that flows again, and how long its user waited. */
import assert from 'node:assert/strict';
import { REPLICATION_MS } from '../../src/access/replication.ts';
import { activate } from '../../src/connector/activation/activate.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import type { TimelineStep } from '../../src/store/store.ts';
import { MailWorld } from './mails/support/mail-world.ts';
import { easIdOf, SyncWorld } from './sync/sync-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe('the timeline of a device', () => {
  let world: SyncWorld;
  let mails: MailWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    mails = new MailWorld(world.store);
  });
  afterEach(() => world.close());

  /** Mails those that were blocked since the last time. */
  async function mail(): Promise<void> {
    mails.now = world.now();
    for (const news of world.news('blocked').splice(0)) await mails.hear(news as DeviceChange);
    world.told.length = 0;
  }

  async function stepsOf(alias: string): Promise<TimelineStep[]> {
    const keys = await world.store.timeline.devices();
    return world.store.timeline.of(keys.filter((key) => key.endsWith(easIdOf(alias).toLowerCase())));
  }
  const words = async (alias: string): Promise<string[]> => (await stepsOf(alias)).map(({ step }) => step);
  const short = async (alias: string) =>
    (await stepsOf(alias)).map(({ step, detail, waited }) => [step, detail, waited]);

  /** Visits the link of the mail that was sent last. */
  async function visit(method: 'GET' | 'POST', store = world.store) {
    const link = new URL(/https:\S+token=\S+/.exec(mails.account.mails.at(-1)?.text ?? '')?.[0] ?? '');
    const [token, now] = [link.searchParams.get('token'), new Date(world.now())];
    return activate(
      store,
      { method, token, wantsFresh: false, userAgent: '', acceptLanguage: 'en', now },
      { name: '' },
    );
  }

  it('goes from the account to mail that flows again, a step each, and says how long was waited', async () => {
    world.addPhone('anna');
    world.letPass(5 * MINUTE_MS);
    await world.sync();
    world.letPass(MINUTE_MS);
    await mail();
    for (const method of ['GET', 'GET', 'POST', 'POST', 'GET'] as const) await visit(method);
    world.enroll('anna');
    world.letPass(10 * MINUTE_MS);
    const { delays } = await world.sync();
    assert.deepEqual(await short('anna'), [
      ['added', null, null],
      ['blocked', 'not-enrolled', null],
      ['mailed', 'not-enrolled', 360],
      ['opened', null, null],
      ['activated', null, null],
      ['enrolled', null, null],
      ['merged', 'eas-id', null],
      ['allowed', 'compliant', 600],
    ]);
    const steps = await stepsOf('anna');
    assert.equal(new Set(steps.map(({ episode }) => episode)).size, 1);
    // Graph tells whole seconds.
    const times = steps.map(({ at }) => at.slice(0, 19));
    assert.deepEqual(times, [...times].sort());
    const { since, ...rest } = delays!;
    assert.ok(Date.parse(since) + DAY_MS > Date.parse(steps.at(-1)!.at));
    assert.deepEqual(rest, {
      accountToMail: { count: 1, median: 360, p90: 360, worst: 360 },
      enrolledToAllowed: { count: 1, median: 600, p90: 600, worst: 600 },
      text:
        'Within the last 24 hours. From adding the account to the mail: half of 1 device within 6 min, 90 % within 6 min, ' +
        'the last after 6 min. From enrolling to mail flowing again: half of 1 device within 10 min, 90 % within 10 min, ' +
        'the last after 10 min.',
    });
    world.letPass(DAY_MS);
    assert.equal((await world.sync()).delays, undefined, 'a day later nothing of it is told');
  });

  it('has nothing of a device on which nothing was changed, however often it is synced', async () => {
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    for (const alias of ['anna', 'ben']) world.enroll(alias);
    await world.sync();
    await world.sync();
    assert.deepEqual(await world.store.timeline.devices(), []);
  });

  it('has nothing of a dry run', async () => {
    world.addPhone('anna');
    await world.sync({ dryRun: true });
    assert.deepEqual(await world.store.timeline.devices(), []);
  });

  it('knows a second blocking from the first, and does not count its mail as one about a new account', async () => {
    world.addPhone('anna');
    await world.sync();
    await mail();
    const phone = world.enroll('anna');
    await world.sync();
    world.unenroll(phone);
    world.letPass(3 * DAY_MS);
    await world.sync();
    await mail();
    const steps = await stepsOf('anna');
    assert.equal(new Set(steps.map(({ episode }) => episode)).size, 2);
    assert.deepEqual(
      steps.filter(({ step }) => step === 'mailed').map(({ waited }) => waited !== null),
      [true, false],
    );
  });

  it('measures no wait of an account that is older than a month, nor of a phone that was enrolled long before', async () => {
    world.addPhone('anna');
    world.setFirstSync('anna', world.now() - 31 * DAY_MS);
    await world.sync();
    await mail();
    assert.deepEqual(await short('anna'), [
      ['blocked', 'not-enrolled', null],
      ['mailed', 'not-enrolled', null],
    ]);
    const phone = world.enroll('anna');
    Object.assign(phone, { enrolledDateTime: new Date(world.now() - 31 * DAY_MS).toISOString() });
    await world.sync();
    assert.deepEqual((await short('anna')).at(-1), ['allowed', 'compliant', null]);
  });

  it('counts a wait that ends before it begins, by the clock of Exchange or of the MDM, as none', async () => {
    world.addPhone('anna');
    await world.sync();
    const [news] = world.news('blocked') as DeviceChange[];
    mails.now = Date.parse(news!.device.eas!.firstSyncAt!) - HOUR_MS;
    await mails.hear(news!);
    assert.deepEqual((await short('anna')).at(-1), ['mailed', 'not-enrolled', 0]);
    Object.assign(world.enroll('anna'), { enrolledDateTime: new Date(world.now() + HOUR_MS).toISOString() });
    await world.sync();
    assert.deepEqual((await short('anna')).at(-1), ['allowed', 'compliant', 0]);
  });

  it('ends with who takes our block off the list', async () => {
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    await world.sync();
    world.setLists('anna', { blocked: [] });
    world.letPass(REPLICATION_MS);
    world.set({ mode: 'enforce', brakeCount: 0, brakePercent: 0 });
    await world.sync();
    assert.deepEqual((await words('anna')).slice(0, 3), ['added', 'blocked', 'gone']);
    await world.undo('Ops');
    assert.deepEqual((await short('ben')).at(-1), ['released', 'undo', null]);
  });

  it('knows that a phone is enrolled and merged though it stays blocked, once', async () => {
    world.addPhone('anna');
    await world.sync();
    const phone = world.enroll('anna');
    Object.assign(phone, { complianceState: 'noncompliant' });
    await world.sync();
    await world.sync();
    assert.deepEqual((await words('anna')).slice(-2), ['enrolled', 'merged']);
  });

  it('takes a mail of a message that a flow made anew for one of the last blocking', async () => {
    world.addPhone('anna');
    await world.sync();
    const [news] = world.news('blocked') as DeviceChange[];
    const { id: _id, episode: _episode, ...change } = news!.change;
    mails.now = world.now();
    await mails.hear({ ...news!, change });
    const [blocked, mailed] = (await stepsOf('anna')).slice(-2);
    assert.deepEqual([mailed?.step, mailed?.episode], ['mailed', blocked?.episode]);
  });

  it('is in the same transaction as what it tells of: a store that refuses it keeps neither', async () => {
    world.addPhone('anna');
    await world.sync();
    await mail();
    const { store } = world;
    const refusing: typeof store = {
      ...store,
      together: (work) =>
        store.together((parts) =>
          work({ ...parts, timeline: { ...parts.timeline, of: reject, append: reject, devices: reject } as never }),
        ),
    };
    const { isNew, error } = await visit('POST', refusing);
    assert.deepEqual([isNew, error?.code, await store.activations.list()], [false, 'ERR_STORE_WRITE', []]);
    const opened = await visit('GET', refusing);
    assert.deepEqual([opened.answer.status, opened.error?.code], [200, 'ERR_STORE_WRITE'], 'a good link gets its page');
    assert.deepEqual((await visit('GET')).error, null);
    assert.equal((await words('anna')).at(-1), 'opened');
  });
});

const reject = (): Promise<never> => Promise.reject(new Error('The disk is full'));
