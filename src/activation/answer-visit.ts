/** A visit to the link, from request to answer: reads the token, asks the store, decides, keeps, renders. */
import { ConnectorError, asConnectorError } from '../errors.ts';
import type { EnrollApp } from '../model/enroll-app.ts';
import type { HelpDesk } from '../model/help-desk.ts';
import type { Logo } from '../model/logo.ts';
import type { Activation } from '../model/records.ts';
import { activationDecision } from './activation-decision.ts';
import type { KnownToken } from './activation-decision.ts';
import { PAGE_LANGUAGES, renderActivationPage, seeOther } from './activation-page.ts';
import type { ActivationPage, PageAnswer } from './activation-page.ts';
import { chooseLanguage } from './choose-language.ts';
import { readLinkToken } from './link-token.ts';
import type { ReadLink } from './link-token.ts';
import type { LinkedDevice } from './linked-device.ts';
import { placeOf } from './visitor.ts';

/** The part of the store that a visit needs. */
export interface ActivationStore {
  readonly id: string;
  readonly linkSecret: Uint8Array;
  readonly tokens: {
    find(tokenId: string): Promise<KnownToken | null>;
    use(tokenId: string, at: string): Promise<unknown>;
  };
  readonly activations: { add(activation: Activation): Promise<{ activation: Activation; isNew: boolean }> };
}

export interface Visit {
  readonly method: 'GET' | 'POST';
  /** GET: the link's query parameter; POST: the form's field. Whatever the browser sent. */
  readonly token: unknown;
  /** POST: the button that asks for a fresh link was pressed. */
  readonly wantsFresh: boolean;
  readonly userAgent: unknown;
  readonly acceptLanguage: unknown;
  readonly now: Date;
}

export interface VisitOptions {
  readonly enrollUrl?: string | undefined;
  readonly app?: EnrollApp | undefined;
  readonly helpDesk?: HelpDesk | undefined;
  readonly company?: string | undefined;
  /** `#rrggbb`. */
  readonly color?: string | undefined;
  readonly logo?: Logo | undefined;
  /** The link's device today; null: of an unknown one nothing is said. */
  readonly describe: (link: KnownToken) => Promise<LinkedDevice>;
  /** The link as it was sent; null: nobody knows its address. */
  readonly addressOf: (link: KnownToken, token: string) => string | null;
  /** Has a fresh link sent to the device's mailbox, if there is still something to send. */
  readonly sendFresh: (link: KnownToken) => Promise<void>;
}

export interface VisitOutcome {
  readonly answer: PageAnswer;
  /** What was shown, and of which link; null: the browser is sent on. */
  readonly page: ActivationPage | null;
  readonly link: KnownToken | null;
  /** The activation, on a POST that was accepted; on the second press the first one. */
  readonly activation: Activation | null;
  /** True only the first time; then, and only then, it is news to the flow. */
  readonly isNew: boolean;
  /** Why the visit was refused, or why it failed; null also where the page was opened without a link. */
  readonly error: ConnectorError | null;
}

/** Answers one visit. Never throws: when the store fails, the visitor is asked to come again and `error` says why. */
export async function answerVisit(visit: Visit, store: ActivationStore, options: VisitOptions): Promise<VisitOutcome> {
  const language = chooseLanguage(visit.acceptLanguage, PAGE_LANGUAGES);
  const { enrollUrl, app, helpDesk, company, color, logo } = options;
  const page = { language, enrollUrl, app, helpDesk, company, color, logo };
  try {
    const token = tryReadToken(visit, store);
    const issued = token instanceof ConnectorError ? null : await store.tokens.find(token.tokenId);
    const device = visit.method === 'GET' && issued !== null ? await options.describe(issued) : null;
    const decision = activationDecision({ ...visit, token, issued, device });
    const kept = decision.activation === null ? null : await store.activations.add(decision.activation);
    if (kept !== null) await store.tokens.use(kept.activation.tokenId, kept.activation.at);
    if (decision.sendsFresh && issued !== null) await options.sendFresh(issued);
    const known =
      token instanceof ConnectorError || issued === null || device === null
        ? {}
        : {
            token: token.token,
            device,
            place: placeOf(visit.userAgent, device),
            address: options.addressOf(issued, token.token),
          };
    const shown = typeof decision.page === 'string' ? decision.page : null;
    return {
      answer:
        typeof decision.page === 'string'
          ? renderActivationPage({ ...page, ...known, page: decision.page })
          : seeOther(decision.page.again),
      page: shown,
      link: issued,
      activation: kept?.activation ?? null,
      isNew: kept?.isNew ?? false,
      // Who opens the bare address, as a check of it does, was refused nothing.
      error: visit.method === 'GET' && visit.token === undefined ? null : decision.error,
    };
  } catch (error) {
    const answer = renderActivationPage({ ...page, page: 'unavailable' });
    const failed = asConnectorError(error, 'ERR_STORE_WRITE');
    return { answer, page: 'unavailable', link: null, activation: null, isNew: false, error: failed };
  }
}

function tryReadToken(visit: Visit, store: ActivationStore): ReadLink | ConnectorError {
  try {
    return readLinkToken(visit.token, { secret: store.linkSecret, storeId: store.id, purpose: 'activate' });
  } catch (error) {
    return asConnectorError(error, 'ERR_TOKEN_INVALID');
  }
}
