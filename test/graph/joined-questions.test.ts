/**
 * Some devices as Intune has them now, many in a question: over https against the lab, whatever Intune makes of `or`. What comes
 * is the same each time; what differs is how often is asked.
 */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { DEVICES_OF_QUESTION, filterOf, JoinedQuestions, rowsOfJoined } from '../../src/graph/joined-questions.ts';
import { managedDevicesNow } from '../../src/graph/managed-devices.ts';
import type { DevicesToRead, MdmRecordsNow } from '../../src/graph/managed-devices.ts';
import type { OrFilters } from '../../src/lab/graph-filter.ts';
import type { ManagedDevice } from '../../src/lab/managed-devices.ts';
import type { GraphFault } from '../../src/lab/servers/graph.ts';
import { enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';

const DAY = 86_400_000;
const guid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** A tenant of forty phones, and what is asked of it. */
class Tenant {
  readonly lab: GraphLab;
  readonly graph: GraphTransport;
  readonly phones: readonly ManagedDevice[];
  time = 0;
  readonly joined = new JoinedQuestions(() => this.time);
  readonly source = 'intune';

  constructor(lab: GraphLab) {
    this.lab = lab;
    enrollPhones(lab.organization, 40);
    this.phones = [...lab.organization.managedDevices.values()];
    this.graph = lab.open();
  }

  static async start(orFilters: OrFilters): Promise<Tenant> {
    return new Tenant(await startGraphLab({ orFilters }));
  }

  /** Twenty whose records are known, eleven whose are not, and one that was never enrolled. */
  get which(): DevicesToRead {
    return {
      known: this.phones
        .slice(0, 20)
        .map(({ id, azureADDeviceId }) => ({ recordId: id, deviceId: azureADDeviceId.toLowerCase() })),
      deviceIds: [...this.phones.slice(20, 31).map(({ azureADDeviceId }) => azureADDeviceId.toLowerCase()), guid(1)],
    };
  }

  /** Two of the known ones go, and a third one is enrolled anew. */
  change(): void {
    for (const { id } of this.phones.slice(0, 3)) this.lab.organization.unenroll(id);
    const { azureADDeviceId } = this.phones[2]!;
    const user = { upn: 'user3@contoso.example', platform: 'ios', model: 'Phone', serial: 'SN3' } as const;
    this.lab.organization.enroll({ ...user, name: 'Phone 3 again', azureADDeviceId });
  }

  /** What comes, and how many single and joined questions that took. */
  async ask(): Promise<{ readonly names: readonly string[]; readonly gone: number; readonly questions: string }> {
    const before = this.lab.server.requests.length;
    const { records, entra, gone }: MdmRecordsNow = await managedDevicesNow(this.graph, this.which, this);
    assert.deepEqual(
      entra.map(({ recordId }) => recordId),
      records.map(({ id }) => id),
    );
    const parts = this.lab.server.requests.slice(before).filter(({ method }) => method === 'GET');
    const joined = parts.filter(({ url }) => url.includes('%20or%20')).length;
    return {
      names: records.map(({ device }) => device.name ?? '').sort(byNumber),
      gone: gone.length,
      questions: `${joined} joined, ${parts.length - joined} single`,
    };
  }
}

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `Phone ${from + at}`);
/** Everything as it was. */
const STILL = { names: names(1, 31), gone: 0 };
/** After {@link Tenant.change}: three records are no more, of which one has a successor on the same device. */
const CHANGED = {
  'by device': { names: ['Phone 3 again', ...names(4, 31)], gone: 3 },
  'by record': { names: names(4, 31), gone: 3 },
};

