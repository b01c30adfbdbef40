/** Get-OrganizationConfig: the organization itself (https://learn.microsoft.com/powershell/module/exchange/get-organizationconfig). */
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { guidOf, textOf } from './plain-record.ts';

/** Of the many properties, those that tell one organization from another. */
export interface OrganizationConfig {
  /** Of the organization's object in the directory, folded; null: it has none. */
  readonly guid: string | null;
  readonly name: string | null;
}

/** The organization, or null if the server returned none. Throws what the transport throws. */
export async function getOrganizationConfig(
  transport: CmdletTransport,
  options?: CmdletOptions,
): Promise<OrganizationConfig | null> {
  for await (const record of transport.invoke({ cmdlet: 'Get-OrganizationConfig', parameters: {} }, options))
    return { guid: guidOf(record, 'Guid'), name: textOf(record, 'Name') };
  return null;
}
