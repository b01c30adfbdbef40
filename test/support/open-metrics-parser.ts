/**
 * Reads OpenMetrics text as strictly as its specification wants it written, as far as gauges and gauge histograms go:
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md. Throws for everything else.
 */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';

/** The families, in their order. */
export function readOpenMetrics(text: string): ReadFamily[] {
  if (!text.endsWith('# EOF\n')) throw new Error('The exposition does not end in EOF and a line feed.');
  if (!text.isWellFormed()) throw new Error('The exposition has half a character.');
  const lines = text.slice(0, -1).split('\n').slice(0, -1);
  const families: { name: string; type: string; unit: string | null; help: string | null; samples: ReadSample[] }[] =
    [];
  const seen = new Set<string>();
  for (const line of lines) {
    const meta = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.*)$`, 's').exec(line);
    if (meta !== null) {
      const [, kind = '', name = '', rest = ''] = meta;
      const family = families.at(-1);
      if (kind === 'TYPE') {
        if (families.some((one) => one.name === name)) throw new Error(`The family ${name} comes twice.`);
        families.push({ name, type: rest, unit: null, help: null, samples: [] });
        continue;
      }
      if (family?.name !== name || family.samples.length > 0) throw new Error(`Metadata out of place: ${line}`);
      if (kind === 'HELP') family.help = unescaped(rest);
      else if (name.endsWith(`_${rest}`)) family.unit = rest;
      else throw new Error(`The name ${name} does not end in its unit.`);
      continue;
    }
    const family = families.at(-1);
    if (family === undefined) throw new Error(`A sample before any family: ${line}`);
    const sample = readSample(line);
    const series = JSON.stringify([sample.name, ...seriesOf(sample.labels)]);
    if (seen.has(series)) throw new Error(`The series comes twice: ${line}`);
    seen.add(series);
    if (!allowedNames(family).includes(sample.name)) throw new Error(`A ${family.type} has no such sample: ${line}`);
    family.samples.push(sample);
  }
  return families.map((family) => {
    if (family.help === null) throw new Error(`The family ${family.name} has no help.`);
    if (family.type === 'gaugehistogram') checkHistograms(family.name, family.samples);
    return { ...family, help: family.help };
  });
}

function seriesOf(labels: ReadSample['labels']): string[] {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`);
}

function allowedNames({ name, type }: { readonly name: string; readonly type: string }): string[] {
  if (type === 'gauge') return [name];
  if (type === 'gaugehistogram') return ['bucket', 'gcount', 'gsum'].map((suffix) => `${name}_${suffix}`);
  throw new Error(`The type ${type} is not expected here.`);
}

function readSample(line: string): ReadSample {
  const parts = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 's').exec(line);
  if (parts === null) throw new Error(`Not a sample: ${line}`);
  const [, name = '', inner, number = ''] = parts;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(number)) throw new Error(`Not a number: ${line}`);
  return { name, labels: inner === undefined ? {} : readLabels(inner, line), value: Number(number) };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(,|$)/y;
  while (label.lastIndex < text.length) {
    const found = label.exec(text);
    if (found === null) throw new Error(`Labels are not as they should be: ${line}`);
    const [, name = '', value = '', end] = found;
    if (Object.hasOwn(labels, name)) throw new Error(`The label ${name} comes twice: ${line}`);
    if (end === ',' && label.lastIndex === text.length) throw new Error(`A comma too many: ${line}`);
    labels[name] = unescaped(value);
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\([\\n"])/g, (_all, one: string) => (one === 'n' ? '\n' : one));
}

/** Buckets in ascending order, up to infinity, adding up to the count. */
function checkHistograms(name: string, samples: readonly ReadSample[]): void {
  const series = new Map<string, { bounds: number[]; counts: number[]; count: number | null; sum: number | null }>();
  for (const { name: of, labels, value } of samples) {
    const { le, ...own } = labels;
    const key = JSON.stringify(own);
    const one = series.get(key) ?? { bounds: [], counts: [], count: null, sum: null };
    series.set(key, one);
    if (of.endsWith('_bucket')) {
      if (le === undefined || !/^(\d+\.\d+|\+Inf)$/.test(le)) throw new Error(`No threshold: ${name} ${le}`);
      one.bounds.push(le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le));
      one.counts.push(value);
    } else if (of.endsWith('_gcount')) one.count = value;
    else one.sum = value;
  }
  for (const { bounds, counts, count, sum } of series.values()) {
    if (count === null || sum === null) throw new Error(`${name} has no count or sum.`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no last bucket.`);
    if (bounds.some((bound, n) => n > 0 && bound <= bounds[n - 1]!)) throw new Error(`${name}: thresholds fall.`);
    if (counts.some((one, n) => n > 0 && one < counts[n - 1]!)) throw new Error(`${name}: buckets fall.`);
    if (counts.at(-1) !== count) throw new Error(`${name}: the last bucket is not the count.`);
  }
}
