import type { MdmPreset } from './preset.ts';
import { TEXT } from './preset.ts';

/** Jamf Pro manages devices of Apple; tvOS, watchOS and visionOS have no mail account that Exchange would show. `$os` is set before it. */
const PLATFORM = `$contains($lowercase($os & ""), /^(?:ios|ipados|iphone|ipad)/) ? "ios" : "other"`;

/** `$managed` and `$jailbreak` are texts in lower case. Null: managed is enough. */
const COMPLIANCE = `$jailbreak in ["yes", "true", "jailbroken"] ? "noncompliant"
      : $managed in ["true", "false"] and $jailbreak in ["", "no", "false", "none", "not jailbroken", "not reported", "unknown"] ? null : "unknown"`;
const REASON = `$jailbreak in ["yes", "true", "jailbroken"] ? "jailbroken"`;

/** Fields: https://developer.jamf.com/jamf-pro/reference/get_v2-mobile-devices-detail */
export const jamfPro: MdmPreset = {
  id: 'jamf-pro',
  label: 'Jamf Pro',
  compliance: 'managed-is-enough',
  call: 'GET …/api/v2/mobile-devices/detail?section=GENERAL&section=HARDWARE&section=SECURITY&section=USER_AND_LOCATION',
  records: 'results',
  note: 'Jamf Pro has no compliance of its own: managed is enough, unless the section SECURITY says that the device is jailbroken. Without the section GENERAL nobody knows whether it is managed, and compliance is unknown. For a smart group choose the preset for its answer.',
  mapping: `(
  ${TEXT}
  $os := deviceType;
  $managed := $text(general.managed);
  $jailbreak := $text(security.jailBreakDetected);
  {
    "id": $string(mobileDeviceId),
    "easIds": [exchangeDeviceId, general.exchangeDeviceId, hardware.exchangeDeviceId],
    "user": { "upn": userAndLocation.username, "addresses": userAndLocation.emailAddress },
    "device": {
      "name": general.displayName, "platform": ${PLATFORM}, "os": deviceType, "osVersion": general.osVersion,
      "manufacturer": "Apple", "model": hardware.modelIdentifier, "serial": hardware.serialNumber
    },
    "managed": $managed != "false",
    "compliance": ${COMPLIANCE},
    "complianceReason": ${REASON},
    "enrolledAt": general.lastEnrolledDate, "lastSeenAt": general.lastInventoryUpdateDate
  }
)`,
};

/** Fields: https://developer.jamf.com/jamf-pro/reference/findmobiledevicesbyid */
export const jamfProClassic: MdmPreset = {
  id: 'jamf-pro-classic',
  label: 'Jamf Pro (classic API)',
  compliance: 'managed-is-enough',
  call: 'GET …/JSSResource/mobiledevices/id/{id} as JSON',
  records: 'mobile_device',
  note: 'One call a device: split the list of ids, call, and put a Join node before this node. No compliance: managed is enough, unless security says that the device is jailbroken. To go by a smart group, copy the mapping and add compliance.',
  mapping: `(
  ${TEXT}
  $os := general.os_type;
  $managed := $text(general.managed);
  $jailbreak := $text(security.jailbreak_detected);
  {
    "id": $string(general.id),
    "easIds": general.exchange_activesync_device_identifier,
    "user": { "upn": location.username, "addresses": location.email_address },
    "device": {
      "name": general.device_name, "platform": ${PLATFORM}, "os": general.os_type, "osVersion": general.os_version,
      "manufacturer": "Apple", "model": general.model_identifier, "serial": general.serial_number
    },
    "managed": $managed != "false",
    "compliance": ${COMPLIANCE},
    "complianceReason": ${REASON},
    "enrolledAt": general.last_enrollment_utc ? general.last_enrollment_utc : general.initial_entry_date_utc,
    "lastSeenAt": general.last_inventory_update_utc
  }
)`,
};

/** Fields: https://developer.jamf.com/jamf-pro/reference/get_v1-mobile-device-groups-smart-group-membership-id */
export const jamfProSmartGroup: MdmPreset = {
  id: 'jamf-pro-smart-group',
  label: 'Jamf Pro (smart group)',
  compliance: 'managed-is-enough',
  call: 'GET …/api/v1/mobile-device-groups/smart-group-membership/{id}',
  records: 'results',
  note: 'A smart group of devices that are compliant: its managed members are, and a device that is not in it counts as not enrolled. The answer is flat: it has no sections.',
  mapping: `(
  ${TEXT}
  $os := deviceType ? deviceType : modelIdentifier ? modelIdentifier : model;
  $managed := $text(managed);
  $jailbreak := $text(jailbreakStatus);
  {
    "id": $string(mobileDeviceId),
    "easIds": exchangeDeviceId,
    "user": { "upn": username, "addresses": emailAddress },
    "device": {
      "name": displayName, "platform": ${PLATFORM}, "os": deviceType, "osVersion": osVersion,
      "manufacturer": "Apple", "model": modelIdentifier ? modelIdentifier : model, "serial": serialNumber, "imeis": imei
    },
    "managed": $managed != "false",
    "compliance": ${COMPLIANCE},
    "complianceReason": ${REASON},
    "enrolledAt": lastEnrolledDate, "lastSeenAt": lastInventoryUpdateDate
  }
)`,
};
