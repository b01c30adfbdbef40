/* The list of rules: each a row that folds, with its conditions; the runtime reads them back as sentences. */
import { ask, failureText } from '../../editor/answers.js';
import { ACTIONS, CONDITIONS, OWNERS, TEXT_TESTS } from './check-rules.js';
import { kindOf, listOr, readCondition, readRule, rulesToSave, shownCondition, shownRule } from './rule-rows.js';
import { rememberProblem } from './rules-rule.js';

/* How long after a change the runtime is asked to read the rules. */
const REST_MS = 250;

const CONDITION_WIDTH = '158px';

/*
 * A list of choices; one that it does not have (an environment variable) is shown too, and not lost.
 * @param name for screen readers: nothing beside a select of a rule says what it chooses
 */
function select(node, parent, prefix, values, chosen, name) {
  const element = $('<select>')
    .attr('aria-label', node._('access-switch.aria.' + name))
    .appendTo(parent);
  const known = values.includes(chosen) || chosen === undefined ? values : [...values, chosen];
  for (const value of known) {
    const text = values.includes(value) ? node._('access-switch.' + prefix + '.' + (value || 'any')) : value;
    $('<option>').val(value).text(text).appendTo(element);
  }
  return element.val(chosen);
}

/* An input of one line, or of several. */
function input(node, parent, html, name, value) {
  return $(html)
    .attr('aria-label', node._('access-switch.aria.' + name))
    .val(value)
    .appendTo(parent);
}

function word(node, parent, name) {
  $('<span>')
    .text(node._('access-switch.word.' + name))
    .appendTo(parent);
}

function lines(node, parent, text, hint) {
  const area = input(node, parent, '<textarea spellcheck="false">', 'values', text);
  area.attr('placeholder', node._('access-switch.placeholder.' + hint));
  return () => area.val();
}

function choices(node, parent, field, chosen) {
  const grid = $('<div class="eas-choices" role="group">')
    .attr('aria-label', node._('access-switch.condition.' + field))
    .appendTo(parent);
  const { values } = CONDITIONS[field];
  for (const value of [...values, ...chosen.filter((one) => !values.includes(one))]) {
    const text = values.includes(value) ? node._('access-switch.value.' + field + '.' + value) : value;
    const box = $('<input type="checkbox">').val(value).prop('checked', chosen.includes(value));
    $('<label>').append(box, $('<span>').text(text)).appendTo(grid);
  }
  return () =>
    grid
      .find('input:checked')
      .get()
      .map((box) => box.value);
}

/* Draws the values of a condition by its kind; each returns a function that reads what is shown of it (rule-rows.js). */
const DRAW = {
  choices(node, parent, { field, chosen }) {
    const read = choices(node, parent, field, chosen);
    return () => ({ chosen: read() });
  },
  entries(node, parent, { field, chosen, by }) {
    const read = choices(node, parent, field, chosen);
    const owner = select(node, parent, 'by', ['', ...OWNERS], by, 'by');
    return () => ({ chosen: read(), by: owner.val() });
  },
  groups(node, parent, shown) {
    const read = lines(node, parent, shown.lines, 'group');
    return () => ({ lines: read() });
  },
  reasons(node, parent, shown) {
    const read = lines(node, parent, shown.lines, 'accessReason');
    return () => ({ lines: read() });
  },
  texts(node, parent, shown) {
    const how = select(node, parent, 'how', TEXT_TESTS, shown.how, 'how');
    const read = lines(node, parent, shown.lines, 'patterns');
    return () => ({ how: how.val(), lines: read() });
  },
  hours(node, parent, shown) {
    const short = '<input type="text" class="eas-short">';
    word(node, parent, 'atLeast');
    const atLeast = input(node, parent, short, 'atLeast', shown.atLeast);
    word(node, parent, 'below');
    const below = input(node, parent, short, 'below', shown.below);
    word(node, parent, 'hoursAgo');
    return () => ({ atLeast: atLeast.val(), below: below.val() });
  },
  time(node, parent, shown) {
    word(node, parent, 'before');
    const time = '<input type="text" class="eas-time" placeholder="2026-12-31T00:00:00Z">';
    const before = input(node, parent, time, 'before', shown.before);
    return () => ({ before: before.val() });
  },
};

