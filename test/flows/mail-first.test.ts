/** Access switch and notifier together: nobody is blocked while the notifier knows that its mail cannot go out. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../nodes/connections.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { NotifierRow, Store } from '../../src/store/store.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { eventually } from '../support/eventually.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { aManagedPhone, people, still } from '../support/people.ts';

/** No phone opens a link without https. */
const NO_LINK: Changes = { notifier: { linkBase: 'http://connector.contoso.example' } };

describe('while no mail can go out', () => {
  let lab: Lab;
  let folder: string;
  let flow: RunningFlow;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(people(still(), 2)) });
    folder = mkdtempSync(join(tmpdir(), 'mail-first-'));
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const made = (changes: Changes): ReturnType<typeof connectorFlow> =>
    connectorFlow(lab, { store: { path: join(folder, 'store.sqlite') }, ...changes });
  async function start(changes: Changes): Promise<void> {
    const { nodes, credentials } = made(changes);
    flow = await startFlow(nodes, credentials);
  }
  const store = (): Promise<Store> => (flow.node('store') as StoreConnection).store();
  const hasSaid = (...verdicts: readonly NotifierRow['verdict'][]): Promise<void> =>
    eventually(
      async () => (await (await store()).notifiers.list()).some(({ verdict }) => verdicts.includes(verdict)),
      `the notifier says ${verdicts.join(' or ')}`,
    );
  async function sync(): Promise<SyncReport> {
    const before = flow.messages('switchReport').length;
    for (const id of ['mdm', 'eas']) flow.receive(id);
    await flow.until(() => flow.messages('switchReport').length > before, 'the switch has reported');
    return flow.messages('switchReport').at(-1)?.['payload'] as SyncReport;
  }
  const mailed = (): number[] => [0, 1].map((n) => lab.organization.inbox(`user${n}@contoso.example`).length);
  const problems = (): unknown[] =>
    flow.messages('attention').map(({ payload }) => (payload as { problem?: { code: string } }).problem?.code);
  const shown = (): unknown => {
    const { fill, text } = flow.statuses('switch').at(-1) ?? {};
    return [fill, text];
  };

  it('blocks wait and the switch is red; once one can, users are blocked and mailed', async () => {
    await start(NO_LINK);
    await hasSaid('failed');
    const { mail, counts } = await sync();
    assert.deepEqual([mail?.verdict, mail?.waiting, counts.blocked, counts.forMail], ['unheard', 2, 0, 2]);
    assert.deepEqual(shown(), ['red', 'access-switch.status.waitingForMail']);
    assert.deepEqual(problems(), ['ERR_MAIL_NOT_READY']);
    assert.deepEqual([lab.organization.writes.length, mailed()], [0, [0, 0]]);

    // The deploy starts everything anew; what waits is in the store.
    await flow.redeploy(made({}).nodes);
    await hasSaid('ready', 'unknown');
    flow.receive('switch', { topic: 'retry' });
    await flow.until(() => mailed().every((count) => count === 1), 'both were mailed');
    assert.equal(lab.organization.writes.length, 2);
    await eventually(async () => (await (await store()).outbox.list()).length === 0, 'nothing waits');
  });

  it('a person may let them go with "mail-not-ready"', async () => {
    await start(NO_LINK);
    await hasSaid('failed');
    await sync();
    flow.receive('switch', { topic: 'approve', payload: 'mail-not-ready', by: 'Ida' });
    await flow.until(() => flow.messages('blocked').length === 2, 'both are blocked');
    const entries = (await (await store()).audit.recent()).filter(({ what }) => what === 'block');
    assert.deepEqual(
      entries.map(({ approvedBy }) => approvedBy),
      ['Ida', 'Ida'],
    );
    assert.deepEqual(mailed(), [0, 0]);
  });

  it('blocks go as before if the switch is told not to wait', async () => {
    await start({ ...NO_LINK, switch: { mailFirst: false } });
    await hasSaid('failed');
    const { mail, counts } = await sync();
    assert.deepEqual([mail?.verdict, counts.blocked], ['unheard', 2]);
  });

  it('nobody waits for a notifier that was deleted from the canvas', async () => {
    await start(NO_LINK);
    await hasSaid('failed');
    await sync();
    await flow.redeploy(made({}).nodes.filter(({ id }) => id !== 'notifier'));
    const { mail } = await sync();
    await eventually(async () => lab.organization.writes.length === 2, 'both are blocked');
    assert.ok(mail === undefined || mail.verdict === 'nobody');
  });
});
