import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { inflateRawSync } from 'node:zlib';
import type { ConnectorError } from '../../../src/errors.ts';
import { tenantPort } from '../../../src/graph/tenant-port.ts';
import { MANAGED_DEVICE_PROPERTIES } from '../../../src/graph/mdm-record.ts';
import { EXPORT_COLUMNS } from '../../../src/graph/export/export-columns.ts';
import type { GraphTransport } from '../../../src/graph/graph-transport.ts';
import type { Organization } from '../../../src/lab/organization.ts';
import { seedOrganization } from '../../../src/lab/seed-organization.ts';
import type { GraphFault } from '../../../src/lab/servers/graph.ts';
import { simulatedGraph } from '../../../src/lab/simulated-graph.ts';
import { zipFile } from '../../../src/lab/zip-file.ts';
import type { MdmRecord } from '../../../src/model/records.ts';
import { all, labClock, labOrganization, startGraphLab, type GraphLab } from '../graph-lab.ts';
import { selfSigned } from '../self-signed.ts';

const NEVER = new AbortController().signal;
/** What a signed address is known by. */
const ADDRESS = /sig=|\bse=|\.zip/;

/** Devices of every kind and state, and a name that would break a line. */
function enrollOddFleet(organization: Organization): void {
  seedOrganization({ phones: 120, organization });
  const states = [
    'unknown',
    'compliant',
    'noncompliant',
    'conflict',
    'error',
    'inGracePeriod',
    'configManager',
  ] as const;
  for (const [nth, complianceState] of states.entries())
    organization.enroll({
      upn: `odd${nth}@contoso.example`,
      platform: nth % 2 === 0 ? 'ios' : 'android',
      model: 'Phone "Pro", 6,1"',
      name: `Öther,\r\n"${nth}"`,
      serial: `ODD${nth}`,
      easDeviceId: `ODD${nth}`,
      imei: '35 693803 564380 9',
      complianceState,
      graceUntil: '2026-12-01T08:00:00Z',
      managementState: [
        'managed',
        'retirePending',
        'wipeIssued',
        'deletePending',
        'discovered',
        'unhealthy',
        'wipeFailed',
      ][nth]!,
      managementAgent: ['mdm', 'easMdm', 'eas', 'jamf', 'intuneAosp', 'googleCloudDevicePolicyController', 'mdm'][nth]!,
    });
}

interface Reading {
  readonly records: readonly MdmRecord[];
  readonly last: boolean;
  readonly error: ConnectorError | null;
  readonly warnings: readonly string[];
}

