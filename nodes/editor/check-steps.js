/* What a check found, step by step: of the access switch, and of the notifier. */

/* What is said of one thing that was looked at (CheckStep of the runtime). @param t a text of the node's "checked" */
export function stepTexts({ step, about, verdict, text, code }, t) {
  return {
    head: about ? t('step.' + step) + ' · ' + about : t('step.' + step),
    verdict: t('verdict.' + verdict),
    text: code ? text + ' (' + code + ')' : text,
  };
}

/* Shows them; the worst first, as one sentence. */
export function showSteps(target, { verdict, steps }, t) {
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
