import type { MdmPreset } from './preset.ts';
import { TEXT } from './preset.ts';

/** Fields and states: https://developers.google.com/android/management/reference/rest/v1/enterprises.devices */
export const androidManagementApi: MdmPreset = {
  id: 'android-management-api',
  label: 'Android Management API',
  compliance: 'reported',
  call: 'GET https://androidmanagement.googleapis.com/v1/enterprises/{id}/devices',
  records: 'devices',
  note: 'The API knows no EAS ID: phones merge through the activation link, or put the exchange_device_id that the managed configuration pushes to Gmail into the record. A lost device, and one whose securityPosture is at risk or compromised, is not compliant.',
  mapping: `(
  ${TEXT}
  $state := $text(state);
  $posture := $text(securityPosture.devicePosture);
  $bad := $state = "lost" ? state
    : $posture in ["at_risk", "potentially_compromised"] ? securityPosture.devicePosture
    : policyCompliant = false ? (nonComplianceDetails[0].nonComplianceReason ? nonComplianceDetails[0].nonComplianceReason : "policy");
  $isWell := $state = "active" and $posture in ["", "posture_unspecified", "secure"];
  {
    "id": name,
    "easIds": exchangeDeviceId,
    "user": { "id": userName },
    "device": {
      "platform": "android", "os": "Android", "osVersion": softwareInfo.androidVersion,
      "manufacturer": hardwareInfo.manufacturer, "model": hardwareInfo.model,
      "serial": hardwareInfo.serialNumber, "imeis": networkInfo.imei
    },
    "managed": $not($state in ["disabled", "deleted", "provisioning"]),
    "compliance": $bad ? "noncompliant" : $isWell and policyCompliant = true ? "compliant" : "unknown",
    "complianceReason": $bad ? $bad : $isWell ? null : $state = "active" ? securityPosture.devicePosture : state,
    "enrolledAt": enrollmentTime, "lastSeenAt": lastStatusReportTime
  }
)`,
};
