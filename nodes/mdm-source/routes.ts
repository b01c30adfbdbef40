/**
 * What the dialog asks the runtime: the presets, with what follows of what their MDMs cannot tell, and what a mapping makes of a
 * sample. The latter runs what was typed, and shows records of users: it needs the right to write flows.
 */
import { editorLanguage, inLanguage } from '../../src/connector/sentences/in-language.ts';
import { PRESET_NOTES_DE, PRESET_WORDS_DE } from '../../src/mdm/presets-de.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import type { MdmPreset } from '../../src/mdm/presets.ts';
import { followingsOf } from '../../src/mdm/tells.ts';
import { COMPLIANCE_SETTINGS } from '../../src/mdm/told-compliance.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import type { RED, WebRequest } from '../red.ts';
import { previewMapping } from './preview.ts';

/** Offers the routes; once for the runtime, not for each node. */
export function registerRoutes(RED: RED): void {
  const routes = adminRoutes(RED);
  routes.get('/mdm-source/presets', 'mdm-source.read', offerPresets);
  routes.post('/mdm-source/preview', 'flows.write', (request) => previewMapping(RED, bodyOf(request)));
}

/** The dialog shows the mapping of the chosen one, and what follows by what is chosen for *Compliance*. */
function offerPresets({ query }: Pick<WebRequest, 'query'>): unknown {
  const language = editorLanguage(query['language']);
  return MDM_PRESETS.map((preset) => {
    const { id, mapping, records, compliance } = preset;
    const { label, call, note } = language === 'de' ? inGerman(preset) : preset;
    const follows = COMPLIANCE_SETTINGS.map((setting) => [
      setting,
      followingsOf(preset, setting).map(({ text }) => inLanguage(text, language)),
    ]);
    return { id, label, mapping, records, call, note, compliance, follows: Object.fromEntries(follows) };
  });
}

function inGerman({ id, label, call, note }: MdmPreset): Pick<MdmPreset, 'label' | 'call' | 'note'> {
  return { label, call, ...PRESET_WORDS_DE[id], note: PRESET_NOTES_DE[id] ?? note };
}
