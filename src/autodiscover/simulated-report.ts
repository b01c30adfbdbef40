/** The report of an organization that is made up, for the examples: it is in order, as everything in it is. Pure. */
import type { AutodiscoverReport } from './report.ts';

/** @param at when it was asked for, milliseconds since 1970 */
export function simulatedReport({
  address,
  at,
}: {
  readonly address: string;
  readonly at: number;
}): AutodiscoverReport {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return {
    domain,
    address,
    overall: 'healthy',
    healthy: true,
    summary: `${domain} is simulated: its clients find their way, and nobody was asked.`,
    found: { url: null, by: null, ewsUrl: null, activeSyncUrl: null, schemes: [] },
    startedAt: new Date(at).toISOString(),
    ms: 0,
    steps: [
      {
        id: 'simulated',
        status: 'ok',
        title: 'Look at the simulated organization',
        seen: 'It is in this process: there is no name to look up, and no server to ask.',
        ms: 0,
      },
    ],
  };
}
