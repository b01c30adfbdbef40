/** The example of the import dialog, as it is: it runs with nothing else installed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import type { SimulationShare } from '../../src/lab/simulation.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { ANNAS_ENROLLMENT, ANNAS_PHONE } from '../support/people.ts';

const EXAMPLE = new URL('../../examples/01%20connector%20workflow.json', import.meta.url);

interface SwitchReport {
  sync: { dryRun?: boolean; kind: string };
  mode: string;
  counts: { devices: number; blocked: number; allowed: number };
}

describe('example 01', () => {
  const nodes = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as (FlowNode & { name: string })[];
  let folder: string;
  let simulation: SimulationShare;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'example-'));
    useUserDir(folder);
    simulation = acquireSimulation();
  });

  afterEach(async () => {
    await stopFlow();
    simulation.release();
    rmSync(folder, { recursive: true });
  });

  /** Imported into a runtime that is running already, as an administrator does. */
  async function startExample(): Promise<RunningFlow> {
    const flow = await startFlow([]);
    await flow.redeploy(nodes);
    return flow;
  }

  const idOf = (type: string, name = ''): string =>
    nodes.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} ${name}`);
  /** Payloads that reached the debug node of this name. */
  const shown = (flow: RunningFlow, name: string): unknown[] =>
    flow.arrived(idOf('debug', name)).map(({ payload }) => payload);

  it('shows at the press of "dry run" what it would do, and changes and mails nothing', async () => {
    const { organization } = simulation;
    for (const alias of ['first', 'second']) organization.addMailbox({ alias, displayName: `The ${alias}` });
    organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'UNMANAGED', mailbox: 'first@contoso.example' });
    organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'MANAGED', mailbox: 'second@contoso.example' });
    organization.enroll({ ...ANNAS_ENROLLMENT, upn: 'second@contoso.example', easDeviceId: 'MANAGED' });
    const flow = await startExample();
    flow.receive(idOf('inject', 'dry run'));
    await flow.until(() => shown(flow, 'sync report').length === 1, 'the report is shown');
    const wouldBlock = (): number => shown(flow, 'blocked').length;
    await flow.until(
      () => shown(flow, 'mail not sent').length === wouldBlock(),
      'the mails that are not sent are shown',
    );
    const [report] = shown(flow, 'sync report') as SwitchReport[];
    assert.deepEqual(
      { dryRun: report?.sync.dryRun, kind: report?.sync.kind, mode: report?.mode, blocked: report?.counts.blocked },
      { dryRun: true, kind: 'full', mode: 'simulate', blocked: wouldBlock() },
    );
    assert.deepEqual(
      shown(flow, 'blocked')
        .map((payload) => {
          const { device, decision, change } = payload as {
            device: { eas: { easId: string } };
            decision: { reason: { code: string } };
            change: { to: string; applied: boolean };
          };
          return { easId: device.eas.easId, why: decision.reason.code, to: change.to, applied: change.applied };
        })
        .filter(({ easId }) => ['MANAGED', 'UNMANAGED'].includes(easId)),
      [{ easId: 'UNMANAGED', why: 'not-enrolled', to: 'blocked', applied: false }],
    );
    assert.equal(shown(flow, 'matcher report').length, 1, 'both sources are matched once');
    assert.deepEqual(shown(flow, 'error'), []);
    assert.deepEqual(shown(flow, 'mail sent'), []);
    assert.deepEqual(organization.writes, []);
    assert.deepEqual(organization.inbox('first@contoso.example'), []);
    assert.deepEqual(
      readdirSync(folder).filter((file) => file.endsWith('.sqlite')),
      ['exchange-connector.sqlite'],
    );
  });

  it('has an inject for a full sync and a quick one, and they do what they say', async () => {
    simulation.organization.addMailbox({ alias: 'first', displayName: 'The first' });
    simulation.organization.syncPhone({ ...ANNAS_PHONE, mailbox: 'first@contoso.example' });
    const flow = await startExample();
    flow.receive(idOf('inject', 'full sync'));
    await flow.until(() => shown(flow, 'sync report').length === 1, 'the first report is shown');
    flow.receive(idOf('inject', 'quick sync'));
    await flow.until(() => shown(flow, 'sync report').length === 2, 'the second report is shown');
    assert.deepEqual(shown(flow, 'error'), []);
    assert.equal((shown(flow, 'sync report')[0] as SwitchReport).sync.kind, 'full');
  });
});
