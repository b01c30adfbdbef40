import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/**
 * Fields: the answer in github.com/demisto/content, Packs/MobileIron-UEM (mobileiron-core-get-devices-data). Statuses:
 * https://help.ivanti.com/mi/help/en_us/CORE/10.8.0.0/api1/MobileIronWebServiceAPI/Device%20Management.htm
 */
export const ivantiEpmm: MdmPreset = {
  id: 'ivanti-epmm',
  label: 'Ivanti EPMM (MobileIron Core)',
  compliance: 'reported',
  call: 'GET …/api/v2/devices?fields=common.*,ios.*,android.*,user.*',
  records: 'results',
  note: 'The EAS ID is not in the device list: join it from /api/v1/eas/devices into easDeviceId first. From the vendor’s documentation, not tried. A device that is compromised, quarantined, lost, infected or whose security_state is not Ok is not compliant; one with mdm_managed false is not managed.',
  mapping: `(
  ${TEXT}
  $device := $;
  $common := function($field) { $lookup($device, "common." & $field) };
  $user := function($field) { $lookup($device, "user." & $field) };
  $os := $common("platform");
  $status := $text($common("status"));
  $security := $text($common("security_state"));
  $bad := $text($common("device_is_compromised")) = "true" ? "compromised"
    : $text($common("quarantined")) = "true" ? "quarantined"
    : $status in ["lost", "infected", "blocked"] ? $common("status")
    : $text($common("compliant")) = "false" ? ($type($common("noncompliance_reasons")) = "array" ? $join($common("noncompliance_reasons"), ", ") : "not compliant")
    : $not($security in ["", "ok"]) ? $common("security_state");
  $isWell := $status = "active" and $text($common("mdm_managed")) != "false" and $text($common("compliant")) = "true"
    and $text($common("device_is_compromised")) in ["", "false"] and $text($common("quarantined")) in ["", "false"];
  {
    "id": $common("uuid"),
    "easIds": easDeviceId,
    "user": { "id": $user("uuid"), "upn": $user("user_id"), "addresses": $user("email_address") },
    "device": {
      "platform": ${PLATFORM}, "os": $os, "osVersion": $common("os_version"),
      "manufacturer": $common("manufacturer"), "model": $common("model"),
      "serial": $common("SerialNumber"), "imeis": $common("imei")
    },
    "managed": $text($common("mdm_managed")) != "false"
      and $not($contains($status, /^(?:retired|wiped|expired|verified|verification_pending|ienroll_.*)$/)),
    "removal": $contains($status, /^wipe(?:_pending|_sent|d)$/) ? "wipe" : $contains($status, /^retire(?:_pending|_sent|d)$/) ? "retire",
    "compliance": $bad ? "noncompliant" : $isWell ? "compliant" : "unknown",
    "complianceReason": $bad ? $bad : $isWell ? null : $common("status"),
    "enrolledAt": $common("registration_date"), "lastSeenAt": $common("last_connected_at")
  }
)`,
};
