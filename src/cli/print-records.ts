/** Prints cmdlet output: one JSON object a line, or a table. Foreign text never reaches a terminal raw. */
import type { PlainObject, PlainValue } from '../clixml/value.ts';

/** Control characters and what may turn a terminal's text around; a phone names itself. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** One line of JSON without anything a terminal would act on. 64-bit numbers are numbers where JavaScript has them, else text; bytes are base64. */
export function jsonLine(record: PlainObject): string {
  return JSON.stringify(record, (_name, value: unknown) => jsonValue(value)).replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

/** A value in a table's cell. */
export function cellText(value: PlainValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return (value as readonly PlainValue[]).map(cellText).join(', ');
  if (typeof value === 'object')
    return jsonLine(value instanceof Uint8Array ? { bytes: value } : (value as PlainObject));
  return String(value).replace(UNSAFE, ' ');
}

/** Columns of the table of each cmdlet; what is not here shows its first properties. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  'Get-CASMailbox': [
    'DisplayName',
    'PrimarySmtpAddress',
    'ActiveSyncEnabled',
    'ActiveSyncAllowedDeviceIDs',
    'ActiveSyncBlockedDeviceIDs',
    'Guid',
  ],
  'Get-MobileDevice': [
    'DeviceId',
    'DeviceType',
    'DeviceModel',
    'DeviceOS',
    'DeviceAccessState',
    'DeviceAccessStateReason',
    'FirstSyncTime',
    'UserDisplayName',
  ],
  'Get-MobileDeviceStatistics': [
    'DeviceId',
    'DeviceType',
    'LastSuccessSync',
    'LastSyncAttemptTime',
    'DeviceAccessState',
    'DevicePolicyApplicationStatus',
  ],
  'Get-Recipient': ['DisplayName', 'PrimarySmtpAddress', 'RecipientTypeDetails', 'Guid'],
  'Get-User': ['DisplayName', 'UserPrincipalName', 'RecipientTypeDetails', 'Guid'],
  'Get-ActiveSyncOrganizationSettings': ['DefaultAccessLevel', 'AdminMailRecipients', 'UserMailInsert'],
  'Get-ActiveSyncDeviceAccessRule': ['Name', 'Characteristic', 'QueryString', 'AccessLevel'],
  'Get-ExchangeServer': ['Name', 'Fqdn', 'AdminDisplayVersion', 'Edition', 'ServerRole'],
  'Get-DistributionGroupMember': ['DisplayName', 'PrimarySmtpAddress', 'RecipientTypeDetails', 'Guid'],
};

/** Rows looked at before the widths are fixed. */
const SAMPLE = 50;
const MAX_WIDTH = 48;

/** Lays out rows as they come: the first ones are held back to find the widths, later ones are cut to them. */
export class TablePrinter {
  readonly #cmdlet: string;
  readonly #columns: number | null;
  #names: readonly string[] = [];
  #widths: number[] | null = null;
  #held: string[][] = [];

  /** @param columns characters a line may have; null: lines are not cut */
  constructor(cmdlet: string, columns: number | null) {
    this.#cmdlet = cmdlet;
    this.#columns = columns;
  }

  /** Lines to print now. */
  add(record: PlainObject): string[] {
    if (this.#names.length === 0) this.#names = COLUMNS[this.#cmdlet] ?? Object.keys(record).slice(0, 6);
    const row = this.#names.map((name) => cellText(Object.hasOwn(record, name) ? record[name] : null));
    if (this.#widths !== null) return [this.#line(row, this.#widths)];
    this.#held.push(row);
    return this.#held.length === SAMPLE ? this.#fix() : [];
  }

  /** Lines left at the end. */
  end(): string[] {
    return this.#widths === null && this.#held.length > 0 ? this.#fix() : [];
  }

  #fix(): string[] {
    const rows = this.#held;
    this.#held = [];
    const widths = this.#names.map((name, at) =>
      Math.min(MAX_WIDTH, Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0))),
    );
    this.#widths = widths;
    return [
      this.#line(this.#names, widths),
      this.#line(
        widths.map((width) => '-'.repeat(width)),
        widths,
      ),
      ...rows.map((row) => this.#line(row, widths)),
    ];
  }

  #line(cells: readonly string[], widths: readonly number[]): string {
    const isLast = (at: number) => at === widths.length - 1;
    const line = cells
      .map((cell, at) => (isLast(at) && this.#columns === null ? cell : cut(cell, widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
    return this.#columns === null ? line : line.slice(0, this.#columns);
  }
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text.padEnd(width);
}
