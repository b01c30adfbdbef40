/** What dialogs ask the runtime: routes of the editor's web application that answer JSON. */
import { asConnectorError, ConnectorError } from '../src/errors.ts';
import { redact } from '../src/log.ts';
import type { Properties, RED, WebHandler, WebRequest } from './red.ts';

/** Answers a request with a JSON value. @param signal fires when nobody waits for the answer any more */
export type RouteHandler = (request: WebRequest, signal: AbortSignal) => unknown;

export interface AdminRoutes {
  /** @param permission of Node-RED's users, such as `access-switch.read` */
  get(path: string, permission: string, handler: RouteHandler): void;
  post(path: string, permission: string, handler: RouteHandler): void;
}

/**
 * Offers routes; once for the runtime, not for each node. What a handler throws is answered as
 * `{ error: { code, text } }`: 400, or 500 for ERR_INTERNAL.
 */
export function adminRoutes(RED: RED): AdminRoutes {
  const mayUse = (permission: string): WebHandler => RED.auth.needsPermission(permission);
  return {
    get: (path, permission, handler) => void RED.httpAdmin.get(path, mayUse(permission), answering(handler)),
    post: (path, permission, handler) => void RED.httpAdmin.post(path, mayUse(permission), answering(handler)),
  };
}

function answering(handler: RouteHandler): WebHandler {
  return (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    void Promise.resolve()
      .then(() => handler(request, gone.signal))
      .then(
        (body) => response.json(body),
        (thrown: unknown) => {
          const error = asConnectorError(thrown);
          if (gone.signal.aborted) return;
          response
            .status(error.code === 'ERR_INTERNAL' ? 500 : 400)
            .json({ error: { code: error.code, text: redact(error.message) } });
        },
      );
  };
}

/** The properties that a request brings as a JSON object. @throws ConnectorError ERR_INPUT_INVALID when it brings none */
export function bodyOf({ body }: Pick<WebRequest, 'body'>): Properties {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Properties;
  throw new ConnectorError('ERR_INPUT_INVALID', 'The request has no JSON object.');
}
