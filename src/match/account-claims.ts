/** Whose a click is where a mailbox has several Android accounts of one model: see accounts.ts. Pure. */
import { foldEasId } from '../model/keys.ts';
import type { Activation } from '../model/records.ts';
import { askFrom, isToldSince, passesFrom } from './accounts.ts';
import type { Account, Holding } from './accounts.ts';
import { resolveClaims } from './activation-claims.ts';
import type { Claim, ClaimScene } from './activation-claims.ts';
import type { KeptClaim } from './kept-claims.ts';
import type { PastMerge } from './past.ts';

/*
 * A click on the link of an account that is left, at c. n: the newest account, F: its first sync, see accounts.ts. It holds an
 * MDM record if it was merged with one by a link, and nobody else is by now.
 *
 *   the accounts are   it holds one           c              Exchange told of it       counts for
 *   one phone's        no                     before F       –                         nobody
 *   one phone's        no                     F or later     at c or later             n
 *   one phone's        no                     F or later     not since                 nobody yet
 *   one phone's        yes, and it passes     before F       –                         nobody
 *   one phone's        yes, and it passes     F or later     –                         n
 *   one phone's        yes, and it stays      any            –                         itself
 *   any other          no                     any            –                         nobody
 *   any other          yes                    any            –                         itself
 *
 * A record passes from a left account to n if a link of theirs was opened at F or later, Exchange told of that account after the
 * last such click and after long enough a silence (`passesFrom`), and n then gets this record and no other.
 *
 * It passes back where that was wrong: the older account has tried to sync after the first sync of the one that got its record.
 */

/** What claims come to, and what is to be known of the accounts for it. */
export interface AccountClaims {
  /** By EAS ID (folded). */
  readonly claims: Map<string, Claim>;
  /** Accounts (EAS IDs, folded) for which Exchange is worth asking, from when on: milliseconds since 1970. */
  readonly asks: ReadonlyMap<string, number>;
}

/** What the claims of a mailbox are made from. */
export interface AccountClaimScene extends Omit<ClaimScene, 'lastWins' | 'partedAt'> {
  readonly accounts: ReadonlyMap<string, Account>;
  /** The last merge of an EAS ID (folded). */
  readonly pastOf: (easId: string) => PastMerge | null;
}

/** The outcome for each activated EAS ID of a mailbox, its accounts taken into account. */
export function resolveAccountClaims(scene: AccountClaimScene): AccountClaims {
  const { accounts } = scene;
  if (accounts.size === 0) return { claims: resolveClaims({ ...scene, ...NO_GROUPS }), asks: new Map() };
  const clicks = clicksOf(scene);
  const kept = withoutReturned(scene);
  const holdings = holdingsOf(scene, kept);
  const passing = new Map<string, KeptClaim>();
  for (const [easId, account] of accounts) {
    const holding = holdings.get(easId);
    if (account.state !== 'left' || holding === undefined) continue;
    const from = passesFrom(account, holding, clicks.ofGroup(account));
    if (from !== null && isToldSince(account, from)) passing.set(easId, kept.get(easId)!);
  }
  let claims = resolveWith(scene, kept, holdings, passing);
  for (
    let stays = stayingOf(passing, claims, accounts);
    stays.length > 0;
    stays = stayingOf(passing, claims, accounts)
  ) {
    for (const easId of stays) passing.delete(easId);
    claims = resolveWith(scene, kept, holdings, passing);
  }
  const asks = new Map<string, number>();
  for (const [easId, account] of accounts) {
    if (passing.has(easId)) continue;
    const all = clicks.ofGroup(account);
    const at = askFrom(account, { holding: holdings.get(easId) ?? null, own: clicks.of(easId), all });
    if (at !== null) asks.set(easId, at);
  }
  return { claims, asks };
}

const NO_GROUPS = { lastWins: new Map<string, string>(), partedAt: (): number => 0 };

function resolveWith(
  scene: AccountClaimScene,
  kept: ReadonlyMap<string, KeptClaim>,
  holdings: ReadonlyMap<string, Holding>,
  passing: ReadonlyMap<string, KeptClaim>,
): Map<string, Claim> {
  const activations = scene.activations.flatMap((activation) => {
    const easId = whoseClick(scene, activation, holdings, passing);
    return easId === null ? [] : [easId === activation.easId ? activation : { ...activation, easId }];
  });
  const stays = new Map([...kept].filter(([easId]) => !passing.has(easId)));
  return resolveClaims({ ...scene, activations, kept: stays, ...lastClicks(scene) });
}

