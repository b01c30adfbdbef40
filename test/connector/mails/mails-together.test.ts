/** Mails that are reserved together, as many as go in a second, and sent one after the other. */
import assert from 'node:assert/strict';
import { MailPace } from '../../../src/connector/mails/mail-pace.ts';
import type { ConnectorError } from '../../../src/errors.ts';
import type { Mail } from '../../../src/store/store.ts';
import { blocked } from '../../support/changes.ts';
import { MailWorld, MINUTE_MS, refused } from './support/mail-world.ts';

const userOf = (n: number): string => `user${n}@contoso.example`;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('how many mails are reserved together', () => {
  for (const [sentence, went, expected] of [
    ['is one at first', [], 1],
    [
      'is twice as many each time while they go fast',
      [
        [1, 3],
        [2, 6],
        [4, 12],
      ],
      8,
    ],
    [
      'is thirty-two at most',
      [
        [1, 0],
        [2, 0],
        [4, 0],
        [8, 0],
        [16, 0],
        [32, 0],
        [32, 0],
      ],
      32,
    ],
    [
      'is as many as went in a second',
      [
        [1, 90],
        [2, 180],
        [4, 360],
        [8, 720],
        [16, 1440],
      ],
      8,
    ],
    [
      'is one again after one that took long',
      [
        [1, 3],
        [2, 6],
        [4, 30_000],
      ],
      1,
    ],
    [
      'stays where none was tried',
      [
        [1, 3],
        [2, 6],
        [0, 9],
      ],
      4,
    ],
  ] as const) {
    it(sentence, () => {
      const pace = new MailPace();
      for (const [mails, ms] of went) pace.took(mails, ms);
      assert.equal(pace.next, expected);
    });
  }
});

describe('mails that are reserved together', () => {
  let world: MailWorld;

  /** Many go together from here on. */
  beforeEach(async () => {
    world = await MailWorld.open();
    await record(range(101, 140));
    await world.due();
    world.account.mails.length = 0;
    world.heard();
  });
  afterEach(() => world.store.close());

  async function record(numbers: readonly number[]): Promise<Mail[]> {
    for (const n of numbers) {
      await world.own(blocked(n));
      assert.equal((await world.record(blocked(n))).kind, 'recorded');
    }
    return world.waiting();
  }

  /** What happens while the third mail is with its server, and what the server says then. */
  function atThird(happens: () => Promise<ConnectorError | null | void> | ConnectorError | null | void): void {
    world.account.refuse = async () => (world.account.mails.length === 2 ? ((await happens()) ?? null) : null);
  }

  it('go all, each under its own Message-ID, and what they were made of is forgotten', async () => {
    await record(range(1, 16));
    await world.due();
    assert.deepEqual(world.mailed().sort(), range(1, 16).map(userOf).sort());
    assert.equal(new Set(world.account.mails.map(({ messageId }) => messageId)).size, 16);
    assert.deepEqual(await world.waiting(), []);
    const kept = await Promise.all(range(1, 16).map((n) => world.store.mails.ofDevice(blocked(n).device.key)));
    assert.deepEqual(
      kept.map((mails) => mails.map(({ state }) => state)),
      kept.map(() => ['done']),
    );
    const news = await world.store.mails.devicesOf(kept.flatMap((mails) => mails.map(({ id }) => id)));
    assert.deepEqual(
      [...news.values()].flat().map(({ change }) => change),
      range(1, 16).map(() => null),
    );
  });

  it('are looked at again behind one that took long: a phone that was unblocked meanwhile gets none', async () => {
    const before = await record(range(1, 6));
    const last = before.at(-1)!;
    const number = range(1, 6).find((n) => userOf(n) === last.address)!;
    atThird(async () => {
      const reserved = (await world.waiting()).filter(({ state }) => state === 'reserved');
      assert.equal(reserved.length, 4, 'the third and those behind it');
      world.now += 30_000;
      await world.disown(blocked(number));
    });
    await world.due();
    assert.deepEqual(
      world.mailed().sort(),
      range(1, 6)
        .filter((n) => n !== number)
        .map(userOf)
        .sort(),
    );
    assert.equal(await world.store.mails.get(last.id), null);
  });

  it('go one by one where the store takes longer than what it finds is believed', async () => {
    await record(range(1, 6));
    const { store } = world;
    const together: typeof store.together = (work) => {
      slow.now += 3_000;
      return store.together(work);
    };
    const slow = new MailWorld({ ...store, together });
    slow.now = world.now;
    await slow.due();
    assert.deepEqual(slow.mailed().sort(), range(1, 6).map(userOf).sort());
  });

  it('wait as they were when their notifier is closed in the middle', async () => {
    const before = await record(range(1, 6));
    atThird(() => world.stop());
    await world.due();
    assert.equal(world.mailed().length, 3);
    const ids = new Set((await world.waiting()).map(({ id }) => id));
    assert.deepEqual(
      await world.waiting(),
      before.filter(({ id }) => ids.has(id)),
    );
    assert.equal(ids.size, 3);
  });

  it('wait for the account when it is stopped in the middle', async () => {
    await record(range(1, 6));
    const until = new Date(world.now + MINUTE_MS).toISOString();
    atThird(() => refused('ERR_MAIL_STOPPED', { about: 'account', fate: 'account', permanent: false }, { until }));
    await world.due();
    assert.equal(world.mailed().length, 2);
    assert.deepEqual(
      (await world.waiting()).map(({ state, reservedBy }) => [state, reservedBy]),
      range(3, 6).map(() => ['waiting', null]),
    );
    world.account.refuse = () => null;
    await world.retry();
    assert.deepEqual(world.mailed().sort(), range(1, 6).map(userOf).sort());
  });

  it('go all but the one whose recipient does not exist', async () => {
    await record(range(1, 6));
    world.account.refuse = ({ to }) =>
      to === userOf(2) ? refused('ERR_MAIL_RECIPIENT', { about: 'recipient', fate: 'never', permanent: true }) : null;
    await world.due();
    assert.deepEqual(world.mailed().sort(), [1, 3, 4, 5, 6].map(userOf).sort());
    assert.deepEqual(await world.waiting(), []);
  });
});
