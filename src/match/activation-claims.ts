/** Match rule 2: what the activations of a mailbox claim of its user's MDM records. */
import { platformOf } from '../model/eas-client.ts';
import { foldEasId } from '../model/keys.ts';
import type { Activation, Platform } from '../model/records.ts';
import { mayBeSince, OWN_CLOCK } from '../model/server-clock.ts';
import type { EasEntry } from './eas-index.ts';
import { compareModels } from './device-model.ts';
import type { KeptClaim } from './kept-claims.ts';
import type { MdmClocks } from './mdm-clocks.ts';
import type { MdmIndex } from './mdm-index.ts';

/** What an activation comes to. Rows are rows of the {@link MdmIndex}. */
export type Claim =
  | { readonly kind: 'merge'; readonly row: number; readonly late: boolean; readonly clickedAt: number }
  | {
      readonly kind: 'hold';
      readonly why: 'several' | 'contested' | 'late' | 'contradiction';
      readonly rows: readonly number[];
    }
  /** Another EAS ID (folded) has the record that would fit; `lost`: by a later click, where that is all that is known. */
  | { readonly kind: 'taken' | 'lost'; readonly row: number; readonly by: string; readonly clickedAt: number }
  | { readonly kind: 'waiting'; readonly clickedAt: number };

/** One EAS ID that its user activated. */
interface OpenClaim {
  readonly easId: string;
  /** Milliseconds since 1970, ascending. */
  readonly clicks: readonly number[];
  after: number[];
  before: number[];
  readonly refused: number[];
  readonly contradicting: number[];
  /** What the past says is its own, and nothing contradicts: whenever it was enrolled. */
  readonly kept: KeptClaim | null;
  /** Rows that it could have had, and who has them. */
  readonly lost: Map<number, string>;
}

/** What {@link resolveClaims} looks at. */
export interface ClaimScene {
  readonly mdm: MdmIndex;
  readonly clocks: MdmClocks;
  /** Activations of this mailbox; several of one EAS ID all count. */
  readonly activations: readonly Activation[];
  /** EAS records of this mailbox, by folded EAS ID: only these can claim. */
  readonly entries: ReadonlyMap<string, EasEntry>;
  /** Rows of the mailbox's user that may be claimed: managed, without EAS ID. */
  readonly rows: readonly number[];
  /** True if a person paired the row with another EAS record than that of an EAS ID (folded): it is no choice for that one. */
  readonly isPairedElsewhere: (row: number, easId: string) => boolean;
  readonly lateActivation: boolean;
  /** A click claims what is enrolled within {@link CLICK_WINDOW_MS}; false: whatever is enrolled after it. */
  readonly window: boolean;
  /** Rows that the activation of an EAS ID (folded) was merged with before: they stay. */
  readonly kept: ReadonlyMap<string, KeptClaim>;
  /** True for the phone of another account of the mailbox, enrolled again: it is claimed only where it stays. */
  readonly isRenewed: (row: number) => boolean;
  /** EAS IDs (folded) of which nobody knows whether they are one phone, by what they are called together: the last click wins. */
  readonly lastWins: ReadonlyMap<string, string>;
  /** When a record passed last from one of those to another, milliseconds since 1970; 0: never. */
  readonly partedAt: (group: string, row: number) => number;
  /** False: its MDM tells the EAS IDs of such devices, so one that was enrolled before the click is another one. */
  readonly mayBeLate: (row: number) => boolean;
}

/** Where the last click wins, a record changes hands once in so long. */
const CHANGE_AGAIN_MS = 30 * 24 * 3_600_000;

/** So long after the click an enrollment is its outcome: later ones are of other phones. */
export const CLICK_WINDOW_MS = 14 * 24 * 3_600_000;

