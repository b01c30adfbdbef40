import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/**
 * Fields: the answer in github.com/ibmresilient/resilient-community-apps, fn_maas360. Managed statuses:
 * https://www.ibm.com/docs/en/sva/11.0.3?topic=attributes-fiberlinkmaas360devicemanagedstatus
 */
export const maas360: MdmPreset = {
  id: 'maas360',
  label: 'IBM MaaS360',
  compliance: 'reported',
  call: 'GET …/device-apis/devices/2.0/search/customer/{billingId} as JSON',
  records: 'devices.count = 0 ? [] : devices.device',
  note: 'mdmMailboxDeviceId is what the MDM pushed; either may be empty. One device comes as an object and not as a list. Policy, apps, rules and passcode must be in compliance as far as they are told, and a jailbroken device is not compliant.',
  mapping: `(
  ${TEXT}
  $os := platformName;
  $managed := $text(maas360ManagedStatus);
  $wipe := $text(selectiveWipeStatus);
  $jailbreak := $text(jailbreakStatus);
  $states := [policyComplianceState, appComplianceState, ruleComplianceState, passcodeCompliance];
  $silent := ["", "n/a", "not available", "not applicable", "not defined"];
  $out := $states[$text($) in ["out of compliance", "not compliant", "non-compliant", "noncompliant"]][0];
  $odd := $states[$not($text($) in ["in compliance", "compliant"]) and $not($text($) in $silent)][0];
  $bad := $jailbreak in ["yes", "true", "jailbroken", "rooted"] ? "jailbroken" : $out;
  $isWell := $managed in ["enrolled", "activated"] and $wipe in [$silent, "not applied", "reverted", "revoked"]
    and $jailbreak in [$silent, "no", "false"] and $not($exists($odd));
  {
    "id": maas360DeviceID,
    "easIds": [mailboxDeviceId, mdmMailboxDeviceId],
    "user": { "upn": username, "addresses": emailAddress },
    "device": {
      "name": deviceName, "platform": ${PLATFORM}, "os": osName, "osVersion": osVersion ? $string(osVersion),
      "manufacturer": manufacturer, "model": model, "serial": platformSerialNumber, "imeis": imeiEsn ? $string(imeiEsn)
    },
    "managed": $not($managed in ["not enrolled", "user removed control", "control removed"]),
    "removal": $wipe in ["pending", "applied", "completed", "complete"] or $managed = "pending control removal" ? "retire",
    "compliance": $bad ? "noncompliant"
      : $isWell and $count($states[$text($) in ["in compliance", "compliant"]]) > 0 ? "compliant" : "unknown",
    "complianceReason": $bad ? $bad : $odd ? $odd : policyComplianceState,
    "enrolledAt": installedDate, "lastSeenAt": lastReported
  }
)`,
};
