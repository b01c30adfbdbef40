/** People and phones for node tests. */
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import type { OrganizationOptions } from '../../src/lab/organization.ts';

/** When the organization of {@link still} stands still. */
export const NOW = '2026-06-01T08:00:00.000Z';

/** Anna's phone, as it introduces itself to Exchange. */
export const ANNAS_PHONE = {
  deviceId: 'K6CKULJTID3SDEAIV0ELHBBTTO',
  deviceType: 'iPhone',
  model: 'iPhone16C1',
  os: 'iOS 18.1',
  userAgent: 'Apple-iPhone16C1/2202.83',
};

/** Anna's phone, as Intune knows it. */
export const ANNAS_ENROLLMENT = {
  upn: 'anna@contoso.example',
  platform: 'ios',
  model: 'iPhone 16',
  name: "Anna's iPhone",
  serial: 'F2LXK0001',
  easDeviceId: ANNAS_PHONE.deviceId,
} as const;

/** An organization with the same GUIDs and times at every run. */
export function still(options: OrganizationOptions = {}): Organization {
  return new Organization({ ...options, now: () => Date.parse(NOW), newId: sequentialIds() });
}

/** Anna has a mailbox, and her phone has synced once. */
export function anna(organization: Organization): Organization {
  organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
  organization.syncPhone({ ...ANNAS_PHONE, mailbox: 'anna@contoso.example' });
  return organization;
}

/** Somebody else's phone is enrolled: an MDM that knows nobody at all is not believed. */
export function aManagedPhone(organization: Organization): Organization {
  organization.enroll({
    upn: 'somebody@contoso.example',
    platform: 'ios',
    model: 'iPhone 16',
    name: "Somebody's iPhone",
    serial: 'F2LXK9999',
    easDeviceId: 'SOMEBODYSPHONE',
  });
  return organization;
}

/** `count` more people, each with a phone that Exchange knows. */
export function people(organization: Organization, count: number): Organization {
  for (let i = 0; i < count; i += 1) {
    organization.addMailbox({ alias: `user${i}`, displayName: `User ${i}` });
    organization.syncPhone({ ...ANNAS_PHONE, deviceId: `PHONE${i}`, mailbox: `user${i}@contoso.example` });
  }
  return organization;
}

/** User 1 has enrolled a phone like the one that Exchange knows, and nobody can say yet that it is the same. */
export function enrollUser1(organization: Organization): Organization {
  const { easDeviceId: _unknown, ...enrollment } = ANNAS_ENROLLMENT;
  organization.enroll({ ...enrollment, upn: 'user1@contoso.example', name: "User 1's iPhone", serial: 'F2LXK0002' });
  return organization;
}
