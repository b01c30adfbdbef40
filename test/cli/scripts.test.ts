/** The npm scripts that take arguments: each says how it is used, and none answers a wrong word with a stack. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STORE_FILE } from '../../bench/fed-workflow.ts';
import { writeWorld } from '../../bench/match-world.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { scripts } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
const WITH_ARGUMENTS = ['start', 'demo', 'pictures', 'lab', 'exchange', 'bench', 'test:recordings', 'test:powershell'];

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what the npm script runs, without npm and what it does before. */
function run(script: string, ...words: string[]): Promise<Answer> {
  const [program, ...own] = (scripts[script] ?? '').split(' ');
  assert.equal(program, 'node', `${script} runs Node.js`);
  return new Promise((done) => {
    execFile(process.execPath, [...own, ...words], { cwd: ROOT, encoding: 'utf8' }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

describe('the npm scripts', () => {
  for (const script of WITH_ARGUMENTS) {
    it(`says with --help how to use ${script}`, async () => {
      const { code, stdout, stderr } = await run(script, '--help');
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, script === 'exchange' ? /exchange/ : new RegExp(`npm (run )?${script}`));
      assert.match(stdout, /--/);
    });

    it(`answers an option that ${script} does not know with its usage`, async () => {
      const { code, stderr } = await run(script, '--no-such-option');
      assert.equal(code, 2);
      assert.match(stderr, /no-such-option/);
      assert.doesNotMatch(stderr, /^ {4}at /m, 'no stack');
    });
  }

  it('answers a bench that does not exist with those that do', async () => {
    const { code, stdout, stderr } = await run('bench', 'no-such-bench');
    assert.equal(code, 2);
    assert.equal(stdout, '');
    for (const words of [/There is no bench "no-such-bench"/, /clixml/, /exchange/, /match/, /engine/])
      assert.match(stderr, words);
    assert.doesNotMatch(stderr, /^ {4}at /m);
  });

  it('end with what is wrong where a bench of Node-RED is given the folder of an earlier run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exchange-bench-'));
    try {
      writeWorld(folder, 2);
      writeFileSync(join(folder, STORE_FILE), '');
      const { code, stdout, stderr } = await new Promise<Answer>((done) => {
        execFile(process.execPath, ['bench/nodered-process.ts', folder, folder], { cwd: ROOT }, (error, out, err) =>
          done({ code: Number(error?.code ?? 0), stdout: out, stderr: err }),
        );
      });
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /store\.sqlite is of an earlier run: name a new folder\./);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('take no sign-in that the lab does not have', async () => {
    for (const script of ['demo', 'lab']) {
      const { code, stderr } = await run(script, '--auth', 'kerberos');
      assert.equal(code, 2);
      assert.match(stderr, /--auth takes basic or ntlm/);
    }
  });
});
