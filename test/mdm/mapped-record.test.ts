import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ConnectorError } from '../../src/errors.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';

describe('a mapped record', () => {
  it('needs nothing but an id: what the mapping does not find is unset', () => {
    assert.deepEqual(toMdmRecordFromMapped({ id: ' 7 ' }, 'my-mdm'), {
      kind: 'mdm',
      key: 'mdm:my-mdm:7',
      source: 'my-mdm',
      id: '7',
      easIds: [],
      user: { id: null, upn: null, addresses: [] },
      device: {
        name: null,
        platform: 'other',
        os: null,
        osVersion: null,
        manufacturer: null,
        model: null,
        serial: null,
        imeis: [],
      },
      managed: true,
      compliance: 'unknown',
      complianceReason: null,
      graceUntil: null,
      enrolledAt: null,
      lastSeenAt: null,
    });
  });

  it('takes a single text where a list is meant, as JSONata gives it', () => {
    const { easIds, user, device } = toMdmRecordFromMapped(
      { id: '7', easIds: 'ABC', user: { addresses: 'a@x.example' }, device: { imeis: '35 693803 564380 9' } },
      's',
    );
    assert.deepEqual([easIds, user.addresses, device.imeis], [['ABC'], ['a@x.example'], ['356938035643809']]);
  });

  it('drops placeholders from lists: they would merge every device that has none', () => {
    const { easIds, device } = toMdmRecordFromMapped(
      { id: '7', easIds: ['', '0', 'ABC', null, 'ABC'], device: { imeis: ['000000000000000'] } },
      's',
    );
    assert.deepEqual([easIds, device.imeis], [['ABC'], []]);
  });

  it('may say that the MDM was told to wipe or retire the device', () => {
    const told = ['wipe', 'retire', null, ''].map(
      (removal) => toMdmRecordFromMapped({ id: '7', removal }, 's').removal,
    );
    assert.deepEqual(told, ['wipe', 'retire', null, null]);
  });

  it('counts as not managed once the MDM was told to wipe or retire the device, as with Intune', () => {
    const managed = ['wipe', 'retire', null].map(
      (removal) => toMdmRecordFromMapped({ id: '7', managed: true, compliance: 'compliant', removal }, 's').managed,
    );
    assert.deepEqual(managed, [false, false, true]);
  });

  it('takes the ways of saying "never" for unset', () => {
    const { graceUntil, enrolledAt, lastSeenAt } = toMdmRecordFromMapped(
      { id: '7', graceUntil: '9999-12-31T23:59:59Z', enrolledAt: '0001-01-01T00:00:00', lastSeenAt: '' },
      's',
    );
    assert.deepEqual([graceUntil, enrolledAt, lastSeenAt], [null, null, null]);
  });

  /** Mistakes of a mapping → the field that is named. */
  const MISTAKES: readonly (readonly [mapped: unknown, field: string])[] = [
    [undefined, 'record'],
    [null, 'record'],
    ['text', 'record'],
    [[{ id: '7' }], 'record'],
    [{}, 'id'],
    [{ id: '' }, 'id'],
    [{ id: 7 }, 'id'],
    [{ id: '7', easID: 'ABC' }, 'easID'],
    [{ id: '7', easIds: [1] }, 'easIds[0]'],
    [{ id: '7', easIds: { EasId: 'ABC' } }, 'easIds'],
    [{ id: '7', user: 'anna' }, 'user'],
    [{ id: '7', user: { mail: 'anna@x.example' } }, 'user.mail'],
    [{ id: '7', user: { addresses: ['a@x.example', 3] } }, 'user.addresses[1]'],
    [{ id: '7', device: { platform: 'iPhone' } }, 'device.platform'],
    [{ id: '7', device: { serial: 12 } }, 'device.serial'],
    [{ id: '7', managed: 'yes' }, 'managed'],
    [{ id: '7', compliance: 'Compliant' }, 'compliance'],
    [{ id: '7', compliance: true }, 'compliance'],
    [{ id: '7', removal: 'Wipe' }, 'removal'],
    [{ id: '7', lastSeenAt: 'yesterday' }, 'lastSeenAt'],
    [{ id: '7', enrolledAt: 1795348740000 }, 'enrolledAt'],
    [{ id: '7', graceUntil: 'never' }, 'graceUntil'],
    [{ id: '7', enrolledAt: '03/05/2026 08:15' }, 'enrolledAt'],
    [{ id: '7', lastSeenAt: '3 May' }, 'lastSeenAt'],
    [{ id: '7', managed: 'ja' }, 'managed'],
  ];
  for (const [mapped, field] of MISTAKES) {
    it(`names ${field} as the mistake in ${JSON.stringify(mapped) ?? 'nothing'}`, () => {
      assert.throws(
        () => toMdmRecordFromMapped(mapped, 's'),
        (error: ConnectorError) => {
          assert.deepEqual([error.code, error.details], ['ERR_MDM_MAPPING', { field }]);
          return true;
        },
      );
    });
  }

  /** What a spreadsheet shows of long digits → the field that is named. */
  const BY_SPREADSHEET: readonly (readonly [mapped: object, field: string, value: string])[] = [
    [{ id: '3.51234E+14' }, 'id', '3.51234E+14'],
    [{ id: ' 3,51234E+14 ' }, 'id', '3,51234E+14'],
    [{ id: '4E+17' }, 'id', '4E+17'],
    [{ id: '1e+21' }, 'id', '1e+21'],
    [{ id: '7', easIds: ['ABC', '5.11E+31'] }, 'easIds[1]', '5.11E+31'],
    [{ id: '7', user: { id: '1.00E+19' } }, 'user.id', '1.00E+19'],
    [{ id: '7', user: { upn: '4,9E+10' } }, 'user.upn', '4,9E+10'],
    [{ id: '7', device: { serial: '5.00E+10' } }, 'device.serial', '5.00E+10'],
    [{ id: '7', device: { imeis: '3.56938E+14' } }, 'device.imeis', '3.56938E+14'],
  ];
  for (const [mapped, field, value] of BY_SPREADSHEET) {
    it(`refuses the ${field} ${value.trim()}, of which a spreadsheet has cut off the last digits`, () => {
      assert.throws(
        () => toMdmRecordFromMapped(mapped, 's', { record: 2, line: 3 }),
        (error: ConnectorError) => {
          assert.deepEqual([error.code, error.details], ['ERR_MDM_MAPPING', { field, record: 2, line: 3 }]);
          assert.equal(
            error.message.startsWith(
              `Record 2 (line 3): the mapping's ${field} is ${value}: a spreadsheet has rounded it, and the last digits are lost; ` +
                'have the MDM export its list anew and send that file as it is, or import the column into the spreadsheet as text.',
            ),
            true,
            error.message,
          );
          return true;
        },
      );
    });
  }

  it('takes an id that only looks like one, and such a text where it names no device', () => {
    for (const id of ['5E10', '12E4567', '351234000000000', 'E+14', '35.1E+14', '3.5E+1A'])
      assert.equal(toMdmRecordFromMapped({ id, device: { serial: id, model: '3.5E+14' } }, 's').id, id);
  });

  it('is a record or a named mistake, whatever a mapping gives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({ id: fc.string(), easIds: fc.anything(), user: fc.anything(), device: fc.anything() }),
        ),
        (mapped) => {
          try {
            return toMdmRecordFromMapped(mapped, 's').id !== '';
          } catch (error) {
            return (error as ConnectorError).code === 'ERR_MDM_MAPPING';
          }
        },
      ),
    );
  });
});
