/** Small values that two instances change at the same time: none of the changes is lost. */
import assert from 'node:assert/strict';
import { SignInStop } from '../../src/connector/mails/sign-in-stop.ts';
import type { Store } from '../../src/store/store.ts';
import { openForTwo } from './records.ts';

describe('what two instances change at the same time', () => {
  let stores: readonly [Store, Store];
  beforeEach(async () => {
    stores = await openForTwo();
  });
  afterEach(() => stores[0].close());

  it('is changed by what it was, one after the other', async () => {
    const edits = Array.from({ length: 40 }, (_, n) =>
      stores[n % 2 === 0 ? 0 : 1].settings.edit<number>('count', (kept) => (kept ?? 0) + 1),
    );
    await Promise.all(edits);
    assert.equal(await stores[0].settings.get('count'), 40);
  });

  it('stays if it was the first one that counts', async () => {
    await Promise.all(stores.map((store, n) => store.settings.edit<string>('since', (kept) => kept ?? `by ${n}`)));
    const first = await stores[0].settings.get<string>('since');
    await stores[1].settings.edit<string>('since', (kept) => kept ?? 'later');
    assert.equal(await stores[0].settings.get('since'), first);
  });

  it('keeps each notifier that has told of a refused sign-in', async () => {
    const refusedAt = Date.now();
    const gate = { refusedAt, restore: () => undefined, stopped: () => null };
    const signIn = { username: 'mail', host: 'mail.contoso.example', fingerprint: () => 'password', gate };
    const stop = (n: number): SignInStop => new SignInStop(stores[n % 2]!, signIn, `notifier ${n}`, Date.now);
    const notifiers = [0, 1, 2, 3, 4, 5];
    const isNews = await Promise.all(notifiers.map((n) => stop(n).remember()));
    assert.deepEqual(
      isNews,
      notifiers.map(() => true),
    );
    const again = await Promise.all(notifiers.map((n) => stop(n).remember()));
    assert.deepEqual(
      again,
      notifiers.map(() => false),
    );
  });

  it('keeps each notifier that has said why it sends no mail', async () => {
    await stores[0].announcements.add({
      id: 'change',
      organization: 'exchange',
      kind: 'blocked',
      deviceKey: 'device',
      at: '2026-06-01T08:00:00.000Z',
      emittedAt: '2026-06-01T08:00:00.000Z',
      emittedBy: 'run',
      emissions: 1,
      declinedBy: [],
      news: null,
    });
    const notifiers = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(notifiers.map((one, n) => stores[n % 2]!.announcements.decline('change', one)));
    assert.deepEqual([...((await stores[0].announcements.get('change'))?.declinedBy ?? [])].sort(), notifiers);
  });
});
