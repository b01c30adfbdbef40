/** What every bench hands to `bench.ts`: rows to print, and values held against a floor or a ceiling. */

/** A value and the bound it should keep. */
export interface Bound {
  readonly name: string;
  readonly value: number;
  /** `>=` for a floor, `<=` for a ceiling. */
  readonly relation: '>=' | '<=';
  readonly bound: number;
}

/** The outcome of one bench. */
export interface BenchReport {
  readonly name: string;
  /** How it was measured, one line. */
  readonly conditions: string;
  /** Tables, each with its heading row first. */
  readonly tables: readonly (readonly (readonly string[])[])[];
  readonly bounds: readonly Bound[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
  /** The figures by name, for the summary line. */
  readonly figures: Readonly<Record<string, number>>;
}

/** True if the value keeps its bound; what is no number does not. */
export function isKept({ value, relation, bound }: Bound): boolean {
  return relation === '>=' ? value >= bound : value <= bound;
}

/** The report as text: conditions, tables in columns, notes, bounds. */
export function printReport(report: BenchReport): string {
  const lines = [`${report.name}: ${report.conditions}`];
  for (const table of report.tables) lines.push('', ...inColumns(table).map((line) => `  ${line}`));
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `  ${note}`));
  lines.push('', ...report.bounds.map((bound) => `  ${describe(bound)}`));
  return lines.join('\n');
}

function describe(bound: Bound): string {
  const { name, value, relation, bound: limit } = bound;
  return `${isKept(bound) ? 'ok    ' : 'MISSED'} ${name}: ${value.toFixed(2)} ${relation} ${limit}`;
}

function inColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A number for a table: whole from 100 on, else with the given digits. */
export function shown(value: number, digits = 1): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(digits);
}
