/** What a preview says of one mapped record. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { previewRecord } from '../../src/mdm/preview-record.ts';
import type { Needed } from '../../src/mdm/preview-record.ts';

const WHOLE = {
  id: '7',
  easIds: ['A', 'B'],
  user: { upn: 'anna@contoso.example', addresses: [] },
  device: { platform: 'ios', serial: 'S1', model: 'iPhone 16' },
  compliance: 'compliant',
};

/** Fields that are marked, as `field mark value`. */
const marks = (mapped: unknown, managedIsEnough = false): string[] =>
  previewRecord(mapped, 3, managedIsEnough)
    .fields.filter(({ mark }) => mark !== undefined)
    .map(({ field, mark, value }) => `${field} ${mark} ${value}`.trim());

describe('the preview of a mapped record', () => {
  it('shows every field that it has, and says nothing of a record that is whole', () => {
    assert.deepEqual(previewRecord(WHOLE, 3, false), {
      fields: [
        { field: 'id', value: '7' },
        { field: 'easIds', value: 'A, B' },
        { field: 'user.upn', value: 'anna@contoso.example' },
        { field: 'device.platform', value: 'ios' },
        { field: 'device.model', value: 'iPhone 16' },
        { field: 'device.serial', value: 'S1' },
        { field: 'managed', value: 'true' },
        { field: 'compliance', value: 'compliant' },
      ],
      problems: [],
      has: { easId: true, user: true, serial: true, compliance: true },
    });
  });

  const TABLE: [string, object, string[], Needed | null][] = [
    ['no EAS ID', { easIds: undefined }, ['easIds missing'], 'easId'],
    ['no user', { user: { id: 'u1' } }, ['user.upn missing'], 'user'],
    ['an address and no user name', { user: { addresses: 'anna@contoso.example' } }, [], null],
    ['a user name without a domain', { user: { upn: 'JBetty' } }, ['user.upn unknown JBetty'], null],
    ['one, and an address', { user: { upn: 'JBetty', addresses: ['betty@contoso.example'] } }, [], null],
    ['no serial number', { device: { platform: 'ios' } }, ['device.serial missing'], 'serial'],
    ['no platform that we know', { device: { serial: 'S1' } }, ['device.platform unknown other'], null],
    ['no compliance', { compliance: null }, ['compliance missing unknown'], 'compliance'],
    [
      'compliance in the MDM’s own word alone',
      { compliance: 'unknown', complianceReason: 'NotAvailable' },
      ['compliance unknown unknown'],
      'compliance',
    ],
    [
      'a word of compliance that we do not know',
      { compliance: 'Compliant' },
      ['compliance wrong Compliant'],
      'compliance',
    ],
    [
      'a platform that we do not know',
      { device: { platform: 'iPadOS', serial: 'S1' } },
      ['device.platform wrong iPadOS'],
      null,
    ],
    ['a text for a yes', { managed: 'yes' }, ['managed wrong yes'], null],
    ['a field that there is not', { colour: 'red' }, ['colour wrong red'], null],
    ['one below device', { device: { ...WHOLE.device, 'os.name': 'x' } }, ['device.os.name wrong x'], null],
    ['a list with a number', { easIds: ['A', 5] }, ['easIds wrong a list'], 'easId'],
    ['no id', { id: null }, ['id wrong'], null],
  ];
  for (const [what, changes, expected, lacks] of TABLE)
    it(`marks ${what}`, () => {
      const mapped = { ...WHOLE, ...changes };
      assert.deepEqual(marks(mapped), expected);
      const { has } = previewRecord(mapped, 3, false);
      assert.deepEqual(
        Object.entries(has).flatMap(([needed, is]) => (is ? [] : [needed])),
        lacks === null ? [] : [lacks],
      );
    });

  it('counts managed for enough where that is set and nothing is told', () => {
    const { compliance: _none, ...untold } = WHOLE;
    assert.deepEqual(marks(untold, true), []);
    assert.equal(previewRecord(untold, 1, true).has.compliance, true);
  });

  it('says everything that is wrong at once, each with the number of the record', () => {
    const { problems } = previewRecord({ ...WHOLE, compliance: 'Compliant', removal: 'gone', x: 1 }, 3, false);
    assert.deepEqual(problems, [
      "Record 3: the mapping's x is not a field; known are id, easIds, user, device, managed, compliance, complianceReason, graceUntil, removal, enrolledAt, lastSeenAt.",
      'Record 3: the mapping\'s removal is "gone"; known are wipe, retire.',
      'Record 3: the mapping\'s compliance is "Compliant"; known are compliant, in-grace, noncompliant, unknown.',
    ]);
  });

  it('says what came where no record did', () => {
    for (const [mapped, why] of [
      [undefined, 'is missing'],
      [null, 'is missing'],
      ['text', 'is of type string, not an object'],
      [[1], 'is a list, not an object'],
    ] as const)
      assert.deepEqual(previewRecord(mapped, 1, false).problems, [`Record 1: the mapping's record ${why}.`]);
  });

  it('comes to an end whatever a mapping gives, and shows no more than a little of each value', () => {
    const long = 'x'.repeat(5_000);
    assert.equal(
      previewRecord({ ...WHOLE, device: { name: long } }, 1, false).fields.every(({ value }) => value.length <= 200),
      true,
    );
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`field${n}`, n]));
    assert.equal(previewRecord({ ...WHOLE, ...many }, 1, false).problems.length, 12);
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (one, other) => {
        for (const mapped of [one, { id: '1', user: one, device: other }, { id: one, easIds: other, compliance: one }])
          assert.ok(previewRecord(mapped, 1, false).problems.length <= 12);
      }),
    );
  });
});
