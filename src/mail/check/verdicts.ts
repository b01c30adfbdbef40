/**
 * What can be found out about a mail account, how bad it is, and what to do: one table. Commands are to be run where Node-RED
 * runs; those that begin with a capital letter, in the Exchange Management Shell.
 */
import type { VerdictEntry } from '../../model/check-report.ts';

const LOOK_AT_TLS = 'openssl s_client {starttls}-connect {host}:{port} -servername {host} -showcerts </dev/null';
const REACH = 'nc -vz {host} {port}';
const CERTIFICATES = 'Get-ExchangeCertificate | Format-List Subject,CertificateDomains,NotAfter,Services,Thumbprint';
const CONNECTORS = 'Get-ReceiveConnector | Format-List Identity,Bindings,AuthMechanism,PermissionGroups,MaxMessageSize';

/** Verdict → seriousness, words and remedy. The first part of a name is the step. Names are stable. */
export const VERDICTS = {
  // autodiscover
  'autodiscover.found': { status: 'ok', says: 'names the EWS address' },
  'autodiscover.failed': { status: 'error', says: 'no EWS address to be had', remedy: '{help}' },
  'autodiscover.refused': {
    status: 'error',
    says: 'the sign-in is refused',
    remedy: 'Check user, password and lock-out of the account. Each attempt counts towards a lock-out.',
    command: 'Get-User {account} | Format-List UserPrincipalName,UserAccountControl',
  },
  // name
  'name.address': { status: 'ok', says: 'an address, no name' },
  'name.found': { status: 'ok', says: 'known' },
  'name.unknown': {
    status: 'error',
    says: 'the name is not known here',
    remedy: 'Correct the server, or have its name entered in the DNS that this host asks.',
    command: 'getent hosts {host}',
  },
  'name.unanswered': {
    status: 'error',
    says: 'DNS does not answer',
    remedy: 'Check which DNS server this host asks and whether it answers.',
    command: 'nslookup {host}',
  },
  // connection
  'connection.open': { status: 'ok', says: 'open' },
  'connection.closed': {
    status: 'error',
    says: 'refused or not answered',
    remedy:
      'Check server and port, the firewall between, and whether the mail service runs. Clients send over port 587.',
    command: REACH,
  },
  // tls
  'tls.trusted': { status: 'ok', says: 'certificate trusted' },
  'tls.expiring': {
    status: 'warning',
    says: 'certificate expires soon',
    remedy: 'Renew the certificate in time, and enable the new one for SMTP.',
    command: CERTIFICATES,
  },
  'tls.none': {
    status: 'warning',
    says: 'mails go unencrypted',
    remedy: 'Choose STARTTLS or TLS where the server has it: whoever is between reads the links.',
    command: LOOK_AT_TLS,
  },
  'tls.untrusted': {
    status: 'error',
    says: 'certificate of an authority that is not trusted here',
    remedy:
      'Take the certificate of the authority that signed it into a TLS configuration. Get it from that authority; the command shows what the server presents, to compare.',
    command: LOOK_AT_TLS,
  },
  'tls.name': {
    status: 'error',
    says: 'certificate for another name',
    remedy: 'Enter the server by a name that its certificate has, or have a certificate made with this name.',
    command: CERTIFICATES,
  },
  'tls.expired': {
    status: 'error',
    says: 'certificate outside its validity',
    remedy: 'Renew the certificate and enable it for SMTP; if its dates are right, correct the clock of this host.',
    command: CERTIFICATES,
  },
  'tls.failed': {
    status: 'error',
    says: 'no TLS connection',
    remedy:
      'TLS from the first byte is for port 465, STARTTLS for 587 and 25. The server has to allow TLS 1.2 or later.',
    command: LOOK_AT_TLS,
  },
  'tls.missing': {
    status: 'error',
    says: 'the server offers no STARTTLS',
    remedy: 'Give the receive connector a certificate and TLS, or send over another port.',
    command: CONNECTORS,
  },
  'tls.greeting': {
    status: 'error',
    says: 'it does not talk as a mail server',
    remedy: '{help}',
    command: REACH,
  },
  // sign-in
  'sign-in.done': { status: 'ok', says: 'signed in' },
  'sign-in.nobody': { status: 'ok', says: 'not asked for' },
  'sign-in.missing': {
    status: 'warning',
    says: 'no user, and the server offers a sign-in',
    remedy: 'Enter user and password, unless this host may send without: a test mail shows it.',
    command: CONNECTORS,
  },
  'sign-in.refused': {
    status: 'error',
    says: 'refused',
    remedy: 'Check user, password and lock-out of the account. Each attempt counts towards a lock-out.',
    command: 'Get-User {account} | Format-List UserPrincipalName,UserAccountControl',
  },
  'sign-in.mailbox': {
    status: 'error',
    says: 'the account has no mailbox',
    remedy:
      'Give the account a mailbox on this Exchange, or take an account that has one. Without one no mail goes out.',
    command: 'Enable-Mailbox {account}',
  },
  'sign-in.failed': { status: 'error', says: 'not possible', remedy: '{help}' },
  // limits
  'limits.told': { status: 'ok', says: 'told' },
  'limits.untold': { status: 'ok', says: 'none told' },
  'limits.small': {
    status: 'warning',
    says: 'only small mails are taken',
    remedy: 'A mail with logo and picture of the link has up to 200 KiB. Allow larger ones for the receive connector.',
    command: CONNECTORS,
  },
  // test-mail
  'test-mail.taken': { status: 'ok', says: 'accepted' },
  'test-mail.refused': { status: 'error', says: 'not accepted', remedy: '{help}' },
  'test-mail.nobody': { status: 'skipped', says: 'nobody is mailed' },
  // any step
  'does-not-apply': { status: 'skipped', says: 'does not apply' },
  'not-reached': { status: 'skipped', says: 'not reached' },
} as const satisfies Readonly<Record<string, VerdictEntry>>;

export type Verdict = keyof typeof VERDICTS;

/** The entry of a verdict. */
export function entryOf(verdict: Verdict): VerdictEntry {
  return VERDICTS[verdict];
}
