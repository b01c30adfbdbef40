/**
 * Plans that wait for a person.
 * In: a plan that guard or brake holds; a person's word. Out: the plan as it is held. Changes: held plans, outbox, audit.
 */
import { createHash } from 'node:crypto';
import { approved } from '../../access/approvals.ts';
import { groupChanges } from '../../access/changes-by-reason.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import { foldAddress } from '../../model/keys.ts';
import type { HeldChange, HeldChangeFilter, Store } from '../../store/store.ts';
import { asJson, heldChangeOf, keptHead } from './stored-changes.ts';
import type { KeptHead, KeptPlan } from './stored-changes.ts';

/** Changes that are handed on in one transaction. */
const PAGE = 500;

/**
 * Holds what a sync held, in place of the organization's older plan: this sync has decided about every device anew, so
 * an older plan must not be approved any more. A plan that asks for the same as the older one is that one.
 * @returns the plan's head as it is held, and whether a person has to be told of it
 */
export async function holdPlan(
  { plans }: Pick<Store, 'plans'>,
  organization: string,
  held: KeptPlan | null,
): Promise<{ held: KeptHead | null; isNew: boolean }> {
  const older = (await plans.list()).filter((row) => row.organization === organization);
  if (held === null) {
    for (const { id } of older) await plans.remove(id);
    return { held: null, isNew: false };
  }
  const head = headOf(held);
  const same = older.map(keptHead).find((known) => isSame(known, head));
  if (same) return { held: same, isNew: same.told !== true };
  const { id, at, reason } = held;
  await plans.hold({ id, organization, at, reason: reason.code, plan: asJson(head) }, rowsOf(held.changes));
  return { held: head, isNew: true };
}

/** A person was told of the plan. Until then each sync that asks for the same tells again. */
export async function markTold({ plans }: Pick<Store, 'plans'>, held: KeptHead): Promise<void> {
  await plans.update(held.id, asJson({ ...held, told: true }));
}

/** The head of a plan: what is told and kept of it beside its changes. */
export function headOf({ changes, ...head }: KeptPlan): KeptHead {
  const byReason: Record<string, number> = {};
  for (const { decision } of changes) byReason[decision.reason.code] = (byReason[decision.reason.code] ?? 0) + 1;
  const groups = groupChanges(changes, changes);
  return { ...head, count: changes.length, byReason, groups, digest: digestOf(changes.map(asksFor)) };
}

function* rowsOf(changes: readonly PlannedChange[]): Generator<HeldChange> {
  for (const change of changes) {
    const { key, action, decision, mailboxId, device } = change;
    const owner = foldAddress(device.eas?.mailbox.address ?? '');
    yield { key, action, reason: decision.reason.code, mailboxId, owner, change: asJson(change) };
  }
}

/** Compared by their reason and by what they ask for: a person need not be told of it again. */
function isSame(older: KeptHead | null, held: KeptHead): older is KeptHead {
  return older !== null && older.reason.code === held.reason.code && older.digest === held.digest;
}

function asksFor({ key, action, decision }: PlannedChange): string {
  return `${key} ${action} ${decision.reason.code}`;
}

function digestOf(asked: string[]): string {
  const hash = createHash('sha256');
  for (const one of asked.sort()) hash.update(`${one}\n`);
  return hash.digest('base64url');
}

/** Drops every plan an organization has held. */
export async function dropPlans(store: Pick<Store, 'plans'>, organization: string): Promise<void> {
  await holdPlan(store, organization, null);
}

/**
 * The head of the held plan with this id.
 * Throws ERR_PLAN_FOREIGN for another organization's plan, ERR_STORE_VERSION for one that this version cannot read, and
 * ERR_PLAN_UNKNOWN.
 */
