/*
 * "Test" of a dialog: what is entered is tested in the runtime, before it is deployed (nodes/entered-checks.ts). The dialog
 * includes field-report.html and report-tree.css.
 */
import { prepareDialog } from './dialog.js';
import { enteredValues } from './entered-values.js';
import { openReportCheck } from './report-tree.js';

/* Stops the test of the open dialog; one node of a type is edited at a time. */
let stopTest = function () {};

/*
 * Makes the button test.
 * @param more gives what else is sent with the request @param inWords puts a branch into the editor's language
 */
export function openTest(node, more = () => ({}), inWords = (branch) => branch) {
  const body = () => ({ ...enteredValues(node), ...more() });
  stopTest = openReportCheck(node, node.type + '/check', body, inWords);
}

/* For dialogs that have no more than that; `this` is the node. */
export function openTestedDialog() {
  prepareDialog(this);
  openTest(this);
}

/* When the dialog is left, whichever way. */
export function closeTest() {
  stopTest();
}
