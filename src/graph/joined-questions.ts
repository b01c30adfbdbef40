/**
 * Many devices of Entra in one question to Intune: `azureADDeviceId eq '…' or azureADDeviceId eq '…'`. The metadata of v1.0 grants
 * `eq` for that property and does not name `or`; the documents say of some others that they take both. So an answer is believed
 * for what it has, and never for what it lacks.
 */
import { isConnectorError } from '../errors.ts';
import { entraDeviceId } from './entra-device-id.ts';
import { parsePage } from './pages.ts';
import type { GraphRow } from './pages.ts';

/**
 * Devices of one question. Entra takes fifteen conditions joined by `or` ("Too many child clauses specified in search filter
 * expression containing 'OR' operators: 16. Max allowed: 15"), and ASP.NET's OData, unless told otherwise, filters of a hundred
 * nodes, which nineteen or twenty conditions have ("The node count limit of '100' has been exceeded"). With what is selected the
 * address stays below 2,048 characters, the most that IIS lets a query have.
 */
export const DEVICES_OF_QUESTION = 15;

/** How long Intune is not asked so after it showed that it does not understand. */
const REFUSED_MS = 24 * 3_600_000;

/** Whether a tenant's Intune may be asked so. Kept in memory: what is not known is tried. */
export class JoinedQuestions {
  readonly #now: () => number;
  #refusedAt: number | null = null;

  /** @param now milliseconds, of a clock that nobody sets */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** False for a day after {@link refuse}. */
  get areTaken(): boolean {
    return this.#refusedAt === null || this.#now() - this.#refusedAt >= REFUSED_MS;
  }

  /** Intune refused such a question, or did not answer it as it was asked. */
  refuse(): void {
    this.#refusedAt = this.#now();
  }
}

/** The condition for some devices of Entra. @param deviceIds GUIDs, lower case */
export function filterOf(deviceIds: readonly string[]): string {
  return deviceIds.map((deviceId) => `azureADDeviceId eq '${deviceId}'`).join(' or ');
}

/*
 *   the answer to a question for some devices         is read as           because
 *   it has a device that was not asked for, or one    null: not            the condition was not heeded; then no row of it
 *   without a device of Entra                         understood           proves that it was looked for
 *   it has a link to more, or counts more than came   its rows             they are as they are now; what may come with the rest
 *                                                                          is missing, see below
 *   it has some of the devices, each once or several  its rows             a device that was enrolled anew has two records
 *   times
 *   it has none                                       no rows              perhaps none of them is there
 *
 * In all of them a device that is missing is not gone: it is asked for by itself, and that answer counts.
 */

/**
 * The rows of an answer to {@link filterOf}.
 * @param path of the question, for errors
 * @returns null: the answer is to another question
 * @throws ConnectorError ERR_GRAPH_RESPONSE for what is no list of rows
 */
export function rowsOfJoined(path: string, deviceIds: readonly string[], answer: unknown): readonly GraphRow[] | null {
  const { rows } = parsePage(path, answer);
  const asked = new Set<string | null>(deviceIds);
  return rows.every(({ azureADDeviceId }) => asked.has(entraDeviceId(azureADDeviceId))) ? rows : null;
}

/*
 *   the question failed with                            then
 *   a status: 400, 501, 414, 500 without end …          refused: the devices are asked for by themselves, which fails in its turn
 *   an answer that cannot be read                       if the reason was another one
 *   no sign-in, no right, throttled, no connection,     nothing is known of such questions: it fails
 *   stopped
 */

/** True if what was thrown may be about the question and not about Graph. */
export function isRefusal(thrown: unknown): boolean {
  return isConnectorError(thrown, 'ERR_GRAPH_STATUS') || isConnectorError(thrown, 'ERR_GRAPH_RESPONSE');
}
