/** A realm for a test: MIT's KDC, a web server that asks for Kerberos, tickets and keytabs of an account; Debian's packages. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { asConnectorError } from '../../src/errors.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { HttpSession } from '../../src/http/http-session.ts';
import type { HttpAuth } from '../../src/http/options.ts';
import { startNameProxy } from '../../test/support/stranger.ts';
import { APACHE_FILES, startApache } from './apache.ts';
import type { Apache, ApacheSetup } from './apache.ts';
import { KDC_FILES, startKdc } from './kdc.ts';
import type { Kdc } from './kdc.ts';
import { kerberosPackage } from './kerberos-package.ts';

/** The name that the web server is reached by. */
export const WEB = 'mail.corp.example';
/** Who signs in. */
export const READER = 'reader';

/** A web server, by the name above. */
export interface Web {
  /** Of 127.0.0.1. */
  readonly port: number;
  readonly ca: string;
  readonly proxy: string;
  /** Its log, once it has so many requests. */
  log(requests: number): Promise<readonly string[]>;
}

/** How an attempt went, `200 reader@CORP.EXAMPLE` or a code. */
export type Outcome = string;

/** What a test has of it. */
export class KerberosRealm {
  readonly kdc: Kdc;
  readonly #open: { close(): unknown }[] = [];
  readonly #environment = { ...process.env };
  password = 'R3ader-Secret!';
  #tickets = 0;

  private constructor(kdc: Kdc) {
    this.kdc = kdc;
    // The library reads the environment of this process.
    process.env['KRB5_CONFIG'] = kdc.krb5Conf;
  }

  /** Null, and a line that says why, where it cannot be had. */
  static async start(): Promise<KerberosRealm | null> {
    const needed = [...KDC_FILES, ...APACHE_FILES, '/usr/bin/kinit'];
    if (process.getuid?.() !== 0 || !needed.every((file) => existsSync(file))) {
      process.stdout.write(
        '  skipped: it needs root and the packages "krb5-kdc", "krb5-admin-server", "krb5-user", "apache2" and "libapache2-mod-auth-gssapi"\n',
      );
      return null;
    }
    if (!(await kerberosPackage())) return null;
    const realm = new KerberosRealm(await startKdc({ realm: 'CORP.EXAMPLE', host: '127.0.0.14' }));
    await realm.kdc.admin(`addprinc -pw ${realm.password} ${READER}`, `addprinc -randkey HTTP/${WEB}`);
    return realm;
  }

  /** Ends what a test has opened, and gives it the next environment without a ticket. */
  async tidy(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one.close();
    delete process.env['KRB5_CLIENT_KTNAME'];
    process.env['KRB5_CONFIG'] = this.kdc.krb5Conf;
    this.noTicket();
  }

  async close(): Promise<void> {
    await this.tidy();
    for (const name of ['KRB5_CONFIG', 'KRB5CCNAME', 'KRB5_CLIENT_KTNAME'])
      if (this.#environment[name] === undefined) delete process.env[name];
      else process.env[name] = this.#environment[name];
    await this.kdc.close();
  }

  /** From now on the environment names a ticket cache that is not there. */
  noTicket(): string {
    this.#tickets += 1;
    const file = join(this.kdc.folder, `cache-${this.#tickets}`);
    process.env['KRB5CCNAME'] = `FILE:${file}`;
    return file;
  }

  /** A ticket of the reader in the cache of the environment, by kinit. */
  async kinit(...options: readonly string[]): Promise<void> {
    const child = spawn('kinit', [...options, READER], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(`${this.password}\n`);
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) throw new Error(`kinit ended with ${code}.`);
  }

  /** From now on the library reads the realm's krb5.conf with one more line below [libdefaults]. */
  async setDefault(line: string): Promise<void> {
    const file = join(this.kdc.folder, 'own.conf');
    const lines = await readFile(this.kdc.krb5Conf, 'utf8');
    await writeFile(file, lines.replace('[libdefaults]', `[libdefaults]\n ${line}`));
    process.env['KRB5_CONFIG'] = file;
  }

  /**
   * Starts a web server with the service's present key.
   * @param second how another one differs, which has the same name, and port 444
   */
  async web(
    lines: readonly string[] = [],
    setup: Partial<ApacheSetup> = {},
    second: Partial<ApacheSetup> | null = null,
  ): Promise<Web> {
    const authority = await createCertificateAuthority('Peer Root CA');
    const keytab = setup.keytab ?? (await this.kdc.keytab(`HTTP/${WEB}`));
    const start = async (one: Partial<ApacheSetup>): Promise<Apache> => {
      const shared = { name: WEB, krb5Conf: this.kdc.krb5Conf, authority, keytab };
      const started = await startApache({ ...shared, ...one }, [
        'Header always set X-User "expr=%{REMOTE_USER}"',
        ...lines,
      ]);
      this.#open.push(started);
      return started;
    };
    const apache = await start(setup);
    const other = second === null ? {} : { [`${WEB}:444`]: (await start({ ...setup, ...second })).port };
    const proxy = await startNameProxy({ [`${WEB}:443`]: apache.port, ...other });
    this.#open.push(proxy);
    const log = async (requests: number): Promise<readonly string[]> => {
      for (let tries = 0; tries < 100; tries += 1) {
        const lines = await apache.log();
        if (lines.length >= requests) return lines;
        await wait(50);
      }
      return apache.log();
    };
    return { port: apache.port, ca: apache.ca, proxy: proxy.url, log };
  }

  session({ ca, proxy }: Web, auth: Omit<Extract<HttpAuth, { method: 'kerberos' }>, 'method'> = {}): HttpSession {
    const url = `https://${WEB}/index.html`;
    const session = new HttpSession({ url, auth: { method: 'kerberos', ...auth }, tls: { ca }, proxy: { url: proxy } });
    this.#open.push(session);
    return session;
  }
}

/** Asks for the page. */
export function outcome(of: HttpSession): Promise<Outcome> {
  return of.request({ method: 'GET' }).then(
    ({ status, headers }) => `${status} ${String(headers['x-user'])}`,
    (error: unknown) => asConnectorError(error).code,
  );
}
