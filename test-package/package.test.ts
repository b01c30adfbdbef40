/** Packs this package, installs the file into an empty user directory of Node-RED 5 and of 4.1, and looks what loads. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import { mdmApisEnvironment } from '../scripts/mdm-apis.ts';
import { seedOrganization } from '../src/lab/seed-organization.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';
import { startMdmApis } from '../src/lab/servers/mdm-apis.ts';
import type { MdmApis } from '../src/lab/servers/mdm-apis.ts';
import { DASHBOARD, EXAMPLES, firstButton, saidBy } from '../test/support/examples.ts';
import type { Entry } from '../test/support/examples.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  'node-red': { nodes: Record<string, string> };
};
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
/** Examples that read the lab, and how many phones that has. */
const OTHER_MDMS = ['05 Workspace ONE UEM', '06 Jamf Pro', '07 MaaS360', '08 MDM from a CSV file'];
const PHONES = 6;
const RUNTIMES = [
  { label: 'Node-RED 5', install: null },
  { label: 'Node-RED 4.1', install: 'node-red@~4.1.0' },
] as const;

/** The lab's APIs of other MDMs, with a few phones, and what tells the examples where they are. */
async function startApis(
  folder: string,
): Promise<{ apis: MdmApis; env: Record<string, string>; totals: readonly number[] }> {
  const authority = await createCertificateAuthority();
  const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
  const organization = seedOrganization({ phones: PHONES, enrolled: 1 });
  const apis = await startMdmApis(organization, { certificate });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.ca);
  // Jamf Pro has Apple's devices alone.
  const iPhones = [...organization.managedDevices.values()].filter((one) => one.operatingSystem === 'iOS').length;
  const totals = [PHONES, iPhones, PHONES, PHONES];
  return { apis, env: mdmApisEnvironment({ mdmApis: apis, caFile }), totals };
}

/**
 * Imports the examples 05 to 08 as they are offered, deploys them, presses their buttons, and waits for what comes out.
 * @param totals how many devices each reads
 */
async function readOtherMdms(nodeRed: SpawnedNodeRed, library: string, totals: readonly number[]): Promise<void> {
  const examples = await Promise.all(
    OTHER_MDMS.map(async (name) => (await (await fetch(`${library}/${encodeURIComponent(name)}`)).json()) as Entry[]),
  );
  // The editor is not there: what its sidebar would show goes to the log.
  const flows = examples
    .flat()
    .map((entry) =>
      entry.type === 'debug' ? { ...entry, console: true, complete: 'true', targetType: 'full' } : entry,
    );
  const headers = { 'content-type': 'application/json' };
  await fetch(`${nodeRed.url}/flows`, { method: 'POST', headers, body: JSON.stringify(flows) });
  const press = async (id: string): Promise<boolean> =>
    (await fetch(`${nodeRed.url}/inject/${id}`, { method: 'POST' })).ok;
  // The answer to a deploy comes before its nodes are there.
  const buttons = flows.filter(({ type, name }) => type === 'inject' && name !== 'read a sample');
  for (const { id } of buttons) while (!(await press(id))) await setTimeout(50);
  const read = (): number[] =>
    [...nodeRed.printed().matchAll(/last: true,\s+total: (\d+)/g)].map(([, total]) => Number(total));
  while (read().length < totals.length) {
    assert.doesNotMatch(nodeRed.printed(), /does not count|\[error\]/);
    await setTimeout(50);
  }
  const bySize = (one: number, other: number): number => one - other;
  assert.deepEqual(read().sort(bySize), [...totals].sort(bySize));
}

/**
 * Imports every example as it is offered, alone, deploys it, presses its first button, and waits until it says what it must.
 * @returns what the page of the dashboard answers while its example is deployed
 */
async function runExamples(nodeRed: SpawnedNodeRed, library: string): Promise<number> {
  let dashboard = 0;
  for (const name of EXAMPLES) {
    const example = (await (await fetch(`${library}/${encodeURIComponent(name)}`)).json()) as Entry[];
    const flows = example.map((entry) => (entry.type === 'debug' ? { ...entry, console: true } : entry));
    const headers = { 'content-type': 'application/json' };
    const before = nodeRed.printed().length;
    await fetch(`${nodeRed.url}/flows`, { method: 'POST', headers, body: JSON.stringify(flows) });
    const { id } = firstButton(example);
    const press = async (): Promise<boolean> => (await fetch(`${nodeRed.url}/inject/${id}`, { method: 'POST' })).ok;
    while (!(await press())) await setTimeout(50);
    const said = (): string => nodeRed.printed().slice(before);
    for (let waited = 1; !saidBy(name).test(said()); waited += 1) {
      await setTimeout(50);
      // The simulated people begin with the deploy: of phones that are newer than the MDM reading nothing is decided yet.
      if (waited % 100 === 0) await press();
      assert.ok(waited < 1200, `"${name}" says ${String(saidBy(name))}:\n${said()}`);
    }
    assert.doesNotMatch(said(), /\[error\]/, name);
    if (name.startsWith('10')) ({ status: dashboard } = await fetch(`${nodeRed.url}/dashboard/connector`));
  }
  return dashboard;
}

