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
  'brakeCount',
  'brakePerDay',
];

function entered(property) {
  const value = $('#node-input-' + property).val();
  // "Add new…" chooses nothing.
  return value === '_ADD_' ? '' : value;
}

/* @param editor reads the rules */
export function inDialog(node, editor) {
  return {
    ...Object.fromEntries(PROPERTIES.map((property) => [property, entered(property)])),
    id: node.id,
    rules: editor.read(),
    adoptEntries: $('#node-input-adoptEntries').prop('checked'),
  };
}
