/**
 * What an access token says of its application. Microsoft calls the content of a token for Graph opaque, so nothing but this
 * report goes by it, and one that cannot be read is unknown and no fault. Its signature is not checked: it is Graph's to check,
 * and the token came from the sign-in over TLS. Pure.
 */

/** Application permissions (`roles`) and delegated ones (`scp`): learn.microsoft.com, "Access token claims reference". */
export interface TokenClaims {
  readonly roles: readonly string[];
  /** Null: the claim is not there. */
  readonly scopes: readonly string[] | null;
}

/** Names that are taken from a token; one that is longer, or of other characters, is no permission of Graph's. */
const NAME = /^[A-Za-z][\w.-]{0,99}$/;
/** More than an application has. */
const MOST = 500;

/** Null for what is no token with claims. */
export function readClaims(token: string): TokenClaims | null {
  const claims = payloadOf(token);
  if (claims === null) return null;
  const { roles, scp } = claims;
  return {
    roles: namesIn(Array.isArray(roles) ? roles : []),
    scopes: typeof scp === 'string' ? namesIn(scp.split(' ')) : null,
  };
}

function payloadOf(token: string): Readonly<Record<string, unknown>> | null {
  const [, payload] = token.split('.');
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function namesIn(values: readonly unknown[]): string[] {
  const names = values.filter((value): value is string => typeof value === 'string' && NAME.test(value));
  return [...new Set(names)].slice(0, MOST);
}