/*
 * When a record was enrolled, to the clicks on one EAS ID's links. The click is by our clock, the enrollment by the MDM's: what
 * may have been after the click, or within the days, was. So the phone that was enrolled for a click is not shut out because a
 * clock is off; who clicks is the user of all these records, and of two that fit none is taken.
 *
 *   may be within 14 days after one of them      after
 *   not so, but before one of them, or unknown   before
 *   later than 14 days after the last one        out: not looked at
 *
 * For one activation, the user's records that report no EAS ID of their own, and are not paired with another one:
 *
 *   after                      before                 model           outcome
 *   any, and it was merged with one of them, or       not different   merge: it stays, however it was enrolled, and
 *   with one that is out, by an activation before                     whatever else there is now
 *   exactly one                any                    not different   merge
 *   several                    any                    not different   hold: several
 *   none                       exactly one, and late  not different   merge (late)
 *   none                       several, and late      not different   hold: several
 *   none                       only such as may not   not different   hold: late
 *                              be late, and late
 *   only such as another one   any                    not different   taken
 *   has, or none, and late     only such
 *   none fits                  none fits              one differs     hold: contradiction
 *   none                       none                   –               waiting
 *
 * Several activations of one mailbox are settled together: a record that stays with one, or is the only choice of one, is no
 * choice for the others; the only choice of two is contested, and both are held.
 *
 * Of those that are called together in `lastWins` the last click wins:
 *
 *   a record                             then
 *   stays with one, and another one's    it is that one's, unless the record has passed from one of them to another within the
 *   last click is later                  30 days before that click, or since
 *   is the only choice of several        it is that of the one whose last click is later than all others'; of equal ones: contested
 *   went to another one by that          lost
 */

/** The outcome for each activated EAS ID of a mailbox (folded). The order of activations and rows does not matter. */
export function resolveClaims(scene: ClaimScene): Map<string, Claim> {
  const open = clicksOf(scene).map((click) => openClaim(scene, click));
  const outcome = new Map<string, Claim>();
  win(handedOn(staying(open), open, scene), open, outcome, scene);
  for (let settled = true; settled;) settled = settleSingles(open, outcome, scene);
  const choices = open.filter((claim) => !outcome.has(claim.easId));
  for (const claim of choices) outcome.set(claim.easId, heldOrWaiting(claim, { choices, open }, scene));
  return outcome;
}

/*
 *   activations that were merged with one record before    it stays with
 *   one                                                    that one
 *   one is one with it still, others were                  the one that is
 *   several were                                           the one that was last; at the same time, the first by EAS ID
 */

function staying(open: readonly OpenClaim[]): Map<number, OpenClaim> {
  const best = new Map<number, OpenClaim>();
  for (const claim of [...open].sort((a, b) => (a.easId < b.easId ? -1 : 1))) {
    if (claim.kept === null) continue;
    const other = best.get(claim.kept.row)?.kept;
    if (other === undefined || other === null || claim.kept.until > other.until) best.set(claim.kept.row, claim);
  }
  return best;
}

/** What stays, but for what a later click takes. */
function handedOn(
  stays: ReadonlyMap<number, OpenClaim>,
  open: readonly OpenClaim[],
  scene: ClaimScene,
): Map<number, OpenClaim> {
  const best = new Map(stays);
  for (const [row, holder] of stays) {
    const group = scene.lastWins.get(holder.easId);
    if (group === undefined) continue;
    const last = lastClicked(open.filter((claim) => claim === holder || wants(claim, row, group, scene)));
    if (last === null || last === holder || [...best.values()].includes(last)) continue;
    const parted = scene.partedAt(group, row);
    if (!(parted > lastClickOf(last) - CHANGE_AGAIN_MS)) best.set(row, last);
  }
  return best;
}

function wants(claim: OpenClaim, row: number, group: string, { lastWins, lateActivation }: ClaimScene): boolean {
  if (lastWins.get(claim.easId) !== group) return false;
  return claim.after.includes(row) || (lateActivation && claim.before.includes(row));
}

