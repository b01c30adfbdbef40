/** Rules made ready to run: checked once, patterns compiled once. */
import { ConnectorError, ERROR_HELP } from '../errors.ts';
import { easPlatform } from '../model/eas-client.ts';
import { foldName } from '../model/keys.ts';
import { isQuiet } from '../model/mail-kind.ts';
import { timeFrom, timeUntil } from '../model/named-time.ts';
import type { Compliance, DeviceRecord, EasRecord, Listed, MdmRecord, Platform, ReasonCode } from '../model/records.ts';
import { sayIn } from '../model/sayings.ts';
import { checkRules } from './check-rules.ts';
import type { ReviewClock } from './review-clock.ts';
import type { Condition, Rule, TextField } from './rules.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';
import { compileTextTest } from './text-test.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

const HOUR_MS = 3_600_000;

/** What is known about a device besides its record. */
export interface DecisionContext {
  /** Of this decision alone. */
  readonly clock: ReviewClock;
  /** The personal list on which the ledger says we own this device's entry. */
  readonly owned: Listed;
  /** Treat an administrator's entries as ours. Default off. */
  readonly adoptEntries?: boolean;
  /** Ids and names of the groups the mailbox's owner is in; null: the directory could not be read. Absent: none. */
  readonly groups?: readonly string[] | null;
}

/** Whether a condition holds; null: cannot be told. */
export type ConditionTest = (device: DeviceRecord, context: DecisionContext) => boolean | null;

/** A rule with its conditions compiled. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly tests: readonly ConditionTest[];
  /** From then on the rule is passed over, milliseconds since 1970; null: never. */
  readonly until: number | null;
}

/** Compiles rules in order, without the disabled ones. Throws ERR_RULE_INVALID naming the first rule that is wrong. */
export function compileRules(rules: readonly Rule[]): CompiledRule[] {
  const problem = checkRules(rules)[0];
  if (problem) {
    const text = problem.text.replace(` ${ERROR_HELP.ERR_RULE_INVALID}`, '');
    throw new ConnectorError(
      'ERR_RULE_INVALID',
      say('rule.wrong', { count: problem.rule + 1, name: problem.name, text }),
      {
        details: { rule: problem.rule, name: problem.name },
      },
    );
  }
  return rules.filter((rule) => !rule.disabled).map(compileRule);
}

function compileRule(rule: Rule): CompiledRule {
  const until = rule.until === undefined ? null : timeUntil(rule.until);
  return { rule, tests: rule.when.map(compileCondition), until };
}

/** The compliance that counts now: in grace allows until its date, then the device is noncompliant. */
export function effectiveCompliance(mdm: MdmRecord, clock: ReviewClock): Compliance {
  if (mdm.compliance !== 'in-grace' || mdm.graceUntil === null) return mdm.compliance;
  const until = Date.parse(mdm.graceUntil);
  return Number.isNaN(until) || clock.reached(until) ? 'noncompliant' : 'in-grace';
}

/** Which list names the device and whether that entry is ours, the ledger and `adoptEntries` considered. */
export function listedBy(device: DeviceRecord, context: DecisionContext): 'us' | 'admin' | null {
  const listed = device.eas?.access.listed ?? null;
  if (listed === null) return null;
  return listed === context.owned || context.adoptEntries ? 'us' : 'admin';
}

function compileCondition(condition: Condition): ConditionTest {
  const test = compilePlain(condition);
  if (!condition.not) return test;
  return (device, context) => {
    const holds = test(device, context);
    return holds === null ? null : !holds;
  };
}

function compilePlain(condition: Condition): ConditionTest {
  switch (condition.field) {
    case 'status':
      return (device) => condition.is.includes(device.status);
    case 'reason':
      return reasonTest(condition.is);
    case 'compliance':
      return ({ mdm }, { clock }) => mdm !== undefined && condition.is.includes(effectiveCompliance(mdm, clock));
    case 'platform':
      return (device) => condition.is.includes(platformOf(device));
    case 'group':
      return groupTest(condition.in);
    case 'ageHours':
      return ageTest(spanOf(condition));
    case 'idleHours':
      return idleTest(spanOf(condition));
    case 'firstSyncAt':
      return firstSyncTest(timeFrom(condition.before));
    case 'lastSyncAt':
      return lastSyncTest(timeFrom(condition.before));
    case 'accessState':
      return ({ eas }) => eas !== undefined && condition.is.includes(eas.access.state);
    case 'accessReason':
      return accessReasonTest(condition.is);
    case 'listed':
      return (device, context) => {
        if (!condition.is.includes(device.eas?.access.listed ?? 'none')) return false;
        return condition.by === undefined || listedBy(device, context) === condition.by;
      };
    default:
      return textTest(condition);
  }
}

function groupTest(groups: readonly string[]): ConditionTest {
  const wanted = new Set(groups.map(foldName));
  return (_device, context) => {
    if (context.groups === null) return null;
    return (context.groups ?? []).some((group) => wanted.has(foldName(group)));
  };
}

