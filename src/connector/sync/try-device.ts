/**
 * "Try it": which rule decides about a mailbox's devices or one device, by the last readings, and what it would change.
 * In: a name, settings as they are in a dialog. Out: a few devices and what the rules make of them. Changes: nothing.
 */
import type { AccessDecision } from '../../access/decide-access.ts';
import { describeRule } from '../../access/describe-rule.ts';
import type { RuleLanguage } from '../../access/rule-words.ts';
import { guardSnapshots } from '../../access/guard-plan.ts';
import { planChange } from '../../access/plan.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { planRemoval } from '../../access/remove.ts';
import { GRANDFATHERED } from '../../access/rules.ts';
import type { Rule } from '../../access/rules.ts';
import { ConnectorError } from '../../errors.ts';
import { foldAddress, foldEasId } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import { snapshotsOf } from '../../store/mdm-readings.ts';
import { inLanguage } from '../sentences/in-language.ts';
import { findDevices } from '../matching/find-devices.ts';
import type { Fit } from '../matching/find-devices.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { Decider, rulesInUse } from './decider.ts';
import type { DeciderParts, Judged } from './decider.ts';
import { withMeasures } from './mdm-measures.ts';
import { ownedOf } from './owned-of.ts';
import { timeOf } from './switch-parts.ts';
import { WOULD_WORDS } from './would-words.ts';
import type { WouldWords } from './would-words.ts';
import { refusal } from '../../model/refusals.ts';

/** Devices shown at most. */
const LIMIT = 20;

export interface TryRequest extends DeciderParts {
  /** A mailbox (address, UPN, display name, GUID), an EAS ID or a record's key; if nothing is called exactly so, a part of them. */
  readonly query: string;
  /** The rules as they are written, environment values as `${NAME}`: what is shown of a rule is made from these. */
  readonly written: readonly Rule[];
  /** Language in which a rule is read back, and in which it is said why, and what would change. */
  readonly language: RuleLanguage;
}

/** One device and what the rules make of it. */
export interface TriedDevice {
  readonly mailbox: string;
  readonly easId: string;
  readonly device: string;
  /** Exchange's state now, its reason, and our or an administrator's list entry. */
  readonly state: string;
  readonly stateReason: string;
  readonly listed: string | null;
  readonly listedBy: 'us' | 'admin' | null;
  readonly status: string;
  /** The MDM record's name, if merged. */
  readonly mdm: string | null;
  /** Why it is merged or not. */
  readonly match: string;
  readonly evidence: readonly string[];
  readonly action: string;
  /** Number of the rule in the list, counted from 1; null: none of them. */
  readonly ruleNumber: number | null;
  readonly rule: string;
  /** The rule as a sentence. */
  readonly sentence: string | null;
  readonly reason: { readonly code: string; readonly text: string };
  /** What would change, as a sentence. */
  readonly would: string;
  readonly changes: boolean;
}

export interface TryAnswer {
  readonly devices: readonly TriedDevice[];
  readonly more: number;
  /** When the readings began; null: not read yet. */
  readonly easReadAt: string | null;
  readonly mdmReadAt: string | null;
  /** Why nothing would be blocked at this moment. */
  readonly problems: readonly { readonly code: string; readonly text: string }[];
}

/** Throws ERR_INPUT_INVALID without a query, ERR_RULE_INVALID, ERR_SNAPSHOT_INCOMPLETE while Exchange has not been read, ERR_STORE_…. */
export async function tryDevice(request: TryRequest): Promise<TryAnswer> {
  const { store, exchange, settings, signal } = request;
  const { organization } = exchange;
  const query = request.query.trim();
  if (query === '') throw new ConnectorError('ERR_INPUT_INVALID', refusal('try.nothing'));
  const matcher = await keptMatchSettings(store);
  const { maxAgeHours } = matcher;
  const decider = await Decider.begin(request, maxAgeHours);
  const now = request.now();
  const found = await findDevices(store, organization, matcher, isCalled(query), { now, limit: LIMIT, signal });
  if (found.eas === null) {
    throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', refusal('try.unread'));
  }
  const readAt = found.eas.fullStartedAt;
  const ours = await ownedOf(store, found.devices);
  const kept = await store.attempts.of(found.devices.map(({ key }) => key));
  const problems = guardSnapshots({
    mdm: await withMeasures(store, organization, found.mdm, now),
    easComplete: true,
    now,
    maxAgeHours,
    brakePercent: settings.brakePercent,
  });
  if (decider.groups?.problem) problems.push(decider.groups.problem);
  return {
    devices: found.devices.map((device) =>
      triedDevice(decider.judge(device, ours, readAt, kept.get(device.key) ?? null), decider, request),
    ),
    more: found.more,
    easReadAt: found.eas.startedAt,
    mdmReadAt: oldestOf(snapshotsOf(found.mdm).map(({ startedAt }) => startedAt)),
    problems: problems.map(({ code, text }) => ({ code, text: inLanguage(text, request.language, code) })),
  };
}

