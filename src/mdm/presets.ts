/**
 * Mapping presets: how the records of other MDMs become MDM records, as data. Each is a JSONata expression that turns one
 * foreign record into the input of `toMdmRecordFromMapped`; Node-RED evaluates it, an administrator may copy and change it.
 * Fetching the records is a flow of core nodes (http request, change): every MDM has its own address, paging and sign-in. The list
 * goes in as an array, whole or page by page, or an answer as a text, and no Split node is needed.
 */
import { androidManagementApi } from './presets/android-management-api.ts';
import { blackberryUem } from './presets/blackberry-uem.ts';
import { csv } from './presets/csv.ts';
import { googleWorkspace } from './presets/google-workspace.ts';
import { ivantiEpmm } from './presets/ivanti-epmm.ts';
import { jamfPro, jamfProClassic, jamfProSmartGroup } from './presets/jamf-pro.ts';
import { maas360 } from './presets/maas360.ts';
import { manageengine } from './presets/manageengine.ts';
import { micromdm } from './presets/micromdm.ts';
import type { MdmPreset } from './presets/preset.ts';
import { sophosMobile } from './presets/sophos-mobile.ts';
import { sotiMobicontrol } from './presets/soti-mobicontrol.ts';
import { workspaceOne } from './presets/workspace-one.ts';

export type { MdmPreset } from './presets/preset.ts';

/**
 * In alphabetical order of their ids. Field names are those of the vendors' own references; the note of a preset says
 * where they were not seen in a live answer.
 */
export const MDM_PRESETS: readonly MdmPreset[] = [
  androidManagementApi,
  blackberryUem,
  csv,
  googleWorkspace,
  ivantiEpmm,
  jamfPro,
  jamfProClassic,
  jamfProSmartGroup,
  maas360,
  manageengine,
  micromdm,
  sophosMobile,
  sotiMobicontrol,
  workspaceOne,
];
