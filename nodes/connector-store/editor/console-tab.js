/* The tab of the sidebar: how it goes, and the held plan with approve and discard. */
import { ask, failureText, hint, localTime, problemLine } from '../../editor/answers.js';

const ROOT = 'exchange-connector/api/';
const EVERY_MS = 15_000;
const HOUR = 3600;

/*
 *   seconds             in words
 *   null                never
 *   below 90            seconds
 *   below 90 minutes    minutes
 *   more                hours
 */
export function ageText(seconds, t) {
  if (seconds === null) return t('never');
  if (seconds < 90) return t('age.seconds', { count: seconds });
  if (seconds < 1.5 * HOUR) return t('age.minutes', { count: Math.round(seconds / 60) });
  return t('age.hours', { count: Math.round(seconds / HOUR) });
}

/* Names and values of an overview, as rows of two columns. @param t a text of connector-store.tab */
export function overviewRows({ counts, readings, runs, dryRun }, t) {
  const last = runs.find(({ subject }) => subject.code === 'access');
  return [
    [t('lastSync'), last ? localTime(last.at) : t('never')],
    ...readings.map(({ name, ageSeconds, isFresh }) => [
      t('read', { name }),
      ageText(ageSeconds, t) + (isFresh ? '' : ' – ' + t('notFresh')),
    ]),
    ...['devices', 'allowed', 'blocked', 'waiting', 'held', 'failed'].map((name) => [t('count.' + name), counts[name]]),
    [t('dryRun'), dryRun ? t('dryRunWould', { ...dryRun, at: localTime(dryRun.at) }) : t('never')],
  ];
}

/* What needs a person, a line each. A held plan has a section of its own. */
export function needLines({ needs }) {
  return needs
    .filter(({ code }) => code !== 'held')
    .map(({ text, about, count, seen }) =>
      [
        about === null ? text : about + ': ' + text,
        count > 1 ? ' (' + count + ')' : '',
        seen ? '. ' + seen.text : '',
      ].join(''),
    );
}

/* Takes the tab away, when the nodes are disabled. */
export function removeConsoleTab() {
  RED.sidebar.removeTab('exchange-connector');
}

/* Adds the tab, when the editor has the type. */
export function addConsoleTab() {
  const words = (key, values) => RED.nodes.getType('connector-store')._(key, values);
  const t = (key, values) => words('connector-store.tab.' + key, values);
  const tab = { _: words, store: null, organization: null, timer: null };
  const content = $('<div class="eas-tab">');
  const body = $('<div>');
  content.append(body);
  const load = function () {
    clearTimeout(tab.timer);
    if (!content.is(':visible')) return;
    loadStores(tab, t, body, load).always(() => {
      tab.timer = setTimeout(load, EVERY_MS);
    });
  };
  RED.sidebar.addTab({
    id: 'exchange-connector',
    label: t('label'),
    name: t('name'),
    iconClass: 'fa fa-envelope-o',
    content,
    enableOnEdit: true,
    onchange: () => setTimeout(load),
    onremove: () => clearTimeout(tab.timer),
  });
  RED.events.on('deploy', () => setTimeout(load, 1000));
}

function loadStores(tab, t, body, load) {
  return $.getJSON(ROOT + 'stores', { language: RED.i18n.lang() }).then(
    ({ stores }) => {
      if (!stores.some(({ id }) => id === tab.store)) tab.store = stores.length > 0 ? stores[0].id : null;
      if (tab.store === null) return void body.empty().append(hint(t('noStore')));
      return loadOverview(tab, t, { body, stores, load });
    },
    (answer) => void body.empty().append(problemLine(failureText(tab, answer))),
  );
}

