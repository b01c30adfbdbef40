/** Changed devices as the access switch tells them, made by hand. */
import type { DeviceChange, DeviceNews, EasRecord } from '../../src/model/records.ts';
import { easRecord } from './records.ts';

/** True for news of a device that was changed. */
export function isDeviceChange(news: DeviceNews): news is DeviceNews & DeviceChange {
  return news.device !== null && news.decision !== null && news.change !== null;
}

/** The n-th person's phone was blocked. */
export function blocked(
  n: number,
  changes: Partial<DeviceChange['change']> = {},
  eas: Partial<EasRecord> = {},
): DeviceChange {
  const record = easRecord(n, eas);
  const reason = { code: 'not-enrolled', text: 'No enrolled device of this user fits.' } as const;
  return {
    device: { key: record.key, status: 'eas', eas: record, match: { by: null, evidence: [] }, reason },
    decision: { action: 'block', rule: 'not enrolled', reason: { ...reason, evidence: [] } },
    change: { from: 'allowed', to: 'blocked', at: '2026-06-01T08:00:00.000Z', applied: true, attempts: 1, ...changes },
  };
}
