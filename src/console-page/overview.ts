/** The overview: what needs a person first, then how it goes. */
import { html, nothing } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import type { OverviewAnswer } from './answers.ts';
import { barChart } from './charts.ts';
import { boundTexts, dayText, spanText, sumOf, timeText } from './figures.ts';
import { ago, linkTo, num, say, section, table, time, word } from './page.ts';
import type { Page } from './page.ts';
import { readinessCard } from './readiness.ts';
import type { ReadinessShown } from './readiness.ts';

type GoneAnswer = NonNullable<OverviewAnswer['needs'][number]['gone']>;

export function overviewView(page: Page, answer: OverviewAnswer, readiness: ReadinessShown): TemplateResult {
  return html`
    <p class="as-of">${say(page, 'asOf', { time: timeText(answer.at, page.language) })}</p>
    ${section(say(page, 'needs'), needs(page, answer), 'needs')} ${section(say(page, 'counts'), counts(page, answer))}
    ${readinessCard(page, readiness)}
    <div class="columns">
      ${section(say(page, 'health'), health(page, answer), 'health')}
      ${section(say(page, 'reasons'), reasons(page, answer))}
    </div>
    <div class="columns">
      ${section(say(page, 'days'), days(page, answer), 'days')}
      ${section(say(page, 'delays'), delays(page, answer), 'delays')}
    </div>
    ${section(say(page, 'readings'), readings(page, answer))} ${section(say(page, 'runs'), runs(page, answer), 'runs')}
  `;
}

function needs(page: Page, { needs: all, organization }: OverviewAnswer): TemplateResult {
  if (all.length === 0) return html`<p class="good">${say(page, 'noNeeds')}</p>`;
  return html`<ul class="need-list">
    ${all.map(
      (need) =>
        html`<li>
          <strong>${word(page, 'attention', need)}${need.count > 1 ? ` (${num(page, need.count)})` : ''}</strong>
          ${
            need.code === 'held' && need.about !== null
              ? html`<a href=${linkTo(page, 'plan', { id: need.about })}>${say(page, 'lookAtPlan')}</a>`
              : html`<span>${need.about ?? ''}</span>`
          }
          ${need.seen === null ? nothing : html`<p>${word(page, 'attention', need.seen)}</p>`}
          ${need.code === 'failed' && organization !== null ? retryButton(page, organization.id) : nothing}
          ${need.gone === null ? nothing : goneSource(page, need.about ?? need.gone.source, need.gone)}
        </li>`,
    )}
  </ul>`;
}

/** Since when no node reads a source, and the way out; where the flows have one that is disabled, it is told. */
function goneSource(page: Page, name: string, { source, since, mayBeForgotten }: GoneAnswer): TemplateResult {
  const click = (): void =>
    page.confirm({
      text: say(page, 'confirmForget', { name }),
      button: 'forgetNow',
      action: 'forget',
      body: { source },
    });
  return html`<p>${say(page, 'goneSince')} ${time(page, since)}</p>
    ${
      mayBeForgotten
        ? html`<button type="button" @click=${click}>${say(page, 'forget')}</button>`
        : html`<p>${say(page, 'goneDisabled')}</p>`
    }`;
}

/** Tries again what waits or was given up. */
export function retryButton(page: Page, organization: string): TemplateResult {
  const click = (): void =>
    page.confirm({ text: say(page, 'confirmRetry'), button: 'retry', action: 'retry', body: { organization } });
  return html`<button type="button" @click=${click}>${say(page, 'retry')}</button>`;
}

function counts(page: Page, { counts: now, plans }: OverviewAnswer): TemplateResult {
  const firstPlan = plans[0] === undefined ? null : linkTo(page, 'plan', { id: plans[0].id });
  const tiles = [
    ['countDevices', now.devices, linkTo(page, 'devices')],
    ['countMerged', now.merged, null],
    ['countAllowed', now.allowed, linkTo(page, 'devices', { decision: 'allow' })],
    ['countBlocked', now.blocked, linkTo(page, 'devices', { decision: 'block' })],
    ['countWaiting', now.waiting, null],
    ['countHeld', now.held, firstPlan],
    ['countFailed', now.failed, null],
  ] as const;
  return html`<ul class="tiles">
    ${tiles.map(([key, value, href]) => {
      const content = html`<span class="value">${num(page, value)}</span><span>${say(page, key)}</span>`;
      return html`<li class=${key}>
        ${href === null ? html`<span class="tile">${content}</span>` : html`<a class="tile" href=${href}>${content}</a>`}
      </li>`;
    })}
  </ul>`;
}

function reasons(page: Page, { reasons: all }: OverviewAnswer): TemplateResult {
  return table(
    say(page, 'reasons'),
    [{ text: say(page, 'reason') }, { text: say(page, 'number'), numeric: true }],
    all.map(({ code, text, count }) => [
      html`<a href=${linkTo(page, 'devices', { reason: code })}>${word(page, 'reason', { code, text })}</a>`,
      num(page, count),
    ]),
  );
}

