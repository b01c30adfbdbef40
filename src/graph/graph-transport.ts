/** The one door to Microsoft Graph that the rest of the package knows: the real service, or the lab's simulation of it. */

import type { ClockWatch } from '../http/clock-watch.ts';
import type { EachRow } from './json-rows.ts';

/** One GET. The product only reads. */
export type GraphRequest = (GraphPath | GraphLink) & {
  /** Sent with this request. Graph's links do not carry headers: a chain that needs one sends it on every page. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Hears every answer of Graph to it, and none of the sign-in's servers. */
  readonly clock?: ClockWatch;
  /** For a list: `value` of the answer has what this makes of its rows, as soon as they are read. It must not throw. */
  readonly eachRow?: EachRow;
  readonly signal?: AbortSignal;
};

/** A resource of our choosing. */
export interface GraphPath {
  /** Path below the API version, e.g. `/deviceManagement/managedDevices`. */
  readonly path: string;
  /** Query options, unencoded, e.g. `{ $select: 'id,deviceName' }`. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Where Graph sent us. */
export interface GraphLink {
  /** `@odata.nextLink`, replayed as it came: taking tokens out of it is discouraged (Graph docs, "Paging"). */
  readonly link: string;
}

/** Reads from one tenant. */
export interface GraphTransport {
  readonly kind: 'graph' | 'simulated';
  /**
   * One JSON answer, parsed but otherwise unchecked: what it holds is foreign until its reader has looked at it.
   * Waits out throttling and retries what is worth it, within limits.
   * @throws ConnectorError ERR_GRAPH_AUTH, ERR_GRAPH_FORBIDDEN, ERR_GRAPH_STATUS (details.status, details.graphCode),
   *   ERR_GRAPH_RESPONSE, ERR_GRAPH_THROTTLED, ERR_GRAPH_ORIGIN, ERR_HTTP_…, ERR_ABORTED
   */
  get(request: GraphRequest): Promise<unknown>;
  /**
   * Several GETs in one call, however many; one that is throttled or fails for now is asked again, the others are not.
   * @param options.missingIsNull what Graph says it does not have is null among the answers, and no error
   * @returns their answers in their order, each as of {@link get}
   * @throws as {@link get}, what the first of them that fails would
   */
  getMany(
    requests: readonly GraphPath[],
    options: { readonly missingIsNull?: boolean; readonly signal?: AbortSignal },
  ): Promise<unknown[]>;
  /** Reports that Intune writes into files; absent: there are none. */
  readonly exports?: GraphExports;
  /** Stops what is under way (ERR_ABORTED) and leaves no socket and no timer. */
  close(): Promise<void>;
}

/** The way to a report: it is asked for at Graph, and fetched where Graph says, which is elsewhere. */
export interface GraphExports {
  /** Asks for a report. Nothing of the tenant changes. @returns and throws as {@link GraphTransport.get} */
  create(job: object, options: { readonly clock?: ClockWatch; readonly signal?: AbortSignal }): Promise<unknown>;
  /** Between two looks at a job. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /**
   * The bytes of a report, asked for without token, sign-in or client certificate. @param address as Graph gave it
   * @throws ConnectorError ERR_GRAPH_EXPORT (details.step `address`), ERR_HTTP_…, ERR_ABORTED
   */
  download(
    address: unknown,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}
