import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isEnrollment, MANAGED_DEVICE_PROPERTIES, toMdmRecord } from '../../src/graph/mdm-record.ts';
import type { MdmRecord } from '../../src/model/records.ts';

/** A managedDevice as Graph sends one, of an iPhone. */
const IPHONE = {
  id: 'b0e3c1d2-0001-4000-8000-000000000001',
  userId: 'c0e3c1d2-0001-4000-8000-000000000001',
  userPrincipalName: 'anna@contoso.example',
  emailAddress: 'anna.adler@contoso.example',
  deviceName: "Anna's iPhone",
  operatingSystem: 'iOS',
  osVersion: '19.1',
  manufacturer: 'Apple',
  model: 'iPhone 17',
  serialNumber: 'F2LXQ0ABCD',
  imei: '35 693803 564380 9',
  easDeviceId: 'TUCLLFJHPL779ACL9DCJQFN39F',
  managementAgent: 'mdm',
  managementState: 'managed',
  complianceState: 'compliant',
  complianceGracePeriodExpirationDateTime: '9999-12-31T23:59:59.9999999Z',
  enrolledDateTime: '2026-05-03T08:15:30.1234567Z',
  lastSyncDateTime: '2026-11-22T11:59:00Z',
};

const read = (changes: Record<string, unknown> = {}): MdmRecord => toMdmRecord({ ...IPHONE, ...changes }, 'intune');

