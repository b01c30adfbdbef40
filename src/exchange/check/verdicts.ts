/**
 * What can be found out about an Exchange, how bad it is, and what to do: one table. `remedy` says it, `command` is what to paste;
 * lines after `#` say where. `{account}` is quoted for PowerShell where a command is made (quoted-command.ts).
 */

import type { VerdictEntry } from '../../model/check-report.ts';

/** Where Exchange's administrators look for the right address. */
const ADDRESSES = 'Get-PowerShellVirtualDirectory | Format-List Server,InternalUrl,ExternalUrl';
const CERTIFICATES =
  'Get-ExchangeCertificate | Format-List Subject,CertificateDomains,Issuer,NotAfter,Services,Thumbprint';
const OWN_POLICY =
  "New-ThrottlingPolicy -Name 'EAS connector' -ThrottlingPolicyScope Regular -PowerShellMaxConcurrency 18 -PowerShellMaxCmdlets Unlimited -PowerShellMaxCmdletsTimePeriod Unlimited\n" +
  "Set-ThrottlingPolicyAssociation -Identity {account} -ThrottlingPolicy 'EAS connector'";

/** Verdict → seriousness, words and remedy. The first part of a name is the step. Names are stable. */
export const VERDICTS = {
  // name
  'name.found': { status: 'ok', says: 'the name is known' },
  'name.address': { status: 'ok', says: 'an address, no name' },
  'name.proxy': { status: 'skipped', says: 'the proxy looks it up' },
  'name.unknown': {
    status: 'error',
    says: 'the name is not known here',
    remedy:
      'Correct the address, or have the name entered in the DNS that this host asks. Exchange names its addresses.',
    command: ADDRESSES,
  },
  'name.unanswered': {
    status: 'error',
    says: 'DNS does not answer',
    remedy: 'Check which DNS server this host asks and whether it answers.',
    command: 'nslookup {host}',
  },
  // tls
  'tls.trusted': { status: 'ok', says: 'certificate trusted' },
  'tls.expiring': {
    status: 'warning',
    says: 'certificate expires soon',
    remedy: 'Renew the certificate in time, and enable the new one for IIS.',
    command: CERTIFICATES,
  },
  'tls.untrusted': {
    status: 'error',
    says: 'certificate of an authority that is not trusted here',
    remedy:
      'Take the certificate of the authority that signed it into a TLS configuration (command line: --ca). Get it from that authority; the command shows what the server presents, to compare.',
    command: 'openssl s_client -connect {endpoint} -servername {host} -showcerts </dev/null',
  },
  'tls.name': {
    status: 'error',
    says: 'certificate for another name',
    remedy: 'Use an address whose name the certificate has, or have a certificate made with this name.',
    command: CERTIFICATES,
  },
  'tls.expired': {
    status: 'error',
    says: 'certificate outside its validity',
    remedy: 'Renew the certificate and enable it for IIS; if its dates are right, correct the clock of this host.',
    command: CERTIFICATES,
  },
  'tls.failed': {
    status: 'error',
    says: 'no TLS connection',
    remedy: 'Check the port, and which TLS versions the server allows: it needs 1.2 or later.',
    command: 'openssl s_client -connect {endpoint} -servername {host} -tls1_2 </dev/null',
  },
  'tls.closed': {
    status: 'error',
    says: 'no connection',
    remedy: 'Check the firewall between, and whether the web site of Exchange runs.',
    command: 'Test-NetConnection {host} -Port {port}',
  },
  'tls.proxy': {
    status: 'error',
    says: 'the proxy does not connect',
    remedy: 'Check address and account of the proxy, and whether it lets connections to this server through.',
    command: 'curl -v --proxy PROXY https://{endpoint}/PowerShell/',
  },
  // methods
  'methods.offered': { status: 'ok', says: 'offered' },
  'methods.certificate': { status: 'ok', says: 'the certificate is asked for in TLS' },
  'methods.missing': {
    status: 'error',
    says: 'the chosen sign-in is not offered',
    remedy: 'Choose a sign-in that is offered, or enable the chosen one on every server.',
    command: '{enable}',
  },
  'methods.kerberos': {
    status: 'error',
    says: 'Kerberos is not offered',
    remedy:
      'A new Exchange offers it. If something in front of it signs in first, go around that; or choose a sign-in that is offered.',
    command: ADDRESSES,
  },
  'methods.elsewhere': {
    status: 'error',
    says: 'no PowerShell directory',
    remedy: 'Check the path of the address: it ends in /PowerShell/. No page of a proxy may stand in front.',
    command: ADDRESSES,
  },
  'methods.failed': { status: 'error', says: 'no answer', remedy: '{help}', command: ADDRESSES },
  // session
  'session.open': { status: 'ok', says: 'signed in, session open' },
  'session.no-account': {
    status: 'unknown',
    says: 'no account given',
    remedy: 'Give an account: --username and --password-env, a certificate, or --auth kerberos.',
  },
  'session.refused': {
    status: 'error',
    says: 'sign-in refused',
    remedy: 'Check user name, password, lock-out, and whether the password has expired.',
    command: 'Get-User {account} | Format-List UserPrincipalName,UserAccountControl,RemotePowerShellEnabled',
  },
  'session.kerberos': {
    status: 'error',
    says: 'Kerberos gives no ticket',
    remedy: 'On this host: is there a ticket, and can one for Exchange be had?',
    command: 'klist\nkvno {spn}',
  },
  'session.ticket-refused': {
    status: 'error',
    says: 'Exchange refuses the ticket',
    remedy: '{help}',
    command: 'setspn -Q {spn}\nsetspn -X',
  },
  'session.clock': {
    status: 'error',
    says: 'clocks too far apart for Kerberos',
    remedy: 'Set the clock of this host by the domain.',
    command: 'timedatectl set-ntp true    # where Node-RED runs\nw32tm /resync               # on the Exchange server',
  },
  'session.package': {
    status: 'error',
    says: 'a package is missing',
    remedy: 'Install it in the user directory of Node-RED, then restart Node-RED.',
    command: 'npm install kerberos',
  },
  'session.not-allowed': {
    status: 'error',
    says: 'no remote PowerShell for this account',
    remedy:
      'Exchange says the same of an account without remote PowerShell and of one without a role: allow the one and give the other.',
    command: 'Set-User {account} -RemotePowerShellEnabled $true\n{roles}',
  },
  'session.throttled': {
    status: 'error',
    says: 'the account is throttled',
    remedy:
      'Use an account for the connector alone, and give it a throttling policy of its own. Sessions of a process that was killed end by themselves after 15 minutes.',
    command: OWN_POLICY,
  },
  'session.scattered': {
    status: 'error',
    says: 'requests reach different servers',
    remedy: 'Set session persistence for /PowerShell in the load balancer, or enter the servers by their own names.',
    command: ADDRESSES,
  },
  'session.tenant': {
    status: 'error',
    says: 'no token',
    remedy: 'Check tenant, client and secret, and the permission Exchange.ManageAsApp with admin consent and a role.',
    command: 'az ad app credential list --id {client}',
  },
  'session.failed': { status: 'error', says: 'no session', remedy: '{help}' },
  // organization
  'organization.named': { status: 'ok', says: 'known' },
  'organization.untold': {
    status: 'warning',
    says: 'not told',
    remedy: 'Without it nobody notices when this address leads to another organization.',
    command: "New-ManagementRoleAssignment -Role 'View-Only Configuration' -User {account}",
  },
  'organization.failed': { status: 'error', says: 'a first cmdlet fails', remedy: '{help}' },
  // scope
  'scope.forest': { status: 'ok', says: 'the whole forest' },
  'scope.domain': {
    status: 'ok',
    says: 'one domain',
    remedy:
      'In a forest of several domains devices of the others are not seen. Are there several? Then switch "See the whole forest" on.',
    command: 'Get-ADForest | Select-Object -ExpandProperty Domains',
  },
  'scope.refused': {
    status: 'warning',
    says: 'one domain, though all were asked for',
    remedy:
      'The account may not widen its session. If the forest has several domains, give it one of the roles that this line names; if it has one, switch "See the whole forest" off.',
    command: 'Get-ManagementRole -Cmdlet Set-ADServerSettings -CmdletParameters ViewEntireForest',
  },
  'scope.untold': {
    status: 'unknown',
    says: 'not told',
    remedy: 'The account may not ask which domains its session sees. It needs to only in a forest of several domains.',
    command: 'Get-ManagementRole -Cmdlet Set-ADServerSettings',
  },
  // rights: of all cmdlets, then of one
  'rights.all': { status: 'ok', says: 'all that is used' },
  'rights.enough': { status: 'ok', says: 'all that is needed' },
  'rights.partly': {
    status: 'warning',
    says: 'some are missing',
    remedy:
      'Below is what goes without them. These lines give roles with what is used and nothing more. They count from the next session on; what is missing then, another role has: the line of the cmdlet asks which.',
    command: '{roles}',
  },
  'rights.missing': {
    status: 'error',
    says: 'needed ones are missing',
    remedy:
      'These lines give roles with what is used and nothing more. They count from the next session on; what is missing then, another role has: the line of the cmdlet asks which.',
    command: '{roles}',
  },
  'rights.untold': {
    status: 'unknown',
    says: 'not told',
    remedy: 'The session does not say which cmdlets the account has. An administrator sees it.',
    command:
      'Get-ManagementRoleAssignment -RoleAssignee {account} | Format-Table Role,RecipientWriteScope,CustomRecipientWriteScope',
  },
  'right.given': { status: 'ok', says: 'given' },
  'right.missing': {
    status: 'error',
    says: 'missing',
    remedy: 'Needed to {use}. Which roles have it:',
    command: 'Get-ManagementRole -Cmdlet {cmdlet}',
  },
  'right.wanted': {
    status: 'warning',
    says: 'missing',
    remedy: 'Used to {use}. Which roles have it:',
    command: 'Get-ManagementRole -Cmdlet {cmdlet}',
  },
  'right.unused': {
    status: 'skipped',
    says: 'not given',
    remedy: 'Only to {use}. Which roles have it:',
    command: 'Get-ManagementRole -Cmdlet {cmdlet}',
  },
  'right.parameters': {
    status: 'error',
    says: 'parameters are missing',
    remedy: 'Its role entry lacks parameters that are sent. Which roles have them:',
    command: 'Get-ManagementRole -Cmdlet {cmdlet} -CmdletParameters {parameters}',
  },
  // throttling
  'throttling.enough': { status: 'ok', says: 'enough' },
  'throttling.tight': {
    status: 'warning',
    says: 'no session to spare',
    remedy: 'One session of a process that was killed is enough to stop the connector for 15 minutes.',
    command: OWN_POLICY,
  },
  'throttling.slow': {
    status: 'warning',
    says: 'few cmdlets in a time',
    remedy: 'Each mailbox that is changed takes a cmdlet or two. Give the account a policy of its own.',
    command: OWN_POLICY,
  },
  'throttling.few': {
    status: 'error',
    says: 'fewer sessions than are opened',
    remedy: 'Set Sessions of the Exchange server to what is allowed, or give the account a policy of its own.',
    command: OWN_POLICY,
  },
  'throttling.untold': {
    status: 'unknown',
    says: 'not told',
    remedy: 'The account may not ask. It needs not: an administrator can. Exchange begins with 18 sessions.',
    command:
      'Get-ThrottlingPolicyAssociation {account} | Format-List ThrottlingPolicyId\nGet-ThrottlingPolicy | Format-Table Name,ThrottlingPolicyScope,PowerShellMaxConcurrency,PowerShellMaxCmdlets,PowerShellMaxCmdletsTimePeriod',
  },
  // clock
  'clock.same': { status: 'ok', says: 'they agree' },
  'clock.apart': {
    status: 'warning',
    says: 'they differ',
    remedy: 'Times of Exchange are corrected by it. Have both set by one time server.',
    command: 'timedatectl set-ntp true    # where Node-RED runs\nw32tm /resync               # on the Exchange server',
  },
  'clock.far': {
    status: 'error',
    says: 'they differ by more than five minutes',
    remedy:
      'Kerberos refuses this, and certificates seem to have expired or not to be valid yet. Correct the one that is wrong.',
    command: 'timedatectl set-ntp true    # where Node-RED runs\nw32tm /resync               # on the Exchange server',
  },
  'clock.untold': { status: 'unknown', says: 'not told' },
  // size
  'size.counted': { status: 'ok', says: 'counted' },
  'size.estimated': { status: 'ok', says: 'more than were counted in the time' },
  'size.none': {
    status: 'warning',
    says: 'no device',
    remedy: 'Is it the right organization, and does the account see its recipients? An administrator sees:',
    command: 'Get-MobileDevice -ResultSize 1',
  },
  'size.failed': { status: 'error', says: 'cannot be read', remedy: '{help}' },
  // time
  'time.short': { status: 'ok', says: 'minutes at most' },
  'time.long': {
    status: 'warning',
    says: 'more than half an hour',
    remedy: 'Start the full sync where little else is done, and let quick syncs do the rest.',
    command:
      'Measure-Command { Get-MobileDevice -ResultSize Unlimited }    # in the Exchange Management Shell, to compare',
  },
  'time.untold': { status: 'unknown', says: 'cannot be told' },
  // any step
  'does-not-apply': { status: 'skipped', says: 'does not apply' },
  'not-reached': { status: 'skipped', says: 'not reached' },
} as const satisfies Readonly<Record<string, VerdictEntry>>;

/** Name of a finding. */
export type Verdict = keyof typeof VERDICTS;

/** The entry of a verdict. */
export function entryOf(verdict: Verdict): VerdictEntry {
  return VERDICTS[verdict];
}
