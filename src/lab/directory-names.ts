/** How Active Directory writes names. */

/** `contoso.example` → `DC=contoso,DC=example` */
export function domainComponents(domain: string): string {
  return domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
}

/** Escapes a value of a relative distinguished name (RFC 4514 2.4). */
export function escapeRdn(value: string): string {
  return value
    .replace(/[\\,+"<>;=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}

/** Escapes a component of a canonical name: Active Directory writes "/" as "\/". */
export function escapeCanonical(value: string): string {
  return value.replace(/\//g, '\\/');
}
