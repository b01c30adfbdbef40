/** What GSSAPI's words mean. Pure. */
import type { ErrorCode } from '../../errors.ts';

/** Who says it: this side, which asks the KDC for tickets, or the server, which looks at the ticket that it was sent. */
export type KerberosSide = 'here' | 'server';

type KerberosCode = Extract<ErrorCode, `ERR_HTTP_KERBEROS_${string}`>;
type Meaning = readonly [words: RegExp, here: KerberosCode, server?: KerberosCode];

/*
 * GSSAPI's error is a pair, major and minor status (RFC 2743, 1.2.1), of which the package `kerberos` gives the two texts:
 * "major: minor". The first row that fits counts; a row without a meaning of its own at the server means the same there.
 * Words of MIT Kerberos (lib/krb5/error_tables: krb5_err.et, k5e1_err.et, kv5m_err.et; lib/gssapi/generic: disp_major_status.c),
 * of its kinit, of Heimdal, whose words are alike, and of Windows' SSPI, which the package uses there.
 *
 *   minor or major status                                                here      at the server
 *   the KDC does not take the account: preauthentication failed, wrong   ACCOUNT   ACCOUNT
 *   password, not found, locked, expired, its policy; SSPI's logon denied
 *   clock skew, ticket of the future                                     CLOCK     CLOCK
 *   what was sealed does not open: integrity, modified, key version      ACCOUNT   SPN: it is for another account's key
 *   the keytab has no such key                                           TICKET    SPN
 *   the KDC knows no such service, or the ticket is for another one      SPN       SPN
 *   no encryption type that both have; krb5.conf that cannot be read     SETUP     SETUP
 *   no KDC found, contacted or resolved; no realm                        KDC       KDC
 *   no ticket cache, empty, expired; no keytab, or not of the account    TICKET    TICKET, as an expired ticket
 *   anything else                                                        SETUP     REFUSED
 */
export const KERBEROS_MEANINGS: readonly Meaning[] = [
  [
    /preauth\w* failed|been revoked|client\b.{0,200}not found in (?:the )?kerberos database/i,
    'ERR_HTTP_KERBEROS_ACCOUNT',
  ],
  [/(?:password|account|entry in database) (?:has |is )?expired|password incorrect/i, 'ERR_HTTP_KERBEROS_ACCOUNT'],
  [/logon (?:attempt failed|denied)|policy rejects/i, 'ERR_HTTP_KERBEROS_ACCOUNT'],
  [/clock skew|clocks? on the client|skewed|not yet valid/i, 'ERR_HTTP_KERBEROS_CLOCK'],
  [
    /integrity check failed|stream modified|key version|service key not available/i,
    'ERR_HTTP_KERBEROS_ACCOUNT',
    'ERR_HTTP_KERBEROS_SPN',
  ],
  [/no key table entry/i, 'ERR_HTTP_KERBEROS_TICKET', 'ERR_HTTP_KERBEROS_SPN'],
  [
    /server\b.{0,200}not found|wrong principal|ticket isn't for us|ticket\/authenticator don't match|target\b.{0,40}\b(?:unknown|incorrect)/i,
    'ERR_HTTP_KERBEROS_SPN',
  ],
  [/encryption type|improper format of kerberos config/i, 'ERR_HTTP_KERBEROS_SETUP'],
  [
    /(?:contact|find|reach|resolve)\b.{0,40}\bkdc\b|default realm|realm not local|no authority could be contacted/i,
    'ERR_HTTP_KERBEROS_KDC',
  ],
  [/credential|ticket (?:has )?expired|keytab|key table|\bccache\b/i, 'ERR_HTTP_KERBEROS_TICKET'],
];

/**
 * The code for what Kerberos failed with.
 * @param text GSSAPI's, or kinit's
 */
export function kerberosCode(text: string, side: KerberosSide = 'here'): KerberosCode {
  // What stands in brackets names files, which may be called anything.
  const said = text.replaceAll(/\((?:default cache|filename)?: [^)]*\)/gi, '');
  const meaning = KERBEROS_MEANINGS.find(([words]) => words.test(said));
  if (meaning === undefined) return side === 'here' ? 'ERR_HTTP_KERBEROS_SETUP' : 'ERR_HTTP_KERBEROS_REFUSED';
  const [, here, server = here] = meaning;
  return side === 'here' ? here : server;
}
