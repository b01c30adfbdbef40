/** Plans that wait for a person: held, kept while nothing new is in them, approved, discarded. */
import { approve, discard } from '../../access/brake.ts';
import type { HeldPlan } from '../../access/brake.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import type { Json, Store } from '../../store/store.ts';

/**
 * Holds what a sync held, in place of the organization's older plan: this sync has decided about every device anew, so
 * an older plan must not be approved any more. A plan that asks for the same as the older one keeps its id.
 * @returns the plan as it is held, and whether a person has to be told of it
 */
export async function holdPlan(
  store: Store,
  organization: string,
  held: HeldPlan | null,
): Promise<{ held: HeldPlan | null; isNew: boolean }> {
  const older = (await store.plans.list()).filter((plan) => plan.organization === organization);
  const same =
    held === null
      ? undefined
      : older.find(({ reason, plan }) => reason === held.reason.code && asksFor(plan) === asksFor(held));
  for (const { id } of older) if (id !== same?.id) await store.plans.remove(id);
  if (held === null) return { held: null, isNew: false };
  const kept = same === undefined ? held : { ...held, id: same.id };
  await store.plans.hold({
    id: kept.id,
    organization,
    at: kept.at,
    reason: kept.reason.code,
    plan: kept as unknown as Json,
  });
  return { held: kept, isNew: same === undefined };
}

/** Drops every plan an organization has held. */
export async function dropPlans(store: Store, organization: string): Promise<void> {
  await holdPlan(store, organization, null);
}

/**
 * Takes the plan with this id out of the store.
 * Throws ERR_PLAN_FOREIGN for another organization's plan, which stays held, and ERR_PLAN_UNKNOWN.
 */
export async function takePlan(store: Store, organization: string, id: string): Promise<HeldPlan> {
  const held = await store.plans.held(id);
  if (held !== null && held.organization !== organization)
    throw new ConnectorError('ERR_PLAN_FOREIGN', `Plan "${id}" is not for this access switch.`, { details: { id } });
  if (held !== null && (await store.plans.remove(id))) return held.plan as unknown as HeldPlan;
  const waiting = (await store.plans.list())
    .filter((plan) => plan.organization === organization)
    .map((plan) => plan.id);
  const seen = waiting.length === 0 ? 'No plan is held.' : `Held: ${waiting.join(', ')}.`;
  throw new ConnectorError('ERR_PLAN_UNKNOWN', `Plan "${id}" is not held. ${seen}`, { details: { id } });
}

/** Approves or discards a plan that was taken, and says so in the audit. Returns its changes. */
export async function settlePlan(
  store: Store,
  held: HeldPlan,
  verdict: 'approve' | 'discard',
  who: { readonly node: string; readonly person: string | null },
): Promise<readonly PlannedChange[]> {
  const changes = verdict === 'approve' ? approve(held, held.id, who.person) : discard(held, held.id);
  await store.audit.append([
    {
      at: new Date().toISOString(),
      who: who.person ?? who.node,
      what: verdict,
      deviceKey: null,
      organization: held.organization,
      rule: null,
      reason: held.reason.code,
      evidence: [held.reason.text],
      before: { plan: held.id, heldAt: held.at, changes: changes.length },
      after: null,
      approvedBy: verdict === 'approve' ? (who.person ?? 'unknown') : null,
    },
  ]);
  return changes;
}

function asksFor(plan: unknown): string {
  const { changes } = plan as HeldPlan;
  return JSON.stringify(changes.map(({ key, action, decision }) => `${action} ${decision.reason.code} ${key}`).sort());
}
