/**
 * The phones of the demo. The first six are the workflow: both orders for devices that report their EAS ID, the link for
 * those that do not, another mail app. The others are what a connector must not get wrong.
 */
import type { PhoneStory } from './phones.ts';

const IPHONE = { deviceType: 'iPhone', os: 'iOS 18.1 22B83', userAgent: 'Apple-iPhone16C1/2202.83' } as const;
const PIXEL = { deviceType: 'Android', os: 'Android 15', userAgent: 'Android-Mail/2024.10.13.687' } as const;

/** What another phone says it has, too. */
const BENS_EAS_ID = 'TUCLLFJHPL779ACL9DCJQFN39F';

/** Members of this group are left alone, where the demo's rules say so. */
export const EXCLUDED_GROUP = 'No device control';

export const PHONE_STORIES: readonly PhoneStory[] = [
  {
    id: 'iphone-mail-first',
    platform: 'ios',
    owner: { alias: 'anna', displayName: 'Anna Adler' },
    account: { ...IPHONE, deviceId: 'K6CKULJTID3SDEAIV0ELHBBTTO', model: 'iPhone16C1', friendlyName: "Anna's iPhone" },
    enrollment: {
      name: "Anna's iPhone",
      model: 'iPhone 16',
      serial: 'F2LANNA0001',
      easDeviceId: 'K6CKULJTID3SDEAIV0ELHBBTTO',
    },
    must: { final: 'allowed', reason: 'merged', mails: 1, writes: 2, mergedBy: 'eas-id' },
    async play(phone) {
      phone.addAccount();
      await phone.untilState('blocked');
      await phone.enrollMail();
      phone.enroll('after the mail');
      await phone.untilState('allowed');
      phone.sync();
    },
  },
  {
    id: 'iphone-portal-first',
    platform: 'ios',
    owner: { alias: 'ben', displayName: 'Ben Brandt', upn: 'b.brandt@corp.contoso.example' },
    account: { ...IPHONE, deviceId: BENS_EAS_ID, model: 'iPhone16C1', friendlyName: "Ben's iPhone" },
    enrollment: {
      name: "Ben's iPhone",
      model: 'iPhone 16',
      serial: 'F2LBENB0002',
      easDeviceId: BENS_EAS_ID,
    },
    must: { final: 'allowed', reason: 'merged', mails: 0, writes: 0, neverBlocked: true, mergedBy: 'eas-id' },
    async play(phone) {
      phone.enroll('in the company portal first', { hoursAgo: 1 });
      await phone.pause();
      phone.addAccount();
      await phone.nextSync();
      phone.sync();
    },
  },
  {
    id: 'knox-mail-first',
    platform: 'android',
    owner: { alias: 'carla', displayName: 'Carla Costa' },
    account: {
      deviceType: 'SamsungDevice',
      os: 'Android 14',
      userAgent: 'SAMSUNG-SM-S921B/101.140000',
      deviceId: 'SEC1C4F2A9B03D7E',
      model: 'SM-S921B',
      friendlyName: 'Galaxy S24',
    },
    enrollment: {
      name: 'carla_Samsung',
      manufacturer: 'samsung',
      model: 'SM-S921B',
      serial: 'R5CCARLA003',
      easDeviceId: 'sec1c4f2a9b03d7e',
    },
    must: { final: 'allowed', reason: 'merged', mails: 1, writes: 2, mergedBy: 'eas-id' },
    async play(phone) {
      phone.addAccount();
      await phone.untilState('blocked');
      await phone.enrollMail();
      phone.enroll('after the mail');
      await phone.untilState('allowed');
      phone.sync();
    },
  },
  {
    id: 'pixel-link',
    platform: 'android',
    owner: { alias: 'dora', displayName: 'Dora Dietz' },
    account: { ...PIXEL, deviceId: 'androidc1502093318', model: 'Pixel 9', friendlyName: 'Pixel 9' },
    enrollment: { name: 'dora_AndroidForWork', manufacturer: 'Google', model: 'Pixel 9', serial: '4A181FDORA04' },
    must: { final: 'allowed', reason: 'merged', mails: 1, mergedBy: 'activation' },
    async play(phone) {
      phone.addAccount();
      await phone.untilState('blocked');
      await phone.useLink(await phone.enrollMail());
      await phone.pause();
      phone.enroll('after pressing the button behind the link');
      await phone.untilState('allowed');
      phone.sync();
    },
  },
  {
    id: 'pixel-store-app',
    platform: 'android',
    owner: { alias: 'emil', displayName: 'Emil Ernst' },
    account: { ...PIXEL, deviceId: 'androidc1987420551', model: 'Pixel 8', friendlyName: 'Pixel 8' },
    enrollment: { name: 'emil_AndroidForWork', manufacturer: 'Google', model: 'Pixel 8', serial: '3B242FEMIL05' },
    must: { final: 'allowed', reason: 'merged', mails: 2, mergedBy: 'activation', reasonOnTheWay: 'needs-activation' },
    async play(phone) {
      phone.addAccount();
      await phone.untilState('blocked');
      const mail = await phone.enrollMail();
      phone.enroll('from the app store, without the link');
      // Enrolled, yet its records cannot merge: the phone stays blocked until the link is used, and a second mail says so.
      await phone.useLink(await phone.newerMail(mail));
      await phone.untilState('allowed');
      phone.sync();
    },
  },
  {
    id: 'iphone-other-client',
    platform: 'ios',
    owner: { alias: 'frida', displayName: 'Frida Falk' },
    account: {
      deviceType: 'SwiftMail',
      os: 'iOS 18.1',
      userAgent: 'SwiftMail-iOS/7.2.1',
      deviceId: '5EEC0A1B22C94E0F8D31AA07C4B9F6E2',
      model: 'SwiftMail',
      friendlyName: 'SwiftMail',
    },
    enrollment: {
      name: "Frida's iPhone",
      model: 'iPhone 15',
      serial: 'F2LFRIDA006',
      easDeviceId: 'QH4N7T0VKD5OB1L8JFS29R6EMC',
    },
    must: { final: 'blocked', reason: 'not-native-client', mails: 1, writes: 1 },
    async play(phone) {
      phone.enroll('with its own mail app');
      phone.addAccount({
        ...IPHONE,
        deviceId: 'QH4N7T0VKD5OB1L8JFS29R6EMC',
        model: 'iPhone15C4',
        friendlyName: "Frida's iPhone",
      });
      await phone.pause();
      phone.addAccount();
      await phone.untilState('blocked');
    },
  },
  {
    id: 'noncompliant',
    platform: 'ios',
    owner: { alias: 'gero', displayName: 'Gero Grau' },
    account: { ...IPHONE, deviceId: 'B7QK2M9X4ZT0VHS6PNC1LWD8EG', model: 'iPhone15C3', friendlyName: "Gero's iPhone" },
    enrollment: {
      name: "Gero's iPhone",
      model: 'iPhone 15',
      serial: 'F2LGERO0007',
      easDeviceId: 'B7QK2M9X4ZT0VHS6PNC1LWD8EG',
    },
    must: { final: 'blocked', reason: 'noncompliant', mails: 1, writes: 1, mergedBy: 'eas-id' },
    async play(phone) {
      const device = phone.enroll('in the company portal first');
      phone.addAccount();
      await phone.nextSync();
      phone.report(device, { complianceState: 'noncompliant' });
      await phone.untilState('blocked');
      await phone.anyMail();
    },
  },
  {
    id: 'admin-allowed',
    platform: 'android',
    owner: { alias: 'hilde', displayName: 'Hilde Horn' },
    account: { ...PIXEL, deviceId: 'androidc1731900245', model: 'Meeting room', friendlyName: 'Meeting room' },
    enrollment: { name: 'hilde_Android', manufacturer: 'Google', model: 'Pixel 7', serial: '2C131FHILDE8' },
    must: { final: 'allowed', reason: 'not-enrolled', mails: 0, writes: 0, neverBlocked: true },
    async play(phone) {
      phone.allowByAdministrator();
      phone.addAccount();
      await phone.nextSync();
    },
  },
  {
    id: 'returning-device',
    platform: 'ios',
    owner: { alias: 'iris', displayName: 'Iris Imhof' },
    account: { ...IPHONE, deviceId: 'R4ETVRN3D0N3WEASID8Q5M2KJB', model: 'iPhone15C2', friendlyName: "Iris's iPhone" },
    enrollment: {
      name: "Iris's iPhone",
      model: 'iPhone15C2',
      serial: 'F2LIRIS0009',
      easDeviceId: 'O1DEAS1DBEF0RERESTORE7X4YP',
    },
    must: {
      final: 'allowed',
      reason: 'merged',
      mails: 0,
      writes: 0,
      neverBlocked: true,
      mergedBy: 'eas-id',
      reasonOnTheWay: 'returned-with-new-id',
    },
    async play(phone) {
      const before = { ...phone.story.account, deviceId: phone.story.enrollment.easDeviceId ?? '' };
      const device = phone.enroll('with its first EAS ID', { hoursAgo: 24 });
      phone.addAccount(before);
      phone.backdate({ firstSync: 23, lastSync: 1 }, before);
      await phone.nextSync();
      // Restored from a backup: the mail app makes itself a new id, the MDM hears of it at its next check-in, some readings later.
      phone.addAccount();
      phone.tookAMinute();
      for (let syncs = 0; syncs < 4; syncs += 1) await phone.nextSync();
      phone.report(device, { easDeviceId: phone.story.account.deviceId });
      // Exchange keeps the partnership of the old id: it is superseded, and blocked without a mail.
      await phone.nextSync();
      await phone.nextSync();
    },
  },
  {
    id: 'two-mailboxes',
    platform: 'ios',
    owner: { alias: 'sales', displayName: 'Sales team' },
    user: { alias: 'jan', displayName: 'Jan Jost' },
    account: { ...IPHONE, deviceId: 'J2XTWOMAI1BOXES0NEPHONE6VU', model: 'iPhone16C1', friendlyName: "Jan's iPhone" },
    enrollment: {
      name: "Jan's iPhone",
      model: 'iPhone 16',
      serial: 'F2LJAN00010',
      easDeviceId: 'J2XTWOMAI1BOXES0NEPHONE6VU',
    },
    must: { final: 'allowed', reason: 'other-user', mails: 0, writes: 0, neverBlocked: true },
    async play(phone) {
      phone.enroll('by its user');
      phone.syncMailbox(phone.userAddress);
      phone.addAccount();
      await phone.nextSync();
    },
  },
  {
    id: 'excluded-user',
    platform: 'ios',
    owner: { alias: 'karl', displayName: 'Karl Kern' },
    account: { ...IPHONE, deviceId: 'X3CLUD3DUS3RK4RLK3RN11PH0N', model: 'iPhone16C1', friendlyName: "Karl's iPhone" },
    enrollment: { name: "Karl's iPhone", model: 'iPhone 16', serial: 'F2LKARL0011' },
    must: { final: 'allowed', reason: 'not-enrolled', mails: 0, writes: 0, neverBlocked: true },
    async play(phone) {
      phone.joinGroup(EXCLUDED_GROUP);
      phone.addAccount();
      await phone.nextSync();
    },
  },
  {
    id: 'no-compliance-mdm',
    platform: 'ios',
    owner: { alias: 'lena', displayName: 'Lena Lang' },
    account: { ...IPHONE, deviceId: 'N0C0MPL1ANCE7MDM4LENA2X9QT', model: 'iPhone16C1', friendlyName: "Lena's iPhone" },
    enrollment: {
      mdm: 'jamf',
      name: "Lena's iPhone",
      model: 'iPhone 16',
      serial: 'F2LLENA0012',
      easDeviceId: 'N0C0MPL1ANCE7MDM4LENA2X9QT',
    },
    must: { final: 'allowed', reason: 'merged', mails: 1, writes: 2, mergedBy: 'eas-id' },
    async play(phone) {
      phone.addAccount();
      await phone.untilState('blocked');
      await phone.enrollMail();
      phone.enroll('in an MDM that tells no compliance');
      await phone.untilState('allowed');
      phone.sync();
    },
  },
  {
    id: 'two-tenants',
    platform: 'ios',
    owner: { alias: 'mona', displayName: 'Mona Marx' },
    account: { ...IPHONE, deviceId: 'S3C0NDTENANT5MONA8V1PK6WZR', model: 'iPhone16C1', friendlyName: "Mona's iPhone" },
    enrollment: {
      mdm: 'second-tenant',
      name: "Mona's iPhone",
      model: 'iPhone 16',
      serial: 'F2LMONA0013',
      easDeviceId: 'S3C0NDTENANT5MONA8V1PK6WZR',
    },
    must: { final: 'allowed', reason: 'merged', mails: 0, writes: 0, neverBlocked: true, mergedBy: 'eas-id' },
    async play(phone) {
      phone.enroll('in the second tenant');
      phone.addAccount();
      await phone.nextSync();
    },
  },
  {
    id: 'drawer-phone',
    platform: 'ios',
    owner: { alias: 'nora', displayName: 'Nora Nagel' },
    account: {
      ...IPHONE,
      deviceId: 'D4RAWERN0RANAGEL12PHONEXS',
      model: 'iPhone8C1',
      friendlyName: "Nora's old iPhone",
    },
    enrollment: { name: "Nora's old iPhone", model: 'iPhone 6s', serial: 'F2LNORA0012' },
    must: { final: 'blocked', reason: 'idle', mails: 0, writes: 1 },
    async play(phone) {
      phone.addAccount();
      phone.lieInDrawer(200);
      await phone.untilState('blocked');
      await phone.nextSync();
    },
  },
  {
    id: 'replaced-phone',
    platform: 'ios',
    owner: { alias: 'olga', displayName: 'Olga Ott' },
    account: {
      ...IPHONE,
      deviceId: 'F0RMER0LGA5PH0NE9T7VKD2QWM',
      model: 'iPhone14C2',
      friendlyName: "Olga's former iPhone",
    },
    enrollment: {
      name: "Olga's iPhone",
      model: 'iPhone 16',
      serial: 'F2LOLGA0015',
      easDeviceId: 'F0RMER0LGA5PH0NE9T7VKD2QWM',
    },
    must: { final: 'blocked', reason: 'superseded', mails: 0, writes: 1 },
    async play(phone) {
      const device = phone.enroll('in the company portal first');
      phone.addAccount();
      await phone.nextSync();
      // A new phone takes over the old one's record; the old one's account stays in Exchange.
      const easDeviceId = 'PRESENT0LGA5PH0NE3X8BJH6RN';
      phone.report(device, { easDeviceId });
      phone.addAccount({ ...IPHONE, deviceId: easDeviceId, model: 'iPhone16C1', friendlyName: "Olga's iPhone" });
      await phone.untilState('blocked');
      await phone.nextSync();
    },
  },
  {
    id: 'wiped',
    platform: 'ios',
    owner: { alias: 'paul', displayName: 'Paul Pohl' },
    account: { ...IPHONE, deviceId: 'W1PEDPAUL5PH0NE7C4NZS1GYKD', model: 'iPhone15C3', friendlyName: "Paul's iPhone" },
    enrollment: {
      name: "Paul's iPhone",
      model: 'iPhone 15',
      serial: 'F2LPAUL0016',
      easDeviceId: 'W1PEDPAUL5PH0NE7C4NZS1GYKD',
    },
    must: { final: 'blocked', reason: 'not-enrolled', mails: 0, writes: 1 },
    async play(phone) {
      const device = phone.enroll('in the company portal first');
      phone.addAccount();
      await phone.nextSync();
      phone.report(device, { managementState: 'wipeIssued' });
      await phone.untilState('blocked');
      await phone.nextSync();
    },
  },
  {
    id: 'colleague-id',
    platform: 'android',
    owner: { alias: 'rita', displayName: 'Rita Roth' },
    account: { ...PIXEL, deviceId: BENS_EAS_ID, model: 'Pixel 7', friendlyName: 'Pixel 7' },
    enrollment: { name: 'rita_Android', manufacturer: 'Google', model: 'Pixel 7', serial: '1E131FRITA17' },
    must: { final: 'blocked', reason: 'not-enrolled', mails: 1, writes: 1 },
    async play(phone) {
      // Ben's iPhone, which has this EAS ID, is known by then.
      await phone.nextSync();
      phone.addAccount();
      phone.tookAMinute();
      await phone.untilState('blocked');
      await phone.anyMail();
    },
  },
  {
    id: 'android-reset',
    platform: 'android',
    owner: { alias: 'sven', displayName: 'Sven Sand' },
    account: { ...PIXEL, deviceId: 'androidc1880213377', model: 'Pixel 9', friendlyName: 'Pixel 9' },
    enrollment: { name: 'sven_AndroidForWork', manufacturer: 'Google', model: 'Pixel 9', serial: '5C191FSVEN18' },
    must: { final: 'allowed', reason: 'merged', mails: 2, mergedBy: 'activation' },
    async play(phone) {
      const former = { ...phone.story.account, deviceId: 'androidc1220914586' };
      phone.addAccount(former);
      phone.backdate({ firstSync: 200 * 24, lastSync: 4 }, former);
      const old = await phone.enrollMail();
      // The phone is set up anew; Exchange keeps the account that it had before.
      phone.addAccount();
      phone.backdate({ firstSync: 3, lastSync: 0 });
      const mail = await phone.newerMail(old);
      phone.enroll('after it was set up anew');
      await phone.useLink(old);
      await phone.nextSync();
      // By then that link may have done it.
      await phone.openLink(mail);
      await phone.untilState('allowed');
      phone.sync();
    },
  },
];

/** The workflow itself: what `npm start` and the simulation play. */
export const WORKFLOW_STORIES: readonly PhoneStory[] = PHONE_STORIES.slice(0, 6);

/** The same story told by another owner with another device: wave 1 is the story itself. */
export function storyOfWave(story: PhoneStory, wave: number): PhoneStory {
  if (wave === 1) return story;
  const mark = (text: string): string => `${text.slice(0, -3)}${String(wave).padStart(3, '0')}`;
  const { owner, account, enrollment } = story;
  const { easDeviceId } = enrollment;
  return {
    ...story,
    id: `${story.id}-${wave}`,
    owner: { alias: `${owner.alias}${wave}`, displayName: `${owner.displayName} ${wave}` },
    account: { ...account, deviceId: mark(account.deviceId) },
    enrollment: {
      ...enrollment,
      serial: mark(enrollment.serial),
      ...(easDeviceId === undefined ? {} : { easDeviceId: mark(easDeviceId) }),
    },
  };
}
