/** Users, mailboxes and their devices in the simulated organization, with the names Active Directory gives them. */
import type { AccessHold, AccessReason, DeviceAccessRule } from './access-evaluation.ts';
import type { AccessState } from '../model/records.ts';
import { domainComponents, escapeCanonical, escapeRdn } from './directory-names.ts';
import type { ClientType, PhoneSync } from './phone-sync.ts';

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

/** RecipientTypeDetails of the mailboxes that Exchange's administrators make. Every one of them is a UserMailbox by RecipientType. */
export type MailboxType = 'UserMailbox' | 'LinkedMailbox' | 'SharedMailbox' | 'RoomMailbox' | 'EquipmentMailbox';

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
  /** Of the mailbox; default UserMailbox. */
  readonly type?: MailboxType;
  /** Default true. */
  readonly activeSyncEnabled?: boolean;
  /** May open remote PowerShell. Default false. */
  readonly remotePowerShell?: boolean;
  /** Cmdlets the account's management roles give it, see LabCaller; default all the lab knows. None: it has no role. */
  readonly cmdlets?: readonly string[];
  /** Common name in the directory; default the display name, made unique. */
  readonly name?: string;
  /** Active Directory domain; default that of the organization. */
  readonly domain?: string;
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
  readonly type: MailboxType;
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
  readonly type: MailboxType;
  activeSyncEnabled: boolean;
  /** What its owner chose at the first visit of Outlook on the web; null: there was none. */
  language: string | null = null;
  /** Its account may not sign in. */
  accountDisabled = false;
  hiddenFromAddressLists = false;
  /** Name of the throttling policy its account has; null: the organization's. */
  throttlingPolicy: string | null = null;
  /** What is in it, bytes, and from where on it may not send; null: as its database says. */
  bytes = 40_265_318;
  sendQuota: number | null = null;
  remotePowerShell: boolean;
  cmdlets: readonly string[] | null;
  /** DNS name of the Active Directory domain. */
  readonly domain: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  changedAt: number;
  /** ActiveSyncAllowedDeviceIDs, as written. */
  allowedDeviceIds: readonly string[] = NO_IDS;
  /** ActiveSyncBlockedDeviceIDs, as written. */
  blockedDeviceIds: readonly string[] = NO_IDS;
  /** The lists as a domain controller has them that is behind; null: none is. */
  listsBehind: Pick<Mailbox, 'allowedDeviceIds' | 'blockedDeviceIds'> | null = null;
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
    this.type = fields.type;
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

/** What DeviceInformation carries. */
const INFORMATION = ['model', 'os', 'osLanguage', 'friendlyName', 'imei', 'mobileOperator', 'phoneNumber'] as const;

/** One mobile device object: it stands with the mailbox, as each knows the other. Change it through the organization. */
export class Partnership {
  readonly guid: string;
  readonly mailbox: Mailbox;
  /** As the phone spelled it first. */
  readonly deviceId: string;
  readonly deviceType: string;
  model: string;
  os: string;
  osLanguage: string;
  userAgent: string;
  friendlyName: string;
  imei: string;
  mobileOperator: string;
  phoneNumber: string;
  readonly clientType: ClientType;
  clientVersion: string;
  meetsPolicy: boolean;
  state: AccessState = 'unknown';
  reason: AccessReason = 'unknown';
  rule: DeviceAccessRule | null = null;
  hold: AccessHold | null = null;
  /** Milliseconds since 1970, as all times here. */
  firstSyncAt: number;
  /** Null: Exchange tells of none. */
  lastSyncAttemptAt: number | null;
  lastSuccessfulSyncAt: number | null = null;
  changedAt: number;
  /** When Clear-MobileDevice asked for a wipe, and whether only of the account. */
  wipeRequestedAt: number | null = null;
  wipeAccountOnly = false;
  /** The GUID in the name of its container, if that is what two domain controllers left of one that both made; null: it is not. */
  conflict: string | null = null;
  /** Its DeviceId is empty. */
  hasLostId = false;

