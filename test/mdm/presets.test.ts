import assert from 'node:assert/strict';
import jsonata from 'jsonata';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import type { MdmRecord } from '../../src/model/records.ts';

type Parts = Partial<Omit<MdmRecord, 'user' | 'device'>> & {
  readonly user?: Partial<MdmRecord['user']>;
  readonly device?: Partial<MdmRecord['device']>;
};

/** The record with these parts; all else unset. */
function record(source: string, id: string, { user, device, ...parts }: Parts): MdmRecord {
  return {
    kind: 'mdm',
    key: `mdm:${source}:${id}`,
    source,
    id,
    easIds: [],
    managed: true,
    compliance: 'unknown',
    complianceReason: null,
    graceUntil: null,
    enrolledAt: null,
    lastSeenAt: null,
    ...parts,
    user: { id: null, upn: null, addresses: [], ...user },
    device: {
      name: null,
      platform: 'other',
      os: null,
      osVersion: null,
      manufacturer: null,
      model: null,
      serial: null,
      imeis: [],
      ...device,
    },
  };
}

/** preset → an answer of that MDM → the records that must come of it. Made up, with the field names of the vendors. */
const TABLE: Readonly<
  Record<string, readonly [answer: unknown, records: readonly (readonly [id: string, parts: Parts])[]]>
