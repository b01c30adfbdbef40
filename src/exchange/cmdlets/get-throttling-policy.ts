/**
 * Get-ThrottlingPolicy and Get-ThrottlingPolicyAssociation: how much an account may ask of Exchange in a time.
 * A policy has many limits; these are the ones of PowerShell (New-ThrottlingPolicy, office-docs-powershell).
 */
import type { PlainObject } from '../../clixml/value.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { checkIdentity } from './identity.ts';
import { textOf } from './plain-record.ts';

/** A limit: a number, Infinity for "Unlimited", null where the policy says nothing and the one above it counts. */
export type Limit = number | null;

/** A throttling policy. */
export interface ThrottlingPolicy {
  readonly name: string | null;
  readonly distinguishedName: string | null;
  /** Global: Exchange's own. Organization: of everybody without one of its own. Regular: of whom it is given to. */
  readonly scope: string | null;
  /** PowerShellMaxConcurrency: sessions of one account at once. */
  readonly sessions: Limit;
  /** PowerShellMaxCmdlets: cmdlets in {@link seconds}. */
  readonly cmdlets: Limit;
  /** PowerShellMaxCmdletsTimePeriod. */
  readonly seconds: Limit;
}

/** Every policy of the organization. Throws what the transport throws. */
export async function getThrottlingPolicies(
  transport: CmdletTransport,
  options?: CmdletOptions,
): Promise<readonly ThrottlingPolicy[]> {
  const found: ThrottlingPolicy[] = [];
  for await (const record of transport.invoke({ cmdlet: 'Get-ThrottlingPolicy', parameters: {} }, options))
    found.push({
      name: textOf(record, 'Name'),
      distinguishedName: textOf(record, 'DistinguishedName'),
      scope: textOf(record, 'ThrottlingPolicyScope'),
      sessions: limitOf(record, 'PowerShellMaxConcurrency'),
      cmdlets: limitOf(record, 'PowerShellMaxCmdlets'),
      seconds: limitOf(record, 'PowerShellMaxCmdletsTimePeriod'),
    });
  return found;
}

/**
 * The policy that an account was given, as Exchange names it; null: none of its own.
 * @param account GUID or distinguished name
 * @throws what the transport throws
 */
export async function getThrottlingPolicyOf(
  transport: CmdletTransport,
  account: string,
  options?: CmdletOptions,
): Promise<string | null> {
  const parameters = { Identity: checkIdentity(account) };
  for await (const record of transport.invoke({ cmdlet: 'Get-ThrottlingPolicyAssociation', parameters }, options))
    return textOf(record, 'ThrottlingPolicyId');
  return null;
}

function limitOf(record: PlainObject, name: string): Limit {
  const text = textOf(record, name)?.trim().toLowerCase() ?? '';
  if (text === 'unlimited') return Infinity;
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}
