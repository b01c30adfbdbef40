/**
 * Our sign-in by NTLM before somebody else's: Apache with mod_auth_gssapi and gss-ntlmssp, Debian's packages; alone, and in front
 * of the lab's Exchange.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { asConnectorError } from '../src/errors.ts';
import { openRemotePowerShell } from '../src/exchange/open-exchange.ts';
import { HttpSession } from '../src/http/http-session.ts';
import type { HttpAuth } from '../src/http/options.ts';
import { startExchangeServer } from '../src/lab/servers/exchange.ts';
import type { ExchangeServer } from '../src/lab/servers/exchange.ts';
import { exchangeContract } from '../test/exchange/exchange-contract.ts';
import { labCertificate, labUser } from '../test/exchange/lab-exchange.ts';
import { startNameProxy } from '../test/support/stranger.ts';
import { APACHE_FILES, NTLM_MECHANISM, startApache } from './support/apache.ts';
import type { Apache, ApacheSetup } from './support/apache.ts';

const NAME = 'web.corp.example';
const KNOWN = { domain: 'CORP', user: 'reader', password: 'P4ss-Wörd 日本!' };
const ACCOUNT = { username: `${KNOWN.domain}\\${KNOWN.user}`, password: KNOWN.password };

describe('peer: NTLM by Apache and gss-ntlmssp', function () {
  const open: { close(): unknown }[] = [];

  before(function () {
    if (process.getuid?.() === 0 && NTLM_MECHANISM !== null && APACHE_FILES.every((file) => existsSync(file))) return;
    process.stdout.write(
      '  skipped: it needs root and the packages "apache2", "libapache2-mod-auth-gssapi" and "gss-ntlmssp"\n',
    );
    this.skip();
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  const web = async (
    setup: Partial<ApacheSetup> = {},
  ): Promise<{ readonly apache: Apache; readonly proxy: string }> => {
    const apache = await startApache({ name: NAME, ntlm: KNOWN, ...setup });
    open.push(apache);
    const proxy = await startNameProxy({ [`${NAME}:443`]: apache.port });
    open.push(proxy);
    return { apache, proxy: proxy.url };
  };
  const outcomes = async (auth: HttpAuth, times: number): Promise<string[]> => {
    const { apache, proxy } = await web();
    const session = new HttpSession({
      url: `https://${NAME}/index.html`,
      auth,
      tls: { ca: apache.ca },
      proxy: { url: proxy },
    });
    open.push(session);
    const seen: string[] = [];
    for (let time = 0; time < times; time += 1)
      seen.push(
        await session.request({ method: 'GET' }).then(
          ({ status, body }) => `${status} ${body.toString('utf8').trim()}`,
          (error: unknown) => asConnectorError(error).code,
        ),
      );
    return seen;
  };

  for (const [sentence, way] of [
    ['under its own name', { method: 'ntlm' }],
    ['under Negotiate', { method: 'negotiate-ntlm' }],
    ['under Negotiate, wrapped in SPNEGO', { method: 'negotiate-ntlm', spnego: true }],
    ['without a tie to the certificate, as through a proxy that ends TLS', { method: 'ntlm', channelBinding: false }],
  ] as const)
    it(`signs in ${sentence}, once for three requests`, async () => {
      assert.deepEqual(await outcomes({ ...way, ...ACCOUNT }, 3), ['200 Come in.', '200 Come in.', '200 Come in.']);
    });

  for (const [sentence, account] of [
    ['a wrong password', { ...ACCOUNT, password: 'wrong' }],
    ['an account that is none', { ...ACCOUNT, username: 'CORP\\nobody' }],
    ['the account of another domain', { ...ACCOUNT, username: 'OTHER\\reader' }],
  ] as const)
    it(`says that ${sentence} is refused`, async () => {
      assert.deepEqual(await outcomes({ method: 'ntlm', ...account }, 1), ['ERR_HTTP_AUTH']);
    });

  describe('in front of Exchange', () => {
    let server: ExchangeServer | null = null;
    afterEach(async () => {
      await server?.close();
      server = null;
    });

    exchangeContract(async (organization) => {
      organization.addMailbox({
        alias: 'connector',
        displayName: 'Connector',
        password: labUser.password,
        remotePowerShell: true,
      });
      server = await startExchangeServer(organization, { certificate: labCertificate, auth: ['basic'] });
      const token = Buffer.from(`${labUser.username}:${labUser.password}`).toString('base64');
      const { apache, proxy } = await web({
        before: { path: '/PowerShell/', url: server.url, authorization: `Basic ${token}` },
      });
      return openRemotePowerShell({
        kind: 'remote-powershell',
        urls: [`https://${NAME}/PowerShell/`],
        auth: 'ntlm',
        ...ACCOUNT,
        tls: { ca: apache.ca },
        proxy: { url: proxy },
        backoffMs: 10,
      });
    });
  });
});
