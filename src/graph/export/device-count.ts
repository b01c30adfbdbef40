/** How many devices Intune says it has. */
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { GraphTransport } from '../graph-transport.ts';
import { readEnrolledCount } from '../overview.ts';
import type { ExportAsk } from './export-job.ts';

/** @returns null where Intune does not say; throws what says that nothing can be read at all (ERR_ABORTED, sign-in, network) */
export async function deviceCount(graph: GraphTransport, { signal, clock }: ExportAsk): Promise<number | null> {
  try {
    return await readEnrolledCount(graph, { ...(signal && { signal }), ...(clock && { clock }) });
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (isConnectorError(error, 'ERR_GRAPH_STATUS') || isConnectorError(error, 'ERR_GRAPH_RESPONSE')) return null;
    throw error;
  }
}
