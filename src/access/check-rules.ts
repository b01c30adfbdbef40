/** Checks rules that come from a flow file or an editor before they run. */
import type { AccessState, Action, Compliance, DeviceStatus, Platform, ReasonCode } from '../model/records.ts';
import { isConnectorError } from '../errors.ts';
import { timeFrom, timeUntil } from '../model/named-time.ts';
import type { TextField } from './rules.ts';
import { compileTextTest, costOfTextTest, MAX_COST_OF_RULES } from './text-test.ts';
import type { TextTestKind } from './text-test.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** Something wrong with a rule. `rule` counts from 0; `condition` too, or null if it is the rule itself. */
export interface RuleProblem {
  readonly rule: number;
  readonly name: string;
  readonly condition: number | null;
  readonly text: string;
}

/** Most rules, conditions of a rule, and values of a condition: bounds what one device costs. */
const MAX_RULES = 200;
const MAX_CONDITIONS = 20;
const MAX_VALUES = 200;

const ACTIONS: readonly Action[] = ['allow', 'block', 'release', 'leave'];
const STATUSES: readonly DeviceStatus[] = ['eas', 'mdm', 'eas/mdm'];
const COMPLIANCES: readonly Compliance[] = ['compliant', 'in-grace', 'noncompliant', 'unknown'];
const PLATFORMS: readonly Platform[] = ['ios', 'android', 'windows', 'macos', 'other'];
const STATES: readonly AccessState[] = ['allowed', 'blocked', 'quarantined', 'discovery', 'unknown'];
const TEXT_TESTS: readonly TextTestKind[] = ['exact', 'wildcard', 'regex'];
const REASONS: readonly ReasonCode[] = [
  'merged',
  'not-enrolled',
  'superseded',
  'idle',
  'needs-activation',
  'not-native-client',
  'other-user',
  'ambiguous',
  'returned-with-new-id',
  'snapshot-incomplete',
  'no-eas-record',
];

/** The values a condition may name, by field; null: any text. For an editor's menus too. */
export const CONDITION_VALUES: Readonly<Record<string, readonly string[] | null>> = {
  status: STATUSES,
  reason: REASONS,
  compliance: COMPLIANCES,
  platform: PLATFORMS,
  accessState: STATES,
  accessReason: null,
  listed: ['allowed', 'blocked', 'none'],
};

/** The fields compared as text. */
export const TEXT_FIELDS: readonly TextField[] = [
  'deviceType',
  'deviceModel',
  'deviceOs',
  'userAgent',
  'clientType',
  'mailbox',
  'easId',
];

/** Every problem of a list of rules; empty if they can run. Takes anything: flow files are edited by hand. */
export function checkRules(rules: unknown): RuleProblem[] {
  if (!Array.isArray(rules)) return [{ rule: 0, name: '', condition: null, text: say('rule.no-list') }];
  if (rules.length > MAX_RULES) {
    return [{ rule: MAX_RULES, name: '', condition: null, text: say('rule.too-many', { count: MAX_RULES }) }];
  }
  const costs: Costs = { left: MAX_COST_OF_RULES };
  return rules.flatMap((rule: unknown, number) => checkRule(rule, number, costs));
}

/** What the patterns of the rules that are still to be checked may cost. */
interface Costs {
  left: number;
}