function oldestOf(times: readonly string[]): string | null {
  return [...times].sort((a, b) => a.localeCompare(b))[0] ?? null;
}

function isCalled(query: string): (record: EasRecord) => Fit {
  const name = foldAddress(query);
  const easId = foldEasId(query);
  const part = query.toLowerCase();
  return (record) => {
    const names = namesOf(record);
    if (record.key === query) return 'exact';
    if (foldEasId(record.easId) === easId || names.some((other) => foldAddress(other) === name)) return 'exact';
    return [record.easId, ...names].some((other) => other.toLowerCase().includes(part)) ? 'part' : null;
  };
}

function namesOf({ mailbox }: EasRecord): string[] {
  const { id, upn, address, displayName, addresses } = mailbox;
  return [id, upn, address, displayName, ...addresses].filter((name) => name !== null);
}

function triedDevice(
  { device, owned, entries, decision }: Judged,
  decider: Decider,
  { settings, written, language, now }: TryRequest,
): TriedDevice {
  const eas = device.eas!;
  const { adoptEntries, removeIdleDays } = settings;
  const at = timeOf(now);
  const said = (text: string, code = ''): string => inLanguage(text, language, code);
  const change =
    planChange(device, decision, owned, { at, adoptEntries }) ??
    planRemoval({ device, entries, decision }, { removeIdleDays, at });
  const rule = ruleOf(decision, decider, rulesInUse(written), language);
  const { listed } = eas.access;
  return {
    mailbox: eas.mailbox.address ?? eas.mailbox.upn ?? eas.mailbox.displayName ?? eas.mailbox.id,
    easId: eas.easId,
    device: eas.device.friendlyName ?? eas.device.model ?? eas.device.type ?? '?',
    state: eas.access.state,
    stateReason: eas.access.reason,
    listed,
    listedBy: listed === null ? null : listed === owned ? 'us' : 'admin',
    status: device.status,
    mdm: device.mdm?.device.name ?? device.mdm?.id ?? null,
    match: said(device.reason.text, device.reason.code),
    evidence: [
      ...device.match.evidence.map((line) => said(line)),
      ...(device.suggestions ?? []).map(({ name, why }) => `${name ?? WOULD_WORDS[language].record}: ${said(why)}`),
    ],
    action: decision.action,
    ruleNumber: rule.number,
    rule: rule.name,
    sentence: rule.sentence,
    reason: { code: decision.reason.code, text: said(decision.reason.text, decision.reason.code) },
    would: wouldOf(change, decision, eas, WOULD_WORDS[language]),
    changes: change !== null,
  };
}

function ruleOf(
  decision: AccessDecision,
  decider: Decider,
  written: readonly Rule[],
  language: RuleLanguage,
): { name: string; number: number | null; sentence: string | null } {
  const index = decider.rules.findIndex(({ name, disabled }) => name === decision.rule && disabled !== true);
  const own = written[index];
  if (own !== undefined) return { name: own.name, number: index + 1, sentence: describeRule(own, language) };
  const { rule, reason } = decision;
  const name = WOULD_WORDS[language].rules[rule] ?? rule;
  const isGentle = reason.code === GRANDFATHERED && decider.gentle !== null;
  return { name, number: null, sentence: isGentle ? describeRule(decider.gentle.rule, language) : null };
}

function wouldOf(
  change: PlannedChange | null,
  decision: AccessDecision,
  { access }: EasRecord,
  words: WouldWords,
): string {
  if (change === null) return words.nothing(whyNothing(decision, access, words));
  if (change.action === 'remove') return words.removal;
  const { edit, from, to } = change;
  const steps = (['allowed', 'blocked'] as const).flatMap((list) => [
    ...(edit[list]?.add ? [words.putOn(words.lists[list])] : []),
    ...(edit[list]?.remove ? [words.takeOff(words.lists[list])] : []),
  ]);
  return words.change(steps.join(words.and), words.states[from], to === 'unknown' ? null : words.states[to]);
}

function whyNothing({ action }: AccessDecision, { state, listed }: EasRecord['access'], words: WouldWords): string {
  if (action === 'leave') return words.left;
  if (action === 'release') return words.notListed;
  if (listed === (action === 'allow' ? 'allowed' : 'blocked')) return words.listedAlready(words.lists[listed]);
  if (listed !== null) return words.adminWins(words.lists[listed]);
  return words.byItself(words.states[state]);
}
