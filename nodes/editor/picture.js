/* A picture that the flow holds itself, as a data: URL: it goes where the flow goes, and needs no file on any host. */
import { isVariable } from './checks.js';

const MAX_KIB = 48;

/* Lets a picture be chosen, shows the one there is, and takes it out again. */
export function openPicture(node, property) {
  const id = '#node-input-' + property;
  const value = $(id);
  const [file, shown, remove, problem] = ['file', 'shown', 'remove', 'problem'].map((name) => $(id + '-' + name));

  const show = () => {
    const text = String(value.val() || '');
    const isShown = /^data:image\/(png|jpeg);base64,/.test(text);
    shown.empty();
    if (isShown) shown.append($('<img alt="">').attr('src', text));
    else if (isVariable(text)) shown.text(node._('shared.picture.ofVariable', { name: text }));
    else shown.text(text.slice(0, 40));
    file.toggle(text === '');
    remove.toggle(text !== '');
  };
  const take = (text) => {
    value.val(text).trigger('change');
    problem.text('');
    show();
  };
  file.on('change', () => {
    const chosen = file[0].files[0];
    if (!chosen) return;
    file.val('');
    if (chosen.size > MAX_KIB * 1024) {
      problem.text(node._('shared.picture.tooLarge', { kib: Math.ceil(chosen.size / 1024) }));
      return;
    }
    readPicture(chosen).then(take, () => problem.text(node._('shared.picture.unreadable')));
  });
  remove.on('click', () => take(''));
  show();
}

/* The file as a data: URL, if the browser can show it. */
async function readPicture(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('error', reject);
    reader.addEventListener('load', () => resolve(reader.result));
    reader.readAsDataURL(file);
  });
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return url;
}
