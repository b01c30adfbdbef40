/** What dialogs ask the runtime: routes of the editor's web application that answer JSON. */
import { asConnectorError, ConnectorError } from '../src/errors.ts';
import { redact } from '../src/log.ts';
import type { Properties, RED, WebHandler, WebRequest, WebResponse } from './red.ts';

/** Answers a request with a JSON value. @param signal fires when nobody waits for the answer any more */
export type RouteHandler = (request: WebRequest, signal: AbortSignal) => unknown;

/** Says values one after the other; resolves when there are no more. */
export type TellingHandler = (
  request: WebRequest,
  signal: AbortSignal,
  tell: (value: unknown) => void,
) => Promise<void>;

export interface AdminRoutes {
  /** @param permission of Node-RED's users, such as `access-switch.read` */
  get(path: string, permission: string, handler: RouteHandler): void;
  post(path: string, permission: string, handler: RouteHandler): void;
  /** Answers a POST with a line of JSON for each value, as soon as it is said; an error after the first is a line as well. */
  tell(path: string, permission: string, handler: TellingHandler): void;
}

/**
 * Offers routes; once for the runtime, not for each node. What a handler throws is answered as
 * `{ error: { code, text } }`: 400; 413 for an error with `details.tooLarge`; 500 for ERR_INTERNAL.
 */
export function adminRoutes(RED: RED): AdminRoutes {
  const mayUse = (permission: string): WebHandler => RED.auth.needsPermission(permission);
  return {
    get: (path, permission, handler) => void RED.httpAdmin.get(path, mayUse(permission), answering(handler)),
    post: (path, permission, handler) => void RED.httpAdmin.post(path, mayUse(permission), answering(handler)),
    tell: (path, permission, handler) => void RED.httpAdmin.post(path, mayUse(permission), telling(handler)),
  };
}

function answering(handler: RouteHandler): WebHandler {
  return (request, response) => {
    const gone = goneOf(response);
    void Promise.resolve()
      .then(() => handler(request, gone))
      .then(
        (body) => response.json(body),
        (thrown: unknown) => {
          if (!gone.aborted) refuse(response, thrown);
        },
      );
  };
}

function telling(handler: TellingHandler): WebHandler {
  return (request, response) => {
    const gone = goneOf(response);
    const tell = (value: unknown): void => {
      if (gone.aborted) return;
      // A proxy before the editor shall pass each line on.
      if (!response.headersSent)
        response.writeHead(200, {
          'content-type': 'application/x-ndjson; charset=utf-8',
          'cache-control': 'no-store, no-transform',
          'x-accel-buffering': 'no',
        });
      response.write(`${JSON.stringify(value)}\n`);
    };
    void Promise.resolve()
      .then(() => handler(request, gone, tell))
      .then(
        () => response.end(),
        (thrown: unknown) => {
          if (gone.aborted) return;
          if (!response.headersSent) return refuse(response, thrown);
          tell(wordsOf(asConnectorError(thrown)));
          response.end();
        },
      );
  };
}

/** Fires when nobody waits for the answer any more. */
function goneOf(response: WebResponse): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  return gone.signal;
}

function refuse(response: WebResponse, thrown: unknown): void {
  const error = asConnectorError(thrown);
  response.status(statusOf(error)).json(wordsOf(error));
}

function statusOf({ code, details }: ConnectorError): number {
  if (code === 'ERR_INTERNAL') return 500;
  return details['tooLarge'] === true ? 413 : 400;
}

function wordsOf({ code, message }: ConnectorError): { error: { code: string; text: string } } {
  return { error: { code, text: redact(message) } };
}

/** The properties that a request brings as a JSON object. @throws ConnectorError ERR_INPUT_INVALID when it brings none */
export function bodyOf({ body }: Pick<WebRequest, 'body'>): Properties {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Properties;
  throw new ConnectorError('ERR_INPUT_INVALID', 'The request has no JSON object.');
}
