/** MDM sources that tell the EAS IDs of iPhones and iPads: one of theirs without EAS ID has no mail account yet, or another one. Pure. */
import type { MdmReading } from '../../store/mdm-readings.ts';

/*
 *   of the iOS records of its last whole reading    the source
 *   half or more have an EAS ID                     tells them
 *   fewer, there are none, or they were not         does not
 *   counted (a reading of an older version)
 */

/** Scopes, in order. */
export function idTellers(mdm: readonly MdmReading[]): string[] {
  return mdm.flatMap(({ scope, snapshot }) => {
    const ios = snapshot?.content?.ios;
    return ios !== undefined && ios.records > 0 && ios.easIds * 2 >= ios.records ? [scope] : [];
  });
}
