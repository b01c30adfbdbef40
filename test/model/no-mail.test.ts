/** Whose blocked devices nobody is mailed about. */
import assert from 'node:assert/strict';
import { carriesLink, mailKindOf } from '../../src/model/mail-kind.ts';
import { noMailOf } from '../../src/model/no-mail.ts';
import type { NoMail } from '../../src/model/no-mail.ts';
import type { Decision, DeviceRecord } from '../../src/model/records.ts';
import { anEas, anMdm, merged, unmatched } from '../support/records.ts';

const blockOf = ({ reason }: DeviceRecord): Decision => ({
  action: 'block',
  rule: 'a rule',
  reason: { ...reason, evidence: [] },
});
const mailOf = (device: DeviceRecord): string | null => mailKindOf(device, blockOf(device));
const formerly = (removal: 'wipe' | 'retire' | null): Pick<DeviceRecord, 'formerly'> => ({
  formerly: { mdmKey: 'mdm:intune:m9', name: 'A phone', removal },
});

describe('a blocked device of which nobody is mailed', () => {
  const types: readonly (readonly [type: string | null, expected: NoMail | null])[] = [
    ['UserMailbox', null],
    ['LinkedMailbox', null],
    ['RemoteUserMailbox', null],
    ['SomethingNew', null],
    [null, null],
    ['SharedMailbox', 'shared'],
    ['RemoteSharedMailbox', 'shared'],
    ['TeamMailbox', 'shared'],
    ['RoomMailbox', 'room'],
    ['LinkedRoomMailbox', 'room'],
    ['EquipmentMailbox', 'equipment'],
    ['ArbitrationMailbox', 'system'],
    ['MonitoringMailbox', 'system'],
    ['DiscoveryMailbox', 'system'],
  ];
  for (const [type, expected] of types)
    it(`by the kind of its mailbox: ${type ?? 'not told'}`, () => {
      const device = unmatched(anEas({ mailbox: { type } }));
      assert.deepEqual([noMailOf(device), mailOf(device)], [expected, expected === null ? 'not-enrolled' : null]);
    });

  const names: readonly (readonly [name: string, expected: NoMail | null])[] = [
    ['extest_6f3a1b2c4d5e4@corp.example', 'test'],
    ['SystemMailbox{1f05a927-3be2-4fb9-aa03-b59fe3b56f4c}@corp.example', 'system'],
    ['HealthMailbox0d1e2f3a4b5c@corp.example', 'system'],
    ['HealthMailbox-EX01-001@corp.example', 'system'],
    ['healthmailboxes-for-all@corp.example', null],
    ['anna.extest_1@corp.example', null],
    ['systemmailbox@corp.example', null],
  ];
  for (const [name, expected] of names)
    it(`by the name of its mailbox: ${name}`, () => {
      for (const mailbox of [
        { address: name, upn: null },
        { address: 'a@corp.example', upn: name, type: 'UserMailbox' },
      ])
        assert.equal(noMailOf(unmatched(anEas({ mailbox }))), expected);
    });

  for (const removal of ['wipe', 'retire'] as const) {
    it(`is one that the MDM was told to ${removal}, enrolled still or not any more`, () => {
      const enrolled = merged(anEas(), { ...anMdm({ compliance: 'noncompliant' }), removal });
      const left = { ...unmatched(), ...formerly(removal) };
      assert.deepEqual([enrolled, left].map(noMailOf), [removal, removal]);
      assert.deepEqual([enrolled, left].map(mailOf), [null, null]);
    });

    it(`is none that was enrolled anew after a ${removal} and waits for its link`, () => {
      const again = { ...unmatched(anEas(), 'needs-activation'), ...formerly(removal) };
      assert.deepEqual([noMailOf(again), mailOf(again)], [null, 'needs-activation']);
    });
  }
});

describe('a blocked device that was managed and is not any more', () => {
  it('gets words of its own, unless there is more to say', () => {
    const mails = (['not-enrolled', 'needs-activation', 'not-native-client', 'idle', 'superseded'] as const).map(
      (code) => mailOf({ ...unmatched(anEas(), code), ...formerly(null) }),
    );
    assert.deepEqual(mails, ['no-longer-managed', 'needs-activation', 'not-native-client', null, null]);
  });

  it('gets them whatever the rule that blocks it calls its reason', () => {
    const device = { ...unmatched(), ...formerly(null) };
    const decision = { ...blockOf(device), reason: { code: 'no-private-phones', text: '', evidence: [] } };
    assert.equal(mailKindOf(device, decision), 'no-longer-managed');
  });
});

describe('a blocked device of which its MDM says that it does not meet all rules', () => {
  it('gets the mail that it is to be put right, whatever the rule that blocks it calls its reason', () => {
    const mails = (['noncompliant', 'in-grace', 'compliant', 'unknown'] as const).map((compliance) => {
      const device = merged(anEas(), anMdm({ compliance, graceUntil: '2026-06-01T00:00:00.000Z' }));
      const reasons = ['company-rule', 'in-grace'].map((code) => ({ code, text: '', evidence: [] }));
      return reasons.map((reason) => mailKindOf(device, { action: 'block', rule: 'a rule', reason }));
    });
    assert.deepEqual(mails, [
      ['noncompliant', 'noncompliant'],
      ['noncompliant', 'noncompliant'],
      [null, null],
      [null, null],
    ]);
  });
});

describe('a blocked program on a computer', () => {
  it('gets words of its own, without a link, and not the words of a phone', () => {
    const device = { type: 'Thunderbird', userAgent: 'Thunderbird ActiveSync', os: 'Windows 11', model: 'Computer' };
    const records = (['not-native-client', 'not-enrolled', 'idle'] as const).map((code) =>
      unmatched(anEas({ device }), code),
    );
    const mails = [...records, { ...unmatched(anEas({ device })), ...formerly(null) }].map(mailOf);
    assert.deepEqual(mails, ['not-a-phone', 'not-a-phone', null, 'not-a-phone']);
    assert.equal(carriesLink('not-a-phone'), false);
  });

  it('is none that may be enrolled: the mail of a Windows PC is that of any device', () => {
    const device = { type: 'WindowsMail', userAgent: 'MSFT-WIN-4/10.0', os: 'Windows 11' };
    assert.equal(mailOf(unmatched(anEas({ device }))), 'not-enrolled');
  });
});
