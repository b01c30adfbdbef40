/**
 * The slice of the Workspace ONE UEM API that a flow reads, answered from the simulated organization: the device search
 * `GET /API/mdm/devices/search` (v1; field names and paging as its help page on every server, /API/help, has them). In process,
 * no sockets.
 */
import type { ComplianceState, LabMdm, ManagedDevice } from './managed-devices.ts';
import type { Organization } from './organization.ts';
import { pageOf, wholeNumber } from './page-of.ts';

/** Devices of a page where the request does not say, and at most. */
const PAGE_SIZE = 500;

/** Places of its platforms in PlatformId. */
const PLATFORMS: Readonly<Record<string, readonly [number, string]>> = {
  iOS: [2, 'Apple'],
  Android: [5, 'Android'],
  macOS: [10, 'AppleOsX'],
  Windows: [12, 'WinRT'],
};

const COMPLIANCE: Readonly<Record<ComplianceState, string>> = {
  compliant: 'Compliant',
  noncompliant: 'NonCompliant',
  conflict: 'NonCompliant',
  error: 'NonCompliant',
  inGracePeriod: 'PendingComplianceCheck',
  unknown: 'NotAvailable',
  configManager: 'NotAvailable',
};

/** One page of the search. */
export interface WorkspaceOnePage {
  readonly Devices: readonly object[];
  readonly Page: number;
  readonly PageSize: number;
  readonly Total: number;
}

/**
 * One page, or null past the end: the API answers 204 without a body where it has no devices to give.
 * @param query `page`, counted from 0, and `pagesize`
 */
export function searchDevices(
  organization: Organization,
  query: URLSearchParams,
  mdm: LabMdm,
): WorkspaceOnePage | null {
  const devices = [...organization.enrolledIn(mdm).values()];
  const page = wholeNumber(query.get('page'), 0);
  const size = Math.min(PAGE_SIZE, wholeNumber(query.get('pagesize'), PAGE_SIZE) || PAGE_SIZE);
  const found = pageOf(devices, page, size);
  if (found.length === 0) return null;
  const rows = found.map((device, index) => toDevice(device, page * size + index + 1));
  return { Devices: rows, Page: page, PageSize: size, Total: devices.length };
}

function toDevice(device: ManagedDevice, number: number): object {
  const [platformId, platform] = PLATFORMS[device.operatingSystem] ?? [0, device.operatingSystem];
  const userName = device.userPrincipalName.split('@')[0] ?? '';
  return {
    EasIds: device.easDeviceId === '' ? {} : { EasId: [device.easDeviceId] },
    TimeZone: '',
    Udid: device.udid ?? device.azureADDeviceId.replaceAll('-', ''),
    SerialNumber: device.serialNumber,
    MacAddress: '',
    Imei: device.imei,
    EasId: device.easDeviceId,
    AssetNumber: '',
    DeviceFriendlyName: device.deviceName,
    DeviceReportedName: device.deviceName,
    LocationGroupId: { Id: { Value: 570 }, Name: 'Contoso', Uuid: '5b1f0c5e-8e2d-4b0c-9d29-3a0f0f6a0570' },
    LocationGroupName: 'Contoso',
    UserId: { Id: { Value: number }, Name: userName, Uuid: device.userId },
    UserName: userName,
    DataProtectionStatus: 0,
    UserEmailAddress: device.emailAddress,
    Ownership: device.managedDeviceOwnerType === 'company' ? 'C' : 'E',
    PlatformId: { Id: { Value: platformId }, Name: platform },
    Platform: platform,
    ModelId: { Id: { Value: 1 }, Name: device.model },
    Model: device.model,
    OperatingSystem: device.osVersion,
    PhoneNumber: device.phoneNumber,
    LastSeen: localTime(device.lastSyncDateTime),
    EnrollmentStatus: device.managementState === 'managed' ? 'Enrolled' : 'EnterpriseWipePending',
    ComplianceStatus: COMPLIANCE[device.complianceState],
    CompromisedStatus: device.jailBroken === 'True',
    LastEnrolledOn: localTime(device.enrolledDateTime),
    LastComplianceCheckOn: localTime(device.lastSyncDateTime),
    LastCompromisedCheckOn: localTime(device.lastSyncDateTime),
    IsSupervised: device.isSupervised,
    OEMInfo: device.manufacturer,
    Id: { Value: number },
    Uuid: device.id,
  };
}

/** The API's times are UTC and do not say so. */
function localTime(time: string): string {
  return new Date(time).toISOString().slice(0, -1);
}
