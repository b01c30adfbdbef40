/** What the match rules find for one EAS record, over rows of the MDM index. */
import type { MatchedBy, ReasonCode } from '../model/records.ts';
import type { Claim } from './activation-claims.ts';

/** Which case of a rule it was; explain.ts has a sentence for each. */
export type FindingCase =
  | 'same-user'
  | 'other-user-merged'
  | 're-enrolled'
  | 'activated'
  | 'activated-late'
  | 'paired'
  | 'serial'
  | 'imei'
  | 'other-user'
  | 'activation-several'
  | 'activation-contested'
  | 'activation-contradiction'
  | 'activation-late'
  | 'activation-taken'
  | 'hardware-several'
  | 'hardware-apart'
  | 'seen-last-untold'
  | 're-enrolled-maybe'
  | 'enrolled-anew'
  | 'partnership-contradiction'
  | 'mdm-missing'
  | 'mdm-stale'
  | 'first-sync-unknown'
  | 'newer-than-mdm'
  | 'superseded'
  | 'account-left'
  | 'account-passed'
  | 'account-lost'
  | 'account-unclear'
  | 'account-asked'
  | 'foreign-id'
  | 'other-client'
  | 'returned'
  | 'returned-again'
  | 'waits-for-link'
  | 'activation-waits'
  | 'no-device';

/** What the rules found for one EAS record. Rows are rows of the the MDM index. */
export interface Finding {
  readonly by: MatchedBy;
  /** The MDM record it belongs to, or -1. */
  readonly row: number;
  readonly reason: ReasonCode;
  readonly case: FindingCase;
  /** The hold that an administrator's pairing has settled. */
  readonly settles?: FindingCase;
  /** Records to name beside: further ones with this id, candidates of a hold, the record that waits. */
  readonly beside: readonly number[];
  /** The older EAS ID of a device that returned (folded). */
  readonly returnedFrom?: string;
  /** When such a device synced first, milliseconds since 1970. */
  readonly returnedAt?: number;
  /** The newer EAS ID of its device (folded). */
  readonly movedTo?: string;
  /** When the link was opened, in milliseconds since 1970. */
  readonly clickedAt?: number;
  /** Attempts to sync until then (ISO 8601 UTC) do not speak against it. */
  readonly since?: string | null;
  /** The EAS ID (folded) whose link has claimed the record that would fit. */
  readonly takenBy?: string;
  /** From when on Exchange is worth asking when it last tried to sync, milliseconds since 1970. */
  readonly askFrom?: number;
}

/**
 * What besides the content of records an outcome hangs on, see {@link hangsOn}. `asking`: any match may find another one, after
 * an answer of the MDM, a quick reading or with the time; `reading`: one after a full reading.
 */
export type HangsOn = 'reading' | 'asking';

/*
 *   the outcome                            may be another one                                         hangs on
 *   snapshot-incomplete, newer-than-mdm    when an MDM reading began after the first sync, or the     asking
 *                                          MDM was asked for its user since
 *   the same, first sync not told          when an MDM reading began after our first one that had it  asking
 *   returned-with-new-id, or not believed  three days after the first sync, by the time of the MDM    asking
 *                                          reading; when the old EAS ID syncs again
 *   merged by eas-id, several records      when another of them is seen last                          reading
 *   report the id, or held between them;
 *   one has been enrolled again, or may
 *   have been; a partnership contradicts it;
 *   or a pairing settles that
 *   any other                              when a record, an activation, a pairing or a setting is    –
 *                                          another one
 *
 * Times that pass settle these outcomes and never make one: a later sync or reading only takes what might be a returned device
 * or a doubt away.
 */

/** What a finding hangs on besides the content of records; null: on nothing. */
export function hangsOn({ by, beside, case: found, settles }: Finding): HangsOn | null {
  const which = settles ?? found;
  if (which === 'newer-than-mdm' || which === 'first-sync-unknown') return 'asking';
  if (which === 'returned' || which === 'returned-again') return 'asking';
  if (which === 'seen-last-untold' || which === 're-enrolled-maybe' || which === 'partnership-contradiction')
    return 'reading';
  return by === 'eas-id' && beside.length > 0 ? 'reading' : null;
}

/** No match, for this reason. */
export function held(reason: ReasonCode, which: FindingCase, beside: readonly number[]): Finding {
  return { by: null, row: -1, reason, case: which, beside };
}

/** A match by the link. */
export function activated(claim: Extract<Claim, { kind: 'merge' }>): Finding {
  return {
    by: 'activation',
    row: claim.row,
    reason: 'merged',
    case: claim.late ? 'activated-late' : 'activated',
    beside: [],
    clickedAt: claim.clickedAt,
  };
}
