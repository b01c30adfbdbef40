/** A flow fed with files: EAS records that one source has read, and another system's list of devices. Everything behind works as ever. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { EasRecord } from '../../src/model/records.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { anna, ANNAS_PHONE, people, still } from '../support/people.ts';

describe('a flow fed by message', () => {
  let lab: Lab;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fed-readings-'));
    lab = await startLab({ organization: people(anna(still()), 3) });
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const MAPPING =
    '{ "id": id, "easIds": eas, "user": { "upn": mail }, "device": { "platform": "ios" }, "compliance": "compliant" }';

  /** `eas` reads Exchange into a file, page by page; `whole file` sends that file to `feed`. */
  async function start(): Promise<RunningFlow> {
    const { nodes, credentials } = connectorFlow(lab, {
      eas: { wires: [['export', 'easOut']], pageSize: 2 },
      mdm: { provider: 'mapping', mapping: MAPPING, name: 'list' },
    });
    const filename = join(folder, 'eas.jsonl');
    return startFlow(
      [
        ...nodes,
        { id: 'export', type: 'file', filename, filenameType: 'str', appendNewline: true, overwriteFile: 'false' },
        { id: 'whole file', type: 'file in', filename, filenameType: 'str', format: 'utf8', wires: [['feed']] },
        { id: 'line by line', type: 'file in', filename, filenameType: 'str', format: 'lines', wires: [['feed']] },
        { id: 'feed', type: 'eas-source', from: 'message', server: 'exchange', wires: [['matcher', 'fed']] },
        { id: 'fed', type: 'helper' },
      ],
      credentials,
    );
  }

  it('blocks who is in no list, mails, and allows again, as with records of its own', async () => {
    const flow = await start();
    flow.receive('eas');
    await flow.until(() => flow.completed('export') === 2, 'Exchange was read into the file');
    const enrolled = [0, 1, 2].map((n) => ({ id: `d${n}`, eas: `PHONE${n}`, mail: `user${n}@contoso.example` }));
    flow.receive('mdm', { payload: enrolled });
    flow.receive('whole file');
    await flow.until(() => flow.messages('sent').length === 1, 'Anna was mailed');
    const box = lab.organization.mailboxByAddress('anna@contoso.example');
    assert.deepEqual(box?.blockedDeviceIds, [ANNAS_PHONE.deviceId]);
    assert.deepEqual(
      flow.messages('switchReport').map(({ payload }) => {
        const { devices, blocked, allowed } = (payload as { counts: Record<string, number> }).counts;
        return { devices, blocked, allowed };
      }),
      [{ devices: 4, blocked: 1, allowed: 0 }],
    );
    flow.receive('mdm', {
      payload: [...enrolled, { id: 'a', eas: ANNAS_PHONE.deviceId, mail: 'anna@contoso.example' }],
    });
    await flow.until(() => flow.messages('allowed').length === 1, 'Anna is allowed');
    assert.deepEqual(box?.blockedDeviceIds, []);
  });

  it('blocks nobody by an older list that comes after a newer one, and says of which times both are', async () => {
    const flow = await start();
    const before = [0, 1, 2].map((n) => ({ id: `d${n}`, eas: `PHONE${n}`, mail: `user${n}@contoso.example` }));
    const today = [...before, { id: 'a', eas: ANNAS_PHONE.deviceId, mail: 'anna@contoso.example' }];
    flow.receive('mdm', { payload: today });
    await flow.until(() => flow.ended('matcher').done === 1, 'the list of today was taken');
    const startedAt = new Date(Date.now() - 20 * 3_600_000).toISOString();
    flow.receive('mdm', { payload: before, sync: { startedAt } });
    await flow.until(() => flow.ended('matcher').done === 2, 'the list of yesterday was answered');
    assert.deepEqual(
      flow.errors().map(({ code, message }) => [code, message.includes(`The list of "list" is of ${startedAt}`)]),
      [['ERR_INPUT_INVALID', true]],
    );
    flow.receive('eas');
    await flow.until(() => flow.completed('export') === 2, 'Exchange was read into the file');
    flow.receive('whole file');
    await flow.until(() => flow.messages('switchReport').length === 1, 'the access switch has reported');
    const [{ payload }] = flow.messages('switchReport') as [{ payload: { counts: Record<string, number> } }];
    assert.deepEqual([payload.counts['devices'], payload.counts['blocked']], [4, 0]);
    assert.deepEqual(lab.organization.mailboxByAddress('anna@contoso.example')?.blockedDeviceIds, []);
  });

  it('blocks nobody by records that have lost the names of their owners, says so, and goes on when they have them', async () => {
    const flow = await start();
    flow.receive('eas');
    await flow.until(() => flow.completed('export') === 2, 'Exchange was read into the file');
    const records = flow.messages('easOut').flatMap(({ payload }) => payload as EasRecord[]);
    const before = records.filter(({ easId }) => easId !== ANNAS_PHONE.deviceId);
    const enrolled = [0, 1, 2].map((n) => ({ id: `d${n}`, eas: `PHONE${n}`, mail: `user${n}@contoso.example` }));
    flow.receive('mdm', { payload: enrolled });
    await flow.until(() => flow.ended('mdm').done === 1, 'the list was taken');
    const nameless = records.map((record) => ({
      ...record,
      mailbox: { ...record.mailbox, upn: null, address: null, addresses: [] },
    }));
    const box = lab.organization.mailboxByAddress('anna@contoso.example');
    const told: unknown[] = [];
    for (const payload of [before, nameless, records]) {
      const reports = flow.messages('switchReport').length;
      flow.receive('feed', { payload });
      await flow.until(() => flow.messages('switchReport').length > reports, 'the access switch has reported');
      const { problems } = flow.messages('switchReport').at(-1)!.payload as Pick<SyncReport, 'problems'>;
      told.push([problems, box?.blockedDeviceIds]);
    }
    const text =
      'No EAS record that came by message has the sign-in name, or the mail addresses, that earlier ones had, so the owners of 4 mailboxes are not found in the MDM. Their devices stay as they were: none is lowered, deleted or tidied. Check what makes the list.';
    assert.deepEqual(told, [
      [undefined, []],
      [[{ code: 'ERR_SNAPSHOT_GAPS', text }], []],
      [undefined, [ANNAS_PHONE.deviceId]],
    ]);
    assert.deepEqual(flow.errors(), []);
  });

  it('gives the same pages from the whole file, and from its lines one by one, as the source that wrote it', async () => {
    const flow = await start();
    flow.receive('eas');
    await flow.until(() => flow.completed('export') === 2, 'Exchange was read into the file');
    const records = (id: string): unknown[] => flow.messages(id).flatMap(({ payload }) => payload as unknown[]);
    for (const [how, times] of [
      ['whole file', 1],
      ['line by line', 2],
    ] as const) {
      flow.receive(how);
      await flow.until(() => flow.messages('fed').length === times, 'the file was fed');
      assert.deepEqual(records('fed').slice(4 * (times - 1)), records('easOut'));
    }
    assert.deepEqual(flow.errors(), []);
  });

  it('changes nothing in Exchange where the fed reading is for a dry run', async () => {
    const flow = await start();
    flow.receive('eas');
    // To its end: one organization is read once at a time.
    await flow.until(() => flow.messages('easOut').length === 2 && flow.ended('eas').done === 1, 'Exchange was read');
    flow.receive('mdm', { payload: [{ id: 'd0', eas: 'PHONE0', mail: 'user0@contoso.example' }] });
    await flow.until(() => flow.ended('mdm').done === 1, 'the list was taken');
    // Else its own match, which is no dry run, may find what is fed.
    await flow.until(() => flow.statuses('matcher').at(-1)?.fill !== 'blue', 'the matcher rests');
    // The messages of the other source as they are, with what a start may add.
    for (const page of flow.messages('easOut'))
      flow.receive('feed', { ...page, sync: { ...(page['sync'] as object), dryRun: true } });
    await flow.until(() => flow.messages('switchReport').length > 0, 'the access switch has reported');
    assert.deepEqual(
      flow.messages('switchReport').map(({ payload }) => {
        const { sync, counts } = payload as { sync: { dryRun: boolean }; counts: Record<string, number> };
        return { dryRun: sync.dryRun, devices: counts['devices'], blocked: counts['blocked'] };
      }),
      [{ dryRun: true, devices: 4, blocked: 3 }],
    );
    assert.deepEqual(lab.organization.writes, []);
  });
});
