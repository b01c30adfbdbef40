/** The still pictures: dialogs, sidebar and console of the example, and the console of a running `npm start`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../free-port.ts';
import { readExample } from '../lab-flow.ts';
import { startNodeRed } from '../node-red.ts';
import type { FlowEntry, SendEvent } from '../node-red.ts';
import { edit, editorReady, showSidebar } from './editor-page.ts';
import type { PictureName } from './list.ts';

/** Screenshots as PNG by the name of their picture. */
export type Stills = Partial<Record<PictureName, Buffer>>;

/** The windows in which dialogs and console are photographed. */
const EDITOR = { width: 1300, height: 700 };
const CONSOLE = { width: 1200, height: 760 };
const DEVICE = { width: 1200, height: 980 };
/** The sidebar's tab as long as what it says, beside nothing else: the editor may give it half of the sidebar. */
const WHOLE_TAB = `.eas-tab { position: fixed; inset: 0 0 auto auto; width: 294px; height: auto !important; z-index: 9999;
  background: #fff }`;
/** Whose phone is looked at: the simulation always begins with it. */
const WHOSE = 'Carla Costa';
/** So many devices are to be blocked when the pictures are taken; the simulated phones add their accounts one after the other. */
const BLOCKS = 4;
const PATIENCE_MS = 90_000;

/** The example with a brake that holds more than one block, on the simulation: what it would do, and what it holds. */
export async function photographSimulation(browser: Browser): Promise<Stills> {
  const port = await freePort();
  const flow = readExample().map((entry) => ({
    ...entry,
    ...(entry.type === 'access-switch'
      ? { mode: 'enforce', brakeCount: 1, brakePercent: 0, brakePerDay: '', mailFirst: false }
      : {}),
    ...(entry.type === 'enrollment-notifier' ? { linkBase: `http://127.0.0.1:${port}` } : {}),
  })) as FlowEntry[];
  const idOf = (type: string, name?: string): string =>
    flow.find((entry) => entry.type === type && (name === undefined || entry['name'] === name))?.id ?? '';
  const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-pictures-'));
  // A dry run and a brake count what they would block as held.
  let held = 0;
  const onSend = ({ source, msg }: SendEvent): void => {
    if (source.node.type !== 'access-switch' || source.port !== 3) return;
    const { counts } = msg['payload'] as { counts: { blocked: number; held: number } };
    held = counts.blocked + counts.held;
  };
  const nodeRed = await startNodeRed({ userDir, port, flow, quiet: true, onSend });
  const page = await pageOf(browser, EDITOR);
  const press = async (name: string): Promise<void> => {
    held = 0;
    for (const until = Date.now() + PATIENCE_MS; held < BLOCKS; await page.waitForTimeout(2_000)) {
      if (Date.now() > until) throw new Error(`After ${PATIENCE_MS / 1000} s "${name}" would block ${held} devices.`);
      nodeRed.receive(idOf('inject', name));
    }
  };
  try {
    await page.goto(nodeRed.url);
    await editorReady(page);
    await press('dry run');
    const dialogs = await photographDialogs(page, idOf('access-switch'));
    await press('full sync');
    await showSidebar(page, 'exchange-connector');
    await page.locator('.eas-tab-plan').waitFor();
    await page.addStyleTag({ content: WHOLE_TAB });
    const sidebar = await still(page, page.locator('.eas-tab'));
    await page.setViewportSize(CONSOLE);
    await place(page, nodeRed.url, 'overview');
    await page.getByText('wait for approval').first().waitFor();
    return { ...dialogs, 'sidebar.png': sidebar, 'console-overview.png': await still(page) };
  } finally {
    await page.context().close();
    await nodeRed.stop();
    rmSync(userDir, { recursive: true, force: true });
  }
}

/** Two tabs of the access switch's dialog. */
async function photographDialogs(page: Page, id: string): Promise<Stills> {
  await edit(page, id);
  const tray = {
    /** The dialog, without what is beside it while it slides. */
    async screenshot(): Promise<Buffer> {
      const { x, width } = (await page.locator('.red-ui-tray-header').boundingBox())!;
      const { y, height } = (await page.locator('.red-ui-tray').boundingBox())!;
      return page.screenshot({ clip: { x, y, width, height } });
    },
  };
  const choose = async (tab: string): Promise<void> => {
    await page.locator(`#red-ui-tab-access-switch-panel-${tab}`).click();
    await page.mouse.move(0, 0);
  };
  await choose('simulation');
  await page.locator('#access-switch-simulation table').waitFor();
  const simulation = await still(page, tray);
  await choose('try');
  await page.locator('#access-switch-query').fill(WHOSE.split(' ')[0]!.toLowerCase());
  await page.keyboard.press('Enter');
  await page.locator('#access-switch-tried .eas-card').first().waitFor();
  const tried = await still(page, tray);
  await page.locator('#node-dialog-cancel').click();
  return { 'simulation.png': simulation, 'try-it.png': tried };
}

/** The console's devices, and one that was blocked and let in. @param url of a flow editor whose phones have settled */
export async function photographDevices(browser: Browser, url: string): Promise<Stills> {
  const page = await pageOf(browser, CONSOLE);
  try {
    await place(page, url, 'devices');
    await page.locator('a.row').first().waitFor();
    const devices = await still(page);
    await page.setViewportSize(DEVICE);
    await page.locator('a.row', { hasText: WHOSE }).first().click();
    await page.locator('ol.way').waitFor();
    return { 'console-devices.png': devices, 'console-device.png': await still(page) };
  } finally {
    await page.context().close();
  }
}

/** Goes to a place of the console, as a bookmark does. */
async function place(page: Page, url: string, name: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(new URL(`exchange-connector/#/${name}`, url).href);
  await page.locator('main[aria-busy=false]').waitFor();
}

async function pageOf(browser: Browser, viewport: { width: number; height: number }): Promise<Page> {
  const context = await browser.newContext({ viewport, locale: 'en-US', timezoneId: 'UTC', colorScheme: 'light' });
  return context.newPage();
}

/** A screenshot when nothing moves any more. */
async function still(page: Page, of: { screenshot(): Promise<Buffer> } = page): Promise<Buffer> {
  await page.waitForTimeout(600);
  return of.screenshot();
}
