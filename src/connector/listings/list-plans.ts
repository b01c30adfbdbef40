/**
 * Plans that wait for a person.
 * In: store. Out: each held plan with its changes by reason; one plan's changes. Changes: nothing.
 */
import type { ChangeGroup } from '../../access/changes-by-reason.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import type { HeldChangeFilter, HeldPlan as StoredPlan, Store } from '../../store/store.ts';
import { heldChangeOf, keptHead } from '../sync/stored-changes.ts';
import { refusal, refused } from '../../model/refusals.ts';

/** Rows that are read at once. */
const PAGE = 500;

/** One held plan. Times are ISO 8601 UTC. */
export interface PlanSummary {
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  /** Why it is held: code of brake or guard, and in words. */
  readonly reason: { readonly code: string; readonly text: string };
  readonly changes: number;
  /** Its changes by action, reason and rule, with a few devices each. */
  readonly groups: readonly Omit<ChangeGroup, 'held'>[];
}

/** One change of a held plan. */
export interface PlanChange {
  readonly key: string;
  readonly easId: string;
  readonly owner: { readonly name: string | null; readonly address: string | null; readonly mailboxId: string };
  readonly device: { readonly type: string | null; readonly model: string | null };
  readonly action: PlannedChange['action'];
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  readonly reason: { readonly code: string; readonly text: string };
}

/** A held plan with the first of its changes. */
export interface PlanDetails extends Omit<PlanSummary, 'groups' | 'changes'> {
  /** How many there are. */
  readonly count: number;
  readonly changes: readonly PlanChange[];
}

/** Every held plan, or those of one organization, by organization. */
export async function listPlans(
  store: Pick<Store, 'plans'>,
  { organization }: { readonly organization?: string } = {},
): Promise<PlanSummary[]> {
  const plans = await store.plans.list();
  return plans.filter((plan) => organization === undefined || plan.organization === organization).map(summaryOf);
}

/**
 * One held plan with its changes, `limit` at most.
 * Throws ERR_PLAN_UNKNOWN, naming those that are held.
 */
export async function planDetails(
  store: Pick<Store, 'plans'>,
  id: string,
  { limit }: { readonly limit: number },
): Promise<PlanDetails> {
  const held = await heldPlan(store, id);
  return { ...headOf(held), count: await store.plans.count(id), changes: await firstChanges(store, id, limit) };
}

/** Page by page: what is shown of a change is a small part of its row. */
async function firstChanges({ plans }: Pick<Store, 'plans'>, id: string, limit: number): Promise<PlanChange[]> {
  const changes: PlanChange[] = [];
  for (let after = ''; changes.length < limit;) {
    const rows = await plans.changes(id, { after, limit: Math.min(PAGE, limit - changes.length) });
    if (rows.length === 0) break;
    for (const row of rows) {
      const change = heldChangeOf(row);
      if (change !== null) changes.push(changeOf(change));
    }
    after = rows.at(-1)!.key;
  }
  return changes;
}

/** A page of a held plan's changes; a short one is the last. */
export interface PlanPage {
  readonly plan: PlanSummary;
  readonly changes: readonly PlanChange[];
  /** Key of the last change; null: there are no more. */
  readonly next: string | null;
}

/**
 * A held plan's changes, those that fit, page by page.
 * Throws ERR_PLAN_UNKNOWN, naming those that are held.
 */
export async function planPage(
  store: Pick<Store, 'plans'>,
  id: string,
  { filter, after, rows }: { readonly filter: HeldChangeFilter; readonly after: string; readonly rows: number },
): Promise<PlanPage> {
  const held = await heldPlan(store, id);
  const found = await store.plans.changes(id, { ...filter, after, limit: rows + 1 });
  const page = found.slice(0, rows);
  return {
    plan: summaryOf(held),
    changes: page.flatMap((row) => {
      const change = heldChangeOf(row);
      return change === null ? [] : [changeOf(change)];
    }),
    next: found.length > rows ? (page.at(-1)?.key ?? null) : null,
  };
}

async function heldPlan(store: Pick<Store, 'plans'>, id: string): Promise<StoredPlan> {
  const held = await store.plans.held(id);
  if (held !== null) return held;
  const known = (await store.plans.list()).map((plan) => plan.id);
  const ids = known.length === 0 ? refused('none-held') : refused('held', { ids: known });
  throw new ConnectorError('ERR_PLAN_UNKNOWN', refusal('no-plan', { id, held: ids }), { details: { id } });
}

function summaryOf(held: StoredPlan): PlanSummary {
  const head = keptHead(held);
  const groups = (head?.groups ?? []).map(({ action, reason, text, rule, count, examples }) => {
    return { action, reason, text, rule, count, examples };
  });
  return { ...headOf(held), changes: head?.count ?? 0, groups };
}

function headOf(held: StoredPlan) {
  const { id, organization, at, reason } = held;
  return { id, organization, at, reason: { code: reason, text: keptHead(held)?.reason.text ?? '' } };
}

function changeOf({ key, easId, mailboxId, action, from, to, decision, device }: PlannedChange): PlanChange {
  const { eas } = device;
  return {
    key,
    easId,
    owner: {
      name: eas?.mailbox.displayName ?? null,
      address: eas?.mailbox.address ?? eas?.mailbox.upn ?? null,
      mailboxId,
    },
    device: { type: eas?.device.type ?? null, model: eas?.device.model ?? null },
    action,
    from,
    to,
    rule: decision.rule,
    reason: { code: decision.reason.code, text: decision.reason.text },
  };
}
