/** What is to be told: mails to users, news to the flow. Times are ISO 8601 UTC text unless a field says otherwise. */
import type { Json } from './json.ts';

/*
 *   state       the mail                                              ended by
 *   waiting     is to be sent when it is due                          reserving it
 *   reserved    is being sent, under its Message-ID                   what came of it; a queue that died: by the next one
 *   attention   could not be sent for a week, and waits for a person  a person's wish, or its devices are no longer blocked
 *   done        the mail server took it                               retention
 *   given-up    its recipient does not exist                          retention
 */

/** How far a mail is. */
export type MailState = 'waiting' | 'reserved' | 'attention' | 'done' | 'given-up';

/** One mail to the owner of a mailbox, from the news that leads to it until it is forgotten. */
export interface Mail {
  readonly id: string;
  /** Id of the notifier that sends it. */
  readonly notifier: string;
  /** GUID, folded. */
  readonly mailboxId: string;
  /** Why it is sent: `not-enrolled`, …. */
  readonly kind: string;
  /** 0: the first about its devices; then their reminders. */
  readonly no: number;
  readonly state: MailState;
  readonly createdAt: string;
  readonly dueAt: string;
  /** Until when, at most, it waits for further devices of its mailbox; null: it waits for none. */
  readonly openUntil: string | null;
  /** When it was to be sent first; null: a reminder, or a mail that was put off, which was not due yet. */
  readonly since: string | null;
  /** Tries that failed. */
  readonly attempts: number;
  /** From the moment it is reserved first, the same for every try. */
  readonly messageId: string | null;
  /** Which queue is sending it. */
  readonly reservedBy: string | null;
  /** To whom it goes, as far as is known. */
  readonly address: string | null;
  readonly sentAt: string | null;
  /** The server's answer, or why the last try failed. */
  readonly note: string | null;
}

/** A mail that is reserved. */
export interface MailToSend extends Mail {
  readonly messageId: string;
}

/** A device that a mail is about. */
export interface MailDevice {
  readonly deviceKey: string;
  /** Of which blocking: the list entry's episode; of news that has none, its time. */
  readonly episode: string;
  /** When the device was blocked (the change's `at`). */
  readonly blockedAt: string;
  /** The ledger had its entry when the news came: once it is gone, no mail is due. */
  readonly inLedger: boolean;
  /** The news, as its maker wrote it; null soon after the mail is sent. */
  readonly change: Json;
}

/** A mail of a device. */
export interface MailOfDevice extends Mail, Pick<MailDevice, 'episode' | 'blockedAt'> {}

/** The block of a device that a notifier has heard of. */
export interface NewsOfBlock extends Pick<Mail, 'notifier' | 'mailboxId' | 'kind'> {
  readonly deviceKey: string;
  readonly organization: string;
  readonly easId: string;
  /** Of which blocking it is; null: the news does not say. */
  readonly episode: string | null;
}

/** What is known when the news of a block comes. */
export interface KnownOfBlock {
  /** Mails of the device, of any kind, the oldest first. */
  readonly earlier: readonly MailOfDevice[];
  /** The ledger has its entry on the mailbox's blocked list. */
  readonly inLedger: boolean;
  /** The ledger had its entry for this blocking, and has it no more: the news comes late. */
  readonly isOver: boolean;
  /** A first mail of this notifier, mailbox and kind that is due, and was never reserved; null: there is none. */
  readonly joinable: string | null;
}

/** Which mails. */
export interface MailFilter {
  readonly notifier?: string;
  readonly states?: readonly MailState[];
  /** Due at this time or before. */
  readonly dueBy?: string;
  /** Was to be sent before, and is due later than this. */
  readonly sinceAndDueAfter?: string;
  /** Was to be sent first at this time or before; null: was not due yet. */
  readonly sinceBy?: string | null;
}

/** Fields of a mail that change. */
export type MailFields = Partial<
  Pick<Mail, 'state' | 'dueAt' | 'openUntil' | 'since' | 'attempts' | 'messageId' | 'address' | 'sentAt' | 'note'>
>;

/**
 * Mails as rows. No two mails are about one device, kind, blocking and number, unless the first of them was given up: a
 * second one cannot even be recorded. Each costs the same, however many there are.
 */
