/** Each preset with what its maker publishes: test/fixtures/mdm has an answer in each form, and what must come of it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonata from 'jsonata';
import type { ConnectorError } from '../../src/errors.ts';
import { foreignRecordsOf } from '../../src/mdm/foreign-records.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import type { MdmPreset } from '../../src/mdm/presets.ts';
import { isManagedEnough } from '../../src/mdm/told-compliance.ts';
import type { MdmRecord } from '../../src/model/records.ts';

type Parts = Partial<Omit<MdmRecord, 'user' | 'device'>> & {
  readonly user?: Partial<MdmRecord['user']>;
  readonly device?: Partial<MdmRecord['device']>;
};

interface Form {
  readonly name: string;
  /** All of its devices are in a state that is not well. */
  readonly bad?: true;
  /** As a node parsed it, as a text, or a file beside the fixture. */
  readonly answer?: unknown;
  readonly text?: string;
  readonly file?: string;
  /** What all of its records have. */
  readonly device?: Partial<MdmRecord['device']>;
  readonly records: readonly (readonly [id: string, parts: Parts])[];
}

const FIXTURES = join(import.meta.dirname, '../fixtures/mdm');

function formsOf(preset: string): readonly Form[] {
  return (JSON.parse(readFileSync(join(FIXTURES, `${preset}.json`), 'utf8')) as { readonly forms: readonly Form[] })
    .forms;
}

/** The record with these parts; all else unset. */
function record(source: string, id: string, { user, device, ...parts }: Parts): MdmRecord {
  return {
    kind: 'mdm',
    key: `mdm:${source}:${id}`,
    source,
    id,
    easIds: [],
    managed: true,
    compliance: 'unknown',
    complianceReason: null,
    graceUntil: null,
    enrolledAt: null,
    lastSeenAt: null,
    ...parts,
    user: { id: null, upn: null, addresses: [], ...user },
    device: {
      name: null,
      platform: 'other',
      os: null,
      osVersion: null,
      manufacturer: null,
      model: null,
      serial: null,
      imeis: [],
      ...device,
    },
  };
}

const evaluate = (expression: string, input: unknown): Promise<unknown> => jsonata(expression).evaluate(input);

/** What the MDM source makes of a message. */
async function mapped(preset: MdmPreset, payload: unknown): Promise<MdmRecord[]> {
  const { records, lines } = await foreignRecordsOf(payload, preset, evaluate);
  return await Promise.all(
    records.map(async (one, at) => {
      const line = lines?.[at];
      return toMdmRecordFromMapped(
        await evaluate(preset.mapping, one),
        preset.id,
        { record: at + 1, ...(line === undefined ? {} : { line }) },
        isManagedEnough('preset', preset),
      );
    }),
  );
}

const presetOf = (id: string): MdmPreset => MDM_PRESETS.find((preset) => preset.id === id)!;

const refusalOf = async (preset: string, payload: unknown): Promise<unknown> => {
  const error = await mapped(presetOf(preset), payload).then(
    () => null,
    (thrown: unknown) => thrown as ConnectorError,
  );
  return error === null
    ? null
    : [error.code, error.message.replace(/ A record of the MDM could not .*/, ''), error.details];
};

describe('mapping presets of other MDMs', () => {
  for (const preset of MDM_PRESETS) {
    for (const { name, bad, answer, text, file, device, records } of formsOf(preset.id)) {
      const payload = file === undefined ? text : readFileSync(join(FIXTURES, file), 'utf8');
      const expected = records.map(([id, parts]) =>
        record(preset.id, id, {
          ...parts,
          ...(device === undefined ? {} : { device: { ...device, ...parts.device } }),
        }),
      );

      it(`map of ${preset.label}: ${name}`, async () => {
        // Of a CSV text a node makes rows, and nothing makes a text again.
        const whole = payload ?? (preset.id === 'csv' ? answer : JSON.stringify(answer));
        assert.deepEqual(await mapped(preset, whole), expected);
        if (bad !== true) return;
        const taken = expected.filter(({ compliance }) => ['compliant', 'in-grace'].includes(compliance));
        assert.deepEqual(taken, [], 'a device that is not well is taken for compliant');
      });

      if (payload === undefined)
        it(`map of ${preset.label} the same as a list that a node parsed: ${name}`, async () => {
          const list = await evaluate(preset.records, answer);
          assert.deepEqual(await mapped(preset, list), expected);
        });
    }

    it(`refuse a record of ${preset.label} without an id, naming the field`, async () => {
      const nothing: unknown = await evaluate(preset.mapping, { nothing: 'known' });
      assert.throws(() => toMdmRecordFromMapped(nothing, preset.id), {
        code: 'ERR_MDM_MAPPING',
        details: { field: 'id' },
      });
    });
  }

  it('have ids that differ and are ordered, and a sample with its source each', () => {
    const ids = MDM_PRESETS.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    const samples = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));
    assert.deepEqual(samples.map((name) => name.replace('.json', '')).sort(), ids);
    for (const name of samples)
      assert.match((JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as { source: string }).source, /\w{3}/);
  });
});

