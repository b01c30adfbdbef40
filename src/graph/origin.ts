/** Links from outside are followed on Graph's own origin only. */
import { ConnectorError } from '../errors.ts';

/**
 * Returns the link if its origin is exactly that of `graphUrl`, as the URL standard reads it.
 * Comparing text is not enough: the Graph client's own host check passes `https://graph.microsoft.com:pw@evil.example/`
 * and would attach the token (measured with 3.0.7).
 * @throws ConnectorError ERR_GRAPH_ORIGIN
 */
export function sameOriginLink(graphUrl: string, link: string): string {
  const url = URL.canParse(link) ? new URL(link) : null;
  const expected = new URL(graphUrl).origin;
  // Only the origin is told: a link carries a token of its own, which belongs in no log.
  const seen = url === null ? 'something that is not an address' : url.origin;
  if (
    url === null ||
    url.protocol !== 'https:' ||
    url.origin !== expected ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new ConnectorError('ERR_GRAPH_ORIGIN', `Graph at ${expected} pointed to ${seen}.`, {
      details: { expected, seen },
    });
  }
  return link;
}
