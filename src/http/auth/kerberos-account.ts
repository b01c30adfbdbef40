/** Whose ticket it shall be, and where it comes from. Pure. */

/** What a configuration says of the account; all of it may be empty. */
export interface KerberosAccount {
  /** `name`, `DOMAIN\name` or `name@suffix`. */
  readonly username?: string;
  readonly password?: string;
  /** Default: what the user name says, else default_realm of krb5.conf. */
  readonly realm?: string;
}

/** A principal as MIT Kerberos writes it. */
export interface Principal {
  readonly name: string;
  /** True if the KDC shall find out whose name it is (RFC 6806, 5: enterprise names): `name@suffix@REALM`. */
  readonly isEnterprise: boolean;
}

/** See {@link ticketWay}. */
export type TicketWay =
  | { readonly kind: 'environment'; readonly principal: string | null }
  | { readonly kind: 'password'; readonly principal: Principal; readonly password: string }
  | {
      readonly kind: 'windows';
      readonly user: string;
      readonly domain: string;
      readonly password: string;
    };

/*
 *   user          realm     principal              why
 *   name          none      name                   default_realm of krb5.conf
 *   name          R         name@R
 *   DOMAIN\name   none      name                   DOMAIN is a NetBIOS name, which no KDC knows: default_realm
 *   DOMAIN\name   R         name@R
 *   name@suffix   none      name@SUFFIX            realms of Active Directory are their domains in capitals
 *   name@suffix   SUFFIX    name@SUFFIX
 *   name@suffix   R         name@suffix@R          a suffix of user names that is no domain: the KDC knows whose it is
 */
export function principalOf({ username = '', realm = '' }: KerberosAccount): Principal {
  const plain = username.trim().replace(/^[^\\]*\\/, '');
  const at = plain.lastIndexOf('@');
  const [name, suffix] = at === -1 ? [plain, ''] : [plain.slice(0, at), plain.slice(at + 1).toUpperCase()];
  const chosen = realm.trim().toUpperCase();
  if (suffix !== '' && chosen !== '' && suffix !== chosen) return { name: `${plain}@${chosen}`, isEnterprise: true };
  const where = chosen === '' ? suffix : chosen;
  return { name: where === '' ? name : `${name}@${where}`, isEnterprise: false };
}

/*
 * Where the ticket comes from. The package `kerberos` takes a password on Windows alone.
 *
 *   user   password   Windows   the ticket
 *   no     any        any       environment: ticket cache or keytab (KRB5CCNAME, KRB5_CLIENT_KTNAME), Windows' own logon
 *   yes    no         no        environment: this account's, among several in cache or keytab
 *   yes    no         yes       environment: Windows' own logon, the package can choose no other
 *   yes    yes        no        password: kinit gets it, into a cache of its own
 *   yes    yes        yes       windows: the package gets it
 */
export function ticketWay(account: KerberosAccount, isWindows: boolean): TicketWay {
  const { username = '', password = '', realm = '' } = account;
  if (username.trim() === '') return { kind: 'environment', principal: null };
  const principal = principalOf(account);
  if (password === '') {
    // A keytab has the account's own name, not the one that people sign in with.
    const { name } = principal.isEnterprise ? principalOf({ ...account, username: nameOf(username) }) : principal;
    return { kind: 'environment', principal: isWindows ? null : name };
  }
  if (!isWindows) return { kind: 'password', principal, password };
  const domain = /^([^\\]*)\\/.exec(username.trim())?.[1] ?? '';
  const user = username.trim().slice(domain === '' ? 0 : domain.length + 1);
  return { kind: 'windows', user, domain: realm.trim() || domain, password };
}

function nameOf(username: string): string {
  const plain = username.trim();
  return plain.slice(0, plain.lastIndexOf('@'));
}
