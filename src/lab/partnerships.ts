/** Device partnerships, as whoever acts for a phone sees them. */
import type { AccessReason } from './access-evaluation.ts';
import type { AccessState } from '../model/records.ts';
import type { Partnership } from './mailboxes.ts';

export { Partnership } from './mailboxes.ts';
export type { ClientType, PhoneSync } from './phone-sync.ts';

/** What the phone learns. */
export interface SyncResult {
  readonly state: AccessState;
  readonly reason: AccessReason;
  /** 200 mail flows (quarantined: only Exchange's own notice), 403 blocked or ActiveSync off, 401 not signed in. */
  readonly httpStatus: 200 | 401 | 403;
  /** Null if the request was refused before Exchange made a partnership. */
  readonly partnership: Partnership | null;
}
