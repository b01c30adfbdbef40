/**
 * Which service connection points of the directory Outlook on a domain computer goes by [EWS Managed API, DirectoryHelper.cs;
 * learn.microsoft.com "How to find Autodiscover endpoints by using SCP lookup"]. No I/O here.
 */

/** One service connection point. Texts are foreign and cleaned. */
export interface ScpEntry {
  readonly dn: string;
  readonly keywords: readonly string[];
  /** serviceBindingInformation: an https address, or for a pointer `LDAP://other.contoso.com`. */
  readonly bindings: readonly string[];
}

/** Keyword of an entry that has an address. */
export const URL_KEYWORD = '77378F46-2C66-4aa9-A6A6-3E7A48B19596';
/** Keyword of an entry that points to another directory. */
export const POINTER_KEYWORD = '67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68';

/** An address of Autodiscover as the directory has it. */
export interface ScpAddress {
  readonly url: string;
  readonly dn: string;
  /** `here`: for our site. `every`: for no particular one. `other`: for another site. */
  readonly site: 'here' | 'every' | 'other';
}

/** What one directory says about a domain. */
export interface ScpChoice {
  /** The directory that has the say for this domain; the addresses do not count then. */
  readonly pointer: string | null;
  /** The directory to ask where there is no address at all. */
  readonly fallback: string | null;
  /** In the order in which Outlook tries them, each once. */
  readonly addresses: readonly ScpAddress[];
  /** Entries for addresses that have none. */
  readonly empty: readonly string[];
}

/**
 * | keywords of the entry                       | it is                                              |
 * |---------------------------------------------|----------------------------------------------------|
 * | pointer and `Domain=` our domain            | the pointer: start again there                     |
 * | pointer alone                               | the fallback: start there if there is no address   |
 * | pointer and `Domain=` another               | not for us                                         |
 * | address and `Site=` our site                | an address, tried first                            |
 * | address without `Site=`                     | an address, tried second                           |
 * | address and `Site=` another; or we have none | an address, tried last                            |
 * | neither                                     | not for us                                         |
 */
export function chooseScp(
  entries: readonly ScpEntry[],
  { domain, site }: { readonly domain: string; readonly site: string | null },
): ScpChoice {
  const pointers = entries.filter((entry) => has(entry, POINTER_KEYWORD));
  const own = pointers.find((entry) => has(entry, `Domain=${domain}`));
  const bare = pointers.find(({ keywords }) => keywords.length === 1);
  const withAddress = entries.filter((entry) => has(entry, URL_KEYWORD));
  const all = withAddress.flatMap((entry) =>
    filled(entry).map((url) => ({ url, dn: entry.dn, site: siteOf(entry, site) })),
  );
  const order = ['here', 'every', 'other'] as const;
  const sorted = order.flatMap((one) => all.filter((address) => address.site === one));
  return {
    pointer: own === undefined ? null : (filled(own)[0] ?? null),
    fallback: bare === undefined ? null : (filled(bare)[0] ?? null),
    addresses: sorted.filter(({ url }, at) => sorted.findIndex((other) => isSame(other.url, url)) === at),
    empty: withAddress.filter((entry) => filled(entry).length === 0).map(({ dn }) => dn),
  };
}

function siteOf({ keywords }: ScpEntry, site: string | null): ScpAddress['site'] {
  const sites = keywords.filter((keyword) => /^Site=/i.test(keyword)).map((keyword) => keyword.slice('Site='.length));
  if (sites.length === 0) return 'every';
  return site !== null && sites.some((one) => isSame(one, site)) ? 'here' : 'other';
}

function has({ keywords }: ScpEntry, wanted: string): boolean {
  return keywords.some((keyword) => isSame(keyword, wanted));
}

function filled({ bindings }: ScpEntry): string[] {
  return bindings.map((binding) => binding.trim()).filter((binding) => binding !== '');
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The host of `LDAP://other.contoso.com` or `LDAP://dc1.contoso.com/CN=…`; null for anything else. */
export function pointerHost(pointer: string): string | null {
  return /^LDAPS?:\/\/([a-z0-9][a-z0-9.-]{0,252})(?::\d{1,5})?(?:\/|$)/i.exec(pointer)?.[1]?.toLowerCase() ?? null;
}
