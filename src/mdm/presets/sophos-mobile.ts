import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/** Fields: github.com/loginventory/custom-scan-scripts, SophosMDM-MobileDevices.ps1, after https://developer.sophos.com/mobile. */
export const sophosMobile: MdmPreset = {
  id: 'sophos-mobile',
  label: 'Sophos Mobile',
  compliance: 'reported',
  call: 'GET {dataRegion}/mobile/v1/devices?view=full&pageTotal=true&page=1',
  records: 'items',
  note: 'From published code, not tried. The list has neither EAS ID nor serial number: join them into easId and serialNumber (…/devices/{id}/properties), or phones merge through the activation link. A managed device is compliant if compliance.compliant is true and its health is not red.',
  mapping: `(
  ${TEXT}
  $os := os.platform ? os.platform : os.name;
  $state := $text(managedState);
  $health := $text(healthState.state);
  $compliant := $text(compliance.compliant);
  $bad := $compliant = "false" ? (compliance.severity ? "not compliant: " & compliance.severity : "not compliant")
    : $health in ["red", "bad"] ? "health " & healthState.state;
  $isWell := $state = "managed" and $compliant = "true" and $health in ["", "green", "good", "yellow", "suspicious", "unknown"];
  {
    "id": id,
    "easIds": easId,
    "user": { "upn": email, "addresses": email },
    "device": {
      "name": name, "platform": ${PLATFORM}, "os": os.name, "model": modelName, "serial": serialNumber
    },
    "managed": $not($state in ["unmanaged", "notmanaged", "not managed", "unenrolled", "notenrolled", "not enrolled", "decommissioned"]),
    "removal": $contains($state, "wip") ? "wipe",
    "compliance": $bad ? "noncompliant" : $isWell ? "compliant" : "unknown",
    "complianceReason": $bad ? $bad : $isWell ? null : $state = "managed" ? healthState.state : managedState,
    "enrolledAt": createdAt, "lastSeenAt": lastSeenAt
  }
)`,
};
