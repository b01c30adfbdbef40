import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Defragmenter, Fragmenter } from '../../src/psrp/index.ts';

/** Cuts bytes at the given positions. */
function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const ends = [...positions.filter((at) => at < bytes.length), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const header = (object: number, fragment: number, flags: number, length: number): Buffer => {
  const bytes = Buffer.alloc(21);
  bytes.writeBigUInt64BE(BigInt(object), 0);
  bytes.writeBigUInt64BE(BigInt(fragment), 8);
  bytes.writeUInt8(flags, 16);
  bytes.writeUInt32BE(length, 17);
  return bytes;
};

describe('fragments', () => {
  it('are written as the specification draws them: big-endian ids, start and end flags, length', () => {
    const fragmenter = new Fragmenter(21 + 2);
    assert.deepEqual(fragmenter.fragment(new Uint8Array([0xa, 0xb, 0xc])).map(hex), [
      '0000000000000001000000000000000001000000020a0b',
      '0000000000000001000000000000000102000000010c',
    ]);
    assert.deepEqual(fragmenter.fragment(new Uint8Array(0)).map(hex), ['000000000000000200000000000000000300000000']);
  });

  it('give back the messages, however messages are cut into fragments and fragments into chunks', () => {
    const message = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.integer({ min: 1, max: 80 }),
        fc.array(fc.nat(1500)),
        (messages, fragmentBytes, positions) => {
          const fragmenter = new Fragmenter(fragmentBytes);
          const stream = Buffer.concat(messages.flatMap((bytes) => fragmenter.fragment(bytes)));
          const defragmenter = new Defragmenter();
          const received = cut(stream, positions).flatMap((chunk) => defragmenter.receive(chunk));
          assert.deepEqual(received.map(hex), messages.map(hex));
          assert.equal(defragmenter.isEmpty, true);
        },
      ),
    );
  });

  it('of several messages may come mixed', () => {
    const fragmenter = new Fragmenter(21 + 1);
    const [a1, a2] = fragmenter.fragment(new Uint8Array([1, 2]));
    const [b1, b2] = fragmenter.fragment(new Uint8Array([3, 4]));
    assert.ok(a1 && a2 && b1 && b2);
    const received = new Defragmenter().receive(Buffer.concat([a1, b1, b2, a2]));
    assert.deepEqual(received.map(hex), ['0304', '0102']);
  });

  const damaged: Readonly<Record<string, Buffer>> = {
    'a gap': Buffer.concat([header(1, 0, 1, 0), header(1, 2, 2, 0)]),
    'a middle without a beginning': header(1, 1, 0, 0),
    'a second beginning': Buffer.concat([header(1, 0, 1, 0), header(1, 0, 1, 0)]),
    'unknown flags': header(1, 0, 7, 0),
    'a length of 4 GiB': header(1, 0, 3, 0xffffffff),
    'too many unfinished messages': Buffer.concat(Array.from({ length: 17 }, (_, id) => header(id, 0, 1, 0))),
  };
  for (const [what, bytes] of Object.entries(damaged)) {
    it(`are refused with ${what}, and the stream stays refused`, () => {
      const defragmenter = new Defragmenter();
      assert.throws(() => defragmenter.receive(bytes), { code: 'ERR_PSRP_FRAGMENT' });
      assert.throws(() => defragmenter.receive(header(9, 0, 3, 0)), { code: 'ERR_PSRP_FRAGMENT' });
    });
  }

  it('are refused when unfinished messages together grow beyond the limit', () => {
    const defragmenter = new Defragmenter({ messageBytes: 100 });
    const data = Buffer.alloc(60);
    defragmenter.receive(Buffer.concat([header(1, 0, 1, 60), data]));
    assert.throws(() => defragmenter.receive(header(2, 0, 1, 60)), { code: 'ERR_PSRP_FRAGMENT' });
  });
});
