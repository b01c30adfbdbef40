/** The demo's table on a terminal: drawn in place, redrawn at a new size, and gone when it ends. */
import assert from 'node:assert/strict';
import { Screen } from '../../scripts/demo/screen.ts';
import { ScreenTerminal } from '../support/screen-terminal.ts';

describe("the demo's table on a terminal", () => {
  it('stands in the same place when it changes', () => {
    const terminal = new ScreenTerminal(40, 10);
    let lines = ['first line', 'second line', 'third line'];
    const screen = new Screen(terminal, () => lines);
    assert.deepEqual(terminal.lines, lines);
    lines = ['first', 'second, and longer', ''];
    screen.draw();
    assert.deepEqual(terminal.lines, ['first', 'second, and longer']);
    screen.close();
  });

  it('is one write a picture, between the marks of a picture, and none where nothing changed', () => {
    const terminal = new ScreenTerminal(40, 10);
    const screen = new Screen(terminal, () => ['the same']);
    const { length } = terminal.writes;
    screen.draw();
    assert.equal(terminal.writes.length, length);
    assert.match(terminal.writes.at(-1)!, /^\u001b\[\?2026h.*\u001b\[\?2026l$/s);
    screen.close();
  });

  it('keeps a line that is as long as the window is wide', () => {
    const terminal = new ScreenTerminal(8, 4);
    const screen = new Screen(terminal, () => ['12345678']);
    assert.deepEqual(terminal.lines, ['12345678']);
    screen.close();
  });

  it('is drawn anew, for the new size, when the window changes', () => {
    const terminal = new ScreenTerminal(80, 24);
    const screen = new Screen(terminal, ({ columns, rows }) => [`${columns} × ${rows}`]);
    terminal.resize(50, 12);
    assert.deepEqual(terminal.lines, ['50 × 12']);
    screen.close();
  });

  it('gives the terminal back: cursor, first screen, no listener, and draws no more', () => {
    const terminal = new ScreenTerminal(80, 24);
    const screen = new Screen(terminal, () => ['table']);
    assert.deepEqual([...terminal.modes], ['1049']);
    screen.changed();
    screen.close();
    screen.close();
    screen.draw();
    assert.deepEqual([[...terminal.modes], terminal.isWatched, terminal.lines], [['25'], false, []]);
  });
});
