/** Which devices of Entra changed: over https against the lab, with what can go wrong. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import { readDeviceChanges } from '../../src/graph/device-changes.ts';
import type { DeviceChanges } from '../../src/graph/device-changes.ts';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import type { GraphFault } from '../../src/lab/servers/graph.ts';
import { all, enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';

const { signal } = new AbortController();
const DAY = 86_400_000;

describe('the changes that Entra tells', () => {
  let lab: GraphLab;
  let graph: GraphTransport;

  beforeEach(async () => {
    lab = await startGraphLab({ deltaPageSize: 2 });
    enrollPhones(lab.organization, 5);
    graph = lab.open();
  });
  afterEach(() => lab.close());

  const hear = (since: string | null): Promise<DeviceChanges[]> => all(readDeviceChanges(graph, since, { signal }));
  const linkOf = (parts: readonly DeviceChanges[]): string => {
    const last = parts.at(-1);
    assert.ok(last?.kind === 'changes' && last.link !== null, JSON.stringify(last));
    return last.link;
  };
  const told = (parts: readonly DeviceChanges[]): unknown => {
    const changes = parts.filter((part) => part.kind === 'changes');
    return {
      changed: changes.flatMap(({ changed }) => changed.map(({ deviceId }) => nameOf(deviceId))),
      deleted: changes.flatMap(({ deleted }) => deleted).length,
    };
  };
  const nth = (number: number) => [...lab.organization.managedDevices.values()][number - 1]!;
  const nameOf = (deviceId: string): string =>
    [...lab.organization.managedDevices.values()].find(({ azureADDeviceId }) => azureADDeviceId === deviceId)
      ?.deviceName ?? 'of no phone';

  it('are all devices first, page by page, and afterwards what changed since', async () => {
    const first = await hear(null);
    assert.deepEqual(
      [first.length, told(first)],
      [3, { changed: ['Phone 1', 'Phone 2', 'Phone 3', 'Phone 4', 'Phone 5'], deleted: 0 }],
    );
    const link = linkOf(first);
    assert.deepEqual(told(await hear(link)), { changed: [], deleted: 0 });
    lab.organization.setCompliance(nth(2).id, 'noncompliant');
    lab.organization.directoryDevices('intune').delete(nth(4).azureADDeviceId);
    lab.organization.unenroll(nth(5).id);
    assert.deepEqual(told(await hear(link)), { changed: ['Phone 2', 'of no phone'], deleted: 1 });
  });

  it('ask for what is used alone, and follow the links as they came', async () => {
    linkOf(await hear(null));
    const urls = lab.server.requests.filter(({ url }) => url.includes('/devices/')).map(({ url }) => url);
    assert.match(urls[0]!, /^\/v1\.0\/devices\/delta\?\$select=deviceId(,|%2C)isCompliant(,|%2C)isManaged$/);
    assert.deepEqual(
      urls.slice(1).map((url) => url.replace(/=.*/, '')),
      ['/v1.0/devices/delta?%24skiptoken', '/v1.0/devices/delta?%24skiptoken'],
    );
  });

  it('are expired after seven days, and then begin from the start', async () => {
    const link = linkOf(await hear(null));
    await lab.clock.wait(8 * DAY, signal);
    assert.deepEqual(await hear(link), [{ kind: 'expired' }]);
    assert.equal((await hear(null)).length, 3);
  });

  const ends: readonly [string, GraphFault, DeviceChanges['kind']][] = [
    ['410', { kind: 'status', status: 410, code: 'syncStateNotFound' }, 'expired'],
    ['400, as Entra says it too', { kind: 'status', status: 400, code: 'BadRequest' }, 'expired'],
    ['404', { kind: 'status', status: 404 }, 'expired'],
  ];
  for (const [sentence, fault, kind] of ends)
    it(`are ${kind} where the link is answered with ${sentence}`, async () => {
      const link = linkOf(await hear(null));
      lab.server.faults.add({ ...fault, path: '/devices/delta' });
      assert.deepEqual(await hear(link), [{ kind }]);
    });

  it('are forbidden without Device.Read.All, and the text names the permission', async () => {
    lab.server.permissions.delete('Device.Read.All');
    const [only, ...rest] = await hear(null);
    assert.deepEqual(
      [only?.kind, only?.kind === 'forbidden' ? only.text : '', rest],
      [
        'forbidden',
        'Graph refused /devices/delta: the application needs Device.Read.All. It said: Authorization_RequestDenied: Insufficient privileges to complete the operation. Grant the application permission named in the message, and admin consent.',
        [],
      ],
    );
  });

  it('begin anew where the kept link leads to another server, which is not asked', async () => {
    const asked = lab.server.requests.length;
    assert.deepEqual(await hear('https://evil.example/v1.0/devices/delta?$deltatoken=x'), [{ kind: 'expired' }]);
    assert.equal(lab.server.requests.length, asked);
  });

  it('tell a device twice if Entra does', async () => {
    lab.server.faults.add({ kind: 'duplicate-rows', path: '/devices/delta', page: 1 });
    assert.deepEqual(told(await hear(null)), {
      changed: ['Phone 1', 'Phone 1', 'Phone 2', 'Phone 3', 'Phone 4', 'Phone 5'],
      deleted: 0,
    });
  });

  it('name a device by its object alone, if Entra tells nothing else of it', async () => {
    const link = linkOf(await hear(null));
    lab.organization.setCompliance(nth(2).id, 'noncompliant');
    lab.server.faults.add({ kind: 'sparse-rows', properties: ['isCompliant'], path: '/devices/delta' });
    const [only] = await hear(link);
    assert.ok(only?.kind === 'changes');
    assert.deepEqual([only.changed, only.unnamed.length, only.deleted], [[], 1, []]);
  });

  const faults: readonly [string, GraphFault, string][] = [
    ['a page that breaks off', { kind: 'reset', times: 20 }, 'ERR_HTTP_RESET'],
    ['a page that is cut', { kind: 'cut-json', times: 20 }, 'ERR_GRAPH_RESPONSE'],
    ['another server in the chain', { kind: 'next-link', link: 'https://evil.example/v1.0/x' }, 'ERR_GRAPH_ORIGIN'],
    ['a chain that leads back', { kind: 'next-link-loop', times: 20 }, 'ERR_GRAPH_PAGE_CHAIN'],
    ['no list', { kind: 'value-not-list' }, 'ERR_GRAPH_RESPONSE'],
    ['410 in the middle', { kind: 'status', status: 410 }, 'ERR_GRAPH_STATUS'],
    ['403 in the middle', { kind: 'status', status: 403 }, 'ERR_GRAPH_FORBIDDEN'],
    ['both links', { kind: 'delta-link', link: 'https://evil.example/x' }, 'ERR_GRAPH_RESPONSE'],
  ];
  for (const [sentence, fault, code] of faults)
    it(`fail with ${code} at ${sentence}, and never have a link`, async () => {
      lab.server.faults.add({ ...fault, path: '/devices/delta', page: 2 });
      const parts: DeviceChanges[] = [];
      let thrown: unknown = null;
      try {
        for await (const part of readDeviceChanges(graph, null, { signal })) parts.push(part);
      } catch (error) {
        thrown = error;
      }
      assert.equal(isConnectorError(thrown) ? thrown.code : thrown, code);
      assert.ok(parts.every((part) => part.kind === 'changes' && part.link === null));
    });
});
