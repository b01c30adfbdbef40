/** Prints cmdlet output as a table, row by row as it comes. Foreign text never reaches a terminal raw. */
import type { PlainObject, PlainValue } from '../clixml/value.ts';
import { safeJson, safeText } from './safe-text.ts';
import { textWidth, toWidth } from './text-width.ts';

/** A value in a table's cell. */
function cellText(value: PlainValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return (value as readonly PlainValue[]).map(cellText).join(', ');
  if (typeof value === 'object') return safeJson(value instanceof Uint8Array ? { bytes: value } : value);
  return safeText(String(value));
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
  'Get-OrganizationConfig': ['Name', 'Guid'],
  'Get-ExchangeServer': ['Name', 'Fqdn', 'AdminDisplayVersion', 'Edition', 'ServerRole'],
  'Get-DynamicDistributionGroup': ['DisplayName', 'PrimarySmtpAddress', 'RecipientFilter', 'RecipientContainer'],
  'Get-DistributionGroupMember': ['DisplayName', 'PrimarySmtpAddress', 'RecipientTypeDetails', 'Guid'],
};

/** Rows looked at before the widths are fixed. */
const SAMPLE = 50;
/** Widest column: a GUID with room to spare, so that one long value does not push the others away. */
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
      Math.min(MAX_WIDTH, Math.max(name.length, ...rows.map((row) => textWidth(row[at] ?? '')))),
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
      .map((cell, at) => (isLast(at) && this.#columns === null ? cell : toWidth(cell, widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
    return this.#columns === null ? line : toWidth(line, this.#columns).trimEnd();
  }
}
