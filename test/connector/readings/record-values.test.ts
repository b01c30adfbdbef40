/** What a page of records may hold. */
import assert from 'node:assert/strict';
import { readPage } from '../../../src/connector/readings/keep-reading.ts';
import { easPage, mdmPage } from '../../support/pages.ts';
import { easRecord, mdmRecord } from '../../support/records.ts';

describe('a page of records', () => {
  const { mailbox } = easRecord(2);
  const values: readonly (readonly [string, unknown])[] = [
    ['nothing', null],
    ['a word', 'SM-S921B'],
    ['a record without a key', { ...easRecord(2), key: '' }],
    ['an EAS record without its mailbox', { ...easRecord(2), mailbox: undefined }],
    ['an EAS record whose mailbox has no id', { ...easRecord(2), mailbox: { ...mailbox, id: '' } }],
    [
      'an EAS record whose mailbox has no list of addresses',
      { ...easRecord(2), mailbox: { ...mailbox, addresses: null } },
    ],
  ];
  for (const [what, value] of values)
    it(`is refused with the place of ${what}`, () => {
      const { sync } = easPage({ id: 'e' }, []);
      assert.throws(() => readPage(sync, [easRecord(1), value]), {
        code: 'ERR_INPUT_INVALID',
        message: /^msg\.payload\[1\] is none of the records that msg\.sync tells of/,
      });
    });

  it('is taken as it came, of either side', () => {
    for (const [page, record] of [
      [easPage({ id: 'e' }, []), easRecord(1)],
      [mdmPage({ id: 'm' }, []), mdmRecord(1)],
    ] as const)
      assert.deepEqual(readPage(page['sync'], [record]).records, [record]);
  });
});
