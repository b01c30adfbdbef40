import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { lastAttemptsOf } from '../../src/exchange/last-attempts.ts';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { getMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import { clearMobileDevice, removeMobileDevice } from '../../src/exchange/cmdlets/remove-mobile-device.ts';
import { setCasMailbox } from '../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import { editMailboxLists, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import type { ExchangeFault } from '../../src/lab/servers/exchange.ts';
import { ownTimeOf } from '../support/own-time.ts';
import { standingDate } from '../support/put-forward.ts';
import { labCertificate, labOrganization, withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';
import { collect } from './scripted-exchange.ts';

const code = (expected: ErrorCode) => (error: unknown) =>
  isConnectorError(error, expected) || assert.fail(String(error));
const bob = ({ organization }: Lab) => organization.mailboxByAddress('bob@contoso.example')?.guid ?? '';
const deviceIds = async (lab: Lab, exchange = lab.open()) =>
  (await collect(getMobileDevice(exchange, { all: true }))).map((device) => device.deviceId).sort();
const ALL = ['ApplANN1', 'SEC0BOB1', 'androidc2'];

/** Where a server hangs, that is seen soon. */
const SOON = { graceMs: 3_000 };

describe('a read over a bad line', () => {
  const faults: readonly [string, ExchangeFault][] = [
    ['the connection breaks before an answer', { kind: 'reset' }],
    ['the connection breaks after the server has handled the request', { kind: 'reset', handled: true }],
    ['the answer ends in the middle', { kind: 'half' }],
    ['the answer’s XML ends in the middle', { kind: 'cut-xml' }],
    ['the answer’s stream is damaged', { kind: 'garbled' }],
    ['the answer belongs to another request', { kind: 'wrong-relates-to' }],
    ['the server hangs', { kind: 'hang' }],
    ['the server forgets the shell', { kind: 'shell-lost' }],
  ];
  for (const [what, fault] of faults) {
    for (const on of ['command', 'receive'] as const) {
      if (fault.kind === 'garbled' && on === 'command') continue;
      it(`comes through when ${what} (${on})`, async () => {
        await withLab({}, async (lab) => {
          lab.server.faults.add({ ...fault, on, cmdlet: 'Get-MobileDevice' });
          assert.deepEqual(await deviceIds(lab, lab.open(fault.kind === 'hang' ? SOON : {})), ALL);
          assert.equal(lab.server.faults.pending, 0);
        });
      });
    }
  }

  it('comes through a broken line in the middle of its objects, each object once', async () => {
    const organization = labOrganization();
    for (let n = 0; n < 300; n++) {
      organization.syncPhone({
        mailbox: 'bob@contoso.example',
        deviceId: `D${n}`,
        deviceType: 'x',
        model: 'x',
        os: 'x',
        userAgent: 'x',
      });
    }
    await withLab(
      {},
      async (lab) => {
        for (const kind of ['reset', 'shell-lost', 'cut-xml'] as const) {
          lab.server.faults.add({ kind, on: 'receive', cmdlet: 'Get-MobileDevice', after: 2 });
          const warnings: string[] = [];
          const onWarning = (text: string) => void warnings.push(text);
          const pages = await collect(
            readEasRecords(lab.open(), { organization: 'org', kind: 'full', pageSize: 100, onWarning }),
          );
          const keys = pages.flatMap((page) => page.records.map((record) => record.key));
          assert.deepEqual([keys.length, new Set(keys).size, pages.at(-1)?.total], [303, 303, 303]);
          assert.equal(lab.server.faults.pending, 0);
          assert.match(warnings.join(), /started again/);
        }
      },
      organization,
    );
  });

  it('gives up after a few attempts, with the cause', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      await assert.rejects(deviceIds(lab), code('ERR_HTTP_RESET'));
      lab.server.faults.clear();
      assert.deepEqual(await deviceIds(lab), ALL);
    });
  });

  it('waits as long as the server says', async () => {
    await withLab({ rateQuota: { requests: 6, seconds: 1, waitMs: 300 } }, async (lab) => {
      assert.deepEqual(await deviceIds(lab), ALL);
      assert.deepEqual(await deviceIds(lab), ALL);
    });
  });

  it('does not wait longer than allowed', async () => {
    await withLab({ rateQuota: { requests: 4, seconds: 60, waitMs: 60_000 } }, async (lab) => {
      const exchange = lab.open({ maxWaitMs: 1000 });
      await assert.rejects(async () => {
        for (let round = 0; round < 3; round++) await deviceIds(lab, exchange);
      }, code('ERR_EXCHANGE_THROTTLED'));
      await exchange.close();
      lab.server.dropShells();
    });
  });

  it('takes a slow cmdlet’s empty answers for what they are', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.addCmdlet({ kind: 'slow', cmdlet: 'Get-MobileDevice', ms: 2500 });
      assert.deepEqual(await deviceIds(lab), ALL);
    });
  });

  it('is not hung by a cmdlet that asks its host something: nobody answers, and the cmdlet says so', async () => {
    await withLab({}, async (lab) => {
      const call = { kind: 'host-call', cmdlet: 'Get-MobileDevice' } as const;
      lab.server.faults.addCmdlet({ ...call, method: 6, methodName: 'SetShouldExit', expectsAnswer: false });
      assert.deepEqual(await deviceIds(lab), ALL);
      lab.server.faults.addCmdlet({ ...call, method: 11, methodName: 'ReadLine', expectsAnswer: true });
      await assert.rejects(deviceIds(lab), code('ERR_EXCHANGE_CMDLET'));
    });
  });

  for (const [kind, expected] of [
    ['html', 'ERR_HTTP_NOT_EXPECTED'],
    ['oversized', 'ERR_HTTP_TOO_LARGE'],
  ] as const) {
    it(`ends with ${expected} when the server answers with something ${kind}`, async () => {
      await withLab({}, async (lab) => {
        lab.server.faults.add({
          kind,
          bytes: 3_000_000,
          on: 'receive',
          cmdlet: 'Get-MobileDevice',
          times: Infinity,
        } as ExchangeFault);
        await assert.rejects(deviceIds(lab), code(expected));
        lab.server.faults.clear();
      });
    });
  }

  it('passes on warnings, and errors that did not end the cmdlet', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open();
      const all = { cmdlet: 'Get-MobileDevice', parameters: {} };
      lab.server.faults.addCmdlet({ kind: 'warning', cmdlet: 'Get-MobileDevice', text: 'Mind the gap.' });
      lab.server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-MobileDevice',
        message: 'One is corrupt.',
        afterObjects: 1,
        errorId: 'X1',
      });
      const seen: string[] = [];
      const objects = await collect(
        exchange.invoke(all, {
          onWarning: (text) => void seen.push(text),
          onError: (error) =>
            void seen.push(isConnectorError(error, 'ERR_EXCHANGE_CMDLET') ? String(error.details['errorId']) : 'other'),
        }),
      );
      assert.deepEqual([objects.length, seen.sort()], [3, ['Mind the gap.', 'X1']]);

      lab.server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-MobileDevice',
        message: 'One is corrupt.',
        afterObjects: 1,
      });
      await assert.rejects(collect(exchange.invoke(all)), code('ERR_EXCHANGE_CMDLET'));
      lab.server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-MobileDevice',
        message: 'It is over.',
        terminating: true,
        afterObjects: 2,
      });
      let handed = 0;
      await assert.rejects(async () => {
        for await (const _ of exchange.invoke(all)) handed++;
      }, /It is over\./);
      // What a cmdlet says leaves the session usable: one shell served all three.
      assert.deepEqual([handed, lab.server.stats.openedShells], [2, 1]);
    });
  });

  it('says that the account lacks the cmdlet for last attempts, or is over its limit', async () => {
    const organization = labOrganization();
    const cmdlets = ['Get-CASMailbox', 'Get-MobileDevice', 'Set-CASMailbox'];
    const poor = { alias: 'poor', displayName: 'Poor', password: 'x', remotePowerShell: true, cmdlets };
    organization.addMailbox(poor);
    await withLab(
      {},
      async (lab) => {
        const exchange = lab.open({ username: 'poor@contoso.example', password: 'x' });
        await assert.rejects(lastAttemptsOf(exchange, bob(lab)), code('ERR_EXCHANGE_CMDLET_UNKNOWN'));
        lab.server.faults.addCmdlet({
          kind: 'error-record',
          cmdlet: 'Get-MobileDeviceStatistics',
          message: 'The budget of this user is used up.',
          exceptionType: 'Microsoft.Exchange.Data.Storage.OverBudgetException',
          terminating: true,
          times: 1,
        });
        await assert.rejects(lastAttemptsOf(lab.open(), bob(lab)), code('ERR_EXCHANGE_CMDLET'));
        assert.equal((await lastAttemptsOf(lab.open(), bob(lab))).length, 2);
      },
      organization,
    );
  });

  it('says that the account lacks a cmdlet', async () => {
    const organization = labOrganization();
    organization.addMailbox({
      alias: 'poor',
      displayName: 'Poor',
      password: 'x',
      remotePowerShell: true,
      cmdlets: ['Get-CASMailbox'],
    });
    await withLab(
      {},
      async (lab) => {
        await assert.rejects(
          deviceIds(lab, lab.open({ username: 'poor@contoso.example', password: 'x' })),
          code('ERR_EXCHANGE_CMDLET_UNKNOWN'),
        );
      },
      organization,
    );
  });
});

