/**
 * Phones that stay blocked after their enrollment because nobody knows whether they are compliant.
 * In: MDM readings, decisions. Out: what a report says of them. Changes: nothing.
 */
import type { DeviceRecord } from '../../model/records.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

/** An MDM source of which no record tells compliance, as a problem of a report. */
export interface SilentSource {
  readonly code: 'ERR_COMPLIANCE_UNKNOWN';
  readonly text: string;
  readonly details: { readonly source: string };
}

/** Merged devices that are blocked and stay it, as compliance is unknown. */
export interface UnknownComplianceReport {
  readonly count: number;
  readonly text: string;
}

/*
 *   records of the last reading                        its source
 *   none is managed                                    is no problem: the guard looks at the number
 *   one at least tells whether its device is compliant is no problem
 *   some are managed, and not one tells it             is one
 *   not counted (an older version's)                   is no problem until the next reading
 */

/** The sources of which no record tells compliance. */
export function silentSources(readings: readonly MdmReading[]): SilentSource[] {
  return readings.flatMap(({ scope, name, snapshot }) => {
    const counts = Object.values(snapshot?.content ?? {});
    const sum = (field: 'managed' | 'compliance'): number => counts.reduce((all, one) => all + (one[field] ?? 0), 0);
    const managed = sum('managed');
    if (managed === 0 || sum('compliance') > 0) return [];
    const text = sayIn(REPORT_SAYINGS_EN)('no-compliance', { count: managed, name });
    return [{ code: 'ERR_COMPLIANCE_UNKNOWN', text, details: { source: scope } }];
  });
}

/*
 *   device                                         decision   stays blocked for it
 *   merged, compliance unknown, gets no mail now   leave      yes
 *   anything else                                             no
 */

/** True if a device stays without mail because its compliance is unknown. */
export function staysBlocked({ eas, mdm }: DeviceRecord, action: string): boolean {
  if (action !== 'leave' || mdm?.compliance !== 'unknown' || eas === undefined) return false;
  // What we wrote since the last full reading shows in the lists alone.
  const { state, listed } = eas.access;
  return listed === 'blocked' || state === 'blocked' || state === 'quarantined';
}

/** Null: there is none. @param isSimulated nothing of it is written */
export function unknownComplianceReport(count: number, isSimulated: boolean): UnknownComplianceReport | null {
  if (count === 0) return null;
  return { count, text: `${count} merged devices ${isSimulated ? 'would stay' : 'stay'} blocked: compliance unknown.` };
}
