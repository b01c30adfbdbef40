/** What the lab sends is what Graph's metadata allows, and whatever its metadata allows is read. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { EXPORT_COLUMNS } from '../../src/graph/export/export-columns.ts';
import {
  COMPLIANCE_OF_STATE,
  MANAGED_DEVICE_PROPERTIES,
  NOT_MANAGED_STATES,
  toMdmRecord,
} from '../../src/graph/mdm-record.ts';
import { seedOrganization } from '../../src/lab/seed-organization.ts';
import { simulatedGraph } from '../../src/lab/simulated-graph.ts';

interface Property {
  readonly type: string;
  readonly nullable?: boolean;
}

const SCHEMA = JSON.parse(
  readFileSync(new URL('../fixtures/graph/managed-device.schema.json', import.meta.url), 'utf8'),
) as {
  readonly properties: Readonly<Record<string, Property>>;
  readonly enums: Readonly<Record<string, readonly string[]>>;
  readonly exportColumns: readonly string[];
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z$/;
const enumOf = (type: string): readonly string[] | undefined => SCHEMA.enums[type.replace(/^.*\./, '')];

/** What of a value is against its type; null: nothing. */
function against(name: string, value: unknown): string | null {
  const property = SCHEMA.properties[name];
  if (property === undefined) return name.startsWith('@odata.') ? null : `${name} is no property of a managedDevice`;
  if (value === null) return property.nullable === false ? `${name} is null` : null;
  const fits = ((): boolean => {
    switch (property.type) {
      case 'Edm.String':
        return typeof value === 'string';
      case 'Edm.Boolean':
        return typeof value === 'boolean';
      case 'Edm.Int32':
      case 'Edm.Int64':
        return Number.isSafeInteger(value);
      case 'Edm.DateTimeOffset':
        return typeof value === 'string' && TIME.test(value);
      default: {
        if (property.type.startsWith('Collection(')) return Array.isArray(value);
        const members = enumOf(property.type);
        return members === undefined ? typeof value === 'object' : members.includes(value as string);
      }
    }
  })();
  return fits ? null : `${name} is ${JSON.stringify(value)}, no ${property.type}`;
}

/** Any value that the metadata allows. */
function valueOf({ type, nullable }: Property): fc.Arbitrary<unknown> {
  const value = ((): fc.Arbitrary<unknown> => {
    switch (type) {
      case 'Edm.String':
        return fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '0', 'Unknown'));
      case 'Edm.Boolean':
        return fc.boolean();
      case 'Edm.Int32':
      case 'Edm.Int64':
        return fc.maxSafeInteger();
      case 'Edm.DateTimeOffset':
        return fc.oneof(
          fc
            .date({ min: new Date('1602-01-02'), max: new Date('9997-12-30'), noInvalidDate: true })
            .map((date) => date.toISOString().replace('Z', '1234Z')),
          fc.constantFrom('0001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z'),
        );
      default: {
        const members = enumOf(type);
        return members === undefined ? fc.constantFrom([], {}) : fc.constantFrom(...members);
      }
    }
  })();
  return nullable === false ? value : fc.option(value);
}

describe("the metadata of Graph's managedDevice", () => {
  it('has every property and every column that is read, and every state that means something here', () => {
    const states = (name: string): readonly string[] => enumOf(SCHEMA.properties[name]!.type) ?? [];
    assert.deepEqual(
      MANAGED_DEVICE_PROPERTIES.filter((name) => !(name in SCHEMA.properties)),
      [],
    );
    assert.deepEqual(
      EXPORT_COLUMNS.filter((name) => !SCHEMA.exportColumns.includes(name)),
      [],
    );
    assert.deepEqual(Object.keys(COMPLIANCE_OF_STATE).toSorted(), states('complianceState').toSorted());
    assert.deepEqual(
      [...NOT_MANAGED_STATES].filter((state) => !states('managementState').includes(state)),
      [],
    );
  });

  it('allows every row that the lab sends, whole or selected', async () => {
    const organization = seedOrganization({ phones: 60 });
    const graph = simulatedGraph(organization);
    for (const query of [{}, { $select: MANAGED_DEVICE_PROPERTIES.join(',') }] as Record<string, string>[]) {
      const { value } = (await graph.get({ path: '/deviceManagement/managedDevices', query })) as { value: object[] };
      assert.equal(value.length > 20, true);
      const odd = value.flatMap((row) => Object.entries(row).map(([name, one]) => against(name, one)));
      assert.deepEqual([...new Set(odd)], [null]);
    }
    await graph.close();
  });

  it('allows no row that is not read as a record', () => {
    const row = fc.record(
      Object.fromEntries(Object.entries(SCHEMA.properties).map(([name, property]) => [name, valueOf(property)])),
    );
    fc.assert(
      fc.property(row, (device) => {
        const record = toMdmRecord({ ...device, id: 'x' }, 'intune');
        const { compliance, graceUntil, enrolledAt, lastSeenAt, easIds } = record;
        assert.equal(['compliant', 'in-grace', 'noncompliant', 'unknown'].includes(compliance), true);
        for (const time of [graceUntil, enrolledAt, lastSeenAt]) assert.equal(time === null || TIME.test(time), true);
        assert.equal(easIds.length <= 1, true);
      }),
    );
  });
});
