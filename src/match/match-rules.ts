/** The five match rules, in order, over join keys only: which MDM record belongs to one EAS record. Pure. */
import { recognizeEasClient } from '../model/eas-client.ts';
import type { EasClient } from '../model/eas-client.ts';
import { hardwareKeys, serialInEasId } from '../model/join-keys.ts';
import { easRecordKey, foldEasId, mdmRecordKey, readEasRecordKey } from '../model/keys.ts';
import type { Activation, EasRecord, Pairing } from '../model/records.ts';
import { latestByOurs, OWN_CLOCK, UNKNOWN_CLOCK } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import { resolveAccountClaims } from './account-claims.ts';
import { accountsOf } from './accounts.ts';
import type { Account } from './accounts.ts';
import type { Claim } from './activation-claims.ts';
import { compareModels } from './device-model.ts';
import type { EasEntry, EasIndex } from './eas-index.ts';
import { activated, held } from './finding.ts';
import type { Finding, FindingCase } from './finding.ts';
import { FoldedHash } from '../model/folded-hash.ts';
import { isoTime } from './iso-time.ts';
import { MdmClocks } from './mdm-clocks.ts';
import type { MatchScene } from './match-scene.ts';
import type { MdmIndex } from './mdm-index.ts';
import { isNoneOf } from './foreign-id.ts';
import { keptClaims } from './kept-claims.ts';
import { Past } from './past.ts';
import type { PastMerge } from './past.ts';
import { findReturn, mayReturn } from './returned.ts';
import type { ReturnFinding } from './returned.ts';
import { isOneOther, isSeveral } from './partnerships.ts';
import { isAlikeWithoutId, isRenewalOf, mayBeLeft, renewalOf } from './re-enrolled.ts';
import { seenLast } from './seen-last.ts';
import { nowRecordOf, successorOf } from './successor.ts';
import type { NowRecord, SuccessorScene } from './successor.ts';
import { supersededBy } from './superseded.ts';
import { UserKeys } from './user-keys.ts';

const NO_ROWS: readonly number[] = [];
const NO_ASKS: ReadonlyMap<string, number> = new Map();
const NO_ACTIVATIONS: readonly Activation[] = [];
const NO_ACCOUNTS: ReadonlyMap<string, Account> = new Map();

/*
 *   rule          what fits                                            then
 *   1 eas-id      a record of this user reports the id                 merge; several: see seen-last.ts
 *                 a noncompliant one does, and the phone may have
 *                 been enrolled again                                  see re-enrolled.ts: merge with the new one, or hold
 *                 only records of other users do                       sameUser: hold other-user, unless it is none of them
 *                                                                      (foreign-id.ts); else merge
 *   2 activation  see activation-claims.ts                             merge, hold ambiguous, or on
 *   3 pairing     the administrator's record is in the snapshot        merge; also settles a hold of 1 and 2: a person has decided
 *   4 serial      one record, of this user, by the serial number and   merge; not unique, or the numbers are two records':
 *                 the IMEI together, unique on both sides              hold ambiguous; never after a hold
 *   1, 2 and 4 merge an EAS record of several partnerships only if none of them contradicts the MDM record: see partnerships.ts
 *
 *   no match      held above                                           that reason
 *                 MDM snapshot missing, incomplete or stale            snapshot-incomplete
 *                 first sync after the MDM reading began, by our
 *                 clock and as late as it may have been, and after
 *                 its user was asked for                               snapshot-incomplete: it may have enrolled since
 *                 first sync not told, or in the future: the same of
 *                 our first reading that had it                        snapshot-incomplete
 *                 see superseded.ts                                    superseded
 *                 an Android account that is left for a newer one, or
 *                 lost its record by a later click: see accounts.ts,
 *                 account-claims.ts, activation-claims.ts              superseded
 *                 was one by EAS ID or pairing with a record that is
 *                 gone, or by a link with one that may be another by
 *                 now: see successor.ts                                hold ambiguous
 *                 the client is not the platform's own                 not-native-client
 *                 the EAS ID is another user's, see foreign-id.ts      not-enrolled
 *                 see returned.ts                                      returned-with-new-id
 *                 an enrolled Android of this user without id fits     needs-activation
 *                 otherwise                                            not-enrolled
 *
 * Records the MDM does not manage any more (`managed` false) match nothing.
 */

