/** The preview of a mapping: what the dialog holds, on the last list or on a pasted sample, before anything is deployed. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { Preview } from '../../nodes/mdm-source/preview.ts';
import { registerRoutes } from '../../nodes/mdm-source/routes.ts';
import type { RED } from '../../nodes/red.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

const MAPPING =
  '{ "id": id, "easIds": eas, "user": { "upn": mail }, "device": { "serial": serial, "platform": os }, "compliance": state }';
const PHONE = { id: '1', eas: 'A1', mail: 'anna@contoso.example', os: 'ios', serial: 'S1', state: 'compliant' };

/** Of this thread, microseconds: what a busy machine gives to others does not count. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return user + system;
}

interface Refusal {
  readonly error: { readonly code: string; readonly text: string };
}

describe('who may preview a mapping', () => {
  it('is who may write flows: it runs what was typed, and shows records', () => {
    const asked: [string, string][] = [];
    let permission = '';
    const needsPermission = (which: string): void => {
      permission = which;
    };
    const offer = (path: string): void => void asked.push([path, permission]);
    registerRoutes({ httpAdmin: { get: offer, post: offer }, auth: { needsPermission } } as unknown as RED);
    assert.deepEqual(asked, [
      ['/mdm-source/presets', 'mdm-source.read'],
      ['/mdm-source/preview', 'flows.write'],
    ]);
  });
});

describe('the presets in a German editor', () => {
  beforeEach(() => startFlow([{ id: 'mdm', type: 'mdm-source', provider: 'mapping', mapping: '{}', wires: [[]] }]));
  afterEach(stopFlow);

  type Offered = { id: string; label: string; call: string; note: string; follows: Record<string, string[]> }[];
  const offered = async (language: string): Promise<Offered> =>
    ((await helper.request().get(`/mdm-source/presets?language=${language}`)) as { body: Offered }).body;

  it('say in German what to know of each, and what it cannot tell', async () => {
    const [german, english] = [await offered('de-CH'), await offered('en-US')];
    assert.deepEqual(
      german.filter(({ note }, n) => note === english[n]?.note).map(({ id }) => id),
      [],
    );
    const jamf = german.find(({ id }) => id === 'jamf-pro');
    assert.deepEqual(jamf?.follows['preset'], ['Nennt keine Konformität: verwaltet genügt.']);
    const said = german.flatMap(({ label, call, note, follows }) => [
      label,
      call,
      note,
      ...Object.values(follows).flat(),
    ]);
    assert.deepEqual(
      said.filter((text) => / (the|and|is|of|are|or|with|as) /.test(text)),
      [],
    );
  });
});

describe('the preview of a mapping', () => {
  let flow: RunningFlow;
  beforeEach(async () => {
    flow = await startFlow([
      { id: 'mdm', type: 'mdm-source', provider: 'mapping', mapping: '{ "id": nothing }', wires: [[]] },
    ]);
  });
  afterEach(stopFlow);

  const post = async (body: object): Promise<{ status: number; body: unknown }> =>
    (await helper
      .request()
      .post('/mdm-source/preview')
      .send({ id: 'mdm', preset: '', mapping: MAPPING, compliance: 'preset', ...body })) as {
      status: number;
      body: unknown;
    };
  const ask = async (body: object): Promise<Preview> => (await post(body)).body as Preview;
  const onPasted = async (sample: unknown, body: object = {}): Promise<Preview> => {
    const text = typeof sample === 'string' ? sample : JSON.stringify(sample);
    return ask({ from: 'pasted', text, ...body });
  };
  const received = async (payload: unknown): Promise<void> => {
    const { done } = flow.ended('mdm');
    flow.receive('mdm', { payload });
    await flow.until(() => flow.ended('mdm').done === done + 1, 'the MDM source is done');
  };
  const refused = async (body: object): Promise<[number, string]> => {
    const { status, body: refusal } = await post(body);
    return [status, (refusal as Refusal).error.text];
  };

  it('shows on the last list, side by side, what the mapping in the dialog makes of it, though the deployed one fails', async () => {
    assert.deepEqual(await ask({ from: 'last' }), {
      sample: null,
      has: { easId: 0, user: 0, serial: 0, compliance: 0 },
      records: [],
    });
    await received([PHONE, { ...PHONE, id: '2', eas: '', state: 'Compliant' }]);
    assert.equal(flow.errors()[0]?.code, 'ERR_MDM_MAPPING');
    const { sample, has, records } = await ask({ from: 'last' });
    assert.ok(Date.parse(sample?.at ?? '') > 0);
    assert.deepEqual({ ...sample, at: '' }, { at: '', total: 2, takenFrom: null, listIn: null });
    assert.deepEqual(has, { easId: 1, user: 2, serial: 2, compliance: 1 });
    assert.equal(records[0]?.foreign, JSON.stringify(PHONE, null, 2));
    assert.deepEqual(records[0]?.problems, []);
    assert.deepEqual(
      records[1]?.fields.flatMap(({ field, mark }) => (mark === undefined ? [] : [`${field} ${mark}`])),
      ['compliance wrong', 'easIds missing'],
    );
    assert.match(records[1]?.problems[0] ?? '', /^Record 2: the mapping's compliance is "Compliant"; known are/);
    assert.deepEqual((await ask({ from: 'last', language: 'de' })).records[1]?.problems, [
      'Datensatz 2: „compliance“ der Feldzuordnung ist „Compliant“; bekannt sind compliant, in-grace, noncompliant, unknown.',
    ]);
  });

  it('keeps the last list where nothing but the preview finds it: not on the node, and not in its context', async () => {
    const node = flow.node('mdm') as { context(): { keys(): string[] } };
    const before = Reflect.ownKeys(node);
    await received([PHONE]);
    assert.deepEqual([Reflect.ownKeys(node), node.context().keys()], [before, []]);
    assert.equal((await ask({ from: 'last' })).records.length, 1);
  });

  it('shows the first five of a pasted list, and how many there are', async () => {
    const { sample, records } = await onPasted(Array.from({ length: 9 }, (_, n) => ({ ...PHONE, id: String(n) })));
    assert.deepEqual(sample, { at: null, total: 9, takenFrom: null, listIn: null });
    assert.deepEqual(
      records.map(({ fields }) => fields[0]?.value),
      ['0', '1', '2', '3', '4'],
    );
    assert.equal((await onPasted('  ')).sample, null);
  });

  it('takes pasted CSV, and the list out of a pasted answer that the preset knows', async () => {
    const csv = await onPasted('id;easId;upn;serial;compliance\n1;A;anna@contoso.example;S;compliant', {
      preset: 'csv',
    });
    assert.deepEqual([csv.has, csv.records[0]?.problems], [{ easId: 1, user: 1, serial: 1, compliance: 1 }, []]);
    const answer = { results: [{ mobileDeviceId: 7, general: { managed: true } }], totalCount: 1 };
    const jamf = await onPasted(answer, { preset: 'jamf-pro' });
    assert.deepEqual(jamf.sample, { at: null, total: 1, takenFrom: 'results', listIn: null });
    assert.deepEqual(
      jamf.has,
      { easId: 0, user: 0, serial: 0, compliance: 1 },
      'managed is enough, as the preset says',
    );
    assert.equal((await onPasted(answer, { preset: 'jamf-pro', compliance: 'reported' })).has.compliance, 0);
  });

  it('says where the list is, if an answer came in place of it', async () => {
    assert.equal((await onPasted({ devices: [PHONE], more: false })).sample?.listIn, 'devices');
    await received({ devices: [PHONE] });
    assert.equal((await ask({ from: 'last' })).sample?.listIn, 'devices');
    assert.equal(
      (await onPasted({ ...PHONE, apps: [{ name: 'Mail' }] })).sample?.listIn,
      null,
      'a record may have lists',
    );
  });

  it('is tried on the next record where it fails for one', async () => {
    const { records } = await onPasted([{ ...PHONE, id: 'x' }, PHONE], { mapping: '{ "id": $string($number(id)) }' });
    assert.match(records[0]?.problems[0] ?? '', /^Record 1: the mapping failed: Unable to cast value to a number/);
    assert.deepEqual(
      records.map(({ problems }) => problems.length),
      [1, 0],
    );
  });

  for (const [what, mapping, why] of [
    [
      'goes round for ever',
      '($f := function($x) { $f($x) }; { "id": $f(id) })',
      /it takes more than 1 s for one record/,
    ],
    [
      'looks for a name in more ways than end',
      '{ "id": $replace("AnnasTelefonMitEinemLangenNamenOhneLuecke!", /^(\\w+ ?)+$/, "") }',
      /it takes more than 1 s for one record/,
    ],
    ['calls itself without end', '($f := function($x) { 1 + $f($x) }; { "id": $f(id) })', /more than 1000 calls deep/],
  ] as const)
    it(`ends a mapping that ${what}, for all records together, and Node-RED goes on`, async () => {
      const began = processorTime();
      const { records } = await onPasted([PHONE, PHONE, PHONE, PHONE, PHONE], { mapping });
      assert.match(records[0]?.problems[0] ?? '', why);
      assert.equal(records.length, 5);
      // Five records with a second each would take five.
      assert.ok(processorTime() - began < 4_500_000);
      assert.equal((await onPasted([PHONE])).records[0]?.problems.length, 0);
    });

  it('says in words what cannot be tried', async () => {
    assert.deepEqual(
      (await refused({ from: 'pasted', text: '[]', mapping: ' ' }))[1].split('. ')[0],
      'There is no mapping yet',
    );
    assert.match(
      (await refused({ from: 'pasted', text: '[]', mapping: '{ "id": ' }))[1],
      /^The "Mapping" of the MDM source is not JSONata: /,
    );
    assert.match((await refused({ from: 'pasted', text: '{"id"' }))[1], /^The sample is not JSON: /);
    assert.match(
      (await refused({ from: 'last', mapping: '${MAPPING}' }))[1],
      /^The mapping is a value of the environment/,
    );
  });

  it('answers 413, in words, to more than it tries', async () => {
    const [status, text] = await refused({ from: 'pasted', text: `["${'x'.repeat(262_144)}"]` });
    assert.equal(status, 413);
    assert.match(text, /^The sample has 262148 characters; 262144 at most are tried\. Leave some records out\./);
    const [mappingStatus, why] = await refused({ from: 'last', mapping: `"${'x'.repeat(65_536)}"` });
    assert.deepEqual([mappingStatus, why.split(';')[0]], [413, 'The mapping has 65538 characters']);
  });

  it('shows little of each value, and works for a node that is not deployed yet', async () => {
    const { records } = await onPasted([{ ...PHONE, name: 'x'.repeat(9_000) }], {
      id: 'new',
      mapping: '{ "id": id, "device": { "name": name, "model": $flowContext("model") } }',
    });
    assert.deepEqual(records[0]?.problems, []);
    assert.ok((records[0]?.foreign.length ?? 0) < 4_010);
    assert.equal(records[0]?.fields.find(({ field }) => field === 'device.name')?.value.length, 200);
    assert.equal((await ask({ from: 'last', id: 'new' })).sample, null);
  });
});
