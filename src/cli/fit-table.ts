/** Lays a table out so that it fits the terminal. */
import { safeText } from './safe-text.ts';
import { textWidth, toWidth } from './text-width.ts';

/** A column: what stands over it, and how narrow it may become. */
export interface Column<Row> {
  readonly title: string;
  readonly least: number;
  readonly cell: (row: Row) => string | number | null;
}

const GAP = '  ';
/** Widest column where nothing says how wide a line may be, so that one hostile name does not push the others away. */
const WIDEST = 64;

/*
 *   the columns, as wide as their texts             the table
 *   fit                                             each as wide as it wants
 *   do not fit                                      the widest ones are narrowed, evenly, none below its least
 *   do not fit at their least                       the last ones are left out; the first always stays
 */

/**
 * The lines of a table, without line ends. Foreign text is made safe.
 * @param width columns a line may have; null: no terminal, columns are 64 wide at most
 */
export function fitTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number | null): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => safeText(String(cell(row) ?? ''))));
  const wanted = columns.map(({ title }, at) =>
    Math.min(WIDEST, Math.max(title.length, ...cells.map((line) => textWidth(line[at] ?? '')))),
  );
  const widths =
    width === null
      ? wanted
      : fitWidths(
          wanted,
          columns.map(({ least, title }) => Math.max(least, title.length)),
          width,
        );
  const titles = columns.map(({ title }) => title);
  return [titles, widths.map((one) => '-'.repeat(one)), ...cells].map((line) => lineOf(line, widths));
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return widths
    .map((width, at) => toWidth(cells[at] ?? '', width))
    .join(GAP)
    .trimEnd();
}

/** Widths that fit into `width`, gaps counted; fewer than were wanted if not all fit at their least. */
function fitWidths(wanted: readonly number[], least: readonly number[], width: number): number[] {
  const narrow = wanted.map((want, at) => Math.min(want, least[at] ?? want));
  let count = wanted.length;
  while (count > 1 && sum(narrow.slice(0, count)) > room(width, count)) count -= 1;
  const widths = wanted.slice(0, count);
  while (sum(widths) > room(width, count)) {
    const at = widest(widths, narrow);
    if (at < 0) return [Math.max(1, width)];
    widths[at] = widths[at]! - 1;
  }
  return widths;
}

function room(width: number, columns: number): number {
  return width - GAP.length * (columns - 1);
}

/** The widest column that may be narrower; -1: none. */
function widest(widths: readonly number[], narrow: readonly number[]): number {
  let found = -1;
  widths.forEach((width, at) => {
    if (width > (narrow[at] ?? 0) && (found < 0 || width > widths[found]!)) found = at;
  });
  return found;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
