import { OnlineTransport } from '../../../src/exchange/online/online-transport.ts';
import { startExchangeOnline } from './lab-exchange-online.ts';
import type { ExchangeOnlineServer } from './lab-exchange-online.ts';
import { exchangeContract } from '../exchange-contract.ts';
import { labCa, labCertificate } from '../lab-exchange.ts';

const tenantId = '11111111-2222-4333-8444-555555555555';

for (const pageSize of [2, 500]) {
  describe(`Exchange Online over REST, ${pageSize} objects a page`, () => {
    const servers: ExchangeOnlineServer[] = [];
    afterEach(async () => {
      for (const server of servers.splice(0)) await server.close();
    });
    exchangeContract(async (organization) => {
      const server = await startExchangeOnline(organization, { certificate: labCertificate, tenantId, token: 'token' });
      servers.push(server);
      return new OnlineTransport({
        tenantId,
        baseUrl: server.url,
        tls: { ca: labCa },
        getToken: () => Promise.resolve('token'),
        pageSize,
      });
    });
  });
}
