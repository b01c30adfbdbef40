/** Looks at a page as a browser would: no credentials, no script. */
import { httpFetch } from './http-fetch.ts';

/** The pages we look for have some KiB; what is larger is not ours. */
const LIMITS = { maxBodyBytes: 256 * 1024, connectTimeoutMs: 10_000, timeoutMs: 10_000, maxRedirects: 2 };

/**
 * Fetches one page. Errors: ERR_HTTP_…, ERR_ABORTED.
 * @param options.ca PEM of an authority to trust, beside those of this host
 */
export async function lookAtPage(
  url: URL,
  { ca, signal }: { readonly ca: string | undefined; readonly signal: AbortSignal },
): Promise<{ readonly status: number; readonly text: string }> {
  const fetch = httpFetch({ limits: LIMITS, allowInsecure: true, ...(ca === undefined ? {} : { tls: { ca } }) });
  try {
    const response = await fetch(url, { headers: { accept: 'text/html' }, signal });
    return { status: response.status, text: await response.text() };
  } finally {
    fetch.close();
  }
}
