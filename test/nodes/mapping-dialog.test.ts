/** What the dialog of the MDM source says of presets, and above a preview. */
import assert from 'node:assert/strict';
import { linesOf, presetNote } from '../../nodes/mdm-source/editor/mapping-dialog.js';
import { sampleTexts } from '../../nodes/mdm-source/editor/mapping-preview.js';

const t = (key: string, values: object = {}): string =>
  `${key}(${Object.entries(values)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ')})`;

describe('a mapping in the dialog', () => {
  it('has the line ends that the typed input of Node-RED kept as tabs', () => {
    assert.equal(linesOf('{\t  "id": id\t}'), '{\n  "id": id\n}');
    assert.equal(linesOf('{\n\t"id": id\n}'), '{\n\t"id": id\n}');
    assert.equal(linesOf(undefined), '');
  });

  it('of a preset says how its records are had, and what to know of them', () => {
    const preset = { call: 'GET /x', records: 'list', note: 'A note.' };
    assert.equal(presetNote(preset, t), 'GET /x. records(records=list) A note.');
    assert.equal(presetNote({ ...preset, records: '$' }, t), 'GET /x. A note.');
  });
});

describe('what is said above a preview', () => {
  const has = { easId: 0, user: 2, serial: 1, compliance: 2 };
  const sample = { at: null, total: 7, takenFrom: null, listIn: null };

  it('is that there is nothing to try it on', () =>
    assert.deepEqual(sampleTexts({ sample: null, has, records: [] }, t), { head: 'none()', hints: [], needed: [] }));

  it('is how many are shown, and how many of them have what merging and deciding go by', () =>
    assert.deepEqual(sampleTexts({ sample, has, records: [{}, {}] }, t), {
      head: 'shown(shown=2, total=7)',
      hints: [],
      needed: [
        ['has(what=needed.easId(), count=0, shown=2)', true],
        ['has(what=needed.user(), count=2, shown=2)', false],
        ['has(what=needed.serial(), count=1, shown=2)', true],
        ['has(what=needed.compliance(), count=2, shown=2)', false],
      ],
    }));

  it('is when a list came, where a list was found, and that a record is too large to be kept', () => {
    const at = '2026-11-22T10:00:00Z';
    const came = sampleTexts({ sample: { ...sample, at, listIn: 'devices' }, has, records: [] }, t);
    assert.deepEqual(came, {
      head: `shown(shown=0, total=7) came(at=${new Date(at).toLocaleString()})`,
      hints: ['tooLargeToKeep()', 'listIn(property=devices)'],
      needed: [],
    });
    const taken = sampleTexts({ sample: { ...sample, takenFrom: 'results' }, has, records: [{}] }, t);
    assert.deepEqual(taken.hints, ['takenFrom(records=results)']);
  });
});
