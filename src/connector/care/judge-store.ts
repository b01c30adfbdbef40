/** What is seen of a store, and what it means for whoever runs it. Pure. */
import type { ContentFacts, StoreFacts, TableFacts } from '../../store/care/store-facts.ts';

/** `ok`: as it should be; `look`: a person should know; `bad`: something is broken or lost. */
export type StoreMark = 'ok' | 'look' | 'bad';

/** One line about a store. */
export interface StoreFinding {
  /** What was looked at: a stable word. */
  readonly what: string;
  readonly mark: StoreMark;
  /** What was seen. */
  readonly seen: string;
  /** What to do about it; empty: nothing. */
  readonly todo: string;
}

/** A reading that nothing was heard of for so long has lost its process. */
const LOST_AFTER_MS = 3_600_000;
/** Free space worth getting back: more than half of a file of some size. */
const FREE_BYTES = 64 * 1024 * 1024;

const RESTORE = 'Stop Node-RED, keep a copy of the file, and put the last backup in its place.';

/*
 *   what          look                                              bad
 *   version       older than this package                           newer, or the mark is damaged
 *   marks         –                                                 id or link secret missing
 *   move          –                                                 another store was being moved into it
 *   file          readable by others; more than half of it is free  –
 *   integrity     –                                                 the engine finds damage, or a table cannot be read
 *   tables        –                                                 one is missing, a key twice, a text that is no JSON
 *   append-only   –                                                 the audit can be changed
 *   readings      cut off                                           –
 *   snapshots     –                                                 records are missing
 *   outbox        needs a person; waits until somebody is mailed    –
 *   mails         need a person                                     –
 *   plans         held                                              –
 *   entries       not settled, while nobody works                   –
 *   settings      what an update could not take over                –
 *   owed, leases  –                                                 –
 */

/** Every line about a store. @param now milliseconds since 1970 */
export function judgeStore(facts: StoreFacts, now: number): StoreFinding[] {
  return [
    versionLine(facts),
    ...markLines(facts),
    ...fileLines(facts),
    integrityLine(facts),
    tablesLine(facts),
    ...(facts.content === null ? [] : contentLines(facts.content, now)),
  ];
}

function ok(what: string, seen: string): StoreFinding {
  return { what, mark: 'ok', seen, todo: '' };
}

function look(what: string, seen: string, todo: string): StoreFinding {
  return { what, mark: 'look', seen, todo };
}

function bad(what: string, seen: string, todo: string): StoreFinding {
  return { what, mark: 'bad', seen, todo };
}

function versionLine({ version, knownVersion }: StoreFacts): StoreFinding {
  const what = 'version';
  if (version === null) return bad(what, 'the mark is damaged', RESTORE);
  if (version === knownVersion) return ok(what, String(version));
  const seen = `${version}; this package works with ${knownVersion}`;
  if (version > knownVersion) return bad(what, seen, 'Update this package.');
  return look(what, seen, 'Back it up, then deploy with this package: it is updated.');
}

function markLines({ hasId, hasLinkSecret, isIncomplete }: StoreFacts): StoreFinding[] {
  if (isIncomplete) {
    const todo = 'Run `exchange-connector store move` again, or use the store that was to be moved.';
    return [bad('move', 'a move into this store was cut off', todo)];
  }
  if (hasId && hasLinkSecret) return [];
  const missing = hasId ? 'the link secret is missing' : 'the id is missing';
  return [bad('marks', missing, `Links in mails already sent do not work. ${RESTORE}`)];
}

function fileLines({ engineVersion, bytes, freeBytes, journalBytes, fileMode }: StoreFacts): StoreFinding[] {
  const size = `${engineVersion}, ${sizeText(bytes)}`;
  const parts = [size];
  if (freeBytes > 0) parts.push(`${sizeText(freeBytes)} of them free`);
  if (journalBytes !== null && journalBytes > 0) parts.push(`journal ${sizeText(journalBytes)}`);
  const isRoomy = freeBytes > FREE_BYTES && freeBytes > bytes / 2;
  const todo =
    'The space is used again. To have it back: `store backup`, and with Node-RED stopped the copy in its place.';
  const line = isRoomy ? look('size', parts.join(', '), todo) : ok('size', parts.join(', '));
  if (fileMode === null || (fileMode & 0o077) === 0) return [line];
  return [
    line,
    look('file', `readable by others (mode ${fileMode.toString(8)})`, 'It holds the link secret: chmod 600.'),
  ];
}