function addCondition(node, parent, condition, changed) {
  const row = $('<div class="eas-condition">').appendTo(parent);
  const left = $('<div class="eas-left">').appendTo(row);
  let saved = condition;
  let shown = shownCondition(saved);
  const fields = Object.keys(CONDITIONS);
  const field = select(node, left, 'condition', fields, shown.field, 'field').css('width', CONDITION_WIDTH);
  const not = select(node, left, 'not', ['is', 'isNot'], shown.not, 'not').css('width', CONDITION_WIDTH);
  const values = $('<div class="eas-values">').appendTo(row);
  const draw = () => DRAW[kindOf(shown.field)](node, values, shown);
  let read = draw();
  const remove = node._('access-switch.button.removeCondition');
  $('<button type="button" class="red-ui-button red-ui-button-small"><i class="fa fa-remove"></i></button>')
    .attr({ title: remove, 'aria-label': remove })
    .appendTo(row)
    .on('click', () => {
      row.remove();
      changed();
    });
  field.on('change', () => {
    saved = { field: field.val() };
    shown = shownCondition(saved);
    values.empty();
    read = draw();
  });
  row.on('change input', changed);
  row.data('read', () => readCondition({ field: field.val(), not: not.val(), ...read() }, saved));
}

function addRule(node, container, data, changed) {
  const shown = shownRule(data.rule);
  container.addClass('eas-rule').toggleClass('eas-off', !shown.enabled);
  const head = $('<div class="eas-line">').appendTo(container);
  data.sentence = $('<div class="eas-sentence">').appendTo(container);
  const body = $('<div class="eas-body">').appendTo(container);
  const conditions = $('<div>').appendTo(body);
  for (const condition of listOr(data.rule.when)) addCondition(node, conditions, condition, changed);
  const foot = $('<div class="eas-line">').appendTo(body);

  addFold(node, head, body, data);
  const named = node._('access-switch.placeholder.rule');
  const name = $('<input type="text" class="eas-name">').attr({ 'aria-label': named, placeholder: named });
  name.val(shown.name).appendTo(head);
  const action = select(node, head, 'action', ACTIONS, shown.action, 'action').addClass('eas-action');
  const enabled = checkBox(node, head, 'on', shown.enabled).addClass('eas-enabled');
  enabled.parent().attr('title', node._('access-switch.hint.enabled'));
  enabled.on('change', () => container.toggleClass('eas-off', !enabled.prop('checked')));

  $(
    '<button type="button" class="red-ui-button red-ui-button-small eas-add-condition"><i class="fa fa-plus"></i> </button>',
  )
    .append(document.createTextNode(node._('access-switch.button.addCondition')))
    .appendTo(foot)
    .on('click', () => {
      addCondition(node, conditions, { field: 'status' }, changed);
      changed();
    });
  const report = checkBox(node, foot, 'report', shown.report);
  word(node, foot, 'until');
  const until = input(node, foot, '<input type="text" style="flex: 0 1 110px;">', 'until', shown.until);
  until.attr('placeholder', node._('access-switch.placeholder.until'));

  head.add(foot).on('change input', changed);
  data.conditions = () => conditions.children();
  data.read = () =>
    readRule(
      {
        name: name.val(),
        action: action.val(),
        enabled: enabled.prop('checked'),
        until: until.val(),
        report: report.prop('checked'),
      },
      conditions
        .children()
        .get()
        .map((row) => $(row).data('read')()),
      data.rule,
    );
}

function checkBox(node, parent, name, checked) {
  const box = $('<input type="checkbox">').prop('checked', checked);
  const text = document.createTextNode(node._('access-switch.word.' + name));
  $('<label>').append(box, text).appendTo(parent);
  return box;
}

