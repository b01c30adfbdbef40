import assert from 'node:assert/strict';
import { hardwareKeys, imeiDigits, reachedByEas, reachedByMdm, serialInEasId } from '../../src/model/join-keys.ts';
import { anEas, anMdm, guid } from '../support/records.ts';

const IMEI = '356938035643809';

describe('the keys a change of an EAS record reaches others over', () => {
  it('are its mailbox, the serial number in its EAS ID and its IMEI', () => {
    const record = anEas({
      mailbox: { id: guid(0xab).toUpperCase() },
      easId: ' ApplDLXH1234ABCD',
      device: { imei: '35-693803-564380-9' },
    });
    assert.deepEqual(reachedByEas(record), [`mailbox:${guid(0xab)}`, 'serial:dlxh1234abcd', `imei:${IMEI}`]);
    assert.deepEqual(hardwareKeys(record), ['serial:dlxh1234abcd', `imei:${IMEI}`]);
  });

  it('are its mailbox alone if nothing tells its hardware', () =>
    assert.deepEqual(reachedByEas(anEas({ device: { imei: '000000000000000' } })), [`mailbox:${guid(1)}`]));
});

describe('the keys a change of an MDM record reaches others over', () => {
  it('are whatever its user is called, its EAS IDs and its hardware, each once in whatever spelling', () => {
    const record = anMdm({
      easIds: ['IPHONE1', ' iphone1', 'Second'],
      user: { id: 'U1', upn: 'Anna@corp.example', addresses: ['anna@corp.example', '', ' A.Smith@corp.example'] },
      device: { serial: ' DLXH1234ABCD', imeis: [IMEI, '35 693803 564380 9', '0'] },
    });
    assert.deepEqual(reachedByMdm(record), [
      'user:u1',
      'user:anna@corp.example',
      'user:a.smith@corp.example',
      'eas-id:iphone1',
      'eas-id:second',
      'serial:dlxh1234abcd',
      `imei:${IMEI}`,
    ]);
  });

  it('are none if it says nothing', () =>
    assert.deepEqual(reachedByMdm(anMdm({ easIds: [], user: { id: null, upn: null, addresses: [] } })), []));
});

describe('a serial number in an EAS ID', () => {
  const cases: readonly [easId: string, serial: string | null][] = [
    ['ApplDLXH1234ABCD', 'DLXH1234ABCD'],
    ['APPLF17ABCDEFGH', 'F17ABCDEFGH'],
    ['Appl', null],
    ['ApplDLXH1234ABCDEFGHIJ', null],
    ['K6CKABCDEFGHIJKLMNOPQRSTUV', null],
    ['androidc123456789', null],
  ];
  for (const [easId, serial] of cases)
    it(`${easId}: ${serial ?? 'none'}`, () => assert.equal(serialInEasId(easId), serial));
});

describe('an IMEI', () => {
  const cases: readonly [imei: string, digits: string | null][] = [
    ['356938035643809', '356938035643809'],
    ['35 693803 564380 9', '356938035643809'],
    ['35-693803-564380-9', '356938035643809'],
    ['000000000000000', null],
    ['0', null],
    ['', null],
    ['12345678901234567', null],
  ];
  for (const [imei, digits] of cases)
    it(`“${imei}” is ${digits ?? 'none'}`, () => assert.equal(imeiDigits(imei), digits));
});
