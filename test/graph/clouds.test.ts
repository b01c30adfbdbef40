import assert from 'node:assert/strict';
import { resolveCloud, type GraphCloud } from '../../src/graph/clouds.ts';

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47';

describe('clouds', () => {
  /** cloud → Graph, token endpoint, scope: the scope must be of the cloud's own Graph */
  const TABLE: readonly (readonly [Exclude<GraphCloud, 'custom'>, string, string])[] = [
    ['global', 'https://graph.microsoft.com', 'https://login.microsoftonline.com'],
    ['usgov', 'https://graph.microsoft.us', 'https://login.microsoftonline.us'],
    ['dod', 'https://dod-graph.microsoft.us', 'https://login.microsoftonline.us'],
    ['china', 'https://microsoftgraph.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
  ];
  for (const [cloud, graphUrl, login] of TABLE) {
    it(`knows the addresses of ${cloud}, whatever is in the custom fields`, () => {
      assert.deepEqual(resolveCloud({ cloud, tenantId: TENANT, graphUrl: 'https://evil.example' }), {
        graphUrl,
        apiVersion: 'v1.0',
        authority: `${login}/${TENANT}`,
        tokenUrl: `${login}/${TENANT}/oauth2/v2.0/token`,
        scope: `${graphUrl}/.default`,
      });
    });
  }

  it('takes custom addresses with slashes, version and path', () => {
    assert.deepEqual(
      resolveCloud({
        cloud: 'custom',
        tenantId: ' contoso.example ',
        graphUrl: ' https://Graph.Example:8443/proxy/beta/ ',
        authorityUrl: 'https://login.example/',
      }),
      {
        graphUrl: 'https://graph.example:8443/proxy',
        apiVersion: 'beta',
        authority: 'https://login.example/contoso.example',
        tokenUrl: 'https://login.example/contoso.example/oauth2/v2.0/token',
        scope: 'https://graph.example:8443/.default',
      },
    );
  });
});