/** The one that was clicked last; null: several were, at the same time. */
function lastClicked(claims: readonly OpenClaim[]): OpenClaim | null {
  const last = Math.max(...claims.map(lastClickOf));
  const those = claims.filter((claim) => lastClickOf(claim) === last);
  return those.length === 1 ? those[0]! : null;
}

function lastClickOf({ clicks }: OpenClaim): number {
  return clicks.at(-1) ?? Number.NaN;
}

/** An activated EAS ID, and what was clicked when. */
interface Clicked {
  readonly entry: EasEntry;
  readonly clicks: number[];
  /** Of the first click. */
  userAgent: string | null;
}

function clicksOf(scene: ClaimScene): Clicked[] {
  const clicked = new Map<string, Clicked>();
  for (const { easId, at, userAgent } of scene.activations) {
    const entry = scene.entries.get(foldEasId(easId));
    const clickedAt = Date.parse(at);
    // A client that is not the platform's own can never match, whoever clicked.
    if (!entry || entry.native === false || Number.isNaN(clickedAt)) continue;
    const known = clicked.get(entry.easId) ?? { entry, clicks: [], userAgent };
    if (known.clicks.every((other) => clickedAt < other)) known.userAgent = userAgent;
    known.clicks.push(clickedAt);
    clicked.set(entry.easId, known);
  }
  for (const { clicks } of clicked.values()) clicks.sort((a, b) => a - b);
  return [...clicked.values()];
}

function openClaim(scene: ClaimScene, { entry, clicks, userAgent }: Clicked): OpenClaim {
  const { mdm } = scene;
  const platform = entry.platform ?? phonePlatform(userAgent);
  const kept = scene.kept.get(entry.easId);
  let stays: KeptClaim | null = null;
  const rows = {
    after: [] as number[],
    before: [] as number[],
    refused: [] as number[],
    contradicting: [] as number[],
  };
  for (const row of scene.rows) {
    if (scene.isPairedElsewhere(row, entry.easId)) continue;
    const when = enrolled(scene, clicks, row).when;
    if (mdm.platform(row) !== platform) {
      // Clicked on one platform, enrolled on another: somebody should look. An older device of another platform is just another device.
      if (when === 'after' && isPhone(mdm.platform(row))) rows.contradicting.push(row);
      continue;
    }
    const differs = compareModels(platform, entry.model, mdm.model(row)) === 'different';
    if (row === kept?.row && !differs) stays = kept;
    if (when === 'out' || scene.isRenewed(row)) continue;
    if (differs) rows.contradicting.push(row);
    else if (when === 'before' && !scene.mayBeLate(row)) rows.refused.push(row);
    else rows[when].push(row);
  }
  return { easId: entry.easId, clicks, ...rows, kept: stays, lost: new Map() };
}

/** When a row was enrolled, and the click that counts: the last one before it, else the first one after it. */
function enrolled(
  { mdm, clocks, window }: Pick<ClaimScene, 'mdm' | 'clocks' | 'window'>,
  clicks: readonly number[],
  row: number,
): { readonly when: 'after' | 'before' | 'out'; readonly click: number } {
  const [at, clock] = [mdm.enrolledAt(row), clocks.of(row)];
  // Graph gives enrollment times in whole seconds: one in the second of the click came after it.
  const isAfter = (click: number): boolean =>
    !Number.isNaN(at) && mayBeSince(at, clock, Math.floor(click / 1000) * 1000, OWN_CLOCK);
  const earlier = clicks.findLast(isAfter);
  const later = clicks.find((click) => !isAfter(click));
  if (earlier !== undefined && (!window || mayBeSince(earlier + CLICK_WINDOW_MS, OWN_CLOCK, at, clock)))
    return { when: 'after', click: earlier };
  if (later !== undefined) return { when: 'before', click: later };
  return { when: 'out', click: earlier ?? Number.NaN };
}

// The link may be opened on a desktop; only a phone's browser says something about the phone. Without any sign it is an
// Android: those are the ones that need the link.
function phonePlatform(userAgent: string | null): Platform {
  return platformOf(userAgent) === 'ios' ? 'ios' : 'android';
}

