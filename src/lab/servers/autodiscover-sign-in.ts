/** Signing in at the lab's IIS directories: Basic, and NTLM under NTLM or Negotiate, one user a connection. Development only. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { NtlmServer } from '../../http/auth/ntlm-server.ts';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';

/** Methods a directory can offer, in the order of its headers. */
export type SignInScheme = 'Negotiate' | 'NTLM' | 'Basic' | 'Bearer';

/** Who sent a request, or what to answer it with. */
export type SignInOutcome = { readonly user: Mailbox } | { readonly challenge: readonly string[] };

/** Remembers the handshake of each connection. */
export class SignInDoor {
  readonly #organization: Organization;
  readonly #connections = new WeakMap<object, NtlmServer>();

  constructor(organization: Organization) {
    this.#organization = organization;
  }

  /** Looks at the Authorization header, or at what the connection has proved before. */
  enter(request: IncomingMessage, schemes: readonly SignInScheme[]): SignInOutcome {
    const { authorization = '' } = request.headers;
    const challenge = schemes.map((scheme) =>
      scheme === 'Basic' || scheme === 'Bearer' ? `${scheme} realm="lab"` : scheme,
    );
    const [scheme = ''] = authorization.split(' ');
    if (!schemes.some((offered) => offered.toLowerCase() === scheme.toLowerCase())) {
      const known = authorization === '' ? this.#connections.get(request.socket)?.user : undefined;
      return this.#known(known?.user) ?? { challenge };
    }
    if (scheme.toLowerCase() === 'basic') return this.#known(this.#basic(authorization)?.upn) ?? { challenge };
    const ntlm = this.#connections.get(request.socket) ?? this.#newHandshake(request.socket as TLSSocket);
    const step = ntlm.step(authorization);
    if (step.kind === 'challenge') return { challenge: [step.header] };
    return (step.kind === 'accepted' ? this.#known(step.user) : null) ?? { challenge };
  }

  #known(name: string | undefined): { user: Mailbox } | null {
    const user = name === undefined ? null : this.#organization.directory.find(name);
    return user === null ? null : { user };
  }

  #basic(authorization: string): Mailbox | null {
    const [name = '', ...password] = Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':');
    return this.#organization.authenticate(name, password.join(':'));
  }

  #newHandshake(socket: TLSSocket): NtlmServer {
    const { directory, domain } = this.#organization;
    const ntlm = new NtlmServer({
      domain: (domain.split('.')[0] ?? 'LAB').toUpperCase(),
      computer: 'EX01',
      dnsDomain: domain,
      dnsComputer: `ex01.${domain}`,
      password: (user) => directory.find(user)?.password ?? null,
      // Extended protection is off for Autodiscover (CSS-Exchange, Get-ExtendedProtectionConfigurationResult.ps1).
      channelBinding: null,
      policy: 'none',
    });
    this.#connections.set(socket, ntlm);
    return ntlm;
  }
}
