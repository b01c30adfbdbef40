/** The recording of `npm start`: its flow above its terminal, a picture whenever something new is said. */
import type { Browser } from 'playwright-core';
import { editorReady, invoke } from './editor-page.ts';
import type { StartChild } from './start-child.ts';

const WIDTH = 1040;
/** The editor's header, which shows nothing of ours, is above the picture. */
const HEADER = 40;
const FLOW_HEIGHT = 620;
const TERMINAL_LINES = 9;
/** How often is looked, for how long at most, and how long a picture is shown. */
const LOOK_MS = 500;
const LIMIT_MS = 150_000;
const SHOW_MS = 1_100;
const LAST_SHOW_MS = 4_000;
/** After this line the first phones have nothing more to do. */
const TOLD = /^\d\d:|^All phones/;
const LINES_AT_ONCE = 2;
const END = /^All phones have settled/;

const PAGE = (url: string): string => `<!doctype html><style>
  body { margin: 0; width: ${WIDTH}px; background: #10151c; overflow: hidden }
  div { height: ${FLOW_HEIGHT}px; overflow: hidden; position: relative; background: #fff }
  iframe { position: absolute; top: -${HEADER}px; left: 0; border: 0; width: ${WIDTH}px; height: ${FLOW_HEIGHT + HEADER}px }
  pre { margin: 0; padding: 10px 14px; height: ${TERMINAL_LINES * 17}px; color: #d5dde8; font: 13px/17px "DejaVu Sans Mono", monospace }
</style><div><iframe src="${url}"></iframe></div><pre></pre>`;

/** A screenshot as PNG, and how long it is shown. */
export interface Shot {
  readonly file: Buffer;
  readonly showMs: number;
}

/** Without what belongs to the editor's window alone. */
const CALM = `.red-ui-workspace-toolbar, .red-ui-workspace-footer, .red-ui-workspace-scrollbar, .red-ui-component-footer { display: none !important }
  * { transition: none !important }`;

/** Watches until the first phones have settled. @param end a line after which it ends earlier */
export async function record(browser: Browser, start: StartChild, end = END): Promise<Shot[]> {
  const context = await browser.newContext({ viewport: { width: WIDTH, height: heightOf() }, timezoneId: 'UTC' });
  const page = await context.newPage();
  try {
    // The page around the editor is of the editor's origin, as the editor keeps things in its storage.
    const around = new URL('recording.html', start.url).href;
    await page.route(around, (route) => route.fulfill({ contentType: 'text/html', body: PAGE(start.url) }));
    await page.goto(around);
    const frame = await (await page.waitForSelector('iframe')).contentFrame();
    if (frame === null) throw new Error('The editor has no frame.');
    await editorReady(frame);
    for (const action of ['core:toggle-sidebar', 'core:toggle-palette']) await invoke(frame, action);
    await frame.addStyleTag({ content: CALM });
    const shots: Shot[] = [];
    let seen = '';
    let shown = -LINES_AT_ONCE;
    for (const until = Date.now() + LIMIT_MS; Date.now() < until; await page.waitForTimeout(LOOK_MS)) {
      const told = start.lines.filter((line) => TOLD.test(line));
      // What was said before the editor was there is caught up with.
      shown = Math.min(told.length, shown + LINES_AT_ONCE);
      const text = terminalText(told.slice(0, shown));
      const isOver = shown === told.length && told.some((line) => end.test(line));
      if (text !== seen || isOver) {
        seen = text;
        await page.locator('pre').evaluate((pre, text) => (pre.textContent = text), text);
        shots.push({ file: await page.screenshot(), showMs: isOver ? LAST_SHOW_MS : SHOW_MS });
      }
      if (isOver) return shots;
    }
    throw new Error(`The phones did not settle within ${LIMIT_MS / 1000} s.`);
  } finally {
    await context.close();
  }
}

function heightOf(): number {
  return FLOW_HEIGHT + TERMINAL_LINES * 17 + 20;
}

/** The command, and the last lines of what it said about phones. */
function terminalText(told: readonly string[]): string {
  return ['$ npm start', ...told.slice(-(TERMINAL_LINES - 1))].join('\n');
}
