/** What is between the connector and the servers: a balancer without affinity, one that drops idle connections, a pool refused late. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ConnectorError } from '../../src/errors.ts';
import { getMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import { editMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { RemotePowerShell } from '../../src/exchange/remote-powershell.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import { standingStopwatch } from '../support/put-forward.ts';
import type { HeldClock } from '../support/put-forward.ts';
import { passTurns } from '../support/turns.ts';
import { labCertificate, withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';
import { collect } from './scripted-exchange.ts';

const ALL = ['ApplANN1', 'SEC0BOB1', 'androidc2'];
const deviceIds = async (exchange: RemotePowerShell) =>
  (await collect(getMobileDevice(exchange, { all: true }))).map((device) => device.deviceId).sort();
const READINGS: readonly (readonly [string, (exchange: RemotePowerShell) => Promise<unknown>])[] = [
  ['one cmdlet', deviceIds],
  ['a full sync', (exchange) => collect(readEasRecords(exchange, { organization: 'org', kind: 'full' }))],
];

async function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  const error = await work.then(
    () => assert.fail('no error'),
    (reason: unknown) => reason,
  );
  return isConnectorError(error) ? error : assert.fail(String(error));
}

/** What a balancer has scattered cannot be deleted: the server forgets it by itself. */
async function withScatteringLab(test: (lab: Lab) => Promise<void>): Promise<void> {
  await withLab({ affinity: 'none' }, async (lab) => {
    await test(lab);
    lab.server.dropShells();
  });
}

describe('a balancer without session persistence', () => {
  for (const [what, read] of READINGS) {
    for (const sessions of [1, 2, 3]) {
      it(`is named with the setting to look for after four sessions at most (${what}, ${sessions} at once)`, async () => {
        await withScatteringLab(async (lab) => {
          const error = await failureOf(read(lab.open({ sessions })));
          assert.equal(error.code, 'ERR_WSMAN_AFFINITY');
          assert.match(
            error.message,
            /^A session was made, and EX[12], which got its first request, does not know it\./,
          );
          assert.match(error.message, /session persistence .* for \/PowerShell at the load balancer/);
          assert.ok(lab.server.stats.openedShells <= 4, `${lab.server.stats.openedShells} sessions`);
        });
      });
    }
  }

  it('gets four sessions in all where several addresses lead to such ones', async () => {
    for (const count of [2, 3, 5]) {
      await withScatteringLab(async (lab) => {
        const others = await Promise.all(
          Array.from({ length: count - 1 }, () =>
            startExchangeServer(lab.organization, { certificate: labCertificate, affinity: 'none' }),
          ),
        );
        try {
          const servers = [lab.server, ...others];
          const exchange = lab.open({ urls: servers.map(({ url }) => url) });
          assert.equal((await failureOf(deviceIds(exchange))).code, 'ERR_WSMAN_AFFINITY');
          await exchange.close();
          const opened = servers.reduce((sum, { stats }) => sum + stats.openedShells, 0);
          assert.equal(opened, 4, `${count} addresses`);
        } finally {
          await Promise.all(others.map((server) => server.close()));
        }
      });
    }
  });

  it('is passed over for a server that is reached by its own name', async () => {
    await withScatteringLab(async (lab) => {
      const own = await startExchangeServer(lab.organization, { certificate: labCertificate, frontEnds: 1 });
      try {
        const exchange = lab.open({ urls: [lab.server.url, own.url] });
        assert.deepEqual(await deviceIds(exchange), ALL);
        assert.deepEqual([lab.server.stats.openedShells, own.stats.openedShells], [1, 1]);
        await exchange.close();
      } finally {
        await own.close();
      }
    });
  });

  it('is named too when a later session of the same call gets further by chance', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'shell-lost', on: 'receive' });
      lab.server.faults.add({ kind: 'shell-lost', on: 'command', times: Infinity });
      assert.equal((await failureOf(deviceIds(lab.open()))).code, 'ERR_WSMAN_AFFINITY');
      assert.equal(lab.server.stats.openedShells, 4);
    });
  });

  it('is not suspected when a session is lost later', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'shell-lost', on: 'command', times: Infinity });
      assert.equal((await failureOf(deviceIds(lab.open()))).code, 'ERR_WSMAN_SHELL_LOST');
      assert.equal(lab.server.stats.openedShells, 4);
    });
  });

  it('is not suspected when the first request meets a server that shuts down', async () => {
    await withLab({}, async (lab) => {
      const fault = {
        subcode: 'InternalError',
        wsmanCode: 1115,
        reason: 'A shutdown is in progress. ',
        machine: 'EX2',
      };
      lab.server.faults.add({ kind: 'fault', fault, on: 'receive', times: Infinity });
      assert.equal((await failureOf(deviceIds(lab.open()))).code, 'ERR_WSMAN_SHELL_LOST');
    });
  });
});

