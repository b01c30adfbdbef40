import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openScratchFile } from '../../src/store/scratch-file.ts';
import { inFolder } from './records.ts';

describe('the temporary file of a large reading', () => {
  const bytes = (text: string): Buffer => Buffer.from(text);

  /** The whole of what was added, and a part in the middle of it. */
  const use = async (folders: readonly string[], look: () => void = () => {}): Promise<string[]> => {
    const file = openScratchFile(folders);
    for (const text of ['first ', '', 'second ', 'third']) file.add(bytes(text));
    look();
    const read = (from: number, length: number): string => {
      const into = Buffer.alloc(length);
      file.read(into, from);
      return into.toString();
    };
    const found = [read(0, file.size), read(4, 6), read(file.size, 0)];
    await file.close();
    return found;
  };

  const WHOLE = ['first second third', 't seco', ''];

  it('has no name while it is used', () =>
    inFolder(async (folder) => {
      assert.deepEqual(await use([folder], () => assert.deepEqual(readdirSync(folder), [])), WHOLE);
    }));

  it('is in the first folder that can be written, and in memory where there is none', () =>
    inFolder(async (folder) => {
      const none = join(folder, 'a file');
      writeFileSync(none, '');
      assert.deepEqual(await use([none, folder]), WHOLE);
      assert.deepEqual(await use([none]), WHOLE);
      assert.deepEqual(await use([]), WHOLE);
      assert.deepEqual(readdirSync(folder), ['a file']);
    }));
});
