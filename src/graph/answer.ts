/** From a status and a body to a value or a named error; the same for the real service and the simulation. */
import { ConnectorError, type ErrorDetails } from '../errors.ts';
import { redact } from '../log.ts';
import { foreignText } from '../model/foreign.ts';
import type { Answer } from './send.ts';

/** What each part of Graph needs, all application permissions, all read-only. */
const PERMISSIONS: readonly (readonly [prefix: string, permission: string])[] = [
  ['/deviceManagement/', 'DeviceManagementManagedDevices.Read.All'],
  ['/devices/', 'Device.Read.All'],
  ['/groups', 'GroupMember.Read.All'],
  ['/users', 'User.Read.All'],
];

/**
 * The parsed body of a good answer.
 * @param path the path below the API version, without query
 * @throws ConnectorError ERR_GRAPH_AUTH (401), ERR_GRAPH_FORBIDDEN (403), ERR_HTTP_REDIRECT (3xx), ERR_GRAPH_STATUS (other),
 *   ERR_GRAPH_RESPONSE for an error inside a good status or a body that is no object
 */
export function readAnswer(path: string, answer: Answer): unknown {
  const { status, json } = answer;
  const error = graphError(json);
  const details: ErrorDetails = {
    status,
    path,
    ...(error === null ? {} : { graphCode: error.code, graphMessage: error.message }),
    ...(answer.requestId === null ? {} : { requestId: foreignText(answer.requestId) }),
  };
  const said = error === null ? '' : ` It said: ${error.code}: ${error.message}`;
  if (status === 401)
    throw new ConnectorError('ERR_GRAPH_AUTH', `Graph refused the token for ${path}.${said}`, { details });
  if (status === 403) {
    const permission = PERMISSIONS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'a permission it lacks';
    throw new ConnectorError(
      'ERR_GRAPH_FORBIDDEN',
      `Graph refused ${path}: the application needs ${permission}.${said}`,
      { details: { ...details, permission } },
    );
  }
  if (status >= 300 && status < 400)
    throw new ConnectorError('ERR_HTTP_REDIRECT', `Graph answered ${path} with a redirect (${status}).`, { details });
  if (status < 200 || status > 299)
    throw new ConnectorError('ERR_GRAPH_STATUS', `Graph answered ${path} with ${status}.${said}`, { details });
  // Measured: the Graph client hands this out as success.
  if (error !== null)
    throw new ConnectorError(
      'ERR_GRAPH_RESPONSE',
      `Graph answered ${path} with ${status}, but an error is inside.${said}`,
      { details },
    );
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConnectorError('ERR_GRAPH_RESPONSE', `Graph answered ${path} with ${status}, but no object is inside.`, {
      details,
    });
  }
  return json;
}

/** True for Graph's own "no such object"; a 404 of anything else (a proxy, a wrong address) does not say that. */
export function isNotFound(error: ConnectorError): boolean {
  const { status, graphCode } = error.details;
  return (
    error.code === 'ERR_GRAPH_STATUS' &&
    status === 404 &&
    typeof graphCode === 'string' &&
    /^(Request_)?(Resource|Item)?NotFound$/i.test(graphCode)
  );
}

/** OData error object (Graph docs, "Error responses"): `{ error: { code, message, … } }`. */
function graphError(json: unknown): { code: string; message: string } | null {
  if (typeof json !== 'object' || json === null || !('error' in json)) return null;
  const error: unknown = json.error;
  if (typeof error !== 'object' || error === null) return null;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { code: foreignText(code) ?? 'no code', message: errorText(message) };
}

/** Intune puts a JSON text with a `Message` into the message, and another one into that (seen: graph-explorer issue 706). */
const DEEPEST = 3;

function errorText(message: unknown): string {
  let inner = message;
  for (let depth = 0; depth < DEEPEST && typeof inner === 'string' && inner.trimStart().startsWith('{'); depth += 1)
    inner = innerMessage(inner);
  return redact((foreignText(inner) ?? 'no text').slice(0, 300));
}

function innerMessage(text: string): unknown {
  try {
    return (JSON.parse(text) as { Message?: unknown }).Message;
  } catch {
    return text;
  }
}