function isPhone(platform: Platform): boolean {
  return platform === 'ios' || platform === 'android';
}

function choicesOf(claim: OpenClaim, lateActivation: boolean): readonly number[] {
  return claim.after.length > 0 || !lateActivation ? claim.after : claim.before;
}

function settleSingles(open: readonly OpenClaim[], outcome: Map<string, Claim>, scene: ClaimScene): boolean {
  const claimants = new Map<number, OpenClaim[]>();
  for (const claim of open) {
    const choices = choicesOf(claim, scene.lateActivation);
    if (outcome.has(claim.easId) || choices.length !== 1) continue;
    claimants.set(choices[0]!, [...(claimants.get(choices[0]!) ?? []), claim]);
  }
  const won = [...claimants].flatMap(([row, claims]) => {
    const winner = onlyOne(claims, scene);
    return winner === null ? [] : [[row, winner] as const];
  });
  win(new Map(won), open, outcome, scene);
  return won.length > 0;
}

function onlyOne(claims: readonly OpenClaim[], { lastWins }: ClaimScene): OpenClaim | null {
  if (claims.length === 1) return claims[0]!;
  const groups = new Set(claims.map(({ easId }) => lastWins.get(easId)));
  return groups.size === 1 && !groups.has(undefined) ? lastClicked(claims) : null;
}

/** Gives rows to claims, and takes them from the others. */
function win(
  won: ReadonlyMap<number, OpenClaim>,
  open: readonly OpenClaim[],
  outcome: Map<string, Claim>,
  scene: ClaimScene,
): void {
  for (const [row, { easId, clicks }] of won) {
    const { when, click } = enrolled(scene, clicks, row);
    outcome.set(easId, { kind: 'merge', row, late: when === 'before', clickedAt: click });
  }
  for (const claim of open) {
    if (outcome.has(claim.easId)) continue;
    const kept = claim.kept !== null && scene.lastWins.has(claim.easId) ? [claim.kept.row] : [];
    for (const row of [...claim.after, ...(scene.lateActivation ? claim.before : []), ...kept]) {
      const by = won.get(row);
      if (by !== undefined) claim.lost.set(row, by.easId);
    }
    claim.after = claim.after.filter((row) => !won.has(row));
    claim.before = claim.before.filter((row) => !won.has(row));
  }
}

function isLost(claim: OpenClaim, by: string, open: readonly OpenClaim[], { lastWins }: ClaimScene): boolean {
  const group = lastWins.get(claim.easId);
  const winner = open.find(({ easId }) => easId === by);
  if (group === undefined || group !== lastWins.get(by) || winner === undefined) return false;
  return lastClickOf(winner) > lastClickOf(claim);
}

function heldOrWaiting(
  claim: OpenClaim,
  { choices, open }: { readonly choices: readonly OpenClaim[]; readonly open: readonly OpenClaim[] },
  scene: ClaimScene,
): Claim {
  const rows = choicesOf(claim, scene.lateActivation);
  const clickedAt = lastClickOf(claim);
  if (rows.length > 1) return { kind: 'hold', why: 'several', rows };
  if (rows.length === 1) {
    const rivals = choices.filter(
      (other) => other !== claim && choicesOf(other, scene.lateActivation).includes(rows[0]!),
    );
    if (rivals.length > 0) return { kind: 'hold', why: 'contested', rows };
  }
  if (scene.lateActivation && claim.refused.length > 0) return { kind: 'hold', why: 'late', rows: claim.refused };
  const lost = scene.mdm.byKeyOrder([...claim.lost.keys()])[0];
  if (lost !== undefined) {
    const by = claim.lost.get(lost)!;
    return { kind: isLost(claim, by, open, scene) ? 'lost' : 'taken', row: lost, by, clickedAt };
  }
  if (claim.contradicting.length > 0) return { kind: 'hold', why: 'contradiction', rows: claim.contradicting };
  return { kind: 'waiting', clickedAt };
}
