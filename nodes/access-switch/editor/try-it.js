/* "Try it": which rule decides about a device, by the last readings and the rules in the dialog. */
import { actionWord, ask, hint, localTime, problemLine, showFailure } from '../../editor/answers.js';
import { inDialog } from './in-dialog.js';

/*
 * What is said of one device (TriedDevice of the runtime), as [term, text]; the decision comes first, before its action.
 * @param t a text of access-switch.tried
 */
export function triedFacts(device, t) {
  const facts = [
    ['why', device.reason.text],
    ['change', device.would],
    ['record', recordText(device, t)],
    ['evidence', device.evidence.join(' ')],
    ['ruleText', device.sentence],
    ['state', stateText(device, t)],
    ['easId', device.easId],
  ];
  return facts.filter(([, text]) => text).map(([key, text]) => [t(key), text]);
}

export function deciderText({ ruleNumber, rule }, t) {
  return ruleNumber === null ? rule : t('rule', { number: ruleNumber, name: rule });
}

function recordText({ mdm, match, reason }, t) {
  const merged = mdm ? t('merged', { name: mdm }) : t('unmerged');
  return match === reason.text ? merged : merged + ' ' + match;
}

function stateText({ state, stateReason, listed, listedBy }, t) {
  const own = state + ' (' + stateReason + ')';
  return listed ? own + ', ' + t('listed.' + listedBy, { list: listed }) : own;
}

/* Exchange's state and the list in the words of the rules' check boxes. */
function inWords(node, device) {
  const word = (field, value) => node._('access-switch.value.' + field + '.' + value);
  const { state, listed } = device;
  return { ...device, state: word('accessState', state), listed: listed && word('listed', listed) };
}

function textsOf(node) {
  return (key, values) => node._('access-switch.tried.' + key, values);
}

function showTried(node, target, answer) {
  const t = textsOf(node);
  target.empty().append(answer.problems.map(({ text }) => problemLine(t('guard') + ' ' + text)));
  if (answer.devices.length === 0) target.append(hint(t('nothing')));
  target.append(answer.devices.map((device) => card(node, device, t)));
  if (answer.more > 0) target.append(hint(t('more', { count: answer.more })));
  const times = { eas: localTime(answer.easReadAt), mdm: localTime(answer.mdmReadAt) };
  target.append(hint(t('read', times)).css('margin-top', '8px'));
}

function card(node, device, t) {
  const list = $('<dl>').append($('<dt>').text(t('decision')));
  $('<dd>')
    .append(actionWord(node, device.action))
    .append(document.createTextNode(' — ' + deciderText(device, t)))
    .appendTo(list);
  for (const [term, text] of triedFacts(inWords(node, device), t))
    list.append($('<dt>').text(term), $('<dd>').text(text));
  return $('<div class="eas-card">').append($('<b>').text(device.device + ' · ' + device.mailbox), list);
}

/* Makes the tab's button and its Return key try what the dialog holds. @param editor reads the rules */
export function openTryIt(node, editor) {
  const target = $('#access-switch-tried');
  const query = $('#access-switch-query');
  const tryIt = () => {
    target.text(node._('access-switch.word.loading'));
    ask('access-switch/try', { ...inDialog(node, editor), query: query.val() })
      .done((answer) => showTried(node, target, answer))
      .fail((answer) => showFailure(node, target, answer));
  };
  $('#access-switch-try').on('click', tryIt);
  query.on('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    tryIt();
  });
}
