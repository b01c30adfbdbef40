/** Reads one HTTP/1.1 answer from the bytes of a connection, strictly and within limits. RFC 9112; no I/O here. */
import type { IncomingHttpHeaders } from 'node:http';
import { ConnectorError } from '../errors.ts';

/** What bounds and frames an answer. */
export interface ResponseFrame {
  /** Of the request: an answer to HEAD has no body. */
  readonly method: string;
  /** For errors. */
  readonly host: string;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
}

/*
 * How long a body is. RFC 9112 6.3; whatever is not in the table is refused, since two readers could cut it differently.
 *
 *   request  status         Transfer-Encoding  Content-Length       the body
 *   HEAD     any            any                any                  none
 *   other    100 to 199     –                  –                    no answer yet: the next one follows. 101 is refused
 *   other    204, 304       any                any                  none
 *   other    other          chunked            none                 chunks
 *   other    other          none               one number           as many bytes
 *   other    other          none               none                 all until the connection ends
 */
type Framing = 'none' | 'chunks' | 'length' | 'until-close';

/** Headers of which Node.js keeps the first one; others are joined by commas (RFC 9110 5.3), Set-Cookie is a list. */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n\0]*)?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Control characters but the tab; RFC 9110 5.5. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const BLANKS = /^[ \t]+|[ \t]+$/g;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\0-\x08\x0a-\x1f\x7f]*)?$/;
/** A line before a chunk: its size and extensions nobody uses. */
const MAX_CHUNK_LINE = 4096;
const START = Buffer.from('HTTP/1.');

/** Memory that is used again is taken in multiples of this. */
const ROOM_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/** One answer being read. */
export class ResponseReader {
  status = 0;
  headers: IncomingHttpHeaders = {};
  /** True if the connection may carry another request. */
  keepsAlive = false;
  /** What the server says it keeps an idle connection for, or null. */
  keepsForMs: number | null = null;
  /** True once a head was read that is not "go on". */
  hasBegun = false;
  /** Bytes behind the answer: there should be none. */
  extra = 0;
  readonly #frame: ResponseFrame;
  #framing: Framing = 'none';
  /** Bytes of a head or a chunk's line that is not whole yet. */
  #pending: Buffer = NOTHING;
  /** The body so far, and room for more of it: a part kept by itself costs more than the byte that it may have. */
  #room: Buffer;
  #filled = 0;
  /** Bytes that count for the limit. */
  #size = 0;
  /** Bytes that the body or chunk still lacks. */
  #left = 0;
  #chunk: 'size' | 'data' | 'end' | 'trailer' = 'size';
  #isDone = false;

  /** @param room memory for the body, which is taken as far as it goes */
  constructor(frame: ResponseFrame, room: Buffer = NOTHING) {
    this.#frame = frame;
    this.#room = room;
  }

  /** The memory of the body: it may be another one's when nobody reads this one any more. */
  get room(): Buffer {
    return this.#room;
  }

  /** As it came, that is perhaps compressed; to be asked for when the answer is whole. */
  get body(): Buffer {
    return this.#room.subarray(0, this.#filled);
  }

  /**
   * Takes the next bytes, and keeps none of them but in copies: whoever read them may use their place again.
   * @returns true once the answer is whole
   * @throws ConnectorError ERR_HTTP_NOT_EXPECTED (not HTTP), ERR_HTTP_TOO_LARGE
   */
  take(bytes: Buffer): boolean {
    let rest = bytes;
    while (!this.hasBegun) {
      const head = this.#takeHead(rest);
      if (head === null) return false;
      rest = head;
    }
    if (!this.#isDone) rest = this.#takeBody(rest);
    if (this.#isDone) this.extra += rest.length;
    return this.#isDone;
  }

  /** The connection ended. @returns true if that makes the answer whole */
  end(): boolean {
    this.#isDone ||= this.hasBegun && this.#framing === 'until-close';
    return this.#isDone;
  }

  /** @returns what is behind the head, or null if it is not whole */
  #takeHead(bytes: Buffer): Buffer | null {
    const { maxHeaderBytes } = this.#frame;
    const before = this.#pending.length;
    const all = before === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const start = Math.min(all.length, START.length);
    if (!all.subarray(0, start).equals(START.subarray(0, start))) throw this.#notHttp();
    const end = all.indexOf('\r\n\r\n', Math.max(0, before - 3), 'latin1');
    if ((end < 0 ? all.length : end) > maxHeaderBytes) {
      const { host } = this.#frame;
      const details = { host, limit: maxHeaderBytes };
      throw new ConnectorError('ERR_HTTP_TOO_LARGE', `${host} sent a header larger than allowed.`, { details });
    }
    if (end < 0) {
      this.#pending = before === 0 ? Buffer.from(all) : all;
      return null;
    }
    this.#pending = NOTHING;
    this.#readHead(all.toString('latin1', 0, end));
    return all.subarray(end + 4);
  }

  #readHead(head: string): void {
    const [first = '', ...lines] = head.split('\r\n');
    const [, minor, status] = STATUS_LINE.exec(first) ?? [];
    if (status === undefined) throw this.#notHttp();
    const headers = this.#headersOf(lines);
    this.status = Number(status);
    if (this.status === 101) throw this.#notHttp();
    if (this.status < 200) return;
    this.headers = headers;
    this.hasBegun = true;
    this.#framing = this.#framingOf(headers);
    const connection = headers.connection?.toLowerCase() ?? '';
    const says = (option: string): boolean => connection.split(',').some((part) => part.trim() === option);
    this.keepsAlive = this.#framing !== 'until-close' && !says('close') && (minor === '1' || says('keep-alive'));
    const seconds = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(String(headers['keep-alive'] ?? ''))?.[1];
    this.keepsForMs = seconds === undefined ? null : Number(seconds) * 1000;
  }