describe('MDM record of a managed device', () => {
  it('has everything Graph said, in our words', () => {
    assert.deepEqual(read(), {
      kind: 'mdm',
      key: 'mdm:intune:b0e3c1d2-0001-4000-8000-000000000001',
      source: 'intune',
      id: 'b0e3c1d2-0001-4000-8000-000000000001',
      easIds: ['TUCLLFJHPL779ACL9DCJQFN39F'],
      user: {
        id: 'c0e3c1d2-0001-4000-8000-000000000001',
        upn: 'anna@contoso.example',
        addresses: ['anna.adler@contoso.example'],
      },
      device: {
        name: "Anna's iPhone",
        platform: 'ios',
        os: 'iOS',
        osVersion: '19.1',
        manufacturer: 'Apple',
        model: 'iPhone 17',
        serial: 'F2LXQ0ABCD',
        imeis: ['356938035643809'],
      },
      managed: true,
      compliance: 'compliant',
      complianceReason: 'compliant',
      graceUntil: null,
      enrolledAt: '2026-05-03T08:15:30.123Z',
      lastSeenAt: '2026-11-22T11:59:00.000Z',
    });
  });

  it('takes every way of saying "unset" for unset', () => {
    const unset = Object.fromEntries(
      MANAGED_DEVICE_PROPERTIES.map((name) => [name, name.endsWith('DateTime') ? '0001-01-01T00:00:00Z' : '']),
    );
    assert.deepEqual(toMdmRecord({ ...unset, id: '1' }, 'intune'), {
      kind: 'mdm',
      key: 'mdm:intune:1',
      source: 'intune',
      id: '1',
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

  for (const placeholder of [
    '',
    ' ',
    '0',
    '000000000000000',
    '00000000-0000-0000-0000-000000000000',
    'Unknown',
    null,
    undefined,
    0,
  ]) {
    it(`has no EAS ID, serial or IMEI if Graph says ${JSON.stringify(placeholder) ?? 'nothing'}`, () => {
      const { easIds, device } = read({ easDeviceId: placeholder, serialNumber: placeholder, imei: placeholder });
      assert.deepEqual([easIds, device.serial, device.imeis], [[], null, []]);
    });
  }

  /** Graph's state → ours; the grace date counts only while in grace. */
  const COMPLIANCE: readonly (readonly [string, string, string | null])[] = [
    ['compliant', 'compliant', null],
    ['inGracePeriod', 'in-grace', '2026-12-01T00:00:00.000Z'],
    ['noncompliant', 'noncompliant', null],
    ['unknown', 'unknown', null],
    ['conflict', 'unknown', null],
    ['error', 'unknown', null],
    ['configManager', 'unknown', null],
    ['aStateOfTomorrow', 'unknown', null],
    ['constructor', 'unknown', null],
  ];
  for (const [state, compliance, graceUntil] of COMPLIANCE) {
    it(`maps ${state} to ${compliance} and keeps Graph's word`, () => {
      const record = read({ complianceState: state, complianceGracePeriodExpirationDateTime: '2026-12-01T00:00:00Z' });
      assert.deepEqual(
        [record.compliance, record.complianceReason, record.graceUntil],
        [compliance, state, graceUntil],
      );
    });
  }

  it('is in grace without a date if the date is year 9999', () => {
    const record = read({ complianceState: 'inGracePeriod' });
    assert.deepEqual([record.compliance, record.graceUntil], ['in-grace', null]);
  });

  /** managementState → does it count as managed, and what was Intune told to do */
  const MANAGED: readonly (readonly [string, boolean, string?])[] = [
    ['managed', true],
    ['unhealthy', true],
    ['retireFailed', true],
    ['wipeFailed', true],
    ['wipeCanceled', true],
    ['retireCanceled', true],
    ['retirePending', false, 'retire'],
    ['retireIssued', false, 'retire'],
    ['wipePending', false, 'wipe'],
    ['wipeIssued', false, 'wipe'],
    ['deletePending', false, 'retire'],
    ['discovered', false],
    ['constructor', true],
  ];
  for (const [state, managed, removal] of MANAGED) {
    it(`counts a device in state ${state} as ${managed ? '' : 'not '}managed, told ${removal ?? 'nothing'}`, () => {
      const record = read({ managementState: state });
      assert.deepEqual([record.managed, record.removal], [managed, removal]);
    });
  }

  /** operatingSystem → platform */
  const PLATFORMS: readonly (readonly [unknown, string])[] = [
    ['iOS', 'ios'],
    ['iPadOS', 'ios'],
    ['iOS/iPadOS', 'ios'],
    ['Android', 'android'],
    ['AndroidForWork', 'android'],
    ['AndroidEnterprise', 'android'],
    ['Windows', 'windows'],
    ['macOS', 'macos'],
    ['Linux', 'other'],
    ['', 'other'],
    [null, 'other'],
  ];
  for (const [os, platform] of PLATFORMS) {
    it(`takes ${JSON.stringify(os)} for platform ${platform}`, () => {
      assert.equal(read({ operatingSystem: os }).device.platform, platform);
    });
  }

  /** managementAgent → is the row an enrolled device */
  for (const [agent, enrolled] of [
    ['eas', false],
    ['easMdm', true],
    ['mdm', true],
    ['googleCloudDevicePolicyController', true],
    ['intuneAosp', true],
    ['configurationManagerClientMdmEas', true],
  ] as const) {
    it(`${enrolled ? 'accepts' : 'skips'} a row of agent ${agent}`, () => {
      assert.equal(isEnrollment({ ...IPHONE, managementAgent: agent }), enrolled);
    });
  }

  it('reads several addresses and several IMEIs', () => {
    const record = read({
      emailAddress: 'a@contoso.example; b@contoso.example,a@contoso.example none',
      imei: '356938035643809/356938035643817',
    });
    assert.deepEqual(
      [record.user.addresses, record.device.imeis],
      [
        ['a@contoso.example', 'b@contoso.example'],
        ['356938035643809', '356938035643817'],
      ],
    );
  });

  /** UPN and address alike → UPN, addresses */
  const ONE_NAME: readonly (readonly [unknown, string | null, readonly string[]])[] = [
    ['a@contoso.example', 'a@contoso.example', ['a@contoso.example']],
    [' a@contoso.example\n', 'a@contoso.example', ['a@contoso.example']],
    [
      'a@contoso.example;b@contoso.example',
      'a@contoso.example;b@contoso.example',
      ['a@contoso.example', 'b@contoso.example'],
    ],
    ['CONTOSO\\a', 'CONTOSO\\a', []],
    ['', null, []],
    [null, null, []],
    [7, null, []],
  ];
  for (const [name, upn, addresses] of ONE_NAME) {
    it(`reads ${JSON.stringify(name)} as a user's name and address`, () => {
      const { user } = read({ userPrincipalName: name, emailAddress: name });
      assert.deepEqual([user.upn, user.addresses], [upn, addresses]);
    });
  }

  it('knows the words of Graph with blanks around them too', () => {
    const record = read({
      complianceState: ' noncompliant',
      managementState: 'wipePending\t',
      operatingSystem: ' iOS ',
    });
    assert.deepEqual(
      [
        record.compliance,
        record.complianceReason,
        record.managed,
        record.removal,
        record.device.os,
        record.device.platform,
      ],
      ['noncompliant', 'noncompliant', false, 'wipe', 'iOS', 'ios'],
    );
    assert.deepEqual(read({ managementState: ' managed ' }), read({ managementState: 'managed' }));
  });

  it('keeps a name without the control characters a phone may put into it', () => {
    assert.equal(read({ deviceName: ' evil\r\n\u0000name\u2028 ' }).device.name, 'evil   name');
  });

  it('refuses a device without an id', () => {
    for (const id of [undefined, null, '', 7]) assert.throws(() => read({ id }), { code: 'ERR_GRAPH_RESPONSE' });
    for (const row of [null, 'x', []]) assert.throws(() => toMdmRecord(row, 'intune'), { code: 'ERR_GRAPH_RESPONSE' });
  });

  it('gives a record for whatever a server sends, and never an empty id, address or EAS ID', () => {
    const row = fc.record(
      Object.fromEntries(MANAGED_DEVICE_PROPERTIES.map((name) => [name, fc.oneof(fc.anything(), fc.string())])),
    );
    fc.assert(
      fc.property(row, (foreign) => {
        const record = toMdmRecord({ ...foreign, id: 'x' }, 'intune');
        const texts = [
          ...record.easIds,
          ...record.user.addresses,
          ...record.device.imeis,
          record.user.upn,
          record.device.serial,
        ];
        return texts.every((text) => text === null || (text.trim() === text && text !== ''));
      }),
    );
  });
});
