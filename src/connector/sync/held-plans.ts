/**
 * Plans that wait for a person.
 * In: a staged plan and what guard and brake say of it; a person's word. Out: the plan as it is held. Changes: plans, what is
 * told of them, outbox, audit.
 */
import { approved } from '../../access/approvals.ts';
import type { PlanVerdict } from '../../access/brake.ts';
import { onlyOf } from '../../access/mailbox-counts.ts';
import { PlanTally } from '../../access/plan-tally.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { ConnectorError } from '../../errors.ts';
import type { HeldChangeFilter, Store, StoreParts } from '../../store/store.ts';
import type { SyncOutcome } from './decide-sync.ts';
import type { ToldNews } from './device-news.ts';
import { owedAs, owePlan, settlePlan, untilTold } from './owed-news.ts';
import type { StagedPlan } from './staged-plan.ts';
import { asJson, heldChangeOf, keptHead, mailboxesOf } from './stored-changes.ts';
import type { KeptHead } from './stored-changes.ts';
import type { SwitchParts } from './switch-parts.ts';
import { refusal, refused } from '../../model/refusals.ts';

/** Changes that are handed on in one transaction. */
const PAGE = 500;

/*
 *   A sync about every device:
 *
 *   this sync holds           its changes are   the older held plan   this plan's rows
 *   nothing                   in memory         goes                  –
 *   nothing                   rows              goes                  valid, what goes of them
 *   the same as the older     in memory         stays held            –
 *   the same as the older     rows              stays held            valid, what goes of them
 *   something else            either            goes                  valid, held, and what goes of them if they are rows
 *
 *   A sync about some devices, and the older plan has changes for others: of both together
 *
 *   the same as the older     either            stays held            as above
 *   nothing, something else   either            goes                  valid, with the rows of the older one but for those that
 *                                                                     were decided anew; of what is not held any more they go
 */

/**
 * Makes a staged plan valid, in one transaction, in place of the organization's older one: this sync has decided anew, so an
 * older plan must not be approved any more. A plan that asks for the same as the older one is that one.
 * @param held the head of what it holds; null: nothing
 * @param also what happens in the same transaction
 * @returns the head of what is held now, and what is told of it; null: a person knows of it
 */
export async function makeValid(
  { store, flow, now }: Pick<SwitchParts, 'store' | 'flow' | 'now'>,
  plan: StagedPlan,
  verdict: PlanVerdict,
  { held, older: goesOn }: Pick<SyncOutcome, 'held' | 'older'>,
  also: (parts: StoreParts) => Promise<void>,
): Promise<{ held: KeptHead | null; told: ToldNews | null }> {
  const { id, organization, at } = plan.head;
  const older = (await store.plans.list()).filter((row) => row.organization === organization);
  const same = held === null ? null : (older.map(keptHead).find((known) => isSame(known, held)) ?? null);
  const isNew = held !== null && same === null;
  const takesOver = same === null && goesOn !== null && goesOn.rest.count > 0 ? goesOn : null;
  const gone = older.filter((row) => row.id !== same?.id);
  if (!isNew && !plan.areRows && gone.length === 0) {
    await store.together(also);
    return { held: same, told: null };
  }
  if (isNew || takesOver !== null) await plan.keepHeld(verdict);
  const classes = plan.classesBy(verdict, takesOver?.rest.classes);
  let told: ToldNews | null = null;
  const keepAll = async (parts: StoreParts): Promise<void> => {
    if (takesOver !== null) await parts.plans.takeOver(id, takesOver.id, takesOver.without);
    if (gone.length > 0) await parts.plans.removeOthers(organization, same?.id ?? null);
    for (const { id: other } of gone) await settlePlan(parts, other);
    if (isNew || plan.areRows || takesOver !== null) {
      const head = { id, organization, at, reason: held?.reason.code ?? '', plan: asJson(held ?? {}) };
      await parts.plans.validate(head, {
        held: isNew ? classes.held : [],
        goes: plan.areRows || takesOver !== null ? classes.goes : [],
      });
    }
    await also(parts);
    told = isNew ? await owePlan(parts, { flow, now }, held) : null;
  };
  await untilTold(
    { flow },
    () => owedAs(told),
    async () => {
      await store.together(keepAll);
      await store.plans.clear();
    },
  );
  return { held: same ?? held, told };
}