/** Applies the match rules to EAS records, one at a time, in any order. */
export class MatchRules {
  readonly #scene: MatchScene;
  readonly #mdm: MdmIndex;
  readonly #activations = new Map<string, Activation[]>();
  readonly #pairings = new Map<string, Pairing>();
  readonly #pairedWith = new Map<string, Set<string>>();
  readonly #hash = new FoldedHash();
  readonly #user = new UserKeys(this.#hash);
  readonly #mdmStartedAt: number;
  readonly #mdmClocks: MdmClocks;
  readonly #easClock: ServerClock;
  /** What is added to a time of Exchange for the latest that it may be by our clock. */
  readonly #toOurs: number;
  /** From here on times of Exchange are in the future; NaN: none is. */
  readonly #future: number;
  #firstRead: ReadonlyMap<string, string> = new Map();
  #past = new Past();
  /** Of the mailbox that was looked at last. */
  #accounts: { readonly mailboxId: string; readonly byEasId: ReadonlyMap<string, Account> } | null = null;
  #entries: { readonly mailboxId: string; readonly all: readonly EasEntry[] } | null = null;
  /** Of the user of the mailbox that was looked at last; only while one record is. */
  #userRows: { readonly mailbox: EasRecord['mailbox']; readonly rows: readonly number[] } | null = null;
  /** EAS IDs (folded) of the mailbox that Exchange is worth asking for, from when on. */
  #asks: ReadonlyMap<string, number> = NO_ASKS;

  constructor(scene: MatchScene) {
    this.#scene = scene;
    this.#mdm = scene.mdm;
    this.#mdmStartedAt = Date.parse(scene.options.mdmStartedAt ?? '');
    const clock = scene.options.easClock ?? UNKNOWN_CLOCK;
    this.#easClock = clock;
    this.#mdmClocks = new MdmClocks(scene.mdm, scene.options.mdmClocks);
    this.#toOurs = latestByOurs(clock);
    this.#future = Date.parse(scene.options.easReadAt ?? '') + clock.offsetMs + clock.marginMs;
    this.addActivations(scene.activations ?? []);
    for (const pairing of scene.pairings ?? []) this.#addPairing(pairing);
  }

  /** Further ones, before the first record is matched. */
  addActivations(activations: readonly Activation[]): void {
    for (const activation of activations) this.#addActivation(activation);
  }

  /** True for a device of which Exchange does not tell when it synced first, or puts it into the future. */
  isFirstSyncUntold({ firstSyncAt }: EasRecord): boolean {
    const at = isoTime(firstSyncAt);
    return Number.isNaN(at) || at >= this.#future;
  }

  /** When such devices were read first, before they are matched. */
  knowFirstRead(firstRead: ReadonlyMap<string, string>): void {
    this.#firstRead = firstRead;
  }

  /** Reads what a page's records were one with, before they are matched. @param others those that are no {@link plainMatch} */
  knowPast(page: readonly EasRecord[], others: readonly EasRecord[]): Promise<void> {
    const keys = new Set(others.map(({ key }) => key));
    for (const { organization, mailbox } of others) {
      // What stays with one of a mailbox is no other's.
      const activations = this.#activations.get(mailbox.id.toLowerCase());
      if (activations === undefined) continue;
      const neighbors = this.#scene.eas?.ofMailbox(mailbox.id) ?? activations;
      for (const { easId } of neighbors) keys.add(easRecordKey(organization, mailbox.id, easId));
    }
    const { past, returns, attempts } = this.#scene;
    const back = others.filter((record) => mayReturn(this.#firstSyncOf(record), this.#mdmStartedAt));
    this.#accounts = null;
    this.#entries = null;
    const hangsOnUse = (merge: PastMerge): boolean => merge.by === 'activation' && this.#mayPassOn(merge);
    const accounts = this.#mayBeSeveral(others);
    return this.#past.know(page, { keys, back, accounts, hangsOnUse }, { past, returns, attempts });
  }

  #mayPassOn(merge: PastMerge): boolean {
    const row = this.#mdm.rowOfKey(merge.mdmKey);
    return this.#isLost(merge) ? merge.hardware !== undefined : mayBeLeft(this.#mdm, row);
  }

  /** Keys of Android accounts that are not alone on their mailbox. */
  #mayBeSeveral(records: readonly EasRecord[]): Set<string> {
    const keys = new Set<string>();
    for (const { organization, mailbox, device } of records) {
      if (recognizeEasClient(device).platform !== 'android') continue;
      const entries = this.#scene.eas?.ofMailbox(mailbox.id).filter(({ platform }) => platform === 'android') ?? [];
      if (entries.length < 2) continue;
      for (const { easId } of entries) keys.add(easRecordKey(organization, mailbox.id, easId));
    }
    return keys;
  }

