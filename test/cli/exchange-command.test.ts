import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommand } from '../../src/cli/run-command.ts';
import { EasFeed } from '../../src/exchange/eas-feed.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { labCa, labOrganization, labUser, withLab } from '../exchange/lab-exchange.ts';
import type { Lab } from '../exchange/lab-exchange.ts';

const folder = mkdtempSync(join(tmpdir(), 'exchange-cli-'));
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, labCa);
after(() => rmSync(folder, { recursive: true }));

const connection = ({ server }: Lab, username = labUser.username) => [
  'exchange',
  '--url',
  server.url,
  '--username',
  username,
  '--password-env',
  'LAB_PASSWORD',
  '--ca',
  caFile,
];

/** Runs the command in this process. */
async function run(argv: readonly string[], more: { isTerminal?: boolean; signal?: AbortSignal } = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommand(argv, {
    stdout,
    stderr,
    env: { LAB_PASSWORD: labUser.password },
    isTerminal: more.isTerminal ?? false,
    columns: null,
    signal: more.signal ?? new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { code, out, err };
}

const lines = (out: string): Record<string, unknown>[] =>
  out.trim() === ''
    ? []
    : out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('exchange-connector exchange', () => {
  it('prints one JSON object a record', async () => {
    await withLab({}, async (lab) => {
      const { code, out, err } = await run([
        ...connection(lab),
        '--auth',
        'basic',
        'Get-MobileDevice',
        '--ResultSize',
        '2',
        '--json',
      ]);
      assert.equal(code, 0);
      assert.match(err, /^warning ERR_EXCHANGE_WARNING: There are more results available[^\n]*\n$/);
      assert.equal(lines(out).length, 2);
      assert.ok(lines(out).every((one) => typeof one['DeviceId'] === 'string' && typeof one['Guid'] === 'string'));
    });
  });

  it('says once that one domain of the forest is seen, where the account may see no more', async () => {
    const organization = labOrganization();
    organization.addMailbox({
      alias: 'reader',
      displayName: 'Reader',
      password: labUser.password,
      remotePowerShell: true,
      cmdlets: ['Get-MobileDevice'],
    });
    await withLab(
      {},
      async (lab) => {
        const call = ['--auth', 'basic', 'Get-MobileDevice', '--ResultSize', 'Unlimited', '--json'];
        const { code, out, err } = await run([...connection(lab, 'reader@contoso.example'), ...call]);
        assert.deepEqual([code, lines(out).length], [0, 3]);
        assert.match(err, /^warning ERR_EXCHANGE_CMDLET_UNKNOWN: [^\n]*Set-ADServerSettings[^\n]*\n$/);
      },
      organization,
    );
  });

  it('prints what the EAS source takes by message: three cmdlets make the records that a reading makes', async () => {
    await withLab({}, async (lab) => {
      const objects: string[] = [];
      for (const call of [
        ['Get-CASMailbox', '--Filter', 'HasActiveSyncDevicePartnership -eq $true'],
        ['Get-User', '--Filter', "RecipientType -eq 'UserMailbox'"],
        ['Get-MobileDevice'],
      ]) {
        const { code, out } = await run([...connection(lab), ...call, '--ResultSize', 'Unlimited', '--json']);
        assert.equal(code, 0);
        objects.push(out);
      }
      const read: EasRecord[] = [];
      const pages = readEasRecords(lab.open(), { organization: 'exchange', kind: 'full' });
      for await (const { records } of pages) read.push(...records);
      assert.equal(read.length, 3);
      assert.deepEqual(await new EasFeed('exchange').take(objects.join('')), read);
    });
  });

  it('prints a table without --json', async () => {
    await withLab({}, async (lab) => {
      const filter = "DeviceType -eq 'iPhone'";
      const { code, out } = await run([...connection(lab), 'Get-MobileDevice', '--Filter', filter]);
      const [head, rule, row, ...rest] = out.trimEnd().split('\n');
      assert.equal(code, 0);
      assert.match(head ?? '', /^DeviceId +DeviceType +DeviceModel/);
      assert.match(rule ?? '', /^-+ +-+/);
      assert.match(row ?? '', /^ApplANN1 +iPhone +Model 1/);
      assert.deepEqual(rest, []);
    });
  });

  it('finds out how to sign in', async () => {
    for (const auth of ['basic', 'ntlm'] as const) {
      await withLab({ auth: [auth] }, async (lab) => {
        const { code, err } = await run([...connection(lab), 'Get-ActiveSyncOrganizationSettings', '--json']);
        assert.deepEqual([code, err], [0, '']);
      });
    }
  });

  it('takes Kerberos where a server has nothing else, with and without a password', async () => {
    await withLab({ auth: ['kerberos'] }, async (lab) => {
      const noPackage = /^error ERR_DEPENDENCY_MISSING: Signing in by Kerberos needs the package "kerberos"/;
      const byPassword = await run([...connection(lab), 'Get-ActiveSyncOrganizationSettings']);
      assert.match(byPassword.err, noPackage);
      const server = ['exchange', '--url', lab.server.url, '--ca', caFile];
      const account = ['--auth', 'kerberos', '--username', 'connector', '--realm', 'CONTOSO.EXAMPLE'];
      const byTicket = await run([...server, ...account, 'Get-ActiveSyncOrganizationSettings']);
      assert.match(byTicket.err, noPackage);
    });
  });

  it('edits a list', async () => {
    await withLab({}, async (lab) => {
      const bob = lab.organization.mailboxByAddress('bob@contoso.example');
      const set = ['Set-CASMailbox', '--Identity', bob?.guid ?? ''];
      const added = await run([
        ...connection(lab),
        ...set,
        '--ActiveSyncBlockedDeviceIDs:Add',
        'SEC0BOB1',
        '--ActiveSyncBlockedDeviceIDs:Add',
        '--x=y',
      ]);
      // What looks like an option is none of the cmdlet's values unless it is written with "=".
      assert.equal(added.code, 2);
      const again = await run([
        ...connection(lab),
        ...set,
        '--ActiveSyncBlockedDeviceIDs:Add',
        'SEC0BOB1',
        '--ActiveSyncBlockedDeviceIDs:Add=--x',
        '--json',
      ]);
      assert.deepEqual(again, { code: 0, out: '', err: '' });
      const { out } = await run([...connection(lab), 'Get-CASMailbox', '--Identity', bob?.guid ?? '', '--json']);
      assert.deepEqual(lines(out)[0]?.['ActiveSyncBlockedDeviceIDs'], ['SEC0BOB1', '--x']);
      const removed = await run([...connection(lab), ...set, '--ActiveSyncBlockedDeviceIDs:Remove', 'sec0bob1']);
      assert.equal(removed.code, 0);
    });
  });

  it('says warnings and errors with their code on stderr, and ends with 1 after an error record', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.addCmdlet({ kind: 'warning', cmdlet: 'Get-MobileDevice', text: 'Mind\u001b[31m the gap.' });
      lab.server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-MobileDevice',
        message: 'One is corrupt.',
        afterObjects: 1,
      });
      const { code, out, err } = await run([...connection(lab), 'Get-MobileDevice', '--json']);
      assert.equal(code, 1);
      assert.equal(lines(out).length, 3);
      assert.match(err, /^warning ERR_EXCHANGE_WARNING: Mind \[31m the gap\.$/m);
      assert.match(err, /^error ERR_EXCHANGE_CMDLET: Get-MobileDevice failed: One is corrupt\./m);
    });
  });

  it('says why it failed', async () => {
    await withLab({}, async (lab) => {
      const wrong = await run([...connection(lab, 'nobody@contoso.example'), 'Get-MobileDevice']);
      assert.deepEqual([wrong.code, wrong.out], [1, '']);
      assert.match(wrong.err, /^error ERR_HTTP_AUTH: /);
      assert.doesNotMatch(wrong.err, /Pa\$\$w0rd/);
      const identity = await run([...connection(lab), 'Get-CASMailbox', '--Identity', 'bob']);
      assert.match(identity.err, /^error ERR_EXCHANGE_IDENTITY: /);
      const destructive = await run([
        ...connection(lab),
        'Clear-MobileDevice',
        '--Identity',
        '0f8fad5b-d9cb-469f-a165-70867728950e',
      ]);
      assert.match(destructive.err, /^error ERR_EXCHANGE_CMDLET_REFUSED: /);
      assert.equal(lab.server.stats.commands, 0);
    });
  });

  for (const [what, argv] of [
    ['no cmdlet', ['exchange', '--url', 'https://x/']],
    ['a cmdlet outside the catalogue', ['exchange', '--url', 'https://x/', 'Get-Queue']],
    ['an unknown parameter', ['exchange', '--url', 'https://x/', 'Get-User', '--Bogus', 'x']],
    ['a parameter before its cmdlet', ['exchange', '--ResultSize', '1', 'Get-User']],
    ['an unknown option', ['exchange', '--urls', 'x', 'Get-User']],
    ['an option without a value', ['exchange', 'Get-User', '--url']],
    ['a parameter without a value', ['exchange', '--url', 'https://x/', 'Get-User', '--ResultSize']],
    [
      'a list that would be overwritten',
      ['exchange', '--url', 'https://x/', 'Set-CASMailbox', '--ActiveSyncBlockedDeviceIDs', 'x'],
    ],
    ['a second cmdlet', ['exchange', '--url', 'https://x/', 'Get-User', 'Get-User']],
    ['no address', ['exchange', 'Get-User']],
    ['a user name without a password', ['exchange', '--url', 'https://x/', '--username', 'x', 'Get-User']],
    [
      'a variable that is not set',
      ['exchange', '--url', 'https://x/', '--username', 'x', '--password-env', 'NO_SUCH', 'Get-User'],
    ],
    ['a file that is not there', ['exchange', '--url', 'https://x/', '--ca', '/no/such', 'Get-User']],
    ['a way to sign in that does not exist', ['exchange', '--url', 'https://x/', '--auth', 'digest', 'Get-User']],
    ['an unknown command', ['Get-User']],
    ['nothing at all', []],
  ] as const) {
    it(`ends with 2 at ${what}`, async () => {
      assert.equal((await run(argv)).code, 2);
    });
  }

  it('explains itself', async () => {
    const { code, out } = await run(['exchange', '--help']);
    assert.equal(code, 0);
    for (const word of ['--password-env', 'Get-CASMailbox', 'Clear-MobileDevice', '--check'])
      assert.ok(out.includes(word));
    assert.equal((await run(['exchange', '-h'])).out, out);
    assert.equal((await run(['--help'])).code, 0);
  });

  it('checks an Exchange step by step, and says the verdict last', async () => {
    await withLab({ auth: ['basic'] }, async (lab) => {
      const good = await run([...connection(lab), '--check', '--json']);
      const [report] = lines(good.out) as { overall: string; steps: { id: string; status: string; seen: string }[] }[];
      assert.deepEqual([good.code, report?.overall], [0, 'healthy']);
      assert.deepEqual(
        report?.steps.map(({ id, status }) => `${id} ${status}`),
        [
          'name ok',
          'tls ok',
          'methods ok',
          'session ok',
          'organization ok',
          'scope ok',
          'rights ok',
          'throttling ok',
          'clock ok',
          'size ok',
          'time ok',
        ],
      );
      const { name, id } = lab.organization;
      assert.equal(report?.steps[4]?.seen, `The organization is ${name} (${id}).`);
      const text = await run([...connection(lab), '--check']);
      assert.match(text.out, /^✓ Name: an address, no name\n {4}127\.0\.0\.1 needs no look-up\.\n✓ TLS: /);
      assert.match(text.out, /\n✓ ready: The connector can work with this Exchange\.\n$/);
      assert.ok(!`${good.out}${text.out}`.includes(labUser.password));
    });
  });

  it('checks without an account what needs none', async () => {
    await withLab({}, async (lab) => {
      const { code, out, err } = await run(['exchange', '--url', lab.server.url, '--ca', caFile, '--check']);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /\n\? Session: no account given\n/);
      assert.match(out, /\n\? not proven: .*look at Session: no account given\.\n$/);
    });
  });

  it('says in the check what to paste where something is wrong', async () => {
    await withLab({ auth: ['basic'] }, async (lab) => {
      const other = await run([...connection(lab), '--auth', 'ntlm', '--check']);
      assert.equal(other.code, 1);
      assert.match(other.out, /\n {6}Set-PowerShellVirtualDirectory .*-WindowsAuthentication \$true\n/);
      const untrusted = await run(['exchange', '--url', lab.server.url, '--check']);
      assert.deepEqual([untrusted.code, /\[ERR_HTTP_TLS_UNTRUSTED\]/.test(untrusted.out)], [1, true]);
      const owa = lab.server.url.replace('PowerShell', 'owa');
      const path = await run(['exchange', '--url', owa, '--ca', caFile, '--check']);
      assert.deepEqual([path.code, /\[ERR_HTTP_NOT_EXPECTED\]/.test(path.out)], [1, true]);
      const closed = await run([...connection(lab), '--url', 'https://127.0.0.1:1/PowerShell/', '--check']);
      assert.equal(closed.code, 0, 'one address that works is enough');
      assert.match(
        closed.out,
        /\n✗ TLS of https:\/\/127\.0\.0\.1:1\/PowerShell\/: no connection \[ERR_HTTP_UNREACHABLE\]\n/,
      );
      assert.match(closed.out, /\n! ready, with a warning: /);
      const nowhere = ['exchange', '--url', 'https://127.0.0.1:1/PowerShell/', '--username', 'x'];
      const alone = await run([...nowhere, '--password-env', 'LAB_PASSWORD', '--check']);
      assert.deepEqual([alone.code, alone.err], [1, '']);
      assert.match(alone.out, /\n– Session: not reached\n/);
    });
  });

  it('shows progress on a terminal and takes it away again', async () => {
    await withLab({}, async (lab) => {
      const { err } = await run([...connection(lab), 'Get-MobileDevice', '--json'], { isTerminal: true });
      assert.match(err, /Get-MobileDevice: 1 objects/);
      assert.ok(err.endsWith('\r\u001b[K'));
    });
  });
});

