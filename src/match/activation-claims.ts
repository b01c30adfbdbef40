/** Match rule 2: what the activations of a mailbox claim of its user's MDM records. */
import { platformOf } from '../model/eas-client.ts';
import { foldEasId } from '../model/keys.ts';
import type { Activation, Platform } from '../model/records.ts';
import type { EasEntry } from './eas-index.ts';
import { compareModels } from './device-model.ts';
import type { MdmIndex } from './mdm-index.ts';

/** What an activation comes to. Rows are rows of the {@link MdmIndex}. */
export type Claim =
  | { readonly kind: 'merge'; readonly row: number; readonly late: boolean; readonly clickedAt: number }
  | { readonly kind: 'hold'; readonly why: 'several' | 'contested' | 'contradiction'; readonly rows: readonly number[] }
  | { readonly kind: 'waiting'; readonly clickedAt: number };

/** One EAS ID that its user activated. */
interface OpenClaim {
  readonly easId: string;
  readonly clickedAt: number;
  after: number[];
  before: number[];
  readonly contradicting: number[];
}

/** What {@link resolveClaims} looks at. */
export interface ClaimScene {
  readonly mdm: MdmIndex;
  /** Activations of this mailbox; several of one EAS ID count from the first click. */
  readonly activations: readonly Activation[];
  /** EAS records of this mailbox, by folded EAS ID: only these can claim. */
  readonly entries: ReadonlyMap<string, EasEntry>;
  /** Rows of the mailbox's user that may be claimed: managed, without EAS ID, not paired with another EAS record. */
  readonly rows: readonly number[];
  readonly lateActivation: boolean;
}

/*
 * For one activation, the user's records that report no EAS ID of their own:
 *
 *   enrolled after the click   enrolled before it     model           outcome
 *   exactly one                any                    not different   merge
 *   several                    any                    not different   hold: several
 *   none                       exactly one, and late  not different   merge (late)
 *   none                       several, and late      not different   hold: several
 *   none fits                  none fits              one differs     hold: contradiction
 *   none                       none                   –               waiting
 *
 * Several activations of one mailbox are settled together: a record that is the only choice of one is no choice for the
 * others; the only choice of two is contested, and both are held.
 */

/** The outcome for each activated EAS ID of a mailbox (folded). The order of activations and rows does not matter. */
export function resolveClaims(scene: ClaimScene): Map<string, Claim> {
  const open = firstClicks(scene).map((click) => openClaim(scene, click));
  const outcome = new Map<string, Claim>();
  for (let settled = true; settled;) settled = settleSingles(open, outcome, scene);
  const choices = open.filter((claim) => !outcome.has(claim.easId));
  for (const claim of choices) outcome.set(claim.easId, heldOrWaiting(claim, choices, scene));
  return outcome;
}

function firstClicks(scene: ClaimScene): { entry: EasEntry; clickedAt: number; userAgent: string | null }[] {
  const clicks = new Map<string, { entry: EasEntry; clickedAt: number; userAgent: string | null }>();
  for (const activation of scene.activations) {
    const entry = scene.entries.get(foldEasId(activation.easId));
    const clickedAt = Date.parse(activation.at);
    // A client that is not the platform's own can never match, whoever clicked.
    if (!entry || entry.native === false || Number.isNaN(clickedAt)) continue;
    const earlier = clicks.get(entry.easId);
    if (!earlier || clickedAt < earlier.clickedAt)
      clicks.set(entry.easId, { entry, clickedAt, userAgent: activation.userAgent });
  }
  return [...clicks.values()];
}

function openClaim(
  scene: ClaimScene,
  click: { entry: EasEntry; clickedAt: number; userAgent: string | null },
): OpenClaim {
  const { mdm } = scene;
  const platform = click.entry.platform ?? phonePlatform(click.userAgent);
  const claim: OpenClaim = {
    easId: click.entry.easId,
    clickedAt: click.clickedAt,
    after: [],
    before: [],
    contradicting: [],
  };
  // Graph gives enrollment times in whole seconds: one in the second of the click came after it.
  const clickedSecond = Math.floor(click.clickedAt / 1000) * 1000;
  for (const row of scene.rows) {
    const later = mdm.enrolledAt(row) >= clickedSecond;
    if (mdm.platform(row) !== platform) {
      // Clicked on one platform, enrolled on another: somebody should look. An older device of another platform is just another device.
      if (later && isPhone(mdm.platform(row))) claim.contradicting.push(row);
      continue;
    }
    if (compareModels(platform, click.entry.model, mdm.model(row)) === 'different') claim.contradicting.push(row);
    else (later ? claim.after : claim.before).push(row);
  }
  return claim;
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
  const won = [...claimants].filter(([, claims]) => claims.length === 1);
  for (const [row, [claim]] of won) {
    outcome.set(claim!.easId, { kind: 'merge', row, late: claim!.after.length === 0, clickedAt: claim!.clickedAt });
  }
  const taken = new Set(won.map(([row]) => row));
  for (const claim of open) {
    if (outcome.has(claim.easId)) continue;
    claim.after = claim.after.filter((row) => !taken.has(row));
    claim.before = claim.before.filter((row) => !taken.has(row));
  }
  return taken.size > 0;
}

function heldOrWaiting(claim: OpenClaim, all: readonly OpenClaim[], scene: ClaimScene): Claim {
  const rows = choicesOf(claim, scene.lateActivation);
  if (rows.length > 1) return { kind: 'hold', why: 'several', rows };
  if (rows.length === 1) {
    const rivals = all.filter((other) => other !== claim && choicesOf(other, scene.lateActivation).includes(rows[0]!));
    if (rivals.length > 0) return { kind: 'hold', why: 'contested', rows };
  }
  if (claim.contradicting.length > 0) return { kind: 'hold', why: 'contradiction', rows: claim.contradicting };
  return { kind: 'waiting', clickedAt: claim.clickedAt };
}
