/** Which redirects a check follows: https only, the same owner or an allowed name, never in circles. No I/O here. */
import { registrableDomain } from './domain.ts';
import type { Verdict } from './verdicts.ts';

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

export type RedirectDecision = { readonly follow: URL } | { readonly verdict: Verdict; readonly target: string };

/** Decides about one `Location` or RedirectUrl; foreign text. */
export function judgeRedirect(location: string, scene: RedirectScene): RedirectDecision {
  const target = URL.parse(location, scene.from);
  if (target === null) return { verdict: 'redirect.insecure', target: location.slice(0, 200) };
  const shown = `${target.origin}${target.pathname}`;
  if (target.protocol !== 'https:' || target.username !== '' || target.password !== '')
    return { verdict: 'redirect.insecure', target: shown };
  if (scene.visited.includes(target.href))
    return { verdict: 'redirect.loop', target: [...scene.visited, target.href].join(' → ') };
  if (scene.visited.length > MAX_HOPS) return { verdict: 'redirect.loop', target: `more than ${MAX_HOPS} hops` };
  if (!mayFollow(target.hostname, scene)) return { verdict: 'redirect.confirm', target: target.hostname };
  return { follow: target };
}

/** True if credentials and requests for `domain` may go to this host: same registered domain, or allowed by the admin. */
export function mayFollow(host: string, { domain, allowed }: Pick<RedirectScene, 'domain' | 'allowed'>): boolean {
  const name = host.toLowerCase();
  if (registrableDomain(name) === registrableDomain(domain)) return true;
  return allowed.some((entry) => name === entry.toLowerCase() || name.endsWith(`.${entry.toLowerCase()}`));
}
