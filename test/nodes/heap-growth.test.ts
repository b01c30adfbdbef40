/** How far the heap grows while a message is worked on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chosenBy, HeapGrowth } from '../../nodes/heap-growth.ts';

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

/** Nodes are loaded. */
const LOADING = `import ${JSON.stringify(MODULE)};`;
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

/** Half of what is made stays for a while: the young generation grows as far as it may. Prints how large it became, in bytes. */
const YOUNG_AT_MOST = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { setImmediate } from 'node:timers/promises';
  const young = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
  const lists = [];
  let most = 0;
  for (let n = 0; n < 400; n++) {
    lists.push(Array.from({ length: 20000 }, (_, at) => ({ at, text: 'x' + at, both: [at, at + 1] })));
    if (lists.length > 8) lists.shift();
    most = Math.max(most, young());
    await setImmediate();
  }
  console.log(most);`;

const youngAtMost = (before: string): number =>
  Number(
    execFileSync(
      process.execPath,
      ['--no-warnings', '--max-old-space-size=4096', '--input-type=module', '-e', before + YOUNG_AT_MOST],
      { encoding: 'utf8' },
    ),
  );

/** A heap that keeps what it is told. */
class ToldHeap {
  readonly told: string[] = [];
  young = 0;
  readonly setFlags = (flags: string): void => void this.told.push(flags);
  readonly youngBytes = (): number => this.young;
}

describe('the growth of the heap', () => {
  it('is less from the first message on until none has been worked on for a while, then as V8 finds right', async () => {
    const heap = new ToldHeap();
    const { told } = heap;
    const growth = new HeapGrowth(heap, new Set(), 1);
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

  it('of the young generation ends at 32 MiB, and is as V8 has it where there is less, and when the work is done', async () => {
    const heap = new ToldHeap();
    const growth = new HeapGrowth(heap, new Set(), 1);
    heap.young = 2 ** 25 - 1;
    const done = growth.begin();
    assert.deepEqual(heap.told.splice(0), ['--heap-growing-percent=100']);
    heap.young = 2 ** 25;
    while (heap.told.length === 0) await setTimeout(5);
    assert.deepEqual(heap.told.splice(0), ['--semi-space-growth-factor=1']);
    heap.young = 2 ** 20;
    while (heap.told.length === 0) await setTimeout(5);
    assert.deepEqual(heap.told.splice(0), ['--semi-space-growth-factor=2']);
    heap.young = 2 ** 25;
    growth.begin()();
    assert.deepEqual(heap.told.splice(0), ['--semi-space-growth-factor=1']);
    done();
    while (heap.told.length < 2) await setTimeout(5);
    assert.deepEqual(heap.told, ['--heap-growing-percent=0', '--semi-space-growth-factor=2']);
  });

  it('of the young generation is what it was told to be, and less than V8 finds right where that is more', () => {
    const [asV8, working, loading] = [youngAtMost(''), youngAtMost(WORKING), youngAtMost(LOADING)];
    assert.ok(loading <= Math.min(asV8 * 1.1, 48 * 2 ** 20), `${loading} of ${asV8} bytes while nodes are loaded`);
    assert.ok(working <= Math.min(asV8 * 1.1, 48 * 2 ** 20), `${working} of ${asV8} bytes`);
  });

  it('is left alone where whoever starts Node-RED has chosen it', () => {
    const chosenOf = (...given: Parameters<typeof chosenBy>): string[] => [...chosenBy(...given)];
    assert.deepEqual(chosenOf(['--heap-growing-percent=50']), ['--heap-growing-percent']);
    assert.deepEqual(chosenOf(['--heap_growing_percent', '50']), ['--heap-growing-percent']);
    assert.deepEqual(chosenOf(['--semi-space-growth-factor=3']), ['--semi-space-growth-factor']);
    assert.deepEqual(chosenOf([], '--no-warnings "--max_semi_space_size=16"'), ['--semi-space-growth-factor']);
    assert.deepEqual(chosenOf(['--max-old-space-size=512', '--heap-growing-percentage'], ''), []);
    const heap = new ToldHeap();
    heap.young = 2 ** 27;
    new HeapGrowth(heap, chosenBy(['--max-semi-space-size=64'])).begin();
    new HeapGrowth(heap, chosenBy(['--heap-growing-percent=50', '--semi-space-growth-factor=2'])).begin();
    assert.deepEqual(heap.told, ['--heap-growing-percent=100']);
    const [chosen, not] = [heapAtMost(WORKING, '--heap-growing-percent=300'), heapAtMost(WORKING)];
    assert.ok(not < chosen * 0.85, `${not} of ${chosen} bytes`);
  });
});
