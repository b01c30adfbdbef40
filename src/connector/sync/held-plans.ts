/**
 * Plans that wait for a person.
 * In: a plan that guard or brake holds; a person's word. Out: the plan as it is held, its changes. Changes: held plans, audit.
 */
import { approve, discard } from '../../access/brake.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { asJson, keptPlan } from './stored-changes.ts';
import type { KeptPlan } from './stored-changes.ts';

/**
 * Holds what a sync held, in place of the organization's older plan: this sync has decided about every device anew, so
 * an older plan must not be approved any more. A plan that asks for the same as the older one keeps its id.
 * @returns the plan as it is held, and whether a person has to be told of it
 */
export async function holdPlan(
  { plans }: Pick<Store, 'plans'>,
  organization: string,
  held: KeptPlan | null,
): Promise<{ held: KeptPlan | null; isNew: boolean }> {
  const older = (await plans.list()).filter((row) => row.organization === organization);
  const same = held === null ? undefined : older.find((row) => isSame(keptPlan(row), held));
  for (const { id } of older) if (id !== same?.id) await plans.remove(id);
  if (held === null) return { held: null, isNew: false };
  const kept = same === undefined ? held : { ...held, id: same.id };
  await plans.hold({ id: kept.id, organization, at: kept.at, reason: kept.reason.code, plan: asJson(kept) });
  return { held: kept, isNew: same === undefined };
}

/** Drops every plan an organization has held. */
export async function dropPlans(store: Pick<Store, 'plans'>, organization: string): Promise<void> {
  await holdPlan(store, organization, null);
}

/**
 * Takes the plan with this id out of the store.
 * Throws ERR_PLAN_FOREIGN for another organization's plan and ERR_STORE_VERSION for one that this version cannot read, which
 * both stay held, and ERR_PLAN_UNKNOWN.
 */
export async function takePlan({ plans }: Pick<Store, 'plans'>, organization: string, id: string): Promise<KeptPlan> {
  const row = await plans.held(id);
  if (row !== null && row.organization !== organization)
    throw new ConnectorError('ERR_PLAN_FOREIGN', `Plan "${id}" is not for this access switch.`, { details: { id } });
  const plan = row === null ? null : keptPlan(row);
  if (row !== null && plan === null)
    throw new ConnectorError('ERR_STORE_VERSION', `Plan "${id}" is not one that this version can read.`, {
      details: { id },
    });
  if (plan !== null && (await plans.remove(id))) return plan;
  const waiting = (await plans.list()).filter((one) => one.organization === organization).map((one) => one.id);
  const seen = waiting.length === 0 ? 'No plan is held.' : `Held: ${waiting.join(', ')}.`;
  throw new ConnectorError('ERR_PLAN_UNKNOWN', `Plan "${id}" is not held. ${seen}`, { details: { id } });
}

/** Approves or discards a plan that was taken, and says so in the audit. Returns its changes. */
export async function settlePlan(
  { audit }: Pick<Store, 'audit'>,
  held: KeptPlan,
  verdict: 'approve' | 'discard',
  by: {
    /** Who acts if no person is named. */
    readonly who: string;
    readonly person: string | null;
    /** ISO 8601 UTC. */
    readonly at: string;
  },
): Promise<readonly PlannedChange[]> {
  const changes = verdict === 'approve' ? approve(held, held.id, by.person) : discard(held, held.id);
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
      before: { plan: held.id, heldAt: held.at, changes: changes.length },
      after: null,
      approvedBy: verdict === 'approve' ? (by.person ?? 'unknown') : null,
    },
  ]);
  return changes;
}

/** Compared by their reason and by what they ask for: a person need not be told of it again. */
function isSame(older: KeptPlan | null, held: KeptPlan): boolean {
  return older !== null && older.reason.code === held.reason.code && asksFor(older) === asksFor(held);
}

function asksFor({ changes }: KeptPlan): string {
  return JSON.stringify(changes.map(({ key, action, decision }) => `${action} ${decision.reason.code} ${key}`).sort());
}
