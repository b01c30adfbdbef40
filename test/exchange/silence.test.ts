/** A cmdlet that yields nothing: how it is asked again, when it is given up, and what comes after. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ConnectorError } from '../../src/errors.ts';
import { getMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { EasPage } from '../../src/exchange/eas-records.ts';
import { editMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { RemotePowerShell } from '../../src/exchange/remote-powershell.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import { operationTimeoutFault } from '../../src/wsman/server-faults.ts';
import { labCertificate, labOrganization, withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';
import { ownTimeOf } from '../support/own-time.ts';
import { standingStopwatch } from '../support/put-forward.ts';
import type { Stopwatch } from '../support/put-forward.ts';
import { passTurns } from '../support/turns.ts';
import { collect } from './scripted-exchange.ts';

const ALL = ['ApplANN1', 'SEC0BOB1', 'androidc2'];
const LIMIT = { silenceLimitMs: 400, sessions: 1 };
const deviceIds = async (exchange: RemotePowerShell) =>
  (await collect(getMobileDevice(exchange, { all: true }))).map((device) => device.deviceId).sort();
const edit = ({ organization }: Lab) => ({
  mailboxId: organization.mailboxByAddress('bob@contoso.example')?.guid ?? '',
  blocked: { add: ['SEC0BOB1'] },
});

async function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  const error = await work.then(
    () => assert.fail('no error'),
    (reason: unknown) => reason,
  );
  return isConnectorError(error) ? error : assert.fail(String(error));
}

/** A lab where nobody is silent for long but while a test lets time pass, however slow this machine is. */
async function withHeldSilence(
  setup: Parameters<typeof withLab>[0],
  test: (lab: Lab, silence: Stopwatch) => Promise<void>,
  organization?: Lab['organization'],
): Promise<void> {
  const work = async (lab: Lab): Promise<void> => {
    const silence = standingStopwatch();
    try {
      await test(lab, silence);
    } finally {
      silence.release();
    }
  };
  await withLab(setup, work, organization);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await passTurns(1);
}

/** Counts stop signals that reach the server. */
function signals(lab: Lab): () => number {
  lab.server.faults.add({ kind: 'delay', ms: 0, on: 'signal', times: Infinity });
  return () => lab.server.faults.struck.filter((kind) => kind === 'signal').length;
}

