/**
 * A file without a name: it takes what a reading cannot hold in memory, and is gone with the process. Where the machine has no
 * place for temporary files (a container that may write nothing but its data) it is memory.
 */
import { close, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Bytes that are added at the end, and read anywhere. */
export interface ScratchFile {
  /** Bytes that it has. */
  readonly size: number;
  /** Throws what the file system says, where the disk is full for one. */
  add(bytes: Uint8Array): void;
  /** Fills the whole of `into` with what is at a place, which must be there. */
  read(into: Uint8Array, from: number): void;
  close(): Promise<void>;
}

/** Where SQLite looks too: https://sqlite.org/tempfiles.html#temporary_file_storage_locations */
function usualFolders(): readonly string[] {
  const named = process.env['TMPDIR'];
  if (process.platform === 'win32') return [tmpdir()];
  return [...(named === undefined || named === '' ? [] : [named]), '/var/tmp', '/tmp'];
}

/** @param folders the first that can be written is taken; of none, memory */
export function openScratchFile(folders: readonly string[] = usualFolders()): ScratchFile {
  for (const folder of folders) {
    try {
      return new Unnamed(openUnnamed(folder));
    } catch {
      // The next one.
    }
  }
  return new InMemory();
}

/** Readable by its owner only, and taken out of its folder at once: what is open stays until it is closed. */
function openUnnamed(folder: string): number {
  const path = join(folder, `connector-reading-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path);
    return file;
  } catch (error) {
    close(file);
    throw error;
  }
}

class Unnamed implements ScratchFile {
  readonly #file: number;
  size = 0;

  constructor(file: number) {
    this.#file = file;
  }

  add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const written = writeSync(this.#file, bytes, done, bytes.length - done, this.size);
      done += written;
      this.size += written;
    }
  }

  read(into: Uint8Array, from: number): void {
    for (let done = 0; done < into.length;) {
      const read = readSync(this.#file, into, done, into.length - done, from + done);
      if (read === 0) throw new Error('it is shorter than it was');
      done += read;
    }
  }

  /** To take away a large file takes 0.2 seconds a gigabyte: not on the event loop. */
  close(): Promise<void> {
    return promisify(close)(this.#file);
  }
}

/** Pieces as they came, and where each begins. */
class InMemory implements ScratchFile {
  readonly #pieces: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  size = 0;

  add(bytes: Uint8Array): void {
    this.#pieces.push({ from: this.size, bytes: Uint8Array.from(bytes) });
    this.size += bytes.length;
  }

  read(into: Uint8Array, from: number): void {
    for (const piece of this.#pieces) {
      const [start, end] = [Math.max(piece.from, from), Math.min(piece.from + piece.bytes.length, from + into.length)];
      if (start < end) into.set(piece.bytes.subarray(start - piece.from, end - piece.from), start - from);
    }
  }

  async close(): Promise<void> {
    this.#pieces.length = 0;
  }
}
