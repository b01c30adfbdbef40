/** Binding parameters to a cmdlet as strictly as PowerShell and Exchange do. Pure. */
import type { PlainValue } from '../clixml/value.ts';
import { bindingError, identityType } from './cmdlet-error.ts';
import type { CmdletFailure } from './cmdlet-error.ts';
import type { ListEdit } from './list-edit.ts';

/** What a parameter takes. `size` = positive integer or Unlimited; `edit` = a multi-valued property. */
export type ParameterKind = 'identity' | 'text' | 'texts' | 'size' | 'bool' | 'switch' | 'edit' | 'filter';

/** What binding needs to know of a cmdlet. */
export interface CmdletSignature {
  readonly name: string;
  /** .NET class, as it stands in error ids. */
  readonly typeName: string;
  readonly parameters: Readonly<Record<string, ParameterKind>>;
  /** PowerShell would prompt for these; a remote session cannot. */
  readonly mandatory: readonly string[];
  /** Parameter sets: at most one of each list may be given. */
  readonly exclusive: readonly (readonly string[])[];
}

/** Bound values by parameter name; `Unlimited` is Infinity. */
export type BoundValue = string | number | boolean | readonly string[] | ListEdit;
export type BoundParameters = ReadonlyMap<string, BoundValue>;

/** Parameters every cmdlet has (about_CommonParameters); they change nothing here. */
const COMMON: Readonly<Record<string, ParameterKind>> = {
  ErrorAction: 'text',
  WarningAction: 'text',
  InformationAction: 'text',
  Verbose: 'switch',
  Debug: 'switch',
  ErrorVariable: 'text',
  WarningVariable: 'text',
  OutVariable: 'text',
  OutBuffer: 'size',
};

/**
 * Binds parameters by name (any case, unique beginnings too).
 * @throws CmdletFailure unknown or ambiguous name, value of another type, missing or exclusive parameters
 */
export function bindParameters(cmdlet: CmdletSignature, given: Readonly<Record<string, PlainValue>>): BoundParameters {
  const bound = new Map<string, BoundValue>();
  for (const [name, value] of Object.entries(given)) {
    const [parameter, kind] = resolveName(cmdlet, name);
    if (bound.has(parameter)) {
      throw bindingError(
        cmdlet,
        'ParameterAlreadyBound',
        `Cannot bind parameter because parameter '${parameter}' is specified more than once.`,
      );
    }
    bound.set(parameter, bindValue(cmdlet, parameter, kind, value));
  }
  checkSets(cmdlet, bound);
  return bound;
}

function resolveName(cmdlet: CmdletSignature, given: string): readonly [string, ParameterKind] {
  const folded = given.toLowerCase();
  const all = Object.entries({ ...COMMON, ...cmdlet.parameters });
  const exact = all.find(([name]) => name.toLowerCase() === folded);
  if (exact !== undefined) return exact;
  const beginnings = folded === '' ? [] : all.filter(([name]) => name.toLowerCase().startsWith(folded));
  const [only] = beginnings;
  if (beginnings.length === 1 && only !== undefined) return only;
  if (beginnings.length > 1) {
    throw bindingError(
      cmdlet,
      'AmbiguousParameter',
      `Parameter cannot be processed because the parameter name '${given}' is ambiguous. Possible matches include: ${beginnings.map(([name]) => `-${name}`).join(' ')}.`,
    );
  }
  throw bindingError(
    cmdlet,
    'NamedParameterNotFound',
    `A parameter cannot be found that matches parameter name '${given}'.`,
  );
}

function bindValue(cmdlet: CmdletSignature, parameter: string, kind: ParameterKind, value: PlainValue): BoundValue {
  const wrong = (type: string, why: string): CmdletFailure =>
    bindingError(
      cmdlet,
      'CannotConvertArgumentNoMessage',
      `Cannot bind parameter '${parameter}'. Cannot convert value "${shown(value)}" to type "${type}". Error: "${why}"`,
    );
  // The engine tells a value that its type's own converter refuses from one that it never hands to a converter.
  const unfit = (type: string, why: string): CmdletFailure =>
    bindingError(
      cmdlet,
      'CannotConvertArgument',
      `Cannot convert '${dotnetType(value)}' to the type '${type}' required by parameter '${parameter}'. ${why}`,
    );
  switch (kind) {
    case 'identity':
      return bindIdentity(cmdlet, parameter, value, wrong, unfit);
    case 'bool':
      if (value === null) throw nullNotAllowed(cmdlet, parameter);
      return bindBoolean(value, 'System.Boolean', unfit);
    case 'switch':
      return value === null || bindBoolean(value, 'System.Management.Automation.SwitchParameter', unfit);
    case 'size':
      return bindSize(value, wrong);
    case 'texts':
      return bindTexts(value, wrong);
    case 'edit':
      return bindEdit(value, wrong);
    default:
      // `-Filter $null` is bound, and filters nothing.
      if (value === null && kind === 'filter') return null;
      if (value === null) throw nullNotAllowed(cmdlet, parameter);
      if (isScalar(value)) return String(value);
      throw unfit('System.String', NOT_SUPPORTED);
  }
}

