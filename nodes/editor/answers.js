/* Asking the runtime, and words for what it does not answer. */

/* What the runtime says in sentences, it may say in the editor's language. */
export function ask(path, body) {
  const data = JSON.stringify({ ...body, language: RED.i18n.lang() });
  return $.ajax({ url: path, method: 'POST', contentType: 'application/json', data });
}

/* What is wrong, in words: the runtime's own, else why there are none. */
export function failureText(node, { status, responseJSON }) {
  if (responseJSON && responseJSON.error) return responseJSON.error.text;
  const why = status === 401 || status === 403 ? 'permission' : 'unreachable';
  return node._('shared.answer.' + why, { status });
}

export function showFailure(node, target, answer) {
  target.empty().append($('<div class="eas-problem">').text(failureText(node, answer)));
}

export function localTime(iso) {
  return iso ? new Date(iso).toLocaleString() : '–';
}

export function hint(text) {
  return $('<p class="eas-hint">').text(text);
}

export function problemLine(text) {
  return $('<div class="eas-problem">').text(text);
}

/* What a rule does, in the color of what it does. */
export function actionWord(node, action) {
  return $('<span>')
    .addClass('eas-action-' + action)
    .text(node._('access-switch.action.' + action));
}
