/** Two servers of one organization: what makes the first one be passed over, and what is asked of the second. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { isConnectorError } from '../../src/errors.ts';
import type { ConnectorError, ErrorCode } from '../../src/errors.ts';
import { getMobileDevice } from '../../src/exchange/cmdlets/get-mobile-device.ts';
import { setCasMailbox } from '../../src/exchange/cmdlets/set-cas-mailbox.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { EasPage } from '../../src/exchange/eas-records.ts';
import type { RemotePowerShellServer } from '../../src/exchange/open-exchange.ts';
import { editMailboxLists, readEasRecord, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { RemotePowerShell } from '../../src/exchange/remote-powershell.ts';
import type { Organization } from '../../src/lab/organization.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import type { ExchangeFault, ExchangeServer } from '../../src/lab/servers/exchange.ts';
import { standingDate } from '../support/put-forward.ts';
import { labCertificate, labOrganization, withLab } from './lab-exchange.ts';
import { collect } from './scripted-exchange.ts';

interface Pair {
  readonly organization: Organization;
  readonly first: ExchangeServer;
  readonly second: ExchangeServer;
  open(options?: Partial<RemotePowerShellServer>): RemotePowerShell;
}

/** A server that is only slow, on a busy machine, is none that hangs: nothing here waits for it to. */
const PATIENT = { operationTimeoutMs: 30_000, graceMs: 15_000 };
/** Where one hangs, that is seen soon, and the other one has time enough. */
const SOON = { operationTimeoutMs: 1_000, graceMs: 3_000 };
const waitOf = ({ kind }: Pick<ExchangeFault, 'kind'>) => (kind === 'hang' ? SOON : PATIENT);

/** Two servers of one organization, the first one preferred. Afterwards neither may hold a shell. */
async function withPair(test: (pair: Pair) => Promise<void>, organization = labOrganization()): Promise<void> {
  await withLab(
    { frontEnds: 1 },
    async (lab) => {
      const second = await startExchangeServer(organization, { certificate: labCertificate, frontEnds: 1 });
      const opened: RemotePowerShell[] = [];
      const open = (options: Partial<RemotePowerShellServer> = {}) => {
        const exchange = lab.open({ urls: [lab.server.url, second.url], ...PATIENT, ...options });
        opened.push(exchange);
        return exchange;
      };
      try {
        await test({ organization, first: lab.server, second, open });
        lab.server.faults.clear();
        await Promise.all(opened.map((exchange) => exchange.close()));
        assert.equal(second.stats.shells, 0);
        // What a server could not be told, it forgets by itself.
        lab.server.dropShells();
      } finally {
        await second.close();
      }
    },
    organization,
  );
}

const shells = ({ first, second }: Pair) => [first.stats.openedShells, second.stats.openedShells];
const bob = ({ organization }: Pair) => organization.mailboxByAddress('bob@contoso.example')?.guid ?? '';
const fullSync = (exchange: RemotePowerShell, pageSize = 1) =>
  collect(readEasRecords(exchange, { organization: 'org', kind: 'full', pageSize }));

/** Every record once, and one last page that says so. */
function assertWhole(pages: readonly EasPage[], count: number): void {
  const keys = pages.flatMap(({ records }) => records.map(({ key }) => key));
  const last = pages.filter((page) => page.last);
  assert.deepEqual([keys.length, new Set(keys).size, last.length, last[0]?.total], [count, count, 1, count]);
  assert.deepEqual(
    pages.map(({ page }) => page),
    pages.map((_, index) => index),
  );
}

async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const error = await promise.then(
    () => assert.fail('no error'),
    (reason: unknown) => reason,
  );
  return isConnectorError(error) ? error : assert.fail(String(error));
}

function largeOrganization(): Organization {
  const organization = labOrganization();
  for (let n = 0; n < 300; n++) {
    const phone = { deviceType: 'x', model: 'x', os: 'x', userAgent: 'x' };
    organization.syncPhone({ mailbox: 'bob@contoso.example', deviceId: `D${n}`, ...phone });
  }
  return organization;
}