  /** What it was one with last, as far as that counts: a pairing that was taken back does not. */
  pastOf({ key }: Pick<EasRecord, 'key'>): PastMerge | null {
    const past = this.#past.of(key);
    return past?.by === 'pairing' && this.#pairings.get(key)?.mdmKey !== past.mdmKey ? null : past;
  }

  /** Finds the MDM record of an EAS record that is no {@link plainMatch}, or the reason why there is none. */
  match(record: EasRecord): Finding {
    this.#user.ofMailbox(record.mailbox);
    this.#userRows = null;
    this.#asks = NO_ASKS;
    const found = this.#whole(record);
    const askFrom = this.#asks.get(foldEasId(record.easId));
    return askFrom === undefined ? found : { ...found, askFrom };
  }

  #whole(record: EasRecord): Finding {
    const found = this.#byRules(record);
    if (found.row < 0 || found.by === 'pairing' || !isOneOther(record, found.row, this.#mdm)) return found;
    return this.#settled(record, held('ambiguous', 'partnership-contradiction', [found.row]));
  }

  #byRules(record: EasRecord): Finding {
    const byId = this.#byEasId(record);
    const client = recognizeEasClient(record.device);
    if (byId && byId.row >= 0) {
      const found = this.#orRenewed(record, byId);
      return found.row >= 0 ? found : this.#settled(record, found);
    }
    const isOthers = byId?.case === 'other-user';
    const foreign = isOthers && this.#isForeign(record, client, byId.beside) ? byId.beside : null;
    const isHeld = byId !== null && foreign === null;
    const paired = this.#byPairing(record);
    // A person has decided about this EAS ID; a link has not.
    if (byId && paired) return { ...paired, settles: byId.case };
    const claims = isHeld ? null : this.#claims(record, client);
    const claim = claims?.get(foldEasId(record.easId));
    if (claim?.kind === 'merge') return activated(claim);
    if (paired) return paired;
    if (isHeld) return byId;
    if (foreign !== null) return this.#unmatched(record, client, claims, { kind: 'foreign', rows: foreign });
    if (claim?.kind === 'hold') return held('ambiguous', `activation-${claim.why}`, claim.rows);
    return this.#byHardware(record, client) ?? this.#unmatched(record, client, claims, claim);
  }