/** `3.4 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function integrityLine({ damage, tables, engine }: StoreFacts): StoreFinding {
  const failed = tables.find(({ failure }) => failure !== null);
  const seen = damage?.[0] ?? (failed === undefined ? null : `${failed.name}: ${failed.failure}`);
  if (seen !== null) return bad('integrity', seen, RESTORE);
  return ok('integrity', engine === 'sqlite' ? 'SQLite finds no damage' : 'all tables can be read');
}

function tablesLine({ tables, version, knownVersion }: StoreFacts): StoreFinding {
  const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const wrong = tables.flatMap((table) => wrongIn(table, version === knownVersion));
  if (wrong.length > 0) return bad('tables', wrong.join('; '), RESTORE);
  return ok('tables', `${rows} rows`);
}

function wrongIn({ name, rows, duplicates, unreadable, firstUnreadable }: TableFacts, isOurs: boolean): string[] {
  if (rows === null) return isOurs ? [`${name} is missing`] : [];
  return [
    ...(duplicates > 0 ? [`${name}: ${duplicates} keys twice`] : []),
    ...(unreadable > 0 ? [`${name}: ${unreadable} rows that cannot be read, the first ${firstUnreadable}`] : []),
  ];
}

function contentLines(content: ContentFacts, now: number): StoreFinding[] {
  const { unguarded, announcements, oldestAnnouncement, leases, leftSettings } = content;
  const owed = oldestAnnouncement === null ? '' : `, the oldest of ${timeText(oldestAnnouncement)}`;
  return [
    unguarded.length === 0
      ? ok('append-only', 'the audit can only be added to')
      : bad(
          'append-only',
          `${unguarded.join(', ')} can be changed`,
          'Somebody has taken the guard away: find out who.',
        ),
    readingsLine(content, now),
    snapshotsLine(content),
    outboxLine(content),
    mailsLine(content),
    ok('owed news', `${announcements}${owed}`),
    plansLine(content),
    entriesLine(content),
    ok(
      'leases',
      leases.length === 0
        ? 'nobody works with it'
        : leases.map(({ name, node, process }) => `${name}: node ${node} in ${process}`).join('; '),
    ),
    ...(leftSettings.length === 0
      ? []
      : [look('settings', `${leftSettings.join(', ')} could not be taken over`, 'Mails that waited then are lost.')]),
  ];
}

function readingsLine({ openReadings }: ContentFacts, now: number): StoreFinding {
  const cutOff = openReadings.filter(({ touchedAt }) => now - Date.parse(touchedAt) > LOST_AFTER_MS);
  const under = openReadings.length - cutOff.length;
  if (cutOff.length === 0) return ok('readings', under === 0 ? 'none under way' : `${under} under way`);
  const seen = `${cutOff.length} cut off: ${cutOff.map(({ scope }) => scope).join(', ')}`;
  return look('readings', seen, 'Nothing was concluded from them; the next start of Node-RED clears them away.');
}

function snapshotsLine({ snapshots }: ContentFacts): StoreFinding {
  const broken = snapshots.filter(({ count, found, whole }) => count !== found || !whole);
  if (broken.length === 0) {
    const text = snapshots.map(({ scope, count }) => `${scope} ${count}`).join(', ');
    return ok('snapshots', text === '' ? 'nothing was read to its end yet' : text);
  }
  const seen = broken.map(({ scope, count, found }) => `${scope} has ${found} of ${count} records`).join('; ');
  return bad('snapshots', seen, 'Run a full sync: a new reading replaces it.');
}

function outboxLine({ outbox }: ContentFacts): StoreFinding {
  const seen = counts(outbox, 'none waits for Exchange');
  if ((outbox['attention'] ?? 0) === 0 && (outbox['waiting-for-mail'] ?? 0) > 0)
    return look('changes', seen, 'No notifier can mail anybody: see the report of the access switch.');
  if ((outbox['attention'] ?? 0) === 0) return ok('changes', seen);
  return look(
    'changes',
    seen,
    'Exchange refused them for a week: see output 3 of the access switch, then send it `retry`.',
  );
}

function mailsLine({ mails, mailsInNeed }: ContentFacts): StoreFinding {
  const seen = mails === 0 ? 'none waits' : `${mails} wait`;
  if (mailsInNeed === 0) return ok('mails', seen);
  return look('mails', `${seen}, ${mailsInNeed} need attention`, 'Mend the cause, then send the notifier `retry`.');
}

function plansLine({ heldPlans }: ContentFacts): StoreFinding {
  if (heldPlans.length === 0) return ok('held plans', 'none');
  const seen = heldPlans.map(({ id, at, changes }) => `${id}: ${changes} changes since ${timeText(at)}`).join('; ');
  return look('held plans', seen, 'See `exchange-connector plans`; approve or discard them at the access switch.');
}

function entriesLine({ entries, leases }: ContentFacts): StoreFinding {
  const seen = counts(entries, 'none is ours');
  const unsettled = (entries['adding'] ?? 0) + (entries['removing'] ?? 0);
  if (unsettled === 0 || leases.length > 0) return ok('list entries', seen);
  return look('list entries', seen, 'The next sync looks up in Exchange what became of those being added or removed.');
}

/** `2026-06-01 08:00`, UTC. */
function timeText(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function counts(byState: Readonly<Record<string, number>>, none: string): string {
  const parts = Object.entries(byState).map(([state, count]) => `${count} ${state}`);
  return parts.length === 0 ? none : parts.join(', ');
}
