/**
 * Mapping presets: how the records of other MDMs become MDM records, as data. Each is a JSONata expression that turns one
 * foreign record into the input of `toMdmRecordFromMapped`; Node-RED evaluates it, an administrator may copy and change it.
 * Fetching the records is a flow of core nodes (http request, change): every MDM has its own address, paging and sign-in. The list
 * goes in as an array, whole or page by page, and no Split node is needed.
 */

/** One MDM that a preset is known for. */
export interface MdmPreset {
  /** Value of the mdm-source's `preset` property; permanent. */
  readonly id: string;
  /** Product name, as in the dialog. */
  readonly label: string;
  /**
   * `managed-is-enough`: this MDM tells no compliance, so that a managed record is compliant where nothing else tells it
   * (`told-compliance.ts`).
   */
  readonly compliance: 'reported' | 'managed-is-enough';
  /** JSONata: one foreign record in, one mapped record out. */
  readonly mapping: string;
  /** JSONata: an answer of the MDM in, its list of foreign records out, as a Change node takes it. Shown in the dialog; `$`: all of it. */
  readonly records: string;
  /** The call whose records it maps. */
  readonly call: string;
  /** What to know before relying on it; shown in the dialog. */
  readonly note: string;
}

/** Words for iOS, Android and so on differ; this much is common. `$os` is set before it. */
const PLATFORM = `$contains($lowercase($os & ""), /ios|ipad|iphone|apple/) ? "ios"
    : $contains($lowercase($os & ""), "android") ? "android"
    : $contains($lowercase($os & ""), "mac") ? "macos"
    : $contains($lowercase($os & ""), /windows|winrt/) ? "windows" : "other"`;

/**
 * In alphabetical order of their ids. Field names are those of the vendors' own references; the note of a preset says
 * where they were not seen in a live answer.
 */
