/* What can be told of rules without asking the runtime; that one compiles their patterns too (src/access/check-rules.ts). */
var RULE_VALUES = {
  status: ['eas', 'mdm', 'eas/mdm'],
  reason: [
    'merged',
    'not-enrolled',
    'needs-activation',
    'not-native-client',
    'other-user',
    'ambiguous',
    'returned-with-new-id',
    'snapshot-incomplete',
    'no-eas-record',
  ],
  compliance: ['compliant', 'in-grace', 'noncompliant', 'unknown'],
  platform: ['ios', 'android', 'windows', 'macos', 'other'],
  accessState: ['allowed', 'blocked', 'quarantined', 'discovery', 'unknown'],
  listed: ['allowed', 'blocked', 'none'],
};

/* The first rule that is wrong, counted from 1, and a key of access-switch.invalid that says why; null if none is. */
function findWrongRule(rules) {
  if (!Array.isArray(rules)) return { number: 1, why: 'rules' };
  if (rules.length > 200) return { number: 201, why: 'rules' };
  for (var i = 0; i < rules.length; i++) {
    var why = wrongRule(rules[i]);
    if (why) return { number: i + 1, why: why };
  }
  return null;
}

function wrongRule(rule) {
  if (!isObject(rule) || typeof rule.name !== 'string' || rule.name.trim() === '') return 'ruleName';
  if (!isOneOf(rule.action, ['allow', 'block', 'release', 'leave'])) return 'ruleAction';
  if (rule.until !== undefined && !isTime(rule.until)) return 'ruleUntil';
  if (!Array.isArray(rule.when) || rule.when.length > 20) return 'ruleConditions';
  return rule.when.every(isCondition) ? null : 'ruleCondition';
}

function isCondition(condition) {
  if (!isObject(condition)) return false;
  var field = condition.field;
  if (condition.not !== undefined && typeof condition.not !== 'boolean' && !isVariable(condition.not)) return false;
  if (field === 'group') return isTexts(condition.in, 0);
  if (field === 'ageHours' || field === 'idleHours') return isHours(condition);
  if (field === 'firstSyncAt' || field === 'lastSyncAt') return isTime(condition.before);
  if (TEXTS.indexOf(field) >= 0) {
    return (
      isOneOf(condition.how, ['exact', 'wildcard', 'regex']) &&
      isTexts(condition.patterns, 1) &&
      condition.patterns.every(isShort)
    );
  }
  if (field === 'accessReason') return isTexts(condition.is, 1);
  if (field === 'listed' && condition.by !== undefined && !isOneOf(condition.by, ['us', 'admin'])) return false;
  return (
    Object.prototype.hasOwnProperty.call(RULE_VALUES, field) &&
    isTexts(condition.is, 1) &&
    condition.is.every(function (value) {
      return isOneOf(value, RULE_VALUES[field]);
    })
  );
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOneOf(value, words) {
  return isVariable(value) || words.indexOf(value) >= 0;
}

function isShort(text) {
  return text.length <= 500;
}

function isTexts(values, least) {
  return (
    Array.isArray(values) &&
    values.length >= least &&
    values.length <= 200 &&
    values.every(function (value) {
      return typeof value === 'string' && value.trim() !== '';
    })
  );
}

function isTime(value) {
  return isVariable(value) || (typeof value === 'string' && !isNaN(Date.parse(value)));
}

/* Numbers; an environment variable stays text until the flow starts. */
function isHours(condition) {
  var bounds = [condition.atLeast, condition.below].filter(function (bound) {
    return bound !== undefined;
  });
  return (
    bounds.length > 0 &&
    bounds.every(function (bound) {
      if (isVariable(bound)) return true;
      return (
        (typeof bound === 'number' || (typeof bound === 'string' && bound.trim() !== '')) &&
        isFinite(Number(bound)) &&
        Number(bound) >= 0
      );
    })
  );
}
