import assert from 'node:assert/strict';
import { openRemotePowerShell } from '../../src/exchange/open-exchange.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import type { ExchangeServer } from '../../src/lab/servers/exchange.ts';
import { exchangeContract } from './exchange-contract.ts';
import { labCa, labCertificate, labUser } from './lab-exchange.ts';

for (const auth of ['basic', 'ntlm'] as const) {
  describe(`Exchange over PowerShell Remoting, signed in by ${auth}`, () => {
    const servers: ExchangeServer[] = [];
    afterEach(async () => {
      for (const server of servers.splice(0)) {
        assert.equal(server.stats.shells, 0);
        await server.close();
      }
    });
    exchangeContract(async (organization) => {
      organization.addMailbox({
        alias: 'connector',
        displayName: 'Connector',
        password: labUser.password,
        remotePowerShell: true,
      });
      const server = await startExchangeServer(organization, { certificate: labCertificate, auth: [auth] });
      servers.push(server);
      return openRemotePowerShell({
        kind: 'remote-powershell',
        urls: [server.url],
        auth,
        ...labUser,
        tls: { ca: labCa },
      });
    });
  });
}