describe('many devices in one question to Intune', () => {
  let tenant: Tenant;
  afterEach(() => tenant.lab.close());

  /**
   * What Intune makes of `or`; the questions of a first reading, of a second one in which devices have changed, and of one a day
   * later. One device was never enrolled, and is asked for by itself each time. Of a device that was enrolled anew a question for
   * the device tells the new record, and a question for the old record does not: that one comes with what was enrolled lately.
   */
  const TENANTS: readonly (readonly [
    orFilters: OrFilters,
    what: string,
    questions: readonly [string, string, string],
    told: readonly ['by device' | 'by record', 'by device' | 'by record'],
  ])[] = [
    [
      'granted',
      'answered',
      ['3 joined, 1 single', '3 joined, 4 single', '3 joined, 4 single'],
      ['by device', 'by device'],
    ],
    [
      'refused',
      'refused',
      ['3 joined, 32 single', '0 joined, 32 single', '3 joined, 32 single'],
      ['by record', 'by record'],
    ],
    [
      'first-only',
      'heard in part',
      ['3 joined, 29 single', '0 joined, 32 single', '3 joined, 30 single'],
      ['by record', 'by record'],
    ],
    [
      'ignored',
      'not heeded',
      ['3 joined, 32 single', '0 joined, 32 single', '3 joined, 32 single'],
      ['by record', 'by record'],
    ],
  ];
  for (const [orFilters, what, [first, second, dayLater], told] of TENANTS)
    it(`come to the same where it is ${what}, and are tried again a day later where they were of no use`, async () => {
      tenant = await Tenant.start(orFilters);
      assert.deepEqual(await tenant.ask(), { ...STILL, questions: first });
      tenant.change();
      tenant.time += DAY - 1;
      assert.deepEqual(await tenant.ask(), { ...CHANGED[told[0]], questions: second });
      tenant.time += 1;
      assert.deepEqual(await tenant.ask(), { ...CHANGED[told[1]], questions: dayLater });
    });

  /** Faults of the first joined question; the questions of that reading, and of the next one. */
  const FAULTS: readonly (readonly [string, GraphFault, string, string])[] = [
    ['a 400', { kind: 'status', status: 400, code: 'BadRequest' }, '3 joined, 32 single', '0 joined, 32 single'],
    ['a 414', { kind: 'status', status: 414 }, '3 joined, 32 single', '0 joined, 32 single'],
    ['a 501', { kind: 'status', status: 501 }, '3 joined, 32 single', '0 joined, 32 single'],
    // Three parts, each asked for six times.
    ['a 500 without end', { kind: 'status', status: 500, times: 18 }, '18 joined, 32 single', '0 joined, 32 single'],
    ['a 503 once', { kind: 'status', status: 503 }, '4 joined, 1 single', '3 joined, 1 single'],
    ['a pause', { kind: 'throttle', retryAfter: '7' }, '4 joined, 1 single', '3 joined, 1 single'],
    ['no list', { kind: 'value-not-list' }, '3 joined, 32 single', '0 joined, 32 single'],
    ['an error in 200', { kind: 'error-in-200' }, '3 joined, 32 single', '0 joined, 32 single'],
    ['a count of more', { kind: 'count', count: 400 }, '3 joined, 1 single', '3 joined, 1 single'],
    ['a link', { kind: 'next-link', link: 'https://evil.example/x' }, '3 joined, 1 single', '3 joined, 1 single'],
    ['rows twice', { kind: 'duplicate-rows', rows: 5 }, '3 joined, 1 single', '3 joined, 1 single'],
    ['rows of no device', { kind: 'sparse-rows', properties: ['model'] }, '3 joined, 32 single', '0 joined, 32 single'],
    ['rows missing', { kind: 'missing-rows', rows: 4 }, '3 joined, 5 single', '0 joined, 32 single'],
  ];
  for (const [what, fault, first, second] of FAULTS)
    it(`come whole though one is answered with ${what}`, async () => {
      tenant = await Tenant.start('granted');
      tenant.lab.server.faults.add({ ...fault, target: 'part' });
      assert.deepEqual(await tenant.ask(), { ...STILL, questions: first });
      assert.ok(tenant.lab.server.faults.done);
      assert.deepEqual(await tenant.ask(), { ...STILL, questions: second });
    });

  /** What is about Graph and not about the question; joined ones are asked again afterwards. */
  const ENDS: readonly (readonly [string, GraphFault, string])[] = [
    ['is throttled without end', { kind: 'throttle', target: 'part', retryAfter: '1', times: 1000 }, 'THROTTLED'],
    ['may not be read', { kind: 'status', target: 'part', status: 403 }, 'FORBIDDEN'],
    ['refuses the sign-in', { kind: 'status', target: 'part', status: 401 }, 'AUTH'],
  ];
  for (const [what, fault, code] of ENDS)
    it(`fail where Intune ${what}, and say nothing of what is gone`, async () => {
      tenant = await Tenant.start('granted');
      tenant.lab.server.faults.add(fault);
      await assert.rejects(tenant.ask(), (thrown) => isConnectorError(thrown, `ERR_GRAPH_${code}` as 'ERR_GRAPH_AUTH'));
      tenant.lab.server.faults.clear();
      assert.equal((await tenant.ask()).questions, '3 joined, 1 single');
    });

  it('find a record that Intune knows by no device any more, and are asked again', async () => {
    tenant = await Tenant.start('granted');
    const { which } = tenant;
    tenant.lab.organization.updateManagedDevice(tenant.phones[0]!.id, { azureADDeviceId: guid(0) });
    tenant.lab.organization.updateManagedDevice(tenant.phones[1]!.id, { azureADDeviceId: guid(2) });
    const ask = (): Promise<MdmRecordsNow> => managedDevicesNow(tenant.graph, which, tenant);
    assert.deepEqual([(await ask()).records.length, (await ask()).gone, tenant.joined.areTaken], [31, [], true]);
  });

  it('take a record out that is no enrollment any more', async () => {
    tenant = await Tenant.start('granted');
    const [{ id }] = tenant.phones as [ManagedDevice];
    tenant.lab.organization.updateManagedDevice(id, { managementAgent: 'eas' });
    const { records, gone } = await managedDevicesNow(tenant.graph, tenant.which, tenant);
    assert.deepEqual([records.length, gone, tenant.joined.areTaken], [30, [id], true]);
  });

  it('ask for nothing where there is nothing to ask for', async () => {
    tenant = await Tenant.start('granted');
    const nothing = { known: [], deviceIds: [] };
    assert.deepEqual(await managedDevicesNow(tenant.graph, nothing, tenant), { records: [], entra: [], gone: [] });
    assert.equal(tenant.lab.server.requests.length, 0);
  });

  it('have an address that every server takes', async () => {
    tenant = await Tenant.start('granted');
    await tenant.ask();
    const longest = Math.max(...tenant.lab.server.requests.map(({ url }) => url.length));
    assert.ok(longest > 1000 && longest < 2048, `${longest} characters`);
  });
});

