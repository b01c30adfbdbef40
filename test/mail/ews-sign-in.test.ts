/** How an account signs in to Exchange Web Services, and what counts as a refused password. */
import assert from 'node:assert/strict';
import { startAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import type { LabAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { CertificateAuthority } from '../../src/lab/servers/certificates.ts';
import type { SignInScheme } from '../../src/lab/servers/autodiscover-sign-in.ts';
import type { KerberosModule } from '../../src/http/auth/kerberos.ts';
import type { EwsAccountOptions } from '../../src/mail/ews.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { SignInGate } from '../../src/mail/sign-in-gate.ts';
import { bodyOf, startHttps, testAuthority } from '../http/loopback-server.ts';
import { codeOf, failure, MAIL, organization, PASSWORD } from './support.ts';

const SENT =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:CreateItemResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages><m:CreateItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:CreateItemResponseMessage></m:ResponseMessages></m:CreateItemResponse></s:Body></s:Envelope>';

/** Stands in for the GSSAPI of the machine, of which the services are noted. */
function gssapi(services: string[], fail?: string): KerberosModule {
  return {
    initializeClient: async (service) => {
      if (fail !== undefined) throw new Error(fail);
      services.push(service);
      return { step: async (challenge) => (challenge === '' ? 'dGlja2V0' : null) };
    },
  };
}

describe('the sign-in to Exchange Web Services', () => {
  let authority: CertificateAuthority;
  const closing: (() => unknown)[] = [];

  before(async () => {
    authority = await createCertificateAuthority();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function exchange(schemes: readonly SignInScheme[]): Promise<LabAutodiscoverServer> {
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    const server = await startAutodiscoverServer(organization(), { certificate, schemes });
    closing.push(() => server.close());
    return server;
  }

  function open(account: Partial<EwsAccountOptions>, gate?: SignInGate): Mailer {
    const who = { username: 'enroll@contoso.example', password: PASSWORD };
    const tls = { ca: authority.ca };
    const ewsUrl = 'https://127.0.0.1:1/EWS/Exchange.asmx';
    const mailer = openMailer(
      { transport: 'ews', address: 'enroll@contoso.example', ewsUrl, ...who, tls, ...account },
      gate,
    );
    closing.push(() => mailer.close());
    return mailer;
  }

  /** An Exchange whose directory takes Kerberos alone. */
  async function kerberosOnly(): Promise<{ ewsUrl: string; tls: { ca: string } }> {
    const server = await startHttps(async (request, response) => {
      await bodyOf(request);
      const isIn = request.headers.authorization === 'Negotiate dGlja2V0';
      response.writeHead(isIn ? 200 : 401, isIn ? {} : { 'WWW-Authenticate': 'Negotiate' }).end(isIn ? SENT : '');
    });
    closing.push(() => server.close());
    const { ca } = await testAuthority();
    return { ewsUrl: server.url, tls: { ca } };
  }

  it('is by the method that was chosen: NTLM by itself, Basic where nothing else is offered', async () => {
    for (const [auth, schemes, signIn] of [
      [undefined, ['Negotiate', 'NTLM', 'Basic'], 'NTLM'],
      ['ntlm', ['NTLM'], 'NTLM'],
      ['basic', ['Basic'], 'Basic'],
      ['basic', ['Negotiate', 'NTLM', 'Basic'], 'Basic'],
    ] as const) {
      const { ewsUrl, requests } = await exchange(schemes);
      await open({ ewsUrl, ...(auth === undefined ? {} : { auth }) }).send(MAIL);
      assert.deepEqual([...new Set(requests.map((one) => one.signIn))], [signIn]);
    }
  });

  it('never shows the password to a server that offers Basic alone, unless Basic was chosen', async () => {
    const { ewsUrl, requests } = await exchange(['Basic']);
    const error = await failure(open({ ewsUrl }).send(MAIL));
    assert.deepEqual([error.code, error.details['fate']], ['ERR_HTTP_AUTH_METHOD', 'account']);
    assert.deepEqual(
      requests.filter(({ signIn }) => signIn === 'Basic'),
      [],
    );
  });

  it('is by Kerberos without user and password, for the service name that was set', async () => {
    const services: string[] = [];
    const account = { ...(await kerberosOnly()), auth: 'kerberos', username: '', password: '' } as const;
    const kerberos = gssapi(services);
    await open({ ...account, kerberos }).send(MAIL);
    await open({ ...account, kerberos, spn: 'HTTP@mail.contoso.example' }).send(MAIL);
    assert.deepEqual(services, ['HTTP@127.0.0.1', 'HTTP@mail.contoso.example']);
  });

  for (const [what, words, code, fate] of [
    ['there is no ticket', 'No Kerberos credentials available', 'ERR_HTTP_KERBEROS_TICKET', 'account'],
    ['no KDC answers', "Cannot contact any KDC for realm 'X'", 'ERR_HTTP_KERBEROS_KDC', 'again'],
    ['the service is unknown', 'Server not found in Kerberos database', 'ERR_HTTP_KERBEROS_SPN', 'account'],
    ['the clock is wrong', 'Clock skew too great', 'ERR_HTTP_KERBEROS_CLOCK', 'account'],
    ['the setup is', 'KDC has no support for encryption type', 'ERR_HTTP_KERBEROS_SETUP', 'account'],
  ] as const) {
    it(`does not count as a refused password when ${what}: the mail waits, the account goes on`, async () => {
      const gate = new SignInGate();
      const account = { ...(await kerberosOnly()), auth: 'kerberos', kerberos: gssapi([], words) } as const;
      const error = await failure(open(account, gate).send(MAIL));
      assert.deepEqual([error.code, error.details['fate'], gate.refusedAt], [code, fate, null]);
    });
  }

  it('counts as refused when the KDC refuses the account, for its lock-out', async () => {
    const gate = new SignInGate();
    const kerberos = gssapi([], 'Preauthentication failed');
    const mailer = open({ ...(await kerberosOnly()), auth: 'kerberos', kerberos }, gate);
    const error = await failure(mailer.send(MAIL));
    assert.equal(error.code, 'ERR_MAIL_AUTH');
    assert.match(error.message, /sign-in of enroll@contoso\.example by Kerberos: .*\(Preauthentication failed\)/);
    assert.equal((await failure(mailer.send(MAIL))).code, 'ERR_MAIL_STOPPED');
  });

  it('by NTLM where Kerberos is wanted says so, and does not count as a refused password', async () => {
    const gate = new SignInGate();
    const mailer = open(await kerberosOnly(), gate);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await failure(mailer.send(MAIL));
      assert.deepEqual([error.code, error.details['fate'], gate.refusedAt], ['ERR_HTTP_AUTH_METHOD', 'account', null]);
      assert.match(error.message, /it may want Kerberos\. The password was not sent\./);
    }
  });

  it('by NTLM that is refused under Negotiate alone counts, as a wrong password may, and says that Kerberos may be wanted', async () => {
    const gate = new SignInGate();
    const { ewsUrl } = await exchange(['Negotiate']);
    await open({ ewsUrl }, gate).send(MAIL);
    const error = await failure(open({ ewsUrl, password: 'wrong' }, gate).send(MAIL));
    assert.equal(error.code, 'ERR_MAIL_AUTH');
    assert.match(error.message, /refused the sign-in of .*; it offers Negotiate alone, and may want Kerberos\./);
    assert.notEqual(gate.refusedAt, null);
  });

  it('needs user and password, unless it is by Kerberos, and https', () => {
    const none = { username: '', password: '' };
    for (const auth of ['ntlm', 'basic'] as const) {
      assert.equal(
        codeOf(() => open({ auth, ...none })),
        'ERR_CONFIG_INVALID',
      );
      assert.equal(
        codeOf(() => open({ auth, password: '' })),
        'ERR_CONFIG_INVALID',
      );
    }
    assert.equal(
      codeOf(() => open({ auth: 'kerberos', ...none })),
      'no error',
    );
    assert.equal(
      codeOf(() => open({ auth: 'basic', ewsUrl: 'http://mail.contoso.example/EWS/Exchange.asmx' })),
      'ERR_HTTP_INSECURE',
    );
  });
});
