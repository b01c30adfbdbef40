/** A blocked phone that nobody has, to show and to check mails with. */
import type { DeviceChange, DeviceRecord } from '../../model/records.ts';

/** The news of it, blocked at this ISO time. */
export function sampleChange(at: string): DeviceChange {
  const reason = { code: 'not-enrolled', text: 'A sample.' } as const;
  const device: DeviceRecord = {
    key: 'sample',
    status: 'eas',
    eas: {
      kind: 'eas',
      key: 'sample',
      organization: 'sample',
      easId: 'K6CKULJTID3SDEAIV0ELHBBTTO',
      mailbox: {
        id: '00000000-0000-0000-0000-000000000000',
        upn: 'anna@contoso.com',
        address: 'anna@contoso.com',
        displayName: 'Anna Adler',
        addresses: ['anna@contoso.com'],
      },
      device: {
        type: 'iPhone',
        model: 'iPhone16C1',
        os: 'iOS 18.1',
        userAgent: 'Apple-iPhone16C1/2202.83',
        friendlyName: "Anna's iPhone",
        imei: null,
        clientType: 'EAS',
        protocolVersion: '16.1',
      },
      access: { state: 'allowed', reason: 'global', listed: null },
      firstSyncAt: at,
    },
    match: { by: null, evidence: [] },
    reason,
  };
  return {
    device,
    decision: { action: 'block', rule: 'sample', reason: { ...reason, evidence: [] } },
    change: { from: 'allowed', to: 'blocked', at, applied: true, attempts: 1 },
  };
}