describe('the answer to a question for many devices', () => {
  const row = (id: string, azureADDeviceId: unknown) => ({ id, azureADDeviceId });
  const asked = [guid(1), guid(2)];
  const ANSWERS: readonly (readonly [string, readonly object[], object, readonly string[] | null])[] = [
    ['has its rows', [row('a', guid(1)), row('b', guid(2))], {}, ['a', 'b']],
    ['has what there is of them', [row('b', guid(2))], {}, ['b']],
    ['has none of them', [], {}, []],
    ['has both records of a device', [row('a', guid(1)), row('b', guid(1))], {}, ['a', 'b']],
    ['is compared in lower case', [row('a', '00000000-0000-4000-8000-00000000000A')], {}, ['a']],
    ['has its rows though there is more', [row('a', guid(1))], { '@odata.nextLink': 'https://x' }, ['a']],
    ['is not understood with another device', [row('a', guid(1)), row('c', guid(3))], {}, null],
    ['is not understood with one of no device', [row('a', guid(1)), row('c', '')], {}, null],
  ];
  for (const [what, value, more, ids] of ANSWERS)
    it(what, () => {
      const devices = [...asked, '00000000-0000-4000-8000-00000000000a'];
      const rows = rowsOfJoined('/x', devices, { value, ...more });
      assert.deepEqual(rows?.map(({ id }) => id) ?? null, ids);
    });

  it('is an error where it is no list', () => {
    assert.throws(
      () => rowsOfJoined('/x', asked, { value: {} }),
      (thrown) => isConnectorError(thrown, 'ERR_GRAPH_RESPONSE'),
    );
  });

  it('is to a condition that has each device once', () => {
    assert.equal(filterOf(asked), `azureADDeviceId eq '${guid(1)}' or azureADDeviceId eq '${guid(2)}'`);
    assert.equal(DEVICES_OF_QUESTION, 15);
  });
});
