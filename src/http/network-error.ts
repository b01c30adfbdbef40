/** Gives each way a connection fails its own code. No I/O here. */
import { ConnectorError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/**
 * How far the request got: `connect` nothing was sent, trying again is safe; `sent` it may have been carried out;
 * `answer` the answer had begun.
 */
export type Phase = 'connect' | 'sent' | 'answer';

// Codes: Node.js "Common system errors", "OpenSSL error codes" and X509_V_ERR_* of OpenSSL's verify(1).
const CODES: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ['ECONNREFUSED', ['ERR_HTTP_UNREACHABLE', 'refused the connection']],
  ['ENOTFOUND', ['ERR_HTTP_UNREACHABLE', 'is not known to DNS']],
  ['EAI_AGAIN', ['ERR_HTTP_UNREACHABLE', 'could not be resolved, DNS did not answer']],
  ['EAI_FAIL', ['ERR_HTTP_UNREACHABLE', 'could not be resolved']],
  ['EHOSTUNREACH', ['ERR_HTTP_UNREACHABLE', 'cannot be reached']],
  ['ENETUNREACH', ['ERR_HTTP_UNREACHABLE', 'cannot be reached']],
  ['EACCES', ['ERR_HTTP_UNREACHABLE', 'may not be reached from this host']],
  ['EPERM', ['ERR_HTTP_UNREACHABLE', 'may not be reached from this host']],
  ['ETIMEDOUT', ['ERR_HTTP_TIMEOUT', 'did not answer the connection']],
  ['ECONNRESET', ['ERR_HTTP_RESET', 'broke the connection']],
  ['ECONNABORTED', ['ERR_HTTP_RESET', 'broke the connection']],
  ['EPIPE', ['ERR_HTTP_RESET', 'broke the connection']],
  ['ERR_STREAM_PREMATURE_CLOSE', ['ERR_HTTP_RESET', 'broke the connection']],
  ['ERR_TLS_CERT_ALTNAME_INVALID', ['ERR_HTTP_TLS_NAME', 'showed a certificate for another name']],
  ['CERT_HAS_EXPIRED', ['ERR_HTTP_TLS_EXPIRED', 'showed an expired certificate']],
  ['CERT_NOT_YET_VALID', ['ERR_HTTP_TLS_EXPIRED', 'showed a certificate that is not valid yet']],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a self-signed certificate']],
  ['SELF_SIGNED_CERT_IN_CHAIN', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate of an unknown authority']],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate of an unknown authority']],
  ['UNABLE_TO_GET_ISSUER_CERT', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate of an unknown authority']],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate of an unknown authority']],
  ['CERT_UNTRUSTED', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate that is not trusted']],
  ['CERT_SIGNATURE_FAILURE', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate whose signature does not fit']],
  ['INVALID_CA', ['ERR_HTTP_TLS_UNTRUSTED', 'showed a certificate of an invalid authority']],
  ['ERR_SSL_WRONG_VERSION_NUMBER', ['ERR_HTTP_TLS', 'speaks no TLS at this port']],
  ['EPROTO', ['ERR_HTTP_TLS', 'failed the TLS handshake']],
  ['HPE_HEADER_OVERFLOW', ['ERR_HTTP_TOO_LARGE', 'sent a header larger than allowed']],
]);

function explain(code: string): readonly [ErrorCode, string] {
  const known = CODES.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return ['ERR_HTTP_NOT_EXPECTED', 'answered with something that is not HTTP'];
  if (code.startsWith('Z_') || code.startsWith('ERR_ZLIB') || code === 'ERR_BUFFER_TOO_LARGE') {
    return ['ERR_HTTP_NOT_EXPECTED', 'sent a compressed answer that is damaged'];
  }
  if (/^(ERR_SSL|ERR_TLS|CERT_|CRL_|ERR_OSSL|UNABLE_TO)/.test(code))
    return ['ERR_HTTP_TLS', `failed the TLS handshake (${code})`];
  return ['ERR_HTTP_UNREACHABLE', `cannot be reached (${code || 'no reason given'})`];
}

/** Makes any failure of a connection a coded error that names the host. Ours pass through. */
export function toNetworkError(error: unknown, host: string, phase: Phase): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const cause = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error;
  const raw = (cause as { code?: unknown } | null)?.code;
  const code = typeof raw === 'string' ? raw : '';
  const [stable, seen] = explain(code);
  return new ConnectorError(stable, `${host} ${seen}.`, { cause: error, details: { host, phase, reason: code } });
}
