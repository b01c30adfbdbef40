/** Does our page answer at the link address? Asked once, without a token and without credentials. */
import { isActivationPage } from '../../src/activation/activation-page.ts';
import { asConnectorError, isConnectorError } from '../../src/errors.ts';
import { httpFetch } from '../../src/http/http-fetch.ts';
import type { CheckResult } from './check-result.ts';
import { linkTo } from './send-mail.ts';

/** The page is some KiB; what is larger is not ours. */
const LIMITS = { maxBodyBytes: 256 * 1024, connectTimeoutMs: 10_000, timeoutMs: 10_000, maxRedirects: 2 };

/**
 * | the link address                                             | verdict |
 * |--------------------------------------------------------------|---------|
 * | empty, no address, http to another host, user or query in it | failed  |
 * | our page answers                                             | ready   |
 * | our page answers at http on this host: no phone gets there   | unknown, ready where the phones are simulated |
 * | something else answers, a redirect to another owner           | unknown |
 * | nothing answers, or with a certificate that is not trusted   | unknown: phones may reach what this host does not |
 */
export async function lookAtLink(
  linkBase: string,
  options: { readonly ca: string | undefined; readonly simulated: boolean; readonly signal: AbortSignal },
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

async function ask(
  url: URL,
  { ca, signal }: { readonly ca: string | undefined; readonly signal: AbortSignal },
): Promise<{ readonly status: number; readonly text: string } | string> {
  const fetch = httpFetch({ limits: LIMITS, allowInsecure: true, ...(ca === undefined ? {} : { tls: { ca } }) });
  try {
    const response = await fetch(url, { headers: { accept: 'text/html' }, signal });
    return { status: response.status, text: await response.text() };
  } catch (thrown) {
    if (isConnectorError(thrown, 'ERR_ABORTED')) throw thrown;
    return `From this host, ${url.href} cannot be tested: ${asConnectorError(thrown).message} Phones may still reach it; open it on one.`;
  } finally {
    fetch.close();
  }
}
