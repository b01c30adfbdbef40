/** What can be found out about an Active Directory: one table. */
import type { VerdictEntry } from '../model/check-report.ts';
import type { DirectoryFault } from './connection.ts';

/** What is found, how bad it is, and what to do. What fails has the name of what failed. */
export const VERDICTS = {
  reads: { status: 'ok', says: 'signed in and read' },
  package: {
    status: 'error',
    says: 'the package ldapts is missing',
    remedy: 'Install it in the user directory of Node-RED, then restart Node-RED.',
    command: 'npm install ldapts',
  },
  address: {
    status: 'error',
    says: 'not reached',
    remedy: 'Check “Active Directory”, “Directory account” and “Directory password”, DNS, and the firewall between.',
    command: 'nc -vz {host} {port}',
  },
  account: {
    status: 'error',
    says: 'the account is refused',
    remedy:
      'Check “Directory account” and “Directory password”. Each attempt with a wrong password counts towards a lock-out.',
    command: 'Get-ADUser ACCOUNT -Properties LockedOut,Enabled,PasswordExpired',
  },
  tls: {
    status: 'error',
    says: 'the certificate is not trusted, or there is no TLS',
    remedy:
      'Choose a TLS configuration that holds the authority of the domain controller, and an address that is on its certificate.',
    command: 'openssl s_client {starttls}-connect {host}:{port} -showcerts </dev/null',
  },
  time: {
    status: 'error',
    says: 'no answer in time',
    remedy: 'Check the firewall between and how busy the domain controller is.',
    command: 'nc -vz {host} {port}',
  },
  answer: {
    status: 'error',
    says: 'no usable answer',
    remedy: 'Check that the address is a domain controller’s, and that it runs.',
    command: 'nltest /dsgetdc:DOMAIN',
  },
  content: {
    status: 'error',
    says: 'nothing to be read',
    remedy: 'Let the account read; any domain user of a default domain may.',
    command: 'Get-ADUser ACCOUNT -Properties MemberOf',
  },
} as const satisfies Readonly<Record<DirectoryFault | 'reads', VerdictEntry>>;

/** Name of a finding. */
export type Verdict = keyof typeof VERDICTS;
