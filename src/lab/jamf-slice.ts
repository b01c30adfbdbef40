/**
 * The slice of the Jamf Pro API that a flow reads, answered from the simulated organization: the detailed list of mobile devices
 * (https://developer.jamf.com/jamf-pro/reference/get_v2-mobile-devices-detail). It has Apple's devices alone and tells no
 * compliance. In process, no sockets.
 */
import type { LabMdm, ManagedDevice } from './managed-devices.ts';
import type { Organization } from './organization.ts';
import { pageOf, wholeNumber } from './page-of.ts';

/** Devices of a page where the request does not say, and at most. */
const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 2000;

/**
 * One page of the list; past the end it is empty.
 * @param query `page`, counted from 0, `page-size`, and each `section` that is wanted
 */
export function mobileDevicesDetail(
  organization: Organization,
  query: URLSearchParams,
  mdm: LabMdm,
): { readonly totalCount: number; readonly results: readonly object[] } {
  const devices = [...organization.enrolledIn(mdm).values()].filter(({ operatingSystem }) => operatingSystem === 'iOS');
  const size = Math.min(MAX_PAGE_SIZE, wholeNumber(query.get('page-size'), PAGE_SIZE) || PAGE_SIZE);
  const page = wholeNumber(query.get('page'), 0);
  const asked = query.getAll('section');
  const sections = asked.length === 0 ? ['GENERAL'] : asked;
  const results = pageOf(devices, page, size).map((device, index) =>
    toMobileDevice(device, page * size + index + 1, sections),
  );
  return { totalCount: devices.length, results };
}

/** Sections that were not asked for are null. */
function toMobileDevice(device: ManagedDevice, number: number, sections: readonly string[]): object {
  const section = (name: string, fields: object): object | null => (sections.includes(name) ? fields : null);
  return {
    mobileDeviceId: device.id,
    deviceType: device.operatingSystem,
    hardware: section('HARDWARE', {
      serialNumber: device.serialNumber,
      model: device.model,
      modelIdentifier: device.model,
      deviceId: String(number),
    }),
    userAndLocation: section('USER_AND_LOCATION', {
      username: device.userPrincipalName,
      realName: device.userDisplayName,
      emailAddress: device.emailAddress,
    }),
    general: section('GENERAL', {
      udid: device.udid ?? device.azureADDeviceId,
      displayName: device.deviceName,
      managed: device.managementState === 'managed',
      exchangeDeviceId: device.easDeviceId,
      osVersion: device.osVersion,
      lastEnrolledDate: device.enrolledDateTime,
      lastInventoryUpdateDate: device.lastSyncDateTime,
    }),
  };
}
