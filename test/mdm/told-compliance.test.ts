/** An MDM that tells no compliance: which records are compliant for being managed. */
import assert from 'node:assert/strict';
import jsonata from 'jsonata';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { isManagedEnough } from '../../src/mdm/told-compliance.ts';

const by = (mapped: object, managedIsEnough: boolean): unknown => {
  const { compliance, complianceReason } = toMdmRecordFromMapped({ id: '7', ...mapped }, 's', 1, managedIsEnough);
  return [compliance, complianceReason];
};

describe('an MDM that tells no compliance', () => {
  /** What a mapping gives → compliance and reason where managed is enough, and where it is as reported. */
  const TABLE: readonly (readonly [mapped: object, enough: readonly unknown[], reported: readonly unknown[]])[] = [
    [{}, ['compliant', 'managed-is-enough'], ['unknown', null]],
    [{ managed: true, compliance: '', complianceReason: null }, ['compliant', 'managed-is-enough'], ['unknown', null]],
    [{ managed: false }, ['unknown', null], ['unknown', null]],
    [{ removal: 'wipe' }, ['unknown', null], ['unknown', null]],
    [{ complianceReason: 'NotAvailable' }, ['unknown', 'NotAvailable'], ['unknown', 'NotAvailable']],
    [{ compliance: 'unknown' }, ['unknown', null], ['unknown', null]],
    [{ compliance: 'noncompliant' }, ['noncompliant', null], ['noncompliant', null]],
    [{ compliance: 'in-grace', complianceReason: 'soon' }, ['in-grace', 'soon'], ['in-grace', 'soon']],
    [{ compliance: 'compliant', managed: false }, ['compliant', null], ['compliant', null]],
  ];
  for (const [mapped, enough, reported] of TABLE) {
    it(`makes ${String(enough[0])} of ${JSON.stringify(mapped)} where managed is enough, ${String(reported[0])} as reported`, () => {
      assert.deepEqual([by(mapped, true), by(mapped, false)], [enough, reported]);
    });
  }

  it('is one by its preset: Jamf Pro, ManageEngine, MicroMDM and BlackBerry; any other by the choice of the administrator', () => {
    assert.deepEqual(
      MDM_PRESETS.filter((preset) => isManagedEnough('preset', preset)).map(({ id }) => id),
      ['blackberry-uem', 'jamf-pro', 'jamf-pro-classic', 'jamf-pro-smart-group', 'manageengine', 'micromdm'],
    );
    for (const preset of [null, ...MDM_PRESETS])
      assert.deepEqual(
        [isManagedEnough('reported', preset), isManagedEnough('managed-is-enough', preset)],
        [false, true],
      );
    assert.equal(isManagedEnough('preset', null), false);
  });

  /** One record of the answers that the vendors publish, in which nothing tells compliance, and others in which something does. */
  const ANSWERS: Readonly<Record<string, readonly (readonly [answer: object, compliance: string])[]>> = {
    'blackberry-uem': [
      [{ guid: 'g', activeSyncId: 'K6' }, 'compliant'],
      [{ guid: 'g', compromised: true }, 'noncompliant'],
      [{ guid: 'g', compromised: true, outOfComplianceInfo: [] }, 'noncompliant'],
      [{ guid: 'g', compromised: false, outOfComplianceInfo: [{ reason: 'jailbroken' }] }, 'noncompliant'],
    ],
    csv: [
      [{ id: '7' }, 'compliant'],
      [{ id: '7', compliance: 'NonCompliant' }, 'noncompliant'],
    ],
    'jamf-pro': [
      [{ mobileDeviceId: '7', general: { managed: true } }, 'compliant'],
      [{ mobileDeviceId: '7', general: { managed: false } }, 'unknown'],
    ],
    'jamf-pro-classic': [[{ general: { id: 7, managed: true } }, 'compliant']],
    manageengine: [
      [{ device_id: 7, is_removed: false }, 'compliant'],
      [{ device_id: 7, is_removed: 'true' }, 'unknown'],
    ],
    micromdm: [[{ UDID: 'U', QueryResponses: {} }, 'compliant']],
    'workspace-one': [
      [{ Uuid: 'w', EnrollmentStatus: 'Enrolled', ComplianceStatus: 'NotAvailable' }, 'unknown'],
      [{ Uuid: 'w', EnrollmentStatus: 'Enrolled' }, 'unknown'],
    ],
  };
  for (const [id, answers] of Object.entries(ANSWERS)) {
    it(`whose records come by the preset ${id} is read so where managed is enough`, async () => {
      const { mapping } = MDM_PRESETS.find((preset) => preset.id === id)!;
      for (const [answer, compliance] of answers) {
        const mapped: unknown = await jsonata(mapping).evaluate(answer);
        assert.equal(toMdmRecordFromMapped(mapped, id, 1, true).compliance, compliance, JSON.stringify(answer));
      }
    });
  }
});
