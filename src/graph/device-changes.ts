/**
 * Which devices of Entra changed: `/devices/delta` (https://learn.microsoft.com/graph/api/device-delta). Intune has no such list
 * of its own. What comes is a reason to ask Intune, and says nothing by itself.
 */
import { ConnectorError, isConnectorError } from '../errors.ts';
import { entraDeviceId } from './entra-device-id.ts';
import type { GraphRequest, GraphTransport } from './graph-transport.ts';

const PATH = '/devices/delta';
/** Changes of these alone are told: who signs in all day is none. */
const SELECT = 'deviceId,isCompliant,isManaged';

/** A device of Entra. */
export interface EntraDevice {
  /** The object's id: all that is told of one that was deleted. */
  readonly id: string;
  /** Its `deviceId`, a GUID in lower case. */
  readonly deviceId: string;
}

/** A part of what is told; a device may come several times. */
export type DeviceChanges =
  | {
      readonly kind: 'changes';
      readonly changed: readonly EntraDevice[];
      /** Objects' ids of devices that changed and are told without a `deviceId`, as if it was told before. */
      readonly unnamed: readonly string[];
      /** Objects' ids of devices that were deleted. */
      readonly deleted: readonly string[];
      /** What the next reading is asked with; on the last part, and only there. */
      readonly link: string | null;
    }
  /** The link is of no use any more: older than seven days, or of another tenant or server. */
  | { readonly kind: 'expired' }
  /** The application lacks Device.Read.All; the text is for people. */
  | { readonly kind: 'forbidden'; readonly text: string };

/*
 *   the first answer                                             is
 *   410, or 400 and 404 to a link (syncStateNotFound …)          expired
 *   a link that leads to another server than this tenant's       expired, and not followed
 *   403                                                          forbidden
 *   otherwise, and later in the chain                            what the transport throws
 *
 * Seen at Entra: 410 and 400 both say that a link is too old.
 * https://devblogs.microsoft.com/microsoft365dev/duration-of-change-tracking-tokens-for-identity-and-education-resources/
 */

/**
 * What changed since a link was given, part by part. Read to its end it has a link; cut off it has none.
 * @param since null: every device there is
 * @throws ConnectorError as {@link GraphTransport.get}; ERR_GRAPH_RESPONSE for a part without rows or without a way on;
 *   ERR_GRAPH_PAGE_CHAIN for a chain that leads back
 */
export async function* readDeviceChanges(
  graph: GraphTransport,
  since: string | null,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<DeviceChanges, void, undefined> {
  const chain = new ChangeChain(graph, since, options.signal);
  while (!chain.ended) yield chain.next();
}

/** The parts one by one; none is held on to while the next one is asked for. */
class ChangeChain {
  readonly #graph: GraphTransport;
  readonly #since: string | null;
  readonly #signal: AbortSignal;
  readonly #followed = new Set<string>();
  /** Undefined: nothing has come yet. Null: the last part has. */
  #next: string | null | undefined;

  constructor(graph: GraphTransport, since: string | null, signal: AbortSignal) {
    this.#graph = graph;
    this.#since = since;
    this.#signal = signal;
  }

  get ended(): boolean {
    return this.#next === null;
  }

  /** @throws as {@link readDeviceChanges} */
  async next(): Promise<DeviceChanges> {
    const isFirst = this.#next === undefined;
    const request = this.#request();
    try {
      const { next, ...changes } = partOf(await this.#graph.get({ ...request, signal: this.#signal }));
      this.#next = next;
      return changes;
    } catch (thrown) {
      const end = isFirst ? endOf(thrown, this.#since !== null) : null;
      if (end === null) throw thrown;
      this.#next = null;
      return end;
    }
  }

  #request(): GraphRequest {
    const link = this.#next ?? this.#since;
    if (link === null) return { path: PATH, query: { $select: SELECT } };
    if (typeof this.#next !== 'string') return { link };
    if (this.#followed.has(link))
      throw new ConnectorError(
        'ERR_GRAPH_PAGE_CHAIN',
        `Reading ${PATH}: the chain leads back to a page that was read`,
        { details: { path: PATH, page: this.#followed.size + 1 } },
      );
    this.#followed.add(link);
    return { link };
  }
}

function endOf(thrown: unknown, isByLink: boolean): DeviceChanges | null {
  if (!isConnectorError(thrown)) return null;
  const { code, details, message } = thrown;
  if (code === 'ERR_GRAPH_FORBIDDEN') return { kind: 'forbidden', text: message };
  const isTooOld = code === 'ERR_GRAPH_STATUS' && [400, 404, 410].includes(Number(details.status));
  return isByLink && (isTooOld || code === 'ERR_GRAPH_ORIGIN') ? { kind: 'expired' } : null;
}

function partOf(body: unknown): Extract<DeviceChanges, { kind: 'changes' }> & { readonly next: string | null } {
  const {
    value,
    '@odata.nextLink': next = null,
    '@odata.deltaLink': link = null,
  } = body as Readonly<Record<string, unknown>>;
  if (!Array.isArray(value)) throw notAPart('has no list of devices');
  if (!isLink(next) || !isLink(link) || (next === null) === (link === null))
    throw notAPart('has neither one link to the next page nor one to later changes');
  const changed: EntraDevice[] = [];
  const unnamed: string[] = [];
  const deleted: string[] = [];
  for (const row of value as unknown[]) {
    if (typeof row !== 'object' || row === null) throw notAPart('has a device without an id');
    const { id, deviceId, '@removed': removed } = row as Readonly<Record<string, unknown>>;
    if (typeof id !== 'string' || id === '') throw notAPart('has a device without an id');
    const known = entraDeviceId(deviceId);
    if (removed !== undefined) deleted.push(id);
    else if (known === null) unnamed.push(id);
    else changed.push({ id, deviceId: known });
  }
  return { kind: 'changes', changed, unnamed, deleted, link, next };
}

function isLink(link: unknown): link is string | null {
  return link === null || (typeof link === 'string' && link !== '');
}

function notAPart(why: string): ConnectorError {
  return new ConnectorError('ERR_GRAPH_RESPONSE', `The answer to ${PATH} ${why}.`, { details: { path: PATH } });
}
