/** What a visit to the link means: which page is shown, and whether it is an activation. Pure. */
import { ConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { foldEasId } from '../model/keys.ts';
import type { Activation } from '../model/records.ts';
import type { ActivationPage } from './activation-page.ts';
import type { ReadLink } from './link-token.ts';
import type { LinkedDevice } from './linked-device.ts';

/** What the store knows of a token. */
export interface KnownToken {
  readonly tokenId: string;
  readonly mailboxId: string;
  readonly easId: string;
  readonly expiresAt: string;
  /** The link address it was sent with; null: it is not known. */
  readonly linkBase: string | null;
  readonly usedAt: string | null;
}

export interface ActivationVisit {
  /** Mail scanners and link previews fetch links; only a person presses a button. */
  readonly method: 'GET' | 'POST';
  /** What the link says, or why it was refused. */
  readonly token: ReadLink | ConnectorError;
  /** What the store keeps under the token's id; null if nothing. */
  readonly issued: KnownToken | null;
  /** GET: its device today; null where nothing was issued. */
  readonly device: LinkedDevice | null;
  /** POST: the button that asks for a fresh link was pressed. */
  readonly wantsFresh: boolean;
  readonly userAgent: unknown;
  readonly now: Date;
}

export interface ActivationDecision {
  /** `again`: the browser is sent to the page of this link, which says how it stands by then. */
  readonly page: ActivationPage | { readonly again: string };
  /** To be kept. The store keeps one a token, so that pressing twice is one activation, the first. */
  readonly activation: Activation | null;
  /** A fresh link goes to the device's mailbox, unless one has gone there a short while ago. */
  readonly sendsFresh: boolean;
  /** Why the visit was refused. */
  readonly error: ConnectorError | null;
}

/**
 * The store says until when a link is good; of one that it has forgotten, the long form says so itself.
 *
 * | method | token                  | its device    | page    | then                   |
 * |--------|------------------------|---------------|---------|------------------------|
 * | any    | damaged, foreign       |               | invalid |                        |
 * | any    | not issued, withdrawn, or issued for another device | | invalid |           |
 * | any    | expired and forgotten  |               | expired |                        |
 * | GET    | good or expired        | is free       | free    |                        |
 * | GET    | good or expired        | is known      | known   |                        |
 * | GET    | expired                | waits         | expired |                        |
 * | GET    | good, not used         | waits         | confirm |                        |
 * | GET    | good, used             | waits         | done    |                        |
 * | POST   | good, for a fresh link |               | again   |                        |
 * | POST   | good                   |               | again   | an activation          |
 * | POST   | expired, for a fresh link |            | again   | a fresh link by mail   |
 * | POST   | expired                |               | again   |                        |
 */
export function activationDecision(visit: ActivationVisit): ActivationDecision {
  const { token, issued } = visit;
  if (token instanceof ConnectorError) return refused('invalid', token);
  if (issued === null || !isSameDevice(token, issued)) {
    const { expiresAt } = token.claims ?? {};
    if (issued === null && expiresAt !== undefined && isOver(expiresAt, visit)) return expired(token, expiresAt);
    const details = { tokenId: token.tokenId };
    return refused('invalid', new ConnectorError('ERR_TOKEN_UNKNOWN', 'The store has no such link.', { details }));
  }
  return visit.method === 'GET' ? shown(visit, token, issued) : pressed(visit, token, issued);
}

function shown(visit: ActivationVisit, token: ReadLink, issued: KnownToken): ActivationDecision {
  const standing = visit.device?.standing ?? 'waits';
  if (standing !== 'waits') return { ...NOTHING, page: standing };
  if (isOver(issued.expiresAt, visit)) return expired(token, issued.expiresAt);
  return { ...NOTHING, page: issued.usedAt === null ? 'confirm' : 'done' };
}

function pressed(visit: ActivationVisit, token: ReadLink, issued: KnownToken): ActivationDecision {
  const page = { again: token.token };
  const isExpired = isOver(issued.expiresAt, visit);
  if (isExpired || visit.wantsFresh) return { ...NOTHING, page, sendsFresh: isExpired && visit.wantsFresh };
  const activation: Activation = {
    easId: issued.easId,
    mailbox: issued.mailboxId,
    at: visit.now.toISOString(),
    userAgent: foreignText(visit.userAgent),
    tokenId: token.tokenId,
  };
  return { ...NOTHING, page, activation };
}

/** True if the visitor's link is to blame, and not this connector. */
export function isRefusal(error: ConnectorError): boolean {
  return error.code.startsWith('ERR_TOKEN_');
}

const NOTHING = { activation: null, sendsFresh: false, error: null } as const;

function refused(page: 'expired' | 'invalid', error: ConnectorError): ActivationDecision {
  return { ...NOTHING, page, error };
}

function expired({ tokenId }: ReadLink, expiresAt: string): ActivationDecision {
  const seen = `The link was good until ${expiresAt}.`;
  return refused('expired', new ConnectorError('ERR_TOKEN_EXPIRED', seen, { details: { tokenId, expiresAt } }));
}

function isOver(expiresAt: string, { now }: ActivationVisit): boolean {
  return now.getTime() >= Date.parse(expiresAt);
}

function isSameDevice({ tokenId, claims }: ReadLink, issued: KnownToken): boolean {
  if (tokenId !== issued.tokenId) return false;
  if (claims === null) return true;
  return claims.mailboxId === issued.mailboxId.toLowerCase() && foldEasId(claims.easId) === foldEasId(issued.easId);
}
