/** Which organization a connection reaches, asked once an address. */
import { ConnectorError, isConnectorError } from '../errors.ts';
import type { OrganizationIdentity, OrganizationKind } from '../model/organization-identity.ts';
import { getOrganizationConfig } from './cmdlets/get-organization-config.ts';
import type { OrganizationConfig } from './cmdlets/get-organization-config.ts';
import { readWhole } from './restart-read.ts';
import type { CmdletTransport } from './transport.ts';

/*
 *   Get-OrganizationConfig          the organization is
 *   names a GUID                    known, and not asked for again at this address
 *   is not among the account's      unknown, and not asked for again at this address
 *   cmdlets, or names no GUID
 *   fails otherwise                 not read: the call fails, and the next one asks again
 */

/** The organization of one connection. */
export class WhichOrganization {
  readonly #kind: OrganizationKind;
  readonly #exchange: () => CmdletTransport;
  readonly #byAddress = new Map<string, OrganizationIdentity>();

  /** @param exchange asked for the transport at each call */
  constructor(exchange: () => CmdletTransport, kind: OrganizationKind) {
    this.#exchange = exchange;
    this.#kind = kind;
  }

  /** As it is at the address that the next call goes to. Rejects with what the transport throws. */
  async read(signal?: AbortSignal): Promise<OrganizationIdentity> {
    const transport = this.#exchange();
    const address = transport.address ?? '';
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const config = await configOf(transport, signal);
    const identity = { kind: this.#kind, id: config?.guid ?? null, name: config?.name ?? null };
    // Another address may have answered in place of one that failed.
    if ((transport.address ?? '') === address) this.#byAddress.set(address, identity);
    return identity;
  }

  /**
   * Before a write: several addresses of one connection have to be of one organization. Asks nothing where nothing was asked
   * before.
   * @throws ERR_ORGANIZATION_CHANGED
   */
  async refuseOther(signal?: AbortSignal): Promise<void> {
    const [first] = [...this.#byAddress.values()].filter(({ id }) => id !== null);
    if (first === undefined) return;
    const { id, name } = await this.read(signal);
    if (id === null || id === first.id) return;
    throw new ConnectorError(
      'ERR_ORGANIZATION_CHANGED',
      `Addresses of one Exchange server are of two organizations: ${first.name ?? first.id} and ${name ?? id}.`,
      { details: { known: first.id, found: id } },
    );
  }
}

async function configOf(transport: CmdletTransport, signal?: AbortSignal): Promise<OrganizationConfig | null> {
  try {
    const [config] = await readWhole(async function* (effort) {
      const found = await getOrganizationConfig(transport, { effort, onWarning: () => {}, ...(signal && { signal }) });
      if (found !== null) yield found;
    });
    return config ?? null;
  } catch (error) {
    if (isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN')) return null;
    throw error;
  }
}
