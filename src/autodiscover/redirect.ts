/** Which redirects a check follows: https only, the same owner or an allowed name, never in circles. No I/O here. */
import { haveOneOwner, hostName, isBelow, isPublicSuffix } from '../http/registered-domain.ts';
import type { Verdict } from './verdicts.ts';
import { given, said, type Value } from './words/say.ts';

/** Where we are when a redirect arrives. */
export interface RedirectScene {
  readonly from: URL;
  readonly domain: string;
  /** Host names or domains (`contoso.com` covers `mail.contoso.com`). */
  readonly allowed: readonly string[];
  /** Every address already asked. */
  readonly visited: readonly string[];
}

/** Hops allowed in all [MS-OXDISCO clients use 10]. */
export const MAX_HOPS = 10;

export type RedirectDecision = { readonly follow: URL } | { readonly verdict: Verdict; readonly target: Value };

/** Decides about one `Location` or RedirectUrl; foreign text. */
export function judgeRedirect(location: string, scene: RedirectScene): RedirectDecision {
  const target = URL.parse(location, scene.from);
  if (target === null) return { verdict: 'redirect.insecure', target: given(location.slice(0, 200)) };
  const shown = `${target.origin}${target.pathname}`;
  if (target.protocol !== 'https:' || target.username !== '' || target.password !== '')
    return { verdict: 'redirect.insecure', target: shown };
  if (scene.visited.includes(target.href))
    return { verdict: 'redirect.loop', target: [...scene.visited, target.href].join(' → ') };
  if (scene.visited.length > MAX_HOPS)
    return { verdict: 'redirect.loop', target: said('redirect.hops', { n: MAX_HOPS }) };
  if (!mayFollow(target.hostname, scene)) return { verdict: 'redirect.confirm', target: target.hostname };
  return { follow: target };
}

/**
 * True if credentials, requests and mails for the mail domain may go to this host.
 *
 * | host                                                     | may be contacted                              |
 * |----------------------------------------------------------|-----------------------------------------------|
 * | one owner with the mail domain (src/http/registered-domain.ts) | yes                                     |
 * | below the mail domain, which is no public suffix         | yes: who has a domain has every name below it |
 * | an allowed name, or below one                            | yes, an administrator confirmed it            |
 * | below an allowed name that is a public suffix            | no, strangers register there                  |
 * | any other                                                | no                                            |
 */
export function mayFollow(host: string, { domain, allowed }: Pick<RedirectScene, 'domain' | 'allowed'>): boolean {
  return haveOneOwner(host, domain) || [domain, ...allowed].some((name) => covers(name, host));
}

/** `contoso.com` covers `mail.contoso.com`; a public suffix covers itself only. */
function covers(name: string, host: string): boolean {
  return isPublicSuffix(name) ? hostName(name) === hostName(host) : isBelow(host, name);
}
