/*
 * What a dialog's fields hold now, for a test before it is deployed: { fields, credentials }. A secret that was not touched is
 * `__PWRD__`, as Node-RED's editor names one that it does not have; the runtime puts in the stored one.
 */
export function enteredValues(node) {
  const prefix = node._def.category === 'config' ? '#node-config-input-' : '#node-input-';
  const valuesOf = (properties) => {
    const values = {};
    Object.keys(properties || {}).forEach((property) => {
      const input = $(prefix + property);
      const value = input.is(':checkbox') ? String(input.prop('checked')) : input.val();
      // "Add new…" chooses nothing.
      if (typeof value === 'string') values[property] = value === '_ADD_' ? '' : value;
    });
    return values;
  };
  return { id: node.id, fields: valuesOf(node._def.defaults), credentials: valuesOf(node._def.credentials) };
}
