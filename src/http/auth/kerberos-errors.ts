/** What GSSAPI's words mean. Pure. */
import type { ErrorCode } from '../../errors.ts';

/*
 * The first row that fits counts. Words of MIT Kerberos (lib/krb5/error_tables/krb5_err.et, k5e1_err.et), Heimdal's alike,
 * and of Windows' SSPI, which the package `kerberos` uses there.
 *
 *   who says it   words                                                        means
 *   KDC           preauthentication failed, credentials revoked, client not    the account: ERR_HTTP_AUTH
 *                 found, password or account expired, SSPI's logon denied
 *   either        clock skew                                                   ERR_HTTP_KERBEROS_CLOCK
 *   KDC           server not found, wrong principal, SSPI's unknown target     ERR_HTTP_KERBEROS_SPN
 *   library       no KDC found, contacted or resolved; no realm                ERR_HTTP_KERBEROS_KDC
 *   library       no ticket cache, empty, expired; no keytab, or without key   ERR_HTTP_KERBEROS_TICKET
 *   anybody       anything else                                                ERR_HTTP_AUTH: a refusal, to be on the safe side
 */
const MEANINGS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/preauth\w* failed|been revoked|client\b.{0,200}not found in (?:the )?kerberos database/i, 'ERR_HTTP_AUTH'],
  [/(?:password|account|entry in database) (?:has|is) expired|logon (?:attempt failed|denied)/i, 'ERR_HTTP_AUTH'],
  [/clock skew|clocks? on the client|skewed/i, 'ERR_HTTP_KERBEROS_CLOCK'],
  [/server\b.{0,200}not found|wrong principal|target\b.{0,40}\b(?:unknown|incorrect)/i, 'ERR_HTTP_KERBEROS_SPN'],
  [/\bkdc\b|\brealm\b|no authority could be contacted/i, 'ERR_HTTP_KERBEROS_KDC'],
  [/credential|ticket expired|keytab|key table|\bccache\b/i, 'ERR_HTTP_KERBEROS_TICKET'],
];

/** The code for what GSSAPI failed with. */
export function kerberosCode(text: string): ErrorCode {
  return MEANINGS.find(([words]) => words.test(text))?.[1] ?? 'ERR_HTTP_AUTH';
}