/*
 *   the device's reason    the condition names it    counts as
 *   superseded, idle       no                        not-enrolled: rules that know neither block as they did before
 *   any                    otherwise                 itself
 */
function reasonTest(named: readonly ReasonCode[]): ConditionTest {
  return ({ reason: { code } }) => named.includes(code) || (isQuiet(code) && named.includes('not-enrolled'));
}

function accessReasonTest(reasons: readonly string[]): ConditionTest {
  const wanted = new Set(reasons.map((reason) => reason.toLowerCase()));
  return ({ eas }) => eas !== undefined && wanted.has(eas.access.reason.toLowerCase());
}

function textTest(condition: Extract<Condition, { readonly patterns: readonly string[] }>): ConditionTest {
  const tests = condition.patterns.map((pattern) => compileTextTest(condition.how, pattern));
  return (device) => TEXTS[condition.field](device).some((text) => tests.some((test) => test(text)));
}

const TEXTS: Readonly<Record<TextField, (device: DeviceRecord) => readonly string[]>> = {
  deviceType: ({ eas }) => known(eas?.device.type),
  deviceModel: ({ eas, mdm }) => known(eas?.device.model, mdm?.device.model),
  deviceOs: ({ eas, mdm }) => known(eas?.device.os, mdm?.device.os),
  userAgent: ({ eas }) => known(eas?.device.userAgent),
  clientType: ({ eas }) => known(eas?.device.clientType),
  easId: ({ eas }) => known(eas?.easId),
  mailbox: ({ eas }) => (eas ? mailboxTexts(eas.mailbox) : []),
};

function mailboxTexts({ id, upn, address, addresses, displayName }: EasRecord['mailbox']): readonly string[] {
  return known(id, upn, address, displayName, ...addresses);
}

function known(...texts: (string | null | undefined)[]): string[] {
  return texts.filter((text) => text !== null && text !== undefined);
}

/** The platform of a device, as the MDM says it, else as Exchange does. */
export function platformOf({ eas, mdm }: DeviceRecord): Platform {
  return mdm?.device.platform ?? (eas ? easPlatform(eas.device) : null) ?? 'other';
}

/*
 *   condition           what it compares        changes with time       changes with a later sync
 *   ageHours            known first sync        at each bound           no
 *   ageHours            unknown first sync      no: the age is 0        no
 *   idleHours           before a bound          at the bound            no: the bound only moves on
 *   idleHours           after a bound           no                      yes: it is before the bound again
 *   idleHours           unknown last sync       no: never within        no; Exchange is asked for it
 *   firstSyncAt         any                     no                      no
 *   lastSyncAt          before the moment       no                      yes
 *   lastSyncAt          after it                no                      no
 *   lastSyncAt          unknown                 no                      no; Exchange is asked for it
 *
 * Where Exchange was asked (review-clock.ts), idleHours compares with the time at which it was.
 */

function ageTest(span: Span): ConditionTest {
  return ({ eas }, { clock }) => {
    const first = timeOf(eas?.firstSyncAt);
    if (Number.isNaN(first)) return isWithin(span, (bound) => bound <= 0);
    return isWithin(span, (bound) => clock.reached(first + bound));
  };
}

function idleTest(span: Span): ConditionTest {
  return ({ eas }, { clock }) => {
    const last = timeOf(eas?.lastSyncAt);
    if (Number.isNaN(last)) {
      clock.wantsSyncTime();
      return false;
    }
    return isWithin(span, (bound) => clock.idleFor(last, bound));
  };
}

function firstSyncTest(before: number): ConditionTest {
  return ({ eas }) => timeOf(eas?.firstSyncAt) < before;
}

function lastSyncTest(before: number): ConditionTest {
  return ({ eas }, { clock }) => {
    const last = timeOf(eas?.lastSyncAt);
    if (Number.isNaN(last)) clock.wantsSyncTime();
    const holds = last < before;
    if (holds) clock.readsSyncTime();
    return holds;
  };
}

/** From a bound on, up to another one, in milliseconds; null: without bound. */
interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

function spanOf({ atLeast, below }: { readonly atLeast?: number; readonly below?: number }): Span {
  return {
    from: atLeast === undefined ? null : millisecondsOf(atLeast),
    to: below === undefined ? null : millisecondsOf(below),
  };
}

/** The first whole millisecond at which so many hours have passed. */
function millisecondsOf(hours: number): number {
  // The product is rounded, and may be one off.
  const about = Math.round(hours * HOUR_MS);
  return [about - 1, about, about + 1].find((one) => one / HOUR_MS >= hours) ?? Number.POSITIVE_INFINITY;
}

function isWithin({ from, to }: Span, isReached: (bound: number) => boolean): boolean {
  return (from === null || isReached(from)) && (to === null || !isReached(to));
}

/** NaN: not known. */
function timeOf(time: string | null | undefined): number {
  return Date.parse(time ?? '');
}