/** Compared by their reason and by what they ask for: a person need not be told of it again. */
function isSame(older: KeptHead | null, held: KeptHead): older is KeptHead {
  return older !== null && older.reason.code === held.reason.code && older.digest === held.digest;
}

/** Drops every plan an organization has, held or on its way into the outbox. */
export async function dropPlans(store: Pick<Store, 'plans' | 'together'>, organization: string): Promise<void> {
  const held = (await store.plans.list()).filter((row) => row.organization === organization);
  await store.together(async ({ plans, announcements }) => {
    await plans.removeOthers(organization, null);
    for (const { id } of held) await settlePlan({ announcements }, id);
  });
  await store.plans.clear();
}

/**
 * The head of the held plan with this id.
 * Throws ERR_PLAN_FOREIGN for another organization's plan, ERR_STORE_VERSION for one that this version cannot read, and
 * ERR_PLAN_UNKNOWN.
 */
export async function findPlan({ plans }: Pick<Store, 'plans'>, organization: string, id: string): Promise<KeptHead> {
  const row = await plans.held(id);
  if (row !== null && row.organization !== organization)
    throw new ConnectorError('ERR_PLAN_FOREIGN', refusal('foreign-plan', { id }), { details: { id } });
  const head = row === null ? null : keptHead(row);
  if (row !== null && head === null)
    throw new ConnectorError('ERR_STORE_VERSION', refusal('old-plan', { id }), {
      details: { id },
    });
  if (head !== null) return head;
  const waiting = (await plans.list()).filter((one) => one.organization === organization).map((one) => one.id);
  const held = waiting.length === 0 ? refused('none-held') : refused('held', { ids: waiting });
  throw new ConnectorError('ERR_PLAN_UNKNOWN', refusal('no-plan', { id, held }), { details: { id } });
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
  await store.together(async (parts) => {
    await auditVerdict(parts, held, 'discard', by, held.count);
    await parts.plans.remove(held.id);
    await settlePlan(parts, held.id);
  });
  await store.plans.clear();
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
  handOn: (parts: StoreParts, changes: readonly PlannedChange[]) => Promise<void>,
): Promise<number> {
  const filter = part ?? {};
  const count = await store.plans.count(held.id, filter);
  if (count === 0) return 0;
  await store.together(async (parts) => {
    await auditVerdict(parts, held, 'approve', by, count);
    await settlePlan(parts, held.id);
  });
  const approval = { at: by.at, by: by.person ?? 'unknown', plan: held.id, reason: held.reason.code };
  const taken = new PlanTally();
  for (let after = ''; ;) {
    const page = await store.plans.changes(held.id, { ...filter, after, limit: PAGE });
    if (page.length === 0) break;
    const changes = page.flatMap((row) => heldChangeOf(row) ?? []);
    for (const change of changes) taken.add(change);
    await store.together(async (parts) => {
      await handOn(
        parts,
        changes.map((change) => approved(change, approval)),
      );
      await parts.plans.take(
        held.id,
        page.map(({ key }) => key),
      );
    });
    after = page.at(-1)!.key;
  }
  if ((await store.plans.count(held.id)) > 0) {
    await store.plans.update(held.id, asJson(await headOfRest(store, held, taken)));
    return count;
  }
  await store.plans.remove(held.id);
  await store.plans.clear();
  return count;
}

/** What is left of a plan is a plan of its own: a sync that asks for the same keeps it. */
async function headOfRest(store: Pick<Store, 'plans'>, held: KeptHead, taken: PlanTally): Promise<KeptHead> {
  const { plans } = store;
  const rest = new PlanTally();
  for (const row of await plans.changes(held.id, { limit: PAGE })) {
    const change = heldChangeOf(row);
    if (change !== null) rest.add(change);
  }
  const left = taken.leftOf({ ...held, classes: held.classes ?? [] }, rest);
  const names = new Set(left.classes.map(({ name }) => name));
  return { ...held, ...left, mailboxes: onlyOf(await mailboxesOf(store, held.id), names) };
}

async function auditVerdict(
  { audit }: Pick<StoreParts, 'audit'>,
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
