/* Before "Enforce": a checklist below the mode, and one question before the dialog is saved with it. */
import { ask, failureText, showFailure } from '../../editor/answers.js';
import { askOnce } from '../../editor/ask-once.js';
import { guardDone } from './guard-done.js';
import { inDialog } from './in-dialog.js';

/* How a state looks, in the classes of check-steps.css. */
const STATE_LOOKS = { ok: 'ready', warn: 'unknown', unknown: 'unknown', no: 'failed' };

/* What is said of one line (ToldLine of the runtime). */
function readinessTexts({ about, title, seen, remedy }) {
  return { head: about ? title + ' · ' + about : title, text: seen.text, remedy };
}

/*
 *   mode in the dialog   mode as it was   the list                  "Done"
 *   simulate             any              when it is asked for      saves
 *   enforce              enforce          is shown                  saves
 *   enforce              another          is shown                  asks once, with the number; "Cancel" leaves the dialog
 *                                                                   open in the mode as it was
 */

/* @param editor reads the rules. @returns stops it */
export function openReadiness(node, editor) {
  const t = (key, values) => node._('access-switch.readiness.' + key, values);
  const before = node.mode || 'simulate';
  const mode = $('#node-input-mode');
  const list = $('#access-switch-readiness-list');
  const button = $('#access-switch-readiness-look');
  let turn = 0;
  const look = () => ask('access-switch/readiness', inDialog(node, editor));
  const load = () => {
    const own = (turn += 1);
    const isStill = () => own === turn;
    if (list.children().length === 0) list.text(node._('access-switch.word.loading'));
    button.text(t('again'));
    look()
      .done((answer) => isStill() && showReadiness(list, answer, t, confirm))
      .fail((answer) => isStill() && showFailure(node, list, answer));
  };
  const confirm = ({ address, text }) =>
    askOnce(text, { cancel: t('cancel'), yes: t('yes') }, () => {
      ask('access-switch/confirm-link', { store: $('#node-input-store').val(), address })
        .done(load)
        .fail((answer) => showFailure(node, list, answer));
    });
  const forget = () => {
    turn += 1;
    list.empty();
    button.text(t('look'));
  };
  button.on('click', load);
  mode.on('change', () => (mode.val() === 'enforce' ? load() : forget()));
  forget();
  if (mode.val() === 'enforce') load();

  let notice = null;
  const guard = guardDone(mode, {
    isToAsk: () => mode.val() === 'enforce' && before !== 'enforce',
    ask: (goOn, stay) => {
      const question = (text) => {
        notice = askOnce(text, { cancel: t('cancel'), yes: t('enforce') }, goOn, () => {
          mode.val(before).trigger('change').trigger('focus');
          stay();
        });
      };
      look()
        .done((answer) => question(answer.question))
        .fail((answer) => question(t('unknown', { why: failureText(node, answer) })));
    },
  });
  return () => {
    turn += 1;
    guard.stop();
    if (notice) notice.close();
  };
}

function showReadiness(list, { state, text, lines }, t, confirm) {
  const head = $('<p class="eas-verdict">')
    .addClass('eas-verdict-' + STATE_LOOKS[state])
    .text(text);
  list
    .empty()
    .append(head, $('<dl class="eas-steps">').append(lines.flatMap((line) => readinessLine(line, t, confirm))));
}

function readinessLine(line, t, confirm) {
  const { head, text, remedy } = readinessTexts(line);
  const what = $('<dd>')
    .addClass('eas-line-' + line.state)
    .append($('<b>').text(head), ' ', $('<div>').text(text));
  if (remedy) what.append($('<div class="eas-remedy">').text(remedy));
  if (line.confirm)
    $('<button type="button" class="red-ui-button red-ui-button-small">')
      .text(t('confirm'))
      .on('click', () => confirm(line.confirm))
      .appendTo(what);
  const state = $('<span>')
    .addClass('eas-verdict-' + STATE_LOOKS[line.state])
    .text(t('state.' + line.state));
  return [$('<dt>').append(state), what];
}
