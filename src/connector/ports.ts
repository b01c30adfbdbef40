/**
 * What the use cases need of the outside, as types. `src/exchange`, `src/graph` and `src/mail` fit by shape and do not know
 * these names; nodes and the command line hand the fitting objects in.
 */
import type { MailPicture } from '../model/mail-picture.ts';
import type { AccessWriter } from '../access/apply.ts';
import type { OrganizationIdentity, OrganizationKind } from '../model/organization-identity.ts';
import type { EasRecord, MdmRecord } from '../model/records.ts';
import type { EntraRecord } from '../store/store.ts';
import type { Page } from './readings/page.ts';

/** Every call that may take long can be stopped. */
export interface Stoppable {
  readonly signal: AbortSignal;
}

/** A user in a group. Users are compared over id, UPN and every address: the UPN need not be a mail address. */
export interface GroupMember {
  readonly id: string;
  readonly upn: string | null;
  readonly addresses: readonly string[];
}

/** Who or what has a mail address in Exchange. */
export interface Recipient {
  /** GUID. */
  readonly id: string;
  readonly upn: string | null;
  readonly address: string | null;
  readonly recipientType: string | null;
  /** Exchange's RecipientTypeDetails (`UserMailbox`, `RoomMailbox`, `MailUser` …). */
  readonly recipientTypeDetails: string | null;
}

/** Whether a mailbox can be used. Null: Exchange does not say, or the connector has no right to ask. */
export interface MailboxState {
  readonly isDisabled: boolean | null;
  /** No address list shows it. */
  readonly isHidden: boolean | null;
  /** It may not send any more. */
  readonly isFull: boolean | null;
}

/** A mail domain that Exchange takes mail for. */
export interface AcceptedDomain {
  /** `contoso.com`, `*.contoso.com` with every name below, or `*`. */
  readonly name: string;
  /** Authoritative, InternalRelay, ExternalRelay; null: not said. */
  readonly type: string | null;
  readonly isDefault: boolean;
}

/** When one device of a mailbox last tried to sync. */
export interface LastAttempt {
  /** As Exchange spells it. */
  readonly easId: string;
  /** ISO 8601 UTC; null: Exchange tells of none. */
  readonly at: string | null;
}

/** One reading of EAS records. */
export interface EasReading extends Stoppable {
  readonly kind: 'full' | 'quick';
  readonly pageSize: number;
  /** Quick: ISO time of the start of the last reading. */
  readonly since?: string;
  /** Quick: keys of records to read again, whether Exchange calls them changed or not. */
  readonly keys?: readonly string[];
  /** Users of mailboxes were read before: where they cannot be any more, the mailbox has a gap. Default: they were not. */
  readonly usersKnown?: boolean;
  /** The "Only" field of the EAS source, as it was saved. */
  readonly scope?: unknown;
  onWarning?(text: string): void;
}

/** One Exchange organization. Errors: ERR_EXCHANGE_…, ERR_WSMAN_…, ERR_HTTP_…. */
export interface ExchangePort extends AccessWriter {
  /** Names the organization in records and keys. */
  readonly organization: string;
  /** True: it is made up. */
  readonly isSimulated?: boolean;
  /** How it is reached; absent: nobody says. */
  readonly kind?: OrganizationKind;
  /** Which organization that is, read once a connection and address; absent: nobody says. */
  whichOrganization?(options: Stoppable): Promise<OrganizationIdentity>;
  /** The EAS records, page by page; a reading that fails throws and never yields `last`. */
  easPages(reading: EasReading): AsyncIterable<Page<EasRecord>>;
  /** When the devices of a mailbox last tried to sync: one call, which reads the mailbox itself. @param mailboxId GUID */
  lastAttempts(mailboxId: string, options: { readonly signal?: AbortSignal }): Promise<readonly LastAttempt[]>;
  /** GUIDs of the partnerships that Exchange has for an EAS ID at this moment; none: the device is no more. */
  partnerships(mailboxId: string, easId: string, options: { signal?: AbortSignal }): Promise<readonly string[]>;
  /** Deletes one partnership; the lists stay as they are, and one that is gone already counts as deleted. @param id GUID */
  removePartnership(id: string, options: { signal?: AbortSignal }): Promise<void>;
  /** Users of a group, nested groups included. @param group mail address, GUID or distinguished name */
  groupMembers(group: string, options: Stoppable): AsyncIterable<GroupMember>;
  /**
   * The Active Directory of the organization; absent: none is set. All users of a group, nested groups included, or
   * ERR_DIRECTORY_UNREADABLE. @param group GUID, distinguished name, `DOMAIN\name` or sAMAccountName
   */
  readonly activeDirectory?:
    | { groupMembers(group: string, options: Stoppable): AsyncIterable<GroupMember> }
    | undefined;
  /** The recipients that have this address. */
  recipients(address: string, options: Stoppable): AsyncIterable<Recipient>;
  /** Whether the mailbox of a recipient can be used; absent: nobody says. @param id GUID */
  mailboxState?(id: string, options: Stoppable): Promise<MailboxState>;
  /** The language that the owner of a mailbox chose, BCP 47; null: none. Absent: nobody says. @param id GUID */
  mailboxLanguage?(id: string, options: Stoppable): Promise<string | null>;
  /** The mail domains of the organization; absent: nobody says. */
  acceptedDomains?(options: Stoppable): AsyncIterable<AcceptedDomain>;
}

