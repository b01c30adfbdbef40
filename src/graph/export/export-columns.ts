/**
 * Rows of Intune's `Devices` report as managedDevices, so that both readings of a device go through the same mapping.
 * Columns: learn.microsoft.com, "Intune Graph API: reports and properties", list of 2021; Microsoft says that default columns
 * are no promise, so each is asked for by name and looked for in what comes. Numbers of the enums: v1.0 metadata of 2026-07-31.
 */
import { exportError } from './export-error.ts';
import type { GraphRow } from '../pages.ts';

/** Property of a managedDevice → the report's column. Every property that is read has one. */
const COLUMN_OF = {
  id: 'DeviceId',
  userId: 'UserId',
  userPrincipalName: 'UPN',
  emailAddress: 'UserEmail',
  deviceName: 'DeviceName',
  operatingSystem: 'OS',
  osVersion: 'OSVersion',
  manufacturer: 'Manufacturer',
  model: 'Model',
  serialNumber: 'SerialNumber',
  imei: 'IMEI',
  easDeviceId: 'EasID',
  managementAgent: 'ManagementAgents',
  managementState: 'ManagementState',
  complianceState: 'CompliantState',
  complianceGracePeriodExpirationDateTime: 'InGracePeriodUntil',
  enrolledDateTime: 'CreatedDate',
  lastSyncDateTime: 'LastContact',
} as const;

type Property = keyof typeof COLUMN_OF;

/** The columns that are asked for. */
export const EXPORT_COLUMNS: readonly string[] = Object.values(COLUMN_OF);

/** Members of the enums that a report may write as numbers. */
const NUMBERS: Partial<Readonly<Record<Property, Readonly<Record<string, string>>>>> = {
  managementAgent: {
    1: 'eas',
    2: 'mdm',
    3: 'easMdm',
    4: 'intuneClient',
    5: 'easIntuneClient',
    8: 'configurationManagerClient',
    10: 'configurationManagerClientMdm',
    11: 'configurationManagerClientMdmEas',
    16: 'unknown',
    32: 'jamf',
    64: 'googleCloudDevicePolicyController',
    258: 'microsoft365ManagedMdm',
    1024: 'msSense',
  },
  managementState: {
    0: 'managed',
    1: 'retirePending',
    2: 'retireFailed',
    3: 'wipePending',
    4: 'wipeFailed',
    5: 'unhealthy',
    6: 'deletePending',
    7: 'retireIssued',
    8: 'wipeIssued',
    9: 'wipeCanceled',
    10: 'retireCanceled',
    11: 'discovered',
  },
  complianceState: {
    0: 'unknown',
    1: 'compliant',
    2: 'noncompliant',
    3: 'conflict',
    4: 'error',
    254: 'inGracePeriod',
    255: 'configManager',
  },
};

/** Written as words, too: "In grace period" is `inGracePeriod`. */
const WORDS = Object.fromEntries(
  Object.entries(NUMBERS).map(([property, members]) => [
    property,
    new Map(Object.values(members).map((name) => [plainWord(name), name])),
  ]),
) as Partial<Readonly<Record<Property, ReadonlyMap<string, string>>>>;

/** Reads the rows of one report. */
export class ExportRows {
  readonly #places: readonly (readonly [Property, number])[];
  readonly #width: number;

  /**
   * @param header its first row; more columns than were asked for do no harm
   * @throws ConnectorError ERR_GRAPH_EXPORT if a column is not there
   */
  constructor(header: readonly string[]) {
    const found = new Map(header.map((name, at) => [name.trim().toLowerCase(), at]));
    const missing = EXPORT_COLUMNS.filter((column) => !found.has(column.toLowerCase()));
    if (missing.length > 0)
      throw exportError('rows', `has no column ${missing.join(', ')}`, { missing: missing.join(', ') });
    this.#places = Object.entries(COLUMN_OF).map(([property, column]) => [
      property as Property,
      found.get(column.toLowerCase())!,
    ]);
    this.#width = header.length;
  }

  /** @throws ConnectorError ERR_GRAPH_EXPORT for a row with another number of fields, or without an id */
  toManagedDevice(fields: readonly string[], nth: number): GraphRow {
    if (fields.length !== this.#width)
      throw exportError('rows', `has ${fields.length} fields in row ${nth}, not ${this.#width}`, { row: nth });
    const device: Record<string, string> = {};
    for (const [property, place] of this.#places) device[property] = ownText(decoded(property, fields[place]!));
    const { id = '' } = device;
    if (id === '') throw exportError('rows', `has no device id in row ${nth}`, { row: nth });
    return { ...device, id };
  }
}

/** True if the compliance of a device is one that Graph has, not a word of another language. */
export function isComplianceKnown({ complianceState: state }: GraphRow): boolean {
  return typeof state === 'string' && (state === '' || WORDS.complianceState?.get(plainWord(state)) === state);
}

function decoded(property: Property, text: string): string {
  const numbers = NUMBERS[property];
  // A report writes 2026-11-22 11:59:00.0000000, Graph 2026-11-22T11:59:00Z.
  if (numbers === undefined) return property.endsWith('DateTime') ? text.trim().replace(' ', 'T') : text;
  const word = text.trim();
  // A member that is not known stays as it is, as it does in a page of Graph.
  return (Object.hasOwn(numbers, word) ? numbers[word] : WORDS[property]?.get(plainWord(word))) ?? word;
}

function plainWord(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The same text without the chunk around it, which V8 would keep alive with it. */
function ownText(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}
