/** Lists of another MDM in which a column got another name: no phone that the MDM does not manage is let in for it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { StoreConnection } from '../../nodes/connections.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { anna, ANNAS_PHONE, people, still } from '../support/people.ts';

const MAPPING =
  '{ "id": id, "easIds": eas, "user": { "upn": mail }, "device": { "platform": "ios" }, "managed": state.enrolled != "no", "compliance": "compliant" }';

/** Twelve managed phones, and Anna's, which is not managed. */
const DEVICES = [
  ...Array.from({ length: 12 }, (_, n) => ({
    id: `d${n}`,
    eas: `PHONE${n}`,
    mail: `user${n}@contoso.example`,
    in: 'yes',
  })),
  { id: 'a', eas: ANNAS_PHONE.deviceId, mail: 'anna@contoso.example', in: 'no' },
];
const csvOf = (column: string): string =>
  [
    `id;easId;upn;${column};compliance`,
    ...DEVICES.map((one) => `${one.id};${one.eas};${one.mail};${one.in};compliant`),
  ].join('\n');
const jsonOf = (name: string): object[] =>
  DEVICES.map(({ in: enrolled, ...one }) => ({ ...one, state: { [name]: enrolled } }));

describe('a list of another MDM', () => {
  let lab: Lab;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lost-columns-'));
    lab = await startLab({ organization: people(anna(still()), 12) });
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const start = (mdm: object): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { mdm: { provider: 'mapping', name: 'list', ...mdm } });
    return startFlow(nodes, credentials);
  };
  const send = async (flow: RunningFlow, msg: Record<string, unknown>): Promise<void> => {
    const { done } = flow.ended('mdm');
    const kept = flow.ended('matcher').done;
    const failed = flow.errors().length;
    flow.receive('mdm', msg);
    await flow.until(() => flow.ended('mdm').done > done, 'the list was answered');
    if (flow.errors().length === failed) await flow.until(() => flow.ended('matcher').done > kept, 'the list was kept');
  };
  const sync = async (flow: RunningFlow): Promise<void> => {
    const reports = flow.messages('switchReport').length;
    flow.receive('eas');
    await flow.until(() => flow.messages('switchReport').length > reports, 'the access switch has reported');
  };
  const annasBlocks = (): unknown => lab.organization.mailboxByAddress('anna@contoso.example')?.blockedDeviceIds;
  const errors = (flow: RunningFlow): unknown =>
    flow.errors().map(({ code, message }) => [code, message.replace('ConnectorError: ', '').split('. ')[0]]);

  for (const [kind, mdm, right, renamed, said] of [
    [
      'CSV text',
      { preset: 'csv', mapping: '' },
      csvOf('Verwaltet'),
      csvOf('Registrierung'),
      'The list has no column for "managed" any more, which the mapping reads for managed; its columns are "id", "easId", "upn", "Registrierung", "compliance"',
    ],
    [
      'JSON text',
      { mapping: MAPPING },
      JSON.stringify(jsonOf('enrolled')),
      JSON.stringify(jsonOf('isEnrolled')),
      'None of 13 records has a value in "state.enrolled" any more, which the mapping reads for managed; in the last list 13 of 13 had one',
    ],
    [
      'list of a message',
      { mapping: MAPPING },
      jsonOf('enrolled'),
      jsonOf('isEnrolled'),
      'None of 13 records has a value in "state.enrolled" any more, which the mapping reads for managed; in the last list 13 of 13 had one',
    ],
  ] as const) {
    it(`that lacks what tells who is managed is refused, and who is blocked stays so (${kind})`, async () => {
      const flow = await start(mdm);
      await send(flow, { payload: right });
      await sync(flow);
      assert.deepEqual(annasBlocks(), [ANNAS_PHONE.deviceId]);
      for (const times of [1, 2]) {
        await send(flow, { payload: renamed });
        await sync(flow);
        assert.deepEqual(
          [errors(flow), annasBlocks()],
          [Array.from({ length: times }, () => ['ERR_MDM_MAPPING', said]), [ANNAS_PHONE.deviceId]],
        );
      }
      const [run] = await (
        await (flow.node('store') as StoreConnection).store()
      ).history.recent({ subject: 'mdm', limit: 1 });
      assert.equal(run?.ok, false);
      await send(flow, { payload: right });
      assert.equal(flow.errors().length, 2);
    });
  }

  it('in pages is refused with the last of them', async () => {
    const flow = await start({ mapping: MAPPING });
    await send(flow, { payload: jsonOf('enrolled') });
    const [some, others] = [jsonOf('x').slice(0, 6), jsonOf('x').slice(6)];
    const parts = (index: number) => ({ id: 'list', index, count: 2 });
    flow.receive('mdm', { payload: some, parts: parts(0) });
    flow.receive('mdm', { payload: others, parts: parts(1) });
    await flow.until(() => flow.ended('mdm').done === 3, 'the list was answered');
    assert.equal(flow.errors().length, 1);
    assert.equal(flow.messages('mdmOut').filter(({ sync }) => (sync as { last: boolean }).last).length, 1);
  });

  it('by its own mapping, out of the core csv node, is refused the first time already where its header lacks a column', async () => {
    const flow = await start({
      mapping: '{ "id": id, "easIds": eas, "user": { "upn": mail }, "managed": `in` != "no" }'.replace(
        ' in ',
        ' `in` ',
      ),
    });
    const rows = DEVICES.map(({ id, eas, mail }) => ({ id, eas, mail }));
    await send(flow, { payload: rows, columns: 'id,eas,mail,enrolled' });
    assert.deepEqual(errors(flow), [
      [
        'ERR_MDM_MAPPING',
        'The list has no column "in", which the mapping reads for managed; its columns are "id", "eas", "mail", "enrolled"',
      ],
    ]);
    await send(flow, { payload: DEVICES, columns: 'id,eas,mail,in' });
    assert.equal(flow.errors().length, 1);
  });

  it('of a few devices is taken, and the source warns and says so in its coverage', async () => {
    const flow = await start({ mapping: MAPPING });
    await send(flow, { payload: jsonOf('enrolled').slice(-3) });
    await send(flow, { payload: jsonOf('isEnrolled').slice(-3) });
    const { coverage } = flow.messages('mdmOut').at(-1)!.sync as { coverage: { hint?: string } };
    assert.deepEqual(
      [flow.errors(), coverage.hint],
      [
        [],
        'None of 3 records has a value in "state.enrolled" any more, which the mapping reads for managed; in the last list 3 of 3 had one. See whether the field has another name now.',
      ],
    );
  });
});
