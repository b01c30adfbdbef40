/* The mail as its owner would get it, with what the dialog holds: every kind and language, made by the runtime. */
import { ask, failureText } from '../../editor/answers.js';

/* How long after the last key it is made anew. */
const PAUSE_MS = 400;

/* Shows the preview, and keeps it as the fields are. */
export function openPreview(node) {
  const [kind, language, frame] = ['kind', 'language', 'frame'].map((name) =>
    $('#enrollment-notifier-preview-' + name),
  );
  const [subject, problem] = ['subject', 'problem'].map((name) => $('#enrollment-notifier-preview-' + name));
  const form = kind.closest('form');
  let timer = null;
  let asked = 0;

  const inDialog = () =>
    Object.fromEntries(Object.keys(node._def.defaults).map((name) => [name, $('#node-input-' + name).val()]));
  const show = () => {
    const number = (asked += 1);
    const body = { definition: inDialog(), kind: kind.val(), mailLanguage: language.val() };
    ask('enrollment-notifier/preview', body)
      .done((mail) => {
        if (number !== asked) return;
        subject.text(mail.subject);
        // A frame without any right: nothing in it runs, and by the policy in it nothing is loaded.
        frame.attr('srcdoc', mail.html).css('opacity', 1);
        problem.text('');
      })
      .fail((answer) => {
        if (number !== asked) return;
        problem.text(failureText(node, answer));
        frame.css('opacity', 0.4);
      });
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  };

  // The language of the mail is the notifier's, until another one is looked at.
  const own = String($('#node-input-language').val() || 'en');
  const known = language
    .find('option')
    .get()
    .map((option) => option.value);
  if (known.indexOf(own) < 0) language.append($('<option>').val(own).text(own));
  language.val(own);
  form.on('input change', ':input', later);
  show();
}
