/** BER [X.690], as far as LDAP needs it. */

/** Tag, content, and how many bytes both take. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly size: number;
}

/** The first element; null: there is no whole one yet. */
export function take(bytes: Buffer): Element | null {
  if (bytes.length < 2) return null;
  const [tag = 0, first = 0] = bytes;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (bytes.length < 2 + more) return null;
  const length = more === 0 ? first : bytes.readUIntBE(2, more);
  const start = 2 + more;
  return bytes.length < start + length
    ? null
    : { tag, content: bytes.subarray(start, start + length), size: start + length };
}

/** All elements, one after the other. */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  let rest = bytes;
  for (let next = take(rest); next !== null; next = take(rest)) {
    found.push(next);
    rest = rest.subarray(next.size);
  }
  return found;
}

/** One element. */
export function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length: size } = content;
  const length = size < 0x80 ? [size] : [0x83, size >> 16, (size >> 8) & 0xff, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** An octet string. */
export const octets = (value: string | Buffer): Buffer => tlv(0x04, Buffer.from(value));

/** A number of up to four bytes. */
export function integer(value: number, tag = 0x02): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return tlv(tag, bytes);
}
