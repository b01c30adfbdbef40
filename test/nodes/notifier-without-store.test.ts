/** A notifier for which nobody has chosen a store, behind an access switch that enforces: it mails nobody, and must not pass for none. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { startConsole } from '../support/console-flow.ts';
import type { ConsoleFlow } from '../support/console-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { stopFlow } from '../support/node-red.ts';
import { aManagedPhone, anna, people, still } from '../support/people.ts';

const WIDE = { brakeCount: 100, brakePercent: 100 };
const MISSING = { fill: 'red', text: 'shared.error.ERR_CONFIG_MISSING' };

describe('a notifier without a store', () => {
  let lab: Lab;
  let running: ConsoleFlow;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'notifier-without-store-'));
    lab = await startLab({ organization: aManagedPhone(people(anna(still()), 3)) });
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (changes: Changes): Promise<void> => {
    running = await startConsole(lab, changes);
  };
  const report = (): SyncReport => running.flow.messages('switchReport').at(-1)?.['payload'] as SyncReport;

  it('shows it before a message comes, as sources and access switch do', async () => {
    await start({ notifier: { store: '' }, switch: { store: 'gone' }, eas: { server: '' } });
    const shows = (id: string): boolean => running.flow.statuses(id).at(-1)?.text === MISSING.text;
    await running.flow.until(() => ['notifier', 'switch', 'eas'].every(shows), 'all show what they miss');
    assert.deepEqual(
      ['notifier', 'switch', 'eas'].map((id) => running.flow.statuses(id).at(-1)),
      [MISSING, MISSING, MISSING],
    );
  });

  it('lets the blocks wait, which go with their mails once it has one', async () => {
    await start({ notifier: { name: 'Mails', store: '' }, switch: WIDE });
    await running.sync();
    const { counts, mail } = report();
    assert.deepEqual([counts.blocked, counts.forMail, mail?.verdict], [0, 4, 'unheard']);
    assert.match(mail?.text ?? '', /Mails .*No connector store is chosen in "Store"/);
    const { nodes } = connectorFlow(lab, { switch: WIDE });
    await running.flow.redeploy(nodes);
    await running.sync();
    await running.flow.until(() => running.flow.messages('sent').length === 4, 'all mails have gone');
  });

  it('is owed a block that went all the same until it has one', async () => {
    const changes = { store: { path: join(folder, 'store.sqlite') }, switch: { ...WIDE, mailFirst: false } };
    await start({ ...changes, notifier: { store: '' } });
    await running.sync();
    assert.equal(report().counts.blocked, 4);
    const { nodes } = connectorFlow(lab, changes);
    await running.flow.redeploy(nodes);
    await running.flow.until(() => running.flow.messages('sent').length === 4, 'all mails have gone');
  });
});
