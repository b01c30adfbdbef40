import assert from 'node:assert/strict';
import { judgeTold } from '../../src/model/told-fields.ts';
import type { ToldFields, ToldNow } from '../../src/model/told-fields.ts';

const READS = { managed: ['Managed'], compliance: [], removal: ['Wipe'] };
const now = (told: Partial<ToldNow>): ToldNow => ({
  by: 'mapping',
  records: 20,
  had: { Managed: 20, Wipe: 0 },
  reads: READS,
  isOwn: true,
  ...told,
});
const before = (told: Partial<ToldFields> = {}): ToldFields => ({
  by: 'mapping',
  records: 20,
  had: { Managed: 20, Wipe: 0 },
  ...told,
});
const none = { Managed: 0, Wipe: 0 };
const header = ['id', 'State', ''];

describe('a list of a mapped MDM', () => {
  for (const [sentence, was, is, wanted] of [
    ['that tells what the last one told is taken', before(), now({}), null],
    ['in which nobody has what nearly all had is refused', before(), now({ had: none }), 'refused'],
    [
      'in which nobody has what half had is refused',
      before({ had: { Managed: 10, Wipe: 0 } }),
      now({ had: none }),
      'refused',
    ],
    [
      'in which nobody has what fewer than half had is taken',
      before({ had: { Managed: 9, Wipe: 9 } }),
      now({ had: none }),
      null,
    ],
    [
      'of nine in which nobody has it any more is taken, with a warning',
      before(),
      now({ records: 9, had: none }),
      'warned',
    ],
    [
      'after one of few in which nobody has it any more is taken, with a warning',
      before({ records: 3, had: { Managed: 2, Wipe: 0 } }),
      now({ had: none }),
      'warned',
    ],
    [
      'after one with a single record is taken',
      before({ records: 1, had: { Managed: 1, Wipe: 0 } }),
      now({ had: none }),
      null,
    ],
    ['without records is taken', before(), now({ records: 0, had: none }), null],
    ['that another mapping or another Compliance read is taken', before({ by: 'other' }), now({}), null],
    [
      'without a column that the last one had is refused, however short it is',
      before({ columns: ['Managed', 'Wipe'] }),
      now({ records: 0, had: none, columns: ['Managed'], header }),
      'refused',
    ],
    [
      'with the columns of the last one and no value in one that few had is taken',
      before({ columns: ['Managed', 'Wipe'], had: { Managed: 20, Wipe: 3 } }),
      now({ columns: ['Managed', 'Wipe'], header }),
      null,
    ],
    [
      'that is the first one, without a column that its own mapping reads, is refused',
      null,
      now({ columns: ['Managed'], header }),
      'refused',
    ],
    [
      'that is the first one, by a preset, may lack columns',
      null,
      now({ columns: ['Managed'], header, isOwn: false }),
      null,
    ],
    [
      'that is the first one, with one of the columns that its own mapping reads for a field, is taken',
      null,
      now({ reads: { ...READS, removal: [], managed: ['Managed', 'State'] }, columns: ['State'], header }),
      null,
    ],
    [
      'that is the first one, in which nobody has what its own mapping reads, is taken, with a warning',
      null,
      now({ had: none }),
      'warned',
    ],
    ['that is the first one, of a few, is taken', null, now({ records: 9, had: none }), null],
    ['that is the first one, by a preset, may have no value', null, now({ had: none, isOwn: false }), null],
    [
      'whose mapping reads nothing for them is taken',
      null,
      now({ reads: { managed: [], compliance: [], removal: [] } }),
      null,
    ],
  ] as const) {
    it(sentence, () => {
      const fault = judgeTold(was, is);
      assert.equal(fault === null ? null : fault.isRefused ? 'refused' : 'warned', wanted);
    });
  }

  it('is refused with what is missing, and what is there', () => {
    const lost = judgeTold(before({ columns: ['Managed'] }), now({ columns: [], header }));
    assert.equal(
      lost?.text,
      'The list has no column for "Managed" any more, which the mapping reads for managed; its columns are "id", "State". It was not taken. Put the column back; if it is left out for good, change Mapping or Compliance of the MDM source.',
    );
    assert.equal(
      judgeTold(before(), now({ had: none }))?.text,
      'None of 20 records has a value in "Managed" any more, which the mapping reads for managed; in the last list 20 of 20 had one. It was not taken. See whether the field has another name now; if none is right, change Mapping or Compliance of the MDM source.',
    );
    assert.equal(
      judgeTold(null, now({ columns: ['Wipe'], header }))?.text,
      'The list has no column "Managed", which the mapping reads for managed; its columns are "id", "State". It was not taken. Correct the mapping.',
    );
  });
});
