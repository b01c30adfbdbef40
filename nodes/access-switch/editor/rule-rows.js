/*
 * A rule and what its row shows of it, both ways, without a page: what is shown of a rule and read back is the rule again.
 * A condition's values are texts of inputs, by the kind of condition (CONDITIONS in check-rules.js):
 *
 *   kind      saved                  shown
 *   choices   is                     chosen
 *   entries   is, by                 chosen, by ('' for anybody)
 *   groups    in                     lines
 *   reasons   is                     lines
 *   texts     how, patterns          how, lines
 *   hours     atLeast, below         atLeast, below
 *   time      before                 before
 */
import { isVariable } from '../../editor/checks.js';
import { CONDITIONS } from './check-rules.js';

const SHOWN = {
  choices: ({ is }) => ({ chosen: listOr(is) }),
  entries: ({ is, by }) => ({ chosen: listOr(is), by: by || '' }),
  groups: (condition) => ({ lines: listOr(condition.in).join('\n') }),
  reasons: ({ is }) => ({ lines: listOr(is).join('\n') }),
  texts: ({ how, patterns }) => ({ how: how || 'wildcard', lines: listOr(patterns).join('\n') }),
  hours: ({ atLeast, below }) => ({ atLeast: textOf(atLeast), below: textOf(below) }),
  time: ({ before }) => ({ before: before || '' }),
};

const READ = {
  choices: ({ chosen }, saved) => ({ is: inSavedOrder(listOr(saved.is), chosen) }),
  entries: ({ chosen, by }, saved) => ({
    is: inSavedOrder(listOr(saved.is), chosen),
    ...(by === '' ? {} : { by }),
  }),
  groups: ({ lines }) => ({ in: linesOf(lines) }),
  reasons: ({ lines }) => ({ is: linesOf(lines) }),
  texts: ({ how, lines }) => ({ how, patterns: linesOf(lines) }),
  hours: ({ atLeast, below }) => ({ ...hoursAs('atLeast', atLeast), ...hoursAs('below', below) }),
  time: ({ before }) => ({ before: before.trim() }),
};

/* What a row shows of a condition: its field, `not` as a choice of 'is' and 'isNot', and its values. */
export function shownCondition(condition) {
  const { field, not } = condition;
  return { field, not: typeof not === 'string' ? not : not ? 'isNot' : 'is', ...SHOWN[kindOf(field)](condition) };
}

/* The condition that a row shows. `saved` is what it was before, {} for another field or a new row. */
export function readCondition(shown, saved) {
  const { field, not } = shown;
  return {
    field,
    ...READ[kindOf(field)](shown, saved),
    ...flagAs('not', not === 'is' ? false : not === 'isNot' ? true : not, saved),
  };
}

/* What a row shows of a rule, but for its conditions. */
export function shownRule(rule) {
  const { name, action, disabled, until, report } = rule;
  return { name, action, enabled: !isOn(disabled), until: until || '', report: isOn(report) };
}

/* The rule that a row shows; `when`: its conditions, read already. */
export function readRule(shown, when, saved) {
  const until = shown.until.trim();
  return {
    name: shown.name.trim(),
    when,
    action: shown.action,
    ...switchAs('disabled', !shown.enabled, saved),
    ...(until === '' ? {} : { until }),
    ...(saved.code ? { code: saved.code } : {}),
    ...switchAs('report', shown.report, saved),
  };
}

export function kindOf(field) {
  return Object.prototype.hasOwnProperty.call(CONDITIONS, field) ? CONDITIONS[field].kind : 'reasons';
}

/* One text for rules that are the same, whatever the order of their properties. */
export function canonical(rules) {
  return JSON.stringify(rules, (_key, value) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/* Unchanged default rules are saved as an empty list, so that a later version may better them. */
export function rulesToSave(rules, defaults) {
  return canonical(rules) === canonical(defaults) ? [] : rules;
}

/* Looking at a rule does not change it: what was saved keeps its place. */
function inSavedOrder(saved, chosen) {
  const kept = saved.filter((value) => chosen.includes(value));
  return [...kept, ...chosen.filter((value) => !kept.includes(value))];
}

/* A flow file may hold anything; what is no list is shown as an empty one. */
export function listOr(value) {
  return Array.isArray(value) ? value : [];
}

function linesOf(text) {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function textOf(value) {
  return value === undefined ? '' : String(value);
}

/* A number stays a number; ${NAME} stays text, and is put in when the flow starts. */
function hoursAs(name, text) {
  const value = text.trim();
  return value === '' ? {} : { [name]: Number.isNaN(Number(value)) ? value : Number(value) };
}

function isOn(flag) {
  return flag === true || flag === 'true';
}

/* A variable is shown as off, and stays until it is switched on. */
function switchAs(name, isOn, saved) {
  return !isOn && isVariable(saved[name]) ? { [name]: saved[name] } : flagAs(name, isOn, saved);
}

/* `false` is said only where it was said before. */
function flagAs(name, value, saved) {
  return value || saved[name] === false ? { [name]: value } : {};
}
