import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { isConnectorError } from '../../src/errors.ts';
import { HttpSession } from '../../src/http/http-session.ts';
import type { HttpAuth } from '../../src/http/options.ts';
import { startContoso, Wire } from './exchange-wire.ts';

const PASSWORD = 'pä:ss wörd';

describe('sign-in at the lab’s Exchange', () => {
  const open: { close(): void | Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  async function start(...parameters: Parameters<typeof startContoso>) {
    const contoso = await startContoso(...parameters);
    open.push(contoso.server);
    return contoso;
  }

  /** Status of one request: 400 once signed in, as the body is nonsense. */
  async function status(contoso: Awaited<ReturnType<typeof start>>, auth: HttpAuth): Promise<number> {
    const session = new HttpSession({ url: contoso.server.url, auth, tls: { ca: contoso.ca } });
    open.push(session);
    const headers = { 'Content-Type': 'application/soap+xml' };
    const { status: first } = await session.request({ method: 'POST', headers, body: '<x/>' });
    assert.equal((await session.request({ method: 'POST', headers, body: '<x/>' })).status, first);
    return first;
  }

  it('takes Basic and NTLM, raw and wrapped, under both headers', async () => {
    const contoso = await start();
    const credentials = { username: 'CONTOSO\\svc-connector', password: PASSWORD };
    assert.equal(await status(contoso, { method: 'basic', ...credentials }), 400);
    assert.equal(await status(contoso, { method: 'ntlm', ...credentials }), 400);
    assert.equal(await status(contoso, { method: 'negotiate-ntlm', ...credentials }), 400);
    assert.equal(await status(contoso, { method: 'negotiate-ntlm', spnego: true, ...credentials }), 400);
    assert.equal(
      await status(contoso, { method: 'ntlm', username: 'svc-connector@contoso.example', password: PASSWORD }),
      400,
    );
  });

  it('refuses a wrong password, whichever the method', async () => {
    const contoso = await start();
    for (const method of ['basic', 'ntlm'] as const) {
      await assert.rejects(status(contoso, { method, username: 'svc-connector', password: 'wrong' }), (error) =>
        isConnectorError(error, 'ERR_HTTP_AUTH'),
      );
    }
  });

  it('offers only what it is set up for: Kerberos alone on a new Exchange', async () => {
    const offers = async (auth: Parameters<typeof startContoso>[0]): Promise<string> => {
      const { server } = await start(auth);
      const wire = new Wire(server.url);
      open.push(wire);
      wire.authorization = null;
      const answer = await wire.raw('<x/>');
      assert.equal(answer.status, 401);
      return String(answer.headers['www-authenticate']);
    };
    assert.equal(await offers({ auth: ['kerberos'] }), 'Negotiate');
    assert.equal(await offers({ auth: ['basic'] }), 'Basic realm="127.0.0.1"');
    assert.equal(await offers({}), 'Negotiate, NTLM, Basic realm="127.0.0.1"');
    const kerberosOnly = await start({ auth: ['kerberos'] });
    const credentials = { username: 'svc-connector', password: PASSWORD };
    await assert.rejects(status(kerberosOnly, { method: 'negotiate-ntlm', ...credentials }), (error) =>
      isConnectorError(error, 'ERR_HTTP_AUTH_METHOD'),
    );
    await assert.rejects(status(kerberosOnly, { method: 'basic', ...credentials }), (error) =>
      isConnectorError(error, 'ERR_HTTP_AUTH_METHOD'),
    );
  });

  it('checks the channel binding where extended protection demands it', async () => {
    const contoso = await start({ channelBinding: 'require' });
    const credentials = { username: 'svc-connector', password: PASSWORD };
    assert.equal(await status(contoso, { method: 'ntlm', ...credentials }), 400);
    await assert.rejects(status(contoso, { method: 'ntlm', channelBinding: false, ...credentials }), (error) =>
      isConnectorError(error, 'ERR_HTTP_AUTH'),
    );
  });

  it('opens no shell for an account without remote PowerShell', async () => {
    const contoso = await start();
    contoso.organization.addMailbox({ alias: 'eve', displayName: 'Eve', password: 'x' });
    const wire = new Wire(contoso.server.url, { username: 'eve', password: 'x' });
    open.push(wire);
    await assert.rejects(wire.open(), (error) => isConnectorError(error, 'ERR_WSMAN_ACCESS_DENIED'));
  });

  it('shows an account only the cmdlets of its roles', async () => {
    const contoso = await start();
    contoso.organization.addMailbox({
      alias: 'reader',
      displayName: 'Reader',
      password: 'x',
      remotePowerShell: true,
      cmdlets: ['Get-User'],
    });
    const wire = new Wire(contoso.server.url, { username: 'reader', password: 'x' });
    open.push(wire);
    await wire.open();
    const end = async (cmdlet: string) =>
      (await wire.run(cmdlet)).events.flatMap((event) =>
        event.kind === 'pipeline-state' ? [event.error?.fullyQualifiedErrorId ?? null] : [],
      );
    assert.deepEqual([await end('Get-User'), await end('Get-CASMailbox')], [[null], ['CommandNotFoundException']]);
  });

  const hasCurl = /\bNTLM\b/.test(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '');
  const curlTitle = 'lets curl in with Basic and with NTLM';
  if (hasCurl) {
    it(curlTitle, async () => {
      const { organization, server } = await start();
      organization.addMailbox({ alias: 'curl', displayName: 'Curl', password: 'secret1', remotePowerShell: true });
      const curl = async (...options: string[]): Promise<string> => {
        const fixed = [
          '-sk',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          '-H',
          'Content-Type: application/soap+xml',
          '-d',
          '<x/>',
        ];
        return (await promisify(execFile)('curl', [...fixed, ...options, server.url])).stdout;
      };
      assert.equal(await curl('--basic', '-u', 'curl:secret1'), '400');
      assert.equal(await curl('--ntlm', '-u', 'curl:secret1'), '400');
      assert.equal(await curl('--ntlm', '-u', 'CONTOSO\\curl:secret1'), '400');
      assert.equal(await curl('--ntlm', '-u', 'curl:wrong'), '401');
    });
  } else {
    it(`${curlTitle} (pending: there is no curl with NTLM on this machine)`);
  }
});
