import assert from 'node:assert/strict';
import { OwnedEntries } from '../../src/access/owned-entries.ts';
import { PlanTally } from '../../src/access/plan-tally.ts';
import { planChange } from '../../src/access/plan.ts';
import type { AccessDecision } from '../../src/access/decide-access.ts';
import { planUndo } from '../../src/access/undo.ts';
import type { AccessState, Action, Listed } from '../../src/model/records.ts';
import { anEas, guid, merged, unmatched } from '../support/records.ts';

const AT = '2026-06-02T12:00:00.000Z';

function aDecision(action: Action): AccessDecision {
  return { action, rule: 'Rule', reason: { code: 'not-enrolled', text: 'Because.', evidence: [] }, report: false };
}

const add = ['IPHONE1'];
const remove = ['IPHONE1'];

describe('the change a decision needs', () => {
  type Row = readonly [Action, Listed, 'us' | 'admin' | null, AccessState, expected: object | null, lowers?: boolean];
  const rows: readonly Row[] = [
    ['leave', null, null, 'allowed', null],
    ['leave', 'blocked', 'us', 'blocked', null],
    ['leave', 'allowed', 'admin', 'allowed', null],
    ['allow', 'allowed', 'us', 'allowed', null],
    ['allow', 'allowed', 'us', 'blocked', null],
    ['allow', 'allowed', 'admin', 'blocked', null],
    ['allow', 'blocked', 'us', 'blocked', { allowed: { add }, blocked: { remove } }, false],
    ['allow', 'blocked', 'us', 'allowed', { allowed: { add }, blocked: { remove } }, false],
    ['allow', 'blocked', 'admin', 'blocked', null],
    ['allow', null, null, 'allowed', null],
    ['allow', null, null, 'discovery', null],
    ['allow', null, null, 'unknown', null],
    ['allow', null, null, 'blocked', { allowed: { add } }, false],
    ['allow', null, null, 'quarantined', { allowed: { add } }, false],
    ['block', 'blocked', 'us', 'allowed', null],
    ['block', 'blocked', 'us', 'blocked', null],
    ['block', 'blocked', 'admin', 'blocked', null],
    ['block', 'allowed', 'us', 'allowed', { blocked: { add }, allowed: { remove } }, true],
    ['block', 'allowed', 'us', 'blocked', { blocked: { add }, allowed: { remove } }, true],
    ['block', 'allowed', 'admin', 'allowed', null],
    ['block', null, null, 'allowed', { blocked: { add } }, true],
    ['block', null, null, 'quarantined', { blocked: { add } }, true],
    ['block', null, null, 'unknown', { blocked: { add } }, true],
    ['block', null, null, 'blocked', { blocked: { add } }, false],
    ['release', 'blocked', 'us', 'blocked', { blocked: { remove } }, false],
    ['release', 'allowed', 'us', 'allowed', { allowed: { remove } }, true],
    ['release', 'allowed', 'admin', 'allowed', null],
    ['release', 'blocked', 'admin', 'blocked', null],
    ['release', null, null, 'allowed', null],
  ];
  for (const [action, listed, owner, state, edit, lowers] of rows) {
    const entry = listed === null ? 'on no list' : `on the ${listed} list by ${owner}`;
    it(`${action}, ${entry}, ${state}: ${edit ? JSON.stringify(edit) : 'nothing'}`, () => {
      const device = unmatched(anEas({ access: { state, reason: 'x', listed } }));
      const change = planChange(device, aDecision(action), owner === 'us' ? listed : null, { at: AT });
      assert.deepEqual(change && { edit: change.edit, lowers: change.lowers }, edit && { edit, lowers });
    });
  }

  it("touches an administrator's entry only with adoptEntries", () => {
    const device = unmatched(anEas({ access: { state: 'allowed', listed: 'allowed' } }));
    const change = planChange(device, aDecision('block'), null, { at: AT, adoptEntries: true });
    assert.deepEqual(change?.edit, { allowed: { remove }, blocked: { add } });
  });

  it("takes an administrator's block that stands for ours with adoptEntries, and edits no list", () => {
    const device = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
    const change = planChange(device, aDecision('block'), null, { at: AT, adoptEntries: true });
    assert.deepEqual([change?.edit, change?.from, change?.lowers], [{}, 'blocked', false]);
    assert.equal(planChange(device, aDecision('block'), 'blocked', { at: AT, adoptEntries: true }), null);
    assert.equal(planChange(device, aDecision('block'), null, { at: AT }), null);
  });

  it('is planned anew when our entry is gone from Exchange', () => {
    const change = planChange(unmatched(), aDecision('block'), 'blocked', { at: AT });
    assert.deepEqual(change?.edit, { blocked: { add } });
  });

  it('names mailbox, EAS ID as Exchange spells it, and what it leads from and to', () => {
    const device = unmatched(anEas({ easId: 'ApplX' }));
    assert.deepEqual(planChange(device, aDecision('block'), null, { at: AT }), {
      key: device.key,
      organization: 'org',
      mailboxId: guid(1),
      easId: 'ApplX',
      action: 'block',
      from: 'allowed',
      to: 'blocked',
      edit: { blocked: { add: ['ApplX'] } },
      lowers: true,
      plannedAt: AT,
      decision: aDecision('block'),
      device,
    });
  });
});