describe('the packed package', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'exchange-connector-package-'));
  let tarball = '';
  let files: readonly string[] = [];

  before(async () => {
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch], {
      cwd: root,
    });
    const packed = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
    const first = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
    files = first?.files.map(({ path }) => path) ?? [];
    tarball = join(scratch, first?.filename.replace('@', '').replace('/', '-') ?? '');
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  it('holds the page of the console, whole and in less than 150 KiB as it travels', () => {
    const names = readdirSync(join(root, 'dist', 'console')).map((name) => `dist/console/${name}`);
    assert.deepEqual(
      [...names, 'dist/console/index.html', 'dist/console/main.js', 'dist/console/lit-html.LICENSE'].filter(
        (name) => !files.includes(name),
      ),
      [],
    );
    const bytes = names.map((name) => gzipSync(readFileSync(join(root, name))).length);
    assert.ok(bytes.reduce((sum, size) => sum + size, 0) < 150 * 1024);
    const page = names.filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(root, name), 'utf8'));
    const imported = page.flatMap((code) => [...code.matchAll(/^(?:import|export)\b.*? from ['"]([^'"]+)['"]/gm)]);
    for (const [, from = ''] of imported)
      assert.ok(names.includes(`dist/console/${from.replace('./', '')}`), `${from} lies beside the page`);
  });

  it('holds the built nodes with dialogs, texts and examples, and no source', () => {
    const tops = [...new Set(files.map((path) => path.split('/')[0] ?? ''))];
    assert.deepEqual(tops.sort(), ['LICENSE', 'README.md', 'container', 'dist', 'docs', 'examples', 'package.json']);
    const needed = Object.entries(manifest['node-red'].nodes).flatMap(([type, script]) => [
      script,
      script.replace(/\.js$/, '.html'),
      `dist/nodes/${type}/locales/en-US/${type}.json`,
      `dist/nodes/${type}/locales/en-US/${type}.html`,
    ]);
    assert.deepEqual(
      [...needed, ...Object.values(manifest.bin)].filter((path) => !files.includes(path)),
      [],
    );
    assert.deepEqual(
      files.filter((path) => path.endsWith('.ts') || path.endsWith('.map')),
      [],
    );
  });

  it('knows who owns a host and what a rule matches without the packages that this comes from, and carries their licences', async () => {
    const userDir = join(scratch, 'alone');
    mkdirSync(userDir);
    writeFileSync(join(userDir, 'package.json'), '{ "name": "user-dir", "private": true }');
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-save', tarball], { cwd: userDir });
    const installed = readdirSync(join(userDir, 'node_modules'), { recursive: true }).map(String);
    assert.deepEqual(
      installed.filter((path) => /(^|node_modules[\\/])(tldts(-core)?|re2js|uqr)$/.test(path)),
      [],
    );
    assert.equal(Object.keys(manifest.dependencies).length, 6);
    const folder = join(userDir, 'node_modules', manifest.name, 'dist');
    for (const name of ['tldts', 're2js', 'uqr'])
      assert.match(readFileSync(join(folder, 'vendor', name, 'LICENSE'), 'utf8'), /Permission is hereby granted/);
    const program = `
      const { haveOneOwner } = require('./src/http/registered-domain.js');
      const pairs = [['mail.contoso.me.uk', 'eas.contoso.me.uk'], ['mail.contoso.me.uk', 'mail.evil.me.uk']];
      const { compileTextTest } = require('./src/access/text-test.js');
      const isSamsung = compileTextTest('regex', '\\\\bSM-\\\\pL');
      console.log(JSON.stringify([...pairs.map(([a, b]) => haveOneOwner(a, b)), isSamsung('samsung sm-s911b')]));`;
    const { stdout } = await run(process.execPath, ['-e', program], { cwd: folder });
    assert.deepEqual(JSON.parse(stdout), [true, false, true]);
  });

  for (const { label, install } of RUNTIMES) {
    it(`loads every node type and runs every example in ${label}, and those of other MDMs read what the lab has`, async () => {
      const userDir = join(scratch, label.replace(/\W/g, '-'));
      mkdirSync(userDir);
      writeFileSync(join(userDir, 'package.json'), '{ "name": "user-dir", "private": true }');
      const packages = install === null ? [tarball, DASHBOARD] : [tarball, DASHBOARD, install];
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-save', ...packages], { cwd: userDir });
      const program =
        install === null
          ? join(root, 'node_modules', 'node-red', 'red.js')
          : join(userDir, 'node_modules', 'node-red', 'red.js');
      const { apis, env, totals } = await startApis(userDir);
      const settings = { credentialSecret: 'test', fileWorkingDirectory: userDir };
      const nodeRed = await spawnNodeRed(program, userDir, settings, { env });
      try {
        const sets = (await (
          await fetch(`${nodeRed.url}/nodes`, { headers: { accept: 'application/json' } })
        ).json()) as {
          module: string;
          types: string[];
          enabled: boolean;
          err?: unknown;
        }[];
        const ours = sets.filter(({ module }) => module === manifest.name);
        assert.deepEqual(
          ours.filter(({ err, enabled }) => err !== undefined || !enabled),
          [],
        );
        assert.deepEqual(ours.flatMap(({ types }) => types).sort(), Object.keys(manifest['node-red'].nodes).sort());

        const library = `${nodeRed.url}/library/examples/flows/${manifest.name}`;
        const listed = (await (await fetch(library)).json()) as { fn: string }[];
        assert.deepEqual(
          listed.map(({ fn }) => fn).sort(),
          readdirSync(join(root, 'examples'))
            .map((file) => file.replace(/\.json$/, ''))
            .sort(),
        );
        assert.equal(await runExamples(nodeRed, library), 200);
        await readOtherMdms(nodeRed, library, totals);
      } finally {
        await nodeRed.stop();
        await apis.close();
      }
    });
  }
});
