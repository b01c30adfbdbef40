/**
 * A simulated side beside a real one: what one of them says is true of nobody on the other. In: the sources that are deployed.
 * Out: a refusal. Changes: nothing.
 */
import { ConnectorError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { ExchangePort } from '../ports.ts';
import { refusal, refused } from '../../model/refusals.ts';

/*
 *   Exchange     deployed MDM sources                    a sync that writes
 *   simulated    a real tenant among them                is refused
 *   real         a simulated tenant among them           is refused
 *   either       of its own kind, mappings, or none      goes on: of what a flow feeds nobody knows where it comes from
 */

/** Throws ERR_SIDES_MIXED. */
export async function refuseMixedSides(
  store: Pick<Store, 'sources'>,
  { isSimulated = false }: Pick<ExchangePort, 'isSimulated'>,
): Promise<void> {
  const other = isSimulated ? 'intune' : 'simulated';
  const source = (await store.sources.list()).find(({ provider }) => provider === other);
  if (source === undefined) return;
  const [own, others] = isSimulated ? (['simulated', 'real'] as const) : (['real', 'simulated'] as const);
  throw new ConnectorError(
    'ERR_SIDES_MIXED',
    refusal('mixed', { exchange: refused(own), name: source.name ?? source.scope, tenant: refused(others) }),
  );
}