const start = (argv: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, ['src/cli/exchange-connector.ts', ...argv], {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, LAB_PASSWORD: labUser.password },
  });

const ended = (child: ChildProcessWithoutNullStreams) =>
  new Promise<number | null>((resolve) => {
    child.on('exit', (code) => resolve(code));
    child.stderr.resume();
  });

function bigOrganization() {
  const organization = labOrganization();
  for (let n = 0; n < 3000; n++) {
    organization.syncPhone({
      mailbox: 'bob@contoso.example',
      deviceId: `D${n}`,
      deviceType: 'x',
      model: 'x',
      os: 'x',
      userAgent: 'x',
    });
  }
  return organization;
}

describe('the exchange-connector process', () => {
  it('stops its pipeline and deletes its shell at Ctrl-C', async () => {
    await withLab({}, async (lab) => {
      lab.server.faults.addCmdlet({ kind: 'slow', cmdlet: 'Get-MobileDevice', ms: 60_000 });
      const child = start([...connection(lab), 'Get-MobileDevice', '--json']);
      const code = ended(child);
      while (lab.server.stats.commands === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill('SIGINT');
      assert.equal(await code, 130);
      assert.deepEqual(
        [lab.server.stats.shells, lab.server.stats.openedShells, lab.server.stats.deletedShells],
        [0, 1, 1],
      );
    });
  });

  it('ends when its reader goes away', async () => {
    await withLab(
      {},
      async (lab) => {
        const child = start([...connection(lab), 'Get-MobileDevice', '--json']);
        const code = ended(child);
        await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
        child.stdout.destroy();
        await code;
        assert.equal(lab.server.stats.shells, 0);
      },
      bigOrganization(),
    );
  });

  it('streams a large answer to its end', async () => {
    await withLab(
      {},
      async (lab) => {
        const child = start([...connection(lab), 'Get-MobileDevice', '--ResultSize', 'Unlimited', '--json']);
        const code = ended(child);
        const out = await text(child.stdout);
        assert.equal(await code, 0);
        assert.equal(lines(out).length, 3003);
      },
      bigOrganization(),
    );
  });
});