const edit = (lab: Lab) => ({ mailboxId: bob(lab), blocked: { add: ['SEC0BOB1'] } });

describe('a change over a bad line', () => {
  it('is not sent twice when its answer is lost', async () => {
    for (const [on, handled, made] of [
      ['command', true, 1],
      ['receive', true, 1],
      ['receive', false, 1],
      ['command', false, 0],
    ] as const) {
      await withLab({}, async (lab) => {
        lab.server.faults.add({ kind: 'reset', handled, on, cmdlet: 'Set-CASMailbox' });
        await assert.rejects(setCasMailbox(lab.open(), edit(lab)), code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
        assert.ok(lab.organization.writes.length <= made);
      });
    }
  });

  it('is looked for before anything else, and left alone when it was made', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'reset', handled: true, on: 'receive', cmdlet: 'Set-CASMailbox' });
      const exchange = lab.open();
      assert.equal(await editMailboxLists(exchange, edit(lab)), 'found');
      assert.equal(lab.organization.writes.length, 1);
      assert.deepEqual(await readMailboxLists(exchange, bob(lab)), { allowed: [], blocked: ['SEC0BOB1'] });
    });
  });

  it('is made after all when it had not been', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'reset', on: 'command', cmdlet: 'Set-CASMailbox' });
      assert.equal(await editMailboxLists(lab.open(), edit(lab)), 'repeated');
      assert.equal(lab.organization.writes.length, 1);
    });
  });

  it('is unknown when the server hangs or is stopped meanwhile', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'hang', on: 'receive', cmdlet: 'Set-CASMailbox' });
      await assert.rejects(setCasMailbox(lab.open(SOON), edit(lab)), code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
      lab.server.faults.addCmdlet({ kind: 'slow', cmdlet: 'Set-CASMailbox', ms: 5000 });
      const stop = new AbortController();
      // With a session at hand it has been sent by the time it is stopped.
      const exchange = lab.open();
      await readMailboxLists(exchange, bob(lab));
      const { commands } = lab.server.stats;
      const change = setCasMailbox(exchange, edit(lab), { signal: stop.signal });
      const outcome = assert.rejects(change, code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
      while (lab.server.stats.commands === commands) await turn();
      stop.abort();
      await outcome;
    });
  });

  it('is made again without doubt when the server had refused to begin with it', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open();
      await readMailboxLists(exchange, bob(lab));
      lab.server.dropShells();
      await setCasMailbox(exchange, edit(lab));
      assert.equal(lab.organization.writes.length, 1);
    });
  });

  it('waits for the quota like everything else', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'status', status: 503, retryAfter: '0', on: 'command', cmdlet: 'Set-CASMailbox' });
      await setCasMailbox(lab.open(), edit(lab));
      assert.equal(lab.organization.writes.length, 1);
    });
  });

  it('that deletes or wipes goes nowhere without an opt-in, and is never repeated', async () => {
    await withLab({}, async (lab) => {
      const [device] = await collect(getMobileDevice(lab.open(), { mailbox: bob(lab) }));
      const identity = device?.distinguishedName ?? '';
      const { commands } = lab.server.stats;
      await assert.rejects(removeMobileDevice(lab.open(), identity), code('ERR_EXCHANGE_CMDLET_REFUSED'));
      await assert.rejects(
        clearMobileDevice(lab.open(), identity, { accountOnly: true }),
        code('ERR_EXCHANGE_CMDLET_REFUSED'),
      );
      assert.equal(lab.server.stats.commands, commands);
      const exchange = lab.open({ allowDestructive: true });
      lab.server.faults.add({ kind: 'reset', on: 'command', cmdlet: 'Remove-MobileDevice' });
      await assert.rejects(removeMobileDevice(exchange, identity), code('ERR_EXCHANGE_OUTCOME_UNKNOWN'));
      await removeMobileDevice(exchange, identity);
      assert.equal((await collect(getMobileDevice(exchange, { mailbox: bob(lab) }))).length, 1);
    });
  });
});

