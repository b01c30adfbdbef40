/**
 * What every reader of an MDM promises, whatever the far end does: it ends with a last page that nothing is missing from, or with
 * a code and without one; nothing comes twice; nothing secret is in what it says. One table for pages and for the report.
 */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ConnectorError } from '../../src/errors.ts';
import { tenantPort } from '../../src/graph/tenant-port.ts';
import type { GraphFault } from '../../src/lab/servers/graph.ts';
import { zipFile } from '../../src/lab/zip-file.ts';
import { startGraphLab, type GraphLab } from './graph-lab.ts';

const NEVER = new AbortController().signal;
const EVER = 1000;
const PHONES = 1200;

/**
 * Reader, and the devices above which it takes the report. Of many small pages Graph's own have 200 rows, so that a page in the
 * middle is one; those of the report are as large as what comes in one piece.
 */
const READERS = { pages: 0, report: 1 } as const;
type Reader = keyof typeof READERS;

/** `whole`; or the code, and what was sent before it: nothing, or some pages. */
type End = 'whole' | readonly [code: string, sent: 'nothing' | 'some'];

const nothing = (code: string): End => [code, 'nothing'];
const some = (code: string): End => [code, 'some'];
const chain = some('ERR_GRAPH_PAGE_CHAIN');

/** A fault, and what becomes of either reader. A report that cannot be had is no error: pages are read instead. */
const FAULTS: readonly (readonly [what: string, faults: readonly GraphFault[], ends: Readonly<Record<Reader, End>>])[] =
  [
    ['nothing is wrong', [], { pages: 'whole', report: 'whole' }],
    ...([429, 503, 500, 502, 504, 408] as const).flatMap(
      (status) =>
        [
          [
            `${status} for a while`,
            [{ kind: 'status', status, html: status === 502, times: 3 }],
            { pages: 'whole', report: 'whole' },
          ],
          [
            `${status} without end`,
            [{ kind: 'status', status, times: EVER }],
            {
              pages: nothing(status === 429 ? 'ERR_GRAPH_THROTTLED' : 'ERR_GRAPH_STATUS'),
              // The overview is what is asked first; where it does not answer nothing says how many there are.
              report: nothing(status === 429 ? 'ERR_GRAPH_THROTTLED' : 'ERR_GRAPH_STATUS'),
            },
          ],
        ] as const,
    ),
    [
      'a fault in the middle without end',
      [{ kind: 'status', status: 503, page: 3, times: EVER }],
      { pages: chain, report: 'whole' },
    ],
    [
      'a refusal',
      [{ kind: 'status', status: 403, times: EVER }],
      { pages: nothing('ERR_GRAPH_FORBIDDEN'), report: nothing('ERR_GRAPH_FORBIDDEN') },
    ],
    [
      'a token that is never taken',
      [{ kind: 'expired-token', times: EVER }],
      { pages: nothing('ERR_GRAPH_AUTH'), report: nothing('ERR_GRAPH_AUTH') },
    ],
    ['a token that runs out once', [{ kind: 'expired-token' }], { pages: 'whole', report: 'whole' }],
    [
      'no token',
      [{ kind: 'echo', target: 'token', times: EVER }],
      { pages: nothing('ERR_GRAPH_AUTH'), report: nothing('ERR_GRAPH_AUTH') },
    ],
    ['a connection that breaks once', [{ kind: 'reset' }], { pages: 'whole', report: 'whole' }],
    [
      'a connection that breaks every time',
      [{ kind: 'reset', times: EVER }],
      { pages: nothing('ERR_HTTP_RESET'), report: nothing('ERR_HTTP_RESET') },
    ],
    [
      'JSON that is cut every time',
      [{ kind: 'cut-json', times: EVER }],
      { pages: nothing('ERR_GRAPH_RESPONSE'), report: nothing('ERR_GRAPH_RESPONSE') },
    ],
    [
      'a web page instead',
      [{ kind: 'html-200', times: EVER }],
      { pages: nothing('ERR_HTTP_NOT_EXPECTED'), report: nothing('ERR_HTTP_NOT_EXPECTED') },
    ],
    [
      'an error inside a good status',
      [{ kind: 'error-in-200', page: 1 }],
      { pages: nothing('ERR_GRAPH_RESPONSE'), report: 'whole' },
    ],
    [
      'an error inside a good status in the middle',
      [{ kind: 'error-in-200', page: 3 }],
      { pages: chain, report: 'whole' },
    ],
    ['a page that is none', [{ kind: 'value-not-list', page: 3 }], { pages: chain, report: 'whole' }],
    [
      'a link elsewhere',
      [{ kind: 'next-link', link: 'https://evil.example/x', page: 2 }],
      { pages: some('ERR_GRAPH_ORIGIN'), report: 'whole' },
    ],
    ['a link back', [{ kind: 'next-link-loop', page: 2, times: 2 }], { pages: chain, report: 'whole' }],
    ['rows that come twice', [{ kind: 'duplicate-rows', rows: 5, page: 2 }], { pages: 'whole', report: 'whole' }],
    [
      'rows that are missing',
      [{ kind: 'missing-rows', rows: 5, page: 2 }],
      { pages: some('ERR_SNAPSHOT_INCOMPLETE'), report: 'whole' },
    ],
    [
      'a count above what comes',
      [{ kind: 'count', count: PHONES + 1, page: 6 }],
      { pages: some('ERR_SNAPSHOT_INCOMPLETE'), report: 'whole' },
    ],
    [
      'no right to a report',
      [{ kind: 'status', status: 403, path: 'exportJobs' }],
      { pages: 'whole', report: 'whole' },
    ],
    [
      'a job that fails',
      [{ kind: 'job', changes: { status: 'failed' }, path: 'exportJobs/' }],
      { pages: 'whole', report: 'whole' },
    ],
    [
      'a job that never ends',
      [{ kind: 'job', changes: { status: 'notStarted' }, path: 'exportJobs/', times: EVER }],
      { pages: 'whole', report: 'whole' },
    ],
    [
      'jobs that are throttled without end',
      [{ kind: 'throttle', path: 'exportJobs', times: EVER }],
      { pages: 'whole', report: nothing('ERR_GRAPH_THROTTLED') },
    ],
    [
      'a report elsewhere',
      [{ kind: 'job', changes: { url: 'http://evil.example/x' }, path: 'exportJobs/', times: EVER }],
      { pages: 'whole', report: 'whole' },
    ],
    [
      'an address that has run out',
      [{ kind: 'status', status: 403, target: 'blob' }],
      { pages: 'whole', report: 'whole' },
    ],
    [
      'a report that breaks off at once',
      [{ kind: 'file', target: 'blob', spoil: (file) => file.subarray(0, 10) }],
      { pages: 'whole', report: 'whole' },
    ],
    [
      'a report that breaks off in the middle',
      [{ kind: 'reset', target: 'blob' }],
      { pages: 'whole', report: some('ERR_GRAPH_EXPORT') },
    ],
    [
      'a report whose archive is cut',
      [{ kind: 'file', target: 'blob', spoil: (file) => file.subarray(0, -200) }],
      { pages: 'whole', report: some('ERR_GRAPH_EXPORT') },
    ],
    [
      'a report with a wrong checksum',
      [{ kind: 'file', target: 'blob', spoil: withoutChecksum }],
      { pages: 'whole', report: some('ERR_GRAPH_EXPORT') },
    ],
    [
      'a report of another tenant',
      [{ kind: 'file', target: 'blob', spoil: () => zipFile('d.csv', 'DeviceName\r\nx\r\n') }],
      { pages: 'whole', report: 'whole' },
    ],
  ];

