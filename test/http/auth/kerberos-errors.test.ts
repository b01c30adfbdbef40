/** What is wrong where Kerberos gives no ticket, by the words of MIT Kerberos, Heimdal and Windows. */
import assert from 'node:assert/strict';
import { kerberosCode } from '../../../src/http/auth/kerberos-errors.ts';

const NO_REASON = 'Unspecified GSS failure.  Minor code may provide more information: ';

describe('Kerberos that gives no ticket', () => {
  for (const [code, texts] of Object.entries({
    ERR_HTTP_KERBEROS_TICKET: [
      `${NO_REASON}No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)`,
      "No credentials were supplied, or the credentials were unavailable or inaccessible.: Credentials cache file '/tmp/krb5cc_1000' not found",
      `${NO_REASON}Ticket expired`,
      `${NO_REASON}Credential cache is empty`,
      `${NO_REASON}Keytab FILE:/data/connector.keytab is nonexistent or empty`,
      'No credentials are available in the security package',
    ],
    ERR_HTTP_KERBEROS_KDC: [
      `${NO_REASON}Cannot contact any KDC for realm 'CONTOSO.COM'`,
      `${NO_REASON}Cannot find KDC for realm "CONTOSO.COM"`,
      `${NO_REASON}Configuration file does not specify default realm`,
      'unable to reach any KDC in realm CONTOSO.COM',
      'No authority could be contacted for authentication.',
    ],
    ERR_HTTP_KERBEROS_SPN: [
      `${NO_REASON}Server not found in Kerberos database`,
      `${NO_REASON}Server krbtgt/EXAMPLE.COM@CONTOSO.COM not found in Kerberos database`,
      'Wrong principal in request',
      'The specified target is unknown or unreachable',
      'The target principal name is incorrect.',
    ],
    ERR_HTTP_KERBEROS_CLOCK: [
      `${NO_REASON}Clock skew too great`,
      'The clocks on the client and server machines are skewed.',
    ],
    ERR_HTTP_AUTH: [
      `${NO_REASON}Preauthentication failed`,
      `${NO_REASON}Client 'connector@CONTOSO.COM' not found in Kerberos database`,
      `${NO_REASON}Client's credentials have been revoked`,
      `${NO_REASON}Password has expired`,
      'The logon attempt failed',
      'Something else',
      '',
    ],
  })) {
    it(`says ${code}`, () => {
      assert.deepEqual(
        texts.map((text) => [text, kerberosCode(text)]),
        texts.map((text) => [text, code]),
      );
    });
  }
});