const SERIES = ['blocked', 'allowed', 'mails', 'held'] as const;

function days(page: Page, { days: all }: OverviewAnswer): TemplateResult {
  const labels = all.map(({ day }) => dayText(day, page.language));
  const ends = [labels[0] ?? '', labels.at(-1) ?? ''] as const;
  const charts = SERIES.map((name) => {
    const values = all.map((day) => day[name]);
    const [sum, most] = [sumOf(values), Math.max(0, ...values)].map((value) => num(page, value));
    const words = say(page, 'chartSum', { name: say(page, name), sum: sum ?? '', most: most ?? '' });
    return html`<div>
      <h3>${words}</h3>
      ${barChart(words, values, { labels, ends, tone: name })}
    </div>`;
  });
  const columns = [{ text: say(page, 'day') }, ...SERIES.map((name) => ({ text: say(page, name), numeric: true }))];
  const rows = all.map((day, n) => [labels[n], ...SERIES.map((name) => num(page, day[name]))]);
  return html`<div class="charts">${charts}</div>
    <details>
      <summary>${say(page, 'asTable')}</summary>
      ${table(say(page, 'days'), columns, rows.reverse())}
    </details>`;
}

function delays(page: Page, { delays: all }: OverviewAnswer): TemplateResult {
  const names = ['accountToMail', 'enrolledToAllowed'] as const;
  return html`${names.map((name) => {
    const { bounds, counts: values, count } = all[name];
    const labels = boundTexts(bounds, page.language, say(page, 'longer', { span: '{span}' }));
    const words = say(page, 'delayCount', { name: say(page, name), count: num(page, count) });
    if (count === 0)
      return html`<h3>${say(page, name)}</h3>
        <p>${say(page, 'noDelays')}</p>`;
    const columns = [{ text: say(page, 'upTo') }, { text: say(page, 'number'), numeric: true }];
    return html`<h3>${words}</h3>
      ${barChart(words, values, { labels, ends: [labels[0] ?? '', labels.at(-1) ?? ''], tone: 'waits' })}
      <details>
        <summary>${say(page, 'asTable')}</summary>
        ${table(
          words,
          columns,
          labels.map((label, n) => [label, num(page, values[n] ?? 0)]),
        )}
      </details>`;
  })}`;
}

const PARTS = { exchange: 'partExchange', mdm: 'partMdm', mail: 'partMail', autodiscover: 'partAutodiscover' } as const;
const VERDICTS = { ready: 'verdictReady', failed: 'verdictFailed', unknown: 'verdictUnknown' } as const;

function health(page: Page, { health: all }: OverviewAnswer): TemplateResult {
  return html`<ul class="parts">
    ${all.map(({ part, name, verdict, code, text, at }) => {
      const kind = PARTS[part as keyof typeof PARTS];
      return html`<li class=${verdict}>
        <strong>${say(page, kind)}</strong>${name === say(page, kind) || part === name ? '' : ` – ${name}`}
        <span class="badge ${verdict}">${say(page, VERDICTS[verdict])}</span>
        ${at === null ? nothing : html`<span class="soft">${time(page, at)}</span>`}
        <p>${word(page, 'health', { code, text })}</p>
      </li>`;
    })}
  </ul>`;
}

function readings(page: Page, { readings: all }: OverviewAnswer): TemplateResult {
  return table(
    say(page, 'readings'),
    [
      { text: say(page, 'source') },
      { text: say(page, 'read') },
      { text: say(page, 'readWhole'), wide: true },
      { text: say(page, 'records'), numeric: true },
    ],
    all.map((one) => [
      one.name,
      html`${ago(page, one.startedAt, one.ageSeconds)}${one.isFresh ? nothing : html` <span class="badge unknown">${say(page, 'tooOld')}</span>`}`,
      ago(page, one.wholeSince, one.wholeAgeSeconds),
      num(page, one.records),
    ]),
  );
}

function runs(page: Page, { runs: all }: OverviewAnswer): TemplateResult {
  return table(
    say(page, 'runs'),
    [
      { text: say(page, 'when') },
      { text: say(page, 'what') },
      { text: say(page, 'took'), numeric: true, wide: true },
      { text: say(page, 'result') },
    ],
    all.map(({ at, subject, ok, tookMs, error }) => [
      time(page, at),
      word(page, 'subject', subject),
      spanText(tookMs / 1000, page.language),
      error === null
        ? html`<span class="badge ${ok ? 'ready' : 'unknown'}">${say(page, ok ? 'ok' : 'notOk')}</span>`
        : html`<span class="badge failed">${word(page, 'attention', error)}</span>`,
    ]),
  );
}
