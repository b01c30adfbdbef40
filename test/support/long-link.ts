/** Links as older versions sent them; some are in mailboxes still. */
import { createHmac } from 'node:crypto';
import type { LinkClaims } from '../../src/activation/link-claims.ts';

/** A token with any payload, signed as they were. */
export function signedPayload(payload: unknown, secret: Uint8Array): string {
  const text = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)).toString('base64url');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** The token of a link. */
export function longToken(claims: LinkClaims, secret: Uint8Array): string {
  const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);
  return signedPayload(
    {
      v: 1,
      p: claims.purpose,
      s: claims.storeId,
      t: claims.tokenId,
      m: claims.mailboxId.toLowerCase(),
      e: claims.easId,
      i: seconds(claims.issuedAt),
      x: seconds(claims.expiresAt),
    },
    secret,
  );
}