const BREAKS: readonly (readonly [string, ExchangeFault])[] = [
  ['breaks the connection', { kind: 'reset' }],
  ['breaks off its answers', { kind: 'half' }],
  ['ends its XML too early', { kind: 'cut-xml' }],
  ['damages its streams', { kind: 'garbled' }],
  ['answers another request', { kind: 'wrong-relates-to' }],
  ['shows a web page', { kind: 'html' }],
  ['does not answer', { kind: 'hang' }],
  ['loses its sessions', { kind: 'shell-lost' }],
  ['answers 400', { kind: 'status', status: 400, body: 'empty' }],
  ['answers 404', { kind: 'status', status: 404 }],
  ['answers 408', { kind: 'status', status: 408, body: 'empty' }],
  ['answers 429 for an hour', { kind: 'status', status: 429, retryAfter: '3600' }],
  ['answers 500 without SOAP', { kind: 'status', status: 500, body: 'xhtml' }],
  ['answers 502', { kind: 'status', status: 502, body: 'xhtml' }],
  ['answers 503 for an hour', { kind: 'status', status: 503, body: 'text', retryAfter: '3600' }],
  ['answers 504', { kind: 'status', status: 504 }],
];

describe('a first server that opens sessions but fails what is asked of them', () => {
  for (const [what, fault] of BREAKS) {
    for (const on of ['command', 'receive'] as const) {
      if (fault.kind === 'garbled' && on === 'command') continue;
      it(`is left within the same sync when it ${what} (${on}), and the next sync does not ask it`, async () => {
        await withPair(async (pair) => {
          pair.first.faults.add({ ...fault, on, cmdlet: 'Get-MobileDevice', times: Infinity });
          const exchange = pair.open(waitOf(fault));
          assertWhole(await fullSync(exchange), 3);
          const [atFirst = 0, atSecond = 0] = shells(pair);
          assert.ok(atFirst >= 1 && atFirst <= 3 && atSecond === 1, `${atFirst} and ${atSecond} shells`);
          const { requests } = pair.first.stats;
          assertWhole(await fullSync(exchange), 3);
          // The shell that failed may have been deleted meanwhile; nothing else was asked.
          assert.ok(pair.first.stats.requests - requests <= 1);
          assert.deepEqual(shells(pair), [atFirst, 1]);
        });
      });
    }
  }

  for (const kind of ['reset', 'hang', 'half', 'html', 'garbled'] as const) {
    it(`gives no record twice and no last page too early when the break comes in the middle (${kind})`, async () => {
      await withPair(async (pair) => {
        pair.first.faults.add({ kind, on: 'receive', cmdlet: 'Get-MobileDevice', after: 2, times: Infinity });
        assertWhole(await fullSync(pair.open(waitOf({ kind })), 50), 303);
        assert.deepEqual(shells(pair), [1, 1]);
      }, largeOrganization());
    });
  }

  it('is waited for once when it hangs, not once more for a new session', async () => {
    await withPair(async (pair) => {
      const operationTimeoutMs = 2_000;
      const graceMs = 1_000;
      pair.first.faults.add({ kind: 'hang', on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      pair.first.faults.add({ kind: 'hang', on: 'create', after: 1, times: Infinity });
      pair.first.faults.add({ kind: 'hang', on: 'delete', times: Infinity });
      assertWhole(await fullSync(pair.open({ operationTimeoutMs, graceMs })), 3);
      assert.deepEqual(
        pair.first.faults.struck.filter((kind) => kind !== 'delete'),
        ['receive'],
      );
      assert.deepEqual(shells(pair), [1, 1]);
    });
  });

  it('that hangs from the start is waited for once', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'hang', times: Infinity });
      // With one session only, so that nothing is hidden by a second one.
      assertWhole(await fullSync(pair.open({ sessions: 1, operationTimeoutMs: 2_000, graceMs: 1_000 })), 3);
      assert.deepEqual(
        pair.first.faults.struck.filter((kind) => kind !== 'delete'),
        ['create'],
      );
      assert.deepEqual(shells(pair), [0, 1]);
    });
  });

  it('gets one more chance after what may have been chance: a temporary status, a session lost later', async () => {
    for (const fault of [{ kind: 'status', status: 502 }, { kind: 'shell-lost' }] as const) {
      await withPair(async (pair) => {
        const exchange = pair.open();
        await fullSync(exchange);
        pair.first.faults.add({ ...fault, on: 'command', cmdlet: 'Get-MobileDevice' });
        assertWhole(await fullSync(exchange), 3);
        assert.deepEqual(shells(pair), [2, 0]);
      });
    }
  });

  it('is asked again when its time has passed', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice' });
      const date = standingDate();
      try {
        const exchange = pair.open({ retryAddressMs: 500 });
        await fullSync(exchange);
        assert.deepEqual(shells(pair), [1, 1]);
        date.pass(499);
        await fullSync(exchange);
        assert.deepEqual(shells(pair), [1, 1]);
        date.pass(1);
        await fullSync(exchange);
        assert.deepEqual(shells(pair), [2, 1]);
      } finally {
        date.release();
      }
    });
  });

  it('is left by every reading that runs at the same time', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      const exchange = pair.open({ sessions: 3 });
      for (const pages of await Promise.all([1, 2, 3].map(() => fullSync(exchange)))) assertWhole(pages, 3);
    });
  });

  it('is left by the reading of one record, too', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'reset', on: 'receive', times: Infinity, cmdlet: 'Get-CASMailbox' });
      const wanted = { organization: 'org', mailboxId: bob(pair), easId: 'SEC0BOB1' };
      assert.equal((await readEasRecord(pair.open(), wanted))?.easId, 'SEC0BOB1');
      assert.deepEqual(shells(pair), [1, 1]);
    });
  });
});

