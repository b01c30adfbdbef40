/* A question above the editor, with two answers. */

/*
 * Asks; what is asked is text, whatever it holds. The focus is on the answer that changes nothing, and goes back afterwards.
 * @param words of the two buttons: cancel, yes
 * @returns close(): nobody need answer any more
 */
export function askOnce(text, words, onYes, onCancel) {
  const focused = document.activeElement;
  const answer = (then) => () => {
    notice.close();
    $(focused).trigger('focus');
    if (then) then();
  };
  const notice = RED.notify($('<p>').text(text), {
    modal: true,
    fixed: true,
    type: 'warning',
    buttons: [
      { text: words.cancel, class: 'eas-cancel', click: answer(onCancel) },
      { text: words.yes, class: 'primary eas-yes', click: answer(onYes) },
    ],
  });
  setTimeout(() => $(notice).find('.eas-cancel').trigger('focus'), 0);
  return notice;
}
