/**
 * Measures as OpenMetrics text, version 1.0:
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md. Pure.
 */

/** What a client is told it gets. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Labels of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Gauge {
  readonly labels: Labels;
  readonly value: number;
}

/** How many values are at most so large: of a time that moves on, so counts may fall. */
export interface GaugeHistogram {
  readonly labels: Labels;
  /** Ascending; what is larger is in the last count. */
  readonly bounds: readonly number[];
  /** One for each bound, not added up, and one for what is larger. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** One family of measures. The name of a measure with a unit ends in it. */
export type Family = { readonly name: string; readonly help: string; readonly unit?: 'seconds' } & (
  | { readonly type: 'gauge'; readonly samples: readonly Gauge[] }
  | { readonly type: 'gaugehistogram'; readonly samples: readonly GaugeHistogram[] }
);

/** Characters of a label's value; what others name is bounded. */
const LONGEST_LABEL = 100;

/** The whole answer, with its end. */
export function openMetrics(families: readonly Family[]): string {
  const lines = families.flatMap((family) => {
    const { name, help, unit, type } = family;
    return [
      `# TYPE ${name} ${type}`,
      ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
      `# HELP ${name} ${escaped(help)}`,
      ...(family.type === 'gauge'
        ? family.samples.map(({ labels, value }) => sample(name, labels, value))
        : family.samples.flatMap((one) => histogramLines(name, one))),
    ];
  });
  return [...lines, '# EOF', ''].join('\n');
}

function histogramLines(name: string, { labels, bounds, counts, sum }: GaugeHistogram): string[] {
  let count = 0;
  const buckets = counts.map((of, n) => {
    count += of;
    return sample(`${name}_bucket`, { ...labels, le: boundOf(bounds[n]) }, count);
  });
  return [...buckets, sample(`${name}_gcount`, labels, count), sample(`${name}_gsum`, labels, sum)];
}

/** As the specification wants thresholds: whole numbers with a fraction. */
function boundOf(bound: number | undefined): string {
  if (bound === undefined) return '+Inf';
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(bounded(text))}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

/** Without half a character, and without what is none on one line. */
function bounded(text: string): string {
  return text
    .replace(/(?!\n)\p{Cc}/gu, ' ')
    .slice(0, LONGEST_LABEL)
    .toWellFormed();
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
