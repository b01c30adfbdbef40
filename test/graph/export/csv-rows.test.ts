import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { csvRows } from '../../../src/graph/export/csv-rows.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Buffer, size = 65_536): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const some of csvRows(inPieces(Buffer.from(text), size))) rows.push(...some);
  return rows;
}

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

describe('rows of a comma-separated text', () => {
  it('are those that were written, in whatever pieces they come', async () => {
    const field = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', ',', '"', '""', '\r\n', '\n', 'a,"b"\nc'),
    );
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { maxLength: 6 });
    const end = fc.constantFrom('\r\n', '\n');
    await fc.assert(
      fc.asyncProperty(
        table,
        end,
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        async (rows, lineEnd, isEnded, size) => {
          const lines = rows.map((row) => row.map((text) => (/[",\r\n]/.test(text) ? quoted(text) : text)).join(','));
          const text = lines.join(lineEnd) + (isEnded ? lineEnd : '');
          const wellFormed = rows.map((row) => row.map((one) => one.toWellFormed()));
          assert.deepEqual(await read(`\uFEFF${text}`, size), wellFormed);
        },
      ),
      { numRuns: 200 },
    );
  });

  /** text → rows */
  const FORMS: readonly (readonly [string, readonly string[][]])[] = [
    ['', []],
    ['\r\n\n', []],
    ['a,b', [['a', 'b']]],
    [
      ',b\r\n"",c\n',
      [
        ['', 'b'],
        ['', 'c'],
      ],
    ],
    ['"a","b"\r\n', [['a', 'b']]],
    ['a,\r\n', [['a', '']]],
    ['"a",\r\n', [['a', '']]],
  ];
  for (const [text, rows] of FORMS)
    it(`${JSON.stringify(text)} is ${JSON.stringify(rows)}`, async () => assert.deepEqual(await read(text), rows));

  for (const [what, text] of [
    ['a quote that is never closed', 'a,"b\r\n'],
    ['a row without an end', 'x'.repeat(200_000)],
    ['a quote that swallows the rest', `"${'\n'.repeat(200_000)}`],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0x2c, 0xff, 0xfe, 0x0a])],
  ] as const)
    it(`${what} is refused`, () => assert.rejects(read(text), { code: 'ERR_GRAPH_EXPORT' }));
});
