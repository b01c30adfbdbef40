import assert from 'node:assert/strict';
import { isConnectorError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { readEasRecords } from '../../../src/exchange/eas-records.ts';
import { openExchange } from '../../../src/exchange/open-exchange.ts';
import { readEasRecord } from '../../../src/exchange/read-mailbox.ts';
import { removeMobileDevice } from '../../../src/exchange/cmdlets/remove-mobile-device.ts';
import { removePartnership } from '../../../src/exchange/partnerships.ts';
import { setCasMailbox } from '../../../src/exchange/cmdlets/set-cas-mailbox.ts';
import type { CmdletTransport } from '../../../src/exchange/transport.ts';
import { casMailbox, collect, guid, mobileDevice, user } from '../scripted-exchange.ts';
import { failure, page, RESET, startOnlineServer } from './online-server.ts';
import type { OnlineAnswer, OnlineRequest, OnlineServer } from './online-server.ts';

const tenantId = '11111111-2222-4333-8444-555555555555';
const code = (expected: ErrorCode) => (error: unknown) =>
  isConnectorError(error, expected) || assert.fail(String(error));
const cmdletOf = ({ body }: OnlineRequest): string =>
  (JSON.parse(body) as { CmdletInput: { CmdletName: string } }).CmdletInput.CmdletName;
const read = (exchange: CmdletTransport, signal?: AbortSignal) =>
  collect(
    exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters: { ResultSize: 'Unlimited' } }, signal ? { signal } : {}),
  );
const block = (exchange: CmdletTransport) =>
  setCasMailbox(exchange, { mailboxId: guid(1), blocked: { add: ['A'] }, allowed: { remove: ['A', 'B'] } });

async function withOnline(
  answer: (request: OnlineRequest, count: number) => OnlineAnswer | Promise<OnlineAnswer>,
  test: (exchange: CmdletTransport, server: OnlineServer, tokens: (string | null)[]) => Promise<void>,
): Promise<void> {
  const server = await startOnlineServer(answer);
  const tokens: (string | null)[] = [];
  const exchange = openExchange({
    kind: 'exchange-online',
    tenantId,
    onlineUrl: `${server.origin}/adminapi/beta`,
    tls: { ca: server.ca },
    maxWaitMs: 8_000,
    getToken: ({ refused }) => {
      tokens.push(refused);
      return Promise.resolve(`token-${tokens.length}`);
    },
  });
  try {
    await test(exchange, server, tokens);
  } finally {
    await exchange.close();
    await server.close();
  }
}

const lost = (_request: OnlineRequest, count: number) => (count === 1 ? RESET : page([]));

const never = () => new Promise<OnlineAnswer>(() => undefined);

