/**
 * Loaded into a Node-RED before it starts (`node --import`): counts the points at which a kill could lose something, from a
 * marker on, and ends the process at the chosen one; writes down what the access switch tells its flow. The product does not
 * know of it.
 *
 *   where                          points
 *   a transaction that writes      before its commit; on PostgreSQL with the commit on its way; after it
 *   a statement that is one        the same
 *   a request to Exchange          before it is sent; with its answer there, unread
 *   SMTP: MAIL, RCPT, DATA, mail   before it is sent; with its answer there, unread
 *
 * The parent arms it by a message. Each point is a line of the trail, so that the parent knows at which one it ended.
 */
import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { StatementSync } from 'node:sqlite';

/** What the parent says. */
export interface Arming {
  /** Begins this part of the trail. */
  readonly name: string;
  /** The number of the point, counted from 1, at which the process ends; null: they are only counted. */
  readonly at: number | null;
}

const TRAIL = process.env['POINTS_TRAIL'] ?? '';
const WITNESS = process.env['POINTS_WITNESS'] ?? '';
const EXCHANGE_PORT = process.env['POINTS_EXCHANGE_PORT'] ?? '';
const SMTP_PORT = Number(process.env['POINTS_SMTP_PORT']);

/** The first change that is put into the outbox: from here on something is owed. */
const MARKER = /^insert into "outbox"/i;

let armed: Arming | null = null;
let isCounting = false;
let count = 0;

process.on('message', (message: Arming) => {
  [armed, isCounting, count] = [message, false, 0];
  append(TRAIL, `armed ${message.name}`);
});
// It must not keep the process alive.
process.channel?.unref();

function append(file: string, line: string): void {
  appendFileSync(file, `${line}\n`);
}

/** What a killed process had half written was neither reached nor heard. */
function dropHalfLine(file: string): void {
  if (!existsSync(file)) return;
  const content = readFileSync(file);
  const whole = content.lastIndexOf('\n') + 1;
  if (whole < content.length) truncateSync(file, whole);
}

dropHalfLine(TRAIL);
dropHalfLine(WITNESS);

function point(name: string): void {
  if (armed === null || !isCounting) return;
  count += 1;
  append(TRAIL, `${count} ${name}`);
  if (count === armed.at) process.kill(process.pid, 'SIGKILL');
}

// ── the store ───────────────────────────────────────────────────────────────

const WRITES = /^\s*(insert|update|delete)\b/i;
const TABLE = /^\s*(?:insert into|update|delete from) "(\w+)"/i;

/** What one connection is in the middle of. */
class Connection {
  #tables: Set<string> | null = null;

  /** What a statement commits, by the tables that it writes; null: nothing. */
  commits(sql: string): string | null {
    const word = sql.trim().split(/\s/, 1)[0]?.toLowerCase();
    if (word === 'begin') this.#tables = new Set();
    if (word === 'rollback') this.#tables = null;
    if (word === 'commit') {
      const tables = [...(this.#tables ?? [])].sort();
      this.#tables = null;
      return tables.length === 0 ? null : tables.join('+');
    }
    if (!WRITES.test(sql)) return null;
    if (armed !== null && MARKER.test(sql)) isCounting = true;
    const table = TABLE.exec(sql)?.[1] ?? '?';
    if (this.#tables === null) return table;
    this.#tables.add(table);
    return null;
  }
}

const sqlite = new Connection();
for (const name of ['run', 'all', 'get', 'iterate'] as const) {
  const plain = StatementSync.prototype[name] as (this: StatementSync, ...parameters: unknown[]) => unknown;
  Object.assign(StatementSync.prototype, {
    [name](this: StatementSync, ...parameters: unknown[]): unknown {
      const committed = sqlite.commits(this.sourceSQL);
      if (committed === null) return plain.apply(this, parameters);
      point(`commit ${committed}: before`);
      const result = plain.apply(this, parameters);
      point(`commit ${committed}: after`);
      return result;
    },
  });
}

const require = createRequire(import.meta.url);
const { Client } = require('pg') as typeof import('pg');
const connections = new WeakMap<object, Connection>();
const { query: plainQuery } = Client.prototype as unknown as {
  readonly query: (this: object, ...query: unknown[]) => Promise<unknown>;
};
Object.assign(Client.prototype, {
  query(this: object, ...query: unknown[]): Promise<unknown> {
    const connection = connections.get(this) ?? new Connection();
    connections.set(this, connection);
    const text = typeof query[0] === 'string' ? query[0] : (query[0] as { readonly text?: unknown } | undefined)?.text;
    const committed = typeof text === 'string' ? connection.commits(text) : null;
    if (committed === null) return plainQuery.apply(this, query);
    point(`commit ${committed}: before`);
    const answer = plainQuery.apply(this, query);
    point(`commit ${committed}: on its way`);
    return answer.then((result) => {
      point(`commit ${committed}: after`);
      return result;
    });
  },
});

// ── Exchange ────────────────────────────────────────────────────────────────

function isToExchange(request: ClientRequest): boolean {
  return String(request.getHeader('host')).endsWith(`:${EXCHANGE_PORT}`);
}
diagnostics.subscribe('http.client.request.created', (event) => {
  if (isToExchange((event as { request: ClientRequest }).request)) point('exchange: before');
});
diagnostics.subscribe('http.client.response.finish', (event) => {
  if (isToExchange((event as { request: ClientRequest }).request)) point('exchange: answered');
});

// ── mail ────────────────────────────────────────────────────────────────────

const SMTP_STEP = /^(MAIL|RCPT|DATA)\b|(?:^|\r\n)\.\r\n$/;
const said = new WeakMap<net.Socket, string>();
// A TLS socket is one too: what is seen is plain text.
const { write: plainWrite } = net.Socket.prototype as unknown as {
  readonly write: (this: net.Socket, ...chunk: unknown[]) => boolean;
};
Object.assign(net.Socket.prototype, {
  write(this: net.Socket, ...chunk: unknown[]): boolean {
    const step = this.remotePort === SMTP_PORT ? SMTP_STEP.exec(String(chunk[0])) : null;
    if (step !== null) {
      if (!said.has(this)) this.prependListener('data', () => point(`smtp ${said.get(this)}: answered`));
      said.set(this, step[1] ?? 'mail');
      point(`smtp ${said.get(this)}: before`);
    }
    return plainWrite.apply(this, chunk);
  },
});

// ── what the flow hears ─────────────────────────────────────────────────────

interface SendEvent {
  readonly source: { readonly port: number; readonly node: { readonly type: string } };
  readonly msg: { readonly payload?: unknown };
}
const nodeRed = createRequire(require.resolve('node-red'));
const { hooks } = nodeRed('@node-red/util') as {
  hooks: { add(name: string, hear: (events: readonly SendEvent[]) => void): void };
};
hooks.add('onSend.witness', (events) => {
  const heard = new Set<unknown>();
  for (const { source, msg } of events) {
    // One message to several wires is one message.
    if (source.node.type !== 'access-switch' || heard.has(msg.payload)) continue;
    heard.add(msg.payload);
    append(WITNESS, JSON.stringify({ output: source.port + 1, payload: msg.payload }));
  }
});
