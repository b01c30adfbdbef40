import assert from 'node:assert/strict';
import { array, assert as check, nat, property, string } from 'fast-check';
import { PackedReader, PackedWriter } from '../../src/exchange/packed-bytes.ts';

const anyText = string({ unit: 'binary', maxLength: 200 });
const UINT32 = 0xffff_ffff;

describe('packed bytes', () => {
  it('give back numbers, digits and texts as they were written, one after the other', () => {
    const writer = new PackedWriter();
    check(
      property(nat(255), nat(UINT32), array(anyText), nat(UINT32), (byte, number, texts, last) => {
        writer.restart();
        writer.byte(byte);
        writer.number(number);
        writer.hex('00ff10a7');
        writer.texts(texts);
        writer.number(last);
        const reader = new PackedReader(Buffer.concat([Buffer.from([7]), writer.bytes]), 1);
        assert.deepEqual(
          [reader.byte(), reader.number(), reader.hex(4), reader.texts(), reader.number()],
          [byte, number, '00ff10a7', texts, last],
        );
        assert.equal(reader.at, writer.bytes.length + 1);
      }),
    );
  });

  for (const [what, number, bytes] of [
    ['0', 0, 1],
    ['127', 127, 1],
    ['128', 128, 2],
    ['16,383', 16_383, 2],
    ['the largest of 32 bits', UINT32, 5],
  ] as const)
    it(`hold ${what} in ${bytes} byte${bytes === 1 ? '' : 's'}`, () => {
      const writer = new PackedWriter();
      writer.number(number);
      assert.deepEqual([writer.bytes.length, new PackedReader(writer.bytes, 0).number()], [bytes, number]);
    });

  it('hold halves of surrogate pairs', () => {
    const texts = ['\ud83c', 'a\udfb5b', '🎵', '', '\0', 'ä'.repeat(5000), '\ud83c'.repeat(5000)];
    const writer = new PackedWriter();
    writer.texts(texts);
    assert.deepEqual(new PackedReader(writer.bytes, 0).texts(), texts);
  });
});
