/** The "Only" field of the EAS source: `{"deviceType": "iPhone"}` as a structured filter. Never filter text. */
import { ConnectorError } from '../errors.ts';
import type { Filter, FilterComparison } from './cmdlets/filter.ts';
import type { EasScope } from './eas-records.ts';

/** What may be named, and Exchange's filterable property for it (Get-MobileDevice and Get-CASMailbox, -Filter). */
const DEVICE_PROPERTIES: Readonly<Record<string, string>> = {
  deviceType: 'DeviceType',
  deviceModel: 'DeviceModel',
  deviceOs: 'DeviceOS',
  userAgent: 'DeviceUserAgent',
  clientType: 'ClientType',
  accessState: 'DeviceAccessState',
};
const MAILBOX_PROPERTIES: Readonly<Record<string, string>> = {
  mailbox: 'PrimarySmtpAddress',
  displayName: 'DisplayName',
};

/**
 * The scope an EAS source reads; every condition must hold, `*` is a wildcard, a list means any of them. Empty: everything.
 * @throws ConnectorError ERR_CONFIG_INVALID for a field that is not known or a value that is no text
 */
export function scopeOf(value: unknown): EasScope {
  const conditions = parse(value);
  const device: Filter[] = [];
  const mailbox: Filter[] = [];
  for (const [field, wanted] of Object.entries(conditions)) {
    const property = DEVICE_PROPERTIES[field] ?? MAILBOX_PROPERTIES[field];
    if (property === undefined) {
      const known = [...Object.keys(DEVICE_PROPERTIES), ...Object.keys(MAILBOX_PROPERTIES)].join(', ');
      throw new ConnectorError('ERR_CONFIG_INVALID', `"Only" of the EAS source names "${field}"; it knows ${known}.`, {
        details: { field: 'scope' },
      });
    }
    const values = Array.isArray(wanted) ? (wanted as unknown[]) : [wanted];
    const any = values.map((text) => comparison(property, text, field));
    (DEVICE_PROPERTIES[field] === undefined ? mailbox : device).push(any.length === 1 ? any[0]! : { any });
  }
  return {
    ...(device.length === 0 ? {} : { device: { all: device } }),
    ...(mailbox.length === 0 ? {} : { mailbox: { all: mailbox } }),
  };
}

function parse(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null || value === '') return {};
  let parsed: unknown = value;
  try {
    if (typeof value === 'string') parsed = JSON.parse(value);
  } catch (cause) {
    throw new ConnectorError('ERR_CONFIG_INVALID', '"Only" of the EAS source is not JSON.', {
      cause,
      details: { field: 'scope' },
    });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new ConnectorError(
    'ERR_CONFIG_INVALID',
    '"Only" of the EAS source must be an object such as {"deviceType": "iPhone"}.',
    {
      details: { field: 'scope' },
    },
  );
}

function comparison(property: string, text: unknown, field: string): FilterComparison {
  if (typeof text !== 'string' || text === '') {
    throw new ConnectorError(
      'ERR_CONFIG_INVALID',
      `"Only" of the EAS source: the value of "${field}" must be a text.`,
      {
        details: { field: 'scope' },
      },
    );
  }
  return { property, operator: text.includes('*') ? 'like' : 'eq', value: text };
}
