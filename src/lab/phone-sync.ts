/** What a phone shows of itself when it syncs. */

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