describe('a state that a maker adds', () => {
  /** Field → a record that is well but for it. */
  const WELL: Readonly<Record<string, readonly [well: object, states: readonly string[]]>> = {
    'android-management-api': [{ name: 'x', state: 'ACTIVE', policyCompliant: true }, ['state']],
    csv: [{ id: 'x', managed: 'yes', compliance: 'compliant' }, ['managed', 'compliance', 'removal']],
    'google-workspace': [{ resourceId: 'x', status: 'APPROVED' }, ['status', 'deviceCompromisedStatus']],
    'ivanti-epmm': [
      { 'common.uuid': 'x', 'common.status': 'ACTIVE', 'common.compliant': true },
      [
        'common.status',
        'common.compliant',
        'common.security_state',
        'common.device_is_compromised',
        'common.quarantined',
      ],
    ],
    'jamf-pro-smart-group': [{ mobileDeviceId: 'x', managed: true }, ['managed', 'jailbreakStatus']],
    maas360: [
      { maas360DeviceID: 'x', maas360ManagedStatus: 'Enrolled', policyComplianceState: 'In Compliance' },
      [
        'maas360ManagedStatus',
        'policyComplianceState',
        'appComplianceState',
        'ruleComplianceState',
        'passcodeCompliance',
        'jailbreakStatus',
        'selectiveWipeStatus',
      ],
    ],
    manageengine: [{ device_id: 1, is_removed: false }, ['is_removed']],
    'sophos-mobile': [{ id: 'x', managedState: 'managed', compliance: { compliant: true } }, ['managedState']],
    'soti-mobicontrol': [{ DeviceId: 'x', Mode: 'Active', ComplianceStatus: true }, ['Mode', 'ComplianceStatus']],
    'workspace-one': [
      { Uuid: 'x', EnrollmentStatus: 'Enrolled', ComplianceStatus: 'Compliant' },
      ['EnrollmentStatus', 'ComplianceStatus', 'CompromisedStatus'],
    ],
  };
  for (const [id, [well, states]] of Object.entries(WELL))
    for (const state of states)
      it(`of ${presetOf(id).label} in ${state} is no way to be compliant, nor to be unmanaged in silence`, async () => {
        assert.equal((await mapped(presetOf(id), [well]))[0]?.compliance, 'compliant');
        const outcome = await mapped(presetOf(id), [{ ...well, [state]: 'Zebra' }]).then(
          ([one]) => [one?.managed, one?.compliance],
          ({ code, details }: ConnectorError) => [code, details],
        );
        const expected =
          id === 'csv'
            ? ['ERR_MDM_MAPPING', { field: state, record: 1 }]
            : [true, state === 'common.security_state' ? 'noncompliant' : 'unknown'];
        assert.deepEqual(outcome, expected);
      });
});

describe('a long number', () => {
  it('of ManageEngine that a node rounded is refused with its record, and never an id', async () => {
    const answer = '{"devices":[{"device_id":1},{"device_id":9007199254741001}]}';
    const rounded: unknown = (JSON.parse(answer) as { devices: unknown[] }).devices;
    assert.deepEqual(await refusalOf('manageengine', rounded), [
      'ERR_MDM_MAPPING',
      "Record 2: the mapping's id is the number 9007199254741000, which is above 2^53 and was rounded when the answer was parsed; have the http request node return a text, and send that.",
      { field: 'id', record: 2 },
    ]);
  });

  it('that no mapping uses does no harm', async () => {
    const [one] = await mapped(presetOf('manageengine'), [{ device_id: 1, free_space: 2 ** 60 }]);
    assert.equal(one?.id, '1');
  });
});