  #headersOf(lines: readonly string[]): IncomingHttpHeaders {
    const headers = Object.create(null) as IncomingHttpHeaders;
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      // A folded line begins with a blank: no name.
      if (colon <= 0 || !TOKEN.test(name) || CONTROL.test(line)) throw this.#notHttp();
      this.#addHeader(headers, name.toLowerCase(), line.slice(colon + 1).replace(BLANKS, ''));
    }
    return headers;
  }

  #addHeader(headers: IncomingHttpHeaders, name: string, value: string): void {
    const known = headers[name];
    if (name === 'set-cookie') headers[name] = [...(headers[name] ?? []), value];
    else if (known === undefined) headers[name] = value;
    else if (name === 'content-length') throw this.#notHttp();
    else if (!SINGLE.has(name)) headers[name] = `${String(known)}, ${value}`;
  }

  #framingOf(headers: IncomingHttpHeaders): Framing {
    const { 'transfer-encoding': encoding, 'content-length': length } = headers;
    if (length !== undefined && (encoding !== undefined || !/^\d{1,15}$/.test(length))) throw this.#notHttp();
    if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') throw this.#notHttp();
    this.#isDone = this.#frame.method === 'HEAD' || this.status === 204 || this.status === 304;
    if (this.#isDone) return 'none';
    if (encoding !== undefined) return 'chunks';
    if (length === undefined) return 'until-close';
    this.#left = Number(length);
    this.#grow(this.#left);
    this.#isDone = this.#left === 0;
    return 'length';
  }

  /** @returns what is behind the body */
  #takeBody(bytes: Buffer): Buffer {
    switch (this.#framing) {
      case 'length':
        return this.#takeLength(bytes);
      case 'chunks':
        return this.#takeChunks(bytes);
      default:
        this.#grow(bytes.length);
        this.#append(bytes);
        return NOTHING;
    }
  }

  #takeLength(bytes: Buffer): Buffer {
    if (this.#filled === 0 && this.#room.length < this.#left) this.#room = roomFor(this.#left, this.#room.length > 0);
    const taken = Math.min(bytes.length, this.#left);
    this.#append(bytes.subarray(0, taken));
    this.#left -= taken;
    this.#isDone = this.#left === 0;
    return bytes.subarray(taken);
  }

  #takeChunks(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0 && !this.#isDone) {
      if (this.#chunk === 'data') {
        const part = rest.subarray(0, this.#left);
        this.#append(part);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        if (this.#left === 0) this.#chunk = 'end';
        continue;
      }
      const line = this.#takeLine(rest);
      if (line === null) return NOTHING;
      this.#readChunkLine(line.text);
      rest = line.rest;
    }
    return rest;
  }

  #takeLine(bytes: Buffer): { readonly text: string; readonly rest: Buffer } | null {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const end = all.indexOf('\r\n', 0, 'latin1');
    if ((end < 0 ? all.length : end) > MAX_CHUNK_LINE) throw this.#notHttp();
    this.#pending = end < 0 ? Buffer.from(all) : NOTHING;
    return end < 0 ? null : { text: all.toString('latin1', 0, end), rest: all.subarray(end + 2) };
  }

  #readChunkLine(text: string): void {
    if (this.#chunk === 'end') {
      if (text !== '') throw this.#notHttp();
      this.#chunk = 'size';
      return;
    }
    if (this.#chunk === 'trailer') {
      // Nobody reads trailers; they count as body, so that there is an end of them.
      this.#grow(text.length);
      this.#isDone = text === '';
      return;
    }
    const size = CHUNK_SIZE.exec(text)?.[1];
    if (size === undefined) throw this.#notHttp();
    this.#left = Number.parseInt(size, 16);
    this.#chunk = this.#left === 0 ? 'trailer' : 'data';
    if (this.#left > 0) this.#grow(this.#left);
  }

  #append(bytes: Buffer): void {
    const end = this.#filled + bytes.length;
    if (end > this.#room.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#room.length * 2));
      this.#room.copy(larger, 0, 0, this.#filled);
      this.#room = larger;
    }
    bytes.copy(this.#room, this.#filled);
    this.#filled = end;
  }

  #grow(bytes: number): void {
    this.#size += bytes;
    if (this.#size > this.#frame.maxBodyBytes) throw tooLarge(this.#frame.host, this.#frame.maxBodyBytes);
  }

  #notHttp(): ConnectorError {
    const { host } = this.#frame;
    const details = { host, phase: this.hasBegun ? 'answer' : 'sent' };
    return new ConnectorError('ERR_HTTP_NOT_EXPECTED', `${host} answered with something that is not HTTP.`, {
      details,
    });
  }
}

/** A body that did not fit where others did is followed by others that are a little longer still. */
function roomFor(bytes: number, isUsedAgain: boolean): Buffer {
  return Buffer.allocUnsafe(isUsedAgain ? Math.ceil(bytes / ROOM_BYTES) * ROOM_BYTES : bytes);
}

/** ERR_HTTP_TOO_LARGE: a body beyond its limit. */
export function tooLarge(host: string, limit: number): ConnectorError {
  return new ConnectorError('ERR_HTTP_TOO_LARGE', `${host} sent more than ${limit} bytes.`, {
    details: { host, limit },
  });
}
