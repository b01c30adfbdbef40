import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/**
 * Fields: BlackBerry Web Services for REST, Device and UserDeviceView
 * (https://developer.blackberry.com/files/bws/reference/blackberry_bws_rest_12_21/json_UserDeviceView.html). A user device has the
 * device within it, and is the only one that tells what is out of compliance.
 */
export const blackberryUem: MdmPreset = {
  id: 'blackberry-uem',
  label: 'BlackBerry UEM',
  compliance: 'managed-is-enough',
  call: 'GET …/{tenant}/api/v1/devices, or the userDevices of each user, with the user of each device',
  records: '$exists(userDevices) ? userDevices : devices',
  note: 'From the vendor’s documentation, not tried. The answers have a link in place of the user: put guid, username, emailAddress as user into the record. A device is compliant if outOfComplianceInfo is empty, or if it is not there (as in the list of devices) and the device is not compromised.',
  mapping: `(
  ${TEXT}
  $device := $exists(device) ? device : $;
  $os := $device.osFamilyName ? $device.osFamilyName : $device.os ? $device.os : $device.platform;
  $isCompromised := $text($device.compromised) = "true";
  {
    "id": $device.guid ? $device.guid : guid,
    "easIds": $device.activeSyncId,
    "user": { "id": user.guid, "upn": user.username, "addresses": user.emailAddress },
    "device": {
      "name": $device.deviceName, "platform": ${PLATFORM},
      "os": $device.os, "osVersion": $device.osVersion,
      "manufacturer": $device.hardwareVendorCompanyName ? $device.hardwareVendorCompanyName : $device.hardwareVendor,
      "model": $contains($lowercase($os & ""), "ios") and $device.hardwareName ? $device.hardwareName : $device.hardwareModel,
      "serial": $device.serialNumber, "imeis": $device.imei
    },
    "compliance": $isCompromised ? "noncompliant"
      : $type(outOfComplianceInfo) = "array" ? ($count(outOfComplianceInfo) = 0 ? "compliant" : "noncompliant")
      : $text($device.compromised) in ["", "false"] ? null : "unknown",
    "complianceReason": $isCompromised ? "compromised" : outOfComplianceInfo[0].reason,
    "enrolledAt": $device.activationDate ? $device.activationDate : $device.enrollmentTime,
    "lastSeenAt": lastContactTime ? lastContactTime : $device.lastCommunicationTime
  }
)`,
};
