/* The access switch's dialog: five tabs, opened and left together. `this` is the node. */
import { prepareDialog } from '../../editor/dialog.js';
import { failureText } from '../../editor/answers.js';
import { openTabs } from '../../editor/tabs.js';
import { loadSimulation } from './last-simulation.js';
import { openPreflight } from './preflight.js';
import { openReadiness } from './readiness.js';
import { openRules } from './rules-editor.js';
import { openTryIt } from './try-it.js';

const TABS = ['settings', 'rules', 'try', 'check', 'simulation'];

/* What the open dialog works with; one node is edited at a time. */
let dialog = null;

export function openSwitch() {
  prepareDialog(this);
  $('#node-input-startFrom')
    .on('change', function () {
      $('#access-switch-days').toggle($(this).val() === 'grandfather');
    })
    .trigger('change');
  const tabs = openTabs(this, TABS, (name) => {
    if (name === 'simulation') loadSimulation(this);
  });
  const open = { tabs, editor: null, stopReadiness: null };
  dialog = open;
  // Until the rules are shown those count that were saved.
  const rules = { read: () => (open.editor ? open.editor.read() : this.rules || []) };
  open.stopReadiness = openReadiness(this, rules);
  $.getJSON('access-switch/rules', { language: RED.i18n.lang() })
    .done(({ defaults }) => {
      if (dialog !== open) return;
      open.editor = openRules(this, defaults);
      openTryIt(this, open.editor);
      openPreflight(this, open.editor);
    })
    .fail((answer) => $('#access-switch-rules-problem').text(failureText(this, answer)));
}

export function saveSwitch() {
  if (dialog && dialog.editor) this.rules = dialog.editor.toSave();
  leaveSwitch();
}

export function leaveSwitch() {
  if (dialog) dialog.stopReadiness();
  if (dialog && dialog.editor) dialog.editor.stop();
  dialog = null;
}

export function resizeSwitch() {
  if (dialog) dialog.tabs.resize();
}
