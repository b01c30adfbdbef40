/* "Check now": what a mail needs, looked at by the deployed notifier; on request with a mail to its own account. */
import { ask, hint, showFailure } from '../../editor/answers.js';
import { showSteps } from '../../editor/check-steps.js';

/* Makes the buttons ask the runtime. A node that was not deployed yet, or was changed since, is told so. */
export function openCheck(node) {
  const target = $('#enrollment-notifier-checked');
  const t = (key, values) => node._('enrollment-notifier.checked.' + key, values);
  const buttons = $('#enrollment-notifier-check, #enrollment-notifier-own-mail');
  const check = (ownMail) => {
    buttons.prop('disabled', true);
    target.text(t(ownMail ? 'sending' : 'looking'));
    ask('enrollment-notifier/check', { id: node.id, ownMail })
      .done((answer) => {
        showSteps(target, answer, t);
        if (node.changed) target.prepend(hint(t('asDeployed')));
      })
      .fail((answer) => showFailure(node, target, answer))
      .always(() => buttons.prop('disabled', false));
  };
  $('#enrollment-notifier-check').on('click', () => check(false));
  $('#enrollment-notifier-own-mail').on('click', () => check(true));
}