function checkRule(rule: unknown, number: number, costs: Costs): RuleProblem[] {
  const fields = asFields(rule);
  const name = typeof fields?.['name'] === 'string' ? fields['name'] : '';
  const problem = (text: string, condition: number | null = null): RuleProblem => ({
    rule: number,
    name,
    condition,
    text,
  });
  if (!fields) return [problem(say('rule.none'))];
  const problems: RuleProblem[] = [];
  if (name.trim() === '') problems.push(problem(say('rule.no-name')));
  if (!ACTIONS.includes(fields['action'] as Action)) problems.push(problem(say('rule.no-action')));
  if (fields['until'] !== undefined && Number.isNaN(timeUntil(fields['until'])))
    problems.push(problem(say('rule.no-time')));
  for (const flag of ['disabled', 'report'])
    if (fields[flag] !== undefined && typeof fields[flag] !== 'boolean')
      problems.push(problem(say('rule.flag', { flag })));
  if (!Array.isArray(fields['when'])) return [...problems, problem(say('rule.no-conditions'))];
  if (fields['when'].length > MAX_CONDITIONS)
    return [...problems, problem(say('rule.many-conditions', { count: MAX_CONDITIONS }))];
  fields['when'].forEach((condition: unknown, at) => {
    const text = checkCondition(condition, costs);
    if (text !== null) problems.push(problem(text, at));
  });
  return problems;
}

function checkCondition(condition: unknown, costs: Costs): string | null {
  const fields = asFields(condition);
  if (!fields) return say('condition.none');
  const field = fields['field'];
  if (fields['not'] !== undefined && typeof fields['not'] !== 'boolean') return say('condition.not');
  if (field === 'group') return checkTexts(fields['in'], 0, 'groups');
  if (field === 'ageHours' || field === 'idleHours') return checkHours(fields);
  if (field === 'firstSyncAt' || field === 'lastSyncAt') {
    return Number.isNaN(timeFrom(fields['before'])) ? say('condition.no-time') : null;
  }
  if (TEXT_FIELDS.includes(field as TextField)) return checkPatterns(fields, costs);
  if (typeof field !== 'string' || !Object.hasOwn(CONDITION_VALUES, field))
    return say('condition.unknown', { field: String(field) });
  if (field === 'listed' && !(fields['by'] === undefined || fields['by'] === 'us' || fields['by'] === 'admin')) {
    return say('condition.owner');
  }
  return checkTexts(fields['is'], 1, 'values') ?? checkKnown(field, fields['is'] as readonly string[]);
}

function checkKnown(field: string, values: readonly string[]): string | null {
  const known = CONDITION_VALUES[field];
  const unknown = known ? values.find((value) => !known.includes(value)) : undefined;
  return unknown === undefined ? null : say('condition.never', { condition: field, value: unknown });
}

function checkTexts(values: unknown, least: number, things: 'groups' | 'values' | 'patterns'): string | null {
  if (!Array.isArray(values) || values.some((value) => typeof value !== 'string'))
    return say('condition.no-list', { things });
  if (values.length < least) return say('condition.empty-list', { things });
  if (values.some((value: string) => value.trim() === '')) return say('condition.empty-text', { things });
  return values.length > MAX_VALUES ? say('condition.many', { count: MAX_VALUES, things }) : null;
}

function checkHours(fields: Readonly<Record<string, unknown>>): string | null {
  const bounds = [fields['atLeast'], fields['below']].filter((bound) => bound !== undefined);
  if (bounds.length === 0) return say('condition.no-bound');
  return bounds.every((bound) => typeof bound === 'number' && Number.isFinite(bound) && bound >= 0)
    ? null
    : say('condition.hours');
}

function checkPatterns(fields: Readonly<Record<string, unknown>>, costs: Costs): string | null {
  const how = fields['how'] as TextTestKind;
  if (!TEXT_TESTS.includes(how)) return say('condition.how');
  const wrong = checkTexts(fields['patterns'], 1, 'patterns');
  if (wrong !== null) return wrong;
  for (const pattern of fields['patterns'] as readonly string[]) {
    if (pattern.length > 500) return say('condition.long');
    try {
      costs.left -= costOfTextTest(how, pattern);
      if (costs.left < 0) return say('condition.large');
      compileTextTest(how, pattern);
    } catch (error) {
      if (isConnectorError(error, 'ERR_RULE_INVALID')) return error.message;
      throw error;
    }
  }
  return null;
}

function asFields(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
