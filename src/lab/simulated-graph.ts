/** Graph of the simulated organization, in process: for `kind: simulated`, where nothing else is installed. */
import { setImmediate } from 'node:timers/promises';
import { isConnectorError, throwIfAborted } from '../errors.ts';
import { isNotFound, readAnswer } from '../graph/answer.ts';
import type { GraphTransport } from '../graph/graph-transport.ts';
import { sameOriginLink } from '../graph/origin.ts';
import { GraphSlice, type SliceOptions } from './graph-slice.ts';
import type { Organization } from './organization.ts';

/** Never called: a host name that cannot exist (RFC 6761, `.invalid`). */
const BASE_URL = 'https://graph.invalid/v1.0';

/** Opens Graph of the organization. What the real one refuses, it refuses with the same errors. */
export function simulatedGraph(organization: Organization, options: SliceOptions = {}): GraphTransport {
  const slice = new GraphSlice(organization, options);
  const closing = new AbortController();
  return {
    kind: 'simulated',
    async getMany(requests, { missingIsNull = false, ...limits }) {
      const answers: unknown[] = [];
      for (const request of requests) {
        const answer = this.get({ ...request, ...limits }).catch((error: unknown) => {
          if (missingIsNull && isConnectorError(error) && isNotFound(error)) return null;
          throw error;
        });
        answers.push(await answer);
      }
      return answers;
    },
    async get(request) {
      const signal = request.signal === undefined ? closing.signal : AbortSignal.any([closing.signal, request.signal]);
      throwIfAborted(signal);
      const url = new URL('link' in request ? sameOriginLink(BASE_URL, request.link) : `${BASE_URL}${request.path}`);
      for (const [name, value] of Object.entries(('path' in request ? request.query : null) ?? {}))
        url.searchParams.set(name, value);
      // As over a wire, others get their turn between pages.
      await setImmediate();
      throwIfAborted(signal);
      const headers = Object.fromEntries(
        Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const { status, body } = slice.answer({ url, headers });
      return readAnswer(url.pathname.slice('/v1.0'.length), {
        status,
        json: body,
        mediaType: 'application/json',
        retryAfter: null,
        requestId: null,
      });
    },
    async close() {
      closing.abort();
    },
  };
}
