/** What a visit to the link means: which page is shown, and whether it is an activation. Pure. */
import { ConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { foldEasId } from '../model/keys.ts';
import type { Activation } from '../model/records.ts';
import type { ActivationPage } from './activation-page.ts';
import type { ReadLink } from './link-token.ts';

/** What the store knows of a token. */
export interface KnownToken {
  readonly tokenId: string;
  readonly mailboxId: string;
  readonly easId: string;
  readonly expiresAt: string;
  readonly usedAt: string | null;
}

export interface ActivationVisit {
  /** Mail scanners and link previews fetch links; only a person presses a button. */
  readonly method: 'GET' | 'POST';
  /** What the link says, or why it was refused. */
  readonly token: ReadLink | ConnectorError;
  /** What the store keeps under the token's id; null if nothing. */
  readonly issued: KnownToken | null;
  readonly userAgent: unknown;
  readonly now: Date;
}

export interface ActivationDecision {
  /** `again`: the browser is sent to the page of this link, which says how it stands by then. */
  readonly page: ActivationPage | { readonly again: string };
  /** To be kept. The store keeps one a token, so that pressing twice is one activation, the first. */
  readonly activation: Activation | null;
  /** Why the visit was refused. */
  readonly error: ConnectorError | null;
}

/**
 * The store says until when a link is good; of one that it has forgotten, the long form says so itself.
 *
 * | method | token                  | page    | activation |
 * |--------|------------------------|---------|------------|
 * | any    | damaged, foreign       | invalid | none       |
 * | GET    | expired                | expired | none       |
 * | POST   | expired                | again   | none       |
 * | any    | not issued, withdrawn, or issued for another device | invalid | none |
 * | GET    | good, not used         | confirm | none       |
 * | GET    | good, used             | done    | none       |
 * | POST   | good                   | again   | yes        |
 */
export function activationDecision(visit: ActivationVisit): ActivationDecision {
  const { token, issued } = visit;
  if (token instanceof ConnectorError) return refused('invalid', token);
  const expiresAt = (issued ?? token.claims)?.expiresAt;
  const details = { tokenId: token.tokenId };
  if (expiresAt !== undefined && visit.now.getTime() >= Date.parse(expiresAt)) {
    if (visit.method === 'POST') return { page: { again: token.token }, activation: null, error: null };
    const seen = `The link was good until ${expiresAt}.`;
    return refused('expired', new ConnectorError('ERR_TOKEN_EXPIRED', seen, { details: { ...details, expiresAt } }));
  }
  if (issued === null || !isSameDevice(token, issued))
    return refused('invalid', new ConnectorError('ERR_TOKEN_UNKNOWN', 'The store has no such link.', { details }));
  if (visit.method === 'GET') {
    return { page: issued.usedAt === null ? 'confirm' : 'done', activation: null, error: null };
  }
  const activation: Activation = {
    easId: issued.easId,
    mailbox: issued.mailboxId,
    at: visit.now.toISOString(),
    userAgent: foreignText(visit.userAgent),
    tokenId: token.tokenId,
  };
  return { page: { again: token.token }, activation, error: null };
}

/** True if the visitor's link is to blame, and not this connector. */
export function isRefusal(error: ConnectorError): boolean {
  return error.code.startsWith('ERR_TOKEN_');
}

function refused(page: 'expired' | 'invalid', error: ConnectorError): ActivationDecision {
  return { page, activation: null, error };
}

function isSameDevice({ tokenId, claims }: ReadLink, issued: KnownToken): boolean {
  if (tokenId !== issued.tokenId) return false;
  if (claims === null) return true;
  return claims.mailboxId === issued.mailboxId.toLowerCase() && foldEasId(claims.easId) === foldEasId(issued.easId);
}
