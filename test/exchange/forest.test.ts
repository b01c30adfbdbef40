/** An organization whose mailboxes are in several domains of a forest: what sessions see of it, and what a reading says of that. */
import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { EasPage } from '../../src/exchange/eas-records.ts';
import { editMailboxLists, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import type { RemotePowerShell } from '../../src/exchange/remote-powershell.ts';
import type { RemotePowerShellServer } from '../../src/exchange/open-exchange.ts';
import { seedOrganization } from '../../src/lab/seed-organization.ts';
import type { Logger } from '../../src/log.ts';
import type { ForestView } from '../../src/model/forest-view.ts';
import { silentLogger } from '../../src/log.ts';
import { labUser, withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';
import { casMailbox, collect, guid, ScriptedExchange } from './scripted-exchange.ts';

const PHONES = 60;
const SET = 'Set-ADServerSettings';
const READS = ['Get-CASMailbox', 'Get-User', 'Get-MobileDevice', 'Set-CASMailbox'];

/** Three domains with as many phones each, and the account that reads. @param cmdlets it may run; null: all */
function forest(cmdlets: readonly string[] | null = null, phones = PHONES) {
  const organization = seedOrganization({
    phones,
    secondPhones: 0,
    otherDomains: ['asia.contoso.example', 'fabrikam.example'],
  });
  organization.addMailbox({
    alias: 'connector',
    displayName: 'Connector',
    password: labUser.password,
    remotePowerShell: true,
    ...(cmdlets !== null && { cmdlets }),
  });
  return organization;
}

/** Counts how often sessions were told to see the whole forest. */
function settings({ server }: Lab): () => number {
  server.faults.add({ kind: 'delay', ms: 0, on: 'command', cmdlet: SET, times: Infinity });
  return () => server.faults.struck.filter((kind) => kind === 'command').length;
}

function reader(lab: Lab, options: Partial<RemotePowerShellServer> = {}) {
  const warned: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (text) => void warned.push(text) };
  const exchange = lab.open({ sessions: 1, logger, ...options });
  return { exchange, warned };
}

async function read(exchange: RemotePowerShell, kind: 'full' | 'quick' = 'full') {
  const since = kind === 'quick' ? { since: new Date(Date.now() + 86_400_000).toISOString() } : {};
  const pages: EasPage[] = await collect(readEasRecords(exchange, { organization: 'org', kind, ...since }));
  const domains: Record<string, number> = {};
  for (const { mailbox } of pages.flatMap(({ records }) => records)) {
    const domain = mailbox.upn?.split('@')[1] ?? '';
    domains[domain] = (domains[domain] ?? 0) + 1;
  }
  return { domains, view: pages.at(-1)?.view };
}

const WHOLE = { 'contoso.example': 20, 'asia.contoso.example': 20, 'fabrikam.example': 20 };
const OWN = { 'contoso.example': 20 };

describe('a forest of several domains', () => {
  it('is read whole, and every session is told so once', async () => {
    await withLab(
      {},
      async (lab) => {
        const told = settings(lab);
        const { exchange, warned } = reader(lab, { sessions: 2 });
        assert.deepEqual([exchange.view, await read(exchange)], [null, { domains: WHOLE, view: 'forest' }]);
        await Promise.all([read(exchange), read(exchange), read(exchange, 'quick')]);
        assert.deepEqual([told(), lab.server.stats.openedShells, exchange.view, warned], [2, 2, 'forest', []]);
      },
      forest(),
    );
  });

  it('is read as far as the servers’ own domain where that is wanted, without a word', async () => {
    await withLab(
      {},
      async (lab) => {
        const told = settings(lab);
        const { exchange, warned } = reader(lab, { viewEntireForest: false });
        assert.deepEqual(await read(exchange), { domains: OWN, view: 'domain' });
        assert.deepEqual([told(), warned, exchange.view], [0, [], 'domain']);
      },
      forest(),
    );
  });

  it('is read on by a session that replaces a lost one in the middle of a reading', async () => {
    for (const after of [0, 1])
      await withLab(
        {},
        async (lab) => {
          const told = settings(lab);
          lab.server.faults.add({ kind: 'shell-lost', on: 'receive', cmdlet: 'Get-MobileDevice', after });
          const { exchange } = reader(lab);
          const { domains, view } = await read(exchange);
          assert.deepEqual([Object.values(domains), view], [[300, 300, 300], 'forest']);
          const { struck } = lab.server.faults;
          assert.deepEqual([told(), lab.server.stats.openedShells, struck.includes('receive')], [2, 2, true]);
        },
        forest(null, 900),
      );
  });

  it('is read as far as the account may, which is said once and not at every session', async () => {
    await withLab(
      {},
      async (lab) => {
        const { exchange, warned } = reader(lab);
        for (let round = 0; round < 3; round += 1) {
          assert.deepEqual(await read(exchange), { domains: OWN, view: 'refused' });
          lab.server.dropShells();
        }
        assert.equal(lab.server.stats.openedShells, 3);
        assert.equal(warned.length, 1);
        assert.match(
          warned[0] ?? '',
          /own domain alone.*"See the whole forest".*Set-ADServerSettings.*is not recognized/s,
        );
      },
      forest(READS),
    );
  });

  it('is taken as refused where the account has the cmdlet without its parameter, and never run twice in a session', async () => {
    await withLab(
      {},
      async (lab) => {
        lab.server.faults.addCmdlet({
          kind: 'error-record',
          cmdlet: SET,
          terminating: true,
          times: Infinity,
          errorId: `NamedParameterNotFound,${SET}`,
          exceptionType: 'System.Management.Automation.ParameterBindingException',
          message: "A parameter cannot be found that matches parameter name 'ViewEntireForest'.",
        });
        const told = settings(lab);
        const { exchange, warned } = reader(lab);
        assert.deepEqual(await read(exchange), { domains: OWN, view: 'refused' });
        assert.deepEqual([told(), warned.length], [1, 1]);
      },
      forest(),
    );
  });

  it('is asked for again before the next cmdlet after an error that may pass', async () => {
    await withLab(
      {},
      async (lab) => {
        lab.server.faults.addCmdlet({ kind: 'error-record', cmdlet: SET, message: 'The LDAP server is unavailable.' });
        const { exchange, warned } = reader(lab);
        const { view } = await read(exchange);
        assert.deepEqual([view, await read(exchange)], ['refused', { domains: WHOLE, view: 'forest' }]);
        assert.equal(warned.length, 1);
      },
      forest(),
    );
  });

  it('counts as seen by the session that saw least, where the right is taken away during a reading', async () => {
    await withLab(
      {},
      async (lab) => {
        // The first session may; the one that comes in place of it may not.
        lab.server.faults.addCmdlet({
          kind: 'error-record',
          cmdlet: SET,
          after: 1,
          times: Infinity,
          terminating: true,
          message: `The term '${SET}' is not recognized as the name of a cmdlet.`,
          errorId: 'CommandNotFoundException',
          exceptionType: 'System.Management.Automation.CommandNotFoundException',
        });
        lab.server.faults.add({ kind: 'shell-lost', on: 'receive', cmdlet: 'Get-MobileDevice' });
        const { exchange } = reader(lab);
        assert.equal((await read(exchange)).view, 'refused');
        assert.deepEqual([exchange.view, lab.server.stats.openedShells], ['refused', 2]);
      },
      forest(),
    );
  });
});

describe('a session that fails before it sees the forest', () => {
  const faults = [
    ['is lost', { kind: 'shell-lost', on: 'command', cmdlet: SET }, 2],
    ['is reset', { kind: 'reset', on: 'receive', cmdlet: SET }, 2],
    ['is put off', { kind: 'status', status: 503, retryAfter: '0', on: 'command', cmdlet: SET }, 1],
  ] as const;
  for (const [what, fault, sessions] of faults)
    it(`and ${what} has not begun what it was opened for: a change is made once`, async () => {
      await withLab(
        {},
        async (lab) => {
          lab.server.faults.add(fault);
          const { exchange } = reader(lab);
          const mailbox = [...lab.organization.directory.users()].find(({ domain }) => domain === 'fabrikam.example');
          assert.ok(mailbox);
          const edit = { mailboxId: mailbox.guid, blocked: { add: ['PHONE'] } };
          assert.equal(await editMailboxLists(exchange, edit), 'done');
          assert.deepEqual(
            [mailbox.blockedDeviceIds, lab.organization.writes.length, lab.server.stats.openedShells],
            [['PHONE'], 1, sessions],
          );
          assert.equal(lab.server.faults.pending, 0);
        },
        forest(),
      );
    });

  it('finds no mailbox of another domain where the account may not see it, and changes nothing', async () => {
    await withLab(
      {},
      async (lab) => {
        const { exchange } = reader(lab);
        const mailbox = [...lab.organization.directory.users()].find(({ domain }) => domain === 'fabrikam.example');
        const edit = { mailboxId: mailbox?.guid ?? '', blocked: { add: ['PHONE'] } };
        await assert.rejects(editMailboxLists(exchange, edit), (error) =>
          isConnectorError(error, 'ERR_EXCHANGE_CMDLET'),
        );
        assert.deepEqual(lab.organization.writes, []);
      },
      forest(READS),
    );
  });
});

describe('the personal lists of a mailbox', () => {
  const lacks = new ConnectorError('ERR_EXCHANGE_CMDLET', 'A parameter cannot be found.', {
    details: { errorId: 'NamedParameterNotFound,Get-CASMailbox' },
  });
  const identity = { Identity: guid(1) };
  const fresh = { ...identity, ReadFromDomainController: true };
  const cases: readonly [string, ForestView | null | undefined, boolean, readonly unknown[]][] = [
    [
      'from a domain controller, where all of the forest is seen: a global catalog may be behind',
      'forest',
      true,
      [fresh],
    ],
    ['without that, where the account’s role has no such parameter', 'forest', false, [fresh, identity]],
    ['as ever where one domain is seen', 'domain', true, [identity]],
    ['as ever where the account sees no more', 'refused', true, [identity]],
    ['as ever where nothing was read yet', null, true, [identity]],
    ['as ever where there is no forest', undefined, true, [identity]],
  ];
  for (const [how, view, hasParameter, asked] of cases)
    it(`are read ${how}`, async () => {
      const scripted = new ScriptedExchange(({ parameters }) =>
        'ReadFromDomainController' in parameters && !hasParameter
          ? lacks
          : [casMailbox(1, { ActiveSyncBlockedDeviceIDs: ['PHONE'] })],
      );
      const exchange = Object.assign(scripted, view === undefined ? {} : { view });
      assert.deepEqual(await readMailboxLists(exchange, guid(1)), { allowed: [], blocked: ['PHONE'] });
      assert.deepEqual(
        scripted.calls.map(({ parameters }) => parameters),
        asked,
      );
    });

  it('are read so over the wire', async () => {
    await withLab(
      {},
      async (lab) => {
        const { exchange } = reader(lab);
        const mailbox = [...lab.organization.directory.users()].find(({ domain }) => domain === 'fabrikam.example');
        assert.ok(mailbox);
        const edit = { mailboxId: mailbox.guid, blocked: { add: ['PHONE'] } };
        await editMailboxLists(exchange, edit);
        assert.equal(exchange.view, 'forest');
        assert.deepEqual(await readMailboxLists(exchange, mailbox.guid), { allowed: [], blocked: ['PHONE'] });
      },
      forest(),
    );
  });
});
