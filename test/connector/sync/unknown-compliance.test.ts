/** An MDM that tells no compliance: what the report says, and what happens where managed is enough. */
import assert from 'node:assert/strict';
import { silentSources } from '../../../src/connector/sync/unknown-compliance.ts';
import { toMdmRecordFromMapped } from '../../../src/mdm/mapped-record.ts';
import { addContent } from '../../../src/model/reading-content.ts';
import type { MdmRecord } from '../../../src/model/records.ts';
import type { SnapshotInfo } from '../../../src/store/store.ts';
import { anMdm } from '../../support/records.ts';
import { easIdOf, SyncWorld } from './sync-world.ts';

describe('an MDM of which no record tells compliance', () => {
  let world: SyncWorld;
  beforeEach(async () => {
    world = await SyncWorld.open();
    await world.deployMdm('jamf', null, 'Jamf Pro');
  });
  afterEach(() => world.close());

  const record = (alias: string, managedIsEnough: boolean, more: object = {}): MdmRecord => {
    const user = { upn: `${alias}@contoso.example` };
    const device = { platform: 'ios', model: 'iPhone 16' };
    return toMdmRecordFromMapped(
      { id: alias, easIds: easIdOf(alias), user, device, ...more },
      'jamf',
      1,
      managedIsEnough,
    );
  };
  const PROBLEM = {
    code: 'ERR_COMPLIANCE_UNKNOWN',
    text: 'None of the 1 managed records of Jamf Pro tells whether its device is compliant. A phone that was blocked stays blocked after its enrollment. If this MDM knows no compliance, set “Compliance” of its MDM source to “managed is enough”; otherwise see to its compliance policies and the mapping.',
    details: { source: 'jamf' },
  };

  it('is a problem of every report, and the phones that stay blocked for it are counted, in a dry run too', async () => {
    world.addPhone('anna');
    await world.readMapped('jamf', [record('else', false, { compliance: 'compliant' })]);
    const { problems } = await world.sync();
    assert.deepEqual([problems, world.state('anna')], [undefined, 'blocked']);

    const enrolled = await world.readMapped('jamf', [record('anna', false), record('gone', false, { managed: false })]);
    assert.deepEqual([enrolled.problems, world.state('anna')], [[PROBLEM], 'blocked']);
    assert.deepEqual(enrolled.complianceUnknown, {
      count: 1,
      text: '1 merged devices stay blocked: compliance unknown.',
    });
    const dry = await world.read('eas', { dryRun: true });
    assert.deepEqual(
      [dry.problems, dry.complianceUnknown],
      [[PROBLEM], { count: 1, text: '1 merged devices would stay blocked: compliance unknown.' }],
    );
  });

  it('lets mail flow again where managed is enough, and the report has nothing to say', async () => {
    world.addPhone('anna');
    await world.readMapped('jamf', [record('else', true)]);
    await world.sync();
    assert.equal(world.state('anna'), 'blocked');
    const report = await world.readMapped('jamf', [record('anna', true), record('else', true)]);
    assert.deepEqual(
      [world.state('anna'), report.problems, report.complianceUnknown],
      ['allowed', undefined, undefined],
    );
  });

  /** Managed records by the compliance that they have → is their source a problem. */
  const TABLE: readonly (readonly [what: string, records: readonly MdmRecord[] | null, isProblem: boolean])[] = [
    ['nothing', [], false],
    ['a reading that an older version counted', null, false],
    ['unknown alone', [anMdm({ compliance: 'unknown' }), anMdm({ id: '2', compliance: 'unknown' })], true],
    ['one that tells', [anMdm({ compliance: 'unknown' }), anMdm({ id: '2', compliance: 'noncompliant' })], false],
    [
      'unmanaged ones beside',
      [anMdm({ compliance: 'unknown' }), anMdm({ id: '2', managed: false, compliance: 'unknown' })],
      true,
    ],
    ['unmanaged ones alone', [anMdm({ managed: false, compliance: 'unknown' })], false],
    [
      'another platform that tells',
      [anMdm({ compliance: 'unknown' }), anMdm({ id: '2', device: { platform: 'android' } })],
      false,
    ],
  ];
  for (const [what, records, isProblem] of TABLE) {
    it(`is ${isProblem ? 'a' : 'no'} problem with ${what}`, () => {
      const content = records === null ? { ios: { records: 3, easIds: 3 } } : addContent({}, records);
      const snapshot = { content } as unknown as SnapshotInfo;
      assert.equal(silentSources([{ scope: 'jamf', name: 'Jamf', snapshot, goneAt: null }]).length, isProblem ? 1 : 0);
    });
  }
});
