/*
 * A dialog in tabs: a list `<type>-tabs` and, in it or below, a panel `<type>-panel-<name>` for each name. The catalogue of the
 * type calls them `tab.<name>`. The first one is open.
 */
export function openTabs(node, names, whenOpened) {
  const { type } = node;
  const panel = (name) => type + '-panel-' + name;
  const tabs = RED.tabs.create({
    id: type + '-tabs',
    onchange(tab) {
      for (const name of names) $('#' + panel(name)).toggle(panel(name) === tab.id);
      if (whenOpened) whenOpened(tab.id.slice(panel('').length));
    },
  });
  for (const name of names) tabs.addTab({ id: panel(name), label: node._(type + '.tab.' + name) });
  // The dialog has its width only when it is there.
  setTimeout(() => tabs.resize(), 0);
  return tabs;
}
