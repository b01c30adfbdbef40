/** EAS records that are several partnerships: one EAS ID under several DeviceTypes, as of a phone that was given another's ID. Pure. */
import { recognizeEasClient } from '../model/eas-client.ts';
import type { EasPartnership, EasRecord } from '../model/records.ts';
import { contradicts } from './foreign-id.ts';
import type { MdmIndex } from './mdm-index.ts';

/*
 *   partnerships              with the MDM record that it would merge with                     then
 *   one, or not told          any                                                              merges
 *   several                   none contradicts it in platform, or in model of the same kind    merges
 *   several                   one of them does                                                 hold ambiguous; a pairing settles it:
 *                                                                                              the personal lists cannot tell them apart
 */

/** True for a record that is more than one partnership. */
export function isSeveral({ partnerships }: EasRecord): boolean {
  return partnerships !== undefined && partnerships.length > 1;
}

/** True if one of several partnerships is not the row's device. */
export function isOneOther(record: EasRecord, row: number, mdm: MdmIndex): boolean {
  return (
    isSeveral(record) &&
    record.partnerships!.some((one) =>
      contradicts(mdm, row, recognizeEasClient(asDevice(record, one)).platform, one.model),
    )
  );
}

function asDevice({ device }: EasRecord, { deviceType, model, os, userAgent }: EasPartnership): EasRecord['device'] {
  return { ...device, type: deviceType, model, os, userAgent };
}
