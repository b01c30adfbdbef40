import assert from 'node:assert/strict';
import { applyChange, outcomeOfCutOff, settleLedger, settleSeen } from '../../src/access/apply.ts';
import type { ApplyOptions, Asked, Ledger, LedgerEntry, MdmReReader } from '../../src/access/apply.ts';
import { decideAccess } from '../../src/access/decide-access.ts';
import { planChange } from '../../src/access/plan.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { REPLICATION_MS } from '../../src/access/replication.ts';
import { ReviewClock } from '../../src/access/review-clock.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import { isConnectorError } from '../../src/errors.ts';
import type { Action, DeviceRecord, Listed, MdmRecord } from '../../src/model/records.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { anEas, anMdm, guid, merged, unmatched } from '../support/records.ts';
import { ExchangeModel } from './exchange-model.ts';

const NOW = Date.parse('2026-06-02T12:00:00.000Z');

function change(
  action: Exclude<Action, 'leave'>,
  device: DeviceRecord = unmatched(),
  owned: Listed = null,
): PlannedChange {
  const reason = { code: 'x', text: '', evidence: [] };
  const planned = planChange(device, { action, rule: 'Rule', reason, report: false }, owned, {
    at: '2026-06-02T11:00:00.000Z',
  });
  assert.ok(planned);
  return planned;
}

