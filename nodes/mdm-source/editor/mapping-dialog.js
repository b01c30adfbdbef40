/* The mapping of another MDM: a preset's, shown, or an own one, to edit; beside it what it makes of a sample. */
import { keepSavedChoices } from '../../editor/dialog.js';
import { openPreview } from './mapping-preview.js';

let open = null;

/* A mapping that was written on the one line of Node-RED's typed input has tabs for its line ends. */
export function linesOf(mapping) {
  const text = String(mapping || '');
  return text.indexOf('\n') < 0 ? text.replace(/\t/g, '\n') : text;
}

/* What is said of a preset: how its records are had, and what to know of them. @param t a text of mdm-source.hint */
export function presetNote({ call, records, note }, t) {
  const list = records === '$' ? '' : t('records', { records });
  return [call + '.', list, note].filter(Boolean).join(' ');
}

/*
 * Draws the editor and the preview into the open dialog.
 *
 *   chosen     before                  the editor shows
 *   a preset   the own mapping         the preset's, to copy from, and not to edit; the own one is kept aside
 *   a preset   another preset          the preset's; what is kept aside stays there
 *   the own    a preset                what is kept aside; the preset's, to begin with, if that is nothing
 */
export function openMapping(node) {
  const [input, preset, compliance] = ['mapping', 'preset', 'compliance'].map((name) => $('#node-input-' + name));
  const editor = RED.editor.createEditor({
    id: 'mdm-source-mapping-editor',
    mode: 'ace/mode/jsonata',
    minimap: { enabled: false },
    value: linesOf(input.val()),
  });
  const preview = openPreview(node);
  const box = $('#mdm-source-mapping-editor');
  const expand = $('#mdm-source-mapping-expand').on('click', () => {
    RED.editor.editExpression({ value: editor.getValue(), complete: (mapping) => editor.setValue(mapping, -1) });
  });
  // The field that is saved and checked; the editor only shows it.
  const mark = () => box.toggleClass('eas-wrong', input.hasClass('input-error'));
  editor.getSession().on('change', () => {
    input.val(editor.getValue()).trigger('change');
    mark();
    preview.later();
  });
  input.on('change', mark);
  mark();
  $('#node-input-provider').on('change', () => {
    if (editor.resize) editor.resize();
    preview.later();
  });
  let aside = '';
  let wasOwn = preset.val() === '';
  const tell = (presets) => {
    const chosen = presets.find(({ id }) => id === preset.val());
    const texts = chosen ? chosen.follows[compliance.val()] || [] : [];
    $('#mdm-source-preset-note')
      .toggle(Boolean(chosen))
      .text(chosen ? presetNote(chosen, (key, values) => node._('mdm-source.hint.' + key, values)) : '');
    $('#mdm-source-follows')
      .empty()
      .append(texts.map((text) => $('<li>').text(text)));
    const isOwn = preset.val() === '';
    if (wasOwn && !isOwn) aside = editor.getValue();
    const mapping = chosen ? chosen.mapping : isOwn && !wasOwn && aside.trim() !== '' ? aside : null;
    wasOwn = isOwn;
    if (mapping !== null && editor.getValue() !== mapping) editor.setValue(mapping, -1);
    editor.setReadOnly(Boolean(chosen));
    expand.toggle(!chosen);
    preview.later();
  };
  // Until the list is there, the saved choice stands for itself.
  $.getJSON('mdm-source/presets', { language: RED.i18n.lang() }).done((presets) => {
    preset.find('option[value!=""]').remove();
    presets.forEach(({ id, label }) => preset.append($('<option>').val(id).text(label)));
    keepSavedChoices(node, '#node-input-', preset.parent());
    preset.add(compliance).on('change', () => tell(presets));
    tell(presets);
  });
  open = { editor, preview };
}

/* The editor is Node-RED's, and ends with the dialog. */
export function closeMapping() {
  if (open === null) return;
  open.preview.close();
  open.editor.destroy();
  open = null;
}
