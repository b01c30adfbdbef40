/* What a mapping makes of a sample, side by side with it, made anew by the runtime as the mapping is typed. */
import { ask, failureText, hint, localTime, problemLine } from '../../editor/answers.js';

/* How long after the last key it is made anew, and how many characters of a sample are sent. */
const PAUSE_MS = 500;
const MOST_PASTED = 262144;

const NEEDED = ['easId', 'user', 'serial', 'compliance'];

/* What is said above the records, as texts and as [text, is it less than all]. @param t a text of mdm-source.preview */
export function sampleTexts({ sample, has, records }, t) {
  if (!sample) return { head: t('none'), hints: [], needed: [] };
  const { at, total, takenFrom, listIn } = sample;
  const shown = records.length;
  const from = at ? t('came', { at: localTime(at) }) : '';
  return {
    head: [t('shown', { shown, total }), from].filter(Boolean).join(' '),
    hints: [
      ...(shown === 0 && total > 0 ? [t('tooLargeToKeep')] : []),
      ...(takenFrom ? [t('takenFrom', { records: takenFrom })] : []),
      ...(listIn ? [t('listIn', { property: listIn })] : []),
    ],
    needed:
      shown === 0
        ? []
        : NEEDED.map((what) => [t('has', { what: t('needed.' + what), count: has[what], shown }), has[what] < shown]),
  };
}

/* Shows the preview; `later` makes it anew. */
export function openPreview(node) {
  const [from, pasted, problem, target] = ['from', 'pasted', 'problem', 'shown'].map((name) =>
    $('#mdm-source-preview-' + name),
  );
  const t = (key, values) => node._('mdm-source.preview.' + key, values);
  let timer = null;
  let asked = 0;

  const show = () => {
    if ($('#node-input-provider').val() !== 'mapping') return;
    const number = (asked += 1);
    const say = (text) => {
      problem.text(text);
      target.css('opacity', text === '' ? 1 : 0.4);
    };
    const isPasted = from.val() === 'pasted';
    if (isPasted && pasted.val().length > MOST_PASTED) return say(t('tooLarge', { most: MOST_PASTED }));
    const fields = ['preset', 'mapping', 'compliance'].map((name) => [name, $('#node-input-' + name).val()]);
    const sample = isPasted ? { from: 'pasted', text: pasted.val() } : { from: 'last' };
    ask('mdm-source/preview', { ...Object.fromEntries(fields), id: node.id, ...sample })
      .done((preview) => {
        if (number !== asked) return;
        say('');
        draw(target, preview, t);
      })
      .fail((answer) => {
        if (number === asked) say(failureText(node, answer));
      });
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  };

  from.on('change', () => {
    pasted.toggle(from.val() === 'pasted');
    later();
  });
  pasted.on('input', later);
  $('#mdm-source-preview-again').on('click', show);
  return {
    later,
    close() {
      clearTimeout(timer);
      asked += 1;
    },
  };
}

/* Every text is set as text: the records are foreign. */
function draw(target, preview, t) {
  const { head, hints, needed } = sampleTexts(preview, t);
  const list = $('<ul class="eas-needed">').append(
    needed.map(([text, isLess]) => $('<li>').toggleClass('eas-mark-missing', isLess).text(text)),
  );
  const records = preview.records.map((record, index) => card(record, index + 1, t));
  target.empty().append(hint(head), hints.map(problemLine), needed.length > 0 ? list : [], records);
}

function card({ foreign, fields, problems }, number, t) {
  const ours = $('<dl>');
  for (const { field, value, mark } of fields) {
    const text = $('<dd>').text(value);
    if (mark)
      text.append(
        value ? ' ' : '',
        $('<span>')
          .addClass('eas-mark-' + mark)
          .text(t('mark.' + mark)),
      );
    ours.append($('<dt>').text(field), text);
  }
  return $('<div class="eas-card eas-mapped">').append(
    $('<b>').text(t('record', { number })),
    problems.map(problemLine),
    $('<div class="eas-sides">').append(
      $('<div>').append($('<small>').text(t('foreign')), $('<pre tabindex="0">').text(foreign)),
      $('<div>').append($('<small>').text(t('ours')), ours),
    ),
  );
}
