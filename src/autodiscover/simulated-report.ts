/** The report of an organization that is made up, for the examples: it is in order, as everything in it is. Pure. */
import { seen, stepFrom, type AutodiscoverReport } from './report.ts';
import { inWords, said } from './words/say.ts';

/** @param at when it was asked for, milliseconds since 1970 */
export function simulatedReport({
  address,
  at,
}: {
  readonly address: string;
  readonly at: number;
}): AutodiscoverReport {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const summary = said('simulated.summary', { domain });
  return {
    domain,
    address,
    overall: 'healthy',
    healthy: true,
    summary: inWords(summary, 'en'),
    words: { summary },
    found: { url: null, by: null, ewsUrl: null, activeSyncUrl: null, schemes: [] },
    startedAt: new Date(at).toISOString(),
    ms: 0,
    steps: [stepFrom('simulated', said('ask.simulated'), seen('ok', said('simulated')), 0)],
  };
}
