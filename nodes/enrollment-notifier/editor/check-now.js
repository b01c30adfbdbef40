/* "Test": what a mail needs, with what is entered; on request with a mail to the account itself. */
import { openTest } from '../../editor/entered-check.js';

/* Makes the button test. What the runtime found has its words in the catalogue. */
export function openCheck(node) {
  const t = (key) => node._('enrollment-notifier.checked.' + key);
  const inWords = (branch) => ({
    ...branch,
    word: t('verdict.' + branch.verdict),
    title: t(branch.step ? 'step.' + branch.step : 'all.' + branch.verdict),
    children: branch.children.map(inWords),
  });
  openTest(node, () => ({ ownMail: $('#enrollment-notifier-own-mail').prop('checked') }), inWords);
}
