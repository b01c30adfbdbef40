/**
 * Asking Intune for its report of all devices, and waiting until it is written.
 * learn.microsoft.com, "Export Intune reports using Graph APIs"; the job's states are deviceManagementReportStatus.
 */
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { ClockWatch } from '../../http/clock-watch.ts';
import { foreignText } from '../../model/foreign.ts';
import type { GraphTransport } from '../graph-transport.ts';
import { EXPORT_COLUMNS } from './export-columns.ts';
import { exportError, seenIn, withoutEnd } from './export-error.ts';

const PATH = '/deviceManagement/reports/exportJobs';
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
/** A job of a million rows takes minutes; one that takes longer than this is not coming. */
const MOST_WAIT_MS = 30 * 60_000;

/** What is asked for. The columns are named one by one: Microsoft says that those a report has by itself may change. */
const JOB = {
  reportName: 'Devices',
  select: EXPORT_COLUMNS,
  format: 'csv',
  // Names beside, not instead of, what the report has; this report is known to ignore it, and may write numbers.
  localizationType: 'localizedValuesAsAdditionalColumn',
};

/** Who is asked, and what hears it. */
export interface ExportAsk {
  readonly clock?: ClockWatch;
  readonly signal?: AbortSignal;
}

/** A report that is written. */
export interface FinishedExport {
  /** Where it is, as Graph says at this moment: such an address runs out after hours. */
  readonly address: unknown;
}

/**
 * Has the report written.
 * @throws ConnectorError ERR_GRAPH_EXPORT (details.step `job`) where Graph refuses it, it fails, or it does not end; as
 *   {@link GraphTransport.get}
 */
export async function makeExport(graph: GraphTransport, ask: ExportAsk): Promise<FinishedExport> {
  const door = graph.exports;
  if (door === undefined) throw exportError('job', 'cannot be asked for here');
  const { signal, clock } = ask;
  const limits = { ...(signal && { signal }), ...(clock && { clock }) };
  let job = readJob(await orRefused(door.create(JOB, limits)));
  const path = `${PATH}/${encodeURIComponent(job.id)}`;
  let wait = FIRST_WAIT_MS;
  for (let waited = 0; job.status !== 'completed';) {
    if (job.status === 'failed') throw exportError('job', 'failed in Intune');
    if (waited + wait > MOST_WAIT_MS)
      throw exportError('job', `was not ready after ${Math.round(waited / 60_000)} minutes`, { waitedMs: waited });
    await door.wait(wait, signal);
    waited += wait;
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    const next = readJob(await orRefused(graph.get({ path, ...limits })));
    if (next.id !== job.id) throw exportError('job', 'is another one than was asked for');
    job = next;
  }
  return { address: job.url };
}

/** A refusal of the job says nothing about reading by pages: without the right, without the report, with other columns. */
async function orRefused(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (thrown) {
    const error = asConnectorError(thrown);
    const { status } = error.details;
    const isRefusal =
      isConnectorError(error, 'ERR_GRAPH_FORBIDDEN') ||
      isConnectorError(error, 'ERR_GRAPH_RESPONSE') ||
      (isConnectorError(error, 'ERR_GRAPH_STATUS') && typeof status === 'number' && status < 500);
    if (!isRefusal) throw error;
    throw exportError('job', `is refused: ${withoutEnd(seenIn(error))}`, { causedBy: error.code }, error);
  }
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly url: unknown;
}

function readJob(body: unknown): Job {
  const { id, status, url } = body as Record<string, unknown>;
  const known = foreignText(id);
  const state = foreignText(status);
  if (known === null || state === null) throw exportError('job', 'was asked for, but the answer is no job');
  return { id: known, status: state, url };
}
