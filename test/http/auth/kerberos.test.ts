import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { loadKerberos } from '../../../src/http/auth/kerberos.ts';
import type { KerberosModule } from '../../../src/http/auth/kerberos.ts';
import { HttpSession } from '../../../src/http/http-session.ts';
import { bodyOf, startHttps, testAuthority } from '../loopback-server.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { standingClock } from '../../support/put-forward.ts';
import { rejectsWith } from '../rejects-with.ts';

/** Stands in for the GSSAPI of the machine: one ticket, one proof. */
function gssapi(steps: string[], fail?: string): KerberosModule {
  return {
    async initializeClient(service) {
      if (fail !== undefined) throw new Error(fail);
      steps.push(service);
      return {
        async step(challenge) {
          steps.push(challenge);
          return challenge === '' ? 'dGlja2V0' : null;
        },
      };
    },
  };
}

describe('Kerberos over HTTP', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serve(scheme: string, seen: unknown[] = [], everyRequest = false): Promise<LoopbackServer> {
    const signedIn = new WeakSet<object>();
    const server = await startHttps(async (request, response) => {
      const body = await bodyOf(request);
      seen.push([request.headers.authorization ?? null, body]);
      if (request.headers.authorization === `${scheme} dGlja2V0`) signedIn.add(request.socket);
      else if (everyRequest) signedIn.delete(request.socket);
      if (signedIn.has(request.socket)) response.writeHead(200, { 'WWW-Authenticate': `${scheme} cHJvb2Y=` }).end('ok');
      else response.writeHead(401, { 'WWW-Authenticate': scheme }).end();
    });
    closing.push(() => server.close());
    return server;
  }

  async function open(url: string, kerberos?: KerberosModule, spn?: string): Promise<HttpSession> {
    const { ca } = await testAuthority();
    const auth = { method: 'kerberos' as const, ...(spn === undefined ? {} : { spn }) };
    const session = new HttpSession({ url, tls: { ca }, auth, ...(kerberos === undefined ? {} : { kerberos }) });
    closing.push(() => session.close());
    return session;
  }

  for (const scheme of ['Negotiate', 'Kerberos']) {
    it(`signs in once a connection under ${scheme} and checks the server's proof`, async () => {
      const seen: unknown[] = [];
      const steps: string[] = [];
      const session = await open((await serve(scheme, seen)).url, gssapi(steps));
      await session.request({ method: 'POST', body: 'one' });
      await session.request({ method: 'POST', body: 'two' });
      assert.deepEqual(steps, ['HTTP@127.0.0.1', '', 'cHJvb2Y=']);
      assert.deepEqual(seen, [
        [null, ''],
        [`${scheme} dGlja2V0`, 'one'],
        [null, 'two'],
      ]);
    });
  }

  it('sends a ticket with every request where the server forgets after each, as IIS does by default', async () => {
    const seen: unknown[] = [];
    const session = await open((await serve('Negotiate', seen, true)).url, gssapi([]));
    for (const body of ['one', 'two', 'three']) await session.request({ method: 'POST', body });
    assert.deepEqual(seen, [
      [null, ''],
      ['Negotiate dGlja2V0', 'one'],
      [null, 'two'],
      ['Negotiate dGlja2V0', 'two'],
      ['Negotiate dGlja2V0', 'three'],
    ]);
  });

  it('asks for the service name that was set', async () => {
    const steps: string[] = [];
    const session = await open((await serve('Negotiate')).url, gssapi(steps), 'HTTP@mail.example.com');
    await session.request({ method: 'GET' });
    assert.equal(steps[0], 'HTTP@mail.example.com');
  });

  it('says why there is no ticket', async () => {
    const session = await open((await serve('Negotiate')).url, gssapi([], 'Server not found in Kerberos database'));
    const error = await session.request({ method: 'GET' }).catch((thrown: unknown) => thrown as ConnectorError);
    assert.ok(error instanceof ConnectorError);
    assert.deepEqual([error.code, error.details['phase']], ['ERR_HTTP_KERBEROS_SPN', 'connect']);
    assert.match(error.message, /\(Server not found in Kerberos database\)\. The service name is unknown .*setspn -Q/);
  });

  it('does not say that nothing was sent when it is the proof of the server that does not fit', async () => {
    const kerberos = gssapi([]);
    const session = await open((await serve('Negotiate')).url, {
      initializeClient: async (service) => {
        const client = await kerberos.initializeClient(service);
        return {
          step: (challenge) => (challenge === '' ? client.step('') : Promise.reject(new Error('Wrong principal'))),
        };
      },
    });
    const error = await session.request({ method: 'GET' }).catch((thrown: unknown) => thrown as ConnectorError);
    assert.ok(error instanceof ConnectorError);
    assert.deepEqual([error.code, error.details['phase']], ['ERR_HTTP_KERBEROS_SPN', 'answer']);
  });

  it('says what the server says about the ticket that it refuses, or that it says nothing', async () => {
    const refusing = async (header: string): Promise<string> => {
      const server = await startHttps((request, response) => {
        const { authorization } = request.headers;
        response.writeHead(401, { 'WWW-Authenticate': authorization === undefined ? 'Negotiate' : header }).end();
      });
      closing.push(() => server.close());
      const session = await open(server.url, {
        initializeClient: async () => ({
          step: async (challenge) => {
            if (challenge === '') return 'dGlja2V0';
            throw new Error(Buffer.from(challenge, 'base64').toString('utf8'));
          },
        }),
      });
      const error = await session.request({ method: 'GET' }).catch((thrown: unknown) => thrown);
      return (error as ConnectorError).code;
    };
    const saying = (text: string): string => `Negotiate ${Buffer.from(text).toString('base64')}`;
    assert.deepEqual(
      [
        await refusing('Negotiate'),
        await refusing(saying('Message stream modified')),
        await refusing(saying('Clock skew too great')),
        await refusing(saying('Something else')),
        await refusing('Basic realm="x"'),
      ],
      [
        'ERR_HTTP_KERBEROS_REFUSED',
        'ERR_HTTP_KERBEROS_SPN',
        'ERR_HTTP_KERBEROS_CLOCK',
        'ERR_HTTP_KERBEROS_REFUSED',
        'ERR_HTTP_AUTH_METHOD',
      ],
    );
  });

  it('waits once for a KDC that does not answer, however many sign in, and asks it again later', async () => {
    let asked = 0;
    const kerberos: KerberosModule = {
      async initializeClient() {
        asked += 1;
        throw new Error("Cannot contact any KDC for realm 'CONTOSO.COM'");
      },
    };
    const { url } = await serve('Negotiate');
    const outcome = async (): Promise<string> => {
      const session = await open(url, kerberos);
      const error = await session.request({ method: 'GET' }).catch((thrown: unknown) => thrown);
      return (error as ConnectorError).code;
    };
    const silent = 'ERR_HTTP_KERBEROS_KDC';
    // All three ask at one time, and that is the time of its silence.
    const clock = standingClock();
    try {
      assert.deepEqual([await Promise.all([outcome(), outcome(), outcome()]), asked], [[silent, silent, silent], 1]);
      clock.pass(1);
      assert.deepEqual([await outcome(), asked], [silent, 2]);
    } finally {
      clock.release();
    }
  });

  it('is not waited for when the session is closed', async () => {
    const [began, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const session = await open((await serve('Negotiate')).url, {
      async initializeClient() {
        began.resolve();
        await answered.promise;
        throw new Error('Too late');
      },
    });
    const asked = rejectsWith(session.request({ method: 'GET' }), 'ERR_ABORTED');
    await began.promise;
    session.close();
    await asked;
    answered.resolve();
  });

  it('is not tried where only Basic is offered', async () => {
    const session = await open((await serve('Basic')).url, gssapi([]));
    await rejectsWith(session.request({ method: 'GET' }), 'ERR_HTTP_AUTH_METHOD', /offers basic, not kerberos/);
  });

  it('says which package is missing', async () => {
    await rejectsWith(
      loadKerberos('no-such-package-for-kerberos'),
      'ERR_DEPENDENCY_MISSING',
      /needs the package "kerberos" \(npm install kerberos\)\. Install the package in the user directory/,
    );
    await rejectsWith(loadKerberos('node:path'), 'ERR_DEPENDENCY_MISSING', /not the one expected/);
  });
});
