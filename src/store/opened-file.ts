/**
 * Whether the path of a store still leads to the file that was opened. On most systems a file that is deleted, or in whose place
 * another one is put, is there for whoever has it open, and gone for everybody else: what is written to it is lost at the next start,
 * list entries of ours then pass for an administrator's, and phones stay blocked that nobody unblocks. SQLite looks at the same
 * (SQLITE_READONLY_DBMOVED, https://sqlite.org/rescode.html#readonly_dbmoved), though not in WAL mode.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
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

/** Where the journal of a file is. https://sqlite.org/wal.html#the_wal_file */
export function journalOf(path: string): string {
  return `${path}-wal`;
}

/**
 * True for a file, false for none. What was last written to a store may be in its journal alone, and SQLite removes the journal
 * that it finds beside an empty file: throws ERR_STORE_OPEN where a journal is without its file. A process that is killed while
 * it makes a store leaves the file, which is made first. Throws it too where the journal is another file's.
 */
export function isThere(path: string): boolean {
  const journal = journalOf(path);
  if (!existsSync(path)) {
    if (existsSync(journal)) throw new ConnectorError('ERR_STORE_OPEN', refusal('lone-journal', { path, journal }));
    return false;
  }
  if (hasOtherJournal(path)) throw new ConnectorError('ERR_STORE_OPEN', refusal('other-journal', { path, journal }));
  return true;
}

/**
 * Whether the journal beside a file was left by another one, in whose place the file was put: a backup, after a process that was
 * killed. SQLite would write that journal's pages into the file, where they damage it for good
 * (https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use).
 *
 *   journal   the file's header says    the journal is
 *   empty     –                         nobody's
 *   written   journal mode WAL (2)      its own: a file says so before its first journal is begun
 *   written   another mode (1)          another file's: copies are made without a journal, and say so
 *
 * A file that this process has open was looked at when it was opened, and is not looked at again.
 */
export function hasOtherJournal(path: string): boolean {
  // Before the header is read: a store that another process makes meanwhile has its header first.
  const journalBytes = statSync(journalOf(path), { throwIfNoEntry: false })?.size ?? 0;
  if (journalBytes === 0 || openHere.has(numberOf(path))) return false;
  return writeVersionOf(path) === ROLLBACK_MODE;
}

/** https://sqlite.org/fileformat2.html#file_format_version_numbers */
const WRITE_VERSION_AT = 18;
const ROLLBACK_MODE = 1;

/** Null: it has no header yet. */
function writeVersionOf(path: string): number | null {
  const file = openSync(path, 'r');
  try {
    const byte = Buffer.alloc(1);
    return readSync(file, byte, 0, 1, WRITE_VERSION_AT) === 1 ? byte.readUInt8() : null;
  } finally {
    closeSync(file);
  }
}

/**
 * How often this process has a file open, by the file's number: whoever closes any descriptor of it lets go of all locks that the
 * process has on it (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
const openHere = new Map<string, number>();

/** Notes that this process has a file open. Returns what is called once it is closed. @param path it is there */
export function keptOpen(path: string): () => void {
  const number = numberOf(path);
  openHere.set(number, (openHere.get(number) ?? 0) + 1);
  return () => {
    const others = (openHere.get(number) ?? 1) - 1;
    if (others === 0) openHere.delete(number);
    else openHere.set(number, others);
  };
}

function numberOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}
