/* The dialog of the mail account: its test may send a mail. `this` is the node. */
import { prepareDialog } from '../../editor/dialog.js';
import { openTest } from '../../editor/entered-check.js';

export function openMailAccount() {
  prepareDialog(this);
  openTest(this, () => ({ sendTo: String($('#mail-account-test-to').val()).trim() }));
}