describe('every reader of Intune', () => {
  let lab: GraphLab;
  let everyone: readonly string[];
  before(async () => {
    lab = await startGraphLab({ pageSize: 200 });
    for (let n = 0; n < PHONES; n += 1)
      lab.organization.enroll({
        upn: `user${n}@contoso.example`,
        platform: 'ios',
        model: 'iPhone 17',
        name: `iPhone of ${(n * 7919) % 104_729} ${(n * 104_729) % 1_299_709}`,
        serial: `SN${(n * 15_485_863) % 32_452_843}`,
        easDeviceId: `EAS${(n * 32_452_843) % 49_979_687}`,
      });
    everyone = [...lab.organization.managedDevices.keys()];
  });
  beforeEach(async () => {
    lab.server.faults.clear();
    await lab.clock.wait(3_600_000, NEVER);
  });
  after(() => lab.close());

  for (const [what, faults, ends] of FAULTS) {
    for (const reader of Object.keys(READERS) as Reader[]) {
      const end = ends[reader];
      const title = end === 'whole' ? 'is whole' : `ends with ${end[0]} after ${end[1]}`;
      it(`by ${reader} ${title}, with ${what}`, async () => {
        for (const fault of faults) lab.server.faults.add(fault);
        const said: string[] = [];
        const ids: string[] = [];
        const lasts: boolean[] = [];
        let error: ConnectorError | null = null;
        const graph = lab.open();
        const port = tenantPort(
          () => graph,
          'intune',
          (text) => said.push(text),
        );
        try {
          for await (const page of port.mdmPages({ pageSize: 100, bulkAbove: READERS[reader], signal: NEVER })) {
            ids.push(...page.records.map(({ id }) => id));
            lasts.push(page.last);
          }
        } catch (thrown) {
          error = thrown as ConnectorError;
        }
        const isWhole = end === 'whole';
        assert.deepEqual([error?.code ?? null, lasts.includes(true)], [isWhole ? null : end[0], isWhole]);
        assert.deepEqual(lasts.indexOf(true), isWhole ? lasts.length - 1 : -1);
        assert.equal(new Set(ids).size, ids.length);
        if (isWhole) assert.deepEqual(ids, everyone);
        else assert.equal(ids.length > 0 ? 'some' : 'nothing', end[1]);
        assert.equal(lab.server.early, 0);
        const shown = `${said.join()} ${inspect(error, { depth: 9 })}`;
        for (const secret of [lab.server.clientSecret, 'sig=', 'Bearer '])
          assert.equal(shown.includes(secret), false, `${secret} is in what it says`);
        assert.deepEqual(lab.server.blob.leaks, []);
      });
    }
  }
});

function withoutChecksum(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt32LE(7, copy.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16);
  return copy;
}
