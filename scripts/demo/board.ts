/** The demo as a table: a row a phone, a column a step. Lines of text from what was seen; no terminal here. */
import type { StepNumber } from '../../src/lab/phones.ts';

/** A phone in the table. */
export interface BoardPhone {
  readonly id: string;
  /** When a step was first seen, in seconds since the start. */
  readonly steps: Readonly<Partial<Record<StepNumber, number>>>;
  /** Exchange's access state now; null: the phone has no EAS record yet. */
  readonly state: string | null;
  /** Whether it ended as it must; null while it plays. */
  readonly asItMust: boolean | null;
}

/** All that the table shows. */
export interface Board {
  /** One sentence above the table. */
  readonly title: string;
  readonly phones: readonly BoardPhone[];
  /** What was seen last, below the table. */
  readonly last: string;
}

/** How the table is drawn. */
export interface BoardSize {
  /** Characters in a line. */
  readonly columns: number;
  /** Lines; all phones are shown without it. */
  readonly rows?: number;
  readonly hasColor: boolean;
}

const STEPS: readonly StepNumber[] = [1, 2, 3, 4, 5, 6, 7];
const NAME = 20;
const STATE = 11;

/**
 * How wide a step's column is, by the room that name and state leave:
 *
 * | room for a step | heading | a step that was seen | one that was not |
 * |---|---|---|---|
 * | 11 or more | number and word | seconds | a dot |
 * | 7 to 10 | word | seconds | a dot |
 * | less | number | a mark | a dot |
 */
const WIDTHS = [
  { cell: 11, heads: ['1 added', '2 read', '3 blocked', '4 mailed', '5 enrolled', '6 merged', '7 allowed'] },
  { cell: 7, heads: ['added', 'read', 'block', 'mail', 'enroll', 'merge', 'allow'] },
  { cell: 2, heads: ['1', '2', '3', '4', '5', '6', '7'] },
] as const;

type Color = 'red' | 'green' | 'dim' | 'bold';
const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** The table's lines. None is longer than `columns`, and there are no more than `rows`. */
export function boardLines(board: Board, { columns, rows, hasColor }: BoardSize): string[] {
  const paint = (text: string, color: Color | null): string =>
    hasColor && color !== null ? `\u001b[${CODES[color][0]}m${text}\u001b[${CODES[color][1]}m` : text;
  const width = WIDTHS.find(({ cell }) => NAME + 7 * cell + STATE <= columns) ?? WIDTHS[2];
  const name = Math.max(0, Math.min(NAME, columns - 7 * width.cell - 2));
  const hasState = NAME + 7 * width.cell + STATE <= columns;
  const row = (first: string, cells: readonly (readonly [string, Color | null])[], last: string): string =>
    name === 0
      ? cut(first, columns)
      : first + cells.map(([text, color]) => paint(text.padStart(width.cell), color)).join('') + (hasState ? last : '');
  const head = row(
    paint(fit('phone', name), 'bold'),
    width.heads.map((text) => [text, 'bold']),
    '',
  );
  const phones = board.phones.map((phone) =>
    row(
      fit(phone.id, name),
      STEPS.map((step) => cellOf(step, phone.steps[step], width.cell > 2)),
      `  ${paint(stateOf(phone), colorOf(phone))}`,
    ),
  );
  const lines = [paint(cut(board.title, columns), 'bold'), '', head, ...shown(phones, columns, rows)];
  if (board.last !== '') lines.push('', paint(cut(board.last, columns), 'dim'));
  return rows === undefined ? lines : lines.slice(0, rows);
}

/** As many phones as there are lines for, and how many more there are. Five lines are around them. */
function shown(phones: readonly string[], columns: number, rows: number | undefined): string[] {
  if (rows === undefined || phones.length <= rows - 5) return [...phones];
  const room = Math.max(0, rows - 6);
  return [...phones.slice(0, room), cut(`… and ${phones.length - room} more: a taller window shows them`, columns)];
}

function cellOf(step: StepNumber, seconds: number | undefined, hasTime: boolean): readonly [string, Color | null] {
  if (seconds === undefined) return ['·', 'dim'];
  const color = step === 3 ? 'red' : step === 7 ? 'green' : null;
  return [hasTime ? seconds.toFixed(1) : '✓', color];
}

function stateOf({ state, asItMust }: BoardPhone): string {
  const mark = asItMust === null ? '' : asItMust ? ' ✓' : ' ✗';
  return cut(`${state ?? ''}${mark}`, STATE - 2);
}

function colorOf({ state, asItMust }: BoardPhone): Color | null {
  if (asItMust === false || state === 'blocked') return 'red';
  return state === 'allowed' ? 'green' : null;
}

function fit(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${width > 0 ? '…' : ''}`;
}
