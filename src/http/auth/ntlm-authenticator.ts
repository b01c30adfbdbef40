/** NTLMv2 over HTTP: one handshake per connection, then the connection is signed in. [MS-NTHT], RFC 4559 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ConnectorError } from '../../errors.ts';
import { challengeToken, offeredSchemes } from '../challenges.ts';
import type { HttpAuth } from '../options.ts';
import type { WireResponse } from '../send-request.ts';
import { refusal } from './authenticator.ts';
import type { Authenticator, Exchange } from './authenticator.ts';
import { tlsServerEndPoint } from './end-point.ts';
import { decodeChallenge, encodeNegotiate } from './ntlm-messages.ts';
import { answerChallenge, channelBindingHash, CLIENT_FLAGS, splitUser } from './ntlmv2.ts';
import { unwrapNtlm, wrapInit, wrapResponse } from './spnego.ts';

type NtlmAuth = Extract<HttpAuth, { method: 'ntlm' | 'negotiate-ntlm' }>;
type Scheme = 'NTLM' | 'Negotiate';

/** Channel binding of the connection, or null on plain TCP. */
export function channelBindingOf(socket: Socket): Buffer | null {
  if (!(socket instanceof TLSSocket)) return null;
  const der = socket.getPeerCertificate(false).raw as Buffer | undefined;
  return der === undefined ? null : channelBindingHash(tlsServerEndPoint(der));
}

/** See the module. */
export function createNtlmAuthenticator(auth: NtlmAuth): Authenticator {
  let scheme: Scheme = auth.method === 'ntlm' ? 'NTLM' : 'Negotiate';
  let live: Socket | null = null;
  let everyRequest = false;

  async function run(exchange: Exchange): Promise<WireResponse> {
    if (everyRequest || live === null || live.destroyed) return handshake(exchange);
    const answer = await exchange.send({}, true);
    if (answer.status !== 401) return answer;
    // The kept connection was replaced, or the server forgets after each request (authPersistSingleRequest of IIS).
    // Either way nothing was carried out, so it may be sent again.
    everyRequest = answer.socket === live;
    return handshake(exchange);
  }

  /** Negotiate → challenge; then authenticate with the real request. */
  async function handshake(exchange: Exchange): Promise<WireResponse> {
    live = null;
    const negotiate = encodeNegotiate(CLIENT_FLAGS);
    let first = await exchange.send({ Authorization: authorization(negotiate, 'first') }, false);
    let token = first.status === 401 ? challengeToken(first.headers['www-authenticate'], scheme) : null;
    if (first.status === 401 && token === null && switchScheme(first)) {
      first = await exchange.send({ Authorization: authorization(negotiate, 'first') }, false);
      token = first.status === 401 ? challengeToken(first.headers['www-authenticate'], scheme) : null;
    }
    if (first.status !== 401) return withoutSignIn(exchange, first);
    if (token === null) throw takesNoNtlm(exchange, first);
    const answer = await exchange.send(
      { Authorization: authorization(reply(exchange, negotiate, token, first.socket), 'later') },
      true,
    );
    if (answer.status === 401) throw failed(exchange, first, answer);
    live = answer.socket;
    return answer;
  }

  function authorization(message: Uint8Array, step: 'first' | 'later'): string {
    const wrap = scheme === 'Negotiate' && auth.spnego === true;
    const token = !wrap ? message : step === 'first' ? wrapInit(message) : wrapResponse(message);
    return `${scheme} ${Buffer.from(token).toString('base64')}`;
  }

  /** `ntlm` takes Negotiate where NTLM is not offered by name: Exchange's front end lists Negotiate only. */
  function switchScheme(answer: WireResponse): boolean {
    const offered = offeredSchemes(answer.headers['www-authenticate']);
    if (auth.method !== 'ntlm' || scheme === 'Negotiate' || offered.includes('ntlm') || !offered.includes('negotiate'))
      return false;
    scheme = 'Negotiate';
    return true;
  }

  function reply(exchange: Exchange, negotiate: Uint8Array, token: string, socket: Socket): Buffer {
    const message = ntlmIn(exchange, token);
    return answerChallenge(negotiate, message, decodeChallenge(message), {
      credentials: { ...splitUser(auth.username), password: auth.password },
      targetName: `HTTP/${exchange.url.hostname}`,
      channelBinding: auth.channelBinding === false ? null : channelBindingOf(socket),
      clientChallenge: randomBytes(8),
      sessionKey: randomBytes(16),
      now: Date.now(),
    });
  }

  function ntlmIn(exchange: Exchange, token: string): Buffer {
    try {
      return unwrapNtlm(Buffer.from(token, 'base64')).message;
    } catch (error) {
      throw scheme === 'Negotiate' ? wantsKerberos(exchange, auth.method, error) : error;
    }
  }

  /*
   * Nothing of the password was sent yet: this is no refusal of it.
   *
   *   NTLM was sent under   the server offers by name     means
   *   Negotiate             Negotiate, not NTLM           it may want Kerberos
   *   either                otherwise                     not offered, or it answers no NTLM
   */
  function takesNoNtlm(exchange: Exchange, first: WireResponse): ConnectorError {
    const offered = offeredSchemes(first.headers['www-authenticate']);
    return scheme === 'Negotiate' && offered.includes('negotiate')
      ? wantsKerberos(exchange, auth.method)
      : refusal(auth.method, exchange.url, first);
  }

  function failed(exchange: Exchange, first: WireResponse, answer: WireResponse): ConnectorError {
    if (first.socket === answer.socket) return refusal(auth.method, exchange.url, answer);
    const seen = `${exchange.url.host} closed the connection in the middle of the NTLM handshake; a proxy in between may not keep connections.`;
    return new ConnectorError('ERR_HTTP_AUTH', seen, { details: { host: exchange.url.host, method: auth.method } });
  }

  return { run };
}

/** Negotiate stands for Kerberos and NTLM, and the server went on with neither. */
function wantsKerberos({ url }: Exchange, method: HttpAuth['method'], cause?: unknown): ConnectorError {
  const seen = `${url.host} offers Negotiate and took no NTLM in it: it may want Kerberos. The password was not sent.`;
  const details = { host: url.host, method, offered: ['negotiate'], phase: 'connect' };
  return new ConnectorError('ERR_HTTP_AUTH_METHOD', seen, { cause, details });
}

/** The server did not ask: a redirect or an error is the answer; otherwise the real request goes as it is. */
async function withoutSignIn(exchange: Exchange, first: WireResponse): Promise<WireResponse> {
  if (first.status >= 300) return first;
  return exchange.send({}, true);
}