/** What .NET says of a conversion from many values to one. */
const NOT_SUPPORTED = 'Specified method is not supported.';

/** PowerShell takes numbers for a bool or switch, but no text. */
function bindBoolean(value: PlainValue, type: string, unfit: Wrong): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'bigint') return value !== 0n;
  throw unfit(type, '');
}

type Wrong = (type: string, why: string) => CmdletFailure;

/** Null is bound as the empty text: `-Identity $null` means "not given" to a Get cmdlet, which then returns everything. */
function bindIdentity(
  cmdlet: CmdletSignature,
  parameter: string,
  value: PlainValue,
  wrong: Wrong,
  unfit: Wrong,
): string {
  if (value === null) {
    if (cmdlet.mandatory.includes(parameter)) throw nullNotAllowed(cmdlet, parameter);
    return '';
  }
  const type = `Microsoft.Exchange.Configuration.Tasks.${identityType(cmdlet, parameter)}`;
  if (!isScalar(value)) throw unfit(type, NOT_SUPPORTED);
  const text = String(value).trim();
  if (text === '')
    throw wrong(type, `Parameter values of type ${type} can't be empty. Specify a value, and try again.`);
  return text;
}

function nullNotAllowed(cmdlet: CmdletSignature, parameter: string): CmdletFailure {
  return bindingError(
    cmdlet,
    'ParameterArgumentValidationErrorNullNotAllowed',
    `Cannot bind argument to parameter '${parameter}' because it is null.`,
  );
}

function bindSize(value: PlainValue, wrong: Wrong): number {
  const type = 'Microsoft.Exchange.Data.Unlimited`1[System.UInt32]';
  if (typeof value === 'string' && value.toLowerCase() === 'unlimited') return Number.POSITIVE_INFINITY;
  const size = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size > 0) return size;
  throw wrong(type, `'${shown(value)}' isn't a valid value for this parameter.`);
}

function bindTexts(value: PlainValue, wrong: Wrong): readonly string[] {
  const list = Array.isArray(value) ? (value as readonly PlainValue[]) : [value];
  if (list.every(isScalar)) return list.map(String);
  throw wrong('System.String[]', 'Specified method is not supported.');
}

/** $null clears, a text or list replaces, @{Add=…;Remove=…} edits. */
function bindEdit(value: PlainValue, wrong: Wrong): ListEdit {
  const type = 'Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]';
  if (value === null) return null;
  if (Array.isArray(value) || isScalar(value)) return withoutDuplicates(bindTexts(value, wrong), type, wrong);
  if (value instanceof Uint8Array) throw wrong(type, "The type isn't supported.");
  const edit: { Add?: readonly string[]; Remove?: readonly string[] } = {};
  for (const [key, entries] of Object.entries(value as { readonly [name: string]: PlainValue })) {
    const known = ['Add', 'Remove'].find((word) => word.toLowerCase() === key.toLowerCase()) as
      | 'Add'
      | 'Remove'
      | undefined;
    if (known === undefined) {
      throw wrong(type, `Unknown key "${key}". Valid keys are "Add" and "Remove".`);
    }
    edit[known] = bindTexts(withoutNulls(entries), wrong);
  }
  return edit;
}

/** Exchange drops a null among the values to add or remove. */
function withoutNulls(entries: PlainValue): PlainValue {
  return Array.isArray(entries) ? (entries as readonly PlainValue[]).filter((entry) => entry !== null) : entries;
}

function withoutDuplicates(list: readonly string[], type: string, wrong: Wrong): readonly string[] {
  const seen = new Set<string>();
  for (const entry of list) {
    const folded = entry.toLowerCase();
    if (seen.has(folded))
      throw wrong(
        type,
        `MultiValuedProperty collections can't contain duplicates. Value: "${entry}" already present in the collection.`,
      );
    seen.add(folded);
  }
  return list;
}

function isScalar(value: PlainValue): value is string | number | boolean | bigint {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
  );
}

function checkSets(cmdlet: CmdletSignature, bound: BoundParameters): void {
  for (const set of cmdlet.exclusive) {
    if (set.filter((name) => bound.has(name)).length > 1) {
      throw bindingError(
        cmdlet,
        'AmbiguousParameterSet',
        'Parameter set cannot be resolved using the specified named parameters. One or more parameters issued cannot be used together or an insufficient number of parameters were provided.',
      );
    }
  }
  const missing = cmdlet.mandatory.filter((name) => !bound.has(name));
  if (missing.length > 0) {
    throw bindingError(
      cmdlet,
      'MissingMandatoryParameter',
      `Cannot process command because of one or more missing mandatory parameters: ${missing.join(' ')}.`,
    );
  }
}

function dotnetType(value: PlainValue): string {
  if (typeof value === 'string') return 'System.String';
  if (typeof value === 'boolean') return 'System.Boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'System.Int32' : 'System.Double';
  if (typeof value === 'bigint') return 'System.Int64';
  if (value instanceof Uint8Array) return 'System.Byte[]';
  return shown(value);
}

function shown(value: PlainValue): string {
  if (value === null) return '';
  if (isScalar(value)) return String(value).slice(0, 200);
  return Array.isArray(value) ? 'System.Object[]' : 'System.Collections.Hashtable';
}
