/** Exchange's own mails to a user whose device it quarantined or blocked (KB 3013802). They carry no enroll link. */
import type { MessageToDeliver } from './mailboxes.ts';
import type { Partnership } from './mailboxes.ts';

/** The notice for the device's present state, or null if Exchange sends none. `at` is ISO 8601. */
export function accessNotice(partnership: Partnership, userMailInsert: string, at: string): MessageToDeliver | null {
  const { state, mailbox } = partnership;
  if (state !== 'quarantined' && state !== 'blocked') return null;
  const quarantined = state === 'quarantined';
  const opening = quarantined
    ? 'Your mobile device is temporarily blocked from accessing content via Exchange ActiveSync because the mobile device has been quarantined. You don’t need to take any action. Content will automatically be downloaded as soon as access is granted by your administrator.'
    : 'Your mobile device has been denied access to the server via Exchange ActiveSync because of server policies.';
  const facts = [
    `Device model: ${partnership.model}`,
    `Device type: ${partnership.deviceType}`,
    `Device ID: ${partnership.deviceId}`,
    `Device OS: ${partnership.os}`,
    `Device user agent: ${partnership.userAgent}`,
    `Device IMEI: ${partnership.imei}`,
    `Exchange ActiveSync version: ${partnership.clientVersion}`,
    `Device access state: ${quarantined ? 'Quarantined' : 'Blocked'}`,
    `Device access state reason: ${partnership.reason}`,
  ];
  return {
    from: `postmaster@${mailbox.domain}`,
    to: mailbox.address,
    subject: quarantined
      ? 'Your mobile device is temporarily blocked from synchronizing using Exchange ActiveSync until your administrator grants it access.'
      : 'Your mobile device has been blocked from synchronizing using Exchange ActiveSync.',
    text: [
      opening,
      userMailInsert,
      'Information about your mobile device:',
      ...facts,
      `Sent at ${at} to ${mailbox.address}.`,
    ]
      .filter((line) => line !== '')
      .join('\r\n'),
  };
}
