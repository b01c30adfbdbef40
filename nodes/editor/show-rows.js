/*
 * Shows the rows of a dialog that fit its selects: a row with data-when="kind=a,b" is shown while the select `kind` has
 * one of the values, and is itself shown. `prefix` is node-input- or node-config-input-.
 */
function showRows(prefix) {
  const rows = $('#' + prefix + 'name')
    .closest('form')
    .find('[data-when]');
  const selects = {};
  const show = function () {
    rows.each(function () {
      const when = $(this).attr('data-when').split('=');
      const select = $('#' + prefix + when[0]);
      const parent = select.closest('[data-when]');
      const parentShown = !parent.length || parent.attr('data-shown') !== 'no';
      const shown = parentShown && when[1].split(',').indexOf(select.val() || '') !== -1;
      $(this)
        .attr('data-shown', shown ? 'yes' : 'no')
        .toggle(shown);
    });
  };
  rows.each(function () {
    const name = $(this).attr('data-when').split('=')[0];
    if (!selects[name]) {
      selects[name] = $('#' + prefix + name).on('change', show);
    }
  });
  show();
}
