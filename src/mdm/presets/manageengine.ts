import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

const time = (field: string): string =>
  `$text(${field}) = "" or $text(${field}) = "-1" ? null : $contains($text(${field}), /^\\d+$/) ? $fromMillis($number(${field})) : ${field}`;

/**
 * Fields: https://www.manageengine.com/mobile-device-management/api/#devices. Ids have up to 19 digits, more than a JavaScript
 * number holds; the maker's own sample has the IMEI as a number.
 */
export const manageengine: MdmPreset = {
  id: 'manageengine',
  label: 'ManageEngine MDM',
  compliance: 'managed-is-enough',
  call: 'GET …/api/v1/mdm/devices, returned as a UTF-8 string (in the http request node: Return)',
  records: 'devices',
  note: 'Give this node the answer as a text: its ids have up to 19 digits, which the json node rounds. A rounded id is refused. The list has no EAS ID; of the iPhones the details of a device have it, or join it into eas_device_identifier. No compliance in this list: managed is enough, but not for a device in lost mode. %easid% can be used in pushed profiles so that the phone takes the known ID.',
  mapping: `(
  ${TEXT}
  $os := platform_type;
  $isLost := $text(is_lost_mode_enabled) = "true";
  {
    "id": device_id ? $string(device_id),
    "easIds": eas_device_identifier,
    "user": { "id": user.user_id ? $string(user.user_id), "upn": user.user_name, "addresses": user.user_email },
    "device": {
      "name": device_name, "platform": ${PLATFORM}, "os": $os, "osVersion": os_version,
      "manufacturer": manufacturer ? manufacturer : $lowercase(product_name & "") = "samsung" ? product_name,
      "model": model, "serial": serial_number ? $string(serial_number), "imeis": imei[$text($) != ""].$string($)
    },
    "managed": $text(is_removed) != "true",
    "compliance": $isLost ? "noncompliant" : $text(is_removed) in ["", "false", "true"] ? null : "unknown",
    "complianceReason": $isLost ? "lost mode",
    "enrolledAt": ${time('enrolled_time')},
    "lastSeenAt": ${time('last_contact_time')}
  }
)`,
};
