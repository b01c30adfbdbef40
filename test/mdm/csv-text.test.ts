import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { readCsv } from '../../src/mdm/csv-text.ts';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('a CSV text', () => {
  it('is read as it was written, whatever its cells hold, with each delimiter and line break', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ü', ' ', ',', ';', '\t', '"', '\n', '\r\n') });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { maxLength: 5 }),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (rows, delimiter, end, mark) => {
          const lines = [['id', 'name'], ...rows].map((cells) => cells.map(quoted).join(delimiter));
          const wanted = rows.filter((cells) => cells.some((one) => one.trim() !== ''));
          assert.deepEqual(
            readCsv(`${mark ? '\uFEFF' : ''}${lines.join(end)}`).rows,
            wanted.map(([id, name]) => ({ id, name })),
          );
        },
      ),
    );
  });

  it('tells in which line each row begins', () => {
    assert.deepEqual(readCsv('id,name\n1,"a\nb"\n\n2,c\r\n').lines, [2, 5]);
  });

  it('has its columns composed, and leaves out one without a name', () => {
    assert.deepEqual(readCsv('Gera\u0308te-ID;;name\n1;;x\n').rows, [{ 'Ger\u00e4te-ID': '1', name: 'x' }]);
  });
});
