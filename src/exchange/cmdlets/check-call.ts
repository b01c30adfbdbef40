/** The check every call passes before it reaches a wire, whatever carries it. Pure. */
import { ConnectorError } from '../../errors.ts';
import { foreignEasId, MAX_FOREIGN_TEXT } from '../../model/foreign.ts';
import type { CmdletCall, CmdletValue } from '../transport.ts';
import { CMDLETS } from './catalogue.ts';
import type { CmdletSpec, ParameterType } from './catalogue.ts';
import { parseFilter, writeFilter } from './filter.ts';
import { checkIdentity } from './identity.ts';

/**
 * Names that end in ':' or a blank, or begin with '-', are tokenized again by the server and could become something
 * else (PowerShell/PowerShell engine/hostifaces/Parameter.cs, ToCommandParameterInternal).
 */
const PARAMETER_NAME = /^[A-Za-z][A-Za-z0-9]*$/;
/** Control characters, line separators, lone surrogates. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u;
/** Values of a list, and characters of a text: far above what any of our calls has. */
const MAX_LIST = 1000;
const MAX_TEXT = 4096;

/** A call that passed: names as the catalogue spells them, values of the right type, `Confirm` set. */
export interface CheckedCall extends CmdletCall {
  readonly spec: CmdletSpec;
}

export interface CallPolicy {
  /** Remove-MobileDevice and Clear-MobileDevice are refused unless true. */
  readonly allowDestructive?: boolean;
  /** The call is meant to delete a partnership: Remove-MobileDevice is let through. */
  readonly removesPartnership?: boolean | undefined;
}

/**
 * Checks a call against the catalogue. Parameters that are false switches are left out; `Confirm` = false is added
 * where the cmdlet would ask.
 * @throws ERR_EXCHANGE_CMDLET_REFUSED unknown cmdlet or parameter, value of the wrong type, missing opt-in
 * @throws ERR_EXCHANGE_IDENTITY empty or ambiguous identity
 * @throws ERR_INPUT_INVALID a filter that cannot be read
 */
export function checkCall(call: CmdletCall, policy: CallPolicy = {}): CheckedCall {
  const spec = specOf(call.cmdlet);
  const isMeant = policy.removesPartnership === true && spec.name === 'Remove-MobileDevice';
  if (spec.effect === 'destructive' && policy.allowDestructive !== true && !isMeant) {
    throw refused(`${spec.name} deletes or wipes and was not opted into.`, spec.name);
  }
  const parameters: Record<string, CmdletValue> = {};
  for (const [given, value] of Object.entries(call.parameters)) {
    const name = parameterName(spec, given);
    if (name === 'Confirm') continue;
    if (Object.hasOwn(parameters, name)) throw refused(`${spec.name} was given -${name} twice.`, spec.name);
    const checked = checkValue(spec, name, value);
    if (checked !== undefined) parameters[name] = checked;
  }
  if (spec.requires.length > 0 && !spec.requires.some((name) => Object.hasOwn(parameters, name))) {
    throw new ConnectorError(
      'ERR_EXCHANGE_IDENTITY',
      `${spec.name} was called without -${spec.requires.join(' or -')}.`,
    );
  }
  if (spec.confirmable) parameters['Confirm'] = false;
  return { cmdlet: spec.name, parameters, spec };
}

function specOf(cmdlet: unknown): CmdletSpec {
  const spec = typeof cmdlet === 'string' ? CMDLETS.get(cmdlet.toLowerCase()) : undefined;
  if (!spec) throw refused(`${shown(cmdlet)} is not a cmdlet of the catalogue.`, null);
  return spec;
}

/** The catalogue's spelling of a parameter name. `Confirm` is ours to set, so only `false` would be harmless: it is ignored. */
function parameterName(spec: CmdletSpec, given: string): string {
  if (!PARAMETER_NAME.test(given)) throw refused(`${shown(given)} is not a parameter name.`, spec.name);
  if (spec.confirmable && given.toLowerCase() === 'confirm') return 'Confirm';
  const name = Object.keys(spec.parameters).find((known) => known.toLowerCase() === given.toLowerCase());
  if (name === undefined) throw refused(`${spec.name} has no parameter -${given} in the catalogue.`, spec.name);
  return name;
}

function checkValue(spec: CmdletSpec, name: string, value: unknown): CmdletValue | undefined {
  const type = spec.parameters[name] as ParameterType;
  const wrong = (wanted: string) => refused(`${spec.name} -${name} must be ${wanted}.`, spec.name);
  switch (type) {
    case 'identity':
      return checkIdentity(value, `${spec.name} -${name}`);
    case 'filter':
      if (typeof value !== 'string') throw wrong('a filter');
      return writeFilter(parseFilter(value));
    case 'size':
      return checkSize(value, wrong);
    case 'switch':
      if (typeof value !== 'boolean') throw wrong('true or left out');
      return value ? true : undefined;
    case 'bool':
      if (typeof value !== 'boolean') throw wrong('true or false');
      return value;
    case 'text':
      if (!isText(value)) throw wrong('a text without control characters');
      return value;
    case 'texts':
      return checkTexts(Array.isArray(value) ? value : [value], wrong);
    default:
      return checkEdit(value, wrong);
  }
}

function checkSize(value: unknown, wrong: (wanted: string) => Error): CmdletValue {
  if (typeof value === 'string' && value.toLowerCase() === 'unlimited') return 'Unlimited';
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw wrong('a positive integer or Unlimited');
}

function checkTexts(value: readonly unknown[], wrong: (wanted: string) => Error): readonly string[] {
  if (value.length === 0 || value.length > MAX_LIST || !value.every(isText)) {
    throw wrong(`a list of 1 to ${MAX_LIST} texts without control characters`);
  }
  return [...value] as string[];
}

function checkEdit(value: unknown, wrong: (wanted: string) => Error): CmdletValue {
  // A plain list or $null would overwrite entries that are not ours (Set-CASMailbox, ActiveSyncAllowedDeviceIDs).
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an edit with Add or Remove');
  const edit: { Add?: readonly string[]; Remove?: readonly string[] } = {};
  for (const [key, list] of Object.entries(value)) {
    if (key !== 'Add' && key !== 'Remove') throw wrong('an edit with Add or Remove');
    if (!Array.isArray(list)) throw wrong(`an edit whose ${key} is a list`);
    if (list.length > 0) edit[key] = checkEasIds(list, wrong);
  }
  if (edit.Add === undefined && edit.Remove === undefined) throw wrong('an edit that adds or removes something');
  return edit;
}

/** Phones choose their ids: each is written as Exchange spells it, whatever is in it. */
function checkEasIds(value: readonly unknown[], wrong: (wanted: string) => Error): readonly string[] {
  const isEasId = (id: unknown): id is string => typeof id === 'string' && foreignEasId(id) === id;
  if (value.length > MAX_LIST || !value.every(isEasId))
    throw wrong(`a list of 1 to ${MAX_LIST} EAS IDs of 1 to ${MAX_FOREIGN_TEXT} characters`);
  return [...value];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_TEXT && !CONTROL.test(value);
}

function refused(seen: string, cmdlet: string | null): ConnectorError {
  return new ConnectorError('ERR_EXCHANGE_CMDLET_REFUSED', seen, { details: cmdlet === null ? {} : { cmdlet } });
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
}
