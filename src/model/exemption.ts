/** A person's word that a device is not shut out for a time, whatever the rules say. */

/** One exemption. Times are ISO 8601 UTC text. */
export interface Exemption {
  /** The device record's key. */
  readonly key: string;
  readonly organization: string;
  /** GUID, folded. */
  readonly mailboxId: string;
  /** Folded. */
  readonly easId: string;
  /** From this moment on the rules count again. */
  readonly until: string;
  /** Why, in the person's words. */
  readonly note: string;
  /** Who said so; null: the message named nobody. */
  readonly by: string | null;
  /** When it was said. */
  readonly since: string;
}
