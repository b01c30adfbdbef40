/** The EAS source: pages of EAS records out of Exchange. */
import assert from 'node:assert/strict';
import type { StoreConnection } from '../../nodes/connections.ts';
import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';
import { easPage } from '../support/pages.ts';
import { anna, ANNAS_PHONE, NOW, people, still } from '../support/people.ts';
import { easRecord } from '../support/records.ts';
import { assertIsOurs } from '../support/server-clock.ts';

interface PageMessage {
  _msgid: string;
  topic: string;
  payload: { easId: string }[];
  parts: { id: string; index: number; type: string; len: number; count?: number };
  sync: {
    id: string;
    kind: string;
    startedAt: string;
    page: number;
    last: boolean;
    total?: number;
    dryRun?: boolean;
    clock?: ServerClock;
  };
}

describe('EAS source', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await startLab({ organization: still() });
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  /** The EAS source alone: what comes out is only looked at. */
  const start = (changes: Changes = {}): Promise<RunningFlow> => {
    const { nodes, credentials } = connectorFlow(lab, { eas: { wires: [['easOut']], ...changes['eas'] } });
    return startFlow(nodes, credentials);
  };

  const pages = (flow: RunningFlow): PageMessage[] => flow.messages('easOut') as unknown as PageMessage[];

  it('sends the records of a small organization as one page, with parts and sync', async () => {
    anna(lab.organization);
    const flow = await start();
    const began = Date.now();
    flow.receive('eas', { _msgid: 'start', topic: 'go', payload: 'now', ticket: { number: 7 } });
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    const [page] = pages(flow);
    const { id, startedAt } = page?.sync ?? { id: '', startedAt: '' };
    // By the server's own Date.
    const clock = page?.sync.clock;
    assertIsOurs(clock, Date.now() - began);
    const mailbox = lab.organization.mailboxByAddress('anna@contoso.example');
    assert.match(startedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(flow.messages('easOut'), [
      {
        _msgid: 'start',
        ticket: { number: 7 },
        topic: 'eas',
        payload: [
          {
            kind: 'eas',
            key: `eas:exchange:${mailbox?.guid}:${ANNAS_PHONE.deviceId.toLowerCase()}`,
            organization: 'exchange',
            easId: ANNAS_PHONE.deviceId,
            mailbox: {
              id: mailbox?.guid,
              upn: 'anna@contoso.example',
              address: 'anna@contoso.example',
              displayName: 'Anna Adler',
              addresses: ['anna@contoso.example'],
              type: 'UserMailbox',
            },
            device: {
              type: 'iPhone',
              model: 'iPhone16C1',
              os: 'iOS 18.1',
              userAgent: 'Apple-iPhone16C1/2202.83',
              friendlyName: null,
              imei: null,
              clientType: 'EAS',
              protocolVersion: '16.1',
            },
            access: { state: 'allowed', reason: 'global', listed: null },
            firstSyncAt: NOW,
            deviceIdentity: mailbox?.partnerships[0]?.distinguishedName,
          },
        ],
        parts: { id, index: 0, type: 'array', len: 1, count: 1 },
        sync: {
          id,
          source: 'eas',
          kind: 'full',
          organization: 'exchange',
          startedAt,
          page: 0,
          last: true,
          total: 1,
          view: 'forest',
          clock,
        },
        text: '1 EAS record read, complete',
      },
    ]);
    assert.equal(flow.words().at(-1), '1 EAS records');
    assert.deepEqual([...new Set(flow.statuses('eas').map(({ fill }) => fill))], ['blue', 'green']);
  });

  it('sends many records in pages that core nodes understand; only the last one is marked and counts', async () => {
    people(lab.organization, 7);
    const flow = await start({ eas: { pageSize: 3 } });
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    const id = pages(flow)[0]?.sync.id ?? '';
    assert.deepEqual(
      pages(flow).map(({ parts, sync: { page, last, total } }) => ({ parts, page, last, total })),
      [
        { parts: { id, index: 0, type: 'array', len: 3 }, page: 0, last: false, total: undefined },
        { parts: { id, index: 1, type: 'array', len: 3 }, page: 1, last: false, total: undefined },
        { parts: { id, index: 2, type: 'array', len: 1, count: 3 }, page: 2, last: true, total: 7 },
      ],
    );
    assert.deepEqual(
      pages(flow)
        .flatMap(({ payload }) => payload.map(({ easId }) => easId))
        .sort(),
      ['PHONE0', 'PHONE1', 'PHONE2', 'PHONE3', 'PHONE4', 'PHONE5', 'PHONE6'],
    );
  });

  it('sends one empty page for an organization without phones', async () => {
    const flow = await start();
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    assert.deepEqual(
      pages(flow).map(({ payload, parts: { index, len, count }, sync: { page, last, total } }) => ({
        payload,
        index,
        len,
        count,
        page,
        last,
        total,
      })),
      [{ payload: [], index: 0, len: 0, count: 1, page: 0, last: true, total: 0 }],
    );
  });

  it('never sends a last page when the reading breaks off, is red, and reads again at the next start', async () => {
    people(lab.organization, 7);
    const flow = await start({ eas: { pageSize: 3 } });
    lab.servers.exchange.faults.addCmdlet({
      cmdlet: 'Get-MobileDevice',
      kind: 'error-record',
      message: 'The operation could not be completed.',
      terminating: true,
      afterObjects: 4,
    });
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    assert.deepEqual(
      flow.errors().map(({ code, source }) => ({ code, source })),
      [{ code: 'ERR_EXCHANGE_CMDLET', source: 'eas' }],
    );
    assert.equal(
      pages(flow).some(({ sync }) => sync.last),
      false,
    );
    assert.deepEqual(flow.statuses('eas').at(-1), { fill: 'red', text: 'shared.error.ERR_EXCHANGE_CMDLET' });
    const before = pages(flow).length;
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 2, 'the EAS source is done again');
    assert.deepEqual(
      pages(flow)
        .slice(before)
        .map(({ sync: { page, last } }) => ({ page, last })),
      [
        { page: 0, last: false },
        { page: 1, last: false },
        { page: 2, last: true },
      ],
    );
    assert.equal(flow.statuses('eas').at(-1)?.fill, 'green');
  });

  it('makes one later run of all starts during a run, and is done with each of them once', async () => {
    anna(lab.organization);
    const flow = await start();
    for (const _msgid of ['first', 'second', 'third', 'fourth']) flow.receive('eas', { _msgid });
    await flow.until(() => flow.ended('eas').done === 4, 'every start is done');
    assert.deepEqual(
      pages(flow).map(({ _msgid }) => _msgid),
      ['first', 'fourth'],
    );
    assert.deepEqual(flow.ended('eas'), { received: 4, done: 4 });
    assert.equal(flow.completed('eas'), 4);
    flow.receive('eas', { _msgid: 'fifth' });
    await flow.until(() => flow.ended('eas').done === 5, 'the fifth start is done');
    assert.deepEqual(
      pages(flow).map(({ _msgid }) => _msgid),
      ['first', 'fourth', 'fifth'],
    );
  });

  it('loses no full sync to a quick one, and no sync to a dry run, when both wait', async () => {
    anna(lab.organization);
    const { nodes, credentials } = connectorFlow(lab, { switch: { mode: 'simulate' } });
    const flow = await startFlow(nodes, credentials);
    flow.receive('eas');
    await flow.until(() => flow.messages('switchReport').length === 1, 'there is a first reading');
    flow.receive('eas', { sync: { kind: 'quick' } });
    flow.receive('eas', { sync: { kind: 'full' } });
    flow.receive('eas', { sync: { kind: 'quick', dryRun: true } });
    await flow.until(() => flow.ended('eas').done === 4, 'every start is done');
    assert.deepEqual(
      pages(flow).map(({ sync: { kind, dryRun } }) => ({ kind, dryRun })),
      [
        { kind: 'full', dryRun: undefined },
        { kind: 'quick', dryRun: undefined },
        { kind: 'full', dryRun: undefined },
      ],
    );
  });

  it('refuses a start that asks for what there is not, and still runs the one that waited beside it', async () => {
    anna(lab.organization);
    const flow = await start();
    flow.receive('eas', { _msgid: 'first' });
    flow.receive('eas', { _msgid: 'second' });
    flow.receive('eas', { _msgid: 'wrong', sync: { kind: 'half' } });
    await flow.until(() => flow.ended('eas').done === 3, 'every start is done');
    assert.deepEqual(
      pages(flow).map(({ _msgid }) => _msgid),
      ['first', 'second'],
    );
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_INPUT_INVALID'],
    );
  });

  it('says why it waits for a session, and until when, from the first refusal on', async () => {
    people(lab.organization, 3);
    const flow = await start();
    lab.servers.exchange.faults.add({ kind: 'runspace-limit', maximum: 18, on: 'create', times: Infinity });
    flow.receive('eas');
    await flow.until(() => flow.statuses('eas').some(({ fill }) => fill === 'yellow'), 'the source waits');
    assert.match(flow.words().at(-1) ?? '', /^all sessions in use, next try at \d\d:\d\d$/);
    await flow.redeploy();
  });

  it('says in yellow that another instance reads, which is no error; and reads when that one has ended', async () => {
    anna(lab.organization);
    const flow = await start();
    const connection = flow.node('store') as StoreConnection;
    const store = await connection.store();
    const other = new OwnReadingsUnderWay('beta/pid:[1]/1');
    other.begin({ id: 'other', source: 'eas', scope: 'exchange' });
    await other.lease(store, { id: 'other', source: 'eas', scope: 'exchange', node: 'eas' });
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    assert.deepEqual(
      [flow.statuses('eas').at(-1), flow.errors()],
      [{ fill: 'yellow', text: 'shared.error.ERR_READING_SECOND' }, []],
    );
    other.end('other');
    while ((await store.leases.heldBelow('reading/', { validMs: 10_000 })).length > 0);
    flow.receive('eas');
    await flow.until(() => pages(flow).length === 1, 'the EAS source has read');
    other.close();
  });

  it('stops within the time of a deploy while Exchange does not answer, and leaves no shell', async () => {
    people(lab.organization, 3);
    const flow = await start();
    lab.servers.exchange.faults.add({ kind: 'hang', on: 'receive', cmdlet: 'Get-MobileDevice' });
    flow.receive('eas');
    await flow.until(() => lab.servers.exchange.faults.pending === 0, 'Exchange hangs');
    await flow.redeploy();
    await flow.until(() => lab.servers.exchange.stats.shells === 0, 'no shell is left');
    await flow.until(() => flow.ended('eas').done === 1, 'the start is done');
    assert.deepEqual(pages(flow), []);
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 2, 'the EAS source is done after the deploy');
    assert.deepEqual(
      pages(flow).map(({ payload }) => payload.length),
      [3],
    );
  });
});

