/** What config nodes offer to the others, and finding it or failing clearly. */
import type { CheckTools } from '../src/connector/mails/check-account.ts';
import type { RequestsHere } from '../src/connector/instances/requests-here.ts';
import type { SignInKey } from '../src/connector/mails/mail-account.ts';
import type { ExchangePort, MdmPort } from '../src/connector/ports.ts';
import type { ReadingsUnderWay } from '../src/connector/readings/readings-under-way.ts';
import type { EasFeed } from '../src/exchange/eas-feed.ts';
import type { SessionWait } from '../src/exchange/remote-powershell.ts';
import type { CmdletTransport } from '../src/exchange/transport.ts';
import { ConnectorError, isConnectorError } from '../src/errors.ts';
import type { GraphTransport } from '../src/graph/graph-transport.ts';
import { lookAtPage } from '../src/http/look-at-page.ts';
import type { Mailer } from '../src/mail/mailer.ts';
import { composeMail } from '../src/mail/message.ts';
import type { SignInGate } from '../src/mail/sign-in-gate.ts';
import { refusal } from '../src/model/refusals.ts';
import type { Store } from '../src/store/store.ts';
import { endClose } from './on-input.ts';
import type { Instance, Properties, RED } from './red.ts';
import { refusalOf, textOf } from './red.ts';

export type { EasFeed };

/** Offered by an `exchange-server` config node. */
export interface ExchangeConnection {
  readonly connection: 'exchange-server';
  /** Names the Exchange organization in records and keys: the config node's id. */
  readonly organization: string;
  /** The transport, opened on first use and shared by all nodes that use this server. */
  exchange(): CmdletTransport;
  /** The organization as use cases want it; the transport is opened at its first call. */
  readonly port: ExchangePort;
  /** Takes the organization's records out of messages, for one reading; opens nothing. */
  feed(): EasFeed;
  /** Calls back, at each refusal, when no session can be opened for now; the answer stops that. */
  onWait(listener: (wait: SessionWait) => void): () => void;
}

/** Offered by an `mdm-tenant` config node. */
export interface MdmConnection {
  readonly connection: 'mdm-tenant';
  /** Names the MDM in records and keys: the config node's id. */
  readonly source: string;
  /** True: the tenant is made up. */
  readonly isSimulated: boolean;
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
  /** The EWS address entered by hand, which mails go to without Autodiscover; null where there is none. */
  readonly ewsUrl: string | null;
  /** Null for an account that signs in nowhere. */
  readonly signIn: AccountSignIn | null;
  mailer(): Mailer;
  /** Asks Autodiscover of the account's address, as the account or as nobody; null for an account that is simulated. */
  readonly discover: CheckTools['discover'];
  /** A person wants another attempt now, whatever failed before. */
  tryAgain(): void;
  /** What is open stays so until this has ended, though the node is being closed. */
  during(work: Promise<unknown>): void;
}

/** Where and as whom a mail account signs in. */
export interface AccountSignIn extends SignInKey {
  readonly gate: SignInGate;
}

/** Offered by a `connector-store` config node. */
export interface StoreConnection {
  readonly connection: 'connector-store';
  /** The open store; opened on first use, tried again at the next call when opening failed. */
  store(): Promise<Store>;
  /** Who is reading for this store. */
  readonly readings: ReadingsUnderWay;
  /** The store stays open until this has ended, though the node is being closed. */
  during(work: Promise<unknown>): void;
  /** What other instances ask of this one. */
  readonly requests: RequestsHere;
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
  exchange: 'Domains from',
};