/** Drops the connections once what ends a pipeline, which goes out behind its answer, has been answered too. */
function dropping({ server }: Lab): () => Promise<void> {
  server.faults.add({ kind: 'delay', ms: 0, on: 'signal', times: Infinity });
  return async () => {
    while (server.faults.struck.length < server.stats.commands) await passTurns(1);
    while (server.dropIdleConnections() === 0) await passTurns(1);
    await passTurns(20);
  };
}

describe('a balancer that drops idle connections without a word', () => {
  let clock: HeldClock;
  beforeEach(() => {
    clock = standingStopwatch();
  });
  afterEach(() => clock.release());

  for (const auth of ['basic', 'ntlm'] as const) {
    it(`loses no request, and the session goes on (${auth})`, async () => {
      await withLab({}, async (lab) => {
        const exchange = lab.open({ auth, sessions: 1, keepIdleMs: 100 });
        const drop = dropping(lab);
        const idle = async (): Promise<void> => {
          await drop();
          clock.pass(101);
        };
        assert.deepEqual(await deviceIds(exchange), ALL);
        await idle();
        const bob = lab.organization.mailboxByAddress('bob@contoso.example')?.guid ?? '';
        assert.equal(await editMailboxLists(exchange, { mailboxId: bob, blocked: { add: ['SEC0BOB1'] } }), 'done');
        await idle();
        assert.deepEqual(await deviceIds(exchange), ALL);
        const { lostRequests, openedShells, connections } = lab.server.stats;
        assert.deepEqual([lostRequests, openedShells, connections], [0, 1, 3]);
      });
    });
  }

  it('would lose one over a connection that is kept for too long', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open({ sessions: 1, keepIdleMs: 60_000 });
      const drop = dropping(lab);
      await deviceIds(exchange);
      await drop();
      assert.deepEqual(await deviceIds(exchange), ALL);
      assert.ok(lab.server.stats.lostRequests > 0);
    });
  });
});

describe('a session too many that begins, and whose pool breaks at once', () => {
  it('means fewer sessions, never a failed call', async () => {
    for (const shellQuota of [1, 3]) {
      await withLab({ shellQuota, shellRefusal: 'broken' }, async (lab) => {
        const exchange = lab.open({ sessions: 5 });
        const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => deviceIds(exchange)));
        assert.deepEqual(results, [ALL, ALL, ALL, ALL, ALL, ALL]);
        assert.ok(lab.server.stats.refusedShells > 0);
        assert.equal(lab.server.stats.openedShells, shellQuota);
      });
    }
  });

  it('is waited for by the only session with a bound, and ends in ERR_WSMAN_QUOTA', async () => {
    await withLab({ shellQuota: 0, shellRefusal: 'broken' }, async (lab) => {
      const error = await failureOf(deviceIds(lab.open({ sessions: 1, maxWaitMs: 300 })));
      assert.equal(error.code, 'ERR_WSMAN_QUOTA');
      assert.match(error.message, /would have to wait \d+ s for a session: Fail to create a runspace/);
      assert.equal(lab.server.stats.refusedShells, 1);
    });
  });
});
