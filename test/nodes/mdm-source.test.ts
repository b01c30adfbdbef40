/** The MDM source: pages of MDM records out of Intune, or mapped from what another MDM says. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import type { ConnectorError } from '../../src/errors.ts';
import { followingsOf } from '../../src/mdm/tells.ts';
import { COMPLIANCE_SETTINGS } from '../../src/mdm/told-compliance.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { StoreConnection } from '../../nodes/connections.ts';
import { leftBehind, startFlow, stopFlow } from '../support/node-red.ts';
import type { Consumer, FlowNode, RunningFlow } from '../support/node-red.ts';
import { aManagedPhone, anna, ANNAS_ENROLLMENT, NOW, still } from '../support/people.ts';
import { aJoin, aSplit, serialConsumer } from '../support/sequences.ts';
import { assertIsOurs } from '../support/server-clock.ts';

interface PageMessage {
  payload: { key: string }[];
  parts: { id: string; index: number; len: number; count?: number };
  sync: { id: string; startedAt: string; page: number; last: boolean; clock?: ServerClock };
}

const pages = (flow: RunningFlow): PageMessage[] => flow.messages('mdmOut') as unknown as PageMessage[];

describe('MDM source', () => {
  afterEach(stopFlow);

  describe('Intune', () => {
    let lab: Lab;

    beforeEach(async () => {
      lab = await startLab({ organization: still() });
    });

    afterEach(() => lab.close());

    const start = (changes: Record<string, unknown> = {}): Promise<RunningFlow> => {
      const { nodes, credentials } = connectorFlow(lab, { mdm: { wires: [['mdmOut']], ...changes } });
      return startFlow(nodes, credentials);
    };

    it('sends the managed devices as one page, with parts and sync', async () => {
      anna(lab.organization);
      const device = lab.organization.enroll(ANNAS_ENROLLMENT);
      const flow = await start();
      const began = Date.now();
      flow.receive('mdm', { _msgid: 'start', ticket: { number: 7 } });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      const { id, startedAt, clock } = pages(flow)[0]!.sync;
      // By Graph's own Date.
      assertIsOurs(clock, Date.now() - began);
      assert.deepEqual(flow.messages('mdmOut'), [
        {
          _msgid: 'start',
          ticket: { number: 7 },
          topic: 'mdm',
          payload: [
            {
              kind: 'mdm',
              key: `mdm:tenant:${device.id}`,
              source: 'tenant',
              id: device.id,
              easIds: [ANNAS_ENROLLMENT.easDeviceId],
              user: { id: device.userId, upn: 'anna@contoso.example', addresses: ['anna@contoso.example'] },
              device: {
                name: "Anna's iPhone",
                platform: 'ios',
                os: 'iOS',
                osVersion: null,
                manufacturer: 'Apple',
                model: 'iPhone 16',
                serial: 'F2LXK0001',
                imeis: [],
              },
              managed: true,
              compliance: 'compliant',
              complianceReason: 'compliant',
              graceUntil: null,
              enrolledAt: NOW,
              lastSeenAt: NOW,
            },
          ],
          parts: { id, index: 0, type: 'array', len: 1, count: 1 },
          sync: {
            id,
            source: 'mdm',
            kind: 'full',
            organization: 'tenant',
            startedAt,
            page: 0,
            last: true,
            total: 1,
            clock,
            coverage: {
              whole: true,
              pages: 1,
              records: 1,
              easIds: 1,
              user: 1,
              compliance: 1,
              managed: 1,
              rows: 1,
              duplicates: 0,
              counted: 1,
              enrolled: 1,
            },
          },
          text: '1 MDM record read, complete',
        },
      ]);
      assert.equal(flow.words().at(-1), '1 MDM records');
      assert.deepEqual([...new Set(flow.statuses('mdm').map(({ fill }) => fill))], ['blue', 'green']);
    });

    it('is yellow, and says so, when scope tags seem to hide devices from it', async () => {
      lab.organization.enroll(ANNAS_ENROLLMENT);
      lab.servers.graph.hides = () => true;
      const flow = await start();
      flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        [flow.words().at(-1), flow.statuses('mdm').at(-1)?.fill, flow.errors()],
        ['0 read, others may be hidden', 'yellow', []],
      );
      assert.ok(flow.logged().some((line) => /The overview counts 1 devices, the list has 0\. Scope tags/.test(line)));
    });

    it('says of a reading that failed how far it came, to a Catch node and in the history', async () => {
      lab.organization.enroll(ANNAS_ENROLLMENT);
      lab.servers.graph.faults.add({ kind: 'next-link', link: 'https://evil.example/' });
      const flow = await start();
      flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      const [{ error } = {}] = flow.messages('seen-errors') as { error: { code: string; cause: ConnectorError } }[];
      const { whole, pages: read, records, counted } = error?.cause.details ?? {};
      assert.deepEqual([error?.code, whole, read, records, counted], ['ERR_GRAPH_ORIGIN', false, 1, 1, 1]);
      const store = await (flow.node('store') as StoreConnection).store();
      const [run] = await store.history.recent({ subject: 'mdm', limit: 1 });
      const { coverage } = (run?.report ?? {}) as { coverage: { whole: boolean; records: number } };
      assert.deepEqual([run?.ok, coverage.whole, coverage.records], [false, false, 1]);
    });

    it('sends one empty page for a tenant without devices', async () => {
      const flow = await start();
      flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        pages(flow).map(({ payload, parts: { index, len, count }, sync: { page, last } }) => ({
          payload,
          index,
          len,
          count,
          page,
          last,
        })),
        [{ payload: [], index: 0, len: 0, count: 1, page: 0, last: true }],
      );
    });

    it('makes one later run of all starts during a run, and is done with each of them once', async () => {
      const flow = await start();
      for (let i = 0; i < 5; i += 1) flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done === 5, 'every start is done');
      assert.deepEqual(flow.ended('mdm'), { received: 5, done: 5 });
      assert.equal(pages(flow).length, 2);
    });

    it('is waited for until its page has come through a slow node: both readings are matched once', async () => {
      aManagedPhone(anna(lab.organization));
      lab.organization.enroll(ANNAS_ENROLLMENT);
      const { nodes, credentials } = connectorFlow(lab, {
        mdm: { wires: [['slow']] },
        switch: { mode: 'simulate' },
      });
      let pass = (): void => {};
      const slow: Consumer = (msg, send, done) => {
        pass = () => {
          send(msg);
          done();
        };
      };
      const flow = await startFlow([...nodes, { id: 'slow', type: 'consumer', wires: [['matcher']] }], credentials, {
        slow,
      });
      flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source has read and sent');
      flow.receive('eas');
      await flow.until(() => flow.words().includes('waits for the MDM reading'), 'the matcher waits');
      pass();
      await flow.until(() => flow.messages('report').length > 0, 'the matcher has reported');
      assert.deepEqual(
        flow.messages('report').map(({ payload }) => (payload as { status: unknown }).status),
        [{ eas: 0, mdm: 1, 'eas/mdm': 1 }],
      );
    });

    it('stops while Graph does not answer, and reads again after the deploy', async () => {
      const flow = await start();
      lab.servers.graph.faults.add({ kind: 'silence' });
      flow.receive('mdm');
      await flow.until(() => flow.words().includes('connecting'), 'the MDM source works');
      await flow.redeploy();
      await flow.until(() => flow.ended('mdm').done === 1, 'the start is done');
      assert.deepEqual(pages(flow), []);
      lab.servers.graph.faults.clear();
      flow.receive('mdm');
      await flow.until(() => flow.ended('mdm').done === 2, 'the MDM source is done after the deploy');
      assert.equal(pages(flow).length, 1);
    });
  });

  describe('another MDM', () => {
    const MAPPING = `{ "id": id, "easIds": eas, "user": { "upn": mail }, "device": { "platform": os } , "compliance": state }`;

    const start = (
      changes: Record<string, unknown> = {},
      nodes: readonly FlowNode[] = [],
      consumers: Record<string, Consumer> = {},
    ): Promise<RunningFlow> =>
      startFlow(
        [
          { id: 'mdm', type: 'mdm-source', provider: 'mapping', mapping: MAPPING, wires: [['mdmOut']], ...changes },
          { id: 'mdmOut', type: 'helper' },
          ...nodes,
        ],
        {},
        consumers,
      );

    const phone = (id: string): Record<string, string> => ({
      id,
      eas: `EAS${id}`,
      mail: `user${id}@contoso.example`,
      os: 'android',
      state: 'compliant',
    });

    const mapped = (id: string, source = 'mdm'): unknown => ({
      kind: 'mdm',
      key: `mdm:${source}:${id}`,
      source,
      id,
      easIds: [`EAS${id}`],
      user: { id: null, upn: `user${id}@contoso.example`, addresses: [] },
      device: {
        name: null,
        platform: 'android',
        os: null,
        osVersion: null,
        manufacturer: null,
        model: null,
        serial: null,
        imeis: [],
      },
      managed: true,
      compliance: 'compliant',
      complianceReason: null,
      graceUntil: null,
      enrolledAt: null,
      lastSeenAt: null,
    });

    it('maps one message of foreign records to one whole reading', async () => {
      const flow = await start();
      flow.receive('mdm', { _msgid: 'start', payload: [phone('1'), phone('2')], statusCode: 200 });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      const { id, startedAt } = pages(flow)[0]?.sync ?? { id: '', startedAt: '' };
      assert.deepEqual(flow.messages('mdmOut'), [
        {
          _msgid: 'start',
          statusCode: 200,
          topic: 'mdm',
          payload: [mapped('1'), mapped('2')],
          parts: { id, index: 0, type: 'array', len: 2, count: 1 },
          sync: {
            id,
            source: 'mdm',
            kind: 'full',
            organization: 'mdm',
            startedAt,
            page: 0,
            last: true,
            total: 2,
            coverage: {
              whole: true,
              pages: 1,
              records: 2,
              easIds: 2,
              user: 2,
              compliance: 2,
              managed: 2,
              rows: 2,
              duplicates: 0,
              counted: null,
              enrolled: null,
            },
          },
          text: '2 MDM records read, complete',
        },
      ]);
      assert.deepEqual(flow.words().at(-1), '2 MDM records');
    });

    it('takes an empty list for an empty reading', async () => {
      const flow = await start();
      flow.receive('mdm', { payload: [] });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        pages(flow).map(({ payload, sync: { page, last } }) => ({ payload, page, last })),
        [{ payload: [], page: 0, last: true }],
      );
    });

    const shown = (flow: RunningFlow): unknown[] =>
      pages(flow).map(({ payload, parts, sync: { page, last } }) => ({
        keys: payload.map(({ key }) => key.replace('mdm:mdm:', '')).join(' '),
        parts: { ...parts, id: '' },
        page,
        last,
      }));
    const page = (keys: string, index: number, last = false): unknown => ({
      keys,
      parts: {
        id: '',
        index,
        type: 'array',
        len: keys === '' ? 0 : keys.split(' ').length,
        ...(last ? { count: index + 1 } : {}),
      },
      page: index,
      last,
    });
    const phones = (count: number): Record<string, string>[] =>
      Array.from({ length: count }, (_, n) => phone(String(n)));

    it('sends a long list in pages', async () => {
      const flow = await start({ pageSize: 2 });
      flow.receive('mdm', { payload: phones(5) });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(shown(flow), [page('0 1', 0), page('2 3', 1), page('4', 2, true)]);
      assert.equal(new Set(pages(flow).flatMap(({ parts, sync }) => [parts.id, sync.id])).size, 1);
      assert.equal(flow.words().at(-1), '5 MDM records');
    });

    it('cuts one long message into pages, and says on each that the reading is for a dry run', async () => {
      const flow = await start({ pageSize: 2 });
      flow.receive('mdm', { payload: phones(3), sync: { dryRun: true, kind: 'quick' } });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        pages(flow).map(({ payload, sync }) => {
          const { kind, dryRun, page: no, last } = sync as unknown as Record<string, unknown>;
          return { count: payload.length, kind, dryRun, page: no, last };
        }),
        [
          { count: 2, kind: 'full', dryRun: true, page: 0, last: false },
          { count: 1, kind: 'full', dryRun: true, page: 1, last: true },
        ],
      );
    });

    it('takes a list that comes page by page for one reading that began once', async () => {
      const flow = await start({ pageSize: 2 });
      for (const index of [0, 1, 2]) {
        const parts = { id: 'list', index, ...(index === 2 ? { count: 3 } : {}) };
        flow.receive('mdm', { payload: [phone(`${index}a`), phone(`${index}b`)], parts });
      }
      await flow.until(() => flow.ended('mdm').done === 3, 'the MDM source is done');
      assert.deepEqual(shown(flow), [page('0a 0b', 0), page('1a 1b', 1), page('2a 2b', 2, true)]);
      assert.equal(new Set(pages(flow).map(({ sync }) => `${sync.id} ${sync.startedAt}`)).size, 1);
      assert.equal(flow.words().at(-1), '6 MDM records');
      assert.equal(leftBehind().hooks, 0);
    });

    it('gathers the single records that a Split node sends into pages', async () => {
      const flow = await start({ pageSize: 2 }, [aSplit('apart', 'mdm')]);
      flow.receive('apart', { payload: phones(5) });
      await flow.until(() => flow.ended('mdm').done === 5, 'the MDM source is done');
      assert.deepEqual(shown(flow), [page('0 1', 0), page('2 3', 1), page('4', 2, true)]);
      assert.equal(flow.words().at(-1), '5 MDM records');
    });

    it('refuses a long list in single records, once, and says what to leave out', async () => {
      const flow = await start({}, [aSplit('apart', 'mdm')]);
      flow.receive('apart', { payload: phones(10_001) });
      await flow.until(() => flow.ended('mdm').done === 10_001, 'the MDM source is done');
      assert.deepEqual(pages(flow), []);
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_PAGE_SPLIT'],
      );
      assert.match(flow.errors()[0]?.message ?? '', /10001 messages of one record each\. .* Leave the Split node out/);
      assert.deepEqual(flow.statuses('mdm').at(-1), { fill: 'red', text: 'shared.error.ERR_PAGE_SPLIT' });
      flow.receive('mdm', { payload: phones(1) });
      await flow.until(() => flow.messages('mdmOut').length === 1, 'the next list is read');
      assert.equal(flow.words().at(-1), '1 MDM records');
    });

    it('refuses pages of a list that a Split node took apart, which would each pass for the whole list', async () => {
      const flow = await start({}, [aSplit('apart', 'mdm')]);
      for (const index of [0, 1]) {
        flow.receive('apart', {
          payload: phones(3),
          parts: { id: 'list', index, ...(index === 1 ? { count: 2 } : {}) },
        });
      }
      await flow.until(() => flow.ended('mdm').done === 6, 'the MDM source is done');
      assert.deepEqual(pages(flow), []);
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_PAGE_SPLIT'],
      );
    });

    it('sends its pages at the pace of whoever takes them, and answers the next message then', async () => {
      const slow = serialConsumer();
      const flow = await start({ pageSize: 10, wires: [['slow']] }, [{ id: 'slow', type: 'consumer' }], {
        slow: slow.consumer,
      });
      for (const index of [0, 1, 2]) {
        flow.receive('mdm', {
          payload: phones(100),
          parts: { id: 'list', index, ...(index === 2 ? { count: 3 } : {}) },
        });
      }
      await flow.until(() => slow.taken() === 30, 'all pages are taken');
      assert.ok(slow.most() <= 2, `${slow.most()} pages at once`);
      await flow.until(() => leftBehind().hooks === 0, 'the sequence has ended');
    });

    it('has one page of a long list in pieces at a time between Split and Join, and the matcher gets it whole', async () => {
      const slow = serialConsumer();
      const flow = await start(
        { pageSize: 50, wires: [['apart']], store: 'store' },
        [
          { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
          aSplit('apart', 'slow'),
          { id: 'slow', type: 'consumer', wires: [['together']] },
          aJoin('together', 'matcher'),
          { id: 'matcher', type: 'merge-matcher', store: 'store', wires: [[], [], []] },
        ],
        { slow: slow.consumer },
      );
      flow.receive('mdm', { payload: phones(1_000) });
      await flow.until(() => flow.words().includes('waits for the EAS reading'), 'the matcher has the reading');
      const store = await (flow.node('store') as StoreConnection).store();
      assert.deepEqual(
        [slow.taken(), slow.most(), (await store.snapshots.latest('mdm', 'mdm'))?.count],
        [1_000, 50, 1_000],
      );
      assert.deepEqual(flow.errors(), []);
    });

    it('reads a list anew that comes under the same id as the one before', async () => {
      const flow = await start({ wires: [['matcher']], store: 'store' }, [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'matcher', type: 'merge-matcher', store: 'store', wires: [[], [], []] },
      ]);
      const store = await (flow.node('store') as StoreConnection).store();
      const counts: unknown[] = [];
      for (const [at, count] of [3, 5].entries()) {
        flow.receive('mdm', { payload: phones(count), parts: { id: 'devices', index: 0, count: 1 } });
        await flow.until(() => flow.ended('matcher').done === at + 1, 'the matcher has the list');
        counts.push((await store.snapshots.latest('mdm', 'mdm'))?.count);
      }
      assert.deepEqual([counts, flow.errors()], [[3, 5], []]);
    });

    it('marks nothing complete of a list that is not as long as its flow says, and reads the next one', async () => {
      const flow = await start({ wires: [['matcher']], store: 'store' }, [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
        { id: 'matcher', type: 'merge-matcher', store: 'store', wires: [[], [], []] },
      ]);
      const store = await (flow.node('store') as StoreConnection).store();
      const readList = (total: number): void => {
        for (const [index, last] of [false, true].entries())
          flow.receive('mdm', {
            payload: phones(4).slice(index * 2, index * 2 + 2),
            parts: { id: 'list', index },
            sync: { last, total },
          });
      };
      readList(5);
      await flow.until(() => flow.ended('mdm').done === 2, 'the MDM source is done');
      assert.equal(await store.snapshots.latest('mdm', 'mdm'), null);
      assert.deepEqual(
        flow.errors().map(({ code, message }) => [code, message.split('. ')[0]]),
        [['ERR_SNAPSHOT_INCOMPLETE', 'ConnectorError: msg.sync.total says 5 records, but 4 came']],
      );
      assert.deepEqual(flow.statuses('mdm').at(-1), { fill: 'red', text: 'shared.error.ERR_SNAPSHOT_INCOMPLETE' });
      readList(4);
      await flow.until(() => flow.words().includes('waits for the EAS reading'), 'the matcher has the list');
      assert.equal((await store.snapshots.latest('mdm', 'mdm'))?.count, 4);
    });

    it('never ends a sequence that had a record which could not be mapped', async () => {
      const flow = await start({ pageSize: 1 });
      const parts = (index: number): unknown => ({ id: 'list', index, count: 3 });
      flow.receive('mdm', { payload: [phone('0')], parts: parts(0) });
      flow.receive('mdm', { payload: [{ ...phone('1'), state: 'Compliant' }], parts: parts(1) });
      flow.receive('mdm', { payload: [phone('2')], parts: parts(2) });
      await flow.until(() => flow.ended('mdm').done === 3, 'the MDM source is done');
      assert.deepEqual(shown(flow), []);
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_MDM_MAPPING', 'ERR_SNAPSHOT_INCOMPLETE'],
      );
      assert.match(flow.errors()[0]?.message ?? '', /Record 2: the mapping's compliance is "Compliant"/);
      // The same sequence sent again is a reading of its own.
      for (const index of [0, 1, 2]) flow.receive('mdm', { payload: [phone(String(index))], parts: parts(index) });
      await flow.until(() => flow.ended('mdm').done === 6, 'the MDM source is done again');
      assert.deepEqual(shown(flow), [page('0', 0), page('1', 1), page('2', 2, true)]);
      assert.equal(new Set(pages(flow).map(({ sync }) => sync.id)).size, 1);
    });

    it('says of a list that it cannot take how far it came, to a Catch node and in the history, as of Intune', async () => {
      const flow = await start({ store: 'store' }, [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
      ]);
      const store = await (flow.node('store') as StoreConnection).store();
      flow.receive('mdm', { payload: [phone('0')], parts: { id: 'list', index: 0 } });
      flow.receive('mdm', { payload: [{ ...phone('1'), state: 'Compliant' }], parts: { id: 'list', index: 1 } });
      await flow.until(() => flow.ended('mdm').done === 2, 'the MDM source is done');
      const [{ error } = {}] = flow.messages('seen-errors') as { error: { code: string; cause: ConnectorError } }[];
      const { whole, pages: read, records } = error?.cause.details ?? {};
      assert.deepEqual([error?.code, whole, read, records], ['ERR_MDM_MAPPING', false, 1, 1]);
      const [run] = await store.history.recent({ subject: 'mdm', limit: 9 });
      const { source, coverage } = (run?.report ?? {}) as {
        source: string;
        coverage: { whole: boolean; records: number };
      };
      assert.deepEqual([run?.ok, source, coverage.whole, coverage.records], [false, 'mdm', false, 1]);
    });

    it('ends a reading in which two devices have one id, also parts apart: one would take the place of the other', async () => {
      const flow = await start({ pageSize: 1 });
      const parts = (index: number): unknown => ({ id: 'list', index, count: 2 });
      flow.receive('mdm', { payload: [phone('1')], parts: parts(0) });
      flow.receive('mdm', { payload: [{ ...phone('2'), id: '1' }], parts: parts(1) });
      await flow.until(() => flow.ended('mdm').done === 2, 'the MDM source is done');
      assert.deepEqual(
        flow
          .errors()
          .map(({ code, message }) => [code, /Record 2: the mapping's id is that of an earlier record/.test(message)]),
        [['ERR_MDM_MAPPING', true]],
      );
      assert.deepEqual(
        pages(flow).filter(({ sync }) => sync.last),
        [],
      );
    });

    it('names the field of a record that does not fit, and sends nothing of the message', async () => {
      const flow = await start();
      flow.receive('mdm', { payload: [phone('1'), { ...phone('2'), os: 'iPad OS' }] });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(pages(flow), []);
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_MDM_MAPPING'],
      );
      assert.match(
        flow.errors()[0]?.message ?? '',
        /Record 2: the mapping's device\.platform is "iPad OS"; known are ios, android/,
      );
      assert.deepEqual(flow.statuses('mdm').at(-1), { fill: 'red', text: 'shared.error.ERR_MDM_MAPPING' });
    });

    for (const [sentence, mapping, said] of [
      [
        'goes round for ever',
        '($f := function($x) { $f($x) }; { "id": $f(id) })',
        /Record 1: the mapping failed: it takes more than 1 s for one record\./,
      ],
      [
        'looks for a name in more ways than end',
        '{ "id": id, "managed": $contains("AnnasTelefonMitEinemLangenNamenOhneLuecke!", /^(\\w+ ?)+$/) }',
        /Record 1: the mapping failed: it takes more than 1 s for one record\./,
      ],
      [
        'calls itself without end',
        '($f := function($x) { 1 + $f($x) }; { "id": $f(id) })',
        /Record 1: the mapping failed: it goes more than 1000 calls deep; does a function call itself without end\?/,
      ],
    ] as const)
      it(`stops a mapping that ${sentence}, and says so`, async () => {
        const flow = await start({ mapping });
        flow.receive('mdm', { payload: [phone('1')] });
        await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
        assert.deepEqual(
          flow.errors().map(({ code }) => code),
          ['ERR_MDM_MAPPING'],
        );
        assert.match(flow.errors()[0]?.message ?? '', said);
      });

    it('says what is wrong with a mapping that is not JSONata, and with one that fails', async () => {
      const broken = await start({ mapping: '{ "id": ' });
      broken.receive('mdm', { payload: [phone('1')] });
      await broken.until(() => broken.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        broken.errors().map(({ code }) => code),
        ['ERR_CONFIG_INVALID'],
      );
      // The built package has the words in the message itself.
      const said = [...broken.words(), ...broken.errors().map(({ message }) => message)];
      assert.ok(said.some((text) => text.includes('Expected "}" before end of expression')));
      await stopFlow();
      const failing = await start({ mapping: '{ "id": $uppercase(nothing + 1) & $error("no id") }' });
      failing.receive('mdm', { payload: [phone('1')] });
      await failing.until(() => failing.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        failing.errors().map(({ code }) => code),
        ['ERR_MDM_MAPPING'],
      );
      assert.match(failing.errors()[0]?.message ?? '', /Record 1: the mapping failed: .*no id/);
    });

    it('says that there is no mapping', async () => {
      const flow = await start({ mapping: '' });
      flow.receive('mdm', { payload: [] });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(
        flow.errors().map(({ code }) => code),
        ['ERR_CONFIG_INVALID'],
      );
    });

    it('maps by a preset; the name of the node names the MDM', async () => {
      const flow = await start({ preset: 'csv', mapping: '', name: 'our list' });
      const row = { id: 1, easId: 'EAS1', upn: 'user1@contoso.example', platform: 'Android', compliance: 'Compliant' };
      flow.receive('mdm', { payload: [row] });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      const expected = mapped('1', 'our list') as MdmRecord;
      assert.deepEqual(pages(flow)[0]?.payload, [
        { ...expected, device: { ...expected.device, os: 'Android' }, complianceReason: 'Compliant' },
      ]);
    });

    it('reads an answer that comes as a text where the preset has the list, page by page, with ids of any length', async () => {
      const flow = await start({ preset: 'manageengine', mapping: '' });
      for (const index of [0, 1])
        flow.receive('mdm', {
          payload: `{"devices":[{"device_id":900719925474100${index}},{"device_id":900719925474100${index + 2}}]}`,
          parts: { id: 'list', index, ...(index === 1 ? { count: 2 } : {}) },
        });
      await flow.until(() => flow.ended('mdm').done === 2, 'the MDM source is done');
      const ids = pages(flow).flatMap(({ payload }) => (payload as unknown as MdmRecord[]).map(({ id }) => id));
      assert.deepEqual(ids, ['9007199254741000', '9007199254741002', '9007199254741001', '9007199254741003']);
      assert.equal(flow.words().at(-1), '4 MDM records');
    });

    it('reads a text with a mapping of its own, as a list or as one record', async () => {
      for (const payload of ['[{"id":9007199254741001}]', '{"id":9007199254741001}']) {
        const flow = await start({ mapping: '{ "id": $string(id) }' });
        flow.receive('mdm', { payload });
        await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
        assert.deepEqual(
          pages(flow)[0]?.payload.map(({ key }) => key),
          ['mdm:mdm:9007199254741001'],
        );
        await stopFlow();
      }
    });

    it('refuses a long number that another node rounded, with its record, and sends nothing', async () => {
      const flow = await start({ mapping: '{ "id": $string(id) }' });
      flow.receive('mdm', { payload: JSON.parse('[{"id":1},{"id":9007199254741001}]') as unknown });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(pages(flow), []);
      assert.match(
        flow.errors()[0]?.message ?? '',
        /Record 2: the mapping's id is the number 9007199254741000, .*return a text/,
      );
    });

    it('names the line of a mistake in a CSV text, and the reading never ends', async () => {
      const flow = await start({ preset: 'csv', mapping: '' });
      flow.receive('mdm', { payload: '\uFEFFid;Verwaltet\r\n1;ja\r\n2;vielleicht\r\n' });
      await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
      assert.deepEqual(pages(flow), []);
      assert.match(flow.errors()[0]?.message ?? '', /Record 2 \(line 3\): the mapping's managed is "vielleicht"/);
    });

    for (const [sentence, payload, why] of [
      ['has no list', '{"error":"busy"}', /has no list at "results"/],
      ['broke off', '{"results":[{"mobileDeviceId":"1"}', /is not JSON, or not whole/],
      ['is empty', '', /is empty/],
    ] as const)
      it(`does not take a text that ${sentence} for an empty list`, async () => {
        const flow = await start({ preset: 'jamf-pro', mapping: '' });
        flow.receive('mdm', { payload });
        await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
        assert.deepEqual(pages(flow), []);
        assert.match(flow.errors()[0]?.message ?? '', why);
      });

    for (const [sentence, payload] of [
      ['an error of the server in one line', 'Service unavailable, please try again later'],
      ['a page for people in one line', '<html><body>Please sign in</body></html>'],
      ['a list in JSON', '[]'],
    ] as const)
      it(`does not take ${sentence} for a CSV file without devices`, async () => {
        const flow = await start({ preset: 'csv', mapping: '' });
        flow.receive('mdm', { payload });
        await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
        assert.deepEqual(pages(flow), []);
        assert.match(flow.errors()[0]?.message ?? '', /line 1: no column is called id/);
      });

    it('takes managed for enough where the MDM tells no compliance, as the preset or the node says', async () => {
      const compliance = async (changes: Record<string, unknown>, record: object): Promise<unknown> => {
        const flow = await start(changes);
        flow.receive('mdm', { payload: [record] });
        await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
        const [one] = (pages(flow)[0]?.payload ?? []) as unknown as MdmRecord[];
        await stopFlow();
        return [one?.compliance, one?.complianceReason];
      };
      const jamf = { mobileDeviceId: '7', general: { managed: true } };
      const airwatch = { Uuid: 'w1', EnrollmentStatus: 'Enrolled', ComplianceStatus: 'NotAvailable' };
      const own = { mapping: '{ "id": id, "complianceReason": word }' };
      const enough = { compliance: 'managed-is-enough' };
      assert.deepEqual(
        [
          await compliance({ preset: 'jamf-pro' }, jamf),
          await compliance({ preset: 'jamf-pro', compliance: 'reported' }, jamf),
          await compliance({ preset: 'workspace-one', ...enough }, airwatch),
          await compliance(own, { id: '1' }),
          await compliance({ ...own, ...enough }, { id: '1' }),
          await compliance({ ...own, ...enough }, { id: '1', word: 'pending' }),
        ],
        [
          ['compliant', 'managed-is-enough'],
          ['unknown', null],
          ['unknown', 'NotAvailable'],
          ['unknown', null],
          ['compliant', 'managed-is-enough'],
          ['unknown', 'pending'],
        ],
      );
    });

    it('offers every preset to the dialog, with what follows of what its MDM cannot tell', async () => {
      await start();
      const { body, status } = (await helper.request().get('/mdm-source/presets')) as {
        body: object[];
        status: number;
      };
      assert.equal(status, 200);
      const withFollows = MDM_PRESETS.map((preset) => {
        const by = COMPLIANCE_SETTINGS.map((setting) => [
          setting,
          followingsOf(preset, setting).map(({ text }) => text),
        ]);
        return { ...preset, follows: Object.fromEntries(by) as unknown };
      });
      assert.deepEqual(body, withFollows);
    });

    it('tells the store what follows, as preset and node say, so that a dry run can say it', async () => {
      const notes = async (changes: Record<string, unknown>): Promise<unknown> => {
        const stores = [{ id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' }];
        const flow = await start({ store: 'store', ...changes }, stores);
        const store = await (flow.node('store') as StoreConnection).store();
        flow.receive('mdm', { payload: [] });
        await flow.until(() => flow.ended('mdm').done === 1, 'the MDM source is done');
        const [source] = await store.sources.list();
        await stopFlow();
        return source?.notes?.map(({ code }) => code);
      };
      assert.deepEqual(await notes({ preset: 'jamf-pro' }), ['managed-is-enough']);
      assert.deepEqual(await notes({ preset: 'jamf-pro', compliance: 'reported' }), ['compliance-unknown']);
      assert.equal(await notes({}), undefined);
    });
  });
});
