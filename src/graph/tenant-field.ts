/** A wrong field of an MDM tenant's configuration, in the words of its dialog. */
import { ConnectorError } from '../errors.ts';

/** Property → what the dialog calls it. */
export const TENANT_FIELDS = {
  cloud: 'Cloud',
  graphUrl: 'Graph',
  authorityUrl: 'Authority',
  tenantId: 'Tenant',
  clientId: 'Client',
  clientSecret: 'Secret',
  certificate: 'Certificate',
  privateKey: 'Private key',
} as const;

export type TenantField = keyof typeof TENANT_FIELDS;

/** ERR_CONFIG_INVALID that names the field; `details.field` is the property. @param why as "is empty" */
export function invalidTenant(field: TenantField, why: string, cause?: unknown): ConnectorError {
  return new ConnectorError('ERR_CONFIG_INVALID', `MDM tenant: "${TENANT_FIELDS[field]}" ${why}.`, {
    details: { field },
    ...(cause === undefined ? {} : { cause }),
  });
}
