/** What users and administrators say of a device: activations, pairings, exemptions, and the links that were issued. Times are ISO 8601 UTC text unless a field says otherwise. */
import type { Exemption } from '../../model/exemption.ts';
import type { Activation, Pairing } from '../../model/records.ts';

/** Activations, one a token: pressing the button twice is one activation. */
export interface Activations {
  /** Keeps the activation; if this token already made one, that one is returned and nothing is written. */
  add(activation: Activation): Promise<{ activation: Activation; isNew: boolean }>;
  /** All, oldest first. */
  list(): Promise<Activation[]>;
  /** Those of one mailbox (GUID), oldest first. */
  forMailbox(mailbox: string): Promise<Activation[]>;
  /** Those of several. */
  forMailboxes(mailboxes: readonly string[]): Promise<Activation[]>;
}

/** An administrator's pairings, one an EAS record. */
export interface Pairings {
  /** Adds or replaces the pairing of this EAS record. */
  add(pairing: Pairing): Promise<void>;
  /** True if there was one. */
  remove(easKey: string): Promise<boolean>;
  list(): Promise<Pairing[]>;
}

/** Devices that a person has exempted for a time, one row a device. Each change says that the device must be decided anew. */
export interface Exemptions {
  /** Adds or replaces the exemption of this device. */
  put(exemption: Exemption): Promise<void>;
  /** True if there was one. */
  remove(key: string): Promise<boolean>;
  get(key: string): Promise<Exemption | null>;
  /** Those of an organization, ended or not, the one that ends first before the others. */
  list(organization: string): Promise<Exemption[]>;
}

/** A link that was issued. The link itself is not kept. */
export interface IssuedToken {
  readonly tokenId: string;
  readonly purpose: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  readonly easId: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** The link address it was sent with; null: by an older version. */
  readonly linkBase: string | null;
  /** When its page was first asked for. */
  readonly openedAt: string | null;
  /** When its button was first pressed. */
  readonly usedAt: string | null;
}

/** A link that is to be issued. */
export type NewToken = Omit<IssuedToken, 'openedAt' | 'usedAt' | 'linkBase'> & Partial<Pick<IssuedToken, 'linkBase'>>;

/** Links by token id. */
export interface LinkTokens {
  issue(...tokens: readonly NewToken[]): Promise<void>;
  find(tokenId: string): Promise<IssuedToken | null>;
  /** Marks the page of a token as asked for. True the first time. */
  open(tokenId: string, at: string): Promise<boolean>;
  /** Marks the token used; the first time counts. Null if it was not issued here. */
  use(tokenId: string, at: string): Promise<IssuedToken | null>;
}
