/** What docs/feeds.md shows is taken as it stands. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findProblem } from '../../nodes/fields.ts';
import type { Expressions } from '../../nodes/fields.ts';
import { EasFeed } from '../../src/exchange/eas-feed.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { easRecord } from '../support/records.ts';

const { util } = createRequire(import.meta.url)('@node-red/util') as { util: Expressions };
const jsonata = createRequire(createRequire(import.meta.url).resolve('@node-red/util'))('jsonata') as (
  expression: string,
) => { evaluate(input: unknown): Promise<unknown> };
const text = readFileSync(new URL('../../docs/feeds.md', import.meta.url), 'utf8');
const shown = [...text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json = '']) => json);

describe('the page about feeds', () => {
  it('shows an EAS record that is taken unchanged', async () => {
    assert.deepEqual(await new EasFeed('exchange').take(shown[0]), [JSON.parse(shown[0] ?? '')]);
  });

  it('shows how a record is taken for another organization', async () => {
    const [, expression = ''] = /JSONata expression `(payload [^`]*)`/.exec(text) ?? [];
    const records = [easRecord(1), easRecord(2)];
    const renamed: unknown = await jsonata(expression).evaluate({ payload: records });
    assert.deepEqual(
      (await new EasFeed('here').take(renamed)).map(({ organization, easId }) => ({ organization, easId })),
      [
        { organization: 'here', easId: 'EAS1' },
        { organization: 'here', easId: 'EAS2' },
      ],
    );
  });

  it('shows a flow whose EAS source may hold what it holds', () => {
    const nodes = JSON.parse(shown[1] ?? '') as { type: string; wires: string[][] }[];
    assert.deepEqual(
      nodes.map(({ type }) => type),
      ['inject', 'file in', 'eas-source'],
    );
    assert.deepEqual(
      nodes.map((node) => findProblem(util, node.type, { ...node })),
      [null, null, null],
    );
  });

  it('shows an MDM record with every field that a mapping may give', () => {
    const given = JSON.parse(shown[2] ?? '') as object;
    assert.deepEqual(toMdmRecordFromMapped(given, 'list'), {
      kind: 'mdm',
      key: 'mdm:list:b1c2',
      source: 'list',
      ...given,
    });
    assert.equal(shown.length, 3);
  });
});
