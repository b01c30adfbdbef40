/**
 * A picture of lines on a terminal that changes in place. It is drawn on the terminal's second screen, which no scrolling and no
 * change of the window's size tears, and each picture in one write between marks that terminals wait for: no flicker.
 * Sequences: ECMA-48; private modes 25, 1049 and 2026 as xterm and the terminals after it have them.
 */

/** What a terminal's stream has, as `tty.WriteStream`. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  hasColors(): boolean;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Size and abilities of the terminal when a picture is drawn. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  readonly hasColor: boolean;
}

/** A picture needs no more than this many redraws a second. */
const REDRAW_MS = 60;
const OPEN = '\u001b[?1049h\u001b[?25l';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const BEGIN = '\u001b[?2026h\u001b[H';
const END = '\u001b[J\u001b[?2026l';

export class Screen {
  readonly #terminal: Terminal;
  readonly #picture: (size: ScreenSize) => readonly string[];
  #timer: NodeJS.Timeout | null = null;
  #shown = '';
  #isOpen = true;

  /** @param picture the lines as they are now, none longer than the size says */
  constructor(terminal: Terminal, picture: (size: ScreenSize) => readonly string[]) {
    this.#terminal = terminal;
    this.#picture = picture;
    terminal.write(OPEN);
    terminal.on('resize', this.#redraw);
    this.draw();
  }

  /** Something changed: draws soon. */
  changed(): void {
    if (!this.#isOpen) return;
    this.#timer ??= setTimeout(() => this.draw(), REDRAW_MS);
  }

  /** Draws now what has changed. */
  draw(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { columns, rows } = this.#terminal;
    const lines = this.#picture({ columns, rows, hasColor: this.#terminal.hasColors() });
    // Erased before it is written: after the last column's character, erasing would take that one away.
    const text = lines.map((line) => `\u001b[K${line}`).join('\r\n');
    if (text === this.#shown || !this.#isOpen) return;
    this.#shown = text;
    this.#terminal.write(`${BEGIN}${text}${END}`);
  }

  /** Gives the terminal back as it was. May be called again. */
  close(): void {
    if (!this.#isOpen) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#isOpen = false;
    this.#terminal.off('resize', this.#redraw);
    this.#terminal.write(CLOSE);
  }

  readonly #redraw = (): void => {
    this.#shown = '';
    this.draw();
  };
}
