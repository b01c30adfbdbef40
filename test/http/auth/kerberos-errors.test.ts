/** What is wrong where Kerberos gives no ticket or a server takes none, by the words of MIT Kerberos, Heimdal and Windows. */
import assert from 'node:assert/strict';
import { KERBEROS_MEANINGS, kerberosCode } from '../../../src/http/auth/kerberos-errors.ts';

const UNSPECIFIED = 'Unspecified GSS failure.  Minor code may provide more information: ';
const NO_CREDENTIALS = 'No credentials were supplied, or the credentials were unavailable or inaccessible: ';
const KINIT = 'kinit: ';

/** Major status (or who speaks), minor status, code here, code where the server says it. */
const TABLE: readonly (readonly [major: string, minor: string, here: string, server: string])[] = [
  [KINIT, 'Password incorrect while getting initial credentials', 'ACCOUNT', 'ACCOUNT'],
  [
    KINIT,
    "Client 'nobody@CONTOSO.COM' not found in Kerberos database while getting initial credentials",
    'ACCOUNT',
    'ACCOUNT',
  ],
  [KINIT, "Client's credentials have been revoked while getting initial credentials", 'ACCOUNT', 'ACCOUNT'],
  [KINIT, 'Password has expired while getting initial credentials', 'ACCOUNT', 'ACCOUNT'],
  [
    'Password expired.  You must change it now. Enter new password: ',
    'kinit: Cannot read password while getting initial credentials',
    'ACCOUNT',
    'ACCOUNT',
  ],
  [KINIT, 'KDC policy rejects request while getting initial credentials', 'ACCOUNT', 'ACCOUNT'],
  [NO_CREDENTIALS, 'Preauthentication failed', 'ACCOUNT', 'ACCOUNT'],
  [UNSPECIFIED, "Client 'connector@CONTOSO.COM' not found in Kerberos database", 'ACCOUNT', 'ACCOUNT'],
  [UNSPECIFIED, "Client's entry in database has expired", 'ACCOUNT', 'ACCOUNT'],
  ['', 'The logon attempt failed', 'ACCOUNT', 'ACCOUNT'],

  [UNSPECIFIED, 'Clock skew too great', 'CLOCK', 'CLOCK'],
  [KINIT, 'Clock skew too great while getting initial credentials', 'CLOCK', 'CLOCK'],
  [UNSPECIFIED, 'Ticket not yet valid', 'CLOCK', 'CLOCK'],
  ['', 'The clocks on the client and server machines are skewed.', 'CLOCK', 'CLOCK'],

  [UNSPECIFIED, 'Decrypt integrity check failed', 'ACCOUNT', 'SPN'],
  [UNSPECIFIED, 'Message stream modified', 'ACCOUNT', 'SPN'],
  [UNSPECIFIED, 'Key version is not available', 'ACCOUNT', 'SPN'],
  [UNSPECIFIED, 'Service key not available', 'ACCOUNT', 'SPN'],
  [UNSPECIFIED, 'No key table entry found for HTTP/mail.contoso.com@CONTOSO.COM', 'TICKET', 'SPN'],

  [UNSPECIFIED, 'Server HTTP/mail.contoso.com@CONTOSO.COM not found in Kerberos database', 'SPN', 'SPN'],
  [UNSPECIFIED, 'Server krbtgt/EXAMPLE.COM@CONTOSO.COM not found in Kerberos database', 'SPN', 'SPN'],
  [UNSPECIFIED, 'Wrong principal in request', 'SPN', 'SPN'],
  [UNSPECIFIED, "The ticket isn't for us", 'SPN', 'SPN'],
  [UNSPECIFIED, "Ticket/authenticator don't match", 'SPN', 'SPN'],
  ['', 'The specified target is unknown or unreachable', 'SPN', 'SPN'],
  ['', 'The target principal name is incorrect.', 'SPN', 'SPN'],

  [KINIT, 'KDC has no support for encryption type while getting initial credentials', 'SETUP', 'SETUP'],
  [UNSPECIFIED, 'Encryption type aes256-cts-hmac-sha1-96 not permitted', 'SETUP', 'SETUP'],
  [UNSPECIFIED, 'Improper format of Kerberos configuration file', 'SETUP', 'SETUP'],

  [NO_CREDENTIALS, "Cannot contact any KDC for realm 'CONTOSO.COM'", 'KDC', 'KDC'],
  [KINIT, "Cannot contact any KDC for realm 'CONTOSO.COM' while getting initial credentials", 'KDC', 'KDC'],
  [KINIT, 'Cannot find KDC for realm "CONTOSO.COM" while getting initial credentials', 'KDC', 'KDC'],
  [UNSPECIFIED, 'Cannot resolve servers for KDC in realm "CONTOSO.COM"', 'KDC', 'KDC'],
  [UNSPECIFIED, 'Configuration file does not specify default realm', 'KDC', 'KDC'],
  ['', 'unable to reach any KDC in realm CONTOSO.COM', 'KDC', 'KDC'],
  ['', 'No authority could be contacted for authentication.', 'KDC', 'KDC'],

  [NO_CREDENTIALS, 'No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)', 'TICKET', 'TICKET'],
  [
    NO_CREDENTIALS,
    'No Kerberos credentials available (default cache: FILE:/srv/clock skew/find kdc)',
    'TICKET',
    'TICKET',
  ],
  [NO_CREDENTIALS, "Can't find client principal connector@CONTOSO.COM in cache collection", 'TICKET', 'TICKET'],
  [NO_CREDENTIALS, "Credentials cache file '/tmp/krb5cc_1000' not found", 'TICKET', 'TICKET'],
  [UNSPECIFIED, 'Ticket expired', 'TICKET', 'TICKET'],
  [UNSPECIFIED, 'Credential cache is empty', 'TICKET', 'TICKET'],
  [UNSPECIFIED, 'Keytab FILE:/data/connector.keytab is nonexistent or empty', 'TICKET', 'TICKET'],
  ['', 'No credentials are available in the security package', 'TICKET', 'TICKET'],

  [UNSPECIFIED, 'KDC reply did not match expectations', 'SETUP', 'REFUSED'],
  ['Something else', '', 'SETUP', 'REFUSED'],
  ['', '', 'SETUP', 'REFUSED'],
];

describe('Kerberos that does not sign in', () => {
  it('has a code for each pair of major and minor status, by who says it', () => {
    assert.deepEqual(
      TABLE.map(([major, minor]) => {
        const text = `${major}${minor}`;
        return [major, minor, ...[kerberosCode(text), kerberosCode(text, 'server')].map((code) => code.slice(18))];
      }),
      TABLE,
    );
  });

  it('has an example of each of its rows', () => {
    const first = TABLE.map(([major, minor]) =>
      KERBEROS_MEANINGS.findIndex(([words]) => words.test(`${major}${minor}`)),
    );
    assert.deepEqual(
      [...KERBEROS_MEANINGS.keys()].filter((row) => !first.includes(row)),
      [],
    );
  });
});
