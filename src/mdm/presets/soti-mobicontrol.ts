import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/** Fields: the answers of GET /devices in github.com/antoniobust/Cyclops (FakeJSON.java) and the API's own reference, /MobiControl/api/swagger. */
export const sotiMobicontrol: MdmPreset = {
  id: 'soti-mobicontrol',
  label: 'SOTI MobiControl',
  compliance: 'reported',
  call: 'GET …/MobiControl/api/devices?skip=0&take=500',
  records: '$',
  note: 'From published answers, not tried. The list has no EAS ID: join it into easId, or phones merge through the activation link. A device is compliant if ComplianceStatus is true; a wiped one is on its way out, and of one whose Mode is not Active nobody knows.',
  mapping: `(
  ${TEXT}
  $os := Platform ? Platform : Kind;
  $item := function($type) { $text(ComplianceItems[ComplianceType = $type].ComplianceValue) };
  $failed := ComplianceItems[ComplianceValue = false].ComplianceType;
  $status := $text(ComplianceStatus);
  $isBad := $status in ["false", "noncompliant", "non-compliant", "not compliant"] or $count($failed) > 0;
  {
    "id": DeviceId,
    "easIds": easId,
    "user": { "upn": DeviceUserInfo.UPN ? DeviceUserInfo.UPN : DeviceUserInfo.UserName, "addresses": DeviceUserInfo.Email },
    "device": {
      "name": DeviceName, "platform": ${PLATFORM}, "os": $os, "osVersion": OSVersion,
      "manufacturer": Manufacturer, "model": ProductName ? ProductName : Model,
      "serial": HardwareSerialNumber ? HardwareSerialNumber : ManufacturerSerialNumber, "imeis": IMEI_MEID_ESN
    },
    "managed": $item("IsEnrolled") != "false",
    "removal": $item("NotWiped") = "false" ? "wipe",
    "compliance": $isBad ? "noncompliant" : $status in ["true", "compliant"] and $text(Mode) = "active" ? "compliant" : "unknown",
    "complianceReason": $isBad ? ($count($failed) > 0 ? $join($failed.("not " & $), ", ") : "not compliant") : $text(Mode) = "active" ? null : Mode,
    "enrolledAt": EnrollmentTime, "lastSeenAt": LastCheckInTime
  }
)`,
};
