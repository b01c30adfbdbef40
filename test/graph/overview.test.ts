/** A full reading next to Intune's own overview: what is hidden is said, and a reading never fails for it. */
import assert from 'node:assert/strict';
import { withCoverage } from '../../src/connector/readings/covered-pages.ts';
import type { ConnectorError } from '../../src/errors.ts';
import { tenantPort } from '../../src/graph/tenant-port.ts';
import type { ReadingCoverage } from '../../src/model/coverage.ts';
import { all, enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';

const { signal } = new AbortController();

describe('a full reading of Intune', () => {
  let lab: GraphLab;
  let told: ReadingCoverage[];
  beforeEach(async () => {
    told = [];
    lab = await startGraphLab({ pageSize: 10 });
    enrollPhones(lab.organization, 30);
  });
  afterEach(() => lab.close());

  const read = (options: { enrolledSince?: string } = {}) =>
    all(
      withCoverage(tenantPort(() => lab.open(), 'tenant').mdmPages({ pageSize: 7, signal, ...options }), (coverage) =>
        told.push(coverage),
      ),
    );
  const overviews = (): number => lab.server.requests.filter(({ url }) => url.includes('managedDeviceOverview')).length;

  it('says on its last page that it was whole, by count and overview, which is asked once', async () => {
    const pages = await read();
    const expected = {
      whole: true,
      pages: 3,
      records: 30,
      easIds: 30,
      user: 30,
      compliance: 30,
      managed: 30,
      rows: 30,
      duplicates: 0,
      counted: 30,
      enrolled: 30,
    };
    assert.deepEqual(
      pages.map(({ coverage }) => coverage),
      [...Array<undefined>(pages.length - 1).fill(undefined), expected],
    );
    assert.deepEqual([told, overviews()], [[expected], 1]);
  });

  it('says that scope tags may hide devices', async () => {
    lab.server.hides = ({ operatingSystem }) => operatingSystem === 'Android';
    await read();
    assert.deepEqual(
      [told[0]?.whole, told[0]?.hint],
      [true, 'The overview counts 30 devices, the list has 15. Scope tags may hide the others from the application.'],
    );
    lab.server.hides = () => true;
    await read();
    assert.match(told[1]?.hint ?? '', /Scope tags hide them all/);
  });

  it('is whole, and says that nobody knows, where the overview cannot be read', async () => {
    for (const status of [403, 404, 500]) {
      lab.server.faults.add({ kind: 'status', status, path: 'managedDeviceOverview', times: 99 });
      const pages = await read();
      assert.deepEqual([pages.at(-1)?.last, pages.flatMap(({ records }) => records).length], [true, 30]);
      assert.deepEqual(
        [told.at(-1)?.enrolled, told.at(-1)?.hint],
        [null, 'The overview could not be read. Whether devices are hidden from the application is not known.'],
      );
      lab.server.faults.clear();
    }
  });

  it('tolerates rows that move between pages, and counts them', async () => {
    lab.server.faults.add({ kind: 'duplicate-rows', rows: 2, page: 2 });
    await read();
    assert.deepEqual([told[0]?.rows, told[0]?.duplicates, told[0]?.hint], [30, 2, undefined]);
  });

  it('does not ask for it when it reads a part of the devices', async () => {
    await read({ enrolledSince: '2020-01-01T00:00:00Z' });
    assert.deepEqual([overviews(), told[0]?.enrolled, told[0]?.hint], [0, null, undefined]);
  });

  it('says of a failure what came before it, as the cause', async () => {
    lab.server.faults.add({ kind: 'next-link-loop', page: 2 });
    await assert.rejects(read(), (error: ConnectorError) => {
      const { details, message } = error.cause as ConnectorError;
      assert.equal(error.code, 'ERR_GRAPH_PAGE_CHAIN');
      assert.deepEqual(
        [details['whole'], details['pages'], details['records'], details['counted']],
        [false, 1, 10, 30],
      );
      assert.match(message, /^1 page with 10 records came before; 10 \(100 %\) have an EAS ID/);
      return true;
    });
    assert.deepEqual([told.length, told[0]?.whole, told[0]?.hint], [1, false, undefined]);
  });
});