describe('applying a change', () => {
  let store: Store;
  let ledger: Ledger;
  let exchange: ExchangeModel;

  beforeEach(async () => {
    store = await openStore({ engine: 'sqlite', path: ':memory:' });
    ledger = store.entries;
    exchange = new ExchangeModel();
  });
  afterEach(() => store.close());

  const apply = async (
    planned: PlannedChange,
    options: Partial<ApplyOptions> = {},
    writer = exchange,
    book = ledger,
  ) => {
    const result = await applyChange(writer, book, planned, { now: () => NOW, ...options });
    await settleSeen(book, result);
    const { outcome, edit, error } = result;
    return { outcome, ...(edit && { edit }), ...(error && { code: error.code }) };
  };
  const owned = async () => (await store.entries.list()).map(({ easId, list, state }) => `${list} ${easId} ${state}`);
  const block = { blocked: { add: ['IPHONE1'] } };
  const keyOfIphone = { organization: 'org', mailboxId: guid(1), easId: 'IPHONE1', list: 'blocked' } as const;

  it('writes a block and owns it', async () => {
    assert.deepEqual(await apply(change('block')), { outcome: 'applied', edit: block });
    assert.deepEqual(exchange.lists(), { [guid(1)]: { allowed: [], blocked: ['IPHONE1'] } });
    assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
  });

  it('owns the entry from when the write was done: a reading that began during the try may not show it', async () => {
    let clock = NOW;
    const slow: typeof exchange = Object.assign(Object.create(exchange) as ExchangeModel, {
      write: async (...call: Parameters<ExchangeModel['write']>) => {
        clock += 60_000;
        await exchange.write(...call);
        clock += 1_000;
      },
      readLists: (mailboxId: string) => exchange.readLists(mailboxId),
    });
    await apply(change('block'), { now: () => clock }, slow);
    assert.deepEqual(
      (await store.entries.list()).map(({ writtenAt }) => writtenAt),
      ['2026-06-02T12:01:01.000Z'],
    );
  });

  it('sends nothing when it is applied again', async () => {
    await apply(change('block'));
    assert.deepEqual(await apply(change('block')), { outcome: 'already' });
    assert.equal(exchange.writes.length, 1);
    assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
  });

  it('turns our block into an allow with one write', async () => {
    await apply(change('block'));
    const blocked = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
    const edit = { allowed: { add: ['IPHONE1'] }, blocked: { remove: ['IPHONE1'] } };
    assert.deepEqual(await apply(change('allow', blocked, 'blocked')), { outcome: 'applied', edit });
    assert.deepEqual(exchange.lists(), { [guid(1)]: { allowed: ['IPHONE1'], blocked: [] } });
    assert.deepEqual(await owned(), ['allowed IPHONE1 owned']);
  });

  it('does not claim an entry an administrator made meanwhile, and a release leaves it', async () => {
    exchange.edit(guid(1), 'blocked', ['IPHONE1']);
    assert.deepEqual(await apply(change('block')), { outcome: 'already' });
    assert.deepEqual(await owned(), []);
    const listed = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
    assert.deepEqual(await apply(change('release', listed, 'blocked')), { outcome: 'already' });
    assert.deepEqual(exchange.writes, []);
  });

  it("leaves an administrator's allowed entry alone when it should block", async () => {
    exchange.edit(guid(1), 'allowed', ['iphone1']);
    assert.deepEqual(await apply(change('block')), { outcome: 'left' });
    assert.deepEqual(exchange.lists(), { [guid(1)]: { allowed: ['iphone1'], blocked: [] } });
  });

  it('takes it over with adoptEntries, in the spelling of the list', async () => {
    exchange.edit(guid(1), 'allowed', ['iphone1']);
    const edit = { allowed: { remove: ['iphone1'] }, blocked: { add: ['IPHONE1'] } };
    assert.deepEqual(await apply(change('block'), { adoptEntries: true }), { outcome: 'applied', edit });
    assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
  });

  it('takes over a block that stands with adoptEntries: it is ours, and nothing is sent', async () => {
    exchange.edit(guid(1), 'blocked', ['iphone1']);
    const before = exchange.writes.length;
    assert.deepEqual(await apply(change('block'), { adoptEntries: true }), { outcome: 'applied', edit: {} });
    assert.deepEqual([await owned(), exchange.writes.length], [['blocked IPHONE1 owned'], before]);
  });

  it('has taken a block over though the process ended before that was kept', async () => {
    exchange.edit(guid(1), 'blocked', ['iphone1']);
    const planned = change('block');
    await applyChange(exchange, ledger, planned, { now: () => NOW, adoptEntries: true });
    assert.deepEqual(await owned(), ['blocked IPHONE1 adding']);
    const result = await outcomeOfCutOff(exchange, ledger, planned, { now: () => NOW });
    assert.ok(result !== null && result !== 'unknown');
    await settleSeen(ledger, result);
    assert.deepEqual([result.outcome, await owned()], ['applied', ['blocked IPHONE1 owned']]);
  });

  it('forgets an entry of ours that somebody took off', async () => {
    await apply(change('block'));
    exchange.edit(guid(1), 'blocked', [], ['IPHONE1']);
    const listed = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
    const release = change('release', listed, 'blocked');
    const missed = { outcome: 'failed', code: 'ERR_APPLY_FAILED' };
    assert.deepEqual(await apply(release, { now: () => NOW + REPLICATION_MS }), missed, 'it may be on its way');
    assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
    assert.deepEqual(await apply(release, { now: () => NOW + REPLICATION_MS + 1 }), { outcome: 'already' });
    assert.deepEqual(await owned(), []);
  });

  it('believes an administrator who allows what we have just blocked', async () => {
    await apply(change('block'));
    exchange.edit(guid(1), 'blocked', [], ['IPHONE1']);
    exchange.edit(guid(1), 'allowed', ['IPHONE1']);
    const blocked = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
    assert.deepEqual(await apply(change('allow', blocked, 'blocked')), { outcome: 'already' });
    assert.deepEqual(exchange.lists(), { [guid(1)]: { allowed: ['IPHONE1'], blocked: [] } });
  });

  it('blocks at once though our allowed entry is not there yet, and knows it as ours when it comes', async () => {
    const shutOut = unmatched(anEas({ access: { state: 'blocked', listed: null } }));
    await apply(change('allow', shutOut));
    exchange.edit(guid(1), 'allowed', [], ['IPHONE1']);
    assert.deepEqual(await apply(change('block')), { outcome: 'applied', edit: block });
    assert.deepEqual(await owned(), ['allowed IPHONE1 owned', 'blocked IPHONE1 owned']);
  });

  it('leaves all other entries of the mailbox alone', async () => {
    exchange.edit(guid(1), 'blocked', ['OTHER']);
    exchange.edit(guid(1), 'allowed', ['ANOTHER']);
    await apply(change('block'));
    assert.deepEqual(exchange.lists(), { [guid(1)]: { allowed: ['ANOTHER'], blocked: ['IPHONE1', 'OTHER'] } });
  });

  for (const mailboxId of ['', 'anna@corp.example', '*', `${guid(1)}'`]) {
    it(`refuses the mailbox “${mailboxId}”`, async () => {
      assert.deepEqual(await apply({ ...change('block'), mailboxId }), {
        outcome: 'refused',
        code: 'ERR_EXCHANGE_IDENTITY',
      });
    });
  }

  it('refuses an empty EAS ID', async () => {
    assert.deepEqual(await apply({ ...change('block'), easId: ' ' }), {
      outcome: 'refused',
      code: 'ERR_EXCHANGE_IDENTITY',
    });
  });

  describe('when Exchange fails', () => {
    it('owns nothing that Exchange refused', async () => {
      exchange.failures.push('refused');
      assert.deepEqual(await apply(change('block')), { outcome: 'failed', code: 'ERR_EXCHANGE_CMDLET' });
      assert.deepEqual(await owned(), []);
    });

    it('finds out that a write with unknown outcome was done', async () => {
      exchange.failures.push('lost-after');
      assert.deepEqual(await apply(change('block')), { outcome: 'applied', edit: block });
      assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
    });

    it('finds out that it was not done, and tries again', async () => {
      exchange.failures.push('lost-before');
      assert.deepEqual(await apply(change('block')), { outcome: 'failed', code: 'ERR_EXCHANGE_OUTCOME_UNKNOWN' });
      assert.deepEqual(await owned(), ['blocked IPHONE1 adding'], 'another domain controller may have it');
      assert.deepEqual(await apply(change('block')), { outcome: 'applied', edit: block });
      assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
    });

    it('looks at the next try if it cannot find out, and sends nothing twice', async () => {
      exchange.failures.push('lost-after');
      const writer = Object.assign(Object.create(exchange) as ExchangeModel, {
        write: async (...call: Parameters<ExchangeModel['write']>) => {
          exchange.unreadable = 1;
          await exchange.write(...call);
        },
        readLists: (mailboxId: string) => exchange.readLists(mailboxId),
      });
      assert.deepEqual(await apply(change('block'), {}, writer), {
        outcome: 'failed',
        code: 'ERR_EXCHANGE_OUTCOME_UNKNOWN',
      });
      assert.deepEqual(await owned(), ['blocked IPHONE1 adding']);
      assert.deepEqual(await apply(change('block')), { outcome: 'applied', edit: block });
      assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
      assert.equal(exchange.writes.length, 1);
    });

    it('sends nothing when the lists cannot be read first', async () => {
      exchange.unreadable = 1;
      assert.deepEqual(await apply(change('block')), { outcome: 'failed', code: 'ERR_HTTP_RESET' });
      assert.deepEqual(exchange.writes, []);
    });

    it('says so when it was stopped', async () => {
      await assert.rejects(apply(change('block'), { signal: AbortSignal.abort() }), (error) =>
        isConnectorError(error, 'ERR_ABORTED'),
      );
      assert.deepEqual(exchange.writes, []);
    });
  });

  describe('after a crash between write and ledger', () => {
    /** Writes, and dies before anything of it is kept. */
    const cutOff = async (planned: PlannedChange): Promise<void> => {
      assert.equal((await applyChange(exchange, ledger, planned, { now: () => NOW })).outcome, 'applied');
    };
    const lookedUp = async (planned: PlannedChange) => {
      const result = await outcomeOfCutOff(exchange, ledger, planned, { now: () => NOW });
      if (result === null || result === 'unknown') return result;
      await settleSeen(ledger, result);
      return { outcome: result.outcome, edit: result.edit };
    };

    it('calls its own write applied at the next try, and sends nothing again', async () => {
      await cutOff(change('block'));
      assert.deepEqual(await owned(), ['blocked IPHONE1 adding']);
      assert.deepEqual(await apply(change('block')), { outcome: 'applied', edit: block });
      assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
      assert.deepEqual(await apply(change('block')), { outcome: 'already' });
      assert.equal(exchange.writes.length, 1);
    });

    it('calls it applied when both lists were edited', async () => {
      await apply(change('block'));
      const blocked = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
      const edit = { allowed: { add: ['IPHONE1'] }, blocked: { remove: ['IPHONE1'] } };
      await cutOff(change('allow', blocked, 'blocked'));
      assert.deepEqual(await lookedUp(change('allow', blocked, 'blocked')), { outcome: 'applied', edit });
      assert.deepEqual(await owned(), ['allowed IPHONE1 owned']);
    });

    it('says of a change that is wanted no more whether it was done', async () => {
      assert.equal(await lookedUp(change('block')), null);
      await cutOff(change('block'));
      assert.deepEqual(await lookedUp(change('block')), { outcome: 'applied', edit: block });
      assert.equal(await lookedUp(change('block')), null, 'once');
    });

    it('says that it was not done, and owns nothing', async () => {
      await ledger.intend({ ...keyOfIphone, operation: 'add', rule: 'r', at: '2026-06-02T00:00:00.000Z' });
      assert.equal(await lookedUp(change('block')), null);
      assert.deepEqual(await owned(), []);
    });

    it('says that nobody knows as long as it may be on its way to the domain controller that was asked', async () => {
      await ledger.intend({ ...keyOfIphone, operation: 'add', rule: 'r', at: new Date(NOW).toISOString() });
      assert.equal(await lookedUp(change('block')), 'unknown');
      const unsettled = await store.entries.list({ unsettled: true });
      const settled = await settleLedger(exchange, ledger, unsettled, { now: () => NOW });
      assert.deepEqual([settled, await owned()], [{ settled: 0, unreadable: [] }, ['blocked IPHONE1 adding']]);
    });

    it('takes back what a write that was never told of has done', async () => {
      await cutOff(change('block'));
      const blocked = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
      const release = { outcome: 'applied', edit: { blocked: { remove: ['IPHONE1'] } } };
      assert.deepEqual(await apply(change('release', blocked, 'blocked')), release);
      assert.deepEqual(await owned(), []);
    });

    it('is repaired by reading the lists, mailbox by mailbox', async () => {
      await cutOff(change('block'));
      await store.entries.intend({
        organization: 'org',
        mailboxId: guid(2),
        easId: 'NEVER',
        list: 'allowed',
        operation: 'add',
        rule: 'r',
        at: '2026-06-02T00:00:00.000Z',
      });
      const unsettled = await store.entries.list({ unsettled: true });
      assert.deepEqual(await settleLedger(exchange, ledger, unsettled, { now: () => NOW }), {
        settled: 2,
        unreadable: [],
      });
      assert.deepEqual(await owned(), ['blocked IPHONE1 owned']);
    });

    it('leaves what cannot be read for the next time', async () => {
      await cutOff(change('block'));
      exchange.unreadable = 1;
      const unsettled: LedgerEntry[] = await store.entries.list({ unsettled: true });
      assert.deepEqual(await settleLedger(exchange, ledger, unsettled, { now: () => NOW }), {
        settled: 0,
        unreadable: [guid(1)],
      });
      exchange.unreadable = 1;
      await assert.rejects(lookedUp(change('block')), (error) => isConnectorError(error, 'ERR_HTTP_RESET'));
      assert.deepEqual(await owned(), ['blocked IPHONE1 adding']);
    });
  });

  describe('a block that no sync has just decided', () => {
    const asked = (device: DeviceRecord, unread = 0): Asked => ({ kind: 'asked', device, unread });
    const noncompliant = merged(anEas(), anMdm({ compliance: 'noncompliant' }));
    const blockOf = (device: DeviceRecord): PlannedChange => {
      const { action, rule, reason, report } = decide(device);
      return planChange(device, { action, rule, reason, report }, null, { at: '2026-06-02T11:00:00.000Z' })!;
    };
    const cases: readonly [sentence: string, DeviceRecord, Asked, object][] = [
      ['is written when nothing has changed', unmatched(), asked(unmatched()), { outcome: 'applied', edit: block }],
      ['waits when the device merges', unmatched(), asked(merged()), { outcome: 'waits' }],
      ['waits when it merges and is noncompliant', unmatched(), asked(noncompliant), { outcome: 'waits' }],
      ['waits when it may merge', unmatched(), asked(unmatched(anEas(), 'ambiguous')), { outcome: 'waits' }],
      ['waits for another reason', unmatched(), asked(unmatched(anEas(), 'needs-activation')), { outcome: 'waits' }],
      ['waits when the user has a new device', unmatched(), asked(unmatched(), 1), { outcome: 'waits' }],
      ['waits when nobody can be asked', unmatched(), { kind: 'unreachable', why: 'Down.' }, { outcome: 'waits' }],
      ['is written while it is noncompliant', noncompliant, asked(noncompliant), { outcome: 'applied', edit: block }],
      ['is dropped when it is compliant now', noncompliant, asked(merged()), { outcome: 'dropped' }],
      ['waits when its record is gone', noncompliant, asked(unmatched()), { outcome: 'waits' }],
      [
        'waits when another record is its own now',
        noncompliant,
        asked(merged(anEas(), anMdm({ id: 'm2', compliance: 'noncompliant' }))),
        { outcome: 'waits' },
      ],
    ];
    for (const [sentence, device, answer, expected] of cases) {
      it(sentence, async () => {
        const asker = { ask: () => Promise.resolve(answer) };
        assert.deepEqual(await apply(blockOf(device), { origin: 'outside', asker, decide }), expected);
        assert.equal(exchange.writes.length, 'edit' in expected ? 1 : 0);
      });
    }

    it('is no block of a sync that has just decided by full readings: nobody is asked', async () => {
      const asker = { ask: () => Promise.reject(new Error('asked')) };
      assert.deepEqual(await apply(change('block'), { asker, decide }), { outcome: 'applied', edit: block });
    });

    const byQuick: readonly [sentence: string, Asked, object][] = [
      ['is written when the MDM says the same of its user', asked(unmatched()), { outcome: 'applied', edit: block }],
      ['waits when its user has a device that was not read', asked(unmatched(), 1), { outcome: 'waits' }],
      ['waits when the MDM cannot be asked', { kind: 'unreachable', why: 'Down.' }, { outcome: 'waits' }],
    ];
    for (const [sentence, answer, expected] of byQuick)
      it(`of a device without MDM record, decided by a quick reading, ${sentence}`, async () => {
        const asker = { ask: () => Promise.resolve(answer) };
        assert.deepEqual(await apply(blockOf(unmatched()), { quick: true, asker, decide }), expected);
      });

    it('is an allow or a release: they ask nobody', async () => {
      const asker = { ask: () => Promise.reject(new Error('asked')) };
      const quarantined = unmatched(anEas({ access: { state: 'quarantined' } }));
      assert.equal(
        (await apply(change('allow', quarantined), { origin: 'outside', asker, decide })).outcome,
        'applied',
      );
    });
  });

  describe('a block of a managed device', () => {
    const device = merged(anEas(), anMdm({ compliance: 'noncompliant' }));
    const cases: readonly [sentence: string, MdmReReader | undefined, object][] = [
      [
        'is written when the MDM still says noncompliant',
        mdmThatSays(device.mdm!),
        { outcome: 'applied', edit: block },
      ],
      ['is dropped when it has become compliant', mdmThatSays(anMdm()), { outcome: 'dropped' }],
      ['is dropped when it is in grace now', mdmThatSays(anMdm({ compliance: 'in-grace' })), { outcome: 'dropped' }],
      ['is dropped when the record is gone', mdmThatSays(null), { outcome: 'dropped' }],
      [
        'is dropped when the MDM no longer manages it',
        mdmThatSays(anMdm({ compliance: 'noncompliant', managed: false })),
        { outcome: 'dropped' },
      ],
      [
        'waits when the MDM cannot be read',
        { read: () => Promise.reject(new Error('Down.')) },
        { outcome: 'failed', code: 'ERR_APPLY_FAILED' },
      ],
      ['is not written without an MDM to ask', undefined, { outcome: 'failed', code: 'ERR_CONFIG_MISSING' }],
    ];
    for (const [sentence, reader, expected] of cases) {
      it(sentence, async () => {
        assert.deepEqual(await apply(change('block', device), { ...(reader && { mdm: reader }), decide }), expected);
      });
    }

    it('is never written when who asked was stopped', async () => {
      const stopped = AbortSignal.abort();
      const asker = { ask: () => Promise.reject(new Error('stopped')) };
      await assert.rejects(apply(change('block'), { origin: 'outside', asker, decide, signal: stopped }), {
        code: 'ERR_ABORTED',
      });
    });

    it('asks nobody before an allow', async () => {
      const quarantined = merged(anEas({ access: { state: 'quarantined' } }));
      assert.equal((await apply(change('allow', quarantined))).outcome, 'applied');
    });
  });
});

function decide(record: DeviceRecord) {
  return decideAccess(record, DEFAULT_RULES, { clock: new ReviewClock(NOW), owned: null });
}

function mdmThatSays(answer: MdmRecord | null): MdmReReader {
  return { read: () => Promise.resolve(answer) };
}
