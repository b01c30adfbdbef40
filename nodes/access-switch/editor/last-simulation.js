/* The last simulated sync, as a table of what it would have changed and why. */
import { actionWord, hint, localTime, problemLine, showFailure } from '../../editor/answers.js';

/*
 * What is said above the table (KeptSimulation of the runtime): what is wrong, and what is to be known.
 * @param t a text of access-switch.simulated
 */
export function simulationNotes({ at, by, report }, t) {
  const {
    counts,
    problems = [],
    held,
    mail,
    mdmAway: away,
    switchOn,
    complianceUnknown: untold,
    readings = [],
  } = report;
  const isUnheard = mail !== undefined && (mail.verdict === 'unheard' || mail.verdict === 'nobody');
  return {
    head: t('head', { at: localTime(at), by, devices: counts.devices, unchanged: counts.unchanged }),
    problems: [
      ...(isUnheard ? [mail.text] : []),
      ...problems.map(({ text }) => text),
      ...(held ? [t('held', { count: held.count }) + ' ' + held.reason.text] : []),
    ],
    hints: [
      ...(mail && !isUnheard ? [mail.text] : []),
      ...(away ? [t('away.' + away.whenMdmAway, { since: localTime(away.since), count: away.devices })] : []),
      ...(untold ? [t('complianceUnknown', { count: untold.count })] : []),
      ...readings.flatMap(({ name, notes = [] }) => notes.map(({ text }) => name + ' · ' + text)),
      ...(switchOn ? [t('switchOn', { count: switchOn.devices, until: localTime(switchOn.until) })] : []),
    ],
  };
}

/* What stands in small print under why a group of devices would change. */
export function groupNotes({ reason, rule, held, count, examples }, t) {
  const named = t('rule', { reason, rule });
  const more = count - examples.length;
  return [
    held > 0 ? named + ' ' + t('groupHeld', { count: held }) : named,
    ...examples.map(({ mailbox, device, easId }) => mailbox + ' · ' + (device || easId)),
    ...(more > 0 ? [t('more', { count: more })] : []),
  ];
}

function showSimulation(node, target, kept) {
  const t = (key, values) => node._('access-switch.simulated.' + key, values);
  target.empty();
  if (!kept) return target.append(hint(t('none')));
  const by = kept.by || node._('access-switch.label');
  const { head, problems, hints } = simulationNotes({ ...kept, by }, t);
  target.append(hint(head), problems.map(problemLine), hints.map(hint));
  const { diff } = kept.report;
  return target.append(diff.length === 0 ? $('<p>').text(t('empty')) : table(node, diff, t));
}

function table(node, groups, t) {
  const columns = ['action', 'count', 'why'].map((column) => $('<th>').text(t(column)));
  return $('<table class="eas-table">').append(
    $('<thead>').append($('<tr>').append(columns)),
    $('<tbody>').append(groups.map((group) => row(node, group, t))),
  );
}

function row(node, group, t) {
  const notes = groupNotes(group, t).map((text) => $('<small>').text(text));
  return $('<tr>').append(
    $('<td>').append(actionWord(node, group.action)),
    $('<td>').text(group.count),
    $('<td>').text(group.text).append(notes),
  );
}

/* Asks for the simulation of the organization and store that are chosen in the dialog. */
export function loadSimulation(node) {
  const target = $('#access-switch-simulation').text(node._('access-switch.word.loading'));
  $.getJSON('access-switch/simulation', {
    server: $('#node-input-server').val(),
    store: $('#node-input-store').val(),
    language: RED.i18n.lang(),
  })
    .done((answer) => showSimulation(node, target, answer.simulation))
    .fail((answer) => showFailure(node, target, answer));
}