export async function findPlan({ plans }: Pick<Store, 'plans'>, organization: string, id: string): Promise<KeptHead> {
  const row = await plans.held(id);
  if (row !== null && row.organization !== organization)
    throw new ConnectorError('ERR_PLAN_FOREIGN', `Plan "${id}" is not for this access switch.`, { details: { id } });
  const head = row === null ? null : keptHead(row);
  if (row !== null && head === null)
    throw new ConnectorError('ERR_STORE_VERSION', `Plan "${id}" is not one that this version can read.`, {
      details: { id },
    });
  if (head !== null) return head;
  const waiting = (await plans.list()).filter((one) => one.organization === organization).map((one) => one.id);
  const seen = waiting.length === 0 ? 'No plan is held.' : `Held: ${waiting.join(', ')}.`;
  throw new ConnectorError('ERR_PLAN_UNKNOWN', `Plan "${id}" is not held. ${seen}`, { details: { id } });
}

/** Who approves or discards, and when. */
export interface Verdict {
  /** Who acts if no person is named. */
  readonly who: string;
  readonly person: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** Drops a held plan, and says so in the audit. */
export async function discardHeld(store: Store, held: KeptHead, by: Verdict): Promise<void> {
  await auditVerdict(store, held, 'discard', by, held.count);
  await store.plans.remove(held.id);
}

/**
 * Hands the changes of a held plan on, page by page: each page is either held or handed on, whatever happens between. What
 * is not approved stays held.
 * @param part which of them; null: all
 * @param handOn takes changes within the transaction
 * @returns how many there were
 */
export async function approveHeld(
  store: Store,
  held: KeptHead,
  by: Verdict,
  part: HeldChangeFilter | null,
  handOn: (parts: Parameters<Parameters<Store['together']>[0]>[0], changes: readonly PlannedChange[]) => Promise<void>,
): Promise<number> {
  const filter = part ?? {};
  const count = await store.plans.count(held.id, filter);
  if (count === 0) return 0;
  await auditVerdict(store, held, 'approve', by, count);
  const approval = { at: by.at, by: by.person ?? 'unknown', plan: held.id, reason: held.reason.code };
  for (let after = ''; ;) {
    const page = await store.plans.changes(held.id, { ...filter, after, limit: PAGE });
    if (page.length === 0) break;
    const changes = page.flatMap((row) => heldChangeOf(row) ?? []).map((change) => approved(change, approval));
    await store.together(async (parts) => {
      await handOn(parts, changes);
      await parts.plans.take(
        held.id,
        page.map(({ key }) => key),
      );
    });
    after = page.at(-1)!.key;
  }
  if ((await store.plans.count(held.id)) === 0) await store.plans.remove(held.id);
  else await store.plans.update(held.id, asJson(await headOfRest(store, held)));
  return count;
}

/** What is left of a plan is a plan of its own: a sync that asks for the same keeps it. */
async function headOfRest({ plans }: Pick<Store, 'plans'>, held: KeptHead): Promise<KeptHead> {
  const byReason: Record<string, number> = {};
  const asked: string[] = [];
  const first: PlannedChange[] = [];
  for (let after = ''; ;) {
    const page = await plans.changes(held.id, { after, limit: PAGE });
    if (page.length === 0) break;
    for (const row of page) {
      byReason[row.reason] = (byReason[row.reason] ?? 0) + 1;
      asked.push(`${row.key} ${row.action} ${row.reason}`);
      const change = first.length < PAGE ? heldChangeOf(row) : null;
      if (change !== null) first.push(change);
    }
    after = page.at(-1)!.key;
  }
  const count = asked.length;
  // Beyond the first page the counts of groups are those of the reasons; examples are few anyway.
  const groups = groupChanges(first, first).map((group) => {
    const total = count > first.length ? (byReason[group.reason] ?? group.count) : group.count;
    return { ...group, count: total, held: total };
  });
  return { ...held, count, byReason, groups, digest: digestOf(asked) };
}

async function auditVerdict(
  { audit }: Pick<Store, 'audit'>,
  held: KeptHead,
  verdict: 'approve' | 'discard',
  by: Verdict,
  changes: number,
): Promise<void> {
  await audit.append([
    {
      at: by.at,
      who: by.person ?? by.who,
      what: verdict,
      deviceKey: null,
      organization: held.organization,
      rule: null,
      reason: held.reason.code,
      evidence: [held.reason.text],
      before: { plan: held.id, heldAt: held.at, changes },
      after: null,
      approvedBy: verdict === 'approve' ? (by.person ?? 'unknown') : null,
    },
  ]);
}