export const MDM_PRESETS: readonly MdmPreset[] = [
  {
    id: 'android-management-api',
    label: 'Android Management API',
    compliance: 'reported',
    call: 'GET https://androidmanagement.googleapis.com/v1/enterprises/{id}/devices',
    records: 'devices',
    note: 'The API knows no EAS ID: phones merge through the activation link, or put the exchange_device_id that the managed configuration pushes to Gmail into the record.',
    mapping: `{
  "id": name,
  "easIds": exchangeDeviceId,
  "user": { "id": userName },
  "device": {
    "platform": "android", "os": "Android", "osVersion": softwareInfo.androidVersion,
    "manufacturer": hardwareInfo.manufacturer, "model": hardwareInfo.model,
    "serial": hardwareInfo.serialNumber, "imeis": networkInfo.imei
  },
  "managed": state = "ACTIVE",
  "compliance": $exists(policyCompliant) ? (policyCompliant ? "compliant" : "noncompliant") : "unknown",
  "complianceReason": nonComplianceDetails[0].nonComplianceReason,
  "enrolledAt": enrollmentTime, "lastSeenAt": lastStatusReportTime
}`,
  },
  {
    id: 'blackberry-uem',
    label: 'BlackBerry UEM',
    compliance: 'managed-is-enough',
    call: 'GET …/{tenant}/api/v1/devices, with the user of each device',
    records: 'devices',
    note: 'From the vendor’s documentation, not tried. A device is compliant if outOfComplianceInfo is empty, or if it is not there and the device is not compromised.',
    mapping: `(
  $os := $exists(os) ? os : platform;
  {
    "id": guid,
    "easIds": activeSyncId,
    "user": { "id": user.guid, "upn": user.username, "addresses": user.emailAddress },
    "device": {
      "name": deviceName, "platform": ${PLATFORM},
      "os": $os, "osVersion": osVersion, "manufacturer": hardwareVendor, "model": hardwareModel,
      "serial": serialNumber, "imeis": imei
    },
    "managed": true,
    "compliance": compromised = true ? "noncompliant"
      : $exists(outOfComplianceInfo) ? ($count(outOfComplianceInfo) = 0 ? "compliant" : "noncompliant"),
    "complianceReason": compromised = true ? "compromised" : outOfComplianceInfo[0].reason,
    "enrolledAt": enrollmentTime, "lastSeenAt": lastCommunicationTime
  }
)`,
  },
  {
    id: 'csv',
    label: 'CSV file or table (any MDM)',
    compliance: 'reported',
    call: 'A file with a header line, through the core csv node (output: a single message)',
    records: '$',
    note: 'Columns: id, easId, upn, email, name, platform, osVersion, manufacturer, model, serial, imei, managed, compliance, graceUntil, removal (wipe or retire, if the MDM was told to), enrolledAt, lastSeenAt. Several values in a cell are separated by a semicolon. Of a file without the column compliance nothing is known: choose managed is enough, or it stays unknown.',
    mapping: `{
  "id": $string(id),
  "easIds": easId ? $split($string(easId), ";"),
  "user": { "upn": upn, "addresses": email ? $split(email, ";") },
  "device": {
    "name": name, "platform": platform ? $lowercase(platform), "osVersion": osVersion ? $string(osVersion),
    "manufacturer": manufacturer, "model": model, "serial": serial ? $string(serial), "imeis": imei ? $split($string(imei), ";")
  },
  "managed": $exists(managed) and managed != "" ? $lowercase($string(managed)) in ["true", "yes", "1"] : true,
  "compliance": compliance ? $lowercase(compliance),
  "complianceReason": compliance,
  "graceUntil": graceUntil, "removal": removal ? $lowercase(removal),
  "enrolledAt": enrolledAt, "lastSeenAt": lastSeenAt
}`,
  },
  {
    id: 'google-workspace',
    label: 'Google Workspace',
    compliance: 'reported',
    call: 'GET https://admin.googleapis.com/admin/directory/v1/customer/my_customer/devices/mobile?projection=FULL',
    records: 'mobiledevices',
    note: 'deviceId is an EAS ID only for devices of Google Sync; others merge through the activation link.',
    mapping: `{
  "id": resourceId,
  "easIds": type = "GOOGLE_SYNC" ? deviceId,
  "user": { "upn": email[0], "addresses": email },
  "device": {
    "name": name[0], "platform": ($os := os ? os : type; ${PLATFORM}), "os": os,
    "manufacturer": manufacturer, "model": model, "serial": serialNumber, "imeis": imei
  },
  "managed": status = "APPROVED",
  "compliance": deviceCompromisedStatus = "Compromise detected" ? "noncompliant" : status = "APPROVED" ? "compliant" : "unknown",
  "complianceReason": status,
  "enrolledAt": firstSync, "lastSeenAt": lastSync
}`,
  },
  {
    id: 'ivanti-epmm',
    label: 'Ivanti EPMM (MobileIron Core)',
    compliance: 'reported',
    call: 'GET …/api/v2/devices?fields=common.*,ios.*,android.*,user.*',
    records: 'results',
    note: 'The EAS ID is not in the device list: join it from /api/v1/eas/devices into easDeviceId first. From the vendor’s documentation, not tried.',
    mapping: `(
  $os := $lookup($, "common.platform");
  $compliant := $lookup($, "common.compliant");
  $quarantined := $lookup($, "common.quarantined");
  $status := $lookup($, "common.status");
  {
    "id": $lookup($, "common.uuid"),
    "easIds": easDeviceId,
    "user": { "id": $lookup($, "user.uuid"), "upn": $lookup($, "user.user_id"), "addresses": $lookup($, "user.email_address") },
    "device": {
      "platform": ${PLATFORM}, "os": $os, "osVersion": $lookup($, "common.os_version"),
      "manufacturer": $lookup($, "common.manufacturer"), "model": $lookup($, "common.model"),
      "serial": $lookup($, "common.SerialNumber"), "imeis": $lookup($, "common.imei")
    },
    "managed": $status = "ACTIVE",
    "removal": $contains($status & "", /^WIPE(_PENDING|_SENT|D)$/) ? "wipe" : $contains($status & "", /^RETIRE(_PENDING|_SENT|D)$/) ? "retire",
    "compliance": $quarantined ? "noncompliant" : $exists($compliant) ? ($compliant ? "compliant" : "noncompliant") : "unknown",
    "complianceReason": $quarantined ? "quarantined",
    "enrolledAt": $lookup($, "common.registration_date"), "lastSeenAt": $lookup($, "common.last_connected_at")
  }
)`,
  },
  {
    id: 'jamf-pro',
    label: 'Jamf Pro',
    compliance: 'managed-is-enough',
    call: 'GET …/api/v2/mobile-devices/detail?section=GENERAL&section=HARDWARE&section=USER_AND_LOCATION',
    records: 'results',
    note: 'Jamf Pro has no compliance of its own: managed is enough. To go by a smart group, copy the mapping and add compliance.',
    mapping: `{
  "id": $string(mobileDeviceId),
  "easIds": [exchangeDeviceId, general.exchangeDeviceId, hardware.exchangeDeviceId],
  "user": { "upn": userAndLocation.username, "addresses": userAndLocation.emailAddress },
  "device": {
    "name": general.displayName, "platform": "ios", "os": deviceType, "osVersion": general.osVersion,
    "manufacturer": "Apple", "model": hardware.modelIdentifier, "serial": hardware.serialNumber
  },
  "managed": general.managed,
  "enrolledAt": general.lastEnrolledDate, "lastSeenAt": general.lastInventoryUpdateDate
}`,
  },
  {
    id: 'jamf-pro-classic',
    label: 'Jamf Pro (classic API)',
    compliance: 'managed-is-enough',
    call: 'GET …/JSSResource/mobiledevices/id/{id} as JSON',
    records: 'mobile_device',
    note: 'One call a device: split the list of ids, call, and put a Join node before this node. No compliance: managed is enough. To go by a smart group, copy the mapping and add compliance.',
    mapping: `{
  "id": $string(general.id),
  "easIds": general.exchange_activesync_device_identifier,
  "user": { "upn": location.username, "addresses": location.email_address },
  "device": {
    "name": general.device_name, "platform": "ios", "os": general.os_type, "osVersion": general.os_version,
    "manufacturer": "Apple", "model": general.model_identifier, "serial": general.serial_number
  },
  "managed": general.managed,
  "enrolledAt": general.initial_entry_date_utc, "lastSeenAt": general.last_inventory_update_utc
}`,
  },
  {
    id: 'maas360',
    label: 'IBM MaaS360',
    compliance: 'reported',
    call: 'GET …/device-apis/devices/2.0/search/customer/{billingId} as JSON',
    records: 'devices.device',
    note: 'mdmMailboxDeviceId is what the MDM pushed; either may be empty.',
    mapping: `(
  $os := platformName;
  {
    "id": maas360DeviceID,
    "easIds": [mailboxDeviceId, mdmMailboxDeviceId][$ != ""],
    "user": { "upn": username, "addresses": emailAddress },
    "device": {
      "name": deviceName, "platform": ${PLATFORM}, "os": osName, "osVersion": osVersion,
      "manufacturer": manufacturer, "model": model, "serial": platformSerialNumber, "imeis": $string(imeiEsn)
    },
    "managed": maas360ManagedStatus = "Enrolled" or maas360ManagedStatus = "Activated",
    "removal": $contains(selectiveWipeStatus & "", /^pending$/i) or maas360ManagedStatus = "Pending Control Removal" ? "retire",
    "compliance": $lowercase(policyComplianceState & "") = "in compliance" and $lowercase(appComplianceState & "") != "out of compliance" ? "compliant"
      : $contains($lowercase(policyComplianceState & " " & appComplianceState), "out of compliance") ? "noncompliant" : "unknown",
    "complianceReason": policyComplianceState,
    "enrolledAt": installedDate, "lastSeenAt": lastReported
  }
)`,
  },
  {
    id: 'manageengine',
    label: 'ManageEngine MDM',
    compliance: 'managed-is-enough',
    call: 'GET …/api/v1/mdm/devices',
    records: 'devices',
    note: 'No compliance in this list: managed is enough. %easid% can be used in pushed profiles so that the phone takes the known ID.',
    mapping: `(
  $os := platform_type;
  {
    "id": $string(device_id),
    "easIds": eas_device_identifier,
    "user": { "id": user.user_id ? $string(user.user_id), "upn": user.user_name, "addresses": user.user_email },
    "device": {
      "name": device_name, "platform": ${PLATFORM}, "os": $os, "osVersion": os_version,
      "manufacturer": manufacturer, "model": model, "serial": serial_number, "imeis": imei
    },
    "managed": $not($exists(is_removed)) or is_removed = "false" or is_removed = false,
    "enrolledAt": $type(enrolled_time) = "number" ? $fromMillis(enrolled_time) : enrolled_time,
    "lastSeenAt": $type(last_contact_time) = "number" ? $fromMillis(last_contact_time) : last_contact_time
  }
)`,
  },
  {
    id: 'micromdm',
    label: 'MicroMDM and NanoMDM',
    compliance: 'managed-is-enough',
    call: 'Webhook: a DeviceInformation answer (raw_payload), as JSON',
    records: '$',
    note: 'An answer is one device and would pass for the whole list: keep the answers, and send all as one array. The EAS ID is there only if the DeviceInformation command asked for EASDeviceIdentifier. These servers know no user: add one as upn. They know no compliance: managed is enough.',
    mapping: `{
  "id": UDID,
  "easIds": QueryResponses.EASDeviceIdentifier,
  "user": { "upn": upn },
  "device": {
    "name": QueryResponses.DeviceName, "platform": "ios", "osVersion": QueryResponses.OSVersion,
    "manufacturer": "Apple", "model": QueryResponses.ProductName,
    "serial": QueryResponses.SerialNumber, "imeis": QueryResponses.IMEI
  },
  "managed": true
}`,
  },
  {
    id: 'workspace-one',
    label: 'Workspace ONE UEM',
    compliance: 'reported',
    call: 'GET …/api/mdm/devices/search?page=0&pagesize=500',
    records: 'Devices',
    note: 'EasIds is a list; older versions have EasId.',
    mapping: `(
  $os := Platform;
  {
    "id": $exists(Uuid) ? Uuid : $string(Id.Value),
    "easIds": [EasIds.EasId, EasId],
    "user": { "id": UserId.Uuid, "upn": UserName, "addresses": UserEmailAddress },
    "device": {
      "name": DeviceFriendlyName, "platform": ${PLATFORM}, "os": Platform, "osVersion": OperatingSystem,
      "model": Model, "serial": SerialNumber, "imeis": Imei
    },
    "managed": EnrollmentStatus = "Enrolled",
    "removal": EnrollmentStatus = "DeviceWipePending" ? "wipe" : EnrollmentStatus = "EnterpriseWipePending" ? "retire",
    "compliance": ComplianceStatus = "Compliant" ? "compliant" : ComplianceStatus = "NonCompliant" ? "noncompliant" : "unknown",
    "complianceReason": ComplianceStatus,
    "enrolledAt": LastEnrolledOn, "lastSeenAt": LastSeen
  }
)`,
  },
];