  /** The live rows of the mailbox's user, of the record that was matched last; for suggestions. */
  rowsOfUser({ mailbox }: EasRecord): readonly number[] {
    if (this.#userRows?.mailbox === mailbox) return this.#userRows.rows;
    this.#user.ofMailbox(mailbox);
    return this.#rowsOfUser({ mailbox });
  }

  /** With the user's keys at hand. */
  #rowsOfUser({ mailbox }: Pick<EasRecord, 'mailbox'>): readonly number[] {
    if (this.#userRows?.mailbox !== mailbox) this.#userRows = { mailbox, rows: this.#mdm.rowsOfUser(this.#user) };
    return this.#userRows.rows;
  }

  /**
   * Nearly every record is this one, so it costs two hashes only: one MDM record with the EAS ID, under the same UPN. Null:
   * any other.
   */
  plainMatch(record: EasRecord): Finding | null {
    if (isSeveral(record)) return null;
    this.#hash.of(record.easId);
    const row = this.#mdm.onlyWithEasId(this.#hash.lo, this.#hash.hi);
    if (row < 0 || record.mailbox.upn === null) return null;
    if (mayBeLeft(this.#mdm, row)) return null;
    this.#hash.of(record.mailbox.upn);
    if (!this.#mdm.hasUserKey(row, this.#hash.lo, this.#hash.hi)) return null;
    return { by: 'eas-id', row, reason: 'merged', case: 'same-user', beside: NO_ROWS };
  }

  #byEasId(record: EasRecord): Finding | null {
    const rows = this.#mdm.usableWithEasId(record.easId);
    if (rows.length === 0) return null;
    const own: number[] = [];
    const foreign: number[] = [];
    for (const row of rows) (this.#mdm.isOfUser(row, this.#user) ? own : foreign).push(row);
    if (own.length > 0) return this.#seenLast(own, 'same-user', foreign);
    if (this.#scene.options.sameUser ?? true) return held('other-user', 'other-user', foreign);
    return this.#seenLast(foreign, 'other-user-merged', NO_ROWS);
  }

  /** The phone of a record with the EAS ID may have been enrolled again, and the MDM not have heard of its EAS ID yet. */
  #orRenewed(record: EasRecord, byId: Finding): Finding {
    if (!mayBeLeft(this.#mdm, byId.row)) return byId;
    const ofUser = this.#rowsOfUser(record);
    // Nearly every one is the only phone of its user: what links have claimed is not looked at.
    if (!ofUser.some((row) => isAlikeWithoutId(this.#mdm, byId.row, row))) return byId;
    const claimed = new Set<number>();
    for (const claim of this.#claims(record, null)?.values() ?? []) if (claim.kind === 'merge') claimed.add(claim.row);
    const isFree = (row: number): boolean => !claimed.has(row) && !this.#isPairedElsewhere(row, record.key);
    const { row, held: doubtful } = renewalOf(this.#mdm, byId.row, ofUser, { isFree, clocks: this.#mdmClocks });
    if (row !== null) return { ...byId, row, case: 're-enrolled', beside: [byId.row, ...byId.beside] };
    return doubtful.length === 0 ? byId : held('ambiguous', 're-enrolled-maybe', [byId.row, ...doubtful]);
  }

  // Rule 5.
  #seenLast(rows: readonly number[], which: FindingCase, foreign: readonly number[]): Finding {
    const { row, doubtful } = seenLast(this.#mdm, rows);
    if (row === null) return held('ambiguous', 'seen-last-untold', doubtful);
    const beside = rows.length + foreign.length === 1 ? NO_ROWS : [...rows.filter((one) => one !== row), ...foreign];
    return { by: 'eas-id', row, reason: 'merged', case: which, beside };
  }

  /** A hold, unless a person has paired the record. */
  #settled(record: EasRecord, hold: Finding): Finding {
    const paired = this.#byPairing(record);
    return paired === null ? hold : { ...paired, settles: hold.case };
  }

  #byPairing(record: EasRecord): Finding | null {
    const pairing = this.#pairings.get(record.key);
    if (!pairing) return null;
    const row = this.#mdm.rowOfKey(pairing.mdmKey);
    if (row < 0 || !this.#mdm.isManaged(row)) return null;
    return { by: 'pairing', row, reason: 'merged', case: 'paired', beside: NO_ROWS };
  }

  #byHardware(record: EasRecord, client: EasClient): Finding | null {
    if (!this.#scene.options.serialMatch || client.native === false) return null;
    const serial = serialInEasId(record.easId);
    const bySerial = serial === null ? NO_ROWS : this.#mdm.rowsWithSerial(serial);
    const { imei } = record.device;
    const byImei = imei === null ? NO_ROWS : this.#mdm.rowsWithImei(imei);
    const which: FindingCase = bySerial.length > 0 ? 'serial' : 'imei';
    const rows = [...new Set([...bySerial, ...byImei])];
    const own = rows.filter((row) => this.#mdm.isOfUser(row, this.#user));
    if (own.length === 0) return null;
    // A number several records share is a placeholder or a mistake, whoever they belong to.
    const unique = rows.length === 1 && hardwareKeys(record).every((key) => this.#scene.eas?.isUnique(key) ?? false);
    const isApart = rows.length > 1 && bySerial.length < 2 && byImei.length < 2;
    if (!unique) return held('ambiguous', isApart ? 'hardware-apart' : 'hardware-several', rows);
    return { by: 'serial', row: own[0]!, reason: 'merged', case: which, beside: NO_ROWS };
  }

  #unmatched(
    record: EasRecord,
    client: EasClient,
    claims: ReadonlyMap<string, Claim> | null,
    claim: Claim | { readonly kind: 'foreign'; readonly rows: readonly number[] } | undefined,
  ): Finding {
    const doubt = this.#snapshotDoubt(record);
    if (doubt) return held('snapshot-incomplete', doubt, NO_ROWS);
    const moved = this.#superseded(record) ?? this.#leftAccount(record, claims, claim);
    if (moved) return moved;
    const anew = this.#enrolledAnew(record, client, claims);
    if (anew) return anew;
    if (client.native === false) return held('not-native-client', 'other-client', NO_ROWS);
    if (claim?.kind === 'foreign') return held('not-enrolled', 'foreign-id', claim.rows);
    const rows = this.#rowsOfUser(record);
    const returned = this.#returned(record, client, rows);
    if (returned?.kind === 'returned') {
      const since = { returnedFrom: returned.from, returnedAt: this.#firstSyncOf(record) };
      return { ...held('returned-with-new-id', 'returned', returned.rows), ...since };
    }
    const waiting = this.#waitingForLink(record, client, rows, claims);
    if (waiting.length > 0 && this.#isOldLinkOpened(record)) return held('not-enrolled', 'account-asked', waiting);
    if (waiting.length > 0) return held('needs-activation', 'waits-for-link', waiting);
    if (claim?.kind === 'taken') {
      const { clickedAt, by: takenBy } = claim;
      const own = foldEasId(record.easId);
      const isUnclear = [takenBy, own].some((easId) => this.#asks.has(easId) && !this.#isUntold(record, easId));
      const which = isUnclear ? 'account-unclear' : 'activation-taken';
      return { ...held('not-enrolled', which, [claim.row]), clickedAt, takenBy };
    }
    if (claim?.kind === 'waiting')
      return { ...held('not-enrolled', 'activation-waits', NO_ROWS), clickedAt: claim.clickedAt };
    if (returned?.kind === 'again') return held('not-enrolled', 'returned-again', returned.rows);
    return held('not-enrolled', 'no-device', NO_ROWS);
  }

  /** At the first match of a store nobody knows what was one before. */
  #isForeign(record: EasRecord, client: EasClient, rows: readonly number[]): boolean {
    if (!(this.#scene.options.clickWindow ?? true) || this.pastOf(record)?.by === 'eas-id') return false;
    const { model } = record.device;
    const clock = this.isFirstSyncUntold(record) ? OWN_CLOCK : this.#easClock;
    const first = { at: this.#firstSyncOf(record), clock };
    return isNoneOf(rows, client, { model, first }, { mdm: this.#mdm, clocks: this.#mdmClocks });
  }

  #superseded(record: EasRecord): Finding | null {
    const { eas, options } = this.#scene;
    const fits = (row: number): boolean => !(options.sameUser ?? true) || this.#mdm.isOfUser(row, this.#user);
    const past = this.pastOf(record);
    const by = supersededBy(record, past, { mdm: this.#mdm, eas, fits });
    if (by === null) return null;
    // What this match finds is remembered as of now.
    const since = past?.until ?? options.at ?? null;
    return { ...held('superseded', 'superseded', [by.row]), movedTo: by.easId, since };
  }

  /** The link of an account that is left for this one was opened, and Exchange was not asked for that one since. */
  #isOldLinkOpened(record: EasRecord): boolean {
    const accounts = this.#accountsOf(record);
    const own = accounts.get(foldEasId(record.easId));
    if (own?.state !== 'newest') return false;
    return [...accounts].some(
      ([easId, { group, state }]) => group === own.group && state === 'left' && this.#asks.has(easId),
    );
  }

  #isUntold(record: EasRecord, easId: string): boolean {
    return this.#accountsOf(record).get(easId)?.state === 'untold';
  }

  #leftAccount(
    record: EasRecord,
    claims: ReadonlyMap<string, Claim> | null,
    claim: Claim | { readonly kind: 'foreign' } | undefined,
  ): Finding | null {
    if (claim?.kind === 'lost') {
      const { row, by, clickedAt } = claim;
      return { ...held('superseded', 'account-lost', [row]), takenBy: by, clickedAt };
    }
    const account = this.#accountsOf(record).get(foldEasId(record.easId));
    if (account?.state !== 'left') return null;
    const past = this.pastOf(record);
    const newest = claims?.get(account.group.newest);
    const told = { movedTo: account.group.newest, since: timeOf(account.attempt?.lastAttemptAt) };
    if (newest?.kind !== 'merge' || past?.by !== 'activation' || this.#mdm.key(newest.row) !== past.mdmKey)
      return { ...held('superseded', 'account-left', NO_ROWS), ...told };
    return { ...held('superseded', 'account-passed', [newest.row]), ...told };
  }

  // A phone that enrolls just before it adds its account is not in an MDM reading that began before: it must not be
  // blocked because the reading is older than the phone. The next reading settles it, or asking the MDM for its user.
  #snapshotDoubt(record: EasRecord): FindingCase | null {
    const { mdmComplete, mdmFresh } = this.#scene.options;
    if (!mdmComplete || Number.isNaN(this.#mdmStartedAt)) return 'mdm-missing';
    if (!mdmFresh) return 'mdm-stale';
    const asked = this.#scene.asked?.get(record.mailbox.id.toLowerCase()) ?? 0;
    const isUntold = this.isFirstSyncUntold(record);
    // Our first reading of it went by our clock.
    const latest = this.#firstSyncOf(record) + (isUntold ? 0 : this.#toOurs);
    if (latest < Math.max(this.#mdmStartedAt, asked)) return null;
    return isUntold ? 'first-sync-unknown' : 'newer-than-mdm';
  }

  /** In milliseconds since 1970, at the latest; NaN: nobody knows. */
  #firstSyncOf(record: EasRecord): number {
    const told = this.isFirstSyncUntold(record) ? this.#firstRead.get(record.key) : record.firstSyncAt;
    return isoTime(told);
  }

  #returned(record: EasRecord, client: EasClient, rows: readonly number[]): ReturnFinding | null {
    const { eas } = this.#scene;
    const firstSyncAt = this.#firstSyncOf(record);
    if (eas === undefined || !mayReturn(firstSyncAt, this.#mdmStartedAt)) return null;
    return findReturn({
      record,
      client,
      firstSyncAt,
      future: this.#future,
      entries: this.#entriesOf(eas, record.mailbox.id),
      reporting: (easId) => {
        const reporting = this.#mdm.usableWithEasId(easId);
        return reporting.length === 0 ? NO_ROWS : rows.filter((row) => reporting.includes(row));
      },
      keyOf: (row) => this.#mdm.key(row),
      past: this.#past.returnsTo(record.mailbox.id),
    });
  }

  #waitingForLink(
    record: EasRecord,
    client: EasClient,
    rows: readonly number[],
    claims: ReadonlyMap<string, Claim> | null,
  ): number[] {
    if (client.platform !== null && client.platform !== 'android') return [];
    const waiting = this.#claimable(record, rows).filter(
      (row) =>
        this.#mdm.platform(row) === 'android' &&
        compareModels('android', record.device.model, this.#mdm.model(row)) !== 'different' &&
        !this.#isRenewedHere(row, record, rows),
    );
    if (waiting.length === 0) return waiting;
    // What another activation of this mailbox has claimed does not wait for this one.
    const taken = new Set<number>();
    for (const other of claims?.values() ?? []) if (other.kind === 'merge') taken.add(other.row);
    return waiting.filter((row) => !taken.has(row));
  }

  /** @param client null: what the others claim, as one that is reported claims nothing */
  #claims(record: EasRecord, client: EasClient | null): Map<string, Claim> | null {
    const accounts = this.#accountsOf(record);
    const activations = this.#activations.get(record.mailbox.id.toLowerCase()) ?? NO_ACTIVATIONS;
    if (activations.length === 0 && accounts.size === 0) return null;
    const ofUser = this.#rowsOfUser(record);
    const rows = ofUser.filter((row) => !this.#mdm.hasEasId(row));
    const entries = this.#claimants(record, client, activations);
    const { lateActivation = true, clickWindow = true, idTellers = [] } = this.#scene.options;
    const tellers = clickWindow ? idTellers.map((source) => mdmRecordKey(source, '')) : [];
    const keyOf = (easId: string): string => easRecordKey(record.organization, record.mailbox.id, easId);
    const pastOf = (easId: string): PastMerge | null => this.#past.of(keyOf(easId));
    const isInDoubt = ([easId, entry]: readonly [string, EasEntry]): boolean => {
      const past = accounts.has(easId) ? null : pastOf(easId);
      return past?.by === 'activation' && this.#nowRecordOf(past, entry, keyOf(easId), ofUser).doubt !== undefined;
    };
    // They claim nothing until it is known.
    for (const [easId] of [...entries].filter(isInDoubt)) entries.delete(easId);
    const { claims, asks } = resolveAccountClaims({
      accounts,
      pastOf,
      mdm: this.#mdm,
      clocks: this.#mdmClocks,
      activations,
      entries,
      rows,
      isPairedElsewhere: (row, easId) => this.#isPairedElsewhere(row, keyOf(easId)),
      lateActivation,
      window: clickWindow,
      isRenewed: (row) => this.#isRenewedHere(row, record, ofUser),
      kept: keptClaims(entries, pastOf, (past, entry) => {
        const own = this.#mdm.rowOfKey(past.mdmKey);
        // Of several accounts nobody knows yet which is the phone's by now.
        return accounts.has(entry.easId) ? own : this.#nowRecordOf(past, entry, keyOf(entry.easId), ofUser).row;
      }),
      mayBeLate: (row) =>
        this.#mdm.platform(row) !== 'ios' || !tellers.some((prefix) => this.#mdm.key(row).startsWith(prefix)),
    });
    this.#asks = asks;
    return claims;
  }

  #successors(easKey: string, ofUser: readonly number[]): SuccessorScene {
    const isFree = (row: number): boolean => !this.#isPairedElsewhere(row, easKey);
    return { mdm: this.#mdm, clocks: this.#mdmClocks, ofUser, isFree };
  }

  #nowRecordOf(
    past: PastMerge,
    phone: Pick<EasEntry, 'platform' | 'model'>,
    easKey: string,
    ofUser: readonly number[],
  ): NowRecord {
    const use = { attempt: this.#past.attemptOf(easKey), clickedAt: this.#clickedAt(easKey) };
    return nowRecordOf(past, phone, use, this.#successors(easKey, ofUser));
  }

  /** Another record is, or may be, of the phone that this one was: by a link if it is in doubt, else if its own is gone. */
  #enrolledAnew(record: EasRecord, client: EasClient, claims: ReadonlyMap<string, Claim> | null): Finding | null {
    const past = this.pastOf(record);
    if (past === null || past.by === 'serial' || this.#accountsOf(record).has(foldEasId(record.easId))) return null;
    const phone = { platform: client.platform, model: record.device.model };
    const ofUser = this.#rowsOfUser(record);
    const now = past.by === 'activation' ? this.#nowRecordOf(past, phone, record.key, ofUser) : null;
    const lost =
      now === null && this.#isLost(past) ? successorOf(past, phone, this.#successors(record.key, ofUser)) : -1;
    const row = now?.doubt ?? lost;
    if (row < 0) return null;
    for (const claim of claims?.values() ?? []) if (claim.kind === 'merge' && claim.row === row) return null;
    const hold = held('ambiguous', 'enrolled-anew', [row]);
    return now?.doubt === undefined ? hold : { ...hold, askFrom: now.askFrom };
  }

  /** When the link of an account was opened last, milliseconds since 1970; NaN: never. */
  #clickedAt(easKey: string): number {
    const { mailboxId, easId } = readEasRecordKey(easKey)!;
    const own = (this.#activations.get(mailboxId) ?? []).filter((one) => foldEasId(one.easId) === easId);
    return own.length === 0 ? Number.NaN : Math.max(...own.map(({ at }) => Date.parse(at)));
  }

  /** The record is gone, or not managed any more. */
  #isLost({ mdmKey }: Pick<PastMerge, 'mdmKey'>): boolean {
    const row = this.#mdm.rowOfKey(mdmKey);
    return row < 0 || !this.#mdm.isUsable(row);
  }

  /** Without the 14 days, as an older version: none. */
  #accountsOf({ organization, mailbox }: EasRecord): ReadonlyMap<string, Account> {
    const { eas, options } = this.#scene;
    if (this.#accounts?.mailboxId === mailbox.id) return this.#accounts.byEasId;
    const entries = eas === undefined || options.clickWindow === false ? [] : this.#entriesOf(eas, mailbox.id);
    // Nearly every mailbox has one phone.
    const byEasId =
      entries.length < 2
        ? NO_ACCOUNTS
        : accountsOf({
            entries,
            isReported: (easId) => this.#mdm.usableWithEasId(easId).length > 0,
            attemptOf: (easId) => this.#past.attemptOf(easRecordKey(organization, mailbox.id, easId)),
            toOurs: this.#toOurs,
            future: this.#future,
          });
    this.#accounts = { mailboxId: mailbox.id, byEasId };
    return byEasId;
  }

  /** Nothing changes the index while a page is matched. */
  #entriesOf(eas: EasIndex, mailboxId: string): readonly EasEntry[] {
    if (this.#entries?.mailboxId !== mailboxId) this.#entries = { mailboxId, all: eas.ofMailbox(mailboxId) };
    return this.#entries.all;
  }

  #claimable(record: EasRecord, rows: readonly number[]): number[] {
    return rows.filter((row) => !this.#mdm.hasEasId(row) && !this.#isPairedElsewhere(row, record.key));
  }

  /** The phone of another account of the mailbox, enrolled again. */
  #isRenewedHere(row: number, { mailbox }: EasRecord, ofUser: readonly number[]): boolean {
    if (!this.#mdm.hasHardware(row) || this.#scene.eas === undefined) return false;
    const by = { ofUser, clocks: this.#mdmClocks };
    const left = ofUser.filter((old) => this.#mdm.hasEasId(old) && isRenewalOf(this.#mdm, row, old, by));
    if (left.length === 0) return false;
    const entries = this.#entriesOf(this.#scene.eas, mailbox.id);
    return entries.some(({ easId }) => left.some((old) => this.#mdm.reports(old, easId)));
  }

  #isPairedElsewhere(row: number, easKey: string): boolean {
    if (this.#pairedWith.size === 0) return false;
    const eas = this.#pairedWith.get(this.#mdm.key(row));
    return eas !== undefined && !eas.has(easKey);
  }

  // With the whole picture only EAS IDs that still exist claim something; without it, every activated one might.
  #claimants(record: EasRecord, client: EasClient | null, activations: readonly Activation[]): Map<string, EasEntry> {
    const own = foldEasId(record.easId);
    const entries = new Map<string, EasEntry>();
    if (this.#scene.eas) {
      for (const entry of this.#entriesOf(this.#scene.eas, record.mailbox.id)) entries.set(entry.easId, entry);
    } else {
      for (const { easId } of activations) entries.set(foldEasId(easId), unknownEntry(foldEasId(easId)));
    }
    for (const easId of entries.keys()) if (easId !== own && this.#isReported(easId)) entries.delete(easId);
    if (client === null) {
      entries.delete(own);
      return entries;
    }
    entries.set(own, {
      easId: own,
      platform: client.platform,
      native: client.native,
      model: record.device.model,
      firstSyncAt: Number.NaN,
      lastSyncAt: Number.NaN,
    });
    return entries;
  }

  #isReported(easId: string): boolean {
    return this.#mdm.usableWithEasId(easId).some((row) => this.#mdm.isOfUser(row, this.#user));
  }

  #addActivation(activation: Activation): void {
    const mailbox = activation.mailbox.toLowerCase();
    const known = this.#activations.get(mailbox);
    if (known) known.push(activation);
    else this.#activations.set(mailbox, [activation]);
  }

  #addPairing(pairing: Pairing): void {
    const earlier = this.#pairings.get(pairing.easKey);
    // The latest word counts; equal times are settled by key, so that the order does not matter.
    if (earlier && (earlier.at > pairing.at || (earlier.at === pairing.at && earlier.mdmKey >= pairing.mdmKey))) return;
    if (earlier) this.#pairedWith.get(earlier.mdmKey)?.delete(earlier.easKey);
    this.#pairings.set(pairing.easKey, pairing);
    const eas = this.#pairedWith.get(pairing.mdmKey) ?? new Set<string>();
    this.#pairedWith.set(pairing.mdmKey, eas.add(pairing.easKey));
  }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined || Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function unknownEntry(easId: string): EasEntry {
  return { easId, platform: null, native: null, model: null, firstSyncAt: Number.NaN, lastSyncAt: Number.NaN };
}
