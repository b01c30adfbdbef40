/** The part of OData's `$filter` that Graph grants on managed devices: conditions joined by `and`, or by `or` if the lab is set up so. */

/** Why a filter is refused, in Graph's manner. */
export class FilterError extends Error {}

/** Operators granted per property; a property that is not here cannot be filtered by. */
export type FilterGrants = Readonly<Record<string, readonly FilterOperator[]>>;
export type FilterOperator = 'eq' | 'ne' | 'lt' | 'gt' | 'contains';

/**
 * What the property annotations of the v1.0 metadata (schema of 2026-07-31) grant on managedDevice. `easDeviceId` is not
 * among them: a device cannot be looked up by EAS ID. Some annotations also name `or`; the entity's says `and` only, and
 * what the service really takes is not known, so the lab refuses `or` unless it is told what to make of it.
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

/**
 * What becomes of conditions joined by `or`: refused; granted, where all compare one property by `eq`; all but the first ignored;
 * the whole filter ignored.
 */
export type OrFilters = 'refused' | 'granted' | 'first-only' | 'ignored';

/** As Entra has it. */
const MOST_OR = 15;

type Row = Readonly<Record<string, unknown>>;

const CONDITION =
  /^(?:contains\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)|(\w+)\s+(eq|ne|lt|gt)\s+('(?:[^']|'')*'|[^\s')]+))$/;

/**
 * A test for rows.
 * @throws FilterError for anything that is not granted
 */
export function compileFilter(
  text: string,
  grants: FilterGrants,
  orFilters: OrFilters = 'refused',
): (row: Row) => boolean {
  const alternatives = orFilters === 'refused' ? [text] : splitAt('or', text);
  if (alternatives.length > 1) return compileAlternatives(alternatives, grants, orFilters);
  const tests = splitAt('and', text).map((condition) => compileCondition(condition.trim(), grants));
  return (row) => tests.every((test) => test(row));
}

function compileAlternatives(
  alternatives: readonly string[],
  grants: FilterGrants,
  orFilters: OrFilters,
): (row: Row) => boolean {
  if (orFilters === 'ignored') return () => true;
  const [first = '', ...rest] = alternatives.map((condition) => condition.trim());
  if (orFilters === 'first-only') return compileCondition(first, grants);
  if (alternatives.length > MOST_OR)
    throw new FilterError(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${alternatives.length}. Max allowed: ${MOST_OR}.`,
    );
  const property = equalOf(first);
  const other = rest.find((condition) => equalOf(condition) !== property);
  if (property === null || other !== undefined) throw invalidClause(other ?? first);
  const tests = [first, ...rest].map((condition) => compileCondition(condition, grants));
  return (row) => tests.some((test) => test(row));
}

/** The property that a condition compares by `eq`, or null. */
function equalOf(condition: string): string | null {
  const [, , , name, operator] = CONDITION.exec(condition) ?? [];
  return operator === 'eq' ? (name ?? null) : null;
}

function invalidClause(condition: string): FilterError {
  return new FilterError(`Invalid filter clause: ${condition}`);
}

function compileCondition(condition: string, grants: FilterGrants): (row: Row) => boolean {
  const match = CONDITION.exec(condition);
  if (match === null) throw invalidClause(condition);
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

/** Splits at ` and ` or ` or ` outside of quotes. */
function splitAt(word: 'and' | 'or', filter: string): string[] {
  const between = new RegExp(`\\s+${word}\\s+`, 'i');
  const parts = filter.split(/('(?:[^']|'')*')/);
  let conditions = [''];
  for (const [index, part] of parts.entries()) {
    const [first = '', ...rest] = index % 2 === 1 ? [part] : part.split(between);
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
