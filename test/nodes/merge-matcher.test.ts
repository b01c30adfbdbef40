/** The merge matcher: keeps the pages of both sources, and sends what belongs together. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../nodes/connections.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { Consumer, RunningFlow } from '../support/node-red.ts';
import { easPage, mdmPage } from '../support/pages.ts';
import { easRecord, guid, mdmRecord } from '../support/records.ts';

const OUTPUTS = ['devices', 'mdmOnly', 'report'];

interface MatchReport {
  _msgid: string;
  payload: {
    sync: { id: string; kind: string; dryRun?: boolean };
    status: Record<string, number>;
    mdm: { fresh: boolean; startedAt: string | null };
  };
}

describe('merge matcher', () => {
  afterEach(stopFlow);

  const start = (
    changes: { matcher?: Record<string, unknown>; store?: Record<string, unknown> } = {},
    consumers: Record<string, Consumer> = {},
  ): Promise<RunningFlow> =>
    startFlow(
      [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:', ...changes.store },
        {
          id: 'matcher',
          type: 'merge-matcher',
          store: 'store',
          pageSize: 2,
          wires: [['devices'], ['mdmOnly'], ['report']],
          ...changes.matcher,
        },
        ...OUTPUTS.map((id) => ({ id, type: 'helper' })),
        ...Object.keys(consumers).map((id) => ({ id, type: 'consumer' })),
      ],
      {},
      consumers,
    );

  /** Hands over messages one by one, and waits until the matcher is done with each. */
  async function give(flow: RunningFlow, ...messages: Record<string, unknown>[]): Promise<void> {
    for (const msg of messages) {
      const { done } = flow.ended('matcher');
      flow.receive('matcher', msg);
      await flow.until(() => flow.ended('matcher').done === done + 1, 'the matcher is done with the message');
    }
  }

  const devices = (flow: RunningFlow): DeviceRecord[] =>
    flow.messages('devices').flatMap(({ payload }) => payload as DeviceRecord[]);
  const states = (flow: RunningFlow): string[] =>
    devices(flow).map(({ eas, status, reason }) => `${eas?.easId} ${status} ${reason.code}`);
  const reports = (flow: RunningFlow): MatchReport[] => flow.messages('report') as unknown as MatchReport[];
  /** A source begins to read for the store; call the answer when it has ended. */
  const beginReading = (flow: RunningFlow, id: string, scope: string): (() => void) => {
    const { readings } = flow.node('store') as StoreConnection;
    readings.begin({ id, source: 'mdm', scope });
    return () => readings.end(id);
  };
  const codes = (flow: RunningFlow): (string | undefined)[] => flow.errors().map(({ code }) => code);

  it('sends merged devices in pages, what only the MDM knows, and a report', async () => {
    const flow = await start();
    const startedAt = new Date().toISOString();
    await give(flow, mdmPage({ id: 'mdm-1', startedAt }, [mdmRecord(1), mdmRecord(9)]), {
      ...easPage({ id: 'eas-1', startedAt }, [easRecord(1), easRecord(2), easRecord(3)]),
      _msgid: 'start',
      ticket: 7,
    });
    const [first, second] = flow.messages('devices') as { sync: { id: string } }[];
    const id = first?.sync.id ?? '';
    const about = { organization: 'exchange', startedAt, maxAgeHours: 26, scope: 'all', known: 3, match: 1 };
    const sync = { id, source: 'eas', kind: 'full', ...about };
    const unmatched = (n: number): unknown => ({
      key: easRecord(n).key,
      status: 'eas',
      eas: easRecord(n),
      match: { by: null, evidence: [] },
      reason: { code: 'not-enrolled', text: 'No enrolled device of this user fits.' },
    });
    assert.deepEqual(first, {
      _msgid: 'start',
      ticket: 7,
      topic: 'device',
      payload: [
        {
          key: easRecord(1).key,
          status: 'eas/mdm',
          eas: easRecord(1),
          mdm: mdmRecord(1),
          match: {
            by: 'eas-id',
            evidence: ["EAS ID EAS1 equals the EAS ID the MDM has for 'Phone 1', enrolled 1 June 2026."],
          },
          reason: { code: 'merged', text: 'Exchange and the MDM know this device.' },
        },
        unmatched(2),
      ],
      parts: { id, index: 0, type: 'array', len: 2 },
      sync: { ...sync, page: 0, last: false },
      text: '2 devices, page 1',
    });
    assert.deepEqual(second, {
      _msgid: 'start',
      ticket: 7,
      topic: 'device',
      payload: [unmatched(3)],
      parts: { id, index: 1, type: 'array', len: 1, count: 2 },
      sync: { ...sync, page: 1, last: true, total: 3 },
      text: '3 devices matched, complete',
    });
    const [mdmOnly] = flow.messages('mdmOnly') as { parts: { id: string } }[];
    assert.deepEqual(flow.messages('mdmOnly'), [
      {
        _msgid: 'start',
        ticket: 7,
        topic: 'device',
        payload: [
          {
            key: mdmRecord(9).key,
            status: 'mdm',
            mdm: mdmRecord(9),
            match: { by: null, evidence: [] },
            reason: { code: 'no-eas-record', text: 'No mail account on this device is known to Exchange.' },
          },
        ],
        parts: { id: mdmOnly?.parts.id, index: 0, type: 'array', len: 1, count: 1 },
        sync: { ...sync, source: 'mdm', page: 0, last: true, total: 1 },
        text: '1 MDM record without a device in Exchange found, complete',
      },
    ]);
    assert.notEqual(mdmOnly?.parts.id, id, 'two sequences have two ids');
    const [report] = flow.messages('report') as { payload: { eas: { completedAt: string }; tookMs: number } }[];
    assert.deepEqual(flow.messages('report'), [
      {
        _msgid: 'start',
        ticket: 7,
        topic: 'report',
        text: '3 devices matched: 1 merged, 2 without an MDM record; 1 MDM record without a device in Exchange',
        payload: {
          sync,
          status: { eas: 2, mdm: 1, 'eas/mdm': 1 },
          by: { 'eas-id': 1, activation: 0, pairing: 0, serial: 0 },
          reason: { merged: 1, 'not-enrolled': 2, 'no-eas-record': 1 },
          eas: {
            source: 'eas',
            scope: 'exchange',
            syncId: 'eas-1',
            kind: 'full',
            startedAt,
            completedAt: report?.payload.eas.completedAt,
            fullStartedAt: startedAt,
            count: 3,
            previousCount: null,
          },
          mdm: {
            startedAt,
            complete: true,
            fresh: true,
            count: 2,
            sources: [{ source: 'tenant', startedAt, fresh: true, count: 2 }],
          },
          tookMs: report?.payload.tookMs,
        },
      },
    ]);
    assert.equal(flow.words().at(-1), '1 of 3 merged');
    assert.deepEqual(flow.statuses('matcher').at(-1), { fill: 'green', text: 'merge-matcher.status.matched' });
  });

  it('sends one empty page when Exchange knows no phone', async () => {
    const flow = await start();
    await give(flow, mdmPage({ id: 'mdm-1' }, []), easPage({ id: 'eas-1' }, []));
    for (const output of ['devices', 'mdmOnly']) {
      assert.deepEqual(
        flow.messages(output).map(({ payload, parts, sync }) => ({
          payload,
          parts: { ...(parts as object), id: '' },
          last: (sync as { last: boolean }).last,
        })),
        [{ payload: [], parts: { id: '', index: 0, type: 'array', len: 0, count: 1 }, last: true }],
      );
    }
  });

  it('waits for Exchange when only the MDM was read, and says so', async () => {
    const flow = await start();
    await give(flow, mdmPage({ id: 'mdm-1' }, [mdmRecord(1)]), { topic: 'match' });
    assert.deepEqual(
      OUTPUTS.flatMap((output) => flow.messages(output)),
      [],
    );
    assert.equal(flow.words().at(-1), 'waits for the EAS reading');
    assert.equal(flow.statuses('matcher').at(-1)?.fill, 'grey');
  });

  it('calls every device incomplete when the MDM was never read', async () => {
    const flow = await start();
    await give(flow, easPage({ id: 'eas-1' }, [easRecord(1)]));
    assert.deepEqual(states(flow), ['EAS1 eas snapshot-incomplete']);
    assert.equal(flow.statuses('matcher').at(-1)?.fill, 'yellow');
    assert.equal(flow.words().at(-1), '0 of 1 merged, MDM reading unusable');
  });

  it('drops a reading that lost a page, and keeps the one before', async () => {
    const flow = await start();
    await give(flow, mdmPage({ id: 'mdm-1' }, [mdmRecord(1)]), easPage({ id: 'eas-1' }, [easRecord(1), easRecord(2)]));
    await give(
      flow,
      easPage({ id: 'eas-2', page: 0, last: false }, [easRecord(1)]),
      easPage({ id: 'eas-2', page: 2, last: true }, [easRecord(3)]),
    );
    assert.deepEqual(codes(flow), ['ERR_SNAPSHOT_INCOMPLETE']);
    assert.deepEqual(flow.statuses('matcher').at(-1), { fill: 'red', text: 'shared.error.ERR_SNAPSHOT_INCOMPLETE' });
    await give(flow, { topic: 'match' });
    assert.deepEqual(states(flow).slice(2), ['EAS1 eas/mdm merged', 'EAS2 eas not-enrolled']);
  });

  it('waits for a source that has begun to read, though no page of it has come yet', async () => {
    const flow = await start();
    await give(flow, mdmPage({ id: 'mdm-1' }, []), easPage({ id: 'eas-1' }, []));
    const enrolled = beginReading(flow, 'mdm-2', 'tenant');
    await give(flow, easPage({ id: 'eas-2' }, [easRecord(1)]));
    assert.deepEqual(states(flow), []);
    assert.equal(flow.words().at(-1), 'waits for the MDM reading');
    await give(flow, mdmPage({ id: 'mdm-2' }, [mdmRecord(1)]));
    enrolled();
    assert.deepEqual(states(flow), ['EAS1 eas/mdm merged']);
    assert.equal(reports(flow).length, 2);
  });

  it('matches with what there is when the other reading breaks off', async () => {
    const flow = await start();
    await give(flow, mdmPage({ id: 'mdm-1' }, []), easPage({ id: 'eas-1' }, []));
    const broken = beginReading(flow, 'mdm-2', 'tenant');
    await give(flow, easPage({ id: 'eas-2' }, [easRecord(1)]));
    assert.deepEqual(states(flow), []);
    broken();
    await flow.until(() => reports(flow).length === 2, 'the matcher has reported');
    assert.deepEqual(states(flow), ['EAS1 eas not-enrolled']);
  });

  it('matches after a quick reading of one device, and says that the sync was quick', async () => {
    const flow = await start();
    await give(
      flow,
      mdmPage({ id: 'mdm-1' }, [mdmRecord(1)]),
      easPage({ id: 'eas-1' }, [easRecord(1), easRecord(2)]),
      easPage({ id: 'eas-2', kind: 'quick' }, [easRecord(3)]),
    );
    assert.deepEqual(states(flow).slice(2), ['EAS1 eas/mdm merged', 'EAS2 eas not-enrolled', 'EAS3 eas not-enrolled']);
    assert.deepEqual(
      reports(flow).map(({ payload }) => payload.sync.kind),
      ['full', 'quick'],
    );
  });

  it('pairs two records at an administrator’s word, unpairs them, and matches both times by itself', async () => {
    const flow = await start();
    const stranger = mdmRecord(1, { easIds: [], user: { id: null, upn: 'other@contoso.example', addresses: [] } });
    await give(flow, mdmPage({ id: 'mdm-1' }, [stranger]), easPage({ id: 'eas-1' }, [easRecord(1)]));
    await give(flow, {
      topic: 'pair',
      payload: { easKey: easRecord(1).key, mdmKey: stranger.key, by: 'admin', note: 'seen it' },
    });
    assert.equal(flow.words().at(-1), '1 of 1 merged');
    assert.deepEqual(
      devices(flow)
        .slice(1)
        .map(({ status, match }) => ({ status, by: match.by })),
      [{ status: 'eas/mdm', by: 'pairing' }],
    );
    await give(flow, { topic: 'unpair', payload: { easKey: easRecord(1).key }, by: 'second admin' });
    assert.equal(flow.words().at(-1), '0 of 1 merged');
    const { audit } = await (flow.node('store') as StoreConnection).store();
    assert.deepEqual(
      (await audit.recent()).map(({ what, who, before, after }) => ({ what, who, before, after })),
      [
        { what: 'unpair', who: 'second admin', before: stranger.key, after: null },
        { what: 'pair', who: 'admin', before: null, after: stranger.key },
      ],
    );
    assert.deepEqual(
      devices(flow)
        .slice(2)
        .map(({ status, match }) => ({ status, by: match.by })),
      [{ status: 'eas', by: null }],
    );
    await give(flow, { topic: 'pair', payload: { easKey: '' } });
    assert.deepEqual(codes(flow), ['ERR_INPUT_INVALID']);
  });

  it('forgets an MDM that is read no more, and names the known ones otherwise', async () => {
    const flow = await start();
    await give(flow, mdmPage({ id: 'mdm-1' }, [mdmRecord(1)]), easPage({ id: 'eas-1' }, [easRecord(1)]));
    await give(flow, { topic: 'forget', payload: 'jamf' });
    assert.deepEqual(codes(flow), ['ERR_INPUT_INVALID']);
    assert.match(flow.errors().at(-1)?.message ?? '', new RegExp(`Known: ${mdmRecord(1).source}`));
    await give(flow, { topic: 'forget', payload: mdmRecord(1).source });
    assert.equal(flow.words().at(-1), 'source forgotten');
    await give(flow, { topic: 'match' });
    assert.equal(devices(flow).at(-1)?.reason.code, 'snapshot-incomplete');
  });

  it('needs no new reading after a restart: everything is in the store', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'merge-matcher-'));
    try {
      const store = { path: join(folder, 'store.sqlite') };
      const before = await start({ store });
      await give(
        before,
        mdmPage({ id: 'mdm-1' }, [mdmRecord(1)]),
        easPage({ id: 'eas-1' }, [easRecord(1), easRecord(2)]),
      );
      await stopFlow();
      const after = await start({ store });
      await give(
        after,
        easPage({ id: 'eas-2', kind: 'quick' }, [
          easRecord(2, { mailbox: { ...easRecord(2).mailbox, displayName: 'Renamed' } }),
        ]),
      );
      assert.deepEqual(states(after), ['EAS1 eas/mdm merged', 'EAS2 eas not-enrolled']);
      assert.equal(devices(after)[1]?.eas?.mailbox.displayName, 'Renamed');
      assert.equal(devices(after)[1]?.eas?.mailbox.id, guid(2));
    } finally {
      await stopFlow();
      rmSync(folder, { recursive: true });
    }
  });

  it('says that the MDM reading is too old, and concludes nothing from what is missing in it', async () => {
    const flow = await start({ matcher: { maxAge: 1 } });
    const startedAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
    await give(
      flow,
      mdmPage({ id: 'mdm-1', startedAt }, [mdmRecord(1)]),
      easPage({ id: 'eas-1' }, [easRecord(1), easRecord(2)]),
    );
    assert.deepEqual(states(flow), ['EAS1 eas/mdm merged', 'EAS2 eas snapshot-incomplete']);
    assert.deepEqual(
      reports(flow).map(({ payload: { mdm } }) => ({ fresh: mdm.fresh, startedAt: mdm.startedAt })),
      [{ fresh: false, startedAt }],
    );
    assert.equal(flow.statuses('matcher').at(-1)?.fill, 'yellow');
  });

  it('is done with every message once, and matches in the order the readings came', async () => {
    const flow = await start();
    flow.receive('matcher', mdmPage({ id: 'mdm-1' }, []));
    for (let i = 1; i <= 5; i += 1) flow.receive('matcher', easPage({ id: `eas-${i}` }, [easRecord(i)]));
    flow.receive('matcher', { payload: 'nonsense' });
    await flow.until(() => flow.ended('matcher').done === 7, 'the matcher is done');
    assert.deepEqual(flow.ended('matcher'), { received: 7, done: 7 });
    assert.deepEqual(
      devices(flow).map(({ eas }) => eas?.easId),
      ['EAS1', 'EAS2', 'EAS3', 'EAS4', 'EAS5'],
    );
  });

  it('stops in the middle of its pages when it is deployed anew, and matches whole by itself afterwards', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'merge-matcher-'));
    try {
      let taken = 0;
      let waits = true;
      const flow = await start(
        { matcher: { pageSize: 1, wires: [['slow'], [], ['report']] }, store: { path: join(folder, 'store.sqlite') } },
        {
          slow: (_msg, _send, done) => {
            taken += 1;
            if (!waits) done();
          },
        },
      );
      await give(flow, mdmPage({ id: 'mdm-1' }, []));
      flow.receive(
        'matcher',
        easPage(
          { id: 'eas-1' },
          [1, 2, 3, 4, 5].map((n) => easRecord(n)),
        ),
      );
      await flow.until(() => taken === 2, 'the consumer holds two pages');
      waits = false;
      await flow.redeploy();
      await flow.until(() => reports(flow).length === 1, 'the matcher has reported');
      assert.equal(taken, 7);
    } finally {
      await stopFlow();
      rmSync(folder, { recursive: true });
    }
  });
});
