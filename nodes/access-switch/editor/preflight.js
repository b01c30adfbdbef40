/* "Check": what is missing before a sync, with the settings in the dialog. */
import { ask, showFailure } from '../../editor/answers.js';
import { showSteps } from '../../editor/check-steps.js';
import { inDialog } from './in-dialog.js';

/* Makes the tab's button check what the dialog holds. @param editor reads the rules */
export function openPreflight(node, editor) {
  const target = $('#access-switch-checked');
  const t = (key, values) => node._('access-switch.checked.' + key, values);
  const button = $('#access-switch-check').on('click', () => {
    button.prop('disabled', true);
    target.text(node._('access-switch.word.loading'));
    ask('access-switch/preflight', inDialog(node, editor))
      .done((answer) => showSteps(target, answer, t))
      .fail((answer) => showFailure(node, target, answer))
      .always(() => button.prop('disabled', false));
  });
}
