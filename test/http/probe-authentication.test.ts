import assert from 'node:assert/strict';
import { NtlmServer } from '../../src/http/auth/ntlm-server.ts';
import type { AuthMethod } from '../../src/http/options.ts';
import { enableCommand, probeAuthentication } from '../../src/http/probe-authentication.ts';
import type { AuthenticationReport } from '../../src/http/probe-authentication.ts';
import { startHttps, testAuthority } from './loopback-server.ts';
import { rejectsWith } from './rejects-with.ts';

/** Asks a server that offers these; `ntlm` makes it answer NTLM under Negotiate. */
async function probe(offered: readonly string[], wanted: AuthMethod, ntlm = false): Promise<AuthenticationReport> {
  const { ca } = await testAuthority();
  const server = await startHttps((request, response) => {
    const { authorization } = request.headers;
    const state = new NtlmServer({ domain: 'E', computer: 'X', password: () => null, channelBinding: null });
    const step = ntlm && authorization !== undefined ? state.step(authorization) : undefined;
    const headers = step?.kind === 'challenge' ? [step.header] : [...offered];
    response.writeHead(401, { Server: 'Microsoft-IIS/10.0', 'WWW-Authenticate': headers }).end();
  });
  try {
    return await probeAuthentication(server.url, { tls: { ca }, wanted, serverName: 'EX01' });
  } finally {
    await server.close();
  }
}

const base = { status: 401, server: 'Microsoft-IIS/10.0' };

describe('asking a server how one may sign in', () => {
  it('names the command that enables Basic on a default Exchange, which takes Kerberos only', async () => {
    assert.deepEqual(await probe(['Negotiate'], 'basic'), {
      ...base,
      offered: ['negotiate'],
      methods: ['kerberos'],
      wanted: 'basic',
      wantedIsOffered: false,
      command:
        'Set-PowerShellVirtualDirectory -Identity "EX01\\PowerShell (Default Web Site)" -BasicAuthentication $true',
    });
  });

  it('tries NTLM where only Negotiate is offered', async () => {
    assert.deepEqual(await probe(['Negotiate'], 'ntlm'), {
      ...base,
      offered: ['negotiate'],
      methods: ['kerberos'],
      wanted: 'ntlm',
      wantedIsOffered: false,
      command:
        'Set-PowerShellVirtualDirectory -Identity "EX01\\PowerShell (Default Web Site)" -WindowsAuthentication $true',
    });
    assert.deepEqual(await probe(['Negotiate', 'Basic realm="x"'], 'ntlm', true), {
      ...base,
      offered: ['negotiate', 'basic'],
      methods: ['kerberos', 'ntlm', 'negotiate-ntlm', 'basic'],
      wanted: 'ntlm',
      wantedIsOffered: true,
      command: null,
    });
  });

  it('says that nothing is offered', async () => {
    const report = await probe([], 'kerberos');
    assert.deepEqual([report.methods, report.wantedIsOffered, report.command], [[], false, null]);
  });

  it('gives the command for certificates, which no header announces', async () => {
    const report = await probe(['Kerberos'], 'certificate');
    assert.deepEqual(
      [report.methods, report.wantedIsOffered, report.command],
      [
        ['kerberos'],
        null,
        'Set-PowerShellVirtualDirectory -Identity "EX01\\PowerShell (Default Web Site)" -CertificateAuthentication $true',
      ],
    );
    assert.equal(enableCommand('kerberos'), null);
  });

  it('speaks https only', async () => {
    await rejectsWith(probeAuthentication('http://mail.example.com/PowerShell/'), 'ERR_HTTP_INSECURE');
    await rejectsWith(probeAuthentication('mail'), 'ERR_CONFIG_INVALID');
  });
});
