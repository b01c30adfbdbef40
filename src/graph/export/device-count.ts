/** How many devices Intune says it has. */
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { GraphTransport } from '../graph-transport.ts';
import type { ExportAsk } from './export-job.ts';

/** @returns null where Intune does not say; throws what says that nothing can be read at all (ERR_ABORTED, sign-in, network) */
export async function deviceCount(graph: GraphTransport, { signal, clock }: ExportAsk): Promise<number | null> {
  try {
    const overview = await graph.get({
      path: '/deviceManagement/managedDeviceOverview',
      query: { $select: 'enrolledDeviceCount' },
      ...(signal && { signal }),
      ...(clock && { clock }),
    });
    const { enrolledDeviceCount: count } = overview as Record<string, unknown>;
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (isConnectorError(error, 'ERR_GRAPH_STATUS') || isConnectorError(error, 'ERR_GRAPH_RESPONSE')) return null;
    throw error;
  }
}
