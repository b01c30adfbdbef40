/** The example of the import dialog, as it is: it runs with nothing else installed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceTimeline } from '../../src/connector/listings/list-timeline.ts';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import type { SimulationShare } from '../../src/lab/simulation.ts';
import { openStoreToRead } from '../../src/store/open-store.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { ANNAS_ENROLLMENT, ANNAS_PHONE } from '../support/people.ts';

const EXAMPLE = new URL('../../examples/01%20connector%20workflow.json', import.meta.url);

interface SwitchReport {
  sync: { dryRun?: boolean; kind: string };
  mode: string;
  counts: { devices: number; blocked: number; allowed: number };
  held?: { id: string; count: number };
}

describe('example 01', () => {
  const nodes = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as (FlowNode & { name: string })[];
  let folder: string;
  let simulation: SimulationShare;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'example-'));
    useUserDir(folder);
    simulation = acquireSimulation();
  });

  afterEach(async () => {
    await stopFlow();
    simulation.release();
    rmSync(folder, { recursive: true });
  });

  /** Imported into a runtime that is running already, as an administrator does. */
  async function startExample(own: Record<string, unknown> = {}): Promise<RunningFlow> {
    const flow = await startFlow([]);
    const changes: Readonly<Record<string, Record<string, unknown>>> = {
      'access-switch': own,
      // Node-RED's usual address is another one here.
      'enrollment-notifier': { linkBase: flow.url },
    };
    await flow.redeploy(nodes.map((node) => ({ ...node, ...changes[node.type] })));
    return flow;
  }

  /** Presses a button of a tab, and waits for what the access switch reports. */
  async function press(flow: RunningFlow, name: string): Promise<SwitchReport> {
    const before = shown(flow, 'sync report').length;
    flow.receive(idOf('inject', name));
    await flow.until(() => shown(flow, 'sync report').length > before, `the report after "${name}" is shown`);
    return shown(flow, 'sync report').at(-1) as SwitchReport;
  }

  const idOf = (type: string, name = ''): string =>
    nodes.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} ${name}`);
  /** Payloads that reached the debug node of this name. */
  const shown = (flow: RunningFlow, name: string): unknown[] =>
    flow.arrived(idOf('debug', name)).map(({ payload }) => payload);

  /** Sentences that reached the debug node of this name, as it shows them. */
  const said = (flow: RunningFlow, name: string): unknown[] =>
    flow.arrived(idOf('debug', name)).map(({ text }) => text);

  it('shows a sentence at every debug node but those for errors, the whole and a preview', () => {
    const debugs = nodes.filter(({ type }) => type === 'debug') as unknown as { name: string; complete: string }[];
    const others = debugs.filter(({ complete }) => complete !== 'text');
    assert.deepEqual(
      others.map(({ name, complete }) => [name, complete]),
      [
        ['mail sent', 'topic = "preview" ? payload : text'],
        ['whole messages', 'true'],
        ['error', 'error'],
      ],
    );
  });

  it('has what is done by hand in a group of its own', () => {
    const { id } = nodes.find(({ type, name }) => type === 'group' && name === 'By hand') ?? assert.fail('no group');
    const inGroup = nodes.filter((node) => node.type === 'inject' && (node as { g?: string }).g === id);
    assert.deepEqual(inGroup.map(({ name }) => name).sort(), [
      'approve the held plan',
      'check the mail account',
      'discard the held plan',
      'dry run',
      'preview a mail',
      'retry what failed',
      'undo',
    ]);
  });

  it('shows at the press of "dry run" what it would do, and changes and mails nothing', async () => {
    const { organization } = simulation;
    for (const alias of ['first', 'second']) organization.addMailbox({ alias, displayName: `The ${alias}` });
    organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'UNMANAGED', mailbox: 'first@contoso.example' });
    organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'MANAGED', mailbox: 'second@contoso.example' });
    organization.enroll({ ...ANNAS_ENROLLMENT, upn: 'second@contoso.example', easDeviceId: 'MANAGED' });
    const flow = await startExample();
    flow.receive(idOf('inject', 'dry run'));
    await flow.until(() => shown(flow, 'sync report').length === 1, 'the report is shown');
    const wouldBlock = (): number => shown(flow, 'blocked').length;
    await flow.until(
      () => shown(flow, 'mail not sent').length === wouldBlock(),
      'the mails that are not sent are shown',
    );
    const [report] = shown(flow, 'sync report') as SwitchReport[];
    assert.deepEqual(
      { dryRun: report?.sync.dryRun, kind: report?.sync.kind, mode: report?.mode, blocked: report?.counts.blocked },
      { dryRun: true, kind: 'full', mode: 'simulate', blocked: wouldBlock() },
    );
    assert.deepEqual(
      shown(flow, 'blocked')
        .map((payload) => {
          const { device, decision, change } = payload as {
            device: { eas: { easId: string } };
            decision: { reason: { code: string } };
            change: { to: string; applied: boolean };
          };
          return { easId: device.eas.easId, why: decision.reason.code, to: change.to, applied: change.applied };
        })
        .filter(({ easId }) => ['MANAGED', 'UNMANAGED'].includes(easId)),
      [{ easId: 'UNMANAGED', why: 'not-enrolled', to: 'blocked', applied: false }],
    );
    assert.ok(flow.words().includes(`would block ${wouldBlock()}, allow 0`), flow.words().join('; '));
    const { devices = 0 } = report?.counts ?? {};
    assert.deepEqual(said(flow, 'sync report'), [`Dry run of ${devices} devices: ${wouldBlock()} would be blocked`]);
    assert.ok(said(flow, 'blocked').includes("The first's iPhone16C1 would be blocked: no enrolled device fits"));
    assert.match(said(flow, 'mail not sent').join('\n'), /^No mail about The first's iPhone16C1: .*simulated/m);
    assert.deepEqual(said(flow, 'matcher report'), [
      '7 devices matched: 2 merged, 5 without an MDM record; 1 MDM record without a device in Exchange',
    ]);
    assert.equal(shown(flow, 'matcher report').length, 1, 'both sources are matched once');
    assert.deepEqual(shown(flow, 'error'), []);
    assert.deepEqual(shown(flow, 'mail sent'), []);
    assert.deepEqual(organization.writes, []);
    assert.deepEqual(organization.inbox('first@contoso.example'), []);
    assert.deepEqual(
      readdirSync(folder).filter((file) => file.endsWith('.sqlite')),
      ['exchange-connector.sqlite'],
    );
  });

  it('has an inject for a full sync and a quick one, and they do what they say', async () => {
    simulation.organization.addMailbox({ alias: 'first', displayName: 'The first' });
    simulation.organization.syncPhone({ ...ANNAS_PHONE, mailbox: 'first@contoso.example' });
    const flow = await startExample();
    flow.receive(idOf('inject', 'full sync'));
    await flow.until(() => shown(flow, 'sync report').length === 1, 'the first report is shown');
    flow.receive(idOf('inject', 'quick sync'));
    await flow.until(() => shown(flow, 'sync report').length === 2, 'the second report is shown');
    assert.deepEqual(shown(flow, 'error'), []);
    assert.equal((shown(flow, 'sync report')[0] as SwitchReport).sync.kind, 'full');
  });

  it('blocks a new phone and lets it in again without reading the MDM whole', async () => {
    const { organization } = simulation;
    const upn = 'first@contoso.example';
    const blocked = (): readonly string[] => organization.mailboxByAddress(upn)?.blockedDeviceIds ?? [];
    organization.addMailbox({ alias: 'first', displayName: 'The first' });
    const flow = await startExample({ mode: 'enforce', brakePercent: 100, brakeCount: 1000 });
    await press(flow, 'full sync');
    organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'NEW', mailbox: upn });
    await press(flow, 'new phones');
    assert.deepEqual(blocked(), ['NEW']);
    await flow.until(() => organization.inbox(upn).length === 1, 'its owner is mailed');
    organization.enroll({ ...ANNAS_ENROLLMENT, upn, easDeviceId: 'NEW' });
    await press(flow, 'new phones');
    assert.deepEqual(blocked(), []);
    const texts = nodes
      .filter(({ type, name }) => type === 'debug' && name !== 'error')
      .flatMap(({ id, name }) => flow.arrived(id).map(({ text }) => [name, text] as const));
    assert.ok(texts.length > 10);
    assert.deepEqual(
      texts.filter(([, text]) => typeof text !== 'string' || !/^\S[^\n]*\S$/.test(text)),
      [],
      'every message says in one line what it is',
    );
    const phone = "The first's iPhone16C1";
    assert.ok(said(flow, 'blocked').includes(`${phone} blocked: no enrolled device fits`));
    assert.deepEqual(said(flow, 'allowed'), [`${phone} allowed: enrolled and compliant`]);
    assert.ok(said(flow, 'mail sent').includes(`Mail about ${phone} sent to ${upn}`));
    const reports = shown(flow, 'matcher report') as {
      asked: { records: number; problem: string | null };
      mdm: { startedAt: string };
    }[];
    assert.deepEqual(
      reports.slice(1).map(({ asked: { records, problem } }) => [records, problem]),
      [
        [0, null],
        [1, null],
      ],
    );
    assert.equal(new Set(reports.map(({ mdm }) => mdm.startedAt)).size, 1, 'the MDM was read once');
    assert.deepEqual(shown(flow, 'error'), []);
  });

  it('reads Exchange every two minutes, both sides every fifteen, and everything at night', () => {
    const injects = ['new phones', 'quick sync', 'full sync'].map((name) => nodes.find((node) => node.name === name));
    const one = (id: string): Record<string, unknown> => nodes.find((node) => node.id === id) ?? {};
    /** Types of what a wire leads to, over links too. */
    const typesOf = (id: string): string[] => {
      const { type, links, wires } = one(id) as { type: string; links: string[]; wires: string[][] };
      if (type === 'link out') return links.flatMap(typesOf);
      return type === 'link in' ? wires.flat().flatMap(typesOf) : [type];
    };
    assert.deepEqual(
      injects.map((node) => {
        const { repeat, crontab, wires } = node as unknown as { repeat: string; crontab: string; wires: string[][] };
        return [repeat, crontab, wires.flat().flatMap(typesOf)];
      }),
      [
        ['120', '', ['eas-source']],
        ['900', '', ['eas-source', 'mdm-source']],
        ['', '30 02 * * *', ['eas-source', 'mdm-source']],
      ],
    );
  });

  it('leaves a row of the history for each run of a sync, and says when what happened to a phone', async () => {
    simulation.organization.addMailbox({ alias: 'first', displayName: 'The first' });
    simulation.organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'UNMANAGED', mailbox: 'first@contoso.example' });
    const flow = await startExample({ mode: 'enforce', brakePercent: 100, brakeCount: 1000 });
    const { counts } = await press(flow, 'full sync');
    await flow.until(() => shown(flow, 'mail sent').length === counts.blocked, 'all are mailed');
    const store = await openStoreToRead({ engine: 'sqlite', path: join(folder, 'exchange-connector.sqlite') });
    const subjects = async (): Promise<string[]> => (await store.history.recent()).map(({ subject }) => subject).sort();
    // Its mails are a run when there was none for a minute.
    assert.deepEqual(await subjects(), ['access', 'eas', 'match', 'mdm', 'write']);
    const { steps } = await deviceTimeline(store, 'first@contoso.example', {
      limit: 10,
      signal: new AbortController().signal,
    });
    assert.deepEqual(
      steps.map(({ step, waited }) => [step, waited === null]),
      [
        ['added', true],
        ['blocked', true],
        ['mailed', false],
      ],
    );
    await store.close();
  });

  describe('the buttons in the group "By hand"', () => {
    const blockEverybody = { mode: 'enforce', rules: [{ name: 'All', when: [], action: 'block' }] };
    const listed = (): readonly string[] =>
      simulation.organization.mailboxByAddress('first@contoso.example')?.blockedDeviceIds ?? [];

    beforeEach(() => {
      simulation.organization.addMailbox({ alias: 'first', displayName: 'The first' });
      simulation.organization.syncPhone({ ...ANNAS_PHONE, deviceId: 'UNMANAGED', mailbox: 'first@contoso.example' });
    });

    it('approve the plan that this access switch holds, whatever was pressed in between, and take all back', async () => {
      const flow = await startExample({ ...blockEverybody, brakePercent: 0, brakeCount: 0 });
      const { held } = await press(flow, 'full sync');
      assert.ok((held?.count ?? 0) > 0);
      assert.deepEqual(listed(), []);
      // Neither says anything about what is held.
      await press(flow, 'dry run');
      flow.receive(idOf('inject', 'retry what failed'));
      await press(flow, 'approve the held plan');
      assert.deepEqual(listed(), ['UNMANAGED']);
      await press(flow, 'undo');
      assert.deepEqual(listed(), []);
      assert.deepEqual(shown(flow, 'error'), []);
    });

    it('discard it', async () => {
      const flow = await startExample({ ...blockEverybody, brakePercent: 0, brakeCount: 0 });
      await press(flow, 'full sync');
      flow.receive(idOf('inject', 'discard the held plan'));
      await flow.until(() => flow.words().includes('plan discarded'), 'the plan is discarded');
      flow.receive(idOf('inject', 'approve the held plan'));
      await flow.until(() => flow.words().includes('no such plan'), 'the plan is gone');
      assert.deepEqual(listed(), []);
    });

    it('check the mail account and show a mail, and mail nobody', async () => {
      const flow = await startExample();
      for (const name of ['check the mail account', 'preview a mail']) flow.receive(idOf('inject', name));
      await flow.until(() => shown(flow, 'mail sent').length === 2, 'both answers are shown');
      const [check, preview] = shown(flow, 'mail sent') as Record<string, unknown>[];
      assert.deepEqual([check?.['account'], check?.['verdict']], ['connector@contoso.example', 'ready']);
      assert.ok(String(preview?.['text']).includes(`${flow.url}/activate?token=sample`));
      assert.deepEqual(simulation.organization.inbox('first@contoso.example'), []);
    });
  });
});

describe('example 03', () => {
  const nodes = JSON.parse(
    readFileSync(new URL('../../examples/03%20another%20MDM.json', import.meta.url), 'utf8'),
  ) as (FlowNode & { name: string })[];
  const idOf = (type: string, name: string): string =>
    nodes.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} ${name}`);
  let folder: string;
  let simulation: SimulationShare;
  let flow: RunningFlow;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'example-'));
    useUserDir(folder);
    simulation = acquireSimulation();
    flow = await startFlow([]);
    await flow.redeploy(nodes);
  });

  afterEach(async () => {
    await stopFlow();
    simulation.release();
    rmSync(folder, { recursive: true });
  });

  /** Pages that an MDM source has sent: ids of the records, and whether the reading ends. */
  const sentBy = (name: string): { ids: string[]; page: number; last: boolean }[] =>
    flow.arrived(idOf('merge-matcher', '')).flatMap(({ payload, sync }) => {
      const { organization, page, last } = sync as { organization: string; page: number; last: boolean };
      return organization === name ? [{ ids: (payload as { id: string }[]).map(({ id }) => id), page, last }] : [];
    });
  const lastSent = (name: string): boolean => sentBy(name).some(({ last }) => last);
  const errors = (): unknown[] => flow.arrived(idOf('debug', 'error')).map(({ error }) => error);

  it('reads a list at once and another page by page, without a Split node, and matches both', async () => {
    flow.receive(idOf('inject', 'read the file'));
    await flow.until(() => lastSent('MDM with a list'), 'the list is read');
    assert.deepEqual(sentBy('MDM with a list'), [{ ids: ['1', '2'], page: 0, last: true }]);
    flow.receive(idOf('inject', 'read the pages'));
    await flow.until(() => lastSent('MDM with pages'), 'the pages are read');
    const ids = Array.from({ length: 9 }, (_, at) => `PAGED${at + 1}`);
    assert.deepEqual(sentBy('MDM with pages'), [{ ids, page: 0, last: true }]);
    const reported = (): Record<string, unknown>[] => flow.arrived(idOf('debug', 'matcher report'));
    flow.receive(idOf('inject', 'read Exchange'));
    await flow.until(() => reported().length === 1, 'the matcher has reported');
    const { mdm } = reported()[0]!['payload'] as { mdm: { sources: { source: string; count: number }[] } };
    assert.deepEqual(
      mdm.sources.map(({ source, count }) => ({ source, count })),
      [
        { source: 'MDM with a list', count: 2 },
        { source: 'MDM with pages', count: 9 },
      ],
    );
    assert.deepEqual([errors(), simulation.organization.writes], [[], []]);
  });
});
