/** One server that says "later": by its status, or because the account has too many sessions. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { throwIfEnded } from '../../src/exchange/cmdlet-run.ts';
import { getMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import { setCasMailbox } from '../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { editMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { SessionWait } from '../../src/exchange/remote-powershell.ts';
import type { StatusBody } from '../../src/lab/servers/exchange-faults.ts';
import { RunspacePoolState } from '../../src/psrp/message.ts';
import { WsmanFault } from '../../src/wsman/fault.ts';
import { standingDate } from '../support/put-forward.ts';
import type { HeldClock } from '../support/put-forward.ts';
import { withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';
import { collect } from './scripted-exchange.ts';

const ALL = ['ApplANN1', 'SEC0BOB1', 'androidc2'];
const deviceIds = async (lab: Lab, exchange = lab.open()) =>
  (await collect(getMobileDevice(exchange, { all: true }))).map((device) => device.deviceId).sort();
const code = (expected: ErrorCode) => (error: unknown) =>
  isConnectorError(error, expected) || assert.fail(String(error));
const edit = ({ organization }: Lab) => ({
  mailboxId: organization.mailboxByAddress('bob@contoso.example')?.guid ?? '',
  blocked: { add: ['SEC0BOB1'] },
});
const BODIES: readonly StatusBody[] = ['html', 'xhtml', 'text', 'empty'];
const LOST = [408, 500, 502, 504];
const PUT_OFF = [429, 503];

let clock: HeldClock | null = null;
afterEach(() => {
  clock?.release();
  clock = null;
});

describe('a status that says "later"', () => {
  for (const status of [...LOST, ...PUT_OFF]) {
    it(`is waited out by a read, wherever it comes and whatever stands under it (${status})`, async () => {
      await withLab({}, async (lab) => {
        for (const body of BODIES) {
          for (const on of ['create', 'command', 'receive'] as const) {
            const cmdlet = on === 'create' ? {} : { cmdlet: 'Get-MobileDevice' };
            lab.server.faults.add({ kind: 'status', status, body, on, ...cmdlet, retryAfter: '0' });
            assert.deepEqual(await deviceIds(lab), ALL, `${body} ${on}`);
            assert.equal(lab.server.faults.pending, 0);
          }
        }
      });
    });

    it(`is obeyed where it names a time (${status})`, async () => {
      await withLab({}, async (lab) => {
        // A date has whole seconds: two from now are more than one.
        for (const retryAfterOf of [() => '1', () => new Date(Date.now() + 2_000).toUTCString()]) {
          const retryAfter = retryAfterOf();
          lab.server.faults.add({ kind: 'status', status, retryAfter, on: 'command', cmdlet: 'Get-MobileDevice' });
          const started = Date.now();
          assert.deepEqual(await deviceIds(lab), ALL);
          assert.ok(Date.now() - started >= 900, retryAfter);
        }
      });
    });
  }

  it('is not waited for longer than allowed', async () => {
    for (const status of [...LOST, ...PUT_OFF]) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ kind: 'status', status, retryAfter: '600', on: 'command', cmdlet: 'Get-MobileDevice' });
        await assert.rejects(deviceIds(lab, lab.open({ maxWaitMs: 1_000 })), code('ERR_EXCHANGE_THROTTLED'));
      });
    }
  });

  it('for longer than allowed is tried again after a minute, by one call, and no sooner', async () => {
    for (const status of PUT_OFF) {
      const date = standingDate();
      clock = date;
      await withLab({}, async (lab) => {
        const fault = {
          kind: 'status',
          status,
          retryAfter: '3600',
          on: 'command',
          cmdlet: 'Get-MobileDevice',
        } as const;
        const patient = lab.open();
        lab.server.faults.add(fault);
        await assert.rejects(deviceIds(lab, patient), code('ERR_EXCHANGE_THROTTLED'));
        const { requests } = lab.server.stats;
        date.pass(59_999);
        await assert.rejects(deviceIds(lab, patient), code('ERR_EXCHANGE_THROTTLED'));
        assert.equal(lab.server.stats.requests, requests);
        date.pass(1);
        assert.deepEqual(await deviceIds(lab, patient), ALL);
        assert.deepEqual(await deviceIds(lab, patient), ALL);
      });
      date.release();
    }
  });

  it('that does not end ends the reading after four sessions', async () => {
    for (const status of LOST) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ kind: 'status', status, on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
        await assert.rejects(deviceIds(lab), code('ERR_HTTP_STATUS'));
        assert.equal(lab.server.stats.openedShells, 4);
      });
    }
  });

  for (const status of [408, 500, 502, 503, 504]) {
    for (const handled of [false, true]) {
      it(`sends no change twice: the lists are read first (${status}, ${handled ? '' : 'not '}made)`, async () => {
        for (const on of ['command', 'receive'] as const) {
          // What puts a Receive off is waited for, and the change with it.
          if (status === 503 && on === 'receive') continue;
          await withLab({}, async (lab) => {
            lab.server.faults.add({ kind: 'status', status, body: 'xhtml', handled, on, cmdlet: 'Set-CASMailbox' });
            const outcome = await editMailboxLists(lab.open(), edit(lab));
            assert.equal(outcome, handled || on === 'receive' ? 'found' : 'repeated');
            assert.equal(lab.organization.writes.length, 1);
          });
        }
      });
    }
  }

  it('leaves the outcome of a change unknown, and the change is not sent again without a look', async () => {
    for (const status of [408, 500, 502, 503, 504]) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ kind: 'status', status, on: 'command', cmdlet: 'Set-CASMailbox' });
        await assert.rejects(setCasMailbox(lab.open(), edit(lab)), code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
        // The session was set to see the whole forest before.
        assert.deepEqual([lab.server.stats.commands, lab.organization.writes.length], [1, 0]);
      });
    }
  });

  it('lets a change wait where the server says that it did not begin with it', async () => {
    for (const [status, retryAfter] of [
      [429, undefined],
      [429, '0'],
      [503, '0'],
    ] as const) {
      await withLab({}, async (lab) => {
        const time = retryAfter === undefined ? {} : { retryAfter };
        lab.server.faults.add({ kind: 'status', status, ...time, on: 'command', cmdlet: 'Set-CASMailbox' });
        await setCasMailbox(lab.open(), edit(lab));
        assert.equal(lab.organization.writes.length, 1);
      });
    }
  });

  it('at the opening of a session is no reason to lose a change', async () => {
    for (const status of LOST) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ kind: 'status', status, body: 'empty', on: 'create' });
        assert.equal(await editMailboxLists(lab.open(), edit(lab)), 'done');
        assert.equal(lab.organization.writes.length, 1);
      });
    }
  });
});

describe('a session too many, in the words of Exchange 2013 and later', () => {
  it('means fewer sessions, never a failed call', async () => {
    for (const shellQuota of [1, 2]) {
      await withLab({ shellQuota, shellRefusal: 'authz' }, async (lab) => {
        const exchange = lab.open({ sessions: 4 });
        const results = await Promise.all([1, 2, 3, 4, 5].map(() => deviceIds(lab, exchange)));
        assert.deepEqual(results, [ALL, ALL, ALL, ALL, ALL]);
        assert.equal(lab.server.stats.openedShells, shellQuota);
      });
    }
  });

  for (const groups of ['parted', 'joined', 'older', 'bare', 'none'] as const) {
    it(`is known whatever groups stand before the text, and wherever it comes (${groups})`, async () => {
      for (const on of ['create', 'receive'] as const) {
        for (const kind of ['runspace-limit', 'runspace-budget'] as const) {
          await withLab({}, async (lab) => {
            const exchange = lab.open({ sessions: 2 });
            const first = exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters: {} })[Symbol.asyncIterator]();
            await first.next();
            const party = 'MaxTenantConcurrency';
            lab.server.faults.add({
              kind,
              on,
              groups,
              category: 'AuthZ-Other',
              wsmanCode: 5,
              party,
              wait: '20 minutes',
            });
            const second = deviceIds(lab, exchange);
            while (lab.server.faults.pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
            while ((await first.next()).done !== true);
            assert.deepEqual(await second, ALL);
          });
        }
      }
    });
  }

  it('is waited for by the only session, as long as the server says', async () => {
    for (const [wait, ms] of [
      ['1 seconds', 1_000],
      ['700 milliseconds', 700],
    ] as const) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ kind: 'runspace-budget', wait, on: 'create', groups: 'bare' });
        const started = Date.now();
        assert.deepEqual(await deviceIds(lab, lab.open({ sessions: 1 })), ALL);
        assert.ok(Date.now() - started >= ms - 20);
      });
    }
  });

  it('ends in ERR_WSMAN_QUOTA when the only session has waited long enough', async () => {
    for (const fault of [
      { kind: 'runspace-limit', maximum: 3 },
      { kind: 'runspace-budget', wait: '0 seconds' },
      { kind: 'runspace-budget', wait: '200 milliseconds' },
    ] as const) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ ...fault, on: 'create', times: Infinity });
        const exchange = lab.open({ sessions: 1, maxWaitMs: 700 });
        await assert.rejects(deviceIds(lab, exchange), (error) => {
          assert.ok(isConnectorError(error, 'ERR_WSMAN_QUOTA'), String(error));
          assert.match(error.message, /would have to wait \d+ s for a session: Fail to create/);
          return true;
        });
        assert.ok(lab.server.stats.requests < 20, String(lab.server.stats.requests));
      });
    }
  });

  it('is told from the first refusal on, with the time of the next try', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'runspace-limit', maximum: 3, on: 'create', times: Infinity });
      const waits: SessionWait[] = [];
      clock = standingDate();
      const exchange = lab.open({ sessions: 1, maxWaitMs: 500, onWait: (wait) => waits.push(wait) });
      await assert.rejects(deviceIds(lab, exchange), code('ERR_WSMAN_QUOTA'));
      assert.deepEqual(
        waits.map(({ refusal, isFull }) => [refusal.code, isFull]),
        [['ERR_WSMAN_QUOTA', true]],
      );
      assert.equal((waits[0]?.until ?? 0) - Date.now(), 60_000);
    });
  });

  it('is known too when the session is begun and broken at once', () => {
    const message =
      'Fail to create a runspace because you have exceeded the maximum number of connections allowed : 6.';
    const event = { kind: 'pool-state', state: RunspacePoolState.BROKEN, error: { message } };
    assert.throws(
      () => throwIfEnded(event as Parameters<typeof throwIfEnded>[0]),
      (error) => error instanceof WsmanFault && error.code === 'ERR_WSMAN_QUOTA' && error.waitMs === 60_000,
    );
  });

  it('does not hide that the account has no role', async () => {
    await withLab({}, async (lab) => {
      const fault = {
        subcode: 'AccessDenied',
        wsmanCode: 5,
        reason: 'Access is denied. ',
        message:
          '[AuthZRequestId=1][FailureCategory=AuthZ-CmdletAccessDeniedException] The user "x" isn\'t assigned to any management roles.',
        machine: 'EX1',
      };
      lab.server.faults.add({ kind: 'fault', fault, on: 'create' });
      await assert.rejects(deviceIds(lab), code('ERR_WSMAN_ACCESS_DENIED'));
    });
  });
});

describe('a balancer that goes by the cookie of the front end', () => {
  it('gets it back, however the front end spells its own path', async () => {
    for (const cookiePath of ['/PowerShell', '/POWERSHELL/', '/powershell', '/']) {
      await withLab({ balance: 'requests', cookiePath }, async (lab) => {
        const urls = [lab.server.url.replace('/PowerShell/', '/powershell/')];
        assert.deepEqual(await deviceIds(lab, lab.open({ urls })), ALL);
        assert.equal(lab.server.stats.openedShells, 1);
      });
    }
  });
});
