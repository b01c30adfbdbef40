/** Sign-in at the lab's Exchange: Basic on every request, NTLM once a connection, or Kerberos that nobody here can do. */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { channelBindingHash, NtlmServer, tlsServerEndPoint } from '../../http/auth/ntlm-server.ts';
import type { ChannelBindingPolicy } from '../../http/auth/ntlm-server.ts';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';

/** How a virtual directory lets people in. `kerberos` is what a new Exchange has: it is offered, and no NTLM passes. */
export type ExchangeAuthMethod = 'basic' | 'ntlm' | 'kerberos';

/** Outcome for one request. */
export type SignIn =
  | { readonly kind: 'accepted'; readonly user: Mailbox; readonly header: string | null }
  | { readonly kind: 'refused'; readonly challenges: readonly string[] };

/** What sign-in needs to know. */
export interface AuthenticationOptions {
  readonly organization: Organization;
  readonly methods: readonly ExchangeAuthMethod[];
  /** Certificate of the server, PEM. */
  readonly certificate: string;
  readonly channelBinding: ChannelBindingPolicy;
  readonly realm: string;
}

/** Checks each request of the server's connections. */
export class ExchangeAuthentication {
  readonly #options: AuthenticationOptions;
  readonly #binding: Buffer;
  readonly #connections = new WeakMap<Socket, NtlmServer>();
  readonly #netbios: string;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#binding = channelBindingHash(tlsServerEndPoint(new X509Certificate(options.certificate).raw));
    this.#netbios = (options.organization.domain.split('.')[0] ?? 'LAB').toUpperCase();
  }

  /** Who sends this request, or what to challenge with. */
  signIn(request: IncomingMessage): SignIn {
    const { authorization } = request.headers;
    if (authorization === undefined) return this.#ofConnection(request.socket);
    const scheme = authorization.split(' ', 1)[0]?.toLowerCase();
    if (scheme === 'basic') return this.#basic(authorization);
    if (scheme === 'ntlm' || scheme === 'negotiate') return this.#ntlm(request.socket, authorization);
    return this.#refused();
  }

  /** NTLM signs in a connection, not a request. */
  #ofConnection(socket: Socket): SignIn {
    const known = this.#connections.get(socket)?.user ?? null;
    const user = known === null ? null : this.#account(known.user, known.domain);
    return user === null ? this.#refused() : { kind: 'accepted', user, header: null };
  }

  #basic(authorization: string): SignIn {
    if (!this.#options.methods.includes('basic')) return this.#refused();
    const pair = Buffer.from(authorization.slice('basic'.length).trim(), 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    const user =
      colon === -1 ? null : this.#options.organization.authenticate(pair.slice(0, colon), pair.slice(colon + 1));
    return user === null ? this.#refused() : { kind: 'accepted', user, header: null };
  }

  #ntlm(socket: Socket, authorization: string): SignIn {
    if (!this.#options.methods.includes('ntlm')) return this.#refused();
    let server = this.#connections.get(socket);
    if (server === undefined) {
      server = this.#newNtlmServer();
      this.#connections.set(socket, server);
    }
    const step = server.step(authorization);
    if (step.kind === 'challenge') return { kind: 'refused', challenges: [step.header] };
    if (step.kind === 'refused') return this.#refused();
    const user = this.#account(step.user, step.domain);
    return user === null ? this.#refused() : { kind: 'accepted', user, header: step.header };
  }

  #newNtlmServer(): NtlmServer {
    const { organization, channelBinding } = this.#options;
    return new NtlmServer({
      domain: this.#netbios,
      computer: 'EX1',
      dnsDomain: organization.domain,
      dnsComputer: `ex1.${organization.domain}`,
      password: (user, domain) => this.#account(user, domain)?.password ?? null,
      channelBinding: this.#binding,
      policy: channelBinding,
    });
  }

  #account(user: string, domain: string): Mailbox | null {
    // A client without a domain name leaves it out or sends its own machine's.
    if (
      domain !== '' &&
      ![this.#netbios.toLowerCase(), this.#options.organization.domain.toLowerCase()].includes(domain.toLowerCase())
    )
      return null;
    return this.#options.organization.directory.find(user);
  }

  #refused(): SignIn {
    const { methods, realm } = this.#options;
    const challenges = [
      ...(methods.includes('kerberos') || methods.includes('ntlm') ? ['Negotiate'] : []),
      ...(methods.includes('ntlm') ? ['NTLM'] : []),
      ...(methods.includes('basic') ? [`Basic realm="${realm}"`] : []),
    ];
    return { kind: 'refused', challenges };
  }
}