describe('EAS source of an Exchange that cannot read all of its objects', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await startLab({ organization: still() });
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  it('sends the rest, says on the last page what is missing, and is yellow', async () => {
    const { organization } = people(anna(lab.organization), 3) && lab;
    const mailbox = organization.mailboxByAddress('anna@contoso.example')!;
    organization.broken.break(mailbox.partnerships[0]!, 'corrupted');
    const { nodes, credentials } = connectorFlow(lab, { eas: { wires: [['easOut']] } });
    const flow = await startFlow(nodes, credentials);
    flow.receive('eas', {});
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    const [page] = flow.messages('easOut') as unknown as (PageMessage & { sync: { gaps?: unknown } })[];
    assert.deepEqual(
      [page?.payload.length, page?.sync.last, page?.sync.gaps],
      [3, true, { count: 1, mailboxes: [mailbox.guid] }],
    );
    assert.deepEqual(
      [flow.words().at(-1), flow.statuses('eas').at(-1)?.fill],
      ['3 EAS records, 1 unreadable', 'yellow'],
    );
  });
});

describe('EAS source of a forest of two domains', () => {
  let lab: Lab | undefined;
  afterEach(async () => {
    await stopFlow();
    await lab?.close();
  });

  const BASIC = ['Get-CASMailbox', 'Get-MobileDevice', 'Get-User', 'Get-OrganizationConfig'];
  const cases = [
    ['all of it', {}, undefined, 'forest', ['2 EAS records', 'green'], 0],
    [
      'its own domain, as it is set',
      { viewEntireForest: false },
      undefined,
      'domain',
      ['1 EAS records of one domain', 'green'],
      0,
    ],
    ['its own domain, as it may see no more', {}, BASIC, 'refused', ['1 EAS records of one domain', 'yellow'], 1],
  ] as const;
  for (const [what, server, cmdlets, view, status, warnings] of cases)
    it(`sends ${what}, and says so with the last page and on the canvas`, async () => {
      const organization = still({ otherDomains: ['asia.contoso.example'] });
      for (const domain of organization.directory.domains) {
        const alias = domain.split('.')[0] ?? '';
        const { address } = organization.addMailbox({ alias, displayName: alias, domain });
        organization.syncPhone({ mailbox: address, deviceId: `PHONE${alias}`, deviceType: 'iPhone' });
      }
      lab = await startLab({ organization, ...(cmdlets && { cmdlets }) });
      const { nodes, credentials } = connectorFlow(lab, { eas: { wires: [['easOut']] }, exchange: server });
      const flow = await startFlow(nodes, credentials);
      for (const times of [1, 2]) {
        flow.receive('eas', {});
        await flow.until(() => flow.ended('eas').done === times, 'the EAS source is done');
      }
      const [page] = flow.messages('easOut') as unknown as (PageMessage & { sync: { view?: string } })[];
      assert.deepEqual([page?.sync.last, page?.sync.view], [true, view]);
      assert.deepEqual([flow.words().at(-1), flow.statuses('eas').at(-1)?.fill], status);
      const warned = flow
        .logged()
        .filter((text: string | undefined) => text?.includes('See the whole forest') === true);
      assert.equal(warned.length, warnings);
    });
});

