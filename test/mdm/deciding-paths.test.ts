import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { decidingPaths } from '../../src/mdm/deciding-paths.ts';
import { CSV_READS } from '../../src/mdm/presets/csv.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { ToldCount } from '../../src/mdm/told-count.ts';

/** As Node-RED has it. */
const jsonata = createRequire(createRequire(import.meta.url).resolve('@node-red/util'))('jsonata') as (
  expression: string,
) => { ast(): unknown };

const read = (mapping: string, managedIsEnough = false) => decidingPaths(jsonata(mapping).ast(), managedIsEnough);

describe('what a mapping reads for the fields that decide', () => {
  for (const [mapping, managed] of [
    ['{ "id": id, "managed": State = "on" }', ['State']],
    ['{ "managed": general.`Is managed` }', ['general.Is managed']],
    ['{ "managed": $not(a.b[c = 1].d in ["x"]) }', ['a.b.d', 'c']],
    ['( $s := $lookup($, "Device State"); $t := $s; { "managed": $t = "on" } )', ['Device State']],
    ['( $on := function($x) { $lowercase($x) = flag }; { "managed": $on(device.state) } )', ['device.state', 'flag']],
    ['( $d := device; { "managed": $d.(a and b) } )', ['a', 'b', 'device']],
    ['$merge([{ "id": id }, { "managed": state }])', ['state']],
    ['list{ "managed": state }', ['state']],
    ['{ "managed": true }', []],
    ['{ "managed": **.x }', ['x']],
    ['a.{ "managed": %.state }', ['state']],
    ['{ "id": id }', []],
  ] as const) {
    it(`is ${JSON.stringify(managed)} in ${mapping}`, () => {
      assert.deepEqual(read(mapping), { managed, compliance: [], removal: [] });
    });
  }

  it('is told of each by itself; a reason decides where managed is enough', () => {
    const mapping = '{ "managed": m, "compliance": c, "complianceReason": r, "removal": w, "device": { "name": n } }';
    assert.deepEqual(read(mapping), { managed: ['m'], compliance: ['c'], removal: ['w'] });
    assert.deepEqual(read(mapping, true), { managed: ['m'], compliance: ['c', 'r'], removal: ['w'] });
  });

  it('is known of each preset', () => {
    const reads = Object.fromEntries(MDM_PRESETS.map(({ id, mapping }) => [id, read(mapping)]));
    const some = (id: string) => (['managed', 'compliance', 'removal'] as const).map((field) => reads[id]?.[field]);
    assert.deepEqual(CSV_READS, { managed: ['managed'], compliance: ['compliance'], removal: ['removal'] });
    assert.deepEqual(some('jamf-pro')[0], ['general.managed']);
    assert.deepEqual(some('manageengine')[0], ['is_removed']);
    assert.deepEqual(some('soti-mobicontrol')[0]?.includes('IsEnrolled'), true);
    for (const [id, { managed, compliance }] of Object.entries(reads))
      assert.equal(managed.length + compliance.length > 0, true, id);
  });
});

describe('records that are counted by what a mapping reads', () => {
  const NONE = { managed: [], compliance: [], removal: [] };

  it('have what decides who is managed where it is neither missing, null nor blank, and lies where it is read; all else where it is not missing', () => {
    const count = new ToldCount({ ...NONE, managed: ['state', 'general.managed'], removal: ['wipe', 'state'] }, false);
    for (const record of [
      { state: 'on', general: { managed: false }, wipe: [] },
      { state: ' ', managed: true, wipe: null },
      { list: [{ state: 0 }, { state: 1 }], general: [{ managed: true }] },
      'a text',
      null,
    ])
      count.add(record);
    assert.deepEqual(count.told('x'), {
      by: 'x',
      records: 5,
      had: { state: 2, 'general.managed': 2, wipe: 2 },
    });
  });

  it('of a CSV file have its columns by what they are called here, and those that each header had', () => {
    const count = new ToldCount({ managed: ['managed'], compliance: ['compliance'], removal: ['removal'] }, true);
    count.addHeader(['Geräte-ID', 'Verwaltet', 'Konformität', 'Entfernung']);
    count.add({ 'Geräte-ID': '1', Verwaltet: 'ja', Konformität: '', Entfernung: '' });
    count.addHeader(['id', 'managed', 'compliance']);
    assert.deepEqual(count.told('x'), {
      by: 'x',
      records: 1,
      columns: ['managed', 'compliance'],
      header: ['Geräte-ID', 'Verwaltet', 'Konformität', 'Entfernung'],
      had: { managed: 1, compliance: 0, removal: 0 },
    });
  });

  it('end, however deep they are and whatever rings they have', () => {
    const ring: Record<string, unknown> = { state: 'on' };
    ring['self'] = ring;
    const count = new ToldCount({ ...NONE, managed: ['state'] }, false);
    count.add(ring);
    assert.deepEqual(count.told('x').had, { state: 1 });
  });
});