describe('opening a session', () => {
  for (const [what, options, expected] of [
    ['the password is wrong', { password: 'wrong' }, 'ERR_HTTP_AUTH'],
    ['the certificate is not trusted', { tls: {} }, 'ERR_HTTP_TLS_UNTRUSTED'],
    ['nobody listens', { urls: ['https://127.0.0.1:9/PowerShell/'] }, 'ERR_HTTP_UNREACHABLE'],
  ] as const) {
    it(`says when ${what}`, async () => {
      await withLab({}, async (lab) => {
        await assert.rejects(deviceIds(lab, lab.open(options)), code(expected));
      });
    });
  }

  it('says when the method is not offered', async () => {
    await withLab({ auth: ['kerberos'] }, async (lab) => {
      await assert.rejects(deviceIds(lab), code('ERR_HTTP_AUTH_METHOD'));
    });
  });

  it('says when the account may not use remote PowerShell', async () => {
    const organization = labOrganization();
    organization.addMailbox({ alias: 'user', displayName: 'User', password: 'x' });
    await withLab(
      {},
      async (lab) => {
        await assert.rejects(
          deviceIds(lab, lab.open({ username: 'user@contoso.example', password: 'x' })),
          code('ERR_WSMAN_ACCESS_DENIED'),
        );
      },
      organization,
    );
  });

  it('says when the address is not that of a PowerShell directory', async () => {
    await withLab({}, async (lab) => {
      const urls = [lab.server.url.replace('/PowerShell/', '/owa/')];
      await assert.rejects(deviceIds(lab, lab.open({ urls })), code('ERR_HTTP_NOT_EXPECTED'));
    });
  });

  it('goes to the next address, and back to the first when that works again', async () => {
    await withLab({ frontEnds: 1 }, async (lab) => {
      const second = await startExchangeServer(lab.organization, { certificate: labCertificate, frontEnds: 1 });
      const date = standingDate();
      try {
        const exchange = lab.open({ urls: [lab.server.url, second.url], retryAddressMs: 400 });
        lab.server.faults.add({ kind: 'status', status: 500, on: 'create', times: 1 });
        assert.deepEqual(await deviceIds(lab, exchange), ALL);
        assert.deepEqual([lab.server.stats.openedShells, second.stats.openedShells], [0, 1]);
        date.pass(399);
        assert.deepEqual(await deviceIds(lab, exchange), ALL);
        assert.deepEqual([lab.server.stats.openedShells, second.stats.openedShells], [0, 1]);
        date.pass(1);
        assert.deepEqual(await deviceIds(lab, exchange), ALL);
        assert.deepEqual([lab.server.stats.openedShells, second.stats.openedShells], [1, 1]);
        await exchange.close();
        assert.equal(second.stats.shells, 0);
      } finally {
        date.release();
        await second.close();
      }
    });
  });

  it('leaves no shell behind when it breaks off halfway', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.add({ kind: 'hang', on: 'receive' });
      const stop = new AbortController();
      const watch = setInterval(() => {
        if (lab.server.stats.openedShells > 0) stop.abort();
      }, 5);
      await assert.rejects(
        collect(getMobileDevice(lab.open(), { all: true }, { signal: stop.signal })),
        code('ERR_ABORTED'),
      );
      clearInterval(watch);
      await lab.open().close();
    });
  });

  it('makes do with the shells it has when the server allows no more', async () => {
    await withLab({ shellQuota: 1 }, async (lab) => {
      const exchange = lab.open({ sessions: 3 });
      const results = await Promise.all([deviceIds(lab, exchange), deviceIds(lab, exchange), deviceIds(lab, exchange)]);
      assert.deepEqual(results, [ALL, ALL, ALL]);
      assert.equal(lab.server.stats.openedShells, 1);
    });
  });
});

