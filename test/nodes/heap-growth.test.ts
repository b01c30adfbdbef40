/** How far the heap grows while a message is worked on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HeapGrowth, isChosen } from '../../nodes/heap-growth.ts';

const MODULE = join(import.meta.dirname, '..', '..', 'nodes', 'heap-growth.ts');

/** 60 MB stay alive, and much is garbage once it is old. Prints how large the heap became, in bytes. */
const HEAP_AT_MOST = `
  const alive = Array.from({ length: 600000 }, (_, n) => ({ n, text: 'x' + n }));
  const ring = [];
  let most = 0;
  for (let n = 0; n < 3000000; n++) {
    ring[n % 150000] = { n, list: [n, n + 1, n + 2], text: 'y' + n };
    if (n % 20000 === 0) most = Math.max(most, process.memoryUsage().heapTotal);
  }
  console.log(alive.length > 0 ? most : 0);`;

/** A message is worked on. */
const WORKING = `import { heapGrowth } from ${JSON.stringify(MODULE)}; heapGrowth.begin();`;

const heapAtMost = (before: string, ...flags: readonly string[]): number =>
  Number(
    execFileSync(
      process.execPath,
      // The limit of a host with much memory, whatever this one has; and no part of a collection that is late where it is busy.
      [
        '--no-warnings',
        '--max-old-space-size=4096',
        '--single-threaded-gc',
        '--no-incremental-marking',
        '--max-semi-space-size=4',
        ...flags,
        '--input-type=module',
        '-e',
        before + HEAP_AT_MOST,
      ],
      { encoding: 'utf8' },
    ),
  );

describe('the growth of the heap', () => {
  it('is less from the first message on until none has been worked on for a while, then as V8 finds right', async () => {
    const told: string[] = [];
    const growth = new HeapGrowth((flags) => told.push(flags), 1);
    const [first, second] = [growth.begin(), growth.begin()];
    first();
    await setTimeout(20);
    assert.deepEqual(told, ['--heap-growing-percent=100']);
    second();
    const third = growth.begin();
    await setTimeout(20);
    assert.deepEqual(told, ['--heap-growing-percent=100'], 'the next one came before it was over');
    third();
    while (told.length < 2) await setTimeout(5);
    growth.begin();
    assert.deepEqual(told, ['--heap-growing-percent=100', '--heap-growing-percent=0', '--heap-growing-percent=100']);
  });

  it('is what it was told to be: as much as by the command line of Node.js', () => {
    const [working, told] = [heapAtMost(WORKING), heapAtMost('', '--heap-growing-percent=100')];
    assert.ok(Math.abs(working - told) < told * 0.1, `${working} and ${told} bytes`);
  });

  it('is left alone where whoever starts Node-RED has chosen it', () => {
    assert.deepEqual(
      [['--heap-growing-percent=50'], ['--heap_growing_percent', '50'], ['--max-old-space-size=512'], []].map(isChosen),
      [true, true, false, false],
    );
    const [chosen, not] = [heapAtMost(WORKING, '--heap-growing-percent=300'), heapAtMost(WORKING)];
    assert.ok(not < chosen * 0.85, `${not} of ${chosen} bytes`);
  });
});