function loadOverview(tab, t, { body, stores, load }) {
  const language = /^de\b/.test(RED.i18n.lang()) ? 'de' : 'en';
  const of = { language, ...(tab.organization === null ? {} : { organization: tab.organization }) };
  return $.getJSON(ROOT + encodeURIComponent(tab.store) + '/overview', of).then(
    (overview) => {
      const choose = (property) => (id) => {
        tab[property] = id;
        if (property === 'store') tab.organization = null;
        load();
      };
      body.empty().append(
        chooser(t('store'), stores, tab.store, choose('store')),
        chooser(
          t('organization'),
          overview.organizations,
          overview.organization && overview.organization.id,
          choose('organization'),
        ),
        needLines(overview).map(problemLine),
        overview.plans.map((plan) => planCard(tab, t, plan, load)),
        rows(overviewRows(overview, t)),
        $('<div class="eas-tab-buttons">').append(openConsole(tab, overview, t), dryRunButton(tab, overview, t, load)),
        hint(t('at', { time: localTime(overview.at) })),
      );
    },
    (answer) => {
      // It may be gone from the store; the next look asks for the first one.
      tab.organization = null;
      body.empty().append(problemLine(failureText(tab, answer)));
    },
  );
}

/* To the console's page, beside the editor, at the store and organization that are shown here. */
function openConsole({ store }, { organization }, t) {
  const at = new URLSearchParams({ store, ...(organization ? { organization: organization.id } : {}) });
  return $('<a class="red-ui-button eas-tab-open" target="_blank" rel="noopener">')
    .attr('href', 'exchange-connector/#/overview?' + at)
    .text(t('open'));
}

/* Reads both sides and shows what a sync would change. Nothing where no organization is known yet. */
function dryRunButton(tab, { organization }, t, load) {
  if (!organization) return [];
  const button = $('<button type="button" class="red-ui-button eas-tab-dry-run">').text(t('button.dryRun'));
  return button.on('click', () => {
    button.prop('disabled', true);
    ask(ROOT + encodeURIComponent(tab.store) + '/dry-run', { organization: organization.id })
      .done(() => RED.notify(t('done.dryRun'), 'success'))
      .fail((answer) => RED.notify($('<p>').text(failureText(tab, answer)).prop('outerHTML'), 'error'))
      .always(load);
  });
}

/* Nothing where there is nothing to choose. */
function chooser(label, options, chosen, choose) {
  if (options.length < 2) return [];
  const select = $('<select>').on('change', function () {
    choose($(this).val());
  });
  for (const { id, name } of options) select.append($('<option>').val(id).text(name));
  return $('<label class="eas-tab-choice">')
    .text(label + ' ')
    .append(select.val(chosen));
}

function rows(pairs) {
  return $('<dl class="eas-tab-rows">').append(
    pairs.flatMap(([name, value]) => [$('<dt>').text(name), $('<dd>').text(value)]),
  );
}

function planCard(tab, t, plan, load) {
  const button = (action, className) =>
    $('<button type="button" class="red-ui-button">')
      .addClass(className)
      .text(t('button.' + action))
      .on('click', () => decide(tab, t, { action, plan, load }));
  const groups = plan.groups.map(({ action, count, reason }) =>
    $('<li>').text(t('group', { action: action.text, count, reason: reason.text })),
  );
  return $('<section class="eas-tab-plan">').append(
    $('<h4>').text(t('held', { count: plan.changes })),
    $('<p>').text(plan.reason.text),
    $('<ul>').append(groups),
    $('<div class="eas-tab-buttons">').append(
      button('approve', 'eas-tab-approve'),
      button('discard', 'eas-tab-discard'),
    ),
  );
}

/* Asks once more, with the number, before anything is done. */
function decide(tab, t, { action, plan, load }) {
  // What is closed stays to be seen, and to be pressed, for a moment.
  let isOpen = true;
  const close = function () {
    isOpen = false;
    notice.close();
  };
  const send = function () {
    if (!isOpen) return;
    close();
    ask(ROOT + encodeURIComponent(tab.store) + '/' + action, { plan: plan.id })
      .done(({ state }) => RED.notify(t('done.' + (state === 'ended' ? action : 'underWay')), 'success'))
      // A text of ours or of the store: Node-RED takes HTML here.
      .fail((answer) => RED.notify($('<p>').text(failureText(tab, answer)).prop('outerHTML'), 'error'))
      .always(load);
  };
  const notice = RED.notify(
    $('<p>')
      .text(t('confirm.' + action, { count: plan.changes }))
      .prop('outerHTML'),
    {
      modal: true,
      fixed: true,
      type: 'warning',
      buttons: [
        { text: t('button.cancel'), click: close },
        { text: t('button.' + action), class: 'primary', click: send },
      ],
    },
  );
}
