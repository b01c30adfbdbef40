/** What can be wrong with Autodiscover, how bad it is, and what to do: one table. `{d}` is the mail domain. */
import { filled, type Fields } from './words/say.ts';

interface VerdictEntry {
  readonly status: 'ok' | 'warning' | 'error' | 'unknown';
  /** Empty when there is nothing to do. */
  readonly remedy: string;
}

/** Verdict → seriousness and remedy. Names are stable: flows switch on them. */
export const VERDICTS = {
  // DNS
  'dns.internal.missing': {
    status: 'error',
    remedy:
      'Outlook on domain PCs works because it uses the SCP. Devices and this service use DNS. Create autodiscover.{d} in the internal zone (A or CNAME to your Exchange namespace) or a pin-point zone.',
  },
  'dns.nodata': {
    status: 'error',
    remedy: 'The name autodiscover.{d} exists but has no address record. Add an A (or AAAA) record.',
  },
  'dns.dangling': {
    status: 'error',
    remedy: 'autodiscover.{d} is an alias of {t}, which does not exist. Point it to a live name.',
  },
  'dns.resolver': {
    status: 'unknown',
    remedy: 'DNS server {ip} did not answer; nothing can be said about the record. Check the resolver or the firewall.',
  },
  'dns.external.missing': {
    status: 'warning',
    remedy:
      'Phones outside the VPN will not find Exchange. Publish autodiscover.{d}, or confirm that access is VPN-only.',
  },
  'dns.wildcard': {
    status: 'error',
    remedy: 'autodiscover.{d} is only matched by a wildcard and reaches {server}. Add an explicit record.',
  },
  'dns.split': { status: 'ok', remedy: '' },
  'dns.aaaa': {
    status: 'warning',
    remedy: 'The AAAA record {ip} leads nowhere. Remove it or open IPv6; some clients will hang.',
  },
  'dns.cloud': {
    status: 'warning',
    remedy:
      'autodiscover.{d} leads to Exchange Online ({t}). With mailboxes on-premises it must point to the on-premises Exchange, in a hybrid as well.',
  },
  // network
  'net.tcp': { status: 'error', remedy: '{why}' },
  'net.hairpin': {
    status: 'error',
    remedy:
      'Internal DNS returns the public address {ip}, which is unreachable from inside. Return the internal address.',
  },
  flapping: { status: 'warning', remedy: '{ip} fails: {why} Take it out of the pool.' },
  'target.blocked': {
    status: 'error',
    remedy:
      'The target address {ip} is not one this check may contact (loopback, link-local or metadata). Correct the record or the redirect.',
  },
  // TLS
  'tls.expired': {
    status: 'error',
    remedy:
      'The certificate expired on {date}. Renew it, then Enable-ExchangeCertificate -Services IIS on every server and the proxy.',
  },
  'tls.not-yet': {
    status: 'error',
    remedy: 'The certificate is valid from {date} only. Check the clock of this host and of the server.',
  },
  'tls.expiring': { status: 'warning', remedy: 'Renew the certificate before {date}.' },
  'tls.name': {
    status: 'error',
    remedy:
      'The certificate lists {san}. Reissue it including {name}, or drop the A record and use SRV to a name that is listed.',
  },
  'tls.cn-only': {
    status: 'warning',
    remedy:
      'The certificate names the server in its subject only. Phones want it in the subject alternative names: reissue it.',
  },
  'tls.chain': {
    status: 'error',
    remedy:
      'The server does not send its intermediate certificate; desktops cache it, phones and this service do not. Install the chain on {name}.',
  },
  'tls.private': {
    status: 'warning',
    remedy: 'Signed by {issuer}, unknown to phones that are not enrolled. Use a public CA.',
  },
  'tls.untrusted': {
    status: 'warning',
    remedy:
      'Signed by {issuer}, unknown to this host and to phones that are not enrolled. Use a public CA; to let this connector trust it, add the CA in the TLS configuration of the mail account, or for all of Node-RED in NODE_EXTRA_CA_CERTS.',
  },
  'tls.self-signed': {
    status: 'error',
    remedy:
      'No phone trusts a certificate that signs itself, as the one of a new Exchange does. Get one for {name} from a public CA, then Enable-ExchangeCertificate -Services IIS.',
  },
  'tls.refused': {
    status: 'error',
    remedy:
      'The certificate or one above it is refused ({why}). Look at the chain with a certificate tool and reissue what is wrong.',
  },
  'tls.weak-key': {
    status: 'error',
    remedy: 'Phones refuse a key of {key}. Reissue the certificate with RSA of 2048 bits or more.',
  },
  'tls.weak-signature': {
    status: 'error',
    remedy:
      'Phones refuse a signature by {digest}. Let the authority reissue the certificate, and its own, with SHA-256.',
  },
  'tls.purpose': {
    status: 'error',
    remedy:
      'The certificate is not for server authentication. Reissue it from a web server template, then Enable-ExchangeCertificate -Services IIS.',
  },
  'tls.version': { status: 'error', remedy: 'Only {v} is offered. Enable TLS 1.2 or later.' },
  'tls.handshake': {
    status: 'error',
    remedy: 'The TLS handshake fails ({why}). Check what listens on the port: it may be plain HTTP or another service.',
  },
  // HTTP
  'auth.preauth': {
    status: 'error',
    remedy: 'A proxy pre-authenticates. Publish /autodiscover without forms pre-authentication.',
  },
  'auth.schemes.basic': {
    status: 'warning',
    remedy: 'Only Basic is offered. Enable Negotiate and NTLM on the {v} directory.',
  },
  'auth.schemes.bearer': {
    status: 'warning',
    remedy:
      'Hybrid modern authentication: only {s} is offered and this node cannot sign in with it, so the check is limited.',
  },
  'auth.schemes.unusable': {
    status: 'warning',
    remedy:
      'The server offers {s}; this check could sign in with none of them. If Basic is among them, switch on "Sign in by Basic where nothing else is offered" in the node, or enable NTLM on the directory.',
  },
  'auth.password': {
    status: 'error',
    remedy: 'Exchange refused the notification account on {n} URL(s). Check password, lock-out and expiry.',
  },
  'auth.kerberos': {
    status: 'unknown',
    remedy:
      'Only Negotiate is offered and NTLM was refused in it: the server may want Kerberos, which this check does not speak, so nothing is said about the password. Enable NTLM on the Autodiscover directory, or enter the EWS address in the mail account.',
  },
  'http.403': {
    status: 'error',
    remedy: 'An IP filter, a web application firewall or a required client certificate refuses the request.',
  },
  'http.404': {
    status: 'error',
    remedy:
      'The directory or the proxy rule is missing: New-AutodiscoverVirtualDirectory, or publish /autodiscover on the proxy.',
  },
  'http.500': {
    status: 'error',
    remedy: 'See the HttpProxy\\Autodiscover log; recreate the virtual directory if need be.',
  },
  'http.502': { status: 'error', remedy: 'The reverse proxy cannot reach Exchange. Check its back-end pool.' },
  'http.503': {
    status: 'error',
    remedy: 'MSExchangeAutodiscoverAppPool is stopped, or the load balancer has no healthy server.',
  },
  'http.504': { status: 'error', remedy: 'The reverse proxy waits for Exchange in vain. Check its back-end pool.' },
  'http.status': { status: 'error', remedy: 'An unexpected answer. Check the address and any proxy in front.' },
  'http.slow': { status: 'warning', remedy: 'The answer took {s} s. Check the load of the server.' },
  'http.timeout': {
    status: 'unknown',
    remedy: 'No complete answer in {s} s. Check the load of the server and what is between.',
  },
  'http.reset': {
    status: 'error',
    remedy: 'The connection was closed without an answer. Check load balancers and proxies between.',
  },
  'body.invalid': {
    status: 'error',
    remedy: 'The answer is not an Autodiscover document. Check what answers at this address.',
  },
  // other places clients look at
  'root.cert': {
    status: 'warning',
    remedy:
      "iOS may stop here with 'cannot verify identity' (KB 3150466). Fix the website's certificate, or close 443 for the bare domain.",
  },
  'root.foreign': {
    status: 'error',
    remedy: 'The web host of {d} answers Autodiscover itself. Ask the provider to switch it off (cPanel and the like).',
  },
  'root.page': {
    status: 'warning',
    remedy:
      'The website of {d} answers Autodiscover with a page. Most clients go on, some stop: let it answer 404 below /autodiscover.',
  },
  redirect: { status: 'ok', remedy: '' },
  'redirect.confirm': {
    status: 'warning',
    remedy:
      'A redirect leads to {x}. Nothing was sent there. Add it to the allowed redirects once you know that {x} is yours.',
  },
  'redirect.insecure': { status: 'error', remedy: 'Autodiscover redirects to plain HTTP ({x}); refused.' },
  'redirect.loop': {
    status: 'error',
    remedy: 'The redirects go round in circles: {x}. Check the proxy rule and the targetAddress of the user.',
  },
  srv: { status: 'ok', remedy: '' },
  'srv.port': { status: 'warning', remedy: 'The SRV record names port {port}; many clients accept only 443.' },
  'srv.target': {
    status: 'error',
    remedy: 'The SRV record must name a host with an address record of its own, not {t} (RFC 2782).',
  },
  // mailbox
  'mailbox.none': {
    status: 'error',
    remedy: '{a} can sign in but has no mailbox. Enable-Mailbox {a}. Without it the enroll mail is never sent.',
  },
  'mailbox.cloud': {
    status: 'error',
    remedy: 'The mailbox of {a} is in Exchange Online ({t}); the notifier needs an on-premises mailbox.',
  },
  'mailbox.upn': {
    status: 'warning',
    remedy: 'Set the UPN of {a} to its mail address, or give both in the configuration.',
  },
  'eas.only': {
    status: 'warning',
    remedy:
      'Phones get their settings, Exchange clients do not: this server speaks ActiveSync only. Let the mail account send by SMTP, or enter its EWS address.',
  },
  'user.600': { status: 'error', remedy: 'The request was rejected: a tool or proxy altered the XML.' },
  'user.601': { status: 'error', remedy: 'The provider is not available: repair Autodiscover on the server.' },
  'user.603': { status: 'error', remedy: 'The directory user was not found: look for a stale msExchDelegateListLink.' },
  'user.error': { status: 'error', remedy: 'Autodiscover answered with error {code}. See its text.' },
  'url.next': {
    status: 'error',
    remedy:
      'Autodiscover hands out {url}, which fails: {why} Set-WebServicesVirtualDirectory or Set-ActiveSyncVirtualDirectory.',
  },
  'eas.url': {
    status: 'error',
    remedy:
      'No ExternalUrl on the ActiveSync directory: phones cannot be configured. Set-ActiveSyncVirtualDirectory -ExternalUrl.',
  },
  // what the outside is given
  'outside.unreachable': {
    status: 'unknown',
    remedy:
      'It says nothing about phones outside: many firewalls do not turn such connections back. Look at {name} from a phone on its own network, or by the Remote Connectivity Analyzer.',
  },
  'outside.missing': {
    status: 'warning',
    remedy:
      'Phones outside are sent to {name}, which the public DNS does not know. Publish it, or confirm that access is VPN-only.',
  },
  'outside.private': {
    status: 'warning',
    remedy:
      'The public DNS gives out {ip}, an address of a private network, where no phone outside gets to. Enter the public address in the public zone.',
  },
  'outside.certificate': {
    status: 'warning',
    remedy:
      'Phones outside get another certificate than those inside, and refuse it: {why} Renew it on what stands at {ip}, as a reverse proxy or a firewall.',
  },
  'outside.answer': {
    status: 'warning',
    remedy:
      'At the public address {ip} {what} does not answer: {why} Publish its path there. If a firewall answers to connections from inside only, look from a phone on its own network.',
  },
  'outside.differs': { status: 'ok', remedy: '' },
  // the directory, which only Outlook on domain computers asks
  'scp.explains': {
    status: 'warning',
    remedy:
      'Outlook on domain computers works by the directory alone. Phones and this connector never ask it: create autodiscover.{d} in the DNS, for inside and outside.',
  },
  'scp.empty': {
    status: 'warning',
    remedy:
      '{dn} has no address. Set-ClientAccessService -AutoDiscoverServiceInternalUri https://autodiscover.{d}/Autodiscover/Autodiscover.xml for that server, or delete the entry of a server that is gone.',
  },
  'scp.insecure': {
    status: 'warning',
    remedy:
      'Outlook is sent to {url}, which is not https. Set-ClientAccessService -AutoDiscoverServiceInternalUri with an https address.',
  },
  'scp.confirm': {
    status: 'warning',
    remedy:
      'Outlook is sent to {x}, which is not known to be yours. Nothing was sent there. Add it to the allowed redirects once you know that it is.',
  },
  'scp.dead': {
    status: 'warning',
    remedy:
      'Outlook on domain computers is sent to {url}, which fails: {why} Set-ClientAccessService -AutoDiscoverServiceInternalUri https://autodiscover.{d}/Autodiscover/Autodiscover.xml, and delete the entries of servers that are gone.',
  },
  'scp.other-site': {
    status: 'warning',
    remedy:
      'No entry of the directory is for the site {site}, nor for every site, so Outlook is sent to another site. Set-ClientAccessService -AutoDiscoverSiteScope.',
  },
  'scp.pointer': {
    status: 'warning',
    remedy:
      'The directory points to {x} for this domain, which is not known to be yours. No password was sent there. Add it to the allowed redirects once you know that it is.',
  },
  'scp.loop': {
    status: 'warning',
    remedy: 'The pointers of the directory go round in circles: {x}. Correct them with Export-AutoDiscoverConfig.',
  },
  'scp.account': {
    status: 'unknown',
    remedy:
      'The directory refused the account of the check ({why}). Check its name and password. It was tried once, since each try counts towards a lock-out. The other results stand on their own.',
  },
  'scp.tls': {
    status: 'unknown',
    remedy:
      'No password was sent, since the connection to the directory is not a trusted one: {why} Give the domain controller a certificate for its name, and let this host trust its authority. The other results stand on their own.',
  },
  'scp.ldap': {
    status: 'unknown',
    remedy: 'The directory was not read: {why} The other results stand on their own.',
  },
  // other questions that clients ask, for comparison
  'soap.differs': {
    status: 'warning',
    remedy:
      'The SOAP service of Autodiscover gives {other}, the XML service {ours}. Clients that ask the one go elsewhere than those that ask the other. Restart MSExchangeAutodiscoverAppPool on every server, and compare the servers behind the name.',
  },
  'soap.missing': { status: 'ok', remedy: '' },
  'json.differs': {
    status: 'warning',
    remedy:
      'The JSON service of Autodiscover gives {other}, the XML service {ours}. Outlook for iOS and Android asks the JSON service. Compare the servers behind the name.',
  },
  'json.missing': { status: 'ok', remedy: '' },
  // several domains
  'domains.unread': {
    status: 'warning',
    remedy:
      'Exchange did not give its list of domains: {why} Only the domains of this node were checked. Give the account the cmdlet Get-AcceptedDomain (role "View-Only Configuration"), or list the domains.',
  },
  'domains.cut': {
    status: 'warning',
    remedy: 'Only the first {n} domains were checked. List those that matter in a node of their own.',
  },
  'ews.bypassed': {
    status: 'warning',
    remedy:
      'The EWS address is entered by hand, so mail will be sent; Autodiscover stays broken for phones: fix it as well.',
  },
} as const satisfies Record<string, VerdictEntry>;

/** The stable name of a finding. */
export type Verdict = keyof typeof VERDICTS;

/** How serious a verdict is. */
export function statusOf(verdict: Verdict): VerdictEntry['status'] {
  return VERDICTS[verdict].status;
}

/** The remedy in English with its placeholders filled; an unknown one stays as it is. */
export function remedyOf(verdict: Verdict, fields: Fields): string {
  return filled(VERDICTS[verdict].remedy, fields, 'en');
}

/** True for the name of a verdict. */
export function isVerdict(name: string | undefined): name is Verdict {
  return name !== undefined && Object.hasOwn(VERDICTS, name);
}
