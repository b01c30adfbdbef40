/** What the dialog asks the runtime: the presets, with what follows of what their MDMs cannot tell. */
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { followingsOf } from '../../src/mdm/tells.ts';
import { COMPLIANCE_SETTINGS } from '../../src/mdm/told-compliance.ts';
import { adminRoutes } from '../admin-routes.ts';
import type { RED } from '../red.ts';

/** Offers the routes; once for the runtime, not for each node. */
export function registerRoutes(RED: RED): void {
  adminRoutes(RED).get('/mdm-source/presets', 'mdm-source.read', offerPresets);
}

/** The dialog shows the mapping of the chosen one, and what follows by what is chosen for *Compliance*. */
function offerPresets(): unknown {
  return MDM_PRESETS.map((preset) => {
    const { id, label, mapping, records, call, note, compliance } = preset;
    const follows = COMPLIANCE_SETTINGS.map((setting) => [
      setting,
      followingsOf(preset, setting).map(({ text }) => text),
    ]);
    return { id, label, mapping, records, call, note, compliance, follows: Object.fromEntries(follows) };
  });
}
