/* What the field "removeIdleDays" may hold: only what counts as not used is removed. */
import { isVariable, wholeNumber } from '../../editor/checks.js';

const WHOLE = wholeNumber(0, 3650);

/* Days without a try, as they stand: in the open dialog, or as they were saved. */
function idleDaysOf(node) {
  const input = RED.editor.getEditStack().indexOf(node) >= 0 ? $('#node-input-idleDays') : $();
  const value = input.length ? input.val() : node.idleDays;
  const isUnset = value === undefined || value === null || String(value).trim() === '';
  return isUnset ? node._def.defaults.idleDays.value : value;
}

function isTooSoon(value, node) {
  const idleDays = idleDaysOf(node);
  return !isVariable(idleDays) && Number(value) > 0 && Number(value) < Number(idleDays);
}

export const removalDays = {
  test(value, node) {
    return WHOLE.test(value) && !isTooSoon(value, node);
  },
  reason(value, node) {
    return WHOLE.test(value) ? { key: 'fewerThanIdle', values: { min: idleDaysOf(node) } } : WHOLE;
  },
};
