/** What Intune counts of the whole tenant, to hold a list of devices against. */
import type { ClockWatch } from '../http/clock-watch.ts';
import type { GraphTransport } from './graph-transport.ts';

/**
 * Devices that are enrolled in the tenant: `enrolledDeviceCount` of managedDeviceOverview (v1.0). It needs the permission that
 * the list needs.
 * @returns null: the answer has no such number
 * @throws ConnectorError as {@link GraphTransport.get}
 */
export async function readEnrolledCount(
  graph: GraphTransport,
  options: { readonly signal?: AbortSignal; readonly clock?: ClockWatch } = {},
): Promise<number | null> {
  const { enrolledDeviceCount: count } = (await graph.get({
    path: '/deviceManagement/managedDeviceOverview',
    query: { $select: 'enrolledDeviceCount' },
    ...options,
  })) as Readonly<Record<string, unknown>>;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
