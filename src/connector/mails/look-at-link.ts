/**
 * Does our page answer at the link address? Asked once, without a token and without credentials.
 *
 * In: the link address, and a way to look at a page. Out: a verdict. Changes nothing.
 */
import { isActivationPage } from '../../activation/activation-page.ts';
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { Stoppable } from '../ports.ts';
import { failureIn, said, saw } from './check-words.ts';
import type { SeenResult } from './check-words.ts';
import { linkTo } from './enroll-mail.ts';

/** A page as this host sees it. */
export interface SeenPage {
  /** HTTP status. */
  readonly status: number;
  readonly text: string;
}

/** Fetches a page. Errors: ERR_HTTP_…, ERR_ABORTED. */
export type LookAt = (url: URL, options: Stoppable) => Promise<SeenPage>;

/**
 * | the link address                                             | verdict |
 * |--------------------------------------------------------------|---------|
 * | empty, no address, http to another host, user or query in it | failed  |
 * | our page answers                                             | ready   |
 * | our page answers at http on this host: no phone gets there   | unknown, ready where the phones are simulated |
 * | something else answers, a redirect to another owner           | unknown |
 * | nothing answers, or with a certificate that is not trusted   | unknown: phones may reach what this host does not |
 *
 * "failed" is an error: ERR_CONFIG_INVALID.
 */
export async function lookAtLink(
  linkBase: string,
  options: Stoppable & { readonly lookAt: LookAt; readonly simulated: boolean },
): Promise<SeenResult> {
  const url = new URL(linkTo(linkBase, 'check'));
  url.search = '';
  const answer = await ask(url, options);
  if ('verdict' in answer) return answer;
  if (!isActivationPage(answer.text)) {
    return saw('unknown', said('link.foreign', { url: url.href, status: answer.status }));
  }
  if (url.protocol === 'http:' && !options.simulated) {
    return saw('unknown', said('link.http', { url: url.href }));
  }
  return saw('ready', said('link', { url: url.href }));
}

/** The page, or why it could not be looked at. */
async function ask(
  url: URL,
  { lookAt, signal }: Stoppable & { readonly lookAt: LookAt },
): Promise<SeenPage | SeenResult> {
  try {
    return await lookAt(url, { signal });
  } catch (thrown) {
    if (isConnectorError(thrown) && /^ERR_(ABORTED|CONFIG_)/.test(thrown.code)) throw thrown;
    const message = failureIn(asConnectorError(thrown));
    return saw('unknown', said('link.untested', { url: url.href, message }));
  }
}
