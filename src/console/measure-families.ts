/** The measures of stores as families of OpenMetrics. Labels are codes and names of what is configured, never devices or people. Pure. */
import type { OrganizationMeasures, StoreMeasures } from '../connector/listings/measures.ts';
import { RUN_BOUNDS } from '../connector/listings/measures.ts';
import { WAIT_BOUNDS } from '../connector/listings/overview.ts';
import type { Distribution } from '../store/store.ts';
import type { NameOf } from './answers.ts';
import type { Family, Gauge, GaugeHistogram, Labels } from './open-metrics.ts';
import { codesOf } from './words.ts';

/** A store with what is measured of it. */
export interface MeasuredStore {
  readonly name: string;
  readonly measures: StoreMeasures;
}

const PREFIX = 'exchange_connector';

/** What a code is called that is none of ours: label values are bounded. */
const OTHER = 'other';

/** Everything, each family once. */
export function familiesOf(stores: readonly MeasuredStore[], nameOf: NameOf): Family[] {
  const named = withDistinctNames(stores);
  const organizations = named.flatMap(({ name: store, measures }) =>
    distinct(measures.organizations.map(({ organization }) => nameOf(organization))).map((organization, n) => ({
      labels: { store, organization },
      of: measures.organizations[n]!,
    })),
  );
  const perOrganization = (make: (labels: Labels, of: OrganizationMeasures) => Gauge[]): Gauge[] =>
    organizations.flatMap(({ labels, of }) => make(labels, of));
  return [
    gauges(
      'devices',
      'Devices of Exchange by what was decided about them.',
      perOrganization(byCode('decision', (of) => of.devices.decision, codesOf('decision'))),
    ),
    gauges(
      'device_reasons',
      'Devices of Exchange by why it was decided so.',
      perOrganization(byCode('reason', (of) => of.devices.reason, codesOf('reason'))),
    ),
    gauges(
      'device_platforms',
      'Devices of Exchange by platform.',
      perOrganization(byCode('platform', (of) => of.devices.platform, codesOf('platform'))),
    ),
    gauges(
      'merged_devices',
      'Devices that are one with an MDM record, by what the two were matched.',
      perOrganization(byCode('by', (of) => of.devices.merged, codesOf('by'))),
    ),
    gauges(
      'changes',
      'Changes that have not reached Exchange yet, by their state and the code of their last error.',
      perOrganization(changesOf),
    ),
    gauges(
      'held_changes',
      'Changes that wait for the approval of a person, by why they are held.',
      perOrganization(byCode('reason', (of) => of.held, null)),
    ),
    gauges('records', 'Records of the last readings.', perOrganization(readings((one) => one.records))),
    {
      ...gauges(
        'reading_age_seconds',
        'Since the last reading of a source began.',
        perOrganization(readings((one) => one.ageSeconds)),
      ),
      unit: 'seconds',
    },
    {
      ...gauges(
        'whole_reading_age_seconds',
        'Since the last whole reading of a source began.',
        perOrganization(readings((one) => one.wholeAgeSeconds)),
      ),
      unit: 'seconds',
    },
    gauges(
      'reading_ok',
      '1: the last try to read a source came to its end. 0: it failed, or there was none.',
      perOrganization(readings((one) => (one.failed === null && one.startedAt !== null ? 1 : 0))),
    ),
    gauges(
      'reading_fresh',
      '1: the last whole reading is young enough to block by. 0: it is not.',
      perOrganization(readings((one) => (one.isFresh ? 1 : 0))),
    ),
    {
      name: `${PREFIX}_wait_seconds`,
      help: 'How long people waited, of what ended within a day: from the new account to the mail, from enrolling to mail that flows.',
      unit: 'seconds',
      type: 'gaugehistogram',
      samples: organizations.flatMap(({ labels, of }) =>
        of.delays.map(({ step, of: waits }) => histogram({ ...labels, until: step }, WAIT_BOUNDS, waits)),
      ),
    },
    {
      name: `${PREFIX}_run_seconds`,
      help: 'How long readings, matches, decisions, changes and mails took, of runs that ended within a day.',
      unit: 'seconds',
      type: 'gaugehistogram',
      samples: named.flatMap(({ name: store, measures }) =>
        measures.runs.map(({ subject, of }) => inSeconds(histogram({ store, subject }, RUN_BOUNDS, of))),
      ),
    },
    gauges('mails', 'Mails that are not sent yet.', named.flatMap(mailsOf)),
    gauges(
      'notifier_ready',
      '1: a notifier is not known to fail. 0: it has proven that no mail of its can go out.',
      named.flatMap(notifiersOf),
    ),
    gauges(
      'autodiscover_ok',
      '1: clients find their way by Autodiscover, as a check saw it last. 0: they do not, or it could not be proven.',
      named.flatMap(checksOf(({ overall }) => (overall === 'healthy' || overall === 'warning' ? 1 : 0))),
    ),
    {
      ...gauges(
        'autodiscover_age_seconds',
        'How long ago an Autodiscover check ended last.',
        named.flatMap(checksOf(({ ageSeconds }) => ageSeconds)),
      ),
      unit: 'seconds',
    },
  ];
}

