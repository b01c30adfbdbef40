/** The README's commands do what it says of them. Each is run as its npm script runs it, without the build before it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { name, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  scripts: Readonly<Record<string, string>>;
};

/** A program that runs. */
interface Running {
  /** Resolves with all that it printed, as soon as the pattern is found in it. */
  until(pattern: RegExp): Promise<string>;
  /** What Ctrl-C does, and the exit code. */
  interrupt(): Promise<number | null>;
  /** Exit code and output of a program that ends by itself. */
  end(): Promise<{ readonly code: number | null; readonly stdout: string }>;
}

/** Runs `node …` of a script, or the package's own command. */
function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  return {
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(stdout)) resolve(stdout);
        };
        child.stdout.on('data', look);
        void ended.then(([code]) => reject(new Error(`It ended with ${code} before ${pattern}: ${stdout}${stderr}`)));
        look();
      }),
    async interrupt() {
      child.kill('SIGINT');
      return (await ended)[0];
    },
    async end() {
      const [code] = await ended;
      return { code, stdout };
    },
  };
}

/** The words of an npm script with those after `--`. */
function script(name: string, ...words: string[]): string[] {
  const [program, ...own] = (scripts[name] ?? '').split(' ');
  assert.equal(program, 'node', `${name} runs Node.js`);
  return [...own, ...words];
}

const CLI = 'src/cli/exchange-connector.ts';

async function helps(words: readonly string[]): Promise<void> {
  const { code, stdout } = await run(words).end();
  assert.equal(code, 0);
  assert.match(stdout, /--/);
}

/** What each command of the README must do. */
const COMMANDS: Readonly<Record<string, () => Promise<void> | void>> = {
  'npm ci && npm start': async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-readme-'));
    const start = run(script('start'), { PORT: '0', NODE_RED_USER_DIR: userDir });
    try {
      const said = await start.until(/allowed → blocked/);
      for (const [page, words] of [
        ['Flow editor', /Node-RED/],
        ['Mailboxes', /contoso\.example/],
      ] as const) {
        const url = new RegExp(`${page} +(\\S+)`).exec(said)?.[1] ?? '';
        assert.match(await (await fetch(url)).text(), words, `${page} at ${url}`);
      }
    } finally {
      assert.equal(await start.interrupt(), 0, 'Ctrl-C ends it');
      rmSync(userDir, { recursive: true, force: true });
    }
  },
  'npm ci && npm test': () => assert.match(scripts['test'] ?? '', /^mocha .*"test\//),
  // What it prints, and that it ends well, is in test-package/demo.test.ts; these are steps of .ci/run too.
  'npm run demo': () => assert.match(scripts['demo'] ?? '', /scripts\/demo\.ts/),
  'npm run demo -- --json --auth ntlm': () =>
    assert.match(readFileSync(join(ROOT, '.ci/run'), 'utf8'), /script demo -- --json --auth ntlm/),
  'npm run lab -- --json --phones 500': async () => {
    const lab = run(script('lab', '--json', '--phones', '500'));
    const [line = ''] = (await lab.until(/\n/)).split('\n');
    assert.match((JSON.parse(line) as { exchange: { url: string } }).exchange.url, /^https:\/\/127\.0\.0\.1:/);
    await lab.interrupt();
  },
  'npm run exchange -- --help': () => helps(script('exchange', '--help')),
  'npm run bench -- --help': () => helps(script('bench', '--help')),
  [`npm install ${name}`]: () => {},
  'npx --no --prefix ~/.node-red exchange-connector exchange --check --help': () =>
    helps([CLI, 'exchange', '--check', '--help']),
  'npx --no --prefix ~/.node-red exchange-connector mdm --check --help': () => helps([CLI, 'mdm', '--check', '--help']),
};

describe('a command of the README', () => {
  const written = [...readme.matchAll(/^ {4}(np[mx] .+?)(?: +#.*)?$/gm)].map((match) => match[1] ?? '');

  it('is one of those that are tried here', () => {
    assert.deepEqual([...written].sort(), Object.keys(COMMANDS).sort());
  });

  for (const [command, check] of Object.entries(COMMANDS))
    it(`does what is said of it: ${command}`, async () => check());
});