/** Null: nobody's, or nobody's yet. */
function whoseClick(
  { accounts }: AccountClaimScene,
  { easId, at }: Activation,
  holdings: ReadonlyMap<string, Holding>,
  passing: ReadonlyMap<string, KeptClaim>,
): string | null {
  const own = foldEasId(easId);
  const account = accounts.get(own);
  if (account?.state !== 'left') return easId;
  const { newest, since, whose } = account.group;
  const isHeld = holdings.has(own);
  if (isHeld && !passing.has(own)) return easId;
  const clickedAt = Date.parse(at);
  if (whose !== 'one' || !(clickedAt >= since)) return null;
  return isHeld || isToldSince(account, clickedAt) ? newest : null;
}

/** Accounts whose record would pass, but the newest gets none, or another one. */
function stayingOf(
  passing: ReadonlyMap<string, KeptClaim>,
  claims: ReadonlyMap<string, Claim>,
  accounts: ReadonlyMap<string, Account>,
): string[] {
  return [...passing].flatMap(([easId, { row }]) => {
    const claim = claims.get(accounts.get(easId)!.group.newest);
    return claim?.kind === 'merge' && claim.row === row ? [] : [easId];
  });
}

/** Those that hold an MDM record: the last one that it was merged with. */
function holdingsOf(
  { accounts, pastOf }: AccountClaimScene,
  kept: ReadonlyMap<string, KeptClaim>,
): Map<string, Holding> {
  const holdings = new Map<string, Holding>();
  for (const [easId, { row, until }] of kept) {
    const past = pastOf(easId);
    const isLast = [...kept].every(([other, of]) => other === easId || of.row !== row || of.until < until);
    if (past === null || !isLast || !accounts.has(easId)) continue;
    holdings.set(easId, { since: Date.parse(past.since) });
  }
  return holdings;
}

/** A record that passed to an account by the silence of an older one, which has tried again since: it is the older one's. */
function withoutReturned({ accounts, kept, pastOf }: AccountClaimScene): Map<string, KeptClaim> {
  const stays = new Map(kept);
  for (const [easId, { firstSyncAt, group }] of accounts) {
    const past = kept.has(easId) ? pastOf(easId) : null;
    if (past?.until !== null) continue;
    const isBack = [...accounts].some(([older, one]) => {
      const before = one.group === group && one.firstSyncAt < firstSyncAt && kept.has(older) ? pastOf(older) : null;
      if (before?.mdmKey !== past.mdmKey || before.until !== past.since) return false;
      return (one.attempt?.lastAttemptAt ?? Number.NaN) > firstSyncAt;
    });
    if (isBack) stays.delete(easId);
  }
  return stays;
}

/** Where Exchange tells of no attempts: who rivals whom, and when a record passed last from one of them to another. */
function lastClicks({ accounts, pastOf, mdm }: AccountClaimScene): Pick<ClaimScene, 'lastWins' | 'partedAt'> {
  const lastWins = new Map<string, string>();
  for (const [easId, { group, state }] of accounts)
    if (group.whose === 'untold' && state !== 'left') lastWins.set(easId, group.newest);
  if (lastWins.size === 0) return NO_GROUPS;
  const partedAt = (group: string, row: number): number => {
    const pasts = [...lastWins].flatMap(([easId, of]) => (of === group ? (pastOf(easId) ?? []) : []));
    const had = pasts.filter(({ mdmKey }) => mdmKey === mdm.key(row));
    // It changed hands where it was parted from one and became one with another in the same match.
    const parted = had.filter(({ until }) => had.some(({ since }) => since === until));
    return Math.max(0, ...parted.map(({ until }) => Date.parse(until ?? '')));
  };
  return { lastWins, partedAt };
}

/** Times of clicks on the links of accounts, ascending. */
function clicksOf({ activations, accounts }: AccountClaimScene): {
  of: (easId: string) => number[];
  ofGroup: (account: Account) => number[];
} {
  const all = activations.map(({ easId, at }) => ({ easId: foldEasId(easId), at: Date.parse(at) }));
  const sorted = all.filter(({ at }) => !Number.isNaN(at)).sort((a, b) => a.at - b.at);
  return {
    of: (easId) => sorted.filter((click) => click.easId === easId).map(({ at }) => at),
    ofGroup: ({ group }) => sorted.filter((click) => accounts.get(click.easId)?.group === group).map(({ at }) => at),
  };
}
