/*
 * What a dialog's fields hold now, for a test before it is deployed: { fields, credentials }. A secret that was not touched is
 * `__PWRD__`, as Node-RED's editor names one that it does not have; the runtime puts in the stored one. Where a field asks for a
 * variable, what the editor has of the groups and the flow that the node will be in goes with them.
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
  const [fields, credentials] = [valuesOf(node._def.defaults), valuesOf(node._def.credentials)];
  const asks = [...Object.values(fields), ...Object.values(credentials)].some((one) => /^\$[{(]\S+[)}]$/.test(one));
  return { id: node.id, fields, credentials, ...(asks ? { environment: environmentOf(node) } : {}) };
}

/* The variables of the groups around a node, the innermost first, of its flow or subflow, and of all flows; of secrets the name. */
function environmentOf(node) {
  const levels = [];
  const add = (of, holder) => {
    if (!holder || !Array.isArray(holder.env)) return;
    const variables = holder.env.map(({ name, type, value }) =>
      type === 'cred' ? { name, type } : { name, type, value: String(value) },
    );
    levels.push({ of, id: of === 'global' ? '' : holder.id, variables });
  };
  for (let group = RED.nodes.group(node.g); group; group = RED.nodes.group(group.g)) add('group', group);
  const scope = scopeOf(node);
  if (scope) add('flow', RED.nodes.workspace(scope) || RED.nodes.subflow(scope));
  RED.nodes.eachConfig((config) => {
    if (config.type === 'global-config') add('global', config);
    return true;
  });
  return levels;
}

/* The flow that a node is in; of a configuration the one that the open dialog has chosen, empty for all. */
function scopeOf(node) {
  const chosen = $('#red-ui-editor-config-scope');
  return node._def.category === 'config' && chosen.length > 0 ? chosen.val() : node.z;
}
