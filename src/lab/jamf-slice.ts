/**
 * The slice of the Jamf Pro API that a flow reads, answered from the simulated organization: the detailed list of mobile devices
 * (https://developer.jamf.com/jamf-pro/reference/get_v2-mobile-devices-detail). It tells no compliance. In process, no sockets.
 */
import type { ManagedDevice } from './managed-devices.ts';
import type { Organization } from './organization.ts';

/** Devices of a page where the request does not say, and at most. */
const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 2000;

/** One page of the list. @param query `page`, counted from 0, and `page-size` */
export function mobileDevicesDetail(
  organization: Organization,
  query: URLSearchParams,
): { readonly totalCount: number; readonly results: readonly object[] } {
  const devices = [...organization.enrolledIn('jamf').values()];
  const size = Math.min(MAX_PAGE_SIZE, wholeNumber(query.get('page-size')) || PAGE_SIZE);
  const first = wholeNumber(query.get('page')) * size;
  return { totalCount: devices.length, results: devices.slice(first, first + size).map(toMobileDevice) };
}

function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** Sections GENERAL, HARDWARE and USER_AND_LOCATION. */
function toMobileDevice(device: ManagedDevice, index: number): object {
  return {
    mobileDeviceId: device.id,
    deviceType: device.operatingSystem,
    hardware: {
      serialNumber: device.serialNumber,
      model: device.model,
      modelIdentifier: device.model,
      deviceId: String(index + 1),
    },
    userAndLocation: {
      username: device.userPrincipalName,
      realName: device.userDisplayName,
      emailAddress: device.emailAddress,
    },
    general: {
      udid: device.udid ?? device.azureADDeviceId,
      displayName: device.deviceName,
      managed: device.managementState === 'managed',
      exchangeDeviceId: device.easDeviceId,
      osVersion: device.osVersion,
      lastEnrolledDate: device.enrolledDateTime,
      lastInventoryUpdateDate: device.lastSyncDateTime,
    },
  };
}
