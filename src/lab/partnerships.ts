/** A mobile device partnership: what one phone is to one mailbox, with the names Exchange gives it. */
import type { AccessHold, AccessReason, DeviceAccessRule } from './access-evaluation.ts';
import type { AccessState } from '../model/records.ts';
import { escapeCanonical, escapeRdn } from './mailboxes.ts';
import type { Mailbox } from './mailboxes.ts';

/** Protocols a mobile client speaks (ClientType of Get-MobileDevice). */
export type ClientType = 'EAS' | 'MOWA' | 'REST' | 'Outlook';

/** What a phone shows of itself when it syncs. */
export interface PhoneSync {
  /** Any SMTP address or the UPN of the mailbox. */
  readonly mailbox: string;
  /** Checked when given. */
  readonly password?: string;
  readonly deviceId: string;
  readonly deviceType: string;
  readonly model?: string;
  readonly os?: string;
  readonly osLanguage?: string;
  readonly userAgent?: string;
  readonly friendlyName?: string;
  readonly imei?: string;
  readonly mobileOperator?: string;
  readonly phoneNumber?: string;
  readonly clientType?: ClientType;
  /** ActiveSync protocol version; default 16.1. */
  readonly clientVersion?: string;
  /** False: the phone cannot meet the mailbox policy and is blocked by it. Default true. */
  readonly meetsPolicy?: boolean;
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

/** What DeviceInformation carries. */
const INFORMATION = ['model', 'os', 'osLanguage', 'friendlyName', 'imei', 'mobileOperator', 'phoneNumber'] as const;

/** One mobile device object. Change it through the organization. */
export class Partnership {
  readonly guid: string;
  readonly mailbox: Mailbox;
  /** As the phone spelled it first. */
  readonly deviceId: string;
  deviceType: string;
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
  readonly firstSyncAt: number;
  lastSyncAttemptAt: number;
  lastSuccessfulSyncAt: number | null = null;
  changedAt: number;
  /** When Clear-MobileDevice asked for a wipe, and whether only of the account. */
  wipeRequestedAt: number | null = null;
  wipeAccountOnly = false;

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
    const before = [this.deviceType, this.userAgent, this.clientVersion, this.meetsPolicy];
    this.deviceType = phone.deviceType;
    this.userAgent = phone.userAgent ?? this.userAgent;
    this.clientVersion = phone.clientVersion ?? this.clientVersion;
    this.meetsPolicy = phone.meetsPolicy ?? this.meetsPolicy;
    return [this.deviceType, this.userAgent, this.clientVersion, this.meetsPolicy].some(
      (value, index) => value !== before[index],
    );
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

  /** `iPhone§ApplDLXH1234` (U+00A7); other protocols than EAS come first: `REST§Outlook§5eec…`. */
  get name(): string {
    const name = `${this.deviceType}§${this.deviceId}`;
    return this.clientType === 'EAS' ? name : `${this.clientType}§${name}`;
  }

  /** `CN=iPhone§ApplXX,CN=ExchangeActiveSyncDevices,CN=Anna,…` */
  get distinguishedName(): string {
    return `CN=${escapeRdn(this.name)},CN=ExchangeActiveSyncDevices,${this.mailbox.distinguishedName}`;
  }

  /** `contoso.example/Users/Anna/ExchangeActiveSyncDevices/iPhone§ApplXX` */
  get identity(): string {
    return `${this.mailbox.canonicalName}/ExchangeActiveSyncDevices/${escapeCanonical(this.name)}`;
  }
}
