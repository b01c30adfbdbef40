/** What dialogs ask the runtime: routes of the editor's web application that answer JSON. */
import { once } from 'node:events';
import { errorInLanguage } from '../src/connector/sentences/error-in-language.ts';
import { editorLanguage } from '../src/connector/sentences/in-language.ts';
import type { RuleLanguage } from '../src/connector/sentences/in-language.ts';
import { isJson } from '../src/console/same-origin.ts';
import { asConnectorError, ConnectorError } from '../src/errors.ts';
import { redact } from '../src/log.ts';
import { refusal } from '../src/model/refusals.ts';
import type { Properties, RED, WebHandler, WebRequest, WebResponse } from './red.ts';

/** Answers a request with a JSON value. @param signal fires when nobody waits for the answer any more */
export type RouteHandler = (request: WebRequest, signal: AbortSignal) => unknown;

/** Says values one after the other; resolves when there are no more. */
export type TellingHandler = (
  request: WebRequest,
  signal: AbortSignal,
  tell: (value: unknown) => void,
) => Promise<void>;

/** Answers a request with text, piece by piece. @param signal fires when nobody waits for the answer any more */
export type TextHandler = (request: WebRequest, signal: AbortSignal) => Promise<TextAnswer> | TextAnswer;

/** A text that is long, or is no JSON. */
export interface TextAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: AsyncIterable<string> | Iterable<string>;
}

export interface AdminRoutes {
  /** @param permission of Node-RED's users, such as `access-switch.read` */
  get(path: string, permission: string, handler: RouteHandler): void;
  post(path: string, permission: string, handler: RouteHandler): void;
  /** Answers a POST with a line of JSON for each value, as soon as it is said; an error after the first is a line as well. */
  tell(path: string, permission: string, handler: TellingHandler): void;
  /** Answers a GET with text. @param permission null: whoever asks; the handler looks at the request itself */
  text(path: string, permission: string | null, handler: TextHandler): void;
}

/** What is done before the handlers of some routes. */
export interface RouteGuards {
  /** Before anything else, whatever is answered then. */
  readonly first?: WebHandler;
  /** Before what a POST does, of those who have the permission; absent: {@link onlyJson}. */
  readonly beforePost?: WebHandler;
}

/**
 * Offers routes; once for the runtime, not for each node. What a handler throws is answered as
 * `{ error: { code, text } }`: 400; 413 for an error with `details.tooLarge`; 500 for ERR_INTERNAL.
 */
export function adminRoutes(RED: RED, { first = pass, beforePost = onlyJson }: RouteGuards = {}): AdminRoutes {
  const mayUse = (permission: string | null): WebHandler =>
    permission === null ? pass : RED.auth.needsPermission(permission);
  const get = (path: string, permission: string | null, handler: WebHandler): void =>
    void RED.httpAdmin.get(path, first, mayUse(permission), handler);
  const post = (path: string, permission: string, handler: WebHandler): void =>
    void RED.httpAdmin.post(path, first, mayUse(permission), beforePost, handler);
  return {
    get: (path, permission, handler) => get(path, permission, answering(handler)),
    post: (path, permission, handler) => post(path, permission, answering(handler)),
    tell: (path, permission, handler) => post(path, permission, telling(handler)),
    text: (path, permission, handler) => get(path, permission, writing(handler)),
  };
}

const pass: WebHandler = (_request, _response, next) => next();

/**
 * Dialogs send JSON. The editor's address takes forms as well, and any page has a browser send those, with the sign-in of a
 * proxy before the editor, where there is one; for JSON a browser asks the editor first. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
 */
const onlyJson: WebHandler = (request, response, next) => {
  if (isJson(request.headers)) next();
  else refuse(request, response, new ConnectorError('ERR_INPUT_INVALID', refusal('only-json')));
};

function answering(handler: RouteHandler): WebHandler {
  return (request, response) => {
    const gone = goneOf(response);
    void Promise.resolve()
      .then(() => handler(request, gone))
      .then(
        (body) => response.json(body),
        (thrown: unknown) => {
          if (!gone.aborted) refuse(request, response, thrown);
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
          if (!response.headersSent) return refuse(request, response, thrown);
          tell(wordsOf(asConnectorError(thrown), languageOf(request)));
          response.end();
        },
      );
  };
}

/** What goes wrong after the first piece cuts the answer off: a file that is not whole must not look so. */
function writing(handler: TextHandler): WebHandler {
  return (request, response) => {
    const gone = goneOf(response);
    const write = async (): Promise<void> => {
      const { status = 200, headers, text } = await handler(request, gone);
      for await (const piece of text) {
        if (gone.aborted) return;
        if (!response.headersSent) response.writeHead(status, headers);
        if (!response.write(piece)) await once(response, 'drain', { signal: gone });
      }
      response.end();
    };
    void write().catch((thrown: unknown) => {
      if (gone.aborted) return;
      if (response.headersSent) response.destroy();
      else refuse(request, response, thrown);
    });
  };
}

/** Fires when nobody waits for the answer any more. */
function goneOf(response: WebResponse): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  return gone.signal;
}

/** Answers with what was thrown, in the language of whoever asks. */
export function refuse(request: Pick<WebRequest, 'query' | 'body'>, response: WebResponse, thrown: unknown): void {
  const error = asConnectorError(thrown);
  response.status(statusOf(error)).json(wordsOf(error, languageOf(request)));
}

/** The language that a request asks for, in its query or its JSON; English if it asks for none. */
function languageOf({ query, body }: Pick<WebRequest, 'query' | 'body'>): RuleLanguage {
  const asked = typeof body === 'object' && body !== null ? (body as Properties)['language'] : undefined;
  return editorLanguage(query['language'] ?? asked);
}

function statusOf({ code, details }: ConnectorError): number {
  if (code === 'ERR_INTERNAL') return 500;
  return details['tooLarge'] === true ? 413 : 400;
}

function wordsOf(error: ConnectorError, language: RuleLanguage): { error: { code: string; text: string } } {
  return { error: { code: error.code, text: redact(errorInLanguage(error, language)) } };
}

/** The name by which somebody is signed in to the editor; null: nobody needs to be. */
export function userOf({ user }: Pick<WebRequest, 'user'>): string | null {
  const name = user?.username;
  return typeof name === 'string' && name !== '' ? name : null;
}

/*
 *   signed in to the editor       the audit names
 *   as somebody                   that user
 *   nobody: it needs no sign-in   the editor, and the address from which the request came
 */

/** Who stands in the audit. Behind a proxy the address is that of the proxy: what a header says, anybody can say. */
export function whoAsks(request: Pick<WebRequest, 'user' | 'socket'>): string {
  return userOf(request) ?? `editor (${request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '?'})`;
}

/** The properties that a request brings as a JSON object. @throws ConnectorError ERR_INPUT_INVALID when it brings none */
export function bodyOf({ body }: Pick<WebRequest, 'body'>): Properties {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Properties;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-json'));
}
