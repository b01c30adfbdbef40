/** How Graph's clock is measured, on a real socket. */
import assert from 'node:assert/strict';
import { tenantPort } from '../../src/graph/tenant-port.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';
import { all, enrollPhones, startGraphLab } from './graph-lab.ts';
import type { GraphLab } from './graph-lab.ts';

describe('the clock of Graph, with a reading', () => {
  let lab: GraphLab | null = null;
  afterEach(() => lab?.close());

  const AHEAD_MS = 5 * 60_000;

  /** The clocks of three pages. */
  async function clocks(dateAheadMs: number): Promise<(ServerClock | undefined)[]> {
    lab = await startGraphLab({ dateAheadMs });
    enrollPhones(lab.organization, 5);
    const port = tenantPort(() => lab!.open(), 'intune');
    const pages = await all(port.mdmPages({ pageSize: 2, signal: new AbortController().signal }));
    return pages.map(({ clock }) => clock);
  }

  it('is ours, by what a Date can tell, if there is no difference, and stands on the last page alone', async () => {
    const [first, second, last] = await clocks(0);
    assert.deepEqual([first, second], [undefined, undefined]);
    assert.ok(last !== undefined && Math.abs(last.offsetMs) <= last.marginMs, JSON.stringify(last));
    assert.ok(last.marginMs >= 2_000 && last.marginMs < 30_000);
  });

  it('is what its own Date tells, whatever that of the sign-in says', async () => {
    const last = (await clocks(AHEAD_MS)).at(-1);
    assert.ok(last !== undefined && Math.abs(last.offsetMs - AHEAD_MS) <= last.marginMs, JSON.stringify(last));
    assert.ok(last.marginMs >= 2_000 && last.marginMs < 30_000);
  });
});
