/** Node-RED as a process of its own is waited for by what it does, in whatever language it says so. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOf } from './node-red-program.ts';
import { spawnNodeRed } from './spawned-node-red.ts';

describe('Node-RED in a process of its own', () => {
  for (const lang of ['en-US', 'de', 'ja'])
    it(`is waited for until its flows run, also where it speaks another language (${lang})`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'spawned-'));
      const nodeRed = await spawnNodeRed(await programOf(null), folder, { lang });
      try {
        assert.equal(nodeRed.isAlive(), true);
      } finally {
        await nodeRed.stop();
        rmSync(folder, { recursive: true });
      }
    });

  it('that ends before its flows run is told with what it printed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spawned-'));
    try {
      await assert.rejects(
        spawnNodeRed(join(folder, 'red.js'), folder, {}),
        ({ message }: Error) => message.startsWith('Node-RED ended with 1:') && message.includes('red.js'),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
