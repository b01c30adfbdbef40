/*
 * What can be told of rules without asking the runtime, which compiles their patterns too (src/access/check-rules.ts). The
 * editor asks for every node of a flow, long before a dialog opens: so it has a table of its own, and a test holds the two
 * together.
 */
import { isVariable } from '../../editor/checks.js';

export const ACTIONS = ['allow', 'block', 'release', 'leave'];

export const TEXT_TESTS = ['exact', 'wildcard', 'regex'];

export const OWNERS = ['us', 'admin'];

/* What a condition may look at, as its menu has it, and the kind of values it has (rule-rows.js). */
export const CONDITIONS = {
  status: { kind: 'choices', values: ['eas', 'mdm', 'eas/mdm'] },
  reason: {
    kind: 'choices',
    values: [
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
    ],
  },
  compliance: { kind: 'choices', values: ['compliant', 'in-grace', 'noncompliant', 'unknown'] },
  platform: { kind: 'choices', values: ['ios', 'android', 'windows', 'macos', 'other'] },
  group: { kind: 'groups' },
  mailbox: { kind: 'texts' },
  deviceType: { kind: 'texts' },
  deviceModel: { kind: 'texts' },
  deviceOs: { kind: 'texts' },
  userAgent: { kind: 'texts' },
  clientType: { kind: 'texts' },
  easId: { kind: 'texts' },
  ageHours: { kind: 'hours' },
  idleHours: { kind: 'hours' },
  firstSyncAt: { kind: 'time' },
  lastSyncAt: { kind: 'time' },
  accessState: { kind: 'choices', values: ['allowed', 'blocked', 'quarantined', 'discovery', 'unknown'] },
  accessReason: { kind: 'reasons' },
  listed: { kind: 'entries', values: ['allowed', 'blocked', 'none'] },
};

/* The first rule that is wrong, counted from 1, and a key of access-switch.invalid that says why; null if none is. */
export function findWrongRule(rules) {
  if (!Array.isArray(rules)) return { number: 1, why: 'rules' };
  if (rules.length > 200) return { number: 201, why: 'rules' };
  const reasons = rules.map(wrongRule);
  const at = reasons.findIndex((why) => why !== null);
  return at < 0 ? null : { number: at + 1, why: reasons[at] };
}

function wrongRule(rule) {
  if (!isObject(rule) || typeof rule.name !== 'string' || rule.name.trim() === '') return 'ruleName';
  if (!isOneOf(rule.action, ACTIONS)) return 'ruleAction';
  if (rule.until !== undefined && !isTime(rule.until)) return 'ruleUntil';
  if (!isFlag(rule.disabled) || !isFlag(rule.report)) return 'ruleFlag';
  if (!Array.isArray(rule.when) || rule.when.length > 20) return 'ruleConditions';
  return rule.when.every(isCondition) ? null : 'ruleCondition';
}

const VALUES_FIT = {
  choices: (condition, { values }) => isTexts(condition.is, 1) && condition.is.every((one) => isOneOf(one, values)),
  entries: (condition, known) =>
    (condition.by === undefined || isOneOf(condition.by, OWNERS)) && VALUES_FIT.choices(condition, known),
  groups: (condition) => isTexts(condition.in, 0),
  texts: (condition) =>
    isOneOf(condition.how, TEXT_TESTS) && isTexts(condition.patterns, 1) && condition.patterns.every(isShort),
  hours: isHours,
  time: (condition) => isTime(condition.before),
  reasons: (condition) => isTexts(condition.is, 1),
};

function isCondition(condition) {
  if (!isObject(condition)) return false;
  const { field, not } = condition;
  if (!isFlag(not)) return false;
  if (!Object.prototype.hasOwnProperty.call(CONDITIONS, field)) return false;
  return VALUES_FIT[CONDITIONS[field].kind](condition, CONDITIONS[field]);
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOneOf(value, words) {
  return isVariable(value) || words.includes(value);
}

/* A text is what a variable holds. */
function isFlag(value) {
  return value === undefined || typeof value === 'boolean' || isOneOf(value, ['true', 'false']);
}

function isShort(text) {
  return text.length <= 500;
}

function isTexts(values, least) {
  return (
    Array.isArray(values) &&
    values.length >= least &&
    values.length <= 200 &&
    values.every((value) => typeof value === 'string' && value.trim() !== '')
  );
}

/* A day, or a time with its zone (src/model/named-time.ts). */
function isTime(value) {
  if (isVariable(value)) return true;
  const form = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
  const [text, day] = form.exec(typeof value === 'string' ? value.trim() : '') || [];
  if (text === undefined || Number.isNaN(Date.parse(text))) return false;
  // The 30th of February is a day in March to some browsers, and none to others.
  const midnight = new Date(day + 'T00:00:00.000Z');
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().slice(0, 10) === day;
}

/* Numbers; an environment variable stays text until the flow starts. */
function isHours({ atLeast, below }) {
  const bounds = [atLeast, below].filter((bound) => bound !== undefined);
  return bounds.length > 0 && bounds.every((bound) => isVariable(bound) || isNumber(bound));
}

function isNumber(value) {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return false;
  return Number.isFinite(Number(value)) && Number(value) >= 0;
}
