/* "Check": what is missing before a sync, with the settings in the dialog. */
import { ask, showFailure } from './answers.js';
import { inDialog } from './in-dialog.js';

/* What is said of one thing that was looked at (PreflightStep of the runtime). @param t a text of access-switch.checked */
export function stepTexts({ step, about, verdict, text, code }, t) {
  return {
    head: about ? t('step.' + step) + ' · ' + about : t('step.' + step),
    verdict: t('verdict.' + verdict),
    text: code ? text + ' (' + code + ')' : text,
  };
}

function showSteps(node, target, { verdict, steps }) {
  const t = (key, values) => node._('access-switch.checked.' + key, values);
  target.empty().append(
    $('<p class="eas-verdict">')
      .addClass('eas-verdict-' + verdict)
      .text(t('all.' + verdict)),
  );
  target.append($('<dl class="eas-steps">').append(steps.flatMap((step) => line(step, t))));
}

function line(step, t) {
  const { head, verdict, text } = stepTexts(step, t);
  return [
    $('<dt>').append(
      $('<span>')
        .addClass('eas-verdict-' + step.verdict)
        .text(verdict),
    ),
    $('<dd>').append($('<b>').text(head), $('<div>').text(text)),
  ];
}

/* Makes the tab's button check what the dialog holds. @param editor reads the rules */
export function openPreflight(node, editor) {
  const target = $('#access-switch-checked');
  const button = $('#access-switch-check').on('click', () => {
    button.prop('disabled', true);
    target.text(node._('access-switch.word.loading'));
    ask('access-switch/preflight', inDialog(node, editor))
      .done((answer) => showSteps(node, target, answer))
      .fail((answer) => showFailure(node, target, answer))
      .always(() => button.prop('disabled', false));
  });
}