describe('sessions', () => {
  it('are never more than configured, however many calls wait', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open({ sessions: 2 });
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, lab.server.stats.shells)), 1);
      await Promise.all(Array.from({ length: 12 }, () => deviceIds(lab, exchange)));
      clearInterval(watch);
      assert.equal(most, 2);
      assert.equal(lab.server.stats.openedShells, 2);
    });
  });

  it('end when they are idle, and when they are old', async () => {
    await withLab({}, async (lab) => {
      const idle = lab.open({ maxIdleMs: 50 });
      await deviceIds(lab, idle);
      while (lab.server.stats.shells > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const old = lab.open({ maxAgeMs: 0 });
      await deviceIds(lab, old);
      await deviceIds(lab, old);
      assert.equal(lab.server.stats.openedShells, 3);
    });
  });

  it('leave nothing after fifty times open and close', async () => {
    await withLab({}, async (lab) => {
      for (let round = 0; round < 50; round++) {
        const exchange = lab.open();
        if (round % 3 === 0) assert.deepEqual(await deviceIds(lab, exchange), ALL);
        // Left in the middle, its consumer gone for good.
        else if (round % 3 === 1)
          await exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters: {} })[Symbol.asyncIterator]().next();
        else void deviceIds(lab, exchange).catch(() => undefined);
        await exchange.close();
      }
      assert.deepEqual([lab.server.stats.shells, lab.server.stats.expiredShells], [0, 0]);
    });
  });

  it('close within five seconds while the server hangs', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open({ operationTimeoutMs: 60_000 });
      lab.server.faults.add({ kind: 'hang', on: 'receive', cmdlet: 'Get-MobileDevice' });
      lab.server.faults.add({ kind: 'hang', on: 'delete' });
      const reading = deviceIds(lab, exchange);
      const failed = assert.rejects(reading, code('ERR_ABORTED'));
      while (!lab.server.faults.struck.includes('receive')) await turn();
      const { ms } = await ownTimeOf(() => exchange.close());
      assert.ok(ms < 5_000, `it gave up long before the answer was due, after ${ms} ms`);
      await failed;
      lab.server.dropShells();
    });
  });

  it('stop a pipeline whose consumer left, and go on with the same shell', async () => {
    const organization = labOrganization();
    for (let n = 0; n < 500; n++) {
      organization.syncPhone({
        mailbox: 'bob@contoso.example',
        deviceId: `D${n}`,
        deviceType: 'x',
        model: 'x',
        os: 'x',
        userAgent: 'x',
      });
    }
    await withLab(
      {},
      async (lab) => {
        const exchange = lab.open({ sessions: 1 });
        for (let round = 0; round < 5; round++) {
          for await (const _ of getMobileDevice(exchange, { all: true })) break;
        }
        assert.equal((await deviceIds(lab, exchange)).length, 503);
        assert.equal(lab.server.stats.openedShells, 1);
      },
      organization,
    );
  });

  it('refuse work after they were closed', async () => {
    await withLab({}, async (lab) => {
      const exchange = lab.open();
      await exchange.close();
      await assert.rejects(deviceIds(lab, exchange), code('ERR_ABORTED'));
    });
  });
});
