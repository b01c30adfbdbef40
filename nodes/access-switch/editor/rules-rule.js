/* What the field "rules" may hold, for the editor's validator. */
import { findWrongRule } from './check-rules.js';
import { canonical } from './rule-rows.js';

/* What the runtime has said of rules while a dialog was open, by their canonical text. */
const refused = new Map();

export const rulesRule = {
  test(rules) {
    return whyWrong(rules) === null;
  },
  reason(rules, node) {
    const { number, why, text } = whyWrong(rules);
    return { key: 'rule', values: { number, why: why ? node._('access-switch.invalid.' + why) : text } };
  },
};

function whyWrong(rules) {
  return findWrongRule(rules) || refused.get(canonical(rules)) || null;
}

/* Keeps the first problem of the runtime's answer to these rules, if it found one. */
export function rememberProblem(rules, { rules: described }) {
  const at = described.findIndex(({ problems }) => problems.length > 0);
  if (at >= 0) refused.set(canonical(rules), { number: at + 1, text: described[at].problems[0].text });
}
