/**
 * Remote PowerShell signed in by Kerberos: the lab's Exchange behind an Apache with mod_auth_gssapi, as `kerbauth` stands
 * before the real one, and MIT's KDC. All that every way to Exchange must do, where Kerberos is asked for once a connection
 * and where it is asked for with each request; the second is what IIS does by default.
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { openRemotePowerShell } from '../src/exchange/open-exchange.ts';
import { editMailboxLists, readMailboxLists } from '../src/exchange/read-mailbox.ts';
import type { RemotePowerShell } from '../src/exchange/remote-powershell.ts';
import type { Organization } from '../src/lab/organization.ts';
import { startExchangeServer } from '../src/lab/servers/exchange.ts';
import type { ExchangeServer } from '../src/lab/servers/exchange.ts';
import { exchangeContract } from '../test/exchange/exchange-contract.ts';
import { labCertificate, labOrganization, labUser } from '../test/exchange/lab-exchange.ts';
import { collect } from '../test/exchange/scripted-exchange.ts';
import { FAKETIME } from './support/apache.ts';
import type { ApacheSetup } from './support/apache.ts';
import { KerberosRealm, READER, WEB } from './support/kerberos-realm.ts';

const SERVERS = [
  ['once a connection', ['GssapiConnectionBound On']],
  ['with each request', ['GssapiConnectionBound Off']],
] as const;

for (const [kept, lines] of SERVERS) {
  describe(`peer: Exchange over PowerShell Remoting, signed in by Kerberos ${kept}`, function () {
    let realm: KerberosRealm;
    let server: ExchangeServer | null = null;
    /** Shells that perhaps nobody could delete. */
    let left = 0;
    before(async function () {
      this.timeout(240_000);
      const started = await KerberosRealm.start();
      if (started === null) this.skip();
      realm = started;
      await realm.kdc.admin('addprinc -randkey HTTP/other.corp.example');
    });
    beforeEach(() => realm.tidy());
    afterEach(async () => {
      const shells = server?.stats.shells;
      await server?.close();
      server = null;
      assert.ok((shells ?? 0) <= left, `${shells} shells are left`);
      left = 0;
    });
    after(() => realm?.close());

    const open = async (
      organization: Organization,
      account: { readonly username?: string; readonly password?: string } = {},
      first: Partial<ApacheSetup> | null = null,
    ): Promise<RemotePowerShell> => {
      server = await startExchangeServer(organization, { certificate: labCertificate, auth: ['basic'] });
      const token = Buffer.from(`${labUser.username}:${labUser.password}`).toString('base64');
      const before = { path: '/PowerShell/', url: server.url, authorization: `Basic ${token}` };
      const { ca, proxy } = await realm.web(lines, { before }, first);
      const urls = [`https://${WEB}/PowerShell/`];
      return openRemotePowerShell({
        kind: 'remote-powershell',
        urls: first === null ? urls : [`https://${WEB}:444/PowerShell/`, ...urls],
        auth: 'kerberos',
        ...account,
        tls: { ca },
        proxy: { url: proxy },
        backoffMs: 10,
      });
    };

    exchangeContract(async (organization) => {
      organization.addMailbox({
        alias: 'connector',
        displayName: 'Connector',
        password: labUser.password,
        remotePowerShell: true,
      });
      process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
      return open(organization);
    });

    it('goes on with user and password', async () => {
      const exchange = await open(labOrganization(), { username: READER, password: realm.password });
      const call = { cmdlet: 'Get-CASMailbox', parameters: { ResultSize: 'Unlimited' } } as const;
      for (let calls = 0; calls < 3; calls += 1) assert.equal((await collect(exchange.invoke(call))).length, 4);
      await exchange.close();
    });

    for (const [what, first] of [
      ['has not the key of the service', async () => ({ keytab: await realm.kdc.keytab('HTTP/other.corp.example') })],
      ['has a wrong clock', async () => ({ clock: '+20m' })],
    ] as const) {
      it(`goes on at the next server where the first one ${what}`, async function () {
        if (FAKETIME === null) this.skip();
        const exchange = await open(labOrganization(), { username: READER, password: realm.password }, await first());
        const call = { cmdlet: 'Get-CASMailbox', parameters: { ResultSize: 'Unlimited' } } as const;
        assert.equal((await collect(exchange.invoke(call))).length, 4);
        await exchange.close();
      });
    }

    it('knows that a change was not made when there was no ticket for it', async () => {
      process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
      const organization = labOrganization();
      const exchange = await open(organization);
      const mailboxId = organization.mailboxByAddress('bob@contoso.example')?.guid ?? '';
      const edit = (id: string): Promise<unknown> =>
        editMailboxLists(exchange, { mailboxId, blocked: { add: [id] } }).catch(
          (error: { code: string }) => error.code,
        );
      const first = await edit('ONE');
      // A connection that was signed in is not asked for a ticket: it is given up after 5 seconds.
      await wait(5_500);
      delete process.env['KRB5_CLIENT_KTNAME'];
      realm.noTicket();
      const second = await edit('TWO');
      // Without a ticket its shell cannot be deleted either, unless the next one is there by then: it ends by itself.
      left = 1;
      await realm.kinit();
      assert.deepEqual([first, second, await edit('THREE')], ['done', 'ERR_HTTP_KERBEROS_TICKET', 'done']);
      assert.deepEqual((await readMailboxLists(exchange, mailboxId)).blocked, ['ONE', 'THREE']);
      await exchange.close();
    });

    it('leaves no shell and says what is wrong when the password is', async () => {
      const exchange = await open(labOrganization(), { username: READER, password: 'wrong' });
      const call = { cmdlet: 'Get-CASMailbox', parameters: { ResultSize: 'Unlimited' } } as const;
      const error = await collect(exchange.invoke(call)).catch((thrown: unknown) => thrown);
      assert.equal((error as { code?: string }).code, 'ERR_HTTP_KERBEROS_ACCOUNT');
      await exchange.close();
    });
  });
}
