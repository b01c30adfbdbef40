/** The MDM source set to quick, in Node-RED, against the lab over https. */
import assert from 'node:assert/strict';
import type { StoreConnection } from '../../nodes/connections.ts';
import { Organization } from '../../src/lab/organization.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { anna, ANNAS_ENROLLMENT } from '../support/people.ts';

const LONG_AGO = '2026-01-01T00:00:00Z';

describe('the MDM source set to quick', () => {
  let lab: Lab;
  let ago = 0;

  beforeEach(async () => {
    ago = 0;
    lab = await startLab({ organization: new Organization({ now: () => Date.now() - ago }) });
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const enroll = (changes: object): string => {
    const { id } = lab.organization.enroll({ ...ANNAS_ENROLLMENT, enrolledAt: LONG_AGO, ...changes });
    lab.organization.updateManagedDevice(id, { lastSyncDateTime: LONG_AGO });
    return id;
  };
  const others = (count: number): string[] =>
    Array.from({ length: count }, (_, at) =>
      enroll({ upn: `user${at}@contoso.example`, name: `Phone ${at}`, serial: `S${at}`, easDeviceId: `E${at}` }),
    );
  const start = (changes: Record<string, Record<string, unknown>> = {}): Promise<RunningFlow> => {
    const mdm = { sync: 'quick', store: 'store', wires: [['matcher', 'mdmOut']] };
    const { nodes, credentials } = connectorFlow(lab, { mdm, ...changes });
    return startFlow(nodes, credentials);
  };
  /** One reading of Intune, kept; what its messages say, and the status of the source. */
  const read = async (flow: RunningFlow, kind?: string): Promise<unknown> => {
    const store = await (flow.node('store') as StoreConnection).store();
    const before = flow.messages('mdmOut').length;
    const { done } = flow.ended('mdm');
    flow.receive('mdm', kind === undefined ? {} : { sync: { kind } });
    await flow.until(() => flow.ended('mdm').done === done + 1, 'the MDM source is done');
    const messages = flow.messages('mdmOut').slice(before) as unknown as {
      payload: { id: string }[];
      sync: { id: string; kind: string; last: boolean; gone?: string[] };
    }[];
    const { id, kind: told, last, gone } = messages.at(-1)!.sync;
    for (let shown = ''; shown !== id;) shown = (await store.snapshots.latest('mdm', 'tenant'))?.syncId ?? '';
    const { text, fill } = flow.statuses('mdm').at(-1)!;
    return { ids: messages.flatMap(({ payload }) => payload.map((one) => one.id)), kind: told, last, gone, text, fill };
  };

  it('reads every device first, and then what flipped or was removed', async () => {
    const [flipped, removed, ...rest] = others(4);
    const flow = await start();
    const all = [flipped, removed, ...rest];
    const whole = { kind: 'full', last: true, gone: undefined, fill: 'green' };
    assert.deepEqual(await read(flow), { ...whole, ids: all, text: 'mdm-source.status.read' });
    lab.organization.updateManagedDevice(flipped!, { complianceState: 'noncompliant', lastSyncDateTime: LONG_AGO });
    lab.organization.unenroll(removed!);
    assert.deepEqual(await read(flow, 'quick'), {
      ids: [flipped],
      kind: 'quick',
      last: true,
      gone: [`mdm:tenant:${removed}`],
      text: 'mdm-source.status.changed',
      fill: 'green',
    });
    assert.deepEqual(await read(flow, 'full'), { ...whole, ids: [flipped, ...rest], text: 'mdm-source.status.read' });
    assert.deepEqual(flow.errors(), []);
  });

  it('reads every device without Device.Read.All, says so, and warns once', async () => {
    lab.servers.graph.permissions.delete('Device.Read.All');
    const ids = others(2);
    const flow = await start();
    const expected = {
      ids,
      kind: 'full',
      last: true,
      gone: undefined,
      text: 'mdm-source.status.readWithoutEntra',
      fill: 'yellow',
    };
    assert.deepEqual(await read(flow), expected);
    assert.deepEqual(await read(flow), expected);
    lab.servers.graph.permissions.add('Device.Read.All');
    await read(flow);
    assert.deepEqual(await read(flow), {
      ids: [],
      kind: 'quick',
      last: true,
      gone: undefined,
      text: 'mdm-source.status.changed',
      fill: 'green',
    });
  });

  it('asks Intune by user right before it blocks whom a quick reading lacks', async () => {
    ago = 3_600_000;
    anna(lab.organization);
    ago = 0;
    others(25);
    const annas = enroll({});
    const flow = await start();
    await read(flow);
    flow.receive('eas');
    await flow.until(() => flow.messages('switchReport').length === 1, 'the first sync has ended');
    lab.organization.unenroll(annas);
    const asked = lab.servers.graph.requests.length;
    await read(flow);
    await flow.until(() => flow.messages('switchReport').length === 2, 'the second sync has ended');
    await flow.until(() => flow.messages('blocked').length === 1, 'the phone is blocked');
    const byUser = lab.servers.graph.requests
      .slice(asked)
      .filter(({ url }) => decodeURIComponent(url).includes("userPrincipalName eq 'anna@contoso.example'"));
    assert.equal(byUser.length, 1);
  });
});
