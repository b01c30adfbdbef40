/** A terminal as far as the demo's table needs one (ECMA-48): what stands on it, and what stood there while it was drawn. */
import { EventEmitter } from 'node:events';
import type { Terminal } from '../../scripts/demo/screen.ts';

export class ScreenTerminal extends EventEmitter implements Terminal {
  columns: number;
  rows: number;
  readonly writes: string[] = [];
  /** Private modes that are set. */
  readonly modes = new Set<string>();
  #lines: string[] = [];
  #hasColor: boolean;

  constructor(columns: number, rows: number, hasColor = false) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.#hasColor = hasColor;
  }

  hasColors(): boolean {
    return this.#hasColor;
  }

  /** Whether listeners for a new size are left. */
  get isWatched(): boolean {
    return this.listenerCount('resize') > 0;
  }

  /** What stands on it, without trailing empty lines. */
  get lines(): readonly string[] {
    const last = this.#lines.findLastIndex((line) => line.trim() !== '');
    return this.#lines.slice(0, last + 1).map((line) => line.trimEnd());
  }

  resize(columns: number, rows: number): void {
    Object.assign(this, { columns, rows });
    this.emit('resize');
  }

  write(text: string): void {
    this.writes.push(text);
    let row = this.#lines.length;
    let column = 0;
    for (const [piece, mode, set, , code] of text.matchAll(
      /\u001b\[\?(\d+)([hl])|\u001b\[([\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]+/g,
    )) {
      if (mode !== undefined) {
        if (set === 'h') this.modes.add(mode);
        else this.modes.delete(mode);
        if (mode === '1049') this.#lines = [];
      } else if (code === 'H') [row, column] = [0, 0];
      else if (code === 'K') this.#lines[row] = (this.#lines[row] ?? '').slice(0, column);
      else if (code === 'J') {
        this.#lines[row] = (this.#lines[row] ?? '').slice(0, column);
        this.#lines.length = row + 1;
      } else if (code !== undefined) {
        if (code !== 'm') throw new Error(`The terminal does not know CSI ${code}.`);
      } else if (piece === '\r') column = 0;
      else if (piece === '\n') row += 1;
      else {
        if (column + piece.length > this.columns) throw new Error(`A line is longer than ${this.columns}: ${piece}`);
        const line = (this.#lines[row] ?? '').padEnd(column);
        this.#lines[row] = line.slice(0, column) + piece + line.slice(column + piece.length);
        column += piece.length;
      }
      if (row >= this.rows && this.modes.has('1049')) throw new Error(`More than ${this.rows} lines were drawn.`);
    }
  }
}
