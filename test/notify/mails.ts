/** Devices and fields for the tests of mails. */
import { mailFields } from '../../src/notify/mail-fields.ts';
import type { DeviceOfMail, MailFieldSources, MailFields } from '../../src/notify/mail-fields.ts';
import { carriesLink } from '../../src/model/mail-kind.ts';
import type { MailKind } from '../../src/model/mail-kind.ts';
import type { DeviceChange, DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import { anEas, unmatched } from '../support/records.ts';

export const LINK = 'https://mail.contoso.example/activate?token=abc.def';
export const BLOCKED_AT = '2026-05-04T10:00:00.000Z';

export function aDevice(
  reason: DeviceRecord['reason']['code'] = 'not-enrolled',
  {
    device = {},
    mailbox = {},
    mdm,
  }: { device?: Partial<EasRecord['device']>; mailbox?: Partial<EasRecord['mailbox']>; mdm?: MdmRecord } = {},
): DeviceRecord {
  const eas = anEas({
    organization: 'contoso',
    easId: 'ABC123',
    mailbox: {
      id: 'm',
      upn: 'anna@contoso.example',
      address: 'anna@contoso.example',
      displayName: 'Anna Berg',
      addresses: ['anna@contoso.example'],
      ...mailbox,
    },
    device: { os: 'iOS 17.2', friendlyName: "Anna's iPhone", ...device },
    access: { state: 'blocked', reason: 'individual', listed: 'blocked' },
    firstSyncAt: null,
  });
  const record = { ...unmatched(eas, reason), reason: { code: reason, text: '' } };
  return mdm === undefined ? record : { ...record, status: 'eas/mdm', mdm };
}

export function aBlock(device: DeviceRecord = aDevice(), code: string = device.reason.code): DeviceChange {
  return {
    device,
    decision: { action: 'block', rule: 'not enrolled', reason: { code, text: '', evidence: [] } },
    change: { from: 'allowed', to: 'blocked', at: BLOCKED_AT, applied: true, attempts: 1 },
  };
}

/** A device of a mail of this kind. */
export function linked(kind: MailKind, change: Partial<DeviceOfMail> = {}): DeviceOfMail {
  const link = carriesLink(kind) ? LINK : null;
  return { ...aBlock(), link, linkExpiresAt: '2026-05-11T10:00:00.000Z', ...change };
}

/** Fields of a mail about one device, unless it is told otherwise. */
export function someFields(kind: MailKind, change: Partial<MailFieldSources> = {}): MailFields {
  return mailFields({
    kind,
    devices: [linked(kind)],
    enrollUrl: 'https://enroll.example/start',
    helpDesk: '+49 30 1234',
    sender: 'Contoso IT',
    reminder: 0,
    language: 'en',
    ...change,
  });
}
