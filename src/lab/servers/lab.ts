/** The whole lab: one simulated organization and every server that speaks for it, on loopback, with one CA. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Organization } from '../organization.ts';
import { NOTIFICATION_ALIAS } from '../simulation.ts';
import { startAutodiscoverServer } from './autodiscover.ts';
import { createCertificateAuthority } from './certificates.ts';
import { startDnsServer } from './dns.ts';
import { startExchangeServer } from './exchange.ts';
import { startGraphServer } from './graph.ts';
import { startMailboxPages } from './mailboxes.ts';
import { startSmtpServer } from './smtp.ts';

export interface LabOptions {
  readonly organization?: Organization;
  /** How the Exchange server lets the connector sign in. Default basic. */
  readonly auth?: 'basic' | 'ntlm';
}

/** Where everything is. What `npm run lab -- --json` prints, but for `organization` and `close`. */
export interface Lab {
  readonly organization: Organization;
  readonly exchange: { readonly url: string; readonly username: string; readonly password: string; readonly auth: 'basic' | 'ntlm' };
  readonly graph: { readonly url: string; readonly tenantId: string; readonly clientId: string; readonly clientSecret: string };
  readonly authority: { readonly url: string };
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    readonly security: 'starttls';
    readonly username: string;
    readonly password: string;
    readonly address: string;
  };
  /** A page to read every mailbox, and JSON below it. */
  readonly mailboxes: { readonly url: string };
  readonly autodiscover: { readonly url: string; readonly ews: string };
  /** `address:port` of a resolver with the internal and one with the external view. */
  readonly dns: { readonly internal: string; readonly external: string };
  readonly ca: string;
  /** File with the CA's certificate. */
  readonly caFile: string;
  close(): Promise<void>;
}
