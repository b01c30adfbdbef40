/** `exchange-connector store export`: rows as lines of a file; and the audit cut after that. */
import { userInfo } from 'node:os';
import { sizeText } from '../connector/care/judge-store.ts';
import { isOneOf } from './is-one-of.ts';
import { UsageError } from './report-error.ts';
import { safeText } from './safe-text.ts';
import type { StoreAction, StoreInput } from './store-action.ts';
import { counted } from './words.ts';

/** What may be exported; what is in each table is said in docs/operations.md. */
const TABLES = ['audit', 'mails', 'timeline', 'history', 'activations'] as const;

/** The action. */
export const exportAction: StoreAction = {
  summary: 'audit, mails, timeline, runs or activations as lines of a file',
  usage: `Usage: exchange-connector store export <what> <file> [options]

What: ${TABLES.join(', ')}. Writes its rows, in the order in which it happened, into a new file
that only you can read, one JSON document a line; prints how many, and the SHA-256 of the file. Nothing is overwritten.

  --until DATE            only what happened before: 2026-01-01 (its first second, UTC) or 2026-01-01T12:00:00Z
  --csv                   for spreadsheets, with titles; what they would take for a formula begins with an apostrophe

  --cut --yes             afterwards takes the rows out of the store; only the audit, only with --until. That this was done,
                          by whom, how many rows and the SHA-256 is written to the audit first. Without --cut the store is
                          only read
  --by NAME               who does it; default: the user of the system
`,
  options: ['until', 'by'],
  flags: ['csv', 'cut', 'yes'],
  words: ['what', 'file'],
  check(input) {
    wishOf(input);
  },
  async run(input) {
    const { care, address, now, io, progress } = input;
    const { cut, by, ...wish } = wishOf(input);
    const made = await care.exportRows(address, wish, {
      signal: io.signal,
      exporting: (counts) => progress(`writing ${wish.table}`, counts),
    });
    const { lastNo: _lastNo, ...told } = made;
    const lines = [
      safeText(`${counted(made.rows, 'row')} of ${wish.table} in ${made.file}, ${sizeText(made.bytes)}.`),
      `SHA-256 ${made.sha256}`,
    ];
    if (!cut || made.rows === 0) return { json: { ...told, cut: 0 }, lines: cut ? [...lines, NOTHING] : lines };
    const gone = await care.cutAudit(address, made, {
      until: wish.until ?? '',
      by,
      at: new Date(now).toISOString(),
      signal: io.signal,
      cutting: (counts) => progress(`taking out of ${wish.table}`, counts),
    });
    return { json: { ...told, cut: gone }, lines: [...lines, `${counted(gone, 'row')} taken out of the store.`] };
  },
};

const NOTHING = 'There was nothing to take out of the store.';

function wishOf({
  words: [table = '', file = ''],
  option,
  isSet,
  now,
}: Pick<StoreInput, 'words' | 'option' | 'isSet' | 'now'>) {
  if (!isOneOf(TABLES, table))
    throw new UsageError(`"${table}" cannot be exported. It is one of ${TABLES.join(', ')}.`);
  const [until, cut] = [untilOf(option('until'), now), isSet('cut')];
  if (isSet('yes') && !cut) throw new UsageError('--yes goes with --cut.');
  if (cut && table !== 'audit') throw new UsageError('--cut is for the audit: the rest is forgotten by itself.');
  if (cut && until === null) throw new UsageError('--cut needs --until.');
  if (cut && !isSet('yes')) throw new UsageError('--cut takes the exported rows out of the store for good: add --yes.');
  const by = option('by') ?? userInfo().username;
  return { table, until, file, format: isSet('csv') ? ('csv' as const) : ('json' as const), cut, by };
}

/** A day, or a moment with its zone; null: none was given. */
function untilOf(text: string | undefined, now: number): string | null {
  if (text === undefined) return null;
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError('--until is a day (2026-01-01) or a time with its zone (2026-01-01T12:00:00Z).');
  if (time > now) throw new UsageError('--until lies in the future.');
  return new Date(time).toISOString();
}
