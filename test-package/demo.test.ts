/** `npm run demo` on a terminal and in a pipe. The terminal is a pseudo-terminal that `script` of util-linux makes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { PHONE_STORIES } from '../src/lab/phone-stories.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const run = promisify(execFile);
const DEMO = `"${process.execPath}" scripts/demo.ts`;
const IDS = PHONE_STORIES.map(({ id }) => id);

describe('the demo', () => {
  it('is a table on a terminal, which fills in place and stays, with bars for the delays', async function () {
    if (!existsSync('/usr/bin/script')) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'exchange-connector-terminal-'));
    const log = join(folder, 'terminal.log');
    try {
      const env = { ...process.env, TERM: 'xterm-256color', NO_COLOR: '1' };
      await run('script', ['-qec', `stty cols 90 rows 30; ${DEMO}`, log], { cwd: ROOT, env });
      const said = readFileSync(log, 'utf8');
      const pictures = said.split('\u001b[?2026h').slice(1);
      assert.ok(pictures.length > 5, 'it filled as it happened');
      assert.ok(!/\u001b\[\d+m/.test(said), 'no color was written');
      const [, final = ''] = said.split('\u001b[?1049l');
      const lines = stripVTControlCharacters(final).split(/\r?\n/);
      const rows = lines.filter((line) => IDS.some((id) => line.startsWith(`${id} `)));
      assert.deepEqual(
        rows.map((row) => [row.split(' ')[0], row.trimEnd().at(-1)]),
        IDS.map((id) => [id, '✓']),
      );
      assert.ok(lines.some((line) => /^ {3}1 sync {3}/.test(line)));
      assert.match(final, /Every phone ended as it must, after [\d.]+ s\./);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is plain lines in a pipe', async () => {
    const { stdout, stderr } = await run('sh', ['-c', `${DEMO} | cat`], { cwd: ROOT });
    assert.equal(stderr, '');
    assert.ok(!stdout.includes('\u001b'), 'no control sequence');
    assert.match(stdout, /^Starting the simulated Exchange/);
    for (const id of IDS) assert.match(stdout, new RegExp(`^ *[\\d.]+ s {2}${id} +1 `, 'm'));
    assert.match(stdout, /^Every phone ended as it must, after [\d.]+ s\.$/m);
  });
});
