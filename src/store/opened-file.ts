/**
 * Whether the path of a store still leads to the file that was opened. On most systems a file that is deleted, or in whose place
 * another one is put, is there for whoever has it open, and gone for everybody else: what is written to it is lost at the next start,
 * list entries of ours then pass for an administrator's, and phones stay blocked that nobody unblocks. SQLite looks at the same
 * (SQLITE_READONLY_DBMOVED, https://sqlite.org/rescode.html#readonly_dbmoved), though not in WAL mode.
 */
import { statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { ConnectorError } from '../errors.ts';
import { refusal } from '../model/refusals.ts';

/** What of a file is looked at. */
export type FileMarks = Pick<BigIntStats, 'ino' | 'birthtimeNs' | 'ctimeNs'>;

/**
 * Which file a path leads to now.
 *
 *   now                 number   born                                it is
 *   –                   –        –                                   gone
 *   a file              same     –                                   same
 *   a file              other    same, or the system does not tell   same: some network file systems give one file several numbers
 *   a file              other    other                               other
 *
 * A file system that does not know when a file was born says zero, or when it changed last.
 */
export function fileNow(opened: FileMarks, now: FileMarks | undefined): 'same' | 'other' | 'gone' {
  if (now === undefined) return 'gone';
  if (now.ino === opened.ino || now.birthtimeNs === opened.birthtimeNs) return 'same';
  return now.birthtimeNs === 0n || now.birthtimeNs === now.ctimeNs ? 'same' : 'other';
}

/** A file that this process has open. */
export class OpenedFile {
  readonly #path: string;
  readonly #marks: FileMarks;

  /** @param path it is there */
  constructor(path: string) {
    this.#path = path;
    this.#marks = statSync(path, { bigint: true });
  }

  /** Throws ERR_STORE_REPLACED if its path leads to another one now, or to none. One call of the system. */
  refuseAnother(): void {
    const path = this.#path;
    const now = fileNow(this.#marks, statSync(path, { bigint: true, throwIfNoEntry: false }));
    if (now === 'same') return;
    const seen = now === 'gone' ? refusal('file-gone', { path }) : refusal('file-other', { path });
    throw new ConnectorError('ERR_STORE_REPLACED', seen, { details: { path } });
  }
}