describe('a CSV text', () => {
  const FIELD_OF = { id: 'id', serial: 'device.serial', imei: 'device.imeis[0]', easId: 'easIds[0]', upn: 'user.upn' };
  const cases: readonly (readonly [sentence: string, text: string, message: string, details: object])[] = [
    [
      'with an unknown word in managed names it with its line',
      'id;managed\n1;ja\n"2\n2";x\n',
      'Record 2 (line 3): the mapping\'s managed is "x", not true or false.',
      { field: 'managed', record: 2, line: 3 },
    ],
    [
      'with an unknown word in compliance names it with its line',
      'id,name,compliance\n1,"a\r\nb",compliant\n2,,so so\n',
      'Record 2 (line 4): the mapping\'s compliance is "so so"; known are compliant, in-grace, noncompliant, unknown.',
      { field: 'compliance', record: 2, line: 4 },
    ],
    [
      'with a date that is none names it with its line',
      'id,enrolledAt\n1,3 May\n',
      'Record 1 (line 2): the mapping\'s enrolledAt is "3 May", not an ISO 8601 time.',
      { field: 'enrolledAt', record: 1, line: 2 },
    ],
    [
      'with a cell too many is refused: its cells may be another column’s',
      'id,name\n1,Anna, the red one\n',
      'The CSV text cannot be read: line 2: has 3 cells and the header 2; a cell with a delimiter needs quotation marks.',
      { line: 2 },
    ],
    ...Object.entries(FIELD_OF).map(
      ([column, field]) =>
        [
          `whose ${column} a spreadsheet has rounded is refused, as two devices would be one`,
          `number;${column === 'id' ? 'name' : 'id'};${column}\n1;a;ABC\n2;b;3,51234E+14\n3;c;3,51234E+14\n`,
          `Record 2 (line 3): the mapping's ${field} is 3,51234E+14: a spreadsheet has rounded it, and the last digits are lost; have the MDM export its list anew and send that file as it is, or import the column into the spreadsheet as text.`,
          { field, record: 2, line: 3 },
        ] as const,
    ),
    [
      'with a quotation mark that is never closed is refused',
      'id,name\n1,"Anna\n2,Ben\n',
      'The CSV text cannot be read: line 2: has a quotation mark that is not closed, or that is within a cell.',
      { line: 2 },
    ],
    [
      'that is not UTF-8 is refused, as its columns would not be known',
      'id;Konformit\uFFFDt\n1;Konform\n',
      'The CSV text cannot be read: line 1: has a character that could not be read; save the file as CSV UTF-8.',
      { line: 1 },
    ],
    [
      'that is a sentence of its server is refused, and not taken for a list without devices',
      'The export is being prepared, please try again later.\n',
      'The CSV text cannot be read: line 1: no column is called id, Device ID or Geräte-ID, as if it were an error of its server and no list.',
      { line: 1 },
    ],
    [
      'whose id was renamed is refused at its header, whatever its rows are',
      'sep=;\nMobile device;UPN\n1;anna@corp.example;too many\n',
      'The CSV text cannot be read: line 2: no column is called id, Device ID or Geräte-ID, as if it were an error of its server and no list.',
      { line: 2 },
    ],
    [
      'with two columns of one name is refused',
      'id,managed,managed\n1,no,yes\n',
      'The CSV text cannot be read: line 1: two columns are called "managed".',
      { line: 1 },
    ],
  ];
  for (const [sentence, text, message, details] of cases)
    it(sentence, async () => {
      assert.deepEqual(await refusalOf('csv', text), ['ERR_MDM_MAPPING', message, details]);
    });

  it('with several columns for one field takes the more exact one that has a value, in whatever order they stand', async () => {
    const rows = [
      'id,User name,UPN,OS,Platform,Mail,E-mail\n1,Anna Berg,anna@corp.example,17.5,iOS,,anna@corp.example\n',
      'id,UPN,User name,Platform,OS,E-mail,Mail\n1,anna@corp.example,Anna Berg,iOS,17.5,,anna@corp.example\n',
    ];
    for (const text of rows)
      assert.deepEqual(await mapped(presetOf('csv'), text), [
        record('csv', '1', {
          user: { upn: 'anna@corp.example', addresses: ['anna@corp.example'] },
          device: { platform: 'ios', os: 'iOS' },
        }),
      ]);
  });

  it('of a header alone has no records, and so has a list with a line that names the delimiter', async () => {
    assert.deepEqual(await mapped(presetOf('csv'), 'id,name\r\n'), []);
    assert.deepEqual(
      (await mapped(presetOf('csv'), '\uFEFFsep=;\r\nid;name\r\n1;Anna,Ben\r\n')).map(({ device }) => device.name),
      ['Anna,Ben'],
    );
  });
});

describe('a text that is not the answer', () => {
  const cases: readonly (readonly [sentence: string, preset: string, text: string, why: string])[] = [
    [
      'is refused where the list is not: it would pass for an empty one',
      'workspace-one',
      '{"error":"busy"}',
      'has no list at "Devices"',
    ],
    [
      'is refused if it is an error of BlackBerry UEM',
      'blackberry-uem',
      '{"message":"busy"}',
      'has no list at "$exists(userDevices) ? userDevices : devices"',
    ],
    ['is refused if it broke off', 'workspace-one', '{"Devices":[{"Uuid":', 'is not JSON, or not whole'],
    ['is refused if it is empty', 'csv', ' ', 'is empty; a list without records is []'],
  ];
  for (const [sentence, preset, text, why] of cases)
    it(sentence, async () => {
      assert.deepEqual(await refusalOf(preset, text), ['ERR_MDM_MAPPING', `The text of the message ${why}.`, {}]);
    });
});
