/**
 * How many mailboxes a plan has changes of, whatever their number of devices. Kept by the classes that each mailbox has changes
 * of: so any choice of classes can be counted, and parts of a plan about other mailboxes added and taken away. Pure.
 */

/** Mailboxes by the names of the classes that they have changes of, in order and one below the other. */
export type MailboxCounts = Readonly<Record<string, number>>;

/** One change, as far as it counts here. */
interface OfMailbox {
  /** GUID, however it is spelled. */
  readonly mailboxId: string;
  /** Name of the change's class. */
  readonly class: string;
}

/** Counts changes, all there are of the mailboxes, in any order. */
export function countMailboxes(changes: Iterable<OfMailbox>): MailboxCounts {
  const classes = new Map<string, Set<string>>();
  for (const { mailboxId, class: name } of changes) {
    const known = classes.get(mailboxId.toLowerCase());
    if (known === undefined) classes.set(mailboxId.toLowerCase(), new Set([name]));
    else known.add(name);
  }
  const counts: Record<string, number> = {};
  for (const names of classes.values()) add(counts, names, 1);
  return counts;
}

/** What two parts of a plan come to that are about other mailboxes. @param by 1; -1 takes the second one away */
export function sumOfMailboxes(a: MailboxCounts, b: MailboxCounts, by: 1 | -1 = 1): MailboxCounts {
  const counts: Record<string, number> = { ...a };
  for (const [names, count] of Object.entries(b)) add(counts, names.split('\n'), by * count);
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** The same of changes of some classes alone. */
export function onlyOf(mailboxes: MailboxCounts, classes: ReadonlySet<string>): MailboxCounts {
  const counts: Record<string, number> = {};
  for (const [names, count] of Object.entries(mailboxes)) {
    const left = names.split('\n').filter((name) => classes.has(name));
    if (left.length > 0) add(counts, left, count);
  }
  return counts;
}

/** How many mailboxes have changes of any of these classes. */
export function mailboxesWith(mailboxes: MailboxCounts, classes: ReadonlySet<string>): number {
  return Object.values(onlyOf(mailboxes, classes)).reduce((sum, count) => sum + count, 0);
}

function add(counts: Record<string, number>, names: Iterable<string>, by: number): void {
  const name = [...names].sort().join('\n');
  counts[name] = (counts[name] ?? 0) + by;
}
