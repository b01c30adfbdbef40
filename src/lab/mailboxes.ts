/** Users and mailboxes of the simulated organization, with the names Active Directory gives them. */
import type { Partnership } from './partnerships.ts';

/** A mail in an inbox. */
export interface LabMessage {
  readonly id: string;
  /** When it arrived, ISO 8601 UTC. */
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The whole message as it came over the wire, or null. */
  readonly raw: string | null;
}

/** What to deliver; everything but sender, recipient and subject may be left out. */
export interface MessageToDeliver {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text?: string;
  readonly html?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly raw?: string | null;
}

/** A user to add. `alias` is the sAMAccountName too. */
export interface NewMailbox {
  readonly alias: string;
  readonly displayName: string;
  /** Default: alias@domain. */
  readonly upn?: string;
  /** Primary SMTP address; default: alias@domain. It may differ from the UPN. */
  readonly address?: string;
  /** Further SMTP addresses. */
  readonly addresses?: readonly string[];
  /** Default: "Passw0rd!". */
  readonly password?: string;
  /** False: a user without a mailbox (the notification account's trap). Default true. */
  readonly hasMailbox?: boolean;
  /** Default true. */
  readonly activeSyncEnabled?: boolean;
  /** May open remote PowerShell. Default false. */
  readonly remotePowerShell?: boolean;
  /** Cmdlets the account's management roles give it; default all the lab knows. */
  readonly cmdlets?: readonly string[];
  /** Common name in the directory; default the display name, made unique. */
  readonly name?: string;
}

const NO_IDS: readonly string[] = Object.freeze([]);
const NO_MESSAGES: readonly LabMessage[] = Object.freeze([]);

/** What a mailbox is made of; see {@link NewMailbox}. */
interface MailboxFields {
  readonly guid: string;
  readonly exchangeGuid: string;
  readonly userId: string;
  readonly alias: string;
  readonly name: string;
  readonly displayName: string;
  readonly upn: string;
  readonly address: string;
  readonly otherAddresses: readonly string[];
  readonly password: string;
  readonly hasMailbox: boolean;
  readonly activeSyncEnabled: boolean;
  readonly remotePowerShell: boolean;
  readonly cmdlets: readonly string[] | null;
  readonly domain: string;
  readonly createdAt: number;
}

/** A user, normally with a mailbox. Change it through the organization, which tells whoever listens. */
export class Mailbox {
  /** objectGUID of the user: `Guid` of Get-CASMailbox and Get-User. */
  readonly guid: string;
  /** `ExchangeGuid` of the mailbox: another id than {@link guid}. */
  readonly exchangeGuid: string;
  /** Object id in the cloud directory (Graph `userId`): another id again. */
  readonly userId: string;
  readonly alias: string;
  readonly name: string;
  readonly displayName: string;
  readonly upn: string;
  readonly address: string;
  readonly otherAddresses: readonly string[];
  readonly password: string;
  readonly hasMailbox: boolean;
  activeSyncEnabled: boolean;
  readonly remotePowerShell: boolean;
  readonly cmdlets: readonly string[] | null;
  /** DNS name of the Active Directory domain. */
  readonly domain: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  changedAt: number;
  /** ActiveSyncAllowedDeviceIDs, as written. */
  allowedDeviceIds: readonly string[] = NO_IDS;
  /** ActiveSyncBlockedDeviceIDs, as written. */
  blockedDeviceIds: readonly string[] = NO_IDS;
  /** This mailbox's devices, oldest first. */
  partnerships: readonly Partnership[] = [];
  /** Overrides HasActiveSyncDevicePartnership: Exchange's flag can be wrong (KB 3001236). Null = right. */
  partnershipFlag: boolean | null = null;
  /** Oldest first. */
  messages: readonly LabMessage[] = NO_MESSAGES;

  constructor(fields: MailboxFields) {
    this.guid = fields.guid;
    this.exchangeGuid = fields.exchangeGuid;
    this.userId = fields.userId;
    this.alias = fields.alias;
    this.name = fields.name;
    this.displayName = fields.displayName;
    this.upn = fields.upn;
    this.address = fields.address;
    this.otherAddresses = fields.otherAddresses;
    this.password = fields.password;
    this.hasMailbox = fields.hasMailbox;
    this.activeSyncEnabled = fields.activeSyncEnabled;
    this.remotePowerShell = fields.remotePowerShell;
    this.cmdlets = fields.cmdlets;
    this.domain = fields.domain;
    this.createdAt = fields.createdAt;
    this.changedAt = fields.createdAt;
  }

  /** Every SMTP address, the primary one first. */
  get addresses(): readonly string[] {
    return [this.address, ...this.otherAddresses];
  }

  /** `CN=Anna Adler,OU=Users,DC=contoso,DC=example` */
  get distinguishedName(): string {
    return `CN=${escapeRdn(this.name)},OU=Users,${domainComponents(this.domain)}`;
  }

  /** `contoso.example/Users/Anna Adler` */
  get canonicalName(): string {
    return `${this.domain}/Users/${escapeCanonical(this.name)}`;
  }

  /** `HasActiveSyncDevicePartnership` as Exchange answers it. */
  get hasDevicePartnership(): boolean {
    return this.partnershipFlag ?? this.partnerships.length > 0;
  }
}

/** `contoso.example` → `DC=contoso,DC=example` */
export function domainComponents(domain: string): string {
  return domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
}

/** Escapes a value of a relative distinguished name (RFC 4514 2.4). */
export function escapeRdn(value: string): string {
  return value
    .replace(/[\\,+"<>;=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

/** Escapes a component of a canonical name: Active Directory writes "/" as "\/". */
export function escapeCanonical(value: string): string {
  return value.replace(/\//g, '\\/');
}