describe('all devices by the report of Intune', () => {
  let lab: GraphLab;
  before(async () => {
    lab = await startGraphLab({ pageSize: 50 });
    enrollOddFleet(lab.organization);
  });
  beforeEach(async () => {
    lab.server.faults.clear();
    lab.server.exports.words = 'numbers';
    lab.server.exports.form = {};
    lab.server.exports.missing.clear();
    await lab.clock.wait(3_600_000, NEVER);
  });
  after(() => lab.close());

  async function read(graph: GraphTransport, bulkAbove: number, faults: readonly GraphFault[] = []): Promise<Reading> {
    for (const fault of faults) lab.server.faults.add(fault);
    const warnings: string[] = [];
    const records: MdmRecord[] = [];
    let last = false;
    const port = tenantPort(
      () => graph,
      'intune',
      (text) => warnings.push(text),
    );
    try {
      for await (const page of port.mdmPages({ pageSize: 20, bulkAbove, signal: NEVER })) {
        assert.equal(last, false);
        assert.equal(page.records.length <= 20, true);
        records.push(...page.records);
        last = page.last;
      }
      return { records, last, error: null, warnings };
    } catch (error) {
      return { records, last, error: error as ConnectorError, warnings };
    }
  }

  it('asks for a column for every property that is read', () => {
    assert.equal(EXPORT_COLUMNS.length, MANAGED_DEVICE_PROPERTIES.length);
  });

  for (const words of ['numbers', 'names'] as const) {
    it(`has record by record what pages have, with the states as ${words}`, async () => {
      lab.server.exports.words = words;
      const pages = await read(lab.open(), 0);
      const before = lab.server.blob.requests;
      const report = await read(lab.open(), 10);
      assert.deepEqual([report.error, report.warnings, report.last], [null, [], true]);
      assert.deepEqual(report.records, pages.records);
      assert.equal(lab.server.blob.requests, before + 1);
    });
  }

  it('is the same in the simulation', async () => {
    const organization = labOrganization(labClock());
    enrollOddFleet(organization);
    const graph = simulatedGraph(organization, { pageSize: 50 });
    assert.deepEqual((await read(graph, 10)).records, (await read(graph, 0)).records);
    await graph.close();
  });

  it('is not asked for below the threshold, and never with 0', async () => {
    const before = lab.server.blob.requests;
    for (const above of [0, lab.organization.managedDevices.size])
      assert.equal((await read(lab.open(), above)).last, true);
    assert.equal(lab.server.blob.requests, before);
  });

  it('costs a handful of requests, however many devices there are', async () => {
    const before = lab.server.requests.length;
    await read(lab.open(), 10);
    const asked = lab.server.requests.slice(before).filter(({ url }) => url.startsWith('/v1.0/'));
    assert.deepEqual(
      asked.map(({ method, url }) => `${method} ${url.replace(/Devices_\w+/, 'job').split('?')[0]}`),
      [
        'GET /v1.0/deviceManagement/managedDeviceOverview',
        'POST /v1.0/deviceManagement/reports/exportJobs',
        'GET /v1.0/deviceManagement/reports/exportJobs/job',
        'GET /v1.0/deviceManagement/reports/exportJobs/job',
      ],
    );
  });

  it('is fetched without token, cookie or client certificate', async () => {
    const { certificate, privateKey } = await selfSigned();
    const graph = lab.open({ tls: { ca: lab.ca, cert: certificate, key: privateKey } });
    assert.equal((await read(graph, 10)).last, true);
    assert.deepEqual(lab.server.blob.leaks, []);
  });

  it('the lab would notice a token', async () => {
    const response = await fetchWithToken(lab);
    assert.deepEqual([response, lab.server.blob.leaks], [400, ['authorization']]);
    (lab.server.blob.leaks as string[]).length = 0;
  });

  const bad = (text: string): GraphFault => ({ kind: 'file', target: 'blob', spoil: () => zipFile('d.csv', text) });
  const header = EXPORT_COLUMNS.join(',');

  /** What makes the report useless before a page was sent: pages are read instead, and it is said once. */
  const INSTEAD: readonly (readonly [string, readonly GraphFault[]])[] = [
    ['the application may not ask for it', [{ kind: 'status', status: 403, path: 'exportJobs' }]],
    ['this Graph has no reports', [{ kind: 'status', status: 404, path: 'exportJobs' }]],
    ['Graph answers with an error inside of a good status', [{ kind: 'error-in-200', path: 'exportJobs' }]],
    ['the job has no id', [{ kind: 'job', changes: { id: null }, path: 'exportJobs' }]],
    ['the job fails', [{ kind: 'job', changes: { status: 'failed' }, path: 'exportJobs/' }]],
    ['the job never ends', [{ kind: 'job', changes: { status: 'inProgress' }, path: 'exportJobs/', times: 1000 }]],
    ['another job answers', [{ kind: 'job', changes: { id: 'Devices_other' }, path: 'exportJobs/' }]],
    ['the job is gone', [{ kind: 'status', status: 404, path: 'exportJobs/' }]],
    ...[null, 7, '', 'x', 'http://127.0.0.1/reports/x.zip', 'file:///etc/passwd', 'https://a:b@127.0.0.1/x'].map(
      (url) =>
        [
          `the address is ${JSON.stringify(url)}`,
          [{ kind: 'job', changes: { status: 'completed', url }, path: 'exportJobs/' }],
        ] as const,
    ),
    ['the address has run out', [{ kind: 'status', status: 403, target: 'blob' }]],
    ['the storage leads elsewhere', [{ kind: 'status', status: 302, location: 'http://127.0.0.1/', target: 'blob' }]],
    ['the storage is busy', [{ kind: 'status', status: 503, target: 'blob' }]],
    ['the storage breaks off at once', [{ kind: 'file', target: 'blob', spoil: (file) => file.subarray(0, 40) }]],
    [
      'the archive is a web page',
      [{ kind: 'file', target: 'blob', spoil: () => Buffer.from('<html></html>'.repeat(20)) }],
    ],
    [
      'the archive is a bomb',
      [{ kind: 'file', target: 'blob', spoil: () => zipFile('d.csv', Buffer.alloc(60_000_000)) }],
    ],
    ['the report is empty', [bad('')]],
    ['a column is missing', [bad(`${header.replace('EasID,', '')}\r\n`)]],
    ['a row has too many fields', [bad(`${header}\r\n${'x,'.repeat(30)}\r\n`)]],
    ['a row has no id', [bad(`${header}\r\n${','.repeat(17)}\r\n`)]],
    [
      'compliance is in another language',
      [bad(`${header}\r\n${rowOf({ DeviceId: 'a', CompliantState: 'Konform' })}\r\n`)],
    ],
    ['no device is in it', [bad(`${header}\r\n`)]],
  ];
  for (const [why, faults] of INSTEAD) {
    it(`is not needed if ${why}: pages are read, and it is said once`, async () => {
      const graph = lab.open();
      const { records, last, error, warnings } = await read(graph, 10, faults);
      assert.deepEqual([error, last, warnings.length], [null, true, 1]);
      assert.deepEqual(records, (await read(lab.open(), 0)).records);
      assert.match(warnings[0]!, /Devices are read by pages until the configuration is deployed again\. \(ERR_/);
      assert.doesNotMatch(warnings[0]!, ADDRESS);
    });
  }

  it('is not asked for again by a tenant that it failed', async () => {
    lab.server.exports.missing.add('EasID');
    const warnings: string[] = [];
    const graph = lab.open();
    const port = tenantPort(
      () => graph,
      'intune',
      (text) => warnings.push(text),
    );
    const before = lab.server.blob.requests;
    for (let reading = 0; reading < 3; reading += 1)
      await all(port.mdmPages({ pageSize: 20, bulkAbove: 1, signal: NEVER }));
    assert.deepEqual([warnings.length, lab.server.blob.requests - before], [1, 1]);
    assert.match(warnings[0]!, /has no column EasID/);
  });

  /** What shows when pages of it were sent already: an error, never a last page. */
  const BROKEN: readonly (readonly [string, GraphFault, string, object])[] = [
    [
      'one row is missing',
      { kind: 'file', target: 'blob', spoil: changed((lines) => lines.slice(0, -1)) },
      'ERR_SNAPSHOT_INCOMPLETE',
      { counted: 103, read: 102 },
    ],
    [
      'rows come twice in the place of others',
      { kind: 'file', target: 'blob', spoil: changed((lines) => [...lines.slice(0, -1), lines[1]!]) },
      'ERR_SNAPSHOT_INCOMPLETE',
      { read: 102 },
    ],
    [
      'a row far down is cut',
      { kind: 'file', target: 'blob', spoil: changed((lines) => [...manyTimes(lines), 'x,y']) },
      'ERR_GRAPH_EXPORT',
      { step: 'rows' },
    ],
    [
      'the checksum is of something else',
      { kind: 'file', target: 'blob', spoil: withChecksum },
      'ERR_GRAPH_EXPORT',
      { step: 'archive' },
    ],
  ];
  for (const [what, fault, code, details] of BROKEN) {
    it(`is never complete if ${what}`, async () => {
      lab.server.exports.words = 'names';
      const { records, last, error } = await read(lab.open(), 10, [fault]);
      assert.deepEqual([last, error?.code], [false, code]);
      assert.partialDeepStrictEqual(error?.details, details);
      assert.doesNotMatch(JSON.stringify([error?.message, error?.details]), ADDRESS);
      assert.equal(records.length % 20, 0);
    });
  }

  it('takes every row once, however often it is in the report', async () => {
    const { records, last } = await read(lab.open(), 10, [
      { kind: 'file', target: 'blob', spoil: changed((lines) => [...lines, ...lines.slice(1, 30)]) },
    ]);
    assert.deepEqual([last, records], [true, (await read(lab.open(), 0)).records]);
  });

  it('waits for a job, longer each time', async () => {
    const before = lab.clock.waits.length;
    await read(lab.open(), 10, [{ kind: 'job', changes: { status: 'inProgress' }, path: 'exportJobs/', times: 6 }]);
    assert.deepEqual(lab.clock.waits.slice(before), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000].slice(0, 7));
  });

  it('is refused with the forty-ninth job of a minute, which is waited out', async () => {
    const graph = lab.open();
    const asked = (): Promise<unknown> =>
      graph.exports!.create({ reportName: 'Devices', select: ['DeviceId'], format: 'csv' }, {});
    for (let job = 0; job < 48; job += 1) await asked();
    const before = lab.clock.waits.length;
    await asked();
    assert.deepEqual(lab.clock.waits.slice(before), [60_000]);
  });

  it('stops with the reading: whoever stops taking pages leaves no download', async () => {
    const graph = lab.open();
    const port = tenantPort(() => graph, 'intune');
    for await (const page of port.mdmPages({ pageSize: 5, bulkAbove: 1, signal: NEVER })) {
      assert.equal(page.records.length, 5);
      break;
    }
    const stop = new AbortController();
    lab.server.faults.add({ kind: 'silence', target: 'blob' });
    const silent = all(port.mdmPages({ pageSize: 5, bulkAbove: 1, signal: stop.signal }));
    const ended = assert.rejects(silent, { code: 'ERR_ABORTED' });
    while (!lab.server.faults.done) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await ended;
  });

  it('gives up on a storage that is silent', async () => {
    const { last, warnings } = await read(lab.open({ timeoutMs: 500 }), 10, [{ kind: 'silence', target: 'blob' }]);
    assert.deepEqual([last, warnings.length], [true, 1]);
    assert.match(warnings[0]!, /was silent for 500 ms/);
  });
});

