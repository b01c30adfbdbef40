import type { MdmPreset } from './preset.ts';
import { PLATFORM, TEXT } from './preset.ts';

/**
 * Fields: the answer in github.com/demisto/content, Packs/VMwareWorkspaceONEUEM. Enrollment and compliance statuses: the enums of
 * the API (/api/help) and of the maker's SDK.
 */
export const workspaceOne: MdmPreset = {
  id: 'workspace-one',
  label: 'Workspace ONE UEM',
  compliance: 'reported',
  call: 'GET …/api/mdm/devices/search?page=0&pagesize=500',
  records: 'Devices',
  note: 'EasIds is a list, or an object with one; older versions have EasId. A compromised or quarantined device is not compliant, and one whose wipe is pending is on its way out.',
  mapping: `(
  ${TEXT}
  $os := Platform;
  $status := $text(EnrollmentStatus);
  $compliance := $text(ComplianceStatus);
  $compromised := $text(CompromisedStatus);
  $bad := $compromised in ["true", "compromised"] ? "Compromised"
    : $compliance in ["noncompliant", "quarantined", "blocked"] ? ComplianceStatus;
  $isWell := $status = "enrolled" and $compliance = "compliant"
    and $compromised in ["", "false", "notcompromised", "not compromised", "notavailable", "unknown"];
  {
    "id": Uuid ? Uuid : Id.Value ? $string(Id.Value),
    "easIds": [EasIds.EasId, EasIds[$type($) = "string"], EasId],
    "user": { "id": UserId.Uuid, "upn": UserName, "addresses": UserEmailAddress },
    "device": {
      "name": DeviceFriendlyName, "platform": ${PLATFORM}, "os": Platform, "osVersion": OperatingSystem,
      "model": Model, "serial": SerialNumber, "imeis": Imei
    },
    "managed": $not($status in ["unenrolled", "discovered", "registered", "retired", "enrollmentinprogress"]),
    "removal": $status in ["devicewipepending", "wipeinitiated"] ? "wipe" : $status = "enterprisewipepending" ? "retire",
    "compliance": $bad ? "noncompliant" : $isWell ? "compliant" : "unknown",
    "complianceReason": $bad ? $bad : $isWell or $status = "enrolled" and $compliance != "compliant" ? ComplianceStatus
      : $status = "enrolled" ? CompromisedStatus : EnrollmentStatus,
    "enrolledAt": LastEnrolledOn, "lastSeenAt": LastSeen
  }
)`,
};
