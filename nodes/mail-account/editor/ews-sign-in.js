/* What the field "ewsAuth" may hold: Autodiscover is asked with a password, so Kerberos needs the address. */
import { choice, chosen } from '../../editor/checks.js';

const METHODS = choice(['ntlm', 'basic', 'kerberos']);

function lacksAddress(value, node) {
  return value === 'kerberos' && String(chosen(node, 'ewsUrl')).trim() === '';
}

export const ewsSignIn = {
  test(value, node) {
    return METHODS.test(value) && !lacksAddress(value, node);
  },
  reason(value, node) {
    return lacksAddress(value, node) ? { key: 'kerberosNeedsAddress' } : METHODS;
  },
};
