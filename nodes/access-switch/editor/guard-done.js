/*
 * Something is asked before the dialog is saved. Node-RED has no way to keep a dialog open: what saves it is a press of "Done",
 * the keys for it, which press that button, and a press beside the dialog. So another button stands in place of "Done", under
 * its id, and presses the real one.
 */

/*
 * @param field an input of the dialog
 * @param of.isToAsk whether there is anything to ask
 * @param of.ask asks; calls one of its two parameters, or none if the dialog is left meanwhile
 * @returns stop(), when the dialog is left
 */
export function guardDone(field, { isToAsk, ask }) {
  const tray = field.closest('.red-ui-tray');
  const done = tray.find('#node-dialog-ok');
  let isAsking = false;
  const front = done.clone().insertAfter(done);
  done.attr('id', 'access-switch-done').hide();
  const save = () => {
    if (!front.hasClass('disabled')) done.trigger('click');
  };
  const stay = () => {
    isAsking = false;
  };
  const press = () => {
    if (isAsking) return;
    isAsking = isToAsk();
    if (isAsking) ask(save, stay);
    else save();
  };
  front.on('click', press);
  const beside = (event) => {
    const isTop = $('#red-ui-editor-stack > .red-ui-tray').last().is(tray);
    if (event.target.id !== 'red-ui-editor-shade' || !isTop || !isToAsk()) return;
    event.stopImmediatePropagation();
    press();
  };
  document.addEventListener('click', beside, true);
  return { stop: () => document.removeEventListener('click', beside, true) };
}
