/* What the dialog holds at this moment, as the runtime is asked with it: nothing of it need be deployed. */

const PROPERTIES = [
  'server',
  'store',
  'directory',
  'whenMdmAway',
  'startFrom',
  'grandfatherDays',
  'idleDays',
  'tidyDays',
  'removeIdleDays',
  'brakePercent',
];

/* @param editor reads the rules */
export function inDialog(node, editor) {
  return {
    ...Object.fromEntries(PROPERTIES.map((property) => [property, $('#node-input-' + property).val()])),
    id: node.id,
    rules: editor.read(),
    adoptEntries: $('#node-input-adoptEntries').prop('checked'),
  };
}