describe('a plan in numbers', () => {
  const blocked = unmatched(anEas({ easId: 'B' }));
  const noncompliant = merged(anEas({ easId: 'D' }));
  const allowed = merged(anEas({ easId: 'A', access: { state: 'quarantined' } }));
  const left = merged(anEas({ easId: 'C' }));

  const tallyOf = (devices: readonly (typeof blocked)[]): PlanTally => {
    const tally = new PlanTally();
    for (const device of devices) {
      const decision = aDecision(device === blocked || device === noncompliant ? 'block' : 'allow');
      tally.decided(decision);
      const change = planChange(device, decision, null, { at: AT });
      if (change !== null) tally.add(change);
    }
    return tally;
  };

  it('counts decisions and changes, whatever their order', () => {
    const tally = tallyOf([blocked, left, allowed]);
    assert.deepEqual(tally.counts, {
      devices: 3,
      unchanged: 1,
      byAction: { block: 1, allow: 2 },
      byRule: { Rule: 3 },
      byReason: { 'not-enrolled': 3 },
      changesByReason: { 'not-enrolled': 2 },
    });
    assert.deepEqual(
      tally.classes.map(({ part, count, lowering }) => ({ part, count, lowering })),
      [
        { part: 'shuts', count: 1, lowering: 1 },
        { part: 'opens', count: 1, lowering: 0 },
      ],
    );
    const other = tallyOf([allowed, left, blocked]);
    assert.deepEqual([other.counts, other.summary(() => true)], [tally.counts, tally.summary(() => true)]);
  });

  it('shows five devices of a group, the first ones by key, and how many wait', () => {
    const tally = new PlanTally();
    for (const n of [7, 2, 9, 4, 1, 8, 3])
      tally.add(planChange(unmatched(anEas({ easId: `B${n}` })), aDecision('block'), null, { at: AT })!);
    const [group, ...others] = tally.groups(({ part }) => part === 'shuts');
    assert.deepEqual([others, group?.count, group?.held], [[], 7, 7]);
    assert.deepEqual(
      group?.examples.map(({ easId }) => easId),
      ['B1', 'B2', 'B3', 'B4', 'B7'],
    );
    assert.deepEqual(tally.groups(() => false)[0]?.held, 0);
  });

  it('tells what is left once a part is gone as if there had never been more', () => {
    const [whole, part, rest] = [[blocked, noncompliant], [blocked], [noncompliant]].map(tallyOf) as [
      PlanTally,
      PlanTally,
      PlanTally,
    ];
    const all = (): boolean => true;
    assert.deepEqual(part.leftOf(whole.summary(all), rest), rest.summary(all));
    assert.notEqual(whole.summary(all).digest, rest.summary(all).digest);
    const older = { ...whole.summary(all), digest: 'qUoTlik3-an_older-version' };
    assert.equal(part.leftOf(older, rest).digest, '', 'what an older version kept is like no other');
  });
});

describe('the entries we own', () => {
  const writtenAt = '2026-06-02T08:00:00.000Z';
  const entry = { organization: 'org', mailboxId: guid(1), easId: 'iphone1', state: 'owned' as const, writtenAt };
  const owned = new OwnedEntries([
    { ...entry, list: 'allowed' },
    { ...entry, list: 'blocked', state: 'adding' },
  ]);

  it('are found however the EAS ID is spelled, on the list that Exchange shows', () => {
    const lists: readonly Listed[] = ['allowed', 'blocked', null];
    const found = lists.map((listed) => owned.of(unmatched(anEas({ access: { listed } }))));
    assert.deepEqual(found, ['allowed', 'blocked', 'allowed']);
  });

  it('are none for a device nobody wrote an entry of', () => {
    assert.equal(owned.of(unmatched(anEas({ easId: 'X' }))), null);
  });
});

describe('undo', () => {
  const writtenAt = '2026-06-02T08:00:00.000Z';
  const entry = { organization: 'org', mailboxId: guid(1), easId: 'IPHONE1', state: 'owned' as const, writtenAt };

  it('releases every device we own an entry of, once, on both lists', () => {
    const device = unmatched(anEas({ access: { state: 'blocked', listed: 'blocked' } }));
    const changes = planUndo({
      entries: [
        { ...entry, list: 'blocked' },
        { ...entry, easId: 'GONE', list: 'allowed' },
        { ...entry, list: 'allowed' },
      ],
      devices: new Map([[device.key, device]]),
      at: AT,
    });
    assert.deepEqual(
      changes.map(({ easId, action, from, edit, lowers }) => ({ easId, action, from, edit, lowers })),
      [
        { easId: 'GONE', action: 'release', from: 'unknown', edit: { allowed: { remove: ['GONE'] } }, lowers: true },
        {
          easId: 'IPHONE1',
          action: 'release',
          from: 'blocked',
          edit: { allowed: { remove }, blocked: { remove } },
          lowers: true,
        },
      ],
    );
  });
});
