/** What the presets' MDMs can tell, and what follows of it. */
import assert from 'node:assert/strict';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { followingsOf, MDM_TELLS } from '../../src/mdm/tells.ts';
import type { MdmTells } from '../../src/mdm/tells.ts';
import type { ComplianceSetting } from '../../src/mdm/told-compliance.ts';

/** What a mapping must give if its MDM can tell it. */
const GIVEN: Readonly<Record<keyof MdmTells, RegExp>> = {
  easId: /"easIds":/,
  compliance: /"compliance":/,
  user: /"(upn|addresses)":/,
  serial: /"serial":/,
};

describe('what an MDM can tell', () => {
  for (const { id, mapping, compliance } of MDM_PRESETS)
    it(`is known of ${id}, and its preset fits to it`, () => {
      const tells = MDM_TELLS[id] ?? assert.fail('add what it tells to src/mdm/tells.ts');
      const notGiven = (Object.keys(GIVEN) as (keyof MdmTells)[]).filter(
        (what) => tells[what] !== 'no' && !GIVEN[what].test(mapping),
      );
      assert.deepEqual(notGiven, [], 'it tells what its mapping does not give');
      if (tells.compliance !== 'some')
        assert.equal(compliance, tells.compliance === 'no' ? 'managed-is-enough' : 'reported');
    });
});

describe('what follows of what an MDM cannot tell', () => {
  const codes = (id: string, setting: ComplianceSetting): string[] => {
    const preset = MDM_PRESETS.find((one) => one.id === id) ?? assert.fail(id);
    return followingsOf(preset, setting).map(({ code }) => code);
  };

  it('is nothing for a mapping of its own, and for a preset that is not known', () => {
    assert.deepEqual(followingsOf(null, 'preset'), []);
    assert.deepEqual(followingsOf({ id: 'toString', compliance: 'reported' }, 'preset'), []);
    assert.deepEqual(followingsOf({ id: 'elsewhere', compliance: 'reported' }, 'preset'), []);
  });

  const TABLE: [string, ComplianceSetting, string[]][] = [
    ['jamf-pro', 'preset', ['managed-is-enough']],
    ['jamf-pro', 'managed-is-enough', ['managed-is-enough']],
    ['jamf-pro', 'reported', ['compliance-unknown']],
    ['android-management-api', 'preset', ['no-eas-id', 'no-user']],
    ['blackberry-uem', 'preset', ['some-managed-is-enough', 'some-users']],
    ['blackberry-uem', 'reported', ['some-compliance-unknown', 'some-users']],
    ['csv', 'preset', ['some-eas-ids', 'some-compliance-unknown', 'some-users', 'some-serials']],
    ['csv', 'managed-is-enough', ['some-eas-ids', 'some-managed-is-enough', 'some-users', 'some-serials']],
    ['micromdm', 'preset', ['some-eas-ids', 'managed-is-enough', 'no-user']],
  ];
  for (const [id, setting, expected] of TABLE)
    it(`is ${expected.join(', ')} for ${id} with ${setting}`, () => assert.deepEqual(codes(id, setting), expected));

  it('is said in words', () => {
    const said = followingsOf({ id: 'android-management-api', compliance: 'reported' }, 'preset').map(
      ({ text }) => text,
    );
    assert.deepEqual(said, [
      'Tells no EAS ID: phones merge through the link.',
      'Tells no user: its phones merge with no mailbox until the flow adds the user to each record.',
    ]);
    const [jamf] = followingsOf({ id: 'jamf-pro', compliance: 'managed-is-enough' }, 'preset');
    assert.equal(jamf?.text, 'Tells no compliance: managed is enough.');
  });
});
