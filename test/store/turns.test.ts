import assert from 'node:assert/strict';
import type { OutboxChange } from '../../src/store/store.ts';
import { turnsOf } from '../support/turns.ts';
import { openStore } from '../../src/store/open-store.ts';
import { anMdmRecord, aReading, openEmptyStore, readWhole } from './records.ts';

describe('a long work on the store', () => {
  it('lets the editor have its turn at least every thousand records that are read', async () => {
    const store = await openEmptyStore();
    const records = Array.from({ length: 10_000 }, (_, i) => anMdmRecord(`device${i}`));
    await readWhole(store, 'r1', records);
    const { turns, stepsInOneTurn } = await turnsOf(async (step) => {
      for await (const page of store.snapshots.read('mdm', 'intune', { pageSize: 500 })) page.forEach(step);
    });
    await store.close();
    assert.ok(turns >= 10, `${turns} turns for 10,000 records`);
    assert.ok(stepsInOneTurn <= 1000, `${stepsInOneTurn} records in one turn`);
  });

  it('lets the editor have its turn at least every page that a reading brings, before its end and at it', async () => {
    const store = await openEmptyStore();
    const reading = aReading('r1');
    await store.snapshots.begin(reading);
    const page = (no: number) => Array.from({ length: 500 }, (_, i) => anMdmRecord(`device ${no} ${i}`));
    const pages = Array.from({ length: 40 }, (_, no) => page(no));
    const brought = await turnsOf(async (step) => {
      for (const [no, records] of pages.entries()) {
        await store.snapshots.putPage({ ...reading, page: no }, records);
        step();
      }
    });
    const ended = await turnsOf(() => store.snapshots.commit(reading));
    await store.close();
    assert.ok(brought.stepsInOneTurn <= 1, `${brought.stepsInOneTurn} pages in one turn`);
    assert.ok(ended.turns >= 20, `${ended.turns} turns for the end of 20,000 records`);
  });

  it('lets the editor have its turn at least every fifty rows that are written one by one', async () => {
    const store = await openEmptyStore();
    const { turns, stepsInOneTurn } = await turnsOf(async (step) => {
      for (let i = 0; i < 1000; i += 1) {
        await store.settings.set(`name ${i}`, i);
        step();
      }
    });
    await store.close();
    assert.ok(turns >= 20, `${turns} turns for 1,000 rows`);
    assert.ok(stepsInOneTurn <= 50, `${stepsInOneTurn} rows in one turn`);
  });

  it('lets the editor have its turn inside one transaction too', async () => {
    const store = await openEmptyStore();
    const entry = (i: number) => ({
      at: '2026-05-04T00:00:00.000Z',
      who: 'switch',
      what: 'block',
      deviceKey: `device${i}`,
      organization: 'contoso',
      rule: null,
      reason: 'not-enrolled',
      evidence: [],
      before: null,
      after: null,
      approvedBy: null,
    });
    const { turns } = await turnsOf(() => store.audit.append(Array.from({ length: 10_000 }, (_, i) => entry(i))));
    await store.close();
    assert.ok(turns >= 10, `${turns} turns for 10,000 rows`);
  });

  it('does not make a single question wait for a turn', async () => {
    // PostgreSQL answers over a socket: there every question is a turn.
    const store = await openStore({ engine: 'sqlite', path: ':memory:' });
    const { turns } = await turnsOf(async () => {
      for (let i = 0; i < 10; i += 1) await store.settings.get('name');
    });
    await store.close();
    assert.ok(turns <= 1, `${turns} turns for ten questions`);
  });

  it('reads long lists in steps, whole and in their order', async () => {
    const store = await openEmptyStore();
    const key = (i: number): string => String(i).padStart(5, '0');
    const numbers = Array.from({ length: 1203 }, (_, i) => i);
    for (const i of numbers) {
      await store.outbox.put(aChange(key(i), i % 7));
      await store.entries.record({
        organization: i % 2 === 0 ? 'alpha' : 'beta',
        mailboxId: `mailbox${i % 5}`,
        easId: key(i),
        list: i % 3 === 0 ? 'allowed' : 'blocked',
        writtenAt: '2026-05-04T00:00:00.000Z',
        rule: 'rule',
      });
      await store.activations.add({ tokenId: key(i), mailbox: 'm', easId: 'E', at: 'now', userAgent: null });
    }
    let [listed, due, entries, activations] = [[], [], [], []] as string[][];
    const { turns } = await turnsOf(async () => {
      listed = (await store.outbox.list()).map((change) => change.key);
      due = (await store.outbox.due('2026-05-07', { organization: 'contoso', limit: 1000 })).map(
        (change) => change.key,
      );
      entries = (await store.entries.list()).map((entry) => `${entry.organization} ${entry.mailboxId} ${entry.easId}`);
      activations = (await store.activations.list()).map((activation) => activation.tokenId);
    });
    await store.close();
    const inOrder = numbers.toSorted((a, b) => (a % 7) - (b % 7) || a - b).filter((i) => i % 7 < 6);
    assert.deepEqual(listed, numbers.map(key));
    assert.deepEqual(due, inOrder.slice(0, 1000).map(key));
    assert.deepEqual(entries, numbers.map((i) => `${i % 2 === 0 ? 'alpha' : 'beta'} mailbox${i % 5} ${key(i)}`).sort());
    assert.deepEqual(activations, numbers.map(key));
    assert.ok(turns >= 4, `${turns} turns for 4,600 rows`);
  });
});

/** A change whose time comes on the given day of May 2026. */
function aChange(key: string, day: number): OutboxChange {
  const at = `2026-05-0${day + 1}`;
  return {
    key,
    organization: 'contoso',
    mailboxId: 'mailbox',
    state: 'planned',
    turn: 1,
    attempts: 0,
    createdAt: at,
    nextAttemptAt: at,
    lastError: null,
    change: {},
  };
}