describe('a cmdlet that yields nothing', () => {
  it('is stopped at the limit, its session replaced, and the next reading works', async () => {
    await withHeldSilence({}, async (lab, silence) => {
      const signaled = signals(lab);
      lab.server.faults.addCmdlet({ kind: 'silent', cmdlet: 'Get-MobileDevice' });
      const exchange = lab.open({ ...LIMIT, viewEntireForest: false });
      const started = performance.now();
      const failed = failureOf(deviceIds(exchange));
      await until(() => lab.server.stats.commands === 1);
      silence.run();
      const { ms, result: error } = await ownTimeOf(() => failed);
      silence.stop();
      assert.ok(performance.now() - started >= 400, 'not before the limit');
      assert.equal(error.code, 'ERR_EXCHANGE_SILENT');
      assert.match(error.message, /^Get-MobileDevice has yielded nothing for/);
      assert.ok(ms < 1_500, `${ms} ms`);
      assert.equal(signaled(), 1);
      assert.deepEqual(await deviceIds(exchange), ALL);
      const { openedShells, deletedShells } = lab.server.stats;
      assert.deepEqual([openedShells, deletedShells], [2, 1]);
    });
  });

  it('after its first objects ends the reading without a last page', async () => {
    await withHeldSilence({}, async (lab, silence) => {
      lab.server.faults.addCmdlet({ kind: 'silent', cmdlet: 'Get-MobileDevice', afterObjects: 2 });
      const pages: EasPage[] = [];
      const reading = async () => {
        const options = { organization: 'org', kind: 'full', pageSize: 1 } as const;
        for await (const page of readEasRecords(lab.open(LIMIT), options)) pages.push(page);
      };
      const failed = failureOf(reading());
      await until(() => pages.length > 0);
      silence.run();
      assert.equal((await failed).code, 'ERR_EXCHANGE_SILENT');
      assert.deepEqual([pages.length > 0, pages.filter(({ last }) => last).length], [true, 0]);
    });
  });

  it('is asked again without haste by a client whose server says "nothing yet" at once', async () => {
    await withLab({}, async (lab) => {
      const fault = operationTimeoutFault('EX1');
      lab.server.faults.add({ kind: 'fault', fault, on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      const error = await failureOf(deviceIds(lab.open({ ...LIMIT, silenceLimitMs: 1_200 })));
      assert.equal(error.code, 'ERR_EXCHANGE_SILENT');
      // However slow this machine is, they only get fewer.
      const asked = lab.server.faults.struck.filter((kind) => kind === 'receive').length;
      assert.ok(asked <= 6, `${asked} requests`);
    });
  });

  it('is asked again after each "nothing yet", and gives what it has then', async () => {
    await withLab({}, async (lab) => {
      const fault = operationTimeoutFault('EX1');
      lab.server.faults.add({ kind: 'fault', fault, on: 'receive', cmdlet: 'Get-MobileDevice', times: 3 });
      assert.deepEqual(await deviceIds(lab.open({ sessions: 1 })), ALL);
      assert.deepEqual(lab.server.faults.struck, ['receive', 'receive', 'receive']);
    });
  });

  it('is not given up while objects come, however long all of them take and the reader needs', async () => {
    const organization = labOrganization();
    // More than an answer holds.
    const added = Array.from({ length: 500 }, (_, n) => `MORE${n}`);
    for (const deviceId of added)
      organization.syncPhone({
        mailbox: 'bob@contoso.example',
        deviceId,
        deviceType: 'x',
        model: 'x',
        os: 'x',
        userAgent: 'x',
      });
    const test = async (lab: Lab, silence: Stopwatch): Promise<void> => {
      // Less than the limit for each answer, and beyond it together.
      let passed = 0;
      lab.server.faults.add({
        kind: 'delay',
        on: 'receive',
        cmdlet: 'Get-MobileDevice',
        times: Infinity,
        get ms() {
          silence.pass(250);
          passed += 250;
          return 0;
        },
      });
      const found: string[] = [];
      for await (const { deviceId } of getMobileDevice(lab.open(LIMIT), { all: true })) {
        found.push(deviceId);
        if (found.length === 1) silence.pass(LIMIT.silenceLimitMs + 100);
      }
      assert.deepEqual([found.sort(), passed > LIMIT.silenceLimitMs], [[...ALL, ...added].sort(), true]);
    };
    await withHeldSilence({ fragmentBytes: 1_024 }, test, organization);
  });

  it('frees the reader in time even where the server hears no stop either', async () => {
    await withHeldSilence({}, async (lab, silence) => {
      lab.server.faults.addCmdlet({ kind: 'silent', cmdlet: 'Get-MobileDevice' });
      lab.server.faults.add({ kind: 'hang', on: 'signal' });
      const failed = failureOf(deviceIds(lab.open({ ...LIMIT, graceMs: 500, viewEntireForest: false })));
      await until(() => lab.server.stats.commands === 1);
      silence.run();
      const { ms, result: error } = await ownTimeOf(() => failed);
      assert.equal(error.code, 'ERR_EXCHANGE_SILENT');
      assert.ok(ms < 4_000, `${ms} ms`);
    });
  });

  it('stops at once when the work is stopped meanwhile', async () => {
    await withLab({}, async (lab) => {
      const fault = operationTimeoutFault('EX1');
      lab.server.faults.add({ kind: 'fault', fault, on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      const abort = new AbortController();
      const reading = collect(getMobileDevice(lab.open(), { all: true }, { signal: abort.signal }));
      const failed = failureOf(reading);
      setTimeout(() => abort.abort(), 600);
      const { ms, result: error } = await ownTimeOf(() => failed);
      assert.equal(error.code, 'ERR_ABORTED');
      assert.ok(ms < 2_500, `${ms} ms`);
    });
  });

  it('is asked of the next server where there is one', async () => {
    await withHeldSilence({ frontEnds: 1 }, async (lab, silence) => {
      const second = await startExchangeServer(lab.organization, { certificate: labCertificate, frontEnds: 1 });
      try {
        lab.server.faults.addCmdlet({ kind: 'silent', cmdlet: 'Get-MobileDevice', times: Infinity });
        const exchange = lab.open({ ...LIMIT, urls: [lab.server.url, second.url], viewEntireForest: false });
        const found = deviceIds(exchange);
        await until(() => lab.server.stats.commands === 1);
        silence.run();
        await until(() => second.stats.requests > 0);
        silence.stop();
        assert.deepEqual(await found, ALL);
        assert.deepEqual([lab.server.stats.openedShells, second.stats.openedShells], [1, 1]);
        await exchange.close();
      } finally {
        await second.close();
      }
    });
  });
});

describe('a change that yields nothing', () => {
  for (const [handled, outcome] of [
    [true, 'found'],
    [false, 'repeated'],
  ] as const) {
    it(`is stopped and verified by reading: ${handled ? 'it was made' : 'it was not made'}`, async () => {
      await withHeldSilence({}, async (lab, silence) => {
        const signaled = signals(lab);
        lab.server.faults.addCmdlet({ kind: 'silent', cmdlet: 'Set-CASMailbox', handled });
        const edited = editMailboxLists(lab.open({ ...LIMIT, viewEntireForest: false }), edit(lab));
        await until(() => lab.server.stats.commands === 1);
        silence.run();
        await until(() => lab.server.stats.openedShells === 2);
        silence.stop();
        assert.equal(await edited, outcome);
        assert.equal(lab.organization.writes.length, 1);
        assert.equal(lab.server.stats.openedShells, 2);
        assert.ok(signaled() >= 1);
      });
    });
  }
});
