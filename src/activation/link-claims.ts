/** What a link is about. */

/** What a link may be used for. */
export type LinkPurpose = 'activate';

/** What the store keeps of a link. Times are ISO 8601 UTC text. */
export interface LinkClaims {
  readonly purpose: LinkPurpose;
  /** The store that issued it. */
  readonly storeId: string;
  readonly tokenId: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  /** As Exchange spells it. */
  readonly easId: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

/** Who reads a link. */
export interface LinkReader {
  /** The store's link secret. */
  readonly secret: Uint8Array;
  readonly storeId: string;
  readonly purpose: LinkPurpose;
}
