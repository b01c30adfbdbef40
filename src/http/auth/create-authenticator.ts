/** Makes the strategy for a method of signing in. */
import type { AuthMethod, HttpAuth } from '../options.ts';
import { refusal } from './authenticator.ts';
import type { Authenticator } from './authenticator.ts';
import { createKerberosAuthenticator } from './kerberos.ts';
import type { KerberosModule } from './kerberos.ts';
import { createNtlmAuthenticator } from './ntlm-authenticator.ts';

/** Value of Authorization for a client certificate. [MS-WSMV] 3.1.4.1.30.1 names the profile; WinRM clients send it. */
const MUTUAL_TLS = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

/** The same headers with every request, no handshake. */
function createStaticAuthenticator(method: AuthMethod, headers: Readonly<Record<string, string>>): Authenticator {
  return {
    async run(exchange) {
      const answer = await exchange.send(headers, true);
      if (answer.status === 401) throw refusal(method, exchange.url, answer);
      return answer;
    },
  };
}

/** Makes the strategy for a method. */
export function createAuthenticator(
  auth: HttpAuth,
  options: { kerberos?: KerberosModule | undefined } = {},
): Authenticator {
  switch (auth.method) {
    case 'none':
      return createStaticAuthenticator('none', {});
    case 'certificate':
      return createStaticAuthenticator('certificate', { Authorization: MUTUAL_TLS });
    case 'basic': {
      const token = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return createStaticAuthenticator('basic', { Authorization: `Basic ${token}` });
    }
    case 'kerberos':
      return createKerberosAuthenticator(auth, options.kerberos);
    default:
      return createNtlmAuthenticator(auth);
  }
}