describe('Exchange Online', () => {
  it('is asked as its interface wants it', async () => {
    await withOnline(
      () => page([]),
      async (exchange, { requests }) => {
        await read(exchange);
        const [request] = requests;
        assert.deepEqual([request?.method, request?.url], ['POST', `/adminapi/beta/${tenantId}/InvokeCommand`]);
        assert.deepEqual(JSON.parse(request?.body ?? ''), {
          CmdletInput: { CmdletName: 'Get-MobileDevice', Parameters: { ResultSize: 'Unlimited' } },
        });
        const { headers } = request as OnlineRequest;
        assert.deepEqual(
          [headers['authorization'], headers['x-anchormailbox'], headers['x-cmdletname'], headers['prefer']],
          [
            'Bearer token-1',
            `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${tenantId}`,
            'Get-MobileDevice',
            'odata.maxpagesize=500',
          ],
        );
      },
    );
  });

  it('takes an edit of a list as its own kind of hashtable, and Confirm false', async () => {
    await withOnline(
      () => page([]),
      async (exchange, { requests }) => {
        await block(exchange);
        assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), {
          CmdletInput: {
            CmdletName: 'Set-CASMailbox',
            Parameters: {
              Identity: guid(1),
              Confirm: false,
              ActiveSyncAllowedDeviceIDs: { '@odata.type': '#Exchange.GenericHashTable', Remove: ['A', 'B'] },
              ActiveSyncBlockedDeviceIDs: { '@odata.type': '#Exchange.GenericHashTable', Add: ['A'] },
            },
          },
        });
      },
    );
  });

  it('deletes a partnership where the call is meant to, and refuses it otherwise', async () => {
    await withOnline(
      () => page([]),
      async (exchange, { requests }) => {
        await assert.rejects(removeMobileDevice(exchange, guid(7)), code('ERR_EXCHANGE_CMDLET_REFUSED'));
        assert.equal(requests.length, 0);
        await removePartnership(exchange, guid(7));
        assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), {
          CmdletInput: { CmdletName: 'Remove-MobileDevice', Parameters: { Identity: guid(7), Confirm: false } },
        });
      },
    );
  });

  it('is read by the same functions as a server of one’s own', async () => {
    await withOnline(
      (request) => {
        const cmdlet = cmdletOf(request);
        if (cmdlet === 'Get-CASMailbox')
          return page([casMailbox(1, { 'EmailAddresses@odata.type': '#Collection(String)' })]);
        if (cmdlet === 'Get-User') return page([user(1)]);
        return page([mobileDevice(1, 'A', { 'FirstSyncTime@data.type': 'System.DateTime' })]);
      },
      async (exchange) => {
        const [only] = await collect(readEasRecords(exchange, { organization: 'org', kind: 'full' }));
        assert.deepEqual(
          only?.records.map((record) => [record.key, record.mailbox.upn]),
          [[`eas:org:${guid(1)}:a`, 'u1@corp.contoso.example']],
        );
      },
    );
  });

  it('sends further pages when the same body is posted to their address, and only when they are wanted', async () => {
    await withOnline(
      ({ url }) => {
        const at = Number(new URL(url, 'https://x').searchParams.get('skip') ?? 0);
        return page(
          [{ n: at }, { n: at + 1 }],
          at < 4 ? { '@odata.nextLink': `/adminapi/beta/${tenantId}/InvokeCommand?skip=${at + 2}` } : {},
        );
      },
      async (exchange, { requests }) => {
        assert.deepEqual(
          (await read(exchange)).map((one) => one['n']),
          [0, 1, 2, 3, 4, 5],
        );
        assert.equal(new Set(requests.map((request) => request.body)).size, 1);
        requests.length = 0;
        for await (const one of exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters: {} }))
          if (one['n'] === 1) break;
        assert.equal(requests.length, 1);
      },
    );
  });

  for (const link of [
    'https://evil.example/adminapi/x',
    'https://127.0.0.1:1/adminapi/x',
    '/owa/',
    'http://127.0.0.1/adminapi/',
  ]) {
    it(`is not followed to ${link}`, async () => {
      await withOnline(
        () => page([{}], { '@odata.nextLink': link }),
        async (exchange, { requests }) => {
          await assert.rejects(read(exchange), code('ERR_HTTP_REDIRECT'));
          assert.equal(requests.length, 1);
        },
      );
    });
  }

  it('is not read in circles', async () => {
    await withOnline(
      ({ url }) => page([{}], { '@odata.nextLink': url.includes('skip') ? url : `${url}?skip=1` }),
      async (exchange) => {
        await assert.rejects(read(exchange), code('ERR_HTTP_NOT_EXPECTED'));
      },
    );
  });

  it('gets a new token once when it refuses one', async () => {
    await withOnline(
      ({ headers }) => (headers['authorization'] === 'Bearer token-1' ? { status: 401, body: '' } : page([{ n: 1 }])),
      async (exchange, _server, tokens) => {
        assert.equal((await read(exchange)).length, 1);
        assert.deepEqual(tokens, [null, 'token-1']);
      },
    );
    await withOnline(
      () => ({ status: 401, body: '' }),
      async (exchange, { requests }) => {
        await assert.rejects(read(exchange), code('ERR_HTTP_AUTH'));
        assert.equal(requests.length, 2);
      },
    );
  });

  it('passes on warnings', async () => {
    await withOnline(
      () => page([], { '@adminapi.warnings': ['Mind the gap.', 5] }),
      async (exchange) => {
        const warnings: string[] = [];
        await collect(
          exchange.invoke({ cmdlet: 'Get-User', parameters: {} }, { onWarning: (text) => void warnings.push(text) }),
        );
        assert.deepEqual(warnings, ['Mind the gap.']);
      },
    );
  });

  it('says what went wrong in the parts it names', async () => {
    const text =
      "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't be performed because object 'x' couldn't be found.";
    await withOnline(
      () => failure(404, text, { 'request-id': 'r1' }),
      async (exchange) => {
        await assert.rejects(read(exchange), (error) => {
          assert.ok(isConnectorError(error, 'ERR_EXCHANGE_CMDLET'));
          assert.deepEqual(error.details, {
            cmdlet: 'Get-MobileDevice',
            errorId: 'Ex6F9304',
            exception: 'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException',
            requestId: 'r1',
          });
          return true;
        });
        assert.equal(await readEasRecord(exchange, { organization: 'org', mailboxId: guid(1), easId: 'x' }), null);
      },
    );
  });

  for (const [what, answer, expected] of [
    ['an error inside a 200', { body: { error: { message: 'No.' } } }, 'ERR_EXCHANGE_CMDLET'],
    [
      'an inner error',
      { status: 400, body: { error: { innererror: { internalexception: { message: 'a|B|No.' } } } } },
      'ERR_EXCHANGE_CMDLET',
    ],
    [
      'a cmdlet the application has no right to',
      failure(403, '|System.Management.Automation.CommandNotFoundException|No such.'),
      'ERR_EXCHANGE_CMDLET_UNKNOWN',
    ],
    ['bare text', { status: 500, body: 'Oh no' }, 'ERR_HTTP_STATUS'],
    ['a web page', { body: '<html><body>Sign in</body></html>' }, 'ERR_HTTP_NOT_EXPECTED'],
    ['half a JSON', { body: '{"value":[' }, 'ERR_HTTP_NOT_EXPECTED'],
    ['a list', { body: [] }, 'ERR_HTTP_NOT_EXPECTED'],
    ['something for a value', { body: { value: 'x' } }, 'ERR_HTTP_NOT_EXPECTED'],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example/' }, body: '' }, 'ERR_HTTP_REDIRECT'],
  ] as const) {
    it(`ends with ${expected} at ${what}`, async () => {
      await withOnline(
        () => answer,
        async (exchange, { requests }) => {
          await assert.rejects(read(exchange), code(expected));
          assert.equal(requests.length, 1);
        },
      );
    });
  }

  it('is waited for as long as it says', async () => {
    for (const busy of [
      { status: 429, headers: { 'retry-after': '0' }, body: '' },
      { status: 503, headers: { 'retry-after': new Date().toUTCString() }, body: 'busy' },
      failure(400, 'a|b|You have reached the maximum number of concurrent requests per tenant.', {
        'retry-after': '0',
      }),
    ]) {
      await withOnline(
        (_request, count) => (count < 3 ? busy : page([{ n: 1 }])),
        async (exchange, { requests }) => {
          assert.equal((await read(exchange)).length, 1);
          assert.equal(requests.length, 3);
        },
      );
    }
  });

  it('is not waited for longer than allowed, nor asked for ever', async () => {
    await withOnline(
      () => ({ status: 429, headers: { 'retry-after': '3600' }, body: '' }),
      async (exchange) => assert.rejects(read(exchange), code('ERR_EXCHANGE_THROTTLED')),
    );
    await withOnline(
      () => ({ status: 429, headers: { 'retry-after': '0' }, body: '' }),
      async (exchange) => assert.rejects(read(exchange), code('ERR_EXCHANGE_THROTTLED')),
    );
  });

  it('reads on after a broken line, but never sends a change again whose answer was lost', async () => {
    await withOnline(lost, async (exchange, { requests }) => {
      assert.deepEqual(await read(exchange), []);
      assert.equal(requests.length, 2);
    });
    for (const answer of [RESET, { status: 504, body: '' }, { status: 503, body: '' }]) {
      await withOnline(
        () => answer,
        async (exchange, { requests }) => {
          await assert.rejects(block(exchange), code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
          assert.equal(requests.length, 1);
        },
      );
    }
  });

  it('takes a change again that it put off', async () => {
    await withOnline(
      (_request, count) => (count === 1 ? { status: 429, headers: { 'retry-after': '0' }, body: '' } : page([])),
      async (exchange, { requests }) => {
        await block(exchange);
        assert.equal(requests.length, 2);
      },
    );
  });

  it('is left at once when the signal fires or the transport closes', async () => {
    await withOnline(never, async (exchange) => {
      const stop = new AbortController();
      const stopped = assert.rejects(read(exchange, stop.signal), code('ERR_ABORTED'));
      stop.abort();
      await stopped;
      const closed = assert.rejects(read(exchange), code('ERR_ABORTED'));
      await exchange.close();
      await closed;
    });
  });

  it('signs in by client credentials through our own network, and renews a refused token', async () => {
    const server = await startOnlineServer(({ url, headers, body }) => {
      if (url.startsWith(`/${tenantId}/oauth2/`)) {
        assert.match(body, /scope=https%3A%2F%2F127\.0\.0\.1%3A\d+%2F\.default/);
        const known = body.includes('client_secret=s3cret');
        if (!known)
          return {
            status: 401,
            body: { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' },
          };
        return { body: { token_type: 'Bearer', expires_in: 3600, access_token: `t${server.requests.length}` } };
      }
      return headers['authorization'] === 'Bearer t1' ? { status: 401, body: '' } : page([{ n: 1 }]);
    });
    const open = (clientSecret: string) =>
      openExchange({
        kind: 'exchange-online',
        tenantId,
        clientId: 'app',
        clientSecret,
        authorityUrl: server.origin,
        onlineUrl: `${server.origin}/adminapi/beta`,
        tls: { ca: server.ca },
      });
    try {
      const exchange = open('s3cret');
      assert.equal((await read(exchange)).length, 1);
      assert.equal((await read(exchange)).length, 1);
      assert.equal(server.requests.filter(({ url }) => url.includes('/oauth2/')).length, 2);
      await exchange.close();
      const wrong = open('wr0ng');
      await assert.rejects(read(wrong), (error) => {
        assert.ok(isConnectorError(error, 'ERR_GRAPH_AUTH'), String(error));
        assert.doesNotMatch(error.message, /wr0ng/);
        return true;
      });
      await wrong.close();
    } finally {
      await server.close();
    }
  });
});
