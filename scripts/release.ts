/**
 * Looks whether this clone can be released, and shows what would be: `npm run release`. It publishes nothing unless it is
 * told to with `--publish`, and nothing that it has refused. CONTRIBUTING.md has the steps.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine } from './command-line.ts';
import { readExample, EXAMPLE } from './lab-flow.ts';
import { root } from './node-red.ts';
import type { Budget, Packed } from './release/budget.ts';
import { budgetProblems, partsOf } from './release/budget.ts';
import { newestSection } from './release/changelog.ts';
import type { Section } from './release/changelog.ts';
import { bundledIn, installedWith, licenceProblems } from './release/licences.ts';
import type { ReleaseFacts } from './release/refusals.ts';
import { refusals } from './release/refusals.ts';

const USAGE = `npm run release [-- --quick] [--freeze] [--publish]

  --quick    leaves out what takes minutes: check, test, test:package, test:matrix, scorecard
  --freeze   writes the flow that this version saves to test/fixtures/flows, and ends
  --publish  publishes the packed file with provenance, if nothing is refused; not with --quick`;

/** What is run before it is packed, and after. */
const BEFORE = ['check', 'test', 'check:container'];
const AFTER = ['test:package', 'test:matrix', 'scorecard'];
const QUICK = ['check:container'];
const FLOWS = join(root, 'test', 'fixtures', 'flows');

const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Lines that git says; none where this is no clone. */
function git(...words: string[]): string[] {
  try {
    const said = execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return said.split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** What the clone says about itself. */
export function readFacts(): ReleaseFacts {
  const manifest = JSON.parse(read('package.json')) as ReleaseFacts['manifest'];
  const { version: lockVersion } = JSON.parse(read('package-lock.json')) as { version: string };
  const { dependencies } = JSON.parse(read('container', 'package.json')) as { dependencies: Record<string, string> };
  return {
    section: newestSection(read('CHANGELOG.md')),
    manifest,
    lockVersion,
    containerVersion: dependencies[manifest.name] ?? 'none',
    frozenFlows: existsSync(FLOWS) ? readdirSync(FLOWS) : [],
    securityPage: read('SECURITY.md'),
    remotes: git('remote').flatMap((remote) => git('remote', 'get-url', '--push', remote)),
    changes: git('status', '--porcelain'),
    tags: git('tag', '--points-at', 'HEAD'),
  };
}

/** Runs scripts of package.json; what fails is a refusal. */
function runAll(scripts: readonly string[]): string[] {
  return scripts.flatMap((script) => {
    print(`\n== npm run ${script}`);
    const { status } = spawnSync('npm', ['run', '--silent', script], { cwd: root, stdio: 'inherit' });
    return status === 0 ? [] : [`npm run ${script} failed.`];
  });
}

/** Packs what is built, and says what npm says about the file. */
function pack(folder: string): Packed {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const answer = JSON.parse(
    execFileSync('npm', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as Packed[] | Record<string, Packed>;
  return Object.values(answer)[0] as Packed;
}

/** Prints what is in the file, and gives what is too much of it. */
function list(packed: Packed): string[] {
  const budget = JSON.parse(read('scripts', 'release', 'budget.json')) as Budget;
  print(
    `\n== ${packed.filename}: ${Math.round(packed.size / 1000)} kB, unpacked ${Math.round(packed.unpackedSize / 1000)} kB`,
  );
  print('      kB   of kB   files');
  for (const { name, files, kilobytes, budget: may } of partsOf(packed, budget))
    print(`${String(kilobytes).padStart(8)}${String(may ?? '–').padStart(8)}${String(files).padStart(8)}   ${name}`);
  return budgetProblems(packed, budget);
}

/** Prints the licences of what users get, and gives what is wrong with them. */
function listLicences(): string[] {
  const installed = installedWith(JSON.parse(read('package-lock.json')) as Parameters<typeof installedWith>[0]);
  const all = [...installed, ...bundledIn(root)];
  print('\n== licences');
  for (const { name, version, licence, bundled } of all)
    print(`${licence.padEnd(14)} ${name} ${version}${bundled ? ', inside the package' : ''}`);
  return licenceProblems(all);
}

/** The flow that this version saves: its first example, as every later version has to load it. */
function freeze({ version, date }: Section): void {
  const file = join(FLOWS, `${version}.json`);
  if (existsSync(file) && date !== null)
    throw new Error(`${file} is there: the flow of a version does not change once it is released.`);
  writeFileSync(file, `${JSON.stringify(readExample(EXAMPLE), null, 2)}\n`);
  print(`${file} is written.`);
}

function release({ quick = false, publish = false }): number {
  const refused = [...refusals(readFacts()), ...runAll(quick ? QUICK : BEFORE), ...runAll(['build'])];
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  try {
    const packed = pack(folder);
    refused.push(...list(packed), ...listLicences(), ...runAll(quick ? [] : AFTER));
    print('');
    for (const reason of refused) print(`refused: ${reason}`);
    if (refused.length > 0) return 1;
    if (!publish) print('Nothing stands against it. --publish publishes it.');
    if (!publish || quick) return quick && publish ? 2 : 0;
    const file = join(folder, packed.filename.replace('@', '').replace('/', '-'));
    return spawnSync('npm', ['publish', file, '--ignore-scripts'], { cwd: root, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = readCommandLine(USAGE, {
    quick: { type: 'boolean' },
    freeze: { type: 'boolean' },
    publish: { type: 'boolean' },
  });
  if (values.freeze === true) freeze(newestSection(read('CHANGELOG.md')));
  else process.exitCode = release({ quick: values.quick === true, publish: values.publish === true });
}
