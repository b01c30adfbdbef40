import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/** Fields and states: https://developers.google.com/admin-sdk/directory/reference/rest/v1/mobiledevices */
export const googleWorkspace: MdmPreset = {
  id: 'google-workspace',
  label: 'Google Workspace',
  compliance: 'reported',
  call: 'GET https://admin.googleapis.com/admin/directory/v1/customer/my_customer/devices/mobile?projection=FULL',
  records: 'mobiledevices',
  note: 'deviceId is an EAS ID only for devices of Google Sync; others merge through the activation link. An approved device is compliant unless Google says that it is compromised; a blocked one is not compliant.',
  mapping: `(
  ${TEXT}
  $os := os ? os : type;
  $status := $text(status);
  $compromised := $text(deviceCompromisedStatus);
  $isBad := $status = "blocked" or $compromised = "compromise detected";
  {
    "id": resourceId,
    "easIds": type = "GOOGLE_SYNC" ? deviceId,
    "user": { "upn": email[0], "addresses": email },
    "device": {
      "name": name[0], "platform": ${PLATFORM}, "os": os,
      "manufacturer": manufacturer, "model": model, "serial": serialNumber, "imeis": imei
    },
    "managed": $not($status in ["pending", "unprovisioned"]),
    "removal": $contains($status, /^account_wip/) ? "retire" : $contains($status, /^(?:device_)?wip/) ? "wipe",
    "compliance": $isBad ? "noncompliant"
      : $status = "approved" and $compromised in ["", "no compromise detected", "undetected"] ? "compliant" : "unknown",
    "complianceReason": $compromised = "compromise detected" or $status = "approved" and deviceCompromisedStatus ? deviceCompromisedStatus : status,
    "enrolledAt": firstSync, "lastSeenAt": lastSync
  }
)`,
};
