/** The editors of Node-RED 5 and 4.1, each with this package's built nodes and the example flow, opened in a headless browser. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';

const EXECUTABLE =
  process.env['CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find(existsSync) ??
  'chromium';

/** Node-RED's versions; null: the one that is installed here. */
export const VERSIONS = [
  { label: 'Node-RED 5', install: null },
  { label: 'Node-RED 4.1', install: 'node-red@~4.1.0' },
] as const;

export interface Editor {
  readonly page: Page;
  /** Errors of the page and of its console. */
  readonly problems: readonly string[];
  /** Keeps a picture in test-results/. */
  shoot(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a Node-RED with the example flow and opens its editor. */
export async function openEditor({ label, install }: (typeof VERSIONS)[number]): Promise<Editor> {
  const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-editor-'));
  const nodeRed = await startNodeRed(await programOf(install, userDir), userDir);
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, locale: 'en-US' });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Validation error')) problems.push(message.text());
  });
  await page.goto(nodeRed.url);
  await page.waitForFunction(() => {
    const { RED } = globalThis as unknown as {
      RED?: { workspaces?: { active?(): unknown }; nodes: { getType(type: string): unknown } };
    };
    return Boolean(RED?.workspaces?.active?.()) && Boolean(RED?.nodes.getType('access-switch'));
  });
  await page.locator('.red-ui-flow-node-group').first().waitFor();
  const folder = join(root, 'test-results', label.replace(/\W/g, '-'));
  mkdirSync(folder, { recursive: true });
  return {
    page,
    problems,
    shoot: async (name) => void (await page.screenshot({ path: join(folder, `${name}.png`) })),
    async close() {
      await browser.close();
      await nodeRed.stop();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}

async function programOf(install: string | null, userDir: string): Promise<string> {
  if (install === null) return join(root, 'node_modules', 'node-red', 'red.js');
  writeFileSync(join(userDir, 'package.json'), '{ "name": "user-dir", "private": true }');
  const options = ['install', '--no-audit', '--no-fund', '--no-save', install];
  await promisify(execFile)('npm', options, { cwd: userDir });
  return join(userDir, 'node_modules', 'node-red', 'red.js');
}

async function startNodeRed(program: string, userDir: string): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const settings = {
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    credentialSecret: false,
    nodesDir: [root],
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
    editorTheme: { tours: false, projects: { enabled: false }, palette: { catalogues: [] } },
    logging: { console: { level: 'info' } },
  };
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(readExample()));
  writeFileSync(join(userDir, 'settings.cjs'), `module.exports = ${JSON.stringify(settings)};`);
  const options = [program, '--userDir', userDir, '--settings', join(userDir, 'settings.cjs')];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('Started flows')) resolve();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`Node-RED ended with ${code}:\n${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
