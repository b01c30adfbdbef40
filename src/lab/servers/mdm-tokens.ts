/** Tokens that an MDM's API hands out and takes. */
import { randomBytes } from 'node:crypto';

/** Those of one server. */
export class MdmTokens {
  readonly #now: () => number;
  /** Tokens, and when they run out in milliseconds since 1970. */
  readonly #tokens = new Map<string, number>();

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new one that holds that long. */
  issue(seconds: number): string {
    const token = randomBytes(24).toString('base64url');
    this.#tokens.set(token, this.#now() + seconds * 1000);
    return token;
  }

  holds(token: string): boolean {
    return (this.#tokens.get(token) ?? 0) > this.#now();
  }

  /** All that were issued run out at once. */
  expire(): void {
    this.#tokens.clear();
  }
}

/** Token of an Authorization header; "" if there is none of that scheme. */
export function bearerOf(authorization: string | undefined): string {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** True for the Authorization header of this account (RFC 7617). */
export function isBasicOf(authorization: string | undefined, username: string, password: string): boolean {
  return authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
