/**
 * `npm run pictures`: makes the pictures of the documents anew, in a browser without a window, on the lab and on the example.
 * Windows, names and languages are always the same; times of day are those at which it ran.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { readCommandLine, refuseCommandLine } from './command-line.ts';
import { root } from './node-red.ts';
import { FOLDER, MAX_BYTES, PICTURES } from './pictures/list.ts';
import type { PictureName } from './pictures/list.ts';
import { pixelsOf } from './pictures/pixels.ts';
import { movingPng, stillPng } from './pictures/png.ts';
import { record } from './pictures/recording.ts';
import { sevenSteps } from './pictures/seven-steps.ts';
import { spawnStart } from './pictures/start-child.ts';
import { photographDevices, photographSimulation } from './pictures/stills.ts';

const USAGE = `
npm run pictures -- [PICTURE…]

Makes the pictures in ${FOLDER} anew, or the named ones and those that are made with them. All of them take about two minutes.
It needs Chromium: CHROMIUM=/path/to/chromium npm run pictures.

${Object.entries(PICTURES)
  .map(([name, { shows }]) => `  ${name.padEnd(24)} ${shows}`)
  .join('\n')}

  --help                   this text
`;
const { positionals } = readCommandLine(USAGE, {}, true);
for (const name of positionals)
  if (!Object.hasOwn(PICTURES, name)) refuseCommandLine(`There is no picture "${name}".`, USAGE);

/** Pictures that are made together. */
const GROUPS: readonly {
  readonly names: readonly PictureName[];
  readonly make: (browser: Browser) => Promise<Made>;
}[] = [
  { names: ['start.png', 'console-devices.png', 'console-device.png'], make: photographStart },
  {
    names: ['simulation.png', 'try-it.png', 'sidebar.png', 'console-overview.png'],
    make: async (browser) => stillsOf(browser, await photographSimulation(browser)),
  },
];
type Made = Partial<Record<PictureName, Buffer>>;

mkdirSync(join(root, FOLDER), { recursive: true });
keep({
  'seven-steps-light.svg': Buffer.from(sevenSteps('light')),
  'seven-steps-dark.svg': Buffer.from(sevenSteps('dark')),
});
const browser = await launchChromium();
try {
  for (const { names, make } of GROUPS)
    if (positionals.length === 0 || names.some((name) => (positionals as readonly string[]).includes(name)))
      keep(await make(browser));
} finally {
  await browser.close();
}
const total = Object.keys(PICTURES).reduce((sum, name) => sum + statSync(join(root, FOLDER, name)).size, 0);
say(total, MAX_BYTES, 'all together');

async function photographStart(browser: Browser): Promise<Made> {
  const start = await spawnStart();
  try {
    const shots = await record(browser, start);
    const pixels = await pixelsOf(
      browser,
      shots.map(({ file }) => file),
    );
    const moving = movingPng(pixels.map((picture, at) => ({ ...picture, showMs: shots[at]!.showMs })));
    return { 'start.png': moving, ...(await stillsOf(browser, await photographDevices(browser, start.url))) };
  } finally {
    await start.stop();
  }
}

async function stillsOf(browser: Browser, shots: Made): Promise<Made> {
  const pixels = await pixelsOf(browser, Object.values(shots));
  return Object.fromEntries(Object.keys(shots).map((name, at) => [name, stillPng(pixels[at]!)]));
}

function keep(made: Made): void {
  for (const [name, bytes] of Object.entries(made)) {
    writeFileSync(join(root, FOLDER, name), bytes);
    say(bytes.length, PICTURES[name as PictureName].maxBytes, `${FOLDER}/${name}`);
  }
}

function say(bytes: number, maxBytes: number, what: string): void {
  process.stdout.write(`${String(bytes).padStart(8)} of ${maxBytes} bytes  ${what}\n`);
  if (bytes > maxBytes) process.exitCode = 1;
}
