/* For dialogs that do no more than the others when they open; `this` is the node. */
export function openDialog() {
  prepareDialog(this);
}

/* What every dialog does when it opens: rows that fit the choices, saved choices kept, names for screen readers. */
export function prepareDialog(node) {
  const prefix = node._def.category === 'config' ? '#node-config-input-' : '#node-input-';
  const form = $(prefix + 'name')
    .closest('form')
    .addClass('eas-dialog');
  showDefaults(node, prefix);
  keepSavedChoices(node, prefix, form);
  form.find('input[inputmode=numeric]').each(function () {
    // What counts while the field is empty.
    $(this).attr('placeholder', node._def.defaults[this.id.slice(prefix.length - 1)].value);
  });
  showRows(form, prefix);
}

/* What a flow of an older version does not have: its default counts, and is what the dialog shows and saves. */
function showDefaults(node, prefix) {
  Object.keys(node._def.defaults).forEach(function (property) {
    const field = node._def.defaults[property];
    if (field.type || node[property] !== undefined) return;
    const input = $(prefix + property);
    if (input.is('[type=checkbox]')) input.prop('checked', field.value);
    else if (typeof field.value !== 'object') input.val(field.value);
  });
}

/* A saved choice that the list does not have (an environment variable, a slip in a flow file) is shown, not lost. */
export function keepSavedChoices(node, prefix, form) {
  form.find('select').each(function () {
    const property = this.id.slice(prefix.length - 1);
    const field = node._def.defaults[property];
    if (!field || field.type) return;
    const saved = node[property] === undefined || node[property] === '' ? field.value : node[property];
    const known = $(this)
      .find('option')
      .filter(function () {
        return this.value === saved;
      });
    if (!known.length) $('<option>').val(saved).text(saved).appendTo(this);
    $(this).val(saved);
  });
}

/*
 * Shows the rows of a dialog that fit its selects: a row with data-when="kind=a,b" is shown while the select `kind` has
 * one of the values, and is itself shown. What a variable holds only the runtime knows: then every row may count.
 */
function showRows(form, prefix) {
  const rows = form.find('[data-when]');
  const selects = {};
  const show = function () {
    rows.each(function () {
      const when = $(this).attr('data-when').split('=');
      const select = $(prefix + when[0]);
      const parent = select.closest('[data-when]');
      const parentShown = !parent.length || parent.attr('data-shown') !== 'no';
      const chosen = select.val() || '';
      const fits = /^\$[{(]/.test(chosen) || when[1].split(',').indexOf(chosen) !== -1;
      const shown = parentShown && fits;
      $(this)
        .attr('data-shown', shown ? 'yes' : 'no')
        .toggle(shown);
    });
  };
  rows.each(function () {
    const name = $(this).attr('data-when').split('=')[0];
    if (!selects[name]) {
      selects[name] = $(prefix + name).on('change', show);
    }
  });
  show();
}

/* A typed input draws fields of its own, which the row's label does not name. */
export function nameTypedInput(input, name) {
  const box = input.next('.red-ui-typedInput-container');
  box.find('input').add(box.find('button')).attr('aria-label', name);
}