describe('EAS source by message', () => {
  afterEach(stopFlow);

  const start = (changes: Record<string, unknown> = {}): Promise<RunningFlow> =>
    startFlow([
      // Nothing answers there: nothing is asked.
      { id: 'exchange', type: 'exchange-server', kind: 'remote-powershell', urls: 'https://127.0.0.1:1/PowerShell/' },
      {
        id: 'eas',
        type: 'eas-source',
        from: 'message',
        server: 'exchange',
        store: '',
        sync: 'full',
        pageSize: 2,
        scope: 'cannot be meant, and does not count',
        wires: [['easOut']],
        ...changes,
      },
      { id: 'easOut', type: 'helper' },
    ]);
  const pages = (flow: RunningFlow): PageMessage[] => flow.messages('easOut') as unknown as PageMessage[];
  const given = async (flow: RunningFlow, ...messages: Record<string, unknown>[]): Promise<void> => {
    const { done } = flow.ended('eas');
    for (const msg of messages) flow.receive('eas', msg);
    await flow.until(() => flow.ended('eas').done === done + messages.length, 'the EAS source is done');
  };

  it('sends the records of a message as the pages of a reading of the chosen organization, and asks nobody', async () => {
    const flow = await start();
    const records = [easRecord(1), easRecord(2), easRecord(3)];
    await given(flow, { _msgid: 'start', topic: 'go', ticket: 7, payload: records, text: 'of another node' });
    const { id, startedAt } = pages(flow)[0]?.sync ?? { id: '', startedAt: '' };
    const sync = { id, source: 'eas', kind: 'full', organization: 'exchange', startedAt };
    const carried = { _msgid: 'start', ticket: 7, topic: 'eas' };
    assert.deepEqual(flow.messages('easOut'), [
      {
        ...carried,
        payload: records.slice(0, 2),
        parts: { id, index: 0, type: 'array', len: 2 },
        sync: { ...sync, page: 0, last: false },
        text: '2 EAS records, page 1',
      },
      {
        ...carried,
        payload: records.slice(2),
        parts: { id, index: 1, type: 'array', len: 1, count: 2 },
        sync: { ...sync, page: 1, last: true, total: 3 },
        text: '3 EAS records read, complete',
      },
    ]);
    assert.deepEqual([flow.words().at(-1), flow.statuses('eas').at(-1)?.fill], ['3 EAS records', 'green']);
  });

  it('takes a file line by line, as File in sends it, for one reading', async () => {
    const flow = await start();
    const lines = [easRecord(1), easRecord(2), easRecord(3)].map((one) => JSON.stringify(one));
    const parts = (index: number): object => ({ id: 'file', index, ch: '\n', type: 'string' });
    await given(
      flow,
      ...lines.map((payload, index) => ({ payload, parts: parts(index) })),
      // What is behind the last line.
      { payload: '', parts: { ...parts(3), count: 4 } },
    );
    assert.deepEqual(
      pages(flow).map(({ payload, sync: { id, page, last } }) => ({
        ids: payload.map(({ easId }) => easId),
        isOwn: id !== 'file' && id === pages(flow)[0]?.sync.id,
        page,
        last,
      })),
      [
        { ids: ['EAS1', 'EAS2'], isOwn: true, page: 0, last: false },
        { ids: ['EAS3'], isOwn: true, page: 1, last: true },
      ],
    );
  });

  it('takes the pages of another EAS source as they are, with kind, time, dry run, and what is gone', async () => {
    const flow = await start({ pageSize: 500 });
    const gone = [easRecord(9).key];
    const page = easPage({ id: 's', kind: 'quick', startedAt: NOW }, [easRecord(1)]);
    const sent = { ...page, sync: { ...(page['sync'] as object), dryRun: true, total: 1, gone } };
    await given(flow, { ...sent, _msgid: 'start' });
    // Its id is a new one: a file may be read every day.
    const id = pages(flow)[0]?.sync.id;
    const parts = { ...(page['parts'] as object), id };
    const text = '1 changed EAS record read, 1 gone, complete, for a dry run';
    assert.deepEqual(flow.messages('easOut'), [{ ...sent, _msgid: 'start', parts, sync: { ...sent.sync, id }, text }]);
    assert.equal(flow.words().at(-1), '1 EAS records changed');
  });

  it('is quick or full as it is set, where the message does not say', async () => {
    const flow = await start({ sync: 'quick' });
    await given(flow, { payload: [easRecord(1)] }, { payload: [easRecord(1)], sync: { kind: 'full' } });
    assert.deepEqual(
      pages(flow).map(({ sync: { kind } }) => kind),
      ['quick', 'full'],
    );
  });

  it('never ends a reading that had a record which cannot be taken, and says which; the next reading is whole', async () => {
    const flow = await start({ pageSize: 1 });
    const parts = (index: number): object => ({ id: 'split', index, count: 4, type: 'array', len: 1 });
    const reading = [easRecord(1), easRecord(2), { ...easRecord(3), easId: '' }, easRecord(4)];
    await given(flow, ...reading.map((payload, index) => ({ payload, parts: parts(index) })));
    assert.deepEqual(
      pages(flow).map(({ sync: { page, last } }) => ({ page, last })),
      [{ page: 0, last: false }],
    );
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_EAS_RECORD', 'ERR_SNAPSHOT_INCOMPLETE'],
    );
    assert.match(flow.errors()[0]?.message ?? '', /Record 3: easId is missing/);
    assert.deepEqual(flow.statuses('eas').at(-1), { fill: 'red', text: 'shared.error.ERR_SNAPSHOT_INCOMPLETE' });
    await given(flow, { payload: [easRecord(1)] });
    assert.deepEqual(
      pages(flow)
        .slice(1)
        .map(({ payload, sync: { page, last } }) => ({ count: payload.length, page, last })),
      [{ count: 1, page: 0, last: true }],
    );
    assert.equal(flow.statuses('eas').at(-1)?.fill, 'green');
  });

  it('takes nothing of a message with one bad record, nor from what asks for what there is not', async () => {
    const flow = await start();
    await given(
      flow,
      { payload: [easRecord(1), { ...easRecord(2), organization: 'another' }] },
      { payload: [easRecord(1)], sync: { kind: 'half' } },
      { payload: [easRecord(1)], sync: { kind: 'quick', gone: ['x'] } },
      { payload: '' },
      {},
    );
    assert.deepEqual(pages(flow), []);
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_EAS_RECORD', 'ERR_INPUT_INVALID', 'ERR_INPUT_INVALID', 'ERR_EAS_RECORD', 'ERR_EAS_RECORD'],
    );
  });

  it('says that no Exchange server is chosen: it names the organization', async () => {
    const flow = await start({ server: '' });
    await given(flow, { payload: [easRecord(1)] });
    assert.deepEqual(
      flow.errors().map(({ code }) => code),
      ['ERR_CONFIG_MISSING'],
    );
  });
});