export interface Mails {
  /**
   * Adds a mail about those of the devices that have none of this kind, blocking and number; about none, no mail.
   * @returns keys of the devices that it is about
   */
  add(mail: Mail, devices: readonly MailDevice[]): Promise<string[]>;
  /**
   * Adds devices, as {@link add} does, to a first mail that was never reserved; of a device of which it was to tell an earlier
   * blocking, it tells this one.
   * @returns null: somebody has reserved it, or it is gone
   */
  join(mail: Pick<Mail, 'id' | 'kind'>, devices: readonly MailDevice[]): Promise<string[] | null>;
  get(id: string): Promise<Mail | null>;
  /** What decides about the mail of a block, at a look. @param at ISO 8601 UTC */
  about(news: NewsOfBlock, at: string): Promise<KnownOfBlock>;
  /** Of one device, of one kind if given, the oldest first. */
  ofDevice(deviceKey: string, kind?: string): Promise<MailOfDevice[]>;
  /** The longest due first. */
  list(filter: MailFilter & { limit?: number }): Promise<Mail[]>;
  count(filter: MailFilter): Promise<number>;
  devices(id: string): Promise<MailDevice[]>;
  /** Of each of the mails: none of one that is gone. */
  devicesOf(ids: readonly string[]): Promise<Map<string, MailDevice[]>>;
  /**
   * Marks mails as those that `by` is sending, each under a Message-ID.
   * @param at those that wait, and are due by then
   * @returns those of them that nobody else has, as they are now
   */
  reserve(mails: readonly Pick<MailToSend, 'id' | 'messageId'>[], by: string, at: string): Promise<MailToSend[]>;
  /** A mail that `by` has reserved and not begun to send is what it was before. False if it is not reserved so. */
  putBack(before: Pick<Mail, 'id' | 'messageId' | 'openUntil'>, by: string): Promise<boolean>;
  /** What a queue that is gone was sending waits again. False if somebody else was quicker. */
  release(id: string, by: string): Promise<boolean>;
  /** Changes the named fields of a mail that nobody is sending any more. False if it is gone. */
  update(id: string, fields: MailFields): Promise<boolean>;
  /** The mail server took it. What it was made of is needed no more: see {@link forgetNews}. */
  done(id: string, fields: Pick<Mail, 'sentAt' | 'note' | 'address'>): Promise<void>;
  /** What these mails were made of is not kept. */
  forgetNews(ids: readonly string[]): Promise<void>;
  /** It never went out and never will, and what it was made of is not kept. */
  giveUp(id: string, note: string): Promise<void>;
  /** Takes devices out of a mail that is not sent. */
  leaveOut(id: string, deviceKeys: readonly string[]): Promise<void>;
  remove(id: string): Promise<void>;
}

/** What the flow is owed: that it hears of a change, or of a problem. */
export interface Announcement {
  /** The change's id in the message, the same at every repeat. */
  readonly id: string;
  readonly organization: string;
  /** The output. */
  readonly kind: 'blocked' | 'allowed' | 'attention';
  readonly deviceKey: string | null;
  readonly at: string;
  /** When it was last handed to the flow, and by which run of the flows. */
  readonly emittedAt: string;
  readonly emittedBy: string;
  /** How often it was. */
  readonly emissions: number;
  /** Ids of the notifiers that have said why they send no mail. */
  readonly declinedBy: readonly string[];
  /** What is told, as its maker wrote it. */
  readonly news: Json;
}

/** Which of what is owed. */
export interface AnnouncementFilter {
  readonly organization: string;
  readonly kind?: Announcement['kind'];
  readonly emittedBy?: string;
  readonly notEmittedBy?: string;
  readonly emittedBefore?: string;
  /** Some notifier has said why it sends no mail. */
  readonly declined?: boolean;
  /** It happened at this time or before. */
  readonly untilAt?: string;
}

/** What is owed to the flow, until it is known to have been heard; the oldest first. */
export interface Announcements {
  /** Those of the blocks of devices whose key begins with one of these that were told at `since` or later. */
  blocksOf(keyStarts: readonly string[], since: string): Promise<Announcement[]>;
  add(announcement: Announcement): Promise<void>;
  get(id: string): Promise<Announcement | null>;
  list(filter: AnnouncementFilter & { limit?: number }): Promise<Announcement[]>;
  /** It is handed to the flow once more. */
  emit(id: string, how: { at: string; by: string }): Promise<void>;
  /** A notifier has said why it sends no mail. */
  decline(id: string, notifier: string): Promise<void>;
  /** It was heard. True if it was owed. */
  settle(id: string): Promise<boolean>;
  /** What was heard of a device's block came without its id, as a message that a flow has made anew. */
  settleBlocks(deviceKey: string): Promise<void>;
}

/** What one deployed notifier says of itself: whether a mail of its would go out. */
export interface NotifierRow {
  /** Id of the node, the same in every instance of its flow. */
  readonly node: string;
  /** What a person calls it. */
  readonly name: string;
  /** The process that has said so, as leases name it. */
  readonly process: string;
  /** When it was looked at. */
  readonly at: string;
  /** `failed` is proven: no mail can go out as it is. */
  readonly verdict: 'ready' | 'unknown' | 'failed';
  /** The step of its check that gave the verdict; null: all are ready. */
  readonly step: string | null;
  /** What was seen, for a person. */
  readonly text: string;
}

/** The deployed notifiers of the store, one row each. */
export interface Notifiers {
  /** By node. */
  list(): Promise<NotifierRow[]>;
  /**
   * Changes a row by what it was. Nobody else changes it in between, in this process or another.
   * @param change null for a row that there is not; answers what it is to be, the same object: it stays; null: none
   */
  edit(node: string, change: (kept: NotifierRow | null) => NotifierRow | null): Promise<void>;
}
