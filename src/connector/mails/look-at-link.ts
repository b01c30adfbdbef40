/**
 * Does our page answer at the link address? Asked once, without a token and without credentials.
 *
 * In: the link address, and a way to look at a page. Out: a verdict. Changes nothing.
 */
import { isActivationPage } from '../../activation/activation-page.ts';
import { asConnectorError, isConnectorError } from '../../errors.ts';
import type { CheckResult } from '../check-result.ts';
import type { Stoppable } from '../ports.ts';
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
): Promise<CheckResult> {
  const url = new URL(linkTo(linkBase, 'check'));
  url.search = '';
  const answer = await ask(url, options);
  if (typeof answer === 'string') return { verdict: 'unknown', text: answer };
  if (!isActivationPage(answer.text)) {
    const seen = `Something that is not the activation page answers at ${url.href} (HTTP ${answer.status}).`;
    return { verdict: 'unknown', text: `${seen} Check the address, its path, and the proxy in front.` };
  }
  if (url.protocol === 'http:' && !options.simulated) {
    return {
      verdict: 'unknown',
      text: `The page answers at ${url.href}, which only this host reaches. Phones need https.`,
    };
  }
  return { verdict: 'ready', text: `The activation page answers at ${url.href}.` };
}

/** The page, or why it could not be looked at. */
async function ask(url: URL, { lookAt, signal }: Stoppable & { readonly lookAt: LookAt }): Promise<SeenPage | string> {
  try {
    return await lookAt(url, { signal });
  } catch (thrown) {
    if (isConnectorError(thrown) && /^ERR_(ABORTED|CONFIG_)/.test(thrown.code)) throw thrown;
    return `From this host, ${url.href} cannot be tested: ${asConnectorError(thrown).message} Phones may still reach it; open it on one.`;
  }
}
