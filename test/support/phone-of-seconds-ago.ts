import type { Organization } from '../../src/lab/organization.ts';
import type { PhoneSync } from '../../src/lab/phone-sync.ts';

/** More than two clocks compared by the `Date` of their answers may be apart. */
const SECONDS_AGO_MS = 5_000;

/**
 * A phone syncs. If it does so for the first time, its user has taken the seconds that come between adding an account and a
 * reading in life: a test that does both at once has a phone that may be newer than the reading, by what the clocks may be off.
 */
export function syncPhoneOfSecondsAgo(organization: Organization, phone: PhoneSync): void {
  const isNew = organization.partnership(phone.mailbox, phone.deviceId) === null;
  const { partnership } = organization.syncPhone(phone);
  if (isNew && partnership) partnership.firstSyncAt -= SECONDS_AGO_MS;
}
