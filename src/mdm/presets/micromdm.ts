import type { MdmPreset } from './preset.ts';

/** Of a plist in XML: the text of a key. */
const plist = (key: string): string =>
  String.raw`$match($plist, /<key>${key}<\/key>\s*<string>([^<]*)<\/string>/)[0].groups[0]`;

/**
 * Fields: https://github.com/micromdm/micromdm/blob/main/docs/user-guide/api-and-webhooks.md and
 * https://developer.apple.com/documentation/devicemanagement/device-information-command. NanoMDM sends MicroMDM's webhooks.
 * The id is the webhook's own `udid`, which the server took from the device's certificate; the plist is what the device says.
 */
export const micromdm: MdmPreset = {
  id: 'micromdm',
  label: 'MicroMDM and NanoMDM',
  compliance: 'managed-is-enough',
  call: 'Webhook mdm.Connect with the answer to a DeviceInformation command, as it comes (raw_payload), or that answer as JSON',
  records: '$',
  note: 'A webhook is one device and would pass for the whole list: keep the newest answer of each device, and send all as one array. Other webhooks are refused (they have no QueryResponses), but mdm.CheckOut, by which a device leaves. The EAS ID is there only if the DeviceInformation command asked for EASDeviceIdentifier. These servers know no user: add one as upn. They know no compliance: managed is enough.',
  mapping: `(
  $event := acknowledge_event ? acknowledge_event : checkin_event;
  $plist := acknowledge_event.raw_payload ? $base64decode($replace(acknowledge_event.raw_payload, /\\s/, "")) : "";
  $hasLeft := topic = "mdm.CheckOut";
  $answers := $exists(QueryResponses) or $contains($plist, "<key>QueryResponses</key>");
  $name := $event ? ${plist('DeviceName')} : QueryResponses.DeviceName;
  {
    "id": $hasLeft or $answers ? ($event ? $event.udid : UDID),
    "easIds": $event ? ${plist('EASDeviceIdentifier')} : QueryResponses.EASDeviceIdentifier,
    "user": { "upn": upn },
    "device": {
      "name": $name ? ($contains($name, /[&\\x80-\\xff]/) and $exists($event) ? null : $name),
      "platform": "ios", "osVersion": $event ? ${plist('OSVersion')} : QueryResponses.OSVersion,
      "manufacturer": "Apple", "model": $event ? ${plist('ProductName')} : QueryResponses.ProductName,
      "serial": $event ? ${plist('SerialNumber')} : QueryResponses.SerialNumber,
      "imeis": $event ? ${plist('IMEI')} : QueryResponses.IMEI
    },
    "managed": $not($hasLeft),
    "lastSeenAt": created_at
  }
)`,
};
