/** Whether a request that changes something comes from our own page, or from no page at all. Pure. */

/** What a request says of where it comes from; header names in lower case. */
export interface RequestHeaders {
  readonly [name: string]: string | readonly string[] | undefined;
}

/*
 *   content-type        sec-fetch-site    origin                        then
 *   not JSON            any               any                           refused: a form of any page can send it
 *   JSON                same-origin       any                           taken
 *   JSON                none              any                           taken: no page has sent it
 *   JSON                any other         any                           refused
 *   JSON                absent            absent                        taken: no browser has sent it
 *   JSON                absent            of the host that is asked     taken (browsers leave sec-fetch-site out on plain http)
 *   JSON                absent            another, or "null"            refused
 */

/** Why the request is refused; null: it is taken. https://fetch.spec.whatwg.org/#origin-header, https://w3c.github.io/webappsec-fetch-metadata/ */
export function refusalOf(headers: RequestHeaders): 'not-json' | 'other-site' | null {
  if (!isJson(headers)) return 'not-json';
  const site = one(headers['sec-fetch-site']);
  if (site !== '') return site === 'same-origin' || site === 'none' ? null : 'other-site';
  const origin = one(headers['origin']);
  if (origin === '') return null;
  return hostIn(origin) !== null && hostIn(origin) === one(headers['host']).toLowerCase() ? null : 'other-site';
}

/** True if the request says that it brings JSON, which no form can. */
export function isJson(headers: RequestHeaders): boolean {
  return /^application\/json\s*(;|$)/i.test(one(headers['content-type']));
}

function one(value: RequestHeaders[string]): string {
  return typeof value === 'string' ? value : '';
}

function hostIn(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null;
}
