/**
 * The slice of the MaaS360 web services that a flow reads, answered from the simulated organization: Basic Search (v2) as JSON,
 * with the attributes of IBM's reference guide for web services. In process, no sockets.
 */
import type { LabMdm, ManagedDevice } from './managed-devices.ts';
import type { Organization } from './organization.ts';
import { pageOf, wholeNumber } from './page-of.ts';

/** The page sizes that it takes, and its own. */
const PAGE_SIZES: readonly number[] = [25, 50, 100, 200, 250];
const PAGE_SIZE = 50;

/** One page. The JSON is made of XML: a list of one is the one itself, and an empty one is not there. */
export interface Maas360Page {
  readonly devices: {
    /** Devices that were found, on all pages. */
    readonly count: number;
    readonly pageNumber: number;
    readonly pageSize: number;
    readonly device?: object | readonly object[];
  };
}

/** One page, or null for a page size that it does not take. @param query `pageNumber`, counted from 1, and `pageSize` */
export function basicSearch(organization: Organization, query: URLSearchParams, mdm: LabMdm): Maas360Page | null {
  const devices = [...organization.enrolledIn(mdm).values()];
  const pageNumber = wholeNumber(query.get('pageNumber'), 1) || 1;
  const pageSize = wholeNumber(query.get('pageSize'), PAGE_SIZE);
  if (!PAGE_SIZES.includes(pageSize)) return null;
  const rows = pageOf(devices, pageNumber - 1, pageSize).map(toDevice);
  const device = rows.length === 0 ? {} : { device: rows.length === 1 ? rows[0]! : rows };
  return { devices: { count: devices.length, pageNumber, pageSize, ...device } };
}

function toDevice(device: ManagedDevice): object {
  const isAndroid = device.operatingSystem === 'Android';
  return {
    maas360DeviceID: isAndroid ? `Android${device.id}` : `Appl${device.id}`,
    deviceName: device.deviceName,
    customAssetNumber: '',
    ownership: device.managedDeviceOwnerType === 'company' ? 'Corporate Owned' : 'Employee Owned',
    deviceOwner: device.userDisplayName,
    username: device.userPrincipalName.split('@')[0] ?? '',
    userDomain: device.userPrincipalName.split('@')[1] ?? '',
    emailAddress: device.emailAddress,
    platformName: device.operatingSystem,
    sourceID: 1,
    deviceType: 'Smartphone',
    manufacturer: device.manufacturer,
    model: device.model,
    osName: `${device.operatingSystem} ${device.osVersion}`.trim(),
    osServicePack: '',
    osVersion: device.osVersion,
    // XML knows no types: what looks like a number comes as one.
    imeiEsn: /^\d+$/.test(device.imei) ? Number(device.imei) : device.imei,
    installedDate: localTime(device.enrolledDateTime),
    lastReported: localTime(device.lastSyncDateTime),
    installedDateInEpochms: Date.parse(device.enrolledDateTime),
    lastReportedInEpochms: Date.parse(device.lastSyncDateTime),
    deviceStatus: 'Active',
    maas360ManagedStatus: device.managementState === 'managed' ? 'Enrolled' : 'Pending Control Removal',
    udid: device.udid ?? '',
    wifiMacAddress: '',
    mailboxDeviceId: device.easDeviceId,
    mailboxLastReported: '',
    mailboxLastReportedInEpochms: '',
    mailboxManaged: device.easDeviceId === '' ? '' : 'ActiveSync',
    mdmMailboxDeviceId: '',
    isSupervisedDevice: device.isSupervised,
    testDevice: false,
    unifiedTravelerDeviceId: '',
    phoneNumber: device.phoneNumber,
    platformSerialNumber: device.serialNumber,
    jailbreakStatus: device.jailBroken === 'True' ? 'Yes' : 'No',
    encryptionStatus: 'Encryption Complete',
    passcodeCompliance: 'Compliant',
    policyComplianceState: complianceOf(device),
    ruleComplianceState: complianceOf(device),
    appComplianceState: 'In Compliance',
    selectiveWipeStatus: 'Not Applicable',
  };
}

function complianceOf({ complianceState }: ManagedDevice): string {
  if (complianceState === 'compliant' || complianceState === 'inGracePeriod') return 'In Compliance';
  return complianceState === 'unknown' ? '' : 'Out of Compliance';
}

/** Its times do not name their zone. */
function localTime(time: string): string {
  return new Date(time).toISOString().slice(0, 19);
}
