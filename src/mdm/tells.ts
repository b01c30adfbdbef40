/**
 * What other MDMs can tell of a device, and what follows of what they cannot: said in the dialog while a preset is chosen, and in
 * the report of a dry run. Pure. What each one tells is by the published answers that its preset is made from.
 */
import { TELLING_SAYINGS_EN } from '../model/telling-sayings.ts';
import type { TellingSaying } from '../model/telling-sayings.ts';
import { isManagedEnough } from './told-compliance.ts';
import type { ComplianceSetting } from './told-compliance.ts';
import type { MdmPreset } from './presets.ts';

/** `some`: of some devices, or only if the flow or the MDM is set up for it. */
export type Telling = 'yes' | 'some' | 'no';

/** What an MDM tells of its devices that merging and deciding go by. */
export interface MdmTells {
  readonly easId: Telling;
  readonly compliance: Telling;
  /** A name that Exchange knows as well: an id of the MDM's own is none. */
  readonly user: Telling;
  readonly serial: Telling;
}

/** By the preset's id. */
export const MDM_TELLS: Readonly<Record<string, MdmTells>> = {
  'android-management-api': { easId: 'no', compliance: 'yes', user: 'no', serial: 'yes' },
  'blackberry-uem': { easId: 'yes', compliance: 'some', user: 'some', serial: 'yes' },
  csv: { easId: 'some', compliance: 'some', user: 'some', serial: 'some' },
  'google-workspace': { easId: 'some', compliance: 'yes', user: 'yes', serial: 'yes' },
  'ivanti-epmm': { easId: 'some', compliance: 'yes', user: 'yes', serial: 'yes' },
  'jamf-pro': { easId: 'yes', compliance: 'no', user: 'yes', serial: 'yes' },
  'jamf-pro-classic': { easId: 'yes', compliance: 'no', user: 'yes', serial: 'yes' },
  'jamf-pro-smart-group': { easId: 'yes', compliance: 'no', user: 'some', serial: 'yes' },
  maas360: { easId: 'some', compliance: 'yes', user: 'yes', serial: 'yes' },
  manageengine: { easId: 'some', compliance: 'no', user: 'yes', serial: 'yes' },
  micromdm: { easId: 'some', compliance: 'no', user: 'no', serial: 'yes' },
  'sophos-mobile': { easId: 'no', compliance: 'yes', user: 'yes', serial: 'no' },
  'soti-mobicontrol': { easId: 'no', compliance: 'yes', user: 'some', serial: 'yes' },
  'workspace-one': { easId: 'some', compliance: 'yes', user: 'yes', serial: 'yes' },
};

/** What follows of something that an MDM cannot tell. */
export interface Following {
  readonly code: TellingSaying;
  readonly text: string;
}

/*
 *   tells           compliance, and managed is enough   compliance, and it is not    EAS ID         user         serial number
 *   yes             –                                   –                            –              –            –
 *   some            some-managed-is-enough              some-compliance-unknown      some-eas-ids   some-users   some-serials
 *   no              managed-is-enough                   compliance-unknown           no-eas-id      no-user      no-serial
 */
const FOLLOWS = {
  enough: { yes: null, some: 'some-managed-is-enough', no: 'managed-is-enough' },
  reported: { yes: null, some: 'some-compliance-unknown', no: 'compliance-unknown' },
  easId: { yes: null, some: 'some-eas-ids', no: 'no-eas-id' },
  user: { yes: null, some: 'some-users', no: 'no-user' },
  serial: { yes: null, some: 'some-serials', no: 'no-serial' },
} as const satisfies Record<string, Record<Telling, Following['code'] | null>>;

/** What follows for a source, the most important first; empty for a mapping of its own: nobody knows what that tells. */
export function followingsOf(
  preset: Pick<MdmPreset, 'id' | 'compliance'> | null,
  setting: ComplianceSetting,
): Following[] {
  const tells = preset !== null && Object.hasOwn(MDM_TELLS, preset.id) ? MDM_TELLS[preset.id] : undefined;
  if (tells === undefined) return [];
  const compliance = isManagedEnough(setting, preset) ? FOLLOWS.enough : FOLLOWS.reported;
  return [
    FOLLOWS.easId[tells.easId],
    compliance[tells.compliance],
    FOLLOWS.user[tells.user],
    FOLLOWS.serial[tells.serial],
  ].flatMap((code) => (code === null ? [] : [{ code, text: TELLING_SAYINGS_EN[code] }]));
}
