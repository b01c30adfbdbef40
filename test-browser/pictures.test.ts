/** The pictures of the documents can be made anew: what `npm run pictures` looks for is where it looks. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../scripts/chromium.ts';
import { PICTURES } from '../scripts/pictures/list.ts';
import type { PictureName } from '../scripts/pictures/list.ts';
import { pixelsOf } from '../scripts/pictures/pixels.ts';
import { movingPng, stillPng } from '../scripts/pictures/png.ts';
import { record } from '../scripts/pictures/recording.ts';
import { spawnStart } from '../scripts/pictures/start-child.ts';
import { photographDevices, photographSimulation } from '../scripts/pictures/stills.ts';
import type { Stills } from '../scripts/pictures/stills.ts';

describe('the pictures of the documents', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser?.close());

  /** Names of the pictures, which must not be heavier than they may be. */
  async function fitting(stills: Stills): Promise<string[]> {
    const pixels = await pixelsOf(browser, Object.values(stills));
    for (const [at, name] of Object.keys(stills).entries()) {
      const { length } = stillPng(pixels[at]!);
      assert.ok(length <= PICTURES[name as PictureName].maxBytes, `${name} has ${length} bytes`);
    }
    return Object.keys(stills);
  }

  it('are made of the example on the simulation', async () => {
    assert.deepEqual(await fitting(await photographSimulation(browser)), [
      'simulation.png',
      'try-it.png',
      'sidebar.png',
      'console-overview.png',
    ]);
  });

  it('are made of npm start, and move', async function () {
    // The people take their time.
    this.timeout(600_000);
    const start = await spawnStart();
    try {
      const shots = await record(browser, start, /blocked → allowed/);
      const pixels = await pixelsOf(
        browser,
        shots.map(({ file }) => file),
      );
      const moving = movingPng(pixels.map((picture, at) => ({ ...picture, showMs: shots[at]!.showMs })));
      assert.ok(shots.length > 3 && moving.length <= PICTURES['start.png'].maxBytes, `${moving.length} bytes`);
      assert.deepEqual(await fitting(await photographDevices(browser, start.url)), [
        'console-devices.png',
        'console-device.png',
      ]);
    } finally {
      await start.stop();
    }
  });
});