describe('a change at a first server that fails', () => {
  const edit = (pair: Pair) => ({ mailboxId: bob(pair), blocked: { add: ['SEC0BOB1'] } });
  const cases = [
    ['reset', { kind: 'reset' }],
    ['reset after it took effect', { kind: 'reset', handled: true }],
    ['hang', { kind: 'hang' }],
    ['502', { kind: 'status', status: 502 }],
    ['504 after it took effect', { kind: 'status', status: 504, body: 'empty', handled: true }],
    ['500 without SOAP after it took effect', { kind: 'status', status: 500, body: 'html', handled: true }],
    ['503 without a time after it took effect', { kind: 'status', status: 503, handled: true }],
  ] as const;
  for (const [what, fault] of cases) {
    it(`is verified by reading and made once (${what})`, async () => {
      await withPair(async (pair) => {
        pair.first.faults.add({ ...fault, on: 'command', cmdlet: 'Set-CASMailbox', times: Infinity });
        const handled = 'handled' in fault;
        assert.equal(await editMailboxLists(pair.open(waitOf(fault)), edit(pair)), handled ? 'found' : 'repeated');
        assert.equal(pair.organization.writes.length, 1);
        assert.deepEqual((await readMailboxLists(pair.open(), bob(pair))).blocked.includes('SEC0BOB1'), true);
      });
    });
  }

  it('is read at the second server after the first broke it, and never sent there without', async () => {
    await withPair(async (pair) => {
      const exchange = pair.open();
      pair.first.faults.add({ kind: 'reset', on: 'command', cmdlet: 'Set-CASMailbox', handled: true, times: Infinity });
      const error = await failureOf(setCasMailbox(exchange, edit(pair)));
      assert.equal(error.code, 'ERR_EXCHANGE_OUTCOME_UNKNOWN');
      // Each session is set to see the whole forest before.
      assert.deepEqual([pair.first.stats.commands, pair.second.stats.commands], [2, 0]);
      await readMailboxLists(exchange, bob(pair));
      assert.deepEqual([pair.first.stats.commands, pair.second.stats.commands], [2, 2]);
    });
  });
});

