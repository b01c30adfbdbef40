/*
 * "Test" in a dialog: asks the runtime, shows the steps as they end, then the whole report as a tree.
 *
 * The runtime (AdminRoutes.tell) answers lines of JSON:
 *   { "step": branch }     a step that is over
 *   { "progress": text }   what is going on; may be left out
 *   { "report": branch }   the whole, once, at the end
 *   { "error": { "text" } }
 * A branch is { status, word, title, seen, finding, code, remedy, command, children }: `status` is ok, healthy, warning, error,
 * broken, unknown or skipped; all others are texts, which may come from strangers and are shown as text; `command` is what to
 * paste, with a line for each; `children` are branches. What is missing or empty is left out. (ReportBranch in
 * src/autodiscover/describe-report.ts, CheckBranch in src/model/check-report.ts.)
 *
 * The dialog includes field-report.html and report-tree.css, and its catalogue says in `<type>.check.what` what is tested.
 */

const REPORT_SIGNS = { ok: '✓', healthy: '✓', warning: '!', error: '✗', broken: '✗', unknown: '?', skipped: '–' };

/* How many steps that are over stay on view while others run. */
const STEPS_SHOWN = 200;

/*
 * Makes the dialog's button check, and stop a check.
 * @param path of the route @param body gives what is sent with the request @param inWords puts a branch into words
 * @returns stops a check that runs; for when the dialog closes
 */
export function openReportCheck(node, path, body, inWords) {
  const t = (key) => node._('shared.check.' + key);
  const button = $('#' + node.type + '-check');
  const state = $('#' + node.type + '-check-state');
  const target = $('#' + node.type + '-report');
  let running = null;
  const show = (key) => {
    state.text(key ? t(key) : '');
    button.text(t(running ? 'stop' : 'button'));
  };
  const stop = () => {
    if (running) running.abort();
  };
  const start = () => {
    target.empty();
    const view = reportView(target, t, inWords);
    running = askLines(path, body(), (line) => {
      if (line.progress) state.text(line.progress);
      else view.take(line);
    });
    show('running');
    running.always((answer, how) => {
      running = null;
      if (how === 'abort') return show('stopped');
      if (how !== 'success') view.fail(answer);
      show(view.complete() ? 'done' : null);
    });
  };
  button.on('click', () => (running ? stop() : start()));
  show(null);
  return stop;
}

/* Asks with a POST; `take` gets each line as soon as it is there. The editor's own request, so that it is signed in. */
function askLines(path, body, take) {
  let read = 0;
  const readTo = (text) => {
    for (let end = text.indexOf('\n', read); end !== -1; end = text.indexOf('\n', read)) {
      take(JSON.parse(text.slice(read, end)));
      read = end + 1;
    }
  };
  const settings = {
    url: path,
    method: 'POST',
    contentType: 'application/json',
    // The report is made in the editor's language.
    data: JSON.stringify({ ...body, language: RED.i18n.lang() }),
    dataType: 'text',
    xhr() {
      const request = $.ajaxSettings.xhr();
      request.addEventListener('progress', () => {
        if (request.status === 200) readTo(request.responseText);
      });
      return request;
    },
  };
  return $.ajax(settings).done(readTo);
}

function reportView(target, t, inWords) {
  const steps = $('<ul class="eas-report">').appendTo(target);
  let complete = false;
  const problem = (text) => $('<div class="eas-report-problem">').text(text).appendTo(target);
  return {
    complete: () => complete,
    take(line) {
      if (line.step) {
        steps.append(branchItem(inWords(line.step), t));
        if (steps.children().length > STEPS_SHOWN) steps.children().first().remove();
      } else if (line.report) {
        complete = true;
        steps.empty().append(branchItem(inWords(line.report), t));
      } else if (line.error) problem(line.error.text);
    },
    fail({ status, responseText }) {
      problem(errorTextIn(responseText) || t(status === 401 || status === 403 ? 'permission' : 'unreachable'));
    },
  };
}

function errorTextIn(answer) {
  try {
    return JSON.parse(answer).error.text;
  } catch {
    return '';
  }
}

/* One branch with all below it: closed where all is in order. */
function branchItem(branch, t) {
  const item = $('<li>');
  const line = branchLine(branch);
  const more = branchFacts(branch, t);
  if (!branch.children.length) return item.append(line, more);
  const list = $('<ul>').append(branch.children.map((child) => branchItem(child, t)));
  const details = $('<details>').append($('<summary>').append(line), more, list);
  if (!['ok', 'skipped'].includes(branch.status)) details.prop('open', true);
  return item.append(details);
}

/* The verdict by sign and word; the sign says nothing more, so it is not read out. */
function branchLine({ status, word, title }) {
  const known = Object.hasOwn(REPORT_SIGNS, status) ? status : 'unknown';
  return $('<span>').append(
    $('<span class="eas-report-verdict">')
      .addClass('eas-report-' + known)
      .append($('<span aria-hidden="true">').text(REPORT_SIGNS[known] + ' '), $('<span>').text(word)),
    $('<span class="eas-report-title">').text(' ' + title),
  );
}

function branchFacts({ finding, code, seen, remedy, command }, t) {
  const facts = $('<div class="eas-report-facts">');
  if (finding) facts.append($('<div>').append($('<b>').text(finding + ' '), $('<code>').text(code)));
  if (seen) facts.append($('<div>').text(seen));
  if (remedy) facts.append($('<div>').append($('<b>').text(t('toDo') + ' '), $('<span>').text(remedy)));
  if (command) facts.append(commandBlock(command, t));
  return facts;
}

/* What is to be pasted: a click chooses it all, the button copies it. */
function commandBlock(command, t) {
  const copy = $('<button type="button" class="red-ui-button red-ui-button-small eas-report-copy">').text(t('copy'));
  copy.on('click', () => RED.clipboard.copyText(command, copy, 'clipboard.copyMessageValue'));
  return $('<div class="eas-report-paste">').append(
    $('<pre class="eas-report-command" tabindex="0">').text(command),
    copy,
  );
}
