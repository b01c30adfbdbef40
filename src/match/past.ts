/** What the store remembers of EAS records: the MDM record that each was one with last, and which came back under a new EAS ID. */
import { easMailboxPrefix } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';
import type { LoadReturns, PastReturn } from './returned.ts';

/** The last merge of an EAS record. */
export interface PastMerge {
  readonly mdmKey: string;
  /** By which rule: `eas-id`, `activation`, `pairing`, `serial`. */
  readonly by: string;
  /** Since when the two are one, or were. */
  readonly since: string;
  /** When a match found that they are one no more; null: the last match had them as one. */
  readonly until: string | null;
  /** Serial number and IMEIs of the MDM record, as join keys; absent: nobody knows of any. */
  readonly hardware?: readonly string[];
}

/** What Exchange said when it was asked when an account last tried to sync; milliseconds since 1970, NaN for what it did not say. */
export interface KnownAttempt {
  /** By Exchange's clock. */
  readonly lastAttemptAt: number;
  /** When it was asked, and answered. */
  readonly toldAt: number;
  /** When it was asked, and the account of the connector was not allowed to. */
  readonly refusedAt: number;
}

/** Reads what Exchange said of EAS records, by their keys; those that it was not asked for are absent. */
export type LoadAttempts = (easKeys: readonly string[]) => Promise<ReadonlyMap<string, KnownAttempt>>;

/** Reads last merges by the keys of EAS records; those that were never one with anything are absent. */
export type LoadPast = (easKeys: readonly string[]) => Promise<ReadonlyMap<string, PastMerge>>;

/** What a page needs to know. */
interface Wanted {
  /** Keys of EAS records: its own, and their neighbors. */
  readonly keys: ReadonlySet<string>;
  /** Records of it that may have come back under a new EAS ID. */
  readonly back: readonly EasRecord[];
  /** Keys of accounts that may be several of one phone. */
  readonly accounts: ReadonlySet<string>;
  /** What became of the merge hangs on whether the account is still in use. */
  readonly hangsOnUse: (merge: PastMerge) => boolean;
}

/** Where it is read from. Absent: nobody knows of any. */
interface Sources {
  readonly past: LoadPast | undefined;
  readonly returns: LoadReturns | undefined;
  readonly attempts: LoadAttempts | undefined;
}

/**
 * What a page is matched by, from before its match. What one page finds is kept before the next one is matched: of the
 * mailbox that goes on, what was known stays, so that all its records are matched by the same.
 */
export class Past {
  readonly #merges = new Map<string, PastMerge | null>();
  readonly #returns = new Map<string, readonly PastReturn[]>();
  readonly #attempts = new Map<string, KnownAttempt | null>();
  #goesOn: EasRecord | null = null;

  /** The last merge of an EAS record of the page, or of its mailbox. */
  of(easKey: string): PastMerge | null {
    return this.#merges.get(easKey) ?? null;
  }

  /** Returns to a mailbox that were believed. */
  returnsTo(mailboxId: string): readonly PastReturn[] {
    return this.#returns.get(mailboxId.toLowerCase()) ?? [];
  }

  /** What Exchange said of an account. */
  attemptOf(easKey: string): KnownAttempt | null {
    return this.#attempts.get(easKey) ?? null;
  }

  /** Reads it. */
  async know(
    page: readonly EasRecord[],
    { keys, back, accounts, hangsOnUse }: Wanted,
    { past, returns, attempts }: Sources,
  ): Promise<void> {
    const before = this.#goesOn;
    this.#goesOn = page.at(-1) ?? before;
    const prefix = before === null ? '' : easMailboxPrefix(before.organization, before.mailbox.id);
    const mailboxId = before?.mailbox.id.toLowerCase();
    for (const key of this.#merges.keys()) if (!key.startsWith(prefix)) this.#merges.delete(key);
    for (const key of this.#attempts.keys()) if (!key.startsWith(prefix)) this.#attempts.delete(key);
    for (const id of this.#returns.keys()) if (id !== mailboxId) this.#returns.delete(id);
    await this.#knowMerges(
      [...keys].filter((key) => !this.#merges.has(key)),
      past,
    );
    const used = [...keys].filter((key) => {
      const merge = this.of(key);
      return merge !== null && hangsOnUse(merge);
    });
    await this.#knowAttempts(
      [...new Set([...accounts, ...used])].filter((key) => !this.#attempts.has(key)),
      attempts,
    );
    const [first] = back;
    const mailboxes = new Set(back.map(({ mailbox }) => mailbox.id.toLowerCase()));
    const unknown = [...mailboxes].filter((id) => !this.#returns.has(id));
    if (first !== undefined && unknown.length > 0) await this.#knowReturns(first.organization, unknown, returns);
  }

  async #knowMerges(keys: readonly string[], load: LoadPast | undefined): Promise<void> {
    const loaded = keys.length === 0 ? undefined : await load?.(keys);
    for (const key of keys) this.#merges.set(key, loaded?.get(key) ?? null);
  }

  async #knowAttempts(keys: readonly string[], load: LoadAttempts | undefined): Promise<void> {
    const loaded = keys.length === 0 ? undefined : await load?.(keys);
    for (const key of keys) this.#attempts.set(key, loaded?.get(key) ?? null);
  }

  async #knowReturns(organization: string, ids: readonly string[], load: LoadReturns | undefined): Promise<void> {
    const loaded = (await load?.(organization, ids)) ?? [];
    for (const id of ids) this.#returns.set(id, []);
    for (const one of loaded) this.#returns.set(one.mailboxId, [...this.returnsTo(one.mailboxId), one]);
  }
}
