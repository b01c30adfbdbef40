/**
 * Devices as a CSV file, as an MDM's console or a report by mail writes it on a machine with a German locale: byte order mark,
 * semicolons, CRLF, and cells with quotes and line breaks (RFC 4180). In process, no sockets.
 */
import type { LabMdm, ManagedDevice } from './managed-devices.ts';
import type { Organization } from './organization.ts';

type Column = readonly [name: string, value: (device: ManagedDevice) => string];

const COLUMNS: readonly Column[] = [
  ['id', ({ id }) => id],
  ['easId', ({ easDeviceId }) => easDeviceId],
  ['upn', ({ userPrincipalName }) => userPrincipalName],
  ['email', ({ emailAddress, userPrincipalName }) => [...new Set([emailAddress, userPrincipalName])].join(';')],
  ['name', ({ deviceName }) => deviceName],
  ['platform', ({ operatingSystem }) => operatingSystem],
  ['osVersion', ({ osVersion }) => osVersion],
  ['manufacturer', ({ manufacturer }) => manufacturer],
  ['model', ({ model }) => model],
  ['serial', ({ serialNumber }) => serialNumber],
  ['imei', ({ imei }) => imei],
  ['managed', ({ managementState }) => (managementState === 'managed' ? 'yes' : 'no')],
  ['compliance', ({ complianceState }) => (complianceState === 'inGracePeriod' ? 'in-grace' : complianceState)],
  ['enrolledAt', ({ enrolledDateTime }) => enrolledDateTime],
  ['lastSeenAt', ({ lastSyncDateTime }) => lastSyncDateTime],
  ['remark', ({ userDisplayName }) => `Phone of "${userDisplayName}"\r\nsee the list of assets; 2nd shelf`],
];

/** The whole file as text, byte order mark included. */
export function csvExport(organization: Organization, mdm: LabMdm): string {
  const rows = [...organization.enrolledIn(mdm).values()].map((device) => COLUMNS.map(([, value]) => value(device)));
  const lines = [COLUMNS.map(([name]) => name), ...rows].map((cells) => cells.map(cellOf).join(';'));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

function cellOf(text: string): string {
  return /[;"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
