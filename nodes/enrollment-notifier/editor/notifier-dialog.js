/* The notifier's dialog: what it sends with, and what it sends. `this` is the node. */
import { prepareDialog } from '../../editor/dialog.js';
import { closeTest } from '../../editor/entered-check.js';
import { openPicture } from '../../editor/picture.js';
import { openTabs } from '../../editor/tabs.js';
import { openCheck } from './check-now.js';
import { openPreview } from './preview.js';

/* Tabs of the open dialog; one node is edited at a time. */
let notifierTabs = null;

export function openNotifier() {
  prepareDialog(this);
  openPicture(this, 'logo');
  openPreview(this);
  openCheck(this);
  notifierTabs = openTabs(this, ['sending', 'mail']);
}

export function resizeNotifier() {
  if (notifierTabs) notifierTabs.resize();
}

export function leaveNotifier() {
  closeTest();
  notifierTabs = null;
}
