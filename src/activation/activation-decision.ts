/** What a visit to the link means: which page is shown, and whether it is an activation. Pure. */
import { ConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { foldEasId } from '../model/keys.ts';
import type { Activation } from '../model/records.ts';
import type { ActivationPage } from './activation-page.ts';
import type { LinkClaims } from './link-token.ts';

/** What the store knows of a token. */
export interface KnownToken {
  readonly tokenId: string;
  readonly mailboxId: string;
  readonly easId: string;
  readonly usedAt: string | null;
}

export interface ActivationVisit {
  /** Mail scanners and link previews fetch links; only a person presses a button. */
  readonly method: 'GET' | 'POST';
  /** The token's claims, or why it was refused. */
  readonly token: LinkClaims | ConnectorError;
  /** What the store keeps under the token's id; null if nothing. */
  readonly issued: KnownToken | null;
  readonly userAgent: unknown;
  readonly now: Date;
}

export interface ActivationDecision {
  readonly page: ActivationPage;
  /** To be kept. The store keeps one a token, so that pressing twice is one activation, the first. */
  readonly activation: Activation | null;
  /** Why the visit was refused. */
  readonly error: ConnectorError | null;
}

/**
 * | method | token                  | page    | activation |
 * |--------|------------------------|---------|------------|
 * | any    | expired                | expired | none       |
 * | any    | damaged, foreign       | invalid | none       |
 * | any    | not issued, withdrawn  | invalid | none       |
 * | GET    | good, not used         | confirm | none       |
 * | GET    | good, used             | done    | none       |
 * | POST   | good                   | done    | yes        |
 */
export function activationDecision(visit: ActivationVisit): ActivationDecision {
  const { token, issued } = visit;
  if (token instanceof ConnectorError) {
    return { page: token.code === 'ERR_TOKEN_EXPIRED' ? 'expired' : 'invalid', activation: null, error: token };
  }
  if (issued === null || !isSameDevice(token, issued)) {
    const error = new ConnectorError('ERR_TOKEN_UNKNOWN', 'The store has no such link.', {
      details: { tokenId: token.tokenId },
    });
    return { page: 'invalid', activation: null, error };
  }
  if (visit.method === 'GET') {
    return { page: issued.usedAt === null ? 'confirm' : 'done', activation: null, error: null };
  }
  const activation: Activation = {
    easId: token.easId,
    mailbox: token.mailboxId,
    at: visit.now.toISOString(),
    userAgent: foreignText(visit.userAgent),
    tokenId: token.tokenId,
  };
  return { page: 'done', activation, error: null };
}

/** True if the visitor's link is to blame, and not this connector. */
export function isRefusal(error: ConnectorError): boolean {
  return error.code.startsWith('ERR_TOKEN_');
}

function isSameDevice(token: LinkClaims, issued: KnownToken): boolean {
  return (
    token.tokenId === issued.tokenId &&
    token.mailboxId === issued.mailboxId.toLowerCase() &&
    foldEasId(token.easId) === foldEasId(issued.easId)
  );
}
