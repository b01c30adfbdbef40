import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { openStore } from '../../src/store/open-store.ts';
import type {
  AuditEntry,
  HeldChange,
  HeldPlan,
  Json,
  ListEntryKey,
  OutboxChange,
  Store,
} from '../../src/store/store.ts';
import { inFolder, openEmptyStore } from './records.ts';

const at = '2026-05-04T10:00:00.000Z';
const later = '2026-05-04T11:00:00.000Z';
const mailboxId = '7F3C1A52-0000-4000-8000-00000000000A';

const change = (key: string, nextAttemptAt: string): OutboxChange => ({
  key,
  organization: 'contoso',
  mailboxId: 'm',
  state: 'planned',
  turn: 1,
  attempts: 0,
  createdAt: at,
  nextAttemptAt,
  lastError: null,
  change: { action: 'block', easId: key },
});

describe('the store', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  describe('activations', () => {
    const activation = { easId: 'ABC', mailbox: mailboxId.toLowerCase(), at, userAgent: 'Safari', tokenId: 't1' };

    it('makes one activation of a button pressed twice, the first', async () => {
      assert.deepEqual(await store.activations.add(activation), { activation, isNew: true });
      assert.deepEqual(await store.activations.add({ ...activation, at: later, userAgent: 'Chrome' }), {
        activation,
        isNew: false,
      });
      assert.deepEqual(await store.activations.list(), [activation]);
    });

    it('finds those of one mailbox', async () => {
      await store.activations.add(activation);
      await store.activations.add({ ...activation, mailbox: 'another', tokenId: 't2' });
      assert.deepEqual(await store.activations.forMailbox(mailboxId), [activation]);
    });
  });

  it('keeps one pairing for an EAS record', async () => {
    const pairing = { easKey: 'eas:1', mdmKey: 'mdm:1', at, by: 'admin', note: null };
    await store.pairings.add(pairing);
    await store.pairings.add({ ...pairing, mdmKey: 'mdm:2', note: 'new phone' });
    assert.deepEqual(await store.pairings.list(), [{ ...pairing, mdmKey: 'mdm:2', note: 'new phone' }]);
    assert.deepEqual([await store.pairings.remove('eas:1'), await store.pairings.remove('eas:1')], [true, false]);
    assert.deepEqual(await store.pairings.list(), []);
  });

  describe('the ledger of list entries', () => {
    const entry: ListEntryKey = { organization: 'contoso', mailboxId, easId: 'AbC1', list: 'blocked' };
    const owned = {
      ...entry,
      mailboxId: mailboxId.toLowerCase(),
      state: 'owned',
      writtenAt: later,
      rule: 'not enrolled',
      episode: 'some',
    };
    /** As it is, whatever its episode is called. */
    const known = async (which = entry): Promise<unknown> => {
      const found = await store.entries.get(which);
      return found === null ? null : { ...owned, ...found, episode: owned.episode };
    };
    const add = (): Promise<void> => store.entries.intend({ ...entry, operation: 'add', rule: 'not enrolled', at });
    const take = (): Promise<void> => store.entries.intend({ ...entry, operation: 'remove', rule: 'enrolled', at });

    it('keeps why devices stand blocked, as it was told, until their entry is gone', async () => {
      const many = Array.from({ length: 600 }, (_, n) => ({ ...entry, easId: `Device${n}` }));
      for (const one of many) await store.entries.record({ ...one, writtenAt: at, rule: 'not enrolled' });
      await store.entries.record({ ...many[0]!, list: 'allowed', writtenAt: at, rule: 'enrolled' });
      const cause = (n: number) => ({
        reason: n % 2 === 0 ? 'not-enrolled' : 'idle',
        kind: n % 2 === 0 ? 'not-enrolled' : null,
      });
      const asked = [...many, { ...entry, easId: 'unknown' }].map((one, n) => ({
        ...one,
        easId: ` ${one.easId.toUpperCase()}`,
        cause: cause(n),
      }));
      await store.entries.tell('contoso', asked);
      await store.entries.tell('another', [{ ...many[1]!, cause: cause(0) }]);
      const told = await Promise.all(many.slice(0, 4).map(async (one) => (await store.entries.get(one))?.told));
      assert.deepEqual(told, [0, 1, 2, 3].map(cause));
      assert.equal((await store.entries.list()).filter((one) => one.told !== undefined).length, 600);
      await store.entries.record({ ...many[0]!, writtenAt: later, rule: 'MDM away' });
      assert.deepEqual((await store.entries.get(many[0]!))?.told, cause(0), 'another rule wants it');
      await store.entries.remove(many[0]!);
      await store.entries.intend({ ...many[0]!, operation: 'add', rule: 'not enrolled', at });
      assert.equal((await store.entries.get(many[0]!))?.told, undefined);
    });

    it('owns an entry once Exchange has it, however its EAS ID is spelled', async () => {
      await add();
      assert.deepEqual(await known(), { ...owned, state: 'adding', writtenAt: at });
      await store.entries.confirm(entry, later);
      assert.deepEqual(await known({ ...entry, easId: ' abc1 ', mailboxId: mailboxId.toLowerCase() }), owned);
      assert.deepEqual(
        (await store.entries.forDevice(entry)).map((one) => ({ ...one, episode: owned.episode })),
        [owned],
      );
      assert.equal(await store.entries.get({ ...entry, list: 'allowed' }), null);
    });

    it('gives it one episode from when it is first meant until it is gone, and a new one afterwards', async () => {
      const episode = async (): Promise<string | undefined> => (await store.entries.get(entry))?.episode;
      await add();
      const first = await episode();
      assert.match(String(first), /^[0-9a-f-]{36}$/);
      await add();
      await store.entries.settle(entry, true, later);
      await store.entries.record({ ...entry, writtenAt: later, rule: 'another' });
      await take();
      assert.equal(await episode(), first);
      await store.entries.settle(entry, false, later);
      await add();
      assert.notEqual(await episode(), first);
    });

    it('forgets an entry that Exchange refused', async () => {
      await add();
      await store.entries.drop(entry);
      assert.equal(await store.entries.get(entry), null);
    });

    it('remembers an entry as taken off once Exchange has done it, and keeps it as ours if not', async () => {
      await add();
      await store.entries.confirm(entry, later);
      await take();
      await store.entries.drop(entry);
      assert.deepEqual([await known(), await store.entries.takenOff('contoso')], [owned, []]);
      await take();
      await store.entries.confirm(entry, later);
      assert.equal(await store.entries.get(entry), null);
      const { mailboxId: mailbox } = owned;
      const takenOff = [{ ...entry, mailboxId: mailbox, takenOffAt: later }];
      assert.deepEqual(await store.entries.takenOff('contoso'), takenOff);
      const asked = { ...entry, easId: 'aBc1' };
      assert.deepEqual(await store.entries.takenOffOf([asked, { ...asked, easId: 'another' }]), takenOff);
      assert.deepEqual(await store.entries.takenOff('another'), []);
    });

    it('remembers when an entry was taken off last, until it is forgotten', async () => {
      const takeOff = async (takenOffAt: string): Promise<void> => {
        await add();
        await store.entries.confirm(entry, at);
        await take();
        await store.entries.settle(entry, false, takenOffAt);
      };
      await takeOff(at);
      await takeOff(later);
      assert.deepEqual(
        (await store.entries.takenOff('contoso')).map(({ takenOffAt }) => takenOffAt),
        [later],
      );
      await store.entries.forgetTakenOff({ ...entry, list: 'allowed' });
      assert.equal((await store.entries.takenOff('contoso')).length, 1);
      await store.entries.forgetTakenOff({ ...entry, easId: 'ABC1' });
      assert.deepEqual(await store.entries.takenOff('contoso'), []);
    });

    it('remembers nothing of what somebody else has taken off, or was never written', async () => {
      await store.entries.record({ ...entry, writtenAt: at, rule: 'not enrolled' });
      await store.entries.remove(entry);
      await add();
      await store.entries.settle(entry, false, later);
      assert.deepEqual(await store.entries.takenOff('contoso'), []);
    });

    it('remembers however many were taken off', async () => {
      const many = Array.from({ length: 1_100 }, (_, n) => ({ ...entry, easId: `Device${n}` }));
      for (const one of many) {
        await store.entries.record({ ...one, writtenAt: at, rule: 'not enrolled' });
        await store.entries.intend({ ...one, operation: 'remove', rule: 'enrolled', at });
        await store.entries.settle(one, false, later);
      }
      const found = (await store.entries.takenOff('contoso')).map(({ easId }) => easId);
      assert.deepEqual(found.sort(), many.map(({ easId }) => easId).sort());
    });

    it('does not take off what it did not write', async () => {
      await assert.rejects(take(), { code: 'ERR_INPUT_INVALID' });
      await add();
      await assert.rejects(take(), { code: 'ERR_INPUT_INVALID' });
    });

    it('does not add what it may be about to take off', async () => {
      await add();
      await store.entries.confirm(entry, later);
      await take();
      await assert.rejects(add(), { code: 'ERR_INPUT_INVALID' });
      await store.entries.settle(entry, false, later);
      await add();
      assert.deepEqual(await known(), { ...owned, state: 'adding', writtenAt: at });
    });

    it('does not forget that an owned entry is owned when the same is intended again', async () => {
      await add();
      await store.entries.confirm(entry, later);
      await add();
      assert.deepEqual(await known(), owned);
    });

    const crashes: [string, 'adding' | 'removing', boolean, 'owned' | null][] = [
      ['while adding, and the entry is on the list: it is ours', 'adding', true, 'owned'],
      ['while adding, and the entry is not on the list: nothing happened', 'adding', false, null],
      ['while removing, and the entry is still on the list: still ours', 'removing', true, 'owned'],
      ['while removing, and the entry is gone: forgotten', 'removing', false, null],
    ];
    for (const [what, state, present, expected] of crashes) {
      it(`repairs a crash ${what}`, async () => {
        await add();
        if (state === 'removing') {
          await store.entries.confirm(entry, later);
          await take();
        }
        assert.deepEqual(
          (await store.entries.list({ unsettled: true })).map((one) => one.state),
          [state],
        );
        assert.equal((await store.entries.settle(entry, present, later))?.state ?? null, expected);
        assert.deepEqual(await store.entries.list({ unsettled: true }), []);
        assert.equal(
          (await store.entries.list({ organization: 'contoso', mailboxId })).length,
          expected === null ? 0 : 1,
        );
      });
    }

    it('adopts an entry at once, and forgets one at once', async () => {
      await store.entries.record({ ...entry, writtenAt: later, rule: 'not enrolled' });
      assert.deepEqual(await known(), owned);
      assert.equal((await store.entries.list()).length, 1);
      assert.equal((await store.entries.settle(entry, false, later))?.state, 'owned');
      assert.deepEqual([await store.entries.remove(entry), await store.entries.remove(entry)], [true, false]);
    });
  });

  describe('the outbox', () => {
    const contoso = { organization: 'contoso' };

    it('hands out waiting changes when their time has come, the longest waiting first', async () => {
      await store.outbox.put(change('b', at));
      await store.outbox.put(change('a', '2026-05-04T09:00:00.000Z'));
      await store.outbox.put(change('c', later));
      assert.deepEqual(
        (await store.outbox.due(at, contoso)).map((one) => one.key),
        ['a', 'b'],
      );
      assert.deepEqual(
        (await store.outbox.due(at, { limit: 1, organization: 'contoso' })).map((one) => one.key),
        ['a'],
      );
      assert.deepEqual(await store.outbox.due(later, { organization: 'fabrikam' }), []);
    });

    it('hands out what opens mail first, then what was never tried, page by page', async () => {
      const rows = [
        { ...change('b1', at), turn: 1, state: 'later' },
        { ...change('b2', at), turn: 1 },
        { ...change('a1', at), turn: 0, state: 'later' },
        { ...change('a2', at), turn: 0 },
        { ...change('x', at), turn: 0, state: 'next-sync' },
        { ...change('y', at), turn: 0, state: 'reserved' },
      ] as const;
      await store.outbox.putMany(rows);
      const order: string[] = [];
      for (let after: OutboxChange | undefined; ;) {
        const [next] = await store.outbox.due(at, { ...contoso, limit: 1, after });
        if (next === undefined) break;
        order.push(next.key);
        after = next;
      }
      assert.deepEqual(order, ['a2', 'a1', 'b2', 'b1']);
      assert.deepEqual(
        (await store.outbox.due(at, contoso)).map(({ key }) => key),
        order,
      );
      assert.deepEqual(
        [await store.outbox.count(contoso), await store.outbox.count({ ...contoso, state: 'reserved' })],
        [6, 1],
      );
    });

    it('has everything due that a person hurries, but for what is reserved; what waits for a sync still does', async () => {
      for (const state of ['planned', 'reserved', 'settling', 'later', 'next-sync', 'attention'] as const)
        await store.outbox.put({ ...change(state, later), state });
      await store.outbox.hurry('contoso', at);
      assert.deepEqual(
        (await store.outbox.list()).map((one) => [one.key, one.state, one.nextAttemptAt]),
        [
          ['attention', 'later', at],
          ['later', 'later', at],
          ['next-sync', 'next-sync', at],
          ['planned', 'planned', at],
          ['reserved', 'reserved', later],
          ['settling', 'settling', later],
        ],
      );
    });

    it('goes on with what waited for a mail where it was, of one organization', async () => {
      await store.outbox.put({ ...change('new', at), state: 'waiting-for-mail' });
      await store.outbox.put({ ...change('tried', later), state: 'waiting-for-mail', attempts: 2 });
      await store.outbox.put({ ...change('given-up', at), state: 'attention' });
      await store.outbox.put({ ...change('other', at), organization: 'other', state: 'waiting-for-mail' });
      assert.deepEqual(await store.outbox.due('9999', { organization: 'other' }), []);
      assert.equal(await store.outbox.goOn('contoso'), true);
      assert.equal(await store.outbox.goOn('contoso'), false);
      assert.deepEqual(
        (await store.outbox.list()).map((one) => [one.key, one.state, one.nextAttemptAt]),
        [
          ['given-up', 'attention', at],
          ['new', 'planned', at],
          ['other', 'waiting-for-mail', at],
          ['tried', 'later', later],
        ],
      );
    });

    it('keeps one change a device, the newest plan', async () => {
      await store.outbox.put(change('a', at));
      await store.outbox.put({ ...change('a', later), change: { action: 'allow' } });
      assert.deepEqual(await store.outbox.list(), [{ ...change('a', later), change: { action: 'allow' } }]);
    });

    it('counts attempts, remembers the last error, and gives up to a person', async () => {
      await store.outbox.put(change('a', at));
      const lastError = { code: 'ERR_HTTP_TIMEOUT', text: 'no answer' };
      assert.equal(await store.outbox.update('a', { attempts: 1, nextAttemptAt: later, lastError }), true);
      assert.deepEqual(await store.outbox.list(), [{ ...change('a', later), attempts: 1, lastError }]);
      await store.outbox.update('a', { state: 'attention', lastError: null });
      assert.deepEqual(await store.outbox.due(later, contoso), []);
      assert.deepEqual(
        (await store.outbox.list({ state: 'attention', organization: 'contoso' })).map((one) => one.lastError),
        [null],
      );
      assert.deepEqual(
        [await store.outbox.remove('a'), await store.outbox.update('a', { attempts: 2 })],
        [true, false],
      );
    });
  });

  it('knows the links it issued, and when one was first opened and used', async () => {
    const token = {
      tokenId: 't',
      purpose: 'activate',
      mailboxId: mailboxId.toLowerCase(),
      easId: 'ABC',
      issuedAt: at,
      expiresAt: later,
      linkBase: 'https://connector.contoso.example',
    };
    const { linkBase: _, ...old } = { ...token, tokenId: 'old' };
    await store.tokens.issue(token, old);
    assert.deepEqual(await store.tokens.find('old'), { ...old, linkBase: null, openedAt: null, usedAt: null });
    assert.deepEqual(await store.tokens.find('t'), { ...token, openedAt: null, usedAt: null });
    assert.deepEqual([await store.tokens.open('t', at), await store.tokens.open('t', later)], [true, false]);
    assert.deepEqual(await store.tokens.use('t', at), { ...token, openedAt: at, usedAt: at });
    assert.deepEqual(await store.tokens.use('t', later), { ...token, openedAt: at, usedAt: at });
    assert.deepEqual([await store.tokens.find('x'), await store.tokens.use('x', at)], [null, null]);
    assert.equal(await store.tokens.open('x', at), false);
  });

  describe('what notifiers say of themselves', () => {
    it('is a row a notifier, changed by what it was, and forgotten with it', async () => {
      const row = { name: 'Mails', process: 'host/1/1', at: '2026-06-01T08:00:00.000Z', verdict: 'failed' } as const;
      const of = (node: string) => ({ ...row, node, step: 'mailbox', text: 'It has no mailbox.' });
      const seen: unknown[] = [];
      await store.notifiers.edit('b', (kept) => (seen.push(kept), of('b')));
      await store.notifiers.edit('a', () => of('a'));
      await store.notifiers.edit('b', (kept) => (seen.push(kept?.node), { ...of('b'), verdict: 'ready', step: null }));
      assert.deepEqual(await store.notifiers.list(), [of('a'), { ...of('b'), verdict: 'ready', step: null }]);
      await store.notifiers.edit('b', (kept) => kept);
      await store.notifiers.edit('a', () => null);
      assert.deepEqual([(await store.notifiers.list()).map(({ node }) => node), seen], [['b'], [null, 'b']]);
    });
  });

  describe('held plans', () => {
    const plan = { id: 'p1', organization: 'contoso', at, reason: 'ERR_BRAKE', plan: { count: 2 } };
    const change = (key: string, reason = 'not-enrolled', owner = '', name = 'shuts'): HeldChange => ({
      key,
      class: name,
      action: 'block',
      reason,
      mailboxId: `mailbox-${key}`,
      owner,
      change: { of: key },
    });
    const keys = async (...[id, filter]: Parameters<Store['plans']['changes']>): Promise<string[]> =>
      (await store.plans.changes(id, filter)).map(({ key }) => key);
    const stage = async (changes: readonly HeldChange[], head: Partial<HeldPlan> & { simulated?: boolean } = {}) => {
      const { id, organization } = { ...plan, ...head };
      await store.plans.stage({ id, organization, at, simulated: head.simulated ?? false });
      return store.plans.put(id, changes, at);
    };
    /** Stages a plan and holds it in place of the older one. */
    const hold = async (changes: readonly HeldChange[], head: Partial<HeldPlan> = {}, goes: string[] = []) => {
      await stage(changes, head);
      await store.together(async ({ plans }) => {
        await plans.removeOthers(head.organization ?? plan.organization, null);
        await plans.validate({ ...plan, ...head }, { held: ['shuts'], goes });
      });
      await store.plans.clear();
    };
    const cutOff = { organization: 'contoso', before: at };

    it('are one an organization until a person has decided', async () => {
      await hold([change('a')]);
      await hold([change('a')], { id: 'other', organization: 'fabrikam' });
      await hold([change('b'), change('a')], { id: 'p2' });
      assert.deepEqual([await store.plans.held('p1'), await store.plans.held('p2')], [null, { ...plan, id: 'p2' }]);
      assert.deepEqual(
        (await store.plans.list()).map(({ id }) => id),
        ['p2', 'other'],
      );
      assert.deepEqual([await keys('p1', { limit: 9 }), await keys('p2', { limit: 9 })], [[], ['a', 'b']]);
      assert.deepEqual([await store.plans.remove('p2'), await store.plans.remove('p2')], [true, false]);
      assert.deepEqual([await keys('p2', { limit: 9 }), await keys('other', { limit: 9 })], [[], ['a']]);
    });

    it('hand out their changes in pages, by key, reason and mailbox, and let go of some', async () => {
      await hold([change('c'), change('a', 'noncompliant', 'anna@contoso.example'), change('b')]);
      assert.deepEqual(await store.plans.changes('p1', { limit: 1, after: 'a' }), [change('b')]);
      assert.deepEqual(await keys('p1', { limit: 9, reason: 'noncompliant' }), ['a']);
      assert.deepEqual(await keys('p1', { limit: 9, mailbox: 'Anna@contoso.example' }), ['a']);
      assert.deepEqual(await keys('p1', { limit: 9, mailbox: 'MAILBOX-B' }), ['b']);
      assert.deepEqual(await keys('p1', { limit: 9, keys: ['c', 'x'] }), ['c']);
      assert.deepEqual(await keys('p1', { limit: 9, keys: [] }), []);
      await store.plans.take('p1', ['a', 'c']);
      assert.deepEqual([await store.plans.count('p1'), await store.plans.count('p1', { reason: 'x' })], [1, 0]);
      assert.deepEqual(
        [await store.plans.update('p1', { count: 1 }), await store.plans.update('p2', 0)],
        [true, false],
      );
      assert.deepEqual((await store.plans.held('p1'))?.plan, { count: 1 });
    });

    it('say of how many mailboxes they are, by what each has, however many there are', async () => {
      const of = (n: number, name: string): HeldChange => ({
        ...change(`m${String(Math.floor(n / 4)).padStart(4, '0')} ${n}`, 'x', '', name),
        mailboxId: `mailbox-${Math.floor(n / 4)}`,
      });
      // Every third mailbox has changes of two classes.
      const changes = Array.from({ length: 2_400 }, (_, n) => of(n, n % 12 === 0 ? 'away' : 'shuts'));
      await stage(changes.toReversed());
      const counted = async (): Promise<unknown> =>
        Object.fromEntries((await store.plans.mailboxes('p1')).map(({ classes, count }) => [classes.join(), count]));
      assert.deepEqual(await counted(), { 'away,shuts': 200, shuts: 400 });
      await store.together(({ plans }) => plans.validate(plan, { held: ['shuts', 'away'], goes: [] }));
      await store.plans.take('p1', ['m0000 0', 'm0001 4']);
      assert.deepEqual(await counted(), { 'away,shuts': 199, shuts: 401 });
      assert.deepEqual(await store.plans.mailboxes('unknown'), []);
    });

    it('are shown to nobody while they are staged, and the older one stays', async () => {
      await hold([change('a')]);
      assert.deepEqual(await stage([change('b'), change('c')], { id: 'p2' }), ['b', 'c']);
      assert.deepEqual(
        await store.plans.put('p2', [change('c', 'other'), change('d')], at),
        ['d'],
        'the first one counts',
      );
      assert.deepEqual(
        [await store.plans.held('p2'), (await store.plans.list()).length, await keys('p2', { limit: 9 })],
        [null, 1, []],
      );
      assert.deepEqual(await keys('p1', { limit: 9 }), ['a']);
    });

    it('leave no trace when their sync was cut off, and take nothing more then', async () => {
      await stage([change('a')]);
      await stage([change('a')], { id: 'dry', simulated: true });
      await stage([change('a')], { id: 'other', organization: 'fabrikam' });
      await store.plans.clear();
      await store.plans.clear(cutOff);
      const staged = async (id: string): Promise<number> => (await store.plans.staged(id, { limit: 9 })).length;
      assert.deepEqual([await staged('p1'), await staged('dry'), await staged('other')], [0, 1, 1]);
      await assert.rejects(store.plans.put('p1', [change('b')], at), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
      await assert.rejects(store.plans.validate(plan, { held: [], goes: [] }), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
      await store.plans.clear({ organization: null, before: later });
      assert.deepEqual(
        [await staged('dry'), await staged('other')],
        [0, 0],
        'of a process that was not heard of for long',
      );
    });

    it('hold some of their changes, and have others on their way into the outbox', async () => {
      await hold([change('a'), change('b', 'merged', '', 'opens'), change('c', 'x', '', 'away')], {}, ['opens']);
      const { organization } = plan;
      assert.deepEqual(await store.plans.going(organization), [{ id: 'p1', at, held: ['shuts'], goes: ['opens'] }]);
      assert.deepEqual([await keys('p1', { limit: 9 }), await store.plans.count('p1')], [['a'], 1]);
      const goes = await store.plans.staged('p1', { classes: ['opens'], limit: 9 });
      assert.deepEqual(goes, [change('b', 'merged', '', 'opens')]);
      await store.plans.take('p1', ['b']);
      await store.plans.gone('p1');
      assert.deepEqual([await store.plans.going(organization), await keys('p1', { limit: 9 })], [[], ['a']]);
      assert.deepEqual(await store.plans.staged('p1', { limit: 9 }), [change('a')], 'what is neither is gone');
    });
  });

  it('tells of the last runs', async () => {
    const run = { syncId: 's', at, subject: 'eas', organization: null, ok: true, tookMs: 12, report: { read: 3 } };
    await store.history.add(run);
    await store.history.add({ ...run, subject: 'access', ok: false, tookMs: 3.4 });
    assert.deepEqual(await store.history.recent({ limit: 1 }), [{ ...run, subject: 'access', ok: false, tookMs: 3 }]);
    assert.deepEqual(await store.history.recent({ subject: 'eas' }), [run]);
    assert.equal((await store.history.recent({ subject: ['eas', 'access', 'match'] })).length, 2);
    assert.deepEqual(await store.history.recent({ organization: 'contoso' }), []);
  });

  it('gives back any setting as it was set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (name, value) => {
        // Negative zero is the one value JSON does not keep.
        const kept = JSON.parse(JSON.stringify(value)) as Json;
        await store.settings.set(name, kept);
        assert.deepEqual(await store.settings.get(name), kept);
      }),
      { numRuns: 50 },
    );
    assert.equal(await store.settings.get('never set'), null);
  });

  describe('the audit', () => {
    const entry: AuditEntry = {
      at,
      who: 'access switch',
      what: 'block',
      deviceKey: 'd',
      organization: 'contoso',
      rule: 'not enrolled',
      reason: 'not-enrolled',
      evidence: ['no MDM record has EAS ID ABC'],
      before: { state: 'allowed' },
      after: { state: 'blocked' },
      approvedBy: null,
    };

    it('gives entries back newest first', async () => {
      await store.audit.append([]);
      await store.audit.append([entry, { ...entry, what: 'allow', deviceKey: null, at: later }]);
      assert.deepEqual(await store.audit.recent(), [{ ...entry, what: 'allow', deviceKey: null, at: later }, entry]);
      assert.deepEqual(await store.audit.recent({ deviceKey: 'd', limit: 5 }), [entry]);
      const counted = [
        await store.audit.count({ organization: 'contoso', what: 'allow' }),
        await store.audit.count({ organization: 'another', what: 'allow' }),
        await store.audit.count({ organization: 'contoso', what: 'remove' }),
      ];
      assert.deepEqual(counted, [1, 0, 0]);
    });

    it('cannot be changed or shortened, not even with a tool on the file', () =>
      inFolder(async (folder) => {
        const path = join(folder, 'store.sqlite');
        const file = await openStore({ engine: 'sqlite', path });
        await file.audit.append([entry]);
        await file.close();
        const tool = new DatabaseSync(path);
        assert.throws(() => tool.exec(`update "audit" set "who" = 'nobody'`), /append-only/);
        assert.throws(() => tool.exec('delete from "audit"'), /append-only/);
        tool.close();
      }));
  });
});
