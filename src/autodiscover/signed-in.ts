/** The one place where credentials leave: to the vetted address of a service whose certificate is trusted for its name. */
import { isConnectorError, type ErrorCode } from '../errors.ts';
import { HttpSession } from '../http/http-session.ts';
import type { HttpAuth, HttpResponse } from '../http/options.ts';
import { foreignText } from '../model/foreign.ts';
import type { FoundService } from './check-endpoint.ts';
import { failed, type CheckContext, type CheckCredentials } from './context.ts';
import { MAX_BODY } from './http-probe.ts';
import { statusVerdict } from './http-verdict.ts';
import { POX_CONTENT_TYPE, poxRequest, readPoxAnswer, type PoxAnswer, type PoxSchema } from './pox.ts';
import { judged, type Finding } from './report.ts';
import { quoted, said } from './words/say.ts';

/**
 * The sign-in method for what is offered, or null. NTLM before Basic; Basic only if allowed and nothing better is offered,
 * so that a server cannot talk us down to it.
 */
export function signInMethod(
  { username, password, allowBasic }: CheckCredentials,
  schemes: readonly string[],
): HttpAuth | null {
  const offered = new Set(schemes.map((scheme) => scheme.toLowerCase()));
  if (offered.has('ntlm')) return { method: 'ntlm', username, password };
  if (offered.has('negotiate')) return { method: 'negotiate-ntlm', username, password };
  return offered.has('basic') && allowBasic === true ? { method: 'basic', username, password } : null;
}

/** Asks one question as the account. A refusal or an answer that is none comes back as a finding. */
export async function askSignedIn(
  ctx: CheckContext,
  service: FoundService,
  address: string,
  schema: PoxSchema,
): Promise<{ readonly pox: PoxAnswer } | { readonly finding: Finding }> {
  const { pathname } = service.url;
  const question = { path: pathname, contentType: POX_CONTENT_TYPE, body: poxRequest(address, schema) };
  const sent = await postSignedIn(ctx, service, question);
  return 'finding' in sent ? sent : judgeReply(sent.reply);
}

/** What is sent, and to which path of the service. */
export interface SignedInQuestion {
  readonly path: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts as the account, to the service's own host and address whatever the path. No answer comes back as a finding. */
export async function postSignedIn(
  ctx: CheckContext,
  service: FoundService,
  { path, contentType, headers, body }: SignedInQuestion,
): Promise<{ readonly reply: HttpResponse } | { readonly finding: Finding }> {
  const auth = ctx.credentials === null ? null : signInMethod(ctx.credentials, service.schemes);
  if (auth === null || !service.trusted) return { finding: { status: 'skipped', seen: said('sign-in.impossible') } };
  const pinned = new URL(service.url);
  pinned.pathname = path;
  pinned.hostname = service.address.includes(':') ? `[${service.address}]` : service.address;
  const session = new HttpSession({
    url: pinned.href,
    tls: { ca: ctx.ca, servername: service.url.hostname },
    auth,
    limits: { maxBodyBytes: MAX_BODY, connectTimeoutMs: ctx.stepMs, timeoutMs: ctx.stepMs, maxRedirects: 0 },
  });
  try {
    const all = { ...headers, Host: service.url.host, 'Content-Type': contentType };
    return { reply: await session.request({ method: 'POST', headers: all, body, signal: ctx.signal }) };
  } catch (error) {
    return { finding: judgeThrown(error, ctx, auth.method) };
  } finally {
    session.close();
  }
}

function judgeReply({
  status,
  headers,
  body,
}: HttpResponse): { readonly pox: PoxAnswer } | { readonly finding: Finding } {
  if (status === 200) return { pox: readPoxAnswer(body.toString('utf8')) };
  const name = foreignText(headers.server)?.slice(0, 100);
  const server = name === undefined ? said('server.unnamed') : quoted(name);
  return { finding: judged(statusVerdict(status), said('http.signed-in-status', { status, server })) };
}

function judgeThrown(error: unknown, ctx: CheckContext, method: HttpAuth['method']): Finding {
  if (!isConnectorError(error)) throw error;
  const username = ctx.credentials?.username ?? '';
  const known: Partial<Record<ErrorCode, () => Finding>> = {
    ERR_HTTP_AUTH: () =>
      // NTLM within Negotiate, since NTLM itself is not offered: a right password is refused like a wrong one.
      method === 'negotiate-ntlm'
        ? judged('auth.kerberos', said('sign-in.401.negotiate', { username }))
        : judged('auth.password', said('sign-in.401', { username }), { n: 1 }),
    ERR_HTTP_AUTH_METHOD: () =>
      // Its NTLM was not even answered, so nothing of the password was sent.
      method === 'negotiate-ntlm' && String(error.details['offered']) === 'negotiate'
        ? judged('auth.kerberos', said('sign-in.negotiate'))
        : judged('auth.schemes.unusable', failed(error), { s: said('sign-in.another') }),
    ERR_HTTP_TOO_LARGE: () => judged('body.invalid', said('body.too-large')),
    ERR_HTTP_TIMEOUT: () => judged('http.timeout', said('http.late'), { s: Math.round(ctx.stepMs / 1000) }),
  };
  const finding = known[error.code]?.();
  if (finding !== undefined) return finding;
  if (error.code === 'ERR_ABORTED') throw error;
  return judged('http.reset', failed(error));
}