/** The same in German. */
export const KIND_WORDS_DE: Readonly<Record<keyof Connections, string>> = {
  'exchange-server': 'Exchange-Server',
  'mdm-tenant': 'MDM-Mandant',
  'mail-account': 'Mailkonto',
  'connector-store': 'Connector-Speicher',
};
export const FIELD_WORDS_DE: typeof FIELD_WORDS = {
  server: 'Exchange',
  tenant: 'Mandant',
  directory: 'Gruppen aus',
  account: 'Mailkonto',
  store: 'Speicher',
  exchange: 'Domänen aus',
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

/** What a config node opened for the nodes that use it. */
export interface SharedConnection<T> {
  /**
   * Opens it, or gives what is open or being opened.
   * @throws ConnectorError ERR_ABORTED after the close; what opening throws, where it is not a promise that rejects
   */
  readonly use: () => T;
  /** What is open or being opened; opens nothing. */
  readonly opened: () => T | null;
  /** A close waits until this has ended. */
  readonly during: (work: Promise<unknown>) => void;
}

/** Can be closed; resolves when nothing of it is left. */
interface Closable {
  close(): Promise<void>;
}

/**
 * Opens something for all who use a config node: on first use, once. Where opening failed it is tried again at the next use.
 * When the node is closed, what is open or still being opened is closed too; Node-RED waits for that at most
 * as long as {@link endClose}.
 *
 * @param what the configuration, for the error after the close: `The … was closed.`
 * @param release lets go of what the node holds beside it; runs once, at the end of the close
 */
export function sharedConnection<T extends Closable | Promise<Closable>>(
  node: Instance,
  what: string,
  open: () => T,
  release: () => unknown = () => undefined,
): SharedConnection<T> {
  let current: { readonly value: T } | null = null;
  let closed = false;
  const under = new Set<Promise<unknown>>();
  node.on('close', (_removed: boolean, done: () => void) => {
    closed = true;
    endClose(
      Promise.allSettled(under).then(() => closeOpened(current?.value ?? null, release)),
      done,
    );
  });
  return {
    use() {
      if (closed) throw new ConnectorError('ERR_ABORTED', `The ${what} was closed.`);
      if (current !== null) return current.value;
      const mine = { value: open() };
      current = mine;
      if (mine.value instanceof Promise) {
        mine.value.catch(() => {
          if (current === mine) current = null;
        });
      }
      return mine.value;
    },
    opened: () => current?.value ?? null,
    during(work) {
      under.add(work);
      void work.catch(() => undefined).finally(() => under.delete(work));
    },
  };
}

/** Never rejects: there is nobody left to tell. */
async function closeOpened(opened: Closable | Promise<Closable> | null, release: () => unknown): Promise<void> {
  try {
    await (await opened)?.close();
  } catch {
    // It is gone, or it was never there.
  }
  try {
    await release();
  } catch {
    // As above.
  }
}

/**
 * The connection that a config node offers; null where there is no such node, or it is of another kind, disabled or not
 * started. What its fields hold is not asked.
 */
export function offeredConnection<K extends keyof Connections>(RED: RED, id: string, kind: K): Connections[K] | null {
  const node: object | null = id === '' ? null : RED.nodes.getNode(id);
  return node !== null && offers(node, kind) ? node : null;
}

function offers<K extends keyof Connections>(node: object, kind: K): node is Connections[K] {
  return 'connection' in node && node.connection === kind;
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
  definition: Properties,
  property: string,
  kind: K,
): Connections[K] {
  const id = textOf(definition, property);
  const connection = offeredConnection(RED, id, kind);
  if (connection === null) {
    const what = { each: { en: KIND_WORDS[kind], de: KIND_WORDS_DE[kind] } };
    const field = { each: { en: FIELD_WORDS[property] ?? property, de: FIELD_WORDS_DE[property] ?? property } };
    throw new ConnectorError('ERR_CONFIG_MISSING', refusal(id === '' ? 'not-chosen' : 'not-there', { what, field }), {
      details: { property, kind },
    });
  }
  const wrong = refusalOf(connection);
  if (wrong !== null) throw wrong;
  return connection;
}

/** Why nothing can be had of the configuration chosen in a property: ERR_CONFIG_MISSING; null: it is there, whatever it holds. */
export function missingIn(
  RED: RED,
  definition: Properties,
  property: string,
  kind: keyof Connections,
): ConnectorError | null {
  try {
    connectionOf(RED, definition, property, kind);
    return null;
  } catch (thrown) {
    return isConnectorError(thrown, 'ERR_CONFIG_MISSING') ? thrown : null;
  }
}

/** What the check of a notifier takes of this account beside the account itself. */
export function checkToolsOf(account: MailConnection): CheckTools {
  return {
    lookAt: (url, { signal }) => lookAtPage(url, { ca: account.ca, signal }),
    compose: (mail) => void composeMail({ address: account.address }, mail),
    discover: account.discover,
  };
}

/** PEM texts of a core `tls-config` node, or undefined if none is chosen. */
export function tlsOf(
  RED: RED,
  definition: Properties,
): { ca?: string; cert?: string; key?: string; passphrase?: string; servername?: string } | undefined {
  const id = textOf(definition, 'tls');
  if (id === '') return undefined;
  const node = RED.nodes.getNode(id);
  if (node?.addTLSOptions === undefined) {
    throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-tls'), {
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
  definition: Properties,
): { url: string; username?: string; password?: string } | undefined {
  const id = textOf(definition, 'proxy');
  if (id === '') return undefined;
  const node = RED.nodes.getNode(id);
  if (typeof node?.url !== 'string' || node.url === '') {
    throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-proxy'), {
      details: { property: 'proxy' },
    });
  }
  return {
    url: node.url,
    ...(node.credentials?.['username']
      ? { username: node.credentials['username'], password: node.credentials['password'] ?? '' }
      : {}),
  };
}