function gauges(name: string, help: string, samples: readonly Gauge[]): Family & { readonly type: 'gauge' } {
  return { name: `${PREFIX}_${name}`, help, type: 'gauge', samples };
}

/** @param known codes that are told apart; null: codes of errors */
function byCode(
  label: string,
  counts: (of: OrganizationMeasures) => Readonly<Record<string, number>>,
  known: readonly string[] | null,
): (labels: Labels, of: OrganizationMeasures) => Gauge[] {
  return (labels, of) => {
    const found = new Map<string, number>((known ?? []).map((code) => [code, 0]));
    for (const [code, count] of Object.entries(counts(of))) add(found, codeIn(code, known), count);
    return [...found].map(([code, value]) => ({ labels: { ...labels, [label]: code }, value }));
  };
}

function codeIn(code: string, known: readonly string[] | null): string {
  const isKnown = known === null ? /^(ERR_[A-Z_]{1,60}|[a-z-]{1,60})$/.test(code) : known.includes(code);
  return isKnown ? code : OTHER;
}

function add(counts: Map<string, number>, code: string, count: number): void {
  counts.set(code, (counts.get(code) ?? 0) + count);
}

function changesOf(labels: Labels, { waiting }: OrganizationMeasures): Gauge[] {
  const found = new Map<string, Gauge>(
    codesOf('change').map((state) => [`${state} `, { labels: { ...labels, state, code: '' }, value: 0 }]),
  );
  for (const { state, code, count } of waiting) {
    const name = `${state} ${code ?? ''}`;
    found.set(name, {
      labels: { ...labels, state: codeIn(state, codesOf('change')), code: code ?? '' },
      value: (found.get(name)?.value ?? 0) + count,
    });
  }
  return [...found.values()];
}

type Reading = OrganizationMeasures['readings'][number];

function readings(value: (reading: Reading) => number | null): (labels: Labels, of: OrganizationMeasures) => Gauge[] {
  return (labels, of) =>
    distinct(of.readings.map(({ name }) => name)).flatMap((name, n) => {
      const reading = of.readings[n]!;
      const measured = value(reading);
      return measured === null ? [] : [{ labels: { ...labels, source: reading.source, name }, value: measured }];
    });
}

function mailsOf({ name: store, measures }: MeasuredStore): Gauge[] {
  return distinct(measures.notifiers.map(({ name }) => name)).flatMap((notifier, n) => {
    const { waiting, attention } = measures.notifiers[n]!.mails;
    return [
      { labels: { store, notifier, state: 'waiting' }, value: waiting },
      { labels: { store, notifier, state: 'attention' }, value: attention },
    ];
  });
}

function notifiersOf({ name: store, measures }: MeasuredStore): Gauge[] {
  return distinct(measures.notifiers.map(({ name }) => name)).map((notifier, n) => ({
    labels: { store, notifier },
    value: measures.notifiers[n]!.verdict === 'failed' ? 0 : 1,
  }));
}

type Check = MeasuredStore['measures']['checks'][number];

function checksOf(value: (check: Check) => number): (of: MeasuredStore) => Gauge[] {
  return ({ name: store, measures: { checks } }) =>
    distinct(checks.map(({ name }) => name)).map((check, n) => {
      const one = checks[n]!;
      return { labels: { store, check, domain: one.domain }, value: value(one) };
    });
}

function histogram(labels: Labels, bounds: readonly number[], { counts, sum }: Distribution): GaugeHistogram {
  return { labels, bounds, counts, sum };
}

function inSeconds({ bounds, sum, ...rest }: GaugeHistogram): GaugeHistogram {
  return { ...rest, bounds: bounds.map((bound) => bound / 1000), sum: sum / 1000 };
}

function withDistinctNames(stores: readonly MeasuredStore[]): MeasuredStore[] {
  return distinct(stores.map(({ name }) => name)).map((name, n) => ({ ...stores[n]!, name }));
}

/** Names, each once: two series with the same labels are refused by who reads them. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const short = name.slice(0, 90).toWellFormed();
    const count = (seen.get(short) ?? 0) + 1;
    seen.set(short, count);
    return count === 1 ? short : `${short} (${count})`;
  });
}
