/** Stands between `pg` and a PostgreSQL: counts what is parsed, and answers as a pooler does if it is told to. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

/** The wire between a store and its server. */
export interface PostgresWire {
  /** The server's address through the wire. */
  readonly address: string;
  /** Statements that the server was given to parse, by whether they had a name. */
  readonly parsed: { named: number; unnamed: number };
  /** Statements without values, as they were sent. */
  readonly plain: readonly string[];
  /** From now on nothing comes back over the connections that there are, and nobody says why. */
  silence(): void;
  close(): void;
}

/** @param pooler true: the key for cancelling is not the server's, as behind PgBouncer */
export async function startWire(server: string, { pooler }: { readonly pooler: boolean }): Promise<PostgresWire> {
  const to = new URL(server);
  const parsed = { named: 0, unnamed: 0 };
  const plain: string[] = [];
  const silences: (() => void)[] = [];
  const wire = createServer((client) => {
    const far = connect(Number(to.port), to.hostname);
    const up = new Messages(true, (message) => {
      if (message[0] === PARSE) parsed[message[HEAD] === 0 ? 'unnamed' : 'named'] += 1;
      if (message[0] === QUERY) plain.push(message.toString('utf8', HEAD, message.length - 1));
    });
    const down = new Messages(false, (message) => {
      if (pooler && message[0] === BACKEND_KEY_DATA) message.writeUInt32BE(0x7fffffff, HEAD);
    });
    client.pipe(up).pipe(far).pipe(down).pipe(client);
    silences.push(() => down.unpipe(client));
    for (const [one, other] of [
      [client, far],
      [far, client],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  const address = new URL(server);
  address.port = String((wire.address() as AddressInfo).port);
  const silence = (): void => silences.forEach((one) => one());
  return { address: address.href, parsed, plain, silence, close: () => void wire.close() };
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const PARSE = 'P'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);
const BACKEND_KEY_DATA = 'K'.charCodeAt(0);
/** Type and length. The first message of a client has no type. */
const HEAD = 5;

/** Shows whole messages as they pass. */
class Messages extends Transform {
  readonly #see: (message: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #isFirst: boolean;

  constructor(startsUp: boolean, see: (message: Buffer) => void) {
    super();
    this.#isFirst = startsUp;
    this.#see = see;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const type = this.#isFirst ? 0 : 1;
      if (this.#rest.length < type + 4) break;
      const size = type + this.#rest.readUInt32BE(type);
      if (this.#rest.length < size) break;
      const message = Buffer.from(this.#rest.subarray(0, size));
      this.#rest = this.#rest.subarray(size);
      if (!this.#isFirst) this.#see(message);
      this.#isFirst = false;
      this.push(message);
    }
    done();
  }
}