/** One page of MDM records. */
export interface MdmPage extends Page<MdmRecord> {
  /** Which devices of Entra they are of, those that are registered there; absent: it was not asked for. */
  readonly entra?: readonly EntraRecord[];
}

/** Some MDM records as they are now; `gone` are ids that the MDM has no more. */
export interface MdmRecordsNow {
  readonly records: readonly MdmRecord[];
  readonly entra: readonly EntraRecord[];
  readonly gone: readonly string[];
}

/** A part of what Entra tells of its devices; they may come several times. Ids are of objects, and not `deviceId`. */
export type DeviceChanges =
  | {
      readonly kind: 'changes';
      readonly changed: readonly { readonly id: string; readonly deviceId: string }[];
      /** Of devices that changed, and whose `deviceId` was told before. */
      readonly unnamed: readonly string[];
      readonly deleted: readonly string[];
      /** What the next reading is asked with; last part only. */
      readonly link: string | null;
    }
  /** The link is of no use any more. */
  | { readonly kind: 'expired' }
  /** We may not ask; the text is for people. */
  | { readonly kind: 'forbidden'; readonly text: string };

/** One MDM that can be asked. Errors: ERR_GRAPH_…, ERR_HTTP_…. */
export interface MdmPort {
  /** Names the MDM in records and keys. */
  readonly source: string;
  /**
   * Every enrolled device, page by page; a reading that fails throws and never yields `last`.
   * @param reading.since ISO 8601: only those that checked in after it
   * @param reading.enrolledSince ISO 8601: only those that were enrolled after it
   * @param reading.withEntra says too which devices of Entra they are
   * @param reading.bulkAbove number of devices above which all are read at once, where the MDM can; 0: never
   */
  mdmPages(
    reading: Stoppable & {
      readonly pageSize: number;
      readonly since?: string;
      readonly enrolledSince?: string;
      readonly withEntra?: boolean;
      readonly bulkAbove?: number;
    },
  ): AsyncIterable<MdmPage>;
  /** One device as it is now; null: it is gone. */
  mdmRecord(id: string, options: { readonly signal?: AbortSignal }): Promise<MdmRecord | null>;
  /**
   * Some devices as they are now: of which records are known, with their devices of Entra, and of which the device alone is;
   * absent: nobody says.
   */
  mdmRecordsNow?(
    which: { readonly known: readonly EntraRecord[]; readonly deviceIds: readonly string[] },
    options: Stoppable,
  ): Promise<MdmRecordsNow>;
  /**
   * Which devices of Entra changed since a link was given; null: all there are. Read to its end it has a link; absent: nobody
   * says.
   */
  deviceChanges?(since: string | null, options: Stoppable): AsyncIterable<DeviceChanges>;
  /** Every enrolled device of each of these users, in their order. @param users of each the UPN and addresses */
  devicesOfUsers(
    users: readonly (readonly string[])[],
    options: { readonly signal?: AbortSignal },
  ): Promise<MdmRecord[][]>;
  /** Users of a group, nested groups included. @param group object id, a GUID */
  groupMembers(group: string, options: Stoppable): AsyncIterable<GroupMember>;
}

/** The MDMs that may be asked. Looked up at each use: one that comes back is asked again. */
export interface Mdms {
  /** Names of the MDMs whose source is deployed, read or not, as their records carry them. */
  deployed(): readonly string[];
  /** Null: it cannot be asked. It is a mapped one, or its tenant is not there. */
  port(source: string): MdmPort | null;
}

/** One mail, rendered. */
export interface RenderedMailTo {
  readonly to: string;
  readonly cc: readonly string[];
  /** Where answers go, where that is not the sender. */
  readonly replyTo?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly pictures?: readonly MailPicture[];
  readonly language: string;
  /** `<left@right>`; the same for every try of one mail. */
  readonly messageId: string;
  /** The same for every try, too, ISO 8601; left out: the time at which it is sent. */
  readonly date?: string;
  readonly signal: AbortSignal;
  /** Ends the wait for the account's rate; a mail that is under way goes on. */
  readonly closing: AbortSignal;
}

/** The notification account. Errors: ERR_MAIL_…, whose `details` say about whom and what becomes of the mail. */
export interface MailPort {
  send(mail: RenderedMailTo): Promise<{
    readonly messageId: string;
    readonly response: string;
    readonly refusedCopies?: readonly string[];
  }>;
  /** Connects and signs in, sends nothing. */
  verify(signal?: AbortSignal): Promise<{ readonly offersSignIn: boolean }>;
  /** True if a mail with this Message-ID is in the account's own inbox; absent: nobody can see that. */
  hasArrived?(messageId: string, signal?: AbortSignal): Promise<boolean>;
}

/** Says how far long work has come: a step of the use case, and its counts. */
export type Progress = (step: string, counts?: Readonly<Record<string, number | string>>) => void;

/** Milliseconds since 1970. */
export type Clock = () => number;

/** A new name, unlike every other. */
export type Ids = () => string;
