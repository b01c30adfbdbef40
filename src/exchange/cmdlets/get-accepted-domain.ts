/** Get-AcceptedDomain: which mail domains Exchange takes mail for (https://learn.microsoft.com/powershell/module/exchange/get-accepteddomain). */
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { booleanOf, textOf } from './plain-record.ts';

/** A mail domain of the organization. */
export interface AcceptedDomain {
  /** As Exchange spells it: `contoso.com`, `*.contoso.com` with every name below, or `*`. */
  readonly name: string;
  /** Authoritative: its mailboxes are here. InternalRelay, ExternalRelay: some or all are elsewhere. Null: not said. */
  readonly type: string | null;
  /** The one that new addresses are in. */
  readonly isDefault: boolean;
}

/**
 * DomainType by number, for servers that send enums bare: the low bits of msExchAcceptedDomainFlags, where 1 is an external
 * relay and 2 an internal one.
 */
const TYPES: Readonly<Record<string, string>> = { 0: 'Authoritative', 1: 'ExternalRelay', 2: 'InternalRelay' };

/** Streams the accepted domains. Throws what the transport throws. */
export async function* getAcceptedDomain(
  transport: CmdletTransport,
  options?: CmdletOptions,
): AsyncGenerator<AcceptedDomain, void, undefined> {
  for await (const record of transport.invoke({ cmdlet: 'Get-AcceptedDomain', parameters: {} }, options)) {
    const name = textOf(record, 'DomainName') ?? textOf(record, 'Name');
    const type = textOf(record, 'DomainType');
    if (name === null) continue;
    yield {
      name,
      type: type === null ? null : (TYPES[type] ?? type),
      isDefault: booleanOf(record, 'Default') ?? false,
    };
  }
}
