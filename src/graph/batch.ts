/**
 * Many GETs as batches. Of a batch each part is answered by itself: one may be throttled while the others are not, and the
 * batch says 200. https://learn.microsoft.com/graph/json-batching
 */
import { ConnectorError, isConnectorError } from '../errors.ts';
import { isNotFound, readAnswer } from './answer.ts';
import type { GraphPath } from './graph-transport.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { withRetry } from './retry.ts';
import type { RetryOptions } from './retry.ts';
import type { Answer } from './send.ts';

/** Parts of one batch: Graph takes no more. */
export const BATCH_SIZE = 20;

/** What is sent. */
export interface BatchBody {
  readonly requests: readonly { readonly id: string; readonly method: 'GET'; readonly url: string }[];
}

/** A part that has no final answer yet. */
interface OpenPart {
  readonly id: string;
  readonly request: GraphPath;
}

/**
 * Answers of all requests, in their order.
 * @param missingIsNull what Graph says it does not have is null among the answers
 * @param post sends one batch and gives its answer, whatever its status is
 * @throws ConnectorError as `GraphTransport.get`, what the first of them that fails would; ERR_GRAPH_RESPONSE for an answer
 *   that lacks a part
 */
export async function getInBatches(
  requests: readonly GraphPath[],
  post: (body: BatchBody) => Promise<Answer>,
  retry: RetryOptions,
  missingIsNull = false,
): Promise<unknown[]> {
  const read = missingIsNull ? orNull(readAnswer) : readAnswer;
  const answers: unknown[] = [];
  for (let start = 0; start < requests.length; start += BATCH_SIZE) {
    const parts = requests.slice(start, start + BATCH_SIZE).map((request, at) => ({ id: String(at), request }));
    answers.push(...(await getBatch(parts, post, retry, read)));
  }
  return answers;
}

async function getBatch(
  parts: readonly OpenPart[],
  post: (body: BatchBody) => Promise<Answer>,
  retry: RetryOptions,
  read: typeof readAnswer,
): Promise<unknown[]> {
  const final = new Map<string, Answer>();
  const attempt = async (): Promise<Answer> => {
    const open = parts.filter(({ id }) => !final.has(id));
    const whole = await post({ requests: open.map(({ id, request }) => ({ id, method: 'GET', url: urlOf(request) })) });
    const answered = partsOf(readAnswer('/$batch', whole));
    const troubled: Answer[] = [];
    for (const { id, request } of open) {
      const answer = answered.get(id);
      if (answer === undefined)
        throw new ConnectorError('ERR_GRAPH_RESPONSE', `The answer to ${request.path} is not in its batch.`, {
          details: { path: request.path },
        });
      if (isForNow(answer)) troubled.push(answer);
      else final.set(id, answer);
    }
    // Whichever wants the longest pause speaks for all.
    const pauseOf = ({ retryAfter }: Answer): number => parseRetryAfter(retryAfter, retry.clock.now()) ?? 0;
    return troubled.sort((a, b) => pauseOf(b) - pauseOf(a))[0] ?? whole;
  };
  const last = await withRetry(attempt, retry);
  return parts.map(({ id, request }) => read(request.path, final.get(id) ?? last));
}

/** What Graph says it does not have is null. */
export function orNull(read: typeof readAnswer): typeof readAnswer {
  return (path, answer) => {
    try {
      return read(path, answer);
    } catch (error) {
      if (isConnectorError(error) && isNotFound(error)) return null;
      throw error;
    }
  };
}

/** What is worth asking again; `withRetry` decides whether it is. */
function isForNow({ status }: Answer): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function urlOf({ path, query = {} }: GraphPath): string {
  const options = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return options.length === 0 ? path : `${path}?${options.join('&')}`;
}

/** Their answers by id; what is none is left out. */
function partsOf(body: unknown): Map<string, Answer> {
  const { responses } = body as { readonly responses?: unknown };
  const parts = new Map<string, Answer>();
  for (const part of Array.isArray(responses) ? (responses as unknown[]) : []) {
    if (typeof part !== 'object' || part === null) continue;
    const { id, status, headers, body: json } = part as Record<string, unknown>;
    if (typeof id !== 'string' || typeof status !== 'number') continue;
    parts.set(id, {
      status,
      mediaType: 'application/json',
      retryAfter: headerOf(headers, 'retry-after'),
      requestId: headerOf(headers, 'request-id'),
      json,
    });
  }
  return parts;
}

function headerOf(headers: unknown, name: string): string | null {
  if (typeof headers !== 'object' || headers === null) return null;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] as unknown;
  // In JSON a number is one as well.
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : null;
}
