/** Get-Command: which cmdlets an account has in its session, and which of their parameters. */
import type { PlainObject } from '../../clixml/value.ts';
import { isConnectorError } from '../../errors.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { property, textOf } from './plain-record.ts';

/** A cmdlet that the account has. */
export interface AllowedCmdlet {
  readonly name: string;
  /** Parameters of its own and common ones, as they are spelled; null: the server did not say. */
  readonly parameters: readonly string[] | null;
}

/**
 * Which of some cmdlets the account has. A session shows what the management roles of its account give, parameter by
 * parameter (learn: understanding management roles), so that asking is as good as trying.
 * @throws what the transport throws; ERR_EXCHANGE_CMDLET_UNKNOWN if Get-Command itself may not be used
 */
export async function getCommand(
  transport: CmdletTransport,
  names: readonly string[],
  options: CmdletOptions = {},
): Promise<readonly AllowedCmdlet[]> {
  const found: AllowedCmdlet[] = [];
  const failures: Error[] = [];
  const onError = (error: Error): void => {
    if (!isOfOneName(error, names)) failures.push(error);
  };
  const call = { cmdlet: 'Get-Command', parameters: { Name: names } };
  for await (const record of transport.invoke(call, { ...options, onError })) {
    const name = textOf(record, 'Name');
    if (name !== null) found.push({ name, parameters: parametersOf(record) });
  }
  if (failures[0] !== undefined) throw failures[0];
  return found;
}

/** True if an error record says that the account does not have one of the cmdlets: what was asked. */
function isOfOneName(error: Error, names: readonly string[]): boolean {
  if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN')) return false;
  const { target } = error.details;
  return typeof target === 'string' && names.some((name) => name.toLowerCase() === target.toLowerCase());
}

/** The names of the dictionary `Parameters`. */
function parametersOf(record: PlainObject): readonly string[] | null {
  const parameters = property(record, 'Parameters');
  if (typeof parameters !== 'object' || parameters === null) return null;
  if (Array.isArray(parameters) || parameters instanceof Uint8Array) return null;
  return Object.keys(parameters).filter((name) => /^[A-Za-z]\w{0,99}$/.test(name));
}