> = {
  'android-management-api': [
    {
      devices: [
        {
          name: 'enterprises/LC00/devices/3a',
          userName: 'enterprises/LC00/users/10',
          state: 'ACTIVE',
          policyCompliant: false,
          nonComplianceDetails: [{ nonComplianceReason: 'USER_ACTION' }, { nonComplianceReason: 'PENDING' }],
          softwareInfo: { androidVersion: '16' },
          hardwareInfo: { manufacturer: 'Google', model: 'Pixel 10', serialNumber: 'PX1' },
          networkInfo: { imei: '356938035643809' },
          enrollmentTime: '2026-05-03T08:15:30.123Z',
          lastStatusReportTime: '2026-11-22T11:59:00Z',
        },
        { name: 'enterprises/LC00/devices/3b', state: 'DISABLED', exchangeDeviceId: 'androidc123' },
      ],
    },
    [
      [
        'enterprises/LC00/devices/3a',
        {
          user: { id: 'enterprises/LC00/users/10' },
          device: {
            platform: 'android',
            os: 'Android',
            osVersion: '16',
            manufacturer: 'Google',
            model: 'Pixel 10',
            serial: 'PX1',
            imeis: ['356938035643809'],
          },
          compliance: 'noncompliant',
          complianceReason: 'USER_ACTION',
          enrolledAt: '2026-05-03T08:15:30.123Z',
          lastSeenAt: '2026-11-22T11:59:00.000Z',
        },
      ],
      [
        'enterprises/LC00/devices/3b',
        { easIds: ['androidc123'], device: { platform: 'android', os: 'Android' }, managed: false },
      ],
    ],
  ],
  'blackberry-uem': [
    {
      devices: [
        {
          guid: 'g1',
          activeSyncId: 'K6CKULJTID3SDEAIV0ELHBBTTO',
          os: 'iOS',
          osVersion: '19.1',
          hardwareModel: 'iPhone 17',
          serialNumber: 'F2L',
          imei: '35 693803 564380 9',
          outOfComplianceInfo: [],
          user: { guid: 'u1', username: 'anna', emailAddress: 'anna@contoso.example' },
        },
      ],
    },
    [
      [
        'g1',
        {
          easIds: ['K6CKULJTID3SDEAIV0ELHBBTTO'],
          user: { id: 'u1', upn: 'anna', addresses: ['anna@contoso.example'] },
          device: {
            platform: 'ios',
            os: 'iOS',
            osVersion: '19.1',
            model: 'iPhone 17',
            serial: 'F2L',
            imeis: ['356938035643809'],
          },
          compliance: 'compliant',
        },
      ],
    ],
  ],
  csv: [
    [
      {
        id: 17,
        easId: 'ABC;DEF',
        upn: 'anna@contoso.example',
        email: 'a@contoso.example;b@contoso.example',
        platform: 'iOS',
        serial: 'S1',
        imei: '356938035643809',
        managed: 'yes',
        compliance: 'In-Grace',
        graceUntil: '2026-12-01',
        enrolledAt: '2026-05-03T08:15:30Z',
      },
      { id: 'x', easId: '', managed: 'no', compliance: '', removal: 'Wipe' },
    ],
    [
      [
        '17',
        {
          easIds: ['ABC', 'DEF'],
          user: { upn: 'anna@contoso.example', addresses: ['a@contoso.example', 'b@contoso.example'] },
          device: { platform: 'ios', serial: 'S1', imeis: ['356938035643809'] },
          compliance: 'in-grace',
          complianceReason: 'In-Grace',
          graceUntil: '2026-12-01T00:00:00.000Z',
          enrolledAt: '2026-05-03T08:15:30.000Z',
        },
      ],
      ['x', { managed: false, removal: 'wipe' }],
    ],
  ],
  'google-workspace': [
    {
      mobiledevices: [
        {
          resourceId: 'r1',
          deviceId: 'ApplDX1',
          type: 'GOOGLE_SYNC',
          name: ['Anna Adler'],
          email: ['anna@contoso.example'],
          os: 'iOS 19.1',
          model: 'iPhone',
          status: 'APPROVED',
          deviceCompromisedStatus: 'No compromise detected',
          lastSync: '2026-11-22T11:59:00.000Z',
        },
        {
          resourceId: 'r2',
          deviceId: 'other',
          type: 'ANDROID',
          email: ['ben@contoso.example'],
          status: 'APPROVED',
          deviceCompromisedStatus: 'Compromise detected',
        },
      ],
    },
    [
      [
        'r1',
        {
          easIds: ['ApplDX1'],
          user: { upn: 'anna@contoso.example', addresses: ['anna@contoso.example'] },
          device: { name: 'Anna Adler', platform: 'ios', os: 'iOS 19.1', model: 'iPhone' },
          compliance: 'compliant',
          complianceReason: 'APPROVED',
          lastSeenAt: '2026-11-22T11:59:00.000Z',
        },
      ],
      [
        'r2',
        {
          user: { upn: 'ben@contoso.example', addresses: ['ben@contoso.example'] },
          device: { platform: 'android' },
          compliance: 'noncompliant',
          complianceReason: 'APPROVED',
        },
      ],
    ],
  ],
  'ivanti-epmm': [
    {
      results: [
        {
          'common.uuid': 'i1',
          easDeviceId: 'EAS1',
          'common.platform': 'iOS 19.1',
          'common.os_version': '19.1',
          'common.model': 'iPhone',
          'common.SerialNumber': 'F2L',
          'common.status': 'ACTIVE',
          'common.compliant': true,
          'common.quarantined': false,
          'user.user_id': 'anna',
          'user.email_address': 'anna@contoso.example',
        },
        {
          'common.uuid': 'i2',
          'common.platform': 'Android 16.0',
          'common.status': 'RETIRED',
          'common.compliant': true,
          'common.quarantined': true,
        },
        { 'common.uuid': 'i3', 'common.status': 'RETIRE_SENT', 'common.compliant': true },
        { 'common.uuid': 'i4', 'common.status': 'WIPE_PENDING' },
        { 'common.uuid': 'i5', 'common.status': 'WIPE_CANCELED' },
      ],
    },
    [
      [
        'i1',
        {
          easIds: ['EAS1'],
          user: { upn: 'anna', addresses: ['anna@contoso.example'] },
          device: { platform: 'ios', os: 'iOS 19.1', osVersion: '19.1', model: 'iPhone', serial: 'F2L' },
          compliance: 'compliant',
        },
      ],
      [
        'i2',
        {
          device: { platform: 'android', os: 'Android 16.0' },
          managed: false,
          compliance: 'noncompliant',
          complianceReason: 'quarantined',
          removal: 'retire',
        },
      ],
      ['i3', { managed: false, compliance: 'compliant', removal: 'retire' }],
      ['i4', { managed: false, removal: 'wipe' }],
      ['i5', { managed: false }],
    ],
  ],
  'jamf-pro': [
    {
      totalCount: 1,
      results: [
        {
          mobileDeviceId: '7',
          deviceType: 'iOS',
          hardware: { serialNumber: 'F2L', modelIdentifier: 'iPhone18,1' },
          general: {
            exchangeDeviceId: 'TUCL',
            displayName: "Anna's iPhone",
            osVersion: '19.1',
            managed: true,
            lastEnrolledDate: '2026-05-03T08:15:30.123Z',
          },
          userAndLocation: { username: 'anna', emailAddress: 'anna@contoso.example' },
        },
      ],
    },
    [
      [
        '7',
        {
          easIds: ['TUCL'],
          user: { upn: 'anna', addresses: ['anna@contoso.example'] },
          device: {
            name: "Anna's iPhone",
            platform: 'ios',
            os: 'iOS',
            osVersion: '19.1',
            manufacturer: 'Apple',
            model: 'iPhone18,1',
            serial: 'F2L',
          },
          enrolledAt: '2026-05-03T08:15:30.123Z',
        },
      ],
    ],
  ],
  'jamf-pro-classic': [
    {
      mobile_device: {
        general: {
          id: 7,
          device_name: "Anna's iPad",
          os_type: 'iPadOS',
          os_version: '19.1',
          serial_number: 'F2L',
          model_identifier: 'iPad16,1',
          exchange_activesync_device_identifier: 'TUCL',
          managed: false,
          last_inventory_update_utc: '2026-11-22T11:59:00.000+0000',
        },
        location: { username: 'anna', email_address: '' },
      },
    },
    [
      [
        '7',
        {
          easIds: ['TUCL'],
          user: { upn: 'anna' },
          device: {
            name: "Anna's iPad",
            platform: 'ios',
            os: 'iPadOS',
            osVersion: '19.1',
            manufacturer: 'Apple',
            model: 'iPad16,1',
            serial: 'F2L',
          },
          managed: false,
          lastSeenAt: '2026-11-22T11:59:00.000Z',
        },
      ],
    ],
  ],
  maas360: [
    {
      devices: {
        count: 2,
        device: [
          {
            maas360DeviceID: 'ApplF2L',
            mailboxDeviceId: 'TUCL',
            mdmMailboxDeviceId: '',
            platformName: 'iOS',
            osName: 'iOS 19',
            username: 'anna',
            emailAddress: 'anna@contoso.example',
            imeiEsn: 356938035643809,
            maas360ManagedStatus: 'Enrolled',
            policyComplianceState: 'In Compliance',
            appComplianceState: 'In Compliance',
            lastReported: '2026-11-22T11:59:00',
          },
          {
            maas360DeviceID: 'Andro1',
            mailboxDeviceId: 'M1',
            mdmMailboxDeviceId: 'M2',
            platformName: 'Android',
            maas360ManagedStatus: 'Control Removed',
            policyComplianceState: 'In Compliance',
            appComplianceState: 'Out of Compliance',
            selectiveWipeStatus: 'N/a',
          },
          { maas360DeviceID: 'Andro2', maas360ManagedStatus: 'Enrolled', selectiveWipeStatus: 'Pending' },
          { maas360DeviceID: 'Andro3', maas360ManagedStatus: 'Pending Control Removal' },
        ],
      },
    },
    [
      [
        'ApplF2L',
        {
          easIds: ['TUCL'],
          user: { upn: 'anna', addresses: ['anna@contoso.example'] },
          device: { platform: 'ios', os: 'iOS 19', imeis: ['356938035643809'] },
          compliance: 'compliant',
          complianceReason: 'In Compliance',
          lastSeenAt: '2026-11-22T11:59:00.000Z',
        },
      ],
      [
        'Andro1',
        {
          easIds: ['M1', 'M2'],
          device: { platform: 'android' },
          managed: false,
          compliance: 'noncompliant',
          complianceReason: 'In Compliance',
        },
      ],
      ['Andro2', { removal: 'retire' }],
      ['Andro3', { managed: false, removal: 'retire' }],
    ],
  ],
  manageengine: [
    {
      devices: [
        {
          device_id: 9007,
          eas_device_identifier: 'TUCL',
          device_name: 'iPhone',
          platform_type: 'iOS',
          os_version: '19.1',
          model: 'iPhone',
          serial_number: 'F2L',
          imei: '',
          is_removed: 'false',
          user: { user_id: 4, user_name: 'anna', user_email: 'anna@contoso.example' },
          last_contact_time: 1795348740000,
        },
      ],
    },
    [
      [
        '9007',
        {
          easIds: ['TUCL'],
          user: { id: '4', upn: 'anna', addresses: ['anna@contoso.example'] },
          device: { name: 'iPhone', platform: 'ios', os: 'iOS', osVersion: '19.1', model: 'iPhone', serial: 'F2L' },
          lastSeenAt: '2026-11-22T11:59:00.000Z',
        },
      ],
    ],
  ],
  micromdm: [
    {
      UDID: 'U1',
      Status: 'Acknowledged',
      upn: 'anna@contoso.example',
      QueryResponses: {
        EASDeviceIdentifier: 'TUCL',
        DeviceName: "Anna's iPhone",
        OSVersion: '19.1',
        ProductName: 'iPhone18,1',
        SerialNumber: 'F2L',
        IMEI: '35 693803 564380 9',
      },
    },
    [
      [
        'U1',
        {
          easIds: ['TUCL'],
          user: { upn: 'anna@contoso.example' },
          device: {
            name: "Anna's iPhone",
            platform: 'ios',
            osVersion: '19.1',
            manufacturer: 'Apple',
            model: 'iPhone18,1',
            serial: 'F2L',
            imeis: ['356938035643809'],
          },
        },
      ],
    ],
  ],
  'workspace-one': [
    {
      Devices: [
        {
          Id: { Value: 12 },
          EasIds: { EasId: ['E1', 'E2'] },
          Platform: 'Apple',
          OperatingSystem: '19.1',
          DeviceFriendlyName: 'anna iPhone',
          Model: 'iPhone',
          SerialNumber: 'F2L',
          Imei: '',
          UserName: 'anna',
          UserEmailAddress: 'anna@contoso.example',
          EnrollmentStatus: 'Enrolled',
          ComplianceStatus: 'Compliant',
          LastSeen: '2026-11-22T11:59:00.127',
        },
        {
          Uuid: 'w2',
          EasId: 'E3',
          Platform: 'Android',
          EnrollmentStatus: 'Unenrolled',
          ComplianceStatus: 'NonCompliant',
        },
        { Uuid: 'w4', EnrollmentStatus: 'DeviceWipePending' },
        { Uuid: 'w5', EnrollmentStatus: 'EnterpriseWipePending' },
        { Uuid: 'w3', Platform: 'WinRT', OperatingSystem: '10.0.19045', EnrollmentStatus: 'Enrolled' },
      ],
      Page: 0,
      PageSize: 500,
      Total: 2,
    },
    [
      [
        '12',
        {
          easIds: ['E1', 'E2'],
          user: { upn: 'anna', addresses: ['anna@contoso.example'] },
          device: {
            name: 'anna iPhone',
            platform: 'ios',
            os: 'Apple',
            osVersion: '19.1',
            model: 'iPhone',
            serial: 'F2L',
          },
          compliance: 'compliant',
          complianceReason: 'Compliant',
          lastSeenAt: '2026-11-22T11:59:00.127Z',
        },
      ],
      [
        'w2',
        {
          easIds: ['E3'],
          device: { platform: 'android', os: 'Android' },
          managed: false,
          compliance: 'noncompliant',
          complianceReason: 'NonCompliant',
        },
      ],
      ['w4', { managed: false, removal: 'wipe' }],
      ['w5', { managed: false, removal: 'retire' }],
      ['w3', { device: { platform: 'windows', os: 'WinRT', osVersion: '10.0.19045' } }],
    ],
  ],
};

describe('mapping presets of other MDMs', () => {
  for (const preset of MDM_PRESETS) {
    it(`maps records of ${preset.label}`, async () => {
      const [answer, expected] = TABLE[preset.id] ?? [];
      assert.ok(expected, `the preset ${preset.id} has an example here`);
      const found: unknown = await jsonata(preset.records).evaluate(answer);
      const foreign: readonly unknown[] = Array.isArray(found) ? found : [found];
      const mapped = await Promise.all(foreign.map((one): Promise<unknown> => jsonata(preset.mapping).evaluate(one)));
      assert.deepEqual(
        mapped.map((one) => toMdmRecordFromMapped(one, preset.id)),
        expected.map(([id, parts]) => record(preset.id, id, parts)),
      );
    });

    it(`refuses a record of ${preset.label} without an id, naming the field`, async () => {
      const mapped: unknown = await jsonata(preset.mapping).evaluate({ nothing: 'known' });
      assert.throws(() => toMdmRecordFromMapped(mapped, preset.id), {
        code: 'ERR_MDM_MAPPING',
        details: { field: 'id' },
      });
    });
  }

  it('have ids that differ and are ordered', () => {
    const ids = MDM_PRESETS.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
  });
});
