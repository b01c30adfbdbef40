/** What a reading could not be given, kept until its end: which objects, of which mailboxes, and what is said of them. */
import { isConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import { distinguishedNameKey, mailboxOfDevice, conflictMailbox } from './distinguished-name.ts';
import { isGuid } from './cmdlets/identity.ts';
import { GAP_TEXTS, gapKindOf } from './gap-kinds.ts';
import type { GapKind } from './gap-kinds.ts';
import { mailboxNamesIn, quotedIn } from './object-names.ts';

/** Objects that a warning names. */
const NAMED = 5;
/** Objects of which more is kept than that there are more. */
const MOST = 10_000;

/** What is said of objects that nobody can tell from others. */
const NAMELESS = 'It came without GUID or distinguished name.';

interface Gap {
  readonly kind: GapKind;
  /** What the object is called, cleaned; null: nobody says. */
  readonly name: string | null;
  /** Exchange's words. */
  readonly text: string | null;
  readonly mailboxId: string | null;
  /** Distinguished names that its mailbox may have. */
  readonly mailboxes: readonly string[];
}

/** The gaps of one reading. */
export class GapCollector {
  readonly #gaps = new Map<string, Gap>();
  /** Mailboxes of which something is wrong that is no object of its own. */
  readonly #mailboxes = new Set<string>();
  /** By Exchange's words: how many error records of one read name no object. */
  readonly #nobodys = new Map<string, number>();
  /** Keys of the mailboxes whose GUIDs are not known. */
  readonly #keys = new Set<string>();
  #more = 0;

  /** True if an error says which object it is about. */
  static names(error: Error): boolean {
    return targetOf(error) !== null || mailboxNamesIn(null, error.message).length > 0;
  }

  /**
   * The error records of one read that came to its end. The same object may be met again by another read.
   * @param mailbox the one whose objects were read: its GUID, and its distinguished name where it is known
   */
  addErrors(errors: readonly Error[], mailbox: { readonly id?: string; readonly name?: string } = {}): void {
    const nobodys = new Map<string, number>();
    for (const error of errors) {
      const target = targetOf(error);
      const mailboxes = mailbox.name === undefined ? mailboxNamesIn(target, error.message) : [mailbox.name];
      const text = foreignText(error.message);
      const name = target ?? foreignText(quotedIn(error.message)[0]) ?? null;
      const mailboxId =
        mailbox.id ?? (target !== null && isAboutMailboxes(error) && isGuid(target) ? target.toLowerCase() : null);
      if (name === null && mailboxes.length === 0 && mailboxId === null)
        nobodys.set(text ?? '', (nobodys.get(text ?? '') ?? 0) + 1);
      else this.#add({ kind: gapKindOf(error), name: name ?? mailbox.name ?? mailboxId, text, mailboxId, mailboxes });
    }
    for (const [text, times] of nobodys) this.#nobodys.set(text, Math.max(times, this.#nobodys.get(text) ?? 0));
  }

  /** An object that came and cannot be used. @param distinguishedName of it, if it has one */
  addObject(kind: GapKind, distinguishedName: string | null, mailboxId: string | null = null): void {
    const mailbox =
      distinguishedName === null
        ? null
        : (mailboxOfDevice(distinguishedName) ?? conflictMailbox(distinguishedName) ?? distinguishedName);
    const mailboxes = mailbox === null ? [] : [mailbox];
    if (distinguishedName === null && mailboxId === null)
      this.#nobodys.set(NAMELESS, (this.#nobodys.get(NAMELESS) ?? 0) + 1);
    else this.#add({ kind, name: foreignText(distinguishedName) ?? mailboxId, text: null, mailboxId, mailboxes });
  }

  /** A mailbox of which something could not be read beside its devices. @param mailboxId GUID */
  addMailbox(mailboxId: string): void {
    this.#mailboxes.add(mailboxId.toLowerCase());
  }

  #add(gap: Gap): void {
    const key = `${gap.name ?? ''}\n${gap.kind}`;
    if (this.#gaps.size === MOST && !this.#gaps.has(key)) this.#more += 1;
    else {
      this.#gaps.set(key, gap);
      if (gap.mailboxId === null) for (const key of keysOf(gap)) this.#keys.add(key);
    }
  }

  /**
   * Gaps of users, as far as they are those of mailboxes that matter.
   * @returns true if some are of users that nobody can tell
   */
  addUsers(users: GapCollector, isMailbox: (key: string) => boolean): boolean {
    for (const gap of users.#gaps.values()) if (keysOf(gap).some(isMailbox)) this.#add(gap);
    return users.nobodys > 0;
  }

  /** Error records and objects of which nobody can say what they are. */
  get nobodys(): number {
    return [...this.#nobodys.values()].reduce((sum, times) => sum + times, this.#more);
  }

  /** True as long as there is none. */
  get isEmpty(): boolean {
    return this.#gaps.size + this.#nobodys.size + this.#mailboxes.size + this.#more === 0;
  }

  /** True if a gap may be of the mailbox with this key. */
  mayBeOf(key: string): boolean {
    return this.#keys.has(key);
  }

  /** For each object whose mailbox is not known by its GUID the names that it may have, the likeliest first. */
  unresolved(idOf: (key: string) => string | null): readonly (readonly string[])[] {
    return [...this.#gaps.values()]
      .filter((gap) => gap.mailboxId === null && keysOf(gap).every((key) => idOf(key) === null))
      .map(({ mailboxes }) => mailboxes);
  }

  /** True if something of the mailbox is missing, or may be. @param mailboxId GUID */
  hasMailbox(mailboxId: string, idOf: (key: string) => string | null): boolean {
    return this.gaps(idOf)?.mailboxes.includes(mailboxId.toLowerCase()) ?? false;
  }

  /** @param idOf the GUID of a mailbox by its key; null: it is not known. Null: there are no gaps. */
  gaps(idOf: (key: string) => string | null): ReadingGaps | null {
    if (this.isEmpty) return null;
    const mailboxes = new Set(this.#mailboxes);
    let unnamed = this.nobodys;
    for (const gap of this.#gaps.values()) {
      const id =
        gap.mailboxId ??
        keysOf(gap)
          .map(idOf)
          .find((found) => found !== null) ??
        null;
      if (id === null) unnamed += 1;
      else mailboxes.add(id.toLowerCase());
    }
    const count = this.#gaps.size + this.#mailboxes.size + this.nobodys;
    return { count, mailboxes: [...mailboxes].sort(), ...(unnamed === 0 ? {} : { unnamed }) };
  }

  /** A sentence for each kind, with a few of its objects. */
  warnings(): string[] {
    const byKind = new Map<GapKind, Gap[]>();
    for (const gap of this.#gaps.values()) byKind.set(gap.kind, [...(byKind.get(gap.kind) ?? []), gap]);
    const warnings = [...byKind].map(([kind, gaps]) => warningOf(kind, gaps));
    if (this.#mailboxes.size > 0)
      warnings.push(
        `Exchange could not give the users of ${this.#mailboxes.size} mailboxes (Get-User), and does not say which. Devices of mailboxes without a user stay as they were until then.`,
      );
    for (const [text, times] of this.#nobodys)
      warnings.push(
        `Exchange could not give ${objects(times)} and does not say which: ${text} Until it can, nothing that is missing counts as gone.`,
      );
    if (this.#more > 0) warnings.push(`Exchange could not give ${objects(this.#more)} beside these.`);
    return warnings;
  }
}

function keysOf({ mailboxes }: Gap): string[] {
  return mailboxes.map(distinguishedNameKey);
}

function warningOf(kind: GapKind, gaps: readonly Gap[]): string {
  const { why, remedy } = GAP_TEXTS[kind];
  const names = gaps
    .slice(0, NAMED)
    .map(({ name, text }) => (kind === 'other' && text !== null ? `${name} (${text})` : name));
  const more = gaps.length > NAMED ? ` and ${gaps.length - NAMED} more` : '';
  return `Exchange could not give ${objects(gaps.length)} (${why}): ${names.join('; ')}${more}. ${remedy} Devices of the mailbox stay as they were until then.`;
}

function objects(count: number): string {
  return count === 1 ? '1 object' : `${count} objects`;
}

function targetOf(error: Error): string | null {
  return isConnectorError(error) ? foreignText(error.details['target']) : null;
}

function isAboutMailboxes(error: Error): boolean {
  return isConnectorError(error) && error.details['cmdlet'] !== 'Get-MobileDevice';
}