/** What the storage answers somebody who brings a token. */
async function fetchWithToken(lab: GraphLab): Promise<number> {
  const asked = request(`${lab.server.blob.origin}/reports/x.zip`, {
    ca: lab.ca,
    headers: { authorization: 'Bearer x' },
  });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}

function rowOf(fields: Readonly<Record<string, string>>): string {
  return EXPORT_COLUMNS.map((column) => fields[column] ?? '').join(',');
}

/** Another report: the lab's own is not taken apart, a plain one is put in its place. */
function changed(change: (lines: readonly string[]) => readonly string[]): (file: Buffer) => Buffer {
  return (file) => {
    const start = 30 + file.readUInt16LE(26);
    const text = inflateRawSync(file.subarray(start)).toString('utf8');
    const lines = text
      .slice(1)
      .split(/\r\n(?=[\w-]{36},|$)/)
      .filter((line) => line !== '');
    return zipFile('d.csv', `${change(lines).join('\r\n')}\r\n`);
  };
}

/** More than comes in one piece. */
function manyTimes(lines: readonly string[]): string[] {
  return Array.from({ length: 20 }, () => lines.slice(1)).reduce((all, some) => [...all, ...some], [lines[0]!]);
}

function withChecksum(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt32LE(7, copy.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16);
  return copy;
}
