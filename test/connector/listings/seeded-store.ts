/** A store with a bit of everything in it, for the tests of the listings and of the commands over them. */
import type { AccessDecision } from '../../../src/access/decide-access.ts';
import type { PlannedChange } from '../../../src/access/plan.ts';
import { planChange } from '../../../src/access/plan.ts';
import type { EasRecord, MdmRecord, ReasonCode } from '../../../src/model/records.ts';
import type { AuditEntry, Json, SnapshotSync, Store, TimelineStep } from '../../../src/store/store.ts';
import { aMail, aMailDevice } from '../../store/records.ts';
import { easRecord, mdmRecord } from '../../support/records.ts';
import { holdPlan } from '../sync/hold-plan.ts';

/** When the store is looked at. */
export const NOW = '2026-06-02T10:00:00.000Z';
const EXCHANGE_READ = '2026-06-02T08:30:00.000Z';
const MDM_READ = '2026-06-02T08:00:00.000Z';

/** What a phone may call itself: colors, a bell, a line break, text turned round, half a character, and no end. */
export const HOSTILE = `\u001b[31mred\u0007\r\n\u202eevil\u2066\u200f\ud800 ${'x'.repeat(900)}`;

/** user1 merged; user2 blocked by us and mailed; user3's block waits; user4 with names to harm a terminal. */
export async function seed(store: Store): Promise<void> {
  await keep(store, { id: 'mdm-1', source: 'mdm', scope: 'tenant', startedAt: MDM_READ }, [mdmRecord(1)]);
  await keep(store, { id: 'eas-1', source: 'eas', scope: 'exchange', startedAt: EXCHANGE_READ }, devices());
  const [, second, third] = devices() as [EasRecord, EasRecord, EasRecord];
  await store.entries.record({
    organization: 'exchange',
    mailboxId: second.mailbox.id,
    easId: second.easId,
    list: 'blocked',
    writtenAt: '2026-06-01T09:00:00.000Z',
    rule: 'Not managed',
  });
  const mailedAt = '2026-06-01T09:01:00.000Z';
  await store.mails.add(
    aMail('1', {
      state: 'done',
      mailboxId: second.mailbox.id,
      createdAt: mailedAt,
      address: 'user2@contoso.example',
      sentAt: mailedAt,
    }),
    [{ ...aMailDevice(second.key), blockedAt: '2026-06-01T09:00:00.000Z' }],
  );
  await store.outbox.put({
    key: third.key,
    organization: 'exchange',
    mailboxId: third.mailbox.id,
    state: 'later',
    turn: 1,
    attempts: 2,
    createdAt: '2026-06-02T09:00:00.000Z',
    nextAttemptAt: '2026-06-02T10:04:00.000Z',
    lastError: { code: 'ERR_APPLY_FAILED', text: 'Exchange was busy.' },
    change: block(third) as unknown as Json,
  });
  await store.audit.append([
    audit({ at: '2026-06-01T09:00:00.000Z', what: 'block', deviceKey: second.key }),
    audit({ at: '2026-06-01T10:00:00.000Z', what: 'pair', deviceKey: second.key, who: 'Ops', rule: null, reason: '' }),
    audit({ at: '2026-05-01T09:00:00.000Z', what: 'block', deviceKey: goneKey }),
  ]);
  await holdPlan(store, {
    id: 'exchange-7',
    organization: 'exchange',
    at: '2026-06-02T09:30:00.000Z',
    reason: { code: 'ERR_BRAKE', text: '2 devices would lose access; the brake allows 1 of 4.' },
    changes: devices().slice(2).map(block),
  });
  await store.timeline.append([
    step(second.key, 'added', '2026-06-01T08:00:00.000Z'),
    step(second.key, 'blocked', '2026-06-01T09:00:00.000Z', 'not-enrolled'),
    { ...step(second.key, 'mailed', '2026-06-01T09:01:00.000Z', 'not-enrolled'), waited: 3660 },
    step(goneKey, 'gone', '2026-05-01T10:00:00.000Z'),
  ]);
  await store.history.add(run('eas-0', '2026-06-01T08:31:00.000Z', true, { devices: 4, blocked: 1, allowed: 0 }));
  await store.history.add(run('eas-1', '2026-06-02T08:31:00.000Z', false, { devices: 4, held: 2 }));
}

/** Key of a device that Exchange no longer has. */
export const goneKey = `eas:exchange:${easRecord(9).mailbox.id}:gone9`;

function devices(): EasRecord[] {
  const hostile = { ...easRecord(4).mailbox, address: null, upn: null, addresses: [], displayName: HOSTILE };
  return [
    easRecord(1),
    easRecord(2, { access: { state: 'blocked', reason: 'individual', listed: 'blocked' } }),
    easRecord(3),
    easRecord(4, { mailbox: hostile, device: { ...easRecord(4).device, model: HOSTILE } }),
  ];
}

function block(eas: EasRecord): PlannedChange {
  const reason = { code: 'not-enrolled' as ReasonCode, text: 'No enrolled device of this user fits.' };
  const device = { key: eas.key, status: 'eas', eas, match: { by: null, evidence: [] }, reason } as const;
  const decision: AccessDecision = {
    action: 'block',
    rule: 'Not managed',
    reason: { ...reason, evidence: [] },
    report: false,
  };
  return planChange(device, decision, null, { at: '2026-06-02T09:00:00.000Z' })!;
}

function audit(parts: Partial<AuditEntry>): AuditEntry {
  return {
    at: NOW,
    who: 'access switch',
    what: 'block',
    deviceKey: null,
    organization: 'exchange',
    rule: 'Not managed',
    reason: 'not-enrolled',
    evidence: ['No enrolled device of this user fits.'],
    before: { state: 'allowed', listed: null },
    after: { state: 'blocked', edit: null },
    approvedBy: null,
    ...parts,
  };
}

function step(deviceKey: string, what: TimelineStep['step'], at: string, detail: string | null = null): TimelineStep {
  return { organization: 'exchange', deviceKey, episode: 'e1', step: what, at, detail, waited: null };
}

function run(syncId: string, at: string, ok: boolean, counts: Record<string, number>) {
  const report: Json = { sync: { id: syncId }, mode: 'enforce', counts };
  return { syncId, at, subject: 'access', organization: 'exchange', ok, tookMs: 1500, report };
}

async function keep(
  store: Store,
  reading: Omit<SnapshotSync, 'kind'>,
  records: readonly (EasRecord | MdmRecord)[],
): Promise<void> {
  const sync = { ...reading, kind: 'full' } as const;
  await store.snapshots.begin(sync);
  await store.snapshots.putPage(sync, records);
  await store.snapshots.commit(sync);
}
