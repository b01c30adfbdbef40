/**
 * The `az` lines of docs/first-hour-entra.md, run by a shell and read by the Azure CLI itself (Debian's package azure-cli): its
 * own commands, arguments and validators, up to where it would ask Microsoft for anything. Nothing leaves this machine.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PYTHON = '/usr/bin/python3';
const APPLICATION = '7ad6ffd9-0000-4000-8000-000000000001';
const TENANT = '7ad6ffd9-0000-4000-8000-000000000002';
const GRAPH = '00000003-0000-0000-c000-000000000000';

/** In the place of `az`: keeps its arguments as the shell gave them, and answers as `az ad app create` does. */
const STAND_IN = `#!${PYTHON}
import json, os, sys
with open(os.environ['AZ_CALLS'], 'a') as calls:
    calls.write(json.dumps(sys.argv[1:]) + '\\n')
print('${APPLICATION}')
`;

/** Has the Azure CLI read every call, and ends each where its handler would begin: prints command and arguments, or the refusal. */
const READ = `
import json, sys
import requests
from azure.cli.core import get_default_cli
from azure.cli.core.commands import AzCliCommandInvoker

class Read(BaseException):
    pass

class Configuration:
    status_code = 200
    def json(self):
        return {'issuer': 'https://sts.windows.net/${TENANT}/'}

# Its validator asks Microsoft which tenant has this name; nothing else does.
requests.get = lambda *_args, **_named: Configuration()

def stop(self, jobs, ids):
    raise Read([(args, cmd.name) for args, cmd in jobs])

AzCliCommandInvoker._run_jobs_serially = stop
plain = lambda value: isinstance(value, (str, int, list)) and value not in ([], '')
for line in open(sys.argv[1]):
    try:
        get_default_cli().invoke(json.loads(line))
        print(json.dumps(['refused']))
    except SystemExit as refusal:
        print(json.dumps(['refused', refusal.code]))
    except Read as read:
        [(args, command)] = read.args[0]
        told = {name: value for name, value in vars(args).items() if not name.startswith('_') and plain(value)}
        if getattr(args, 'cert', None) is not None:
            told['cert'] = args.cert.get_subject().CN
        print(json.dumps([command, told]))
`;

describe('peer: the Azure CLI', function () {
  this.timeout(180_000);
  let folder: string;
  before(function () {
    if (spawnSync(PYTHON, ['-c', 'import azure.cli.core, azure.cli.command_modules.role']).status !== 0) {
      process.stdout.write('  skipped: it needs the package "azure-cli"\n');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'azure-cli-'));
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  /** What the Azure CLI makes of the calls of these lines: command and arguments, in their order. */
  function readAll(lines: string): unknown[] {
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    writeFileSync(join(folder, 'az'), STAND_IN);
    chmodSync(join(folder, 'az'), 0o755);
    const env = { ...process.env, AZ_CALLS: calls, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const shell = spawnSync('bash', ['-euc', lines], { cwd: folder, env, encoding: 'utf8' });
    assert.equal(shell.status, 0, shell.stderr);
    const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', READ, calls], {
      cwd: folder,
      // Telemetry would be sent to Microsoft.
      env: { ...env, AZURE_CONFIG_DIR: join(folder, 'config'), AZURE_CORE_COLLECT_TELEMETRY: 'no' },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const said = stdout.split('\n').filter((line) => line.startsWith('['));
    return said.map((line) => JSON.parse(line) as unknown);
  }

  /** Of a call, what stands in our lines. */
  const only = (call: unknown, ...names: readonly string[]): unknown => {
    const [command, args = {}] = call as [string, Record<string, unknown>?];
    return [command, Object.fromEntries(names.map((name) => [name, args[name]]))];
  };

  const page = readFileSync(new URL('../docs/first-hour-entra.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines);
  const own = blocks.filter((lines) => /\baz /.test(lines));

  it('takes every line of the page as it is meant', () => {
    const read = readAll(own.join(''));
    assert.equal(read.length, page.match(/\baz (login|ad) /g)?.length);
    assert.deepEqual(
      read.filter((one) => (one as string[])[0] === 'refused'),
      [],
    );
    const add = (call: unknown): unknown => only(call, 'identifier', 'api', 'api_permissions');
    const reset = (call: unknown): unknown => only(call, 'identifier', 'append', 'years', 'display_name', 'cert');
    const [login, create, principal, permission, consent, more, quick, certificate, secret] = read;
    assert.deepEqual(
      [
        only(login, 'tenant', 'allow_no_subscriptions'),
        only(create, 'display_name', 'sign_in_audience'),
        only(principal, 'identifier'),
        add(permission),
        only(consent, 'identifier'),
        add(more),
        add(quick),
        reset(certificate),
        reset(secret),
      ],
      [
        ['login', { tenant: TENANT, allow_no_subscriptions: true }],
        ['ad app create', { display_name: 'EAS connector', sign_in_audience: 'AzureADMyOrg' }],
        ['ad sp create', { identifier: APPLICATION }],
        ...permissions('2f51be20-0bb4-4fed-bf7b-db946066c75e'),
        ['ad app permission admin-consent', { identifier: APPLICATION }],
        ...permissions('98830695-27a2-44f7-8c18-0c3ebc9698f6', 'df021288-bdef-4463-88db-98f22de89214'),
        ...permissions('7438b122-aefc-4978-80ed-43db9fcc7715'),
        resetting({ cert: 'EAS connector' }),
        resetting({ years: 1, display_name: 'EAS connector' }),
      ],
    );
  });

  it('refuses an option that there is not, a permission without a kind, and a certificate that is none', () => {
    const wrong = [
      'az ad app create --display-name "EAS connector" --signin-audience AzureADMyOrg',
      `az ad app permission add --id x --api ${GRAPH}`,
      'az ad app credential reset --id x --append --cert nonsense',
    ];
    const read = readAll(`${wrong.join('\n')}\n`);
    assert.deepEqual(
      read.map((one) => (one as string[])[0]),
      ['refused', 'refused', 'refused'],
    );
  });

  function permissions(...ids: readonly string[]): unknown[] {
    const told = { identifier: APPLICATION, api: GRAPH, api_permissions: ids.map((id) => `${id}=Role`) };
    return [['ad app permission add', told]];
  }

  function resetting(more: { years?: number; display_name?: string; cert?: string }): unknown {
    const { years, display_name, cert } = more;
    return ['ad app credential reset', { identifier: APPLICATION, append: true, years, display_name, cert }];
  }
});
