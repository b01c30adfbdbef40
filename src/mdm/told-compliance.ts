/** What becomes of a record of an MDM that tells no compliance. Pure. */
import { MANAGED_IS_ENOUGH } from '../model/managed-is-enough.ts';
import type { Compliance, MdmRecord } from '../model/records.ts';
import type { MdmPreset } from './presets.ts';

/** What the *Compliance* of an MDM source may be; the first is the default. */
export const COMPLIANCE_SETTINGS = ['preset', 'reported', 'managed-is-enough'] as const;
export type ComplianceSetting = (typeof COMPLIANCE_SETTINGS)[number];

/*
 *   setting             mapping                  a managed record is compliant where nothing tells its compliance
 *   managed-is-enough   any                      yes
 *   reported            any                      no
 *   preset              a preset that says so    yes
 *   preset              another one, or its own  no
 *
 * Intune is not mapped: it tells compliance, and the setting is refused there (nodes/fields.ts).
 */

/** @param preset null: the source has a mapping of its own */
export function isManagedEnough(setting: ComplianceSetting, preset: Pick<MdmPreset, 'compliance'> | null): boolean {
  return setting === MANAGED_IS_ENOUGH || (setting === 'preset' && preset?.compliance === MANAGED_IS_ENOUGH);
}

/** What a mapping gave. */
interface Told extends Pick<MdmRecord, 'managed' | 'complianceReason' | 'removal'> {
  /** Null: nothing. */
  readonly compliance: Compliance | null;
}

/*
 *   managed is enough   compliance told   the MDM's word   told to go   managed   compliance   reason
 *   any                 yes               any              any          any       as told      the word
 *   no                  no                any              any          any       unknown      the word
 *   yes                 no                there is one     any          any       unknown      the word: it tells, if only "NotAvailable"
 *   yes                 no                none             yes          any       unknown      none
 *   yes                 no                none             no           no        unknown      none
 *   yes                 no                none             no           yes       compliant    managed-is-enough
 */

/** Compliance of a record and its reason. An `unknown` that the mapping gives is told. */
export function complianceOf(
  { compliance, complianceReason, managed, removal }: Told,
  managedIsEnough: boolean,
): Pick<MdmRecord, 'compliance' | 'complianceReason'> {
  const isTold = compliance !== null || complianceReason !== null;
  if (!managedIsEnough || isTold || (removal ?? null) !== null || !managed)
    return { compliance: compliance ?? 'unknown', complianceReason };
  return { compliance: 'compliant', complianceReason: MANAGED_IS_ENOUGH };
}