  constructor(guid: string, mailbox: Mailbox, phone: PhoneSync, now: number) {
    this.guid = guid;
    this.mailbox = mailbox;
    this.deviceId = phone.deviceId;
    this.deviceType = phone.deviceType;
    this.model = phone.model ?? '';
    this.os = phone.os ?? '';
    this.osLanguage = phone.osLanguage ?? '';
    this.userAgent = phone.userAgent ?? '';
    this.friendlyName = phone.friendlyName ?? '';
    this.imei = phone.imei ?? '';
    this.mobileOperator = phone.mobileOperator ?? '';
    this.phoneNumber = phone.phoneNumber ?? '';
    this.clientType = phone.clientType ?? 'EAS';
    this.clientVersion = phone.clientVersion ?? '16.1';
    this.meetsPolicy = phone.meetsPolicy ?? true;
    this.firstSyncAt = now;
    this.lastSyncAttemptAt = now;
    this.changedAt = now;
  }

  /** Takes what every request carries in its headers and query. True if anything changed. */
  takeHeaders(phone: PhoneSync): boolean {
    const before = [this.userAgent, this.clientVersion, this.meetsPolicy];
    this.userAgent = phone.userAgent ?? this.userAgent;
    this.clientVersion = phone.clientVersion ?? this.clientVersion;
    this.meetsPolicy = phone.meetsPolicy ?? this.meetsPolicy;
    return [this.userAgent, this.clientVersion, this.meetsPolicy].some((value, index) => value !== before[index]);
  }

  /** Takes what the phone tells in its DeviceInformation (MS-ASCMD Settings, Provision). True if anything changed. */
  takeInformation(phone: PhoneSync): boolean {
    let changed = false;
    for (const field of INFORMATION) {
      const value = phone[field];
      if (value === undefined || value === this[field]) continue;
      this[field] = value;
      changed = true;
    }
    return changed;
  }

  /** As if nobody had used it between these times and now. */
  leaveUnused({ firstSyncAt, lastSyncAt }: { readonly firstSyncAt: number; readonly lastSyncAt: number }): void {
    this.firstSyncAt = firstSyncAt;
    this.lastSyncAttemptAt = lastSyncAt;
    this.lastSuccessfulSyncAt = lastSyncAt;
  }

  /** `iPhone§ApplDLXH1234` (U+00A7); other protocols than EAS come first: `REST§Outlook§5eec…`. */
  get name(): string {
    const name = `${this.deviceType}§${this.deviceId}`;
    return this.clientType === 'EAS' ? name : `${this.clientType}§${name}`;
  }

  /** `CN=iPhone§ApplXX,CN=ExchangeActiveSyncDevices,CN=Anna,…` */
  get distinguishedName(): string {
    // The older one of two objects of one name is renamed with a line feed, CNF and its GUID (Microsoft TechNet, "Unravelling CNF").
    const mark = this.conflict === null ? '' : `\\0ACNF:${this.conflict}`;
    return `CN=${escapeRdn(this.name)},CN=ExchangeActiveSyncDevices${mark},${this.mailbox.distinguishedName}`;
  }

  /** `contoso.example/Users/Anna/ExchangeActiveSyncDevices/iPhone§ApplXX` */
  get identity(): string {
    const mark = this.conflict === null ? '' : `\nCNF:${this.conflict}`;
    return `${this.mailbox.canonicalName}/ExchangeActiveSyncDevices${mark}/${escapeCanonical(this.name)}`;
  }
}

/** What the phone learns. */
export interface SyncResult {
  readonly state: AccessState;
  readonly reason: AccessReason;
  /** 200 mail flows (quarantined: only Exchange's own notice), 403 blocked or ActiveSync off, 401 not signed in. */
  readonly httpStatus: 200 | 401 | 403;
  /** Null if the request was refused before Exchange made a partnership. */
  readonly partnership: Partnership | null;
}