describe('two servers that both fail', () => {
  it('end a reading with the error of the first and what was seen at each, after four sessions at most', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      pair.second.faults.add({ kind: 'html', on: 'receive', cmdlet: 'Get-MobileDevice', times: Infinity });
      const pages: EasPage[] = [];
      const error = await failureOf(
        (async () => {
          for await (const page of readEasRecords(pair.open(), { organization: 'org', kind: 'full' })) pages.push(page);
        })(),
      );
      const [first, second] = [pair.first, pair.second].map(({ port }) => `127.0.0.1:${port}`);
      assert.deepEqual([error.code, pages], ['ERR_HTTP_RESET', []]);
      assert.ok(error.message.startsWith('None of the 2 addresses could be used. '), error.message);
      assert.ok(error.message.includes(`${first}: ${first} broke a kept connection.`), error.message);
      assert.ok(error.message.includes(`${second}: The server answered with a web page.`), error.message);
      assert.ok(shells(pair).reduce((sum, count) => sum + count) <= 4, String(shells(pair)));
      pair.second.faults.clear();
    });
  });

  it('are both tried again where that may help', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice' });
      pair.second.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice' });
      assertWhole(await fullSync(pair.open()), 3);
      assert.deepEqual(shells(pair), [2, 1]);
    });
  });

  it('are named when neither opens a session', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'status', status: 404, on: 'create', times: Infinity });
      pair.second.faults.add({ kind: 'status', status: 500, on: 'create', times: Infinity });
      const error = await failureOf(fullSync(pair.open()));
      assert.equal(error.code, 'ERR_HTTP_NOT_EXPECTED');
      assert.match(error.message, /:\d+: The server answered 404 .*:\d+: The server answered 500\. /);
      pair.second.faults.clear();
    });
  });
});

describe('the second server is not asked', () => {
  const accountReasons: readonly (readonly [
    string,
    Partial<RemotePowerShellServer>,
    ExchangeFault | null,
    ErrorCode,
  ])[] = [
    ['the password is refused', { password: 'wrong' }, null, 'ERR_HTTP_AUTH'],
    ['access is denied', {}, { kind: 'status', status: 403 }, 'ERR_WSMAN_ACCESS_DENIED'],
    ['the account has all its sessions', { maxWaitMs: 500 }, { kind: 'runspace-limit', maximum: 4 }, 'ERR_WSMAN_QUOTA'],
  ];
  for (const [why, options, fault, code] of accountReasons) {
    it(`when ${why}`, async () => {
      await withPair(async (pair) => {
        if (fault !== null) pair.first.faults.add({ ...fault, on: 'create', times: Infinity });
        assert.equal((await failureOf(fullSync(pair.open(options)))).code, code);
        assert.equal(pair.second.stats.requests, 0);
      });
    });
  }

  it('when a cmdlet fails', async () => {
    await withPair(async (pair) => {
      const message = 'The database is gone.';
      pair.first.faults.addCmdlet({ kind: 'error-record', cmdlet: 'Get-MobileDevice', message, terminating: true });
      const exchange = pair.open();
      assert.equal((await failureOf(fullSync(exchange))).code, 'ERR_EXCHANGE_CMDLET');
      await collect(getMobileDevice(exchange, { all: true }));
      assert.equal(pair.second.stats.requests, 0);
    });
  });

  it('when the work was stopped', async () => {
    await withPair(async (pair) => {
      pair.first.faults.add({ kind: 'hang', on: 'receive', cmdlet: 'Get-MobileDevice' });
      const stop = new AbortController();
      const failure = failureOf(collect(getMobileDevice(pair.open(SOON), { all: true }, { signal: stop.signal })));
      while (pair.first.faults.pending > 0) await turn();
      stop.abort();
      assert.equal((await failure).code, 'ERR_ABORTED');
      assert.equal(pair.second.stats.requests, 0);
    });
  });
});

describe('a single server that breaks every reading', () => {
  for (const after of [0, 2]) {
    it(`is opened four sessions at most (after ${after} answers)`, async () => {
      await withLab(
        {},
        async (lab) => {
          lab.server.faults.add({ kind: 'reset', on: 'receive', cmdlet: 'Get-MobileDevice', after, times: Infinity });
          assert.equal((await failureOf(fullSync(lab.open()))).code, 'ERR_HTTP_RESET');
          assert.ok(lab.server.stats.openedShells <= 4, String(lab.server.stats.openedShells));
        },
        largeOrganization(),
      );
    });
  }
});