/* The number of a rule opens and closes its conditions. */
function addFold(node, head, body, data) {
  const fold = $(
    '<span class="eas-number" role="button" tabindex="0"><i class="fa fa-caret-right"></i> <span></span></span>',
  )
    .attr('aria-label', node._('access-switch.aria.fold'))
    .appendTo(head);
  data.number = fold.find('span');
  data.open = (open) => {
    body.toggle(open);
    fold.attr('aria-expanded', String(open));
    fold.find('i').attr('class', open ? 'fa fa-caret-down' : 'fa fa-caret-right');
  };
  data.open(data.isNew === true);
  fold.on('click keydown', (event) => {
    if (event.type !== 'click' && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    data.open(!body.is(':visible'));
  });
}

/* Shows the runtime's answer: a sentence for each rule, or what is wrong with it, beside the condition it is about. */
function showDescribed(items, answer) {
  $('#access-switch-rules-problem').text(answer.problems.join(' '));
  items.forEach((data, index) => {
    const { sentence, problems } = answer.rules[index] || { sentence: '', problems: [] };
    data.sentence.empty().text(sentence || '');
    const rows = data.conditions().removeClass('eas-wrong');
    for (const { text, condition } of problems) {
      $('<span class="eas-problem">').text(text).appendTo(data.sentence);
      if (condition !== null) rows.eq(condition).addClass('eas-wrong');
    }
  });
}

/* The list draws the button that takes a rule out as a cross without words. */
function nameRemove(node, container) {
  const words = node._('access-switch.button.removeRule');
  container.closest('li').find('.red-ui-editableList-item-remove').attr({ title: words, 'aria-label': words });
}

/*
 * Opens the list of a node's rules, the default rules if it has none of its own.
 * @returns read: the rules as they are shown; toSave: as the node keeps them; stop: asks the runtime no more
 */
export function openRules(node, defaults) {
  const list = $('#access-switch-rules');
  let timer = null;
  let asked = 0;
  let allOpen = false;

  const items = () =>
    list
      .editableList('items')
      .get()
      .map((item) => $(item).data('data'));
  const read = () => items().map((data) => data.read());
  const changed = () => {
    items().forEach((data, index) => data.number.text(index + 1));
    clearTimeout(timer);
    timer = setTimeout(describe, REST_MS);
  };
  const describe = () => {
    asked += 1;
    const number = asked;
    const rules = read();
    ask('access-switch/describe', { id: node.id, rules })
      .done((answer) => {
        rememberProblem(rules, answer);
        if (number === asked) showDescribed(items(), answer);
      })
      .fail((answer) => {
        if (number === asked) $('#access-switch-rules-problem').text(failureText(node, answer));
      });
  };
  const load = (rules) => {
    list.editableList('empty');
    for (const rule of rules) list.editableList('addItem', { rule });
    changed();
  };
  list.css({ 'min-height': '200px', 'min-width': '400px' }).editableList({
    addButton: node._('access-switch.button.addRule'),
    sortable: true,
    removable: true,
    addItem(container, _index, data) {
      if (!data.rule) {
        data.rule = { name: '', when: [{ field: 'status', is: ['eas'] }], action: 'leave' };
        data.isNew = true;
      }
      addRule(node, container, data, changed);
      nameRemove(node, container);
      changed();
    },
    sortItems: changed,
    removeItem: changed,
  });
  $('#access-switch-restore').on('click', () => load(defaults));
  const foldAll = $('#access-switch-fold').text(node._('access-switch.button.unfold'));
  foldAll.on('click', () => {
    allOpen = !allOpen;
    for (const data of items()) data.open(allOpen);
    foldAll.text(node._(allOpen ? 'access-switch.button.fold' : 'access-switch.button.unfold'));
  });
  load(node.rules && node.rules.length > 0 ? node.rules : defaults);
  return {
    read,
    toSave: () => rulesToSave(read(), defaults),
    stop() {
      clearTimeout(timer);
      asked += 1;
    },
  };
}
