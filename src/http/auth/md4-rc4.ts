/**
 * MD4 and RC4, which NTLM is built on and OpenSSL 3 no longer offers (ERR_OSSL_EVP_UNSUPPORTED).
 * Broken ciphers: for NTLM only, inside TLS. RFC 1320; RFC 6229 has vectors for RC4. No I/O here.
 */

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** RFC 1320 3.4: word order and shifts of the three rounds. */
const ROUNDS = [
  {
    add: 0,
    mix: (x: number, y: number, z: number): number => (x & y) | (~x & z),
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    add: 0x5a827999,
    mix: (x: number, y: number, z: number): number => (x & y) | (x & z) | (y & z),
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    add: 0x6ed9eba1,
    mix: (x: number, y: number, z: number): number => x ^ y ^ z,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
] as const;

function pad(data: Uint8Array): Buffer {
  const padded = Buffer.alloc(((data.length + 8) >> 6) * 64 + 64);
  padded.set(data);
  padded[data.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(data.length) * 8n, padded.length - 8);
  return padded;
}

/** MD4 of the data, 16 bytes. RFC 1320 */
export function md4(data: Uint8Array): Buffer {
  const blocks = pad(data);
  let state: [number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let start = 0; start < blocks.length; start += 64) {
    let [a, b, c, d] = state;
    for (const { add, mix, order, shifts } of ROUNDS) {
      for (const [step, word] of order.entries()) {
        const sum = (a + mix(b, c, d) + blocks.readUInt32LE(start + word * 4) + add) | 0;
        [a, d, c, b] = [d, c, b, rotate(sum, shifts[step % 4] ?? 0)];
      }
    }
    state = [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
  }
  const digest = Buffer.alloc(16);
  for (const [index, word] of state.entries()) digest.writeInt32LE(word, index * 4);
  return digest;
}

/** RC4 of the data under the key; the same call decrypts. */
export function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const box = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number): number => box[index & 255] ?? 0;
  const swap = (i: number, j: number): void => {
    const kept = at(i);
    box[i & 255] = at(j);
    box[j & 255] = kept;
  };
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return Buffer.from(data).map((byte) => {
    i = (i + 1) & 255;
    j = (j + at(i)) & 255;
    swap(i, j);
    return byte ^ at(at(i) + at(j));
  }) as Buffer;
}
