/** Graph of the simulated organization, in process: for `kind: simulated`, where nothing else is installed. */
import { setImmediate } from 'node:timers/promises';
import { isConnectorError, throwIfAborted } from '../errors.ts';
import { isNotFound, readAnswer } from '../graph/answer.ts';
import type { GraphTransport } from '../graph/graph-transport.ts';
import { withRows } from '../graph/json-rows.ts';
import { sameOriginLink } from '../graph/origin.ts';
import type { Answer } from '../graph/send.ts';
import { exportError } from '../graph/export/export-error.ts';
import { GraphSlice, type SliceAnswer, type SliceOptions } from './graph-slice.ts';
import type { Organization } from './organization.ts';

/** Never called: a host name that cannot exist (RFC 6761, `.invalid`). */
const BASE_URL = 'https://graph.invalid/v1.0';

/** Opens Graph of the organization. What the real one refuses, it refuses with the same errors. */
export function simulatedGraph(organization: Organization, options: SliceOptions = {}): GraphTransport {
  const slice = new GraphSlice(organization, options);
  const closing = new AbortController();
  const signalOf = ({ signal }: { readonly signal?: AbortSignal }): AbortSignal =>
    signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
  return {
    kind: 'simulated',
    exports: {
      async create(job, asked) {
        throwIfAborted(signalOf(asked));
        const path = '/deviceManagement/reports/exportJobs';
        const answer = slice.post({ url: new URL(`${BASE_URL}${path}`), headers: {} }, JSON.stringify(job));
        return readAnswer(path, answerOf(answer));
      },
      // What is simulated is done when it is asked for again.
      async wait(_ms, signal) {
        await setImmediate();
        throwIfAborted(signalOf({ ...(signal && { signal }) }));
      },
      async *download(address, { signal }) {
        throwIfAborted(signalOf({ signal }));
        const file = typeof address === 'string' ? slice.exports.file(new URL(address)) : null;
        if (file === null) throw exportError('download', 'could not be fetched');
        yield file;
      },
    },
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
      const signal = signalOf(request);
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
      const answer = readAnswer(url.pathname.slice('/v1.0'.length), answerOf(slice.answer({ url, headers })));
      return request.eachRow === undefined ? answer : withRows(answer, request.eachRow);
    },
    async close() {
      closing.abort();
    },
  };
}

function answerOf({ status, body }: SliceAnswer): Answer {
  return { status, json: body, mediaType: 'application/json', retryAfter: null, requestId: null };
}
