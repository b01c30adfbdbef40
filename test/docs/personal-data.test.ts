import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/node-red.ts';
import { PERSONAL_DATA, withTable } from '../../scripts/personal-data-table.ts';
import { KEPT_DAYS } from '../../src/connector/care/retention.ts';
import { PERSONAL } from '../../src/store/care/personal-columns.ts';
import { TABLES } from '../../src/store/care/tables.ts';

describe('what is said of personal data', () => {
  it('is in the document as it is in the code', () => {
    const document = readFileSync(join(root, PERSONAL_DATA), 'utf8');
    assert.equal(document, withTable(document));
  });

  it('is said of every table', () => {
    assert.deepEqual(Object.keys(PERSONAL).sort(), TABLES.map(({ name }) => name).sort());
  });

  it('names the days that the care of the store goes by', () => {
    const words = { 30: '30 days', 90: '90 days', 365: 'a year' } as const;
    for (const [table, days] of Object.entries(KEPT_DAYS)) {
      const { kept } = PERSONAL[table as keyof typeof KEPT_DAYS];
      assert.ok(kept.includes(words[days as keyof typeof words]), `${table}: ${kept}`);
    }
  });
});
