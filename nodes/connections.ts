/** What config nodes offer to the others, and finding it or failing clearly. */
import type { ExchangePort, MdmPort } from '../src/connector/ports.ts';
import type { ReadingsUnderWay } from '../src/connector/readings/readings-under-way.ts';
import type { CmdletTransport } from '../src/exchange/transport.ts';
import { ConnectorError } from '../src/errors.ts';
import type { GraphTransport } from '../src/graph/graph-transport.ts';
import type { Mailer } from '../src/mail/mailer.ts';
import type { SignInGate } from '../src/mail/sign-in-gate.ts';
import type { Store } from '../src/store/store.ts';
import type { Definition, Instance, RED } from './red.ts';
import { refusalOf, textOf } from './red.ts';

/** Offered by an `exchange-server` config node. */
export interface ExchangeConnection {
  readonly connection: 'exchange-server';
  /** Names the Exchange organization in records and keys: the config node's id. */
  readonly organization: string;
  /** The transport, opened on first use and shared by all nodes that use this server. */
  exchange(): CmdletTransport;
  /** The organization as use cases want it; the transport is opened at its first call. */
  readonly port: ExchangePort;
}

/** Offered by an `mdm-tenant` config node. */
export interface MdmConnection {
  readonly connection: 'mdm-tenant';
  /** Names the MDM in records and keys: the config node's id. */
  readonly source: string;
  graph(): GraphTransport;
  /** The tenant as use cases want it; the transport is opened at its first call. */
  readonly port: MdmPort;
}

/** Offered by a `mail-account` config node. */
export interface MailConnection {
  readonly connection: 'mail-account';
  /** The notification account's address. */
  readonly address: string;
  /** The sender's name in mails, if one was given. */
  readonly displayName: string | null;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  /** PEM of the certificate authority chosen in the account, if any. */
  readonly ca: string | undefined;
  readonly transport: 'smtp' | 'ews' | 'simulated';
  /** Null for an account that signs in nowhere. */
  readonly signIn: AccountSignIn | null;
  mailer(): Mailer;
  /** A person wants another attempt now, whatever failed before. */
  tryAgain(): void;
}

/** Where and as whom a mail account signs in, for a stop that outlives this process. */
export interface AccountSignIn {
  readonly username: string;
  /** Mail server, EWS server, or the mail domain whose EWS server Autodiscover is asked for. */
  readonly host: string;
  readonly gate: SignInGate;
  /** The same as long as password and configuration are; says neither. */
  fingerprint(secret: Uint8Array): string;
}

/** Offered by a `connector-store` config node. */
export interface StoreConnection {
  readonly connection: 'connector-store';
  /** The open store; opened on first use, tried again at the next call when opening failed. */
  store(): Promise<Store>;
  /** Who is reading for this store. */
  readonly readings: ReadingsUnderWay;
}

interface Connections {
  'exchange-server': ExchangeConnection;
  'mdm-tenant': MdmConnection;
  'mail-account': MailConnection;
  'connector-store': StoreConnection;
}

/** What the editor calls a kind of configuration. */
export const KIND_WORDS = {
  'exchange-server': 'Exchange server',
  'mdm-tenant': 'MDM tenant',
  'mail-account': 'mail account',
  'connector-store': 'connector store',
} as const satisfies Record<keyof Connections, string>;

/** What the dialogs call the fields in which a configuration is chosen. */
export const FIELD_WORDS: Readonly<Record<string, string>> = {
  server: 'Exchange',
  tenant: 'Tenant',
  directory: 'Groups from',
  account: 'Mail account',
  store: 'Store',
};

/** Makes a config node offer its connection. */
export function offerConnection<K extends keyof Connections>(
  node: Instance,
  connection: Omit<Connections[K], 'connection'>,
  kind: K,
): void {
  // Not Object.assign, which would ask a getter now: what it needs may start after this node.
  Object.defineProperties(node, { ...Object.getOwnPropertyDescriptors(connection), connection: { value: kind } });
}

/**
 * The connection chosen in property `property` of a node. Looked up at each use, so a config node that was repaired
 * works without a redeploy of this node.
 *
 * @throws ConnectorError ERR_CONFIG_MISSING when nothing is chosen, or the config node is disabled or gone;
 *   ERR_CONFIG_INVALID when one of its fields cannot be meant
 */
export function connectionOf<K extends keyof Connections>(
  RED: RED,
  definition: Definition,
  property: string,
  kind: K,
): Connections[K] {
  const id = textOf(definition, property);
  const node = id === '' ? null : (RED.nodes.getNode(id) as unknown as Partial<Connections[K]> | null);
  if (node === null || node?.connection !== kind) {
    const [what, field] = [KIND_WORDS[kind], FIELD_WORDS[property] ?? property];
    throw new ConnectorError(
      'ERR_CONFIG_MISSING',
      id === ''
        ? `No ${what} is chosen in "${field}".`
        : `The ${what} chosen in "${field}" is missing, disabled or not started.`,
      { details: { property, kind } },
    );
  }
  const refusal = refusalOf(node);
  if (refusal !== null) throw refusal;
  return node as Connections[K];
}

/** PEM texts of a core `tls-config` node, or undefined if none is chosen. */
export function tlsOf(
  RED: RED,
  definition: Definition,
): { ca?: string; cert?: string; key?: string; passphrase?: string; servername?: string } | undefined {
  const id = textOf(definition, 'tls');
  if (id === '') return undefined;
  const node = RED.nodes.getNode(id) as unknown as {
    addTLSOptions?: (options: Record<string, unknown>) => Record<string, unknown>;
  } | null;
  if (node?.addTLSOptions === undefined) {
    throw new ConnectorError('ERR_CONFIG_MISSING', 'The TLS configuration chosen in "TLS" is missing or disabled.', {
      details: { property: 'tls' },
    });
  }
  const options = node.addTLSOptions({});
  const pem = (value: unknown): string | undefined =>
    typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
  const entries = (['ca', 'cert', 'key', 'passphrase', 'servername'] as const)
    .map((name) => [name, pem(Array.isArray(options[name]) ? options[name][0] : options[name])] as const)
    .filter((entry): entry is readonly ['ca', string] => entry[1] !== undefined && entry[1] !== '');
  return Object.fromEntries(entries);
}

/** Address (with credentials, if any) of a core `http proxy` node, or undefined if none is chosen. */
export function proxyOf(
  RED: RED,
  definition: Definition,
): { url: string; username?: string; password?: string } | undefined {
  const id = textOf(definition, 'proxy');
  if (id === '') return undefined;
  const node = RED.nodes.getNode(id) as unknown as {
    url?: string;
    credentials?: { username?: string; password?: string };
  } | null;
  if (typeof node?.url !== 'string' || node.url === '') {
    throw new ConnectorError(
      'ERR_CONFIG_MISSING',
      'The proxy configuration chosen in "Proxy" is missing or disabled.',
      {
        details: { property: 'proxy' },
      },
    );
  }
  return {
    url: node.url,
    ...(node.credentials?.username
      ? { username: node.credentials.username, password: node.credentials.password ?? '' }
      : {}),
  };
}
