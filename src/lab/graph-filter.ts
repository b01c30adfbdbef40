/** The part of OData's `$filter` that Graph grants on managed devices: conditions joined by `and`. */

/** Why a filter is refused, in Graph's manner. */
export class FilterError extends Error {}

/** Operators granted per property; a property that is not here cannot be filtered by. */
export type FilterGrants = Readonly<Record<string, readonly FilterOperator[]>>;
export type FilterOperator = 'eq' | 'ne' | 'lt' | 'gt' | 'contains';

/**
 * What the property annotations of the v1.0 metadata (schema of 2026-07-31) grant on managedDevice. `easDeviceId` is not
 * among them: a device cannot be looked up by EAS ID. Some annotations also name `or`; the entity's says `and` only, and
 * what the service really takes is not known, so the lab refuses `or`.
 */
export const MANAGED_DEVICE_GRANTS: FilterGrants = {
  azureADDeviceId: ['eq'],
  complianceGracePeriodExpirationDateTime: ['lt', 'gt'],
  complianceState: ['eq'],
  deviceCategoryDisplayName: ['eq'],
  deviceName: ['eq', 'contains'],
  emailAddress: ['contains'],
  enrolledDateTime: ['lt', 'gt'],
  exchangeAccessState: ['eq'],
  imei: ['eq'],
  jailBroken: ['eq'],
  lastSyncDateTime: ['lt', 'gt'],
  managementAgent: ['eq'],
  managementState: ['eq'],
  manufacturer: ['eq'],
  model: ['eq', 'contains'],
  operatingSystem: ['eq'],
  osVersion: ['contains'],
  phoneNumber: ['contains'],
  serialNumber: ['eq'],
  userPrincipalName: ['eq', 'ne'],
};

type Row = Readonly<Record<string, unknown>>;

const CONDITION =
  /^(?:contains\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)|(\w+)\s+(eq|ne|lt|gt)\s+('(?:[^']|'')*'|[^\s')]+))$/;

/**
 * A test for rows.
 * @throws FilterError for anything that is not granted
 */
export function compileFilter(text: string, grants: FilterGrants): (row: Row) => boolean {
  const tests = splitAtAnd(text).map((condition) => compileCondition(condition.trim(), grants));
  return (row) => tests.every((test) => test(row));
}

function compileCondition(condition: string, grants: FilterGrants): (row: Row) => boolean {
  const match = CONDITION.exec(condition);
  if (match === null) throw new FilterError(`Invalid filter clause: ${condition}`);
  const [, containsName, containsText, name, operator, literal] = match;
  const property = (containsName ?? name) as string;
  const wanted = (containsName === undefined ? operator : 'contains') as FilterOperator;
  const granted = Object.hasOwn(grants, property) ? grants[property] : undefined;
  if (granted?.includes(wanted) !== true)
    throw new FilterError(`The property '${property}' cannot be filtered with '${wanted}'.`);
  const value = unquote(literal ?? `'${containsText ?? ''}'`);
  return (row) => compare(text(row[property]), wanted, value);
}

function compare(left: string, operator: FilterOperator, right: string): boolean {
  if (operator === 'lt' || operator === 'gt') {
    const difference = Date.parse(left) - Date.parse(right);
    return operator === 'lt' ? difference < 0 : difference > 0;
  }
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (operator === 'contains') return a.includes(b);
  return operator === 'eq' ? a === b : a !== b;
}

/** Splits at ` and ` outside of quotes. */
function splitAtAnd(filter: string): string[] {
  const parts = filter.split(/('(?:[^']|'')*')/);
  let conditions = [''];
  for (const [index, part] of parts.entries()) {
    const [first = '', ...rest] = index % 2 === 1 ? [part] : part.split(/\s+and\s+/i);
    conditions = [...conditions.slice(0, -1), `${conditions.at(-1) ?? ''}${first}`, ...rest];
  }
  return conditions;
}

function unquote(literal: string): string {
  return literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : literal;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
