/** MDM readings that say less than the truth: nobody is blocked by what a source has not said. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startGraphServer } from '../../src/lab/servers/graph.ts';
import type { GraphServer } from '../../src/lab/servers/graph.ts';
import { stopFlow } from '../support/node-red.ts';
import type { FlowNode } from '../support/node-red.ts';
import { easIdOf, SwitchWorld } from '../support/access-switch-world.ts';

const OURS = ['anna', 'ben'];
/** Six phones that only the second tenant knows. */
const THEIRS = ['carla', 'dora', 'emil', 'fritz', 'greta', 'hans'];

/** A second MDM tenant, with a Graph of its own. */
class SecondTenant {
  readonly organization = new Organization();
  readonly folder = mkdtempSync(join(tmpdir(), 'second-tenant-'));
  graph!: GraphServer;

  async open(): Promise<this> {
    const authority = await createCertificateAuthority('Second Root CA');
    writeFileSync(join(this.folder, 'ca.pem'), authority.ca);
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    this.graph = await startGraphServer(this.organization, { certificate });
    return this;
  }

  async close(): Promise<void> {
    await this.graph.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Someone else goes on using the address: nothing listens there any more. */
  async goDown(): Promise<void> {
    await this.graph.close();
    this.close = async () => rmSync(this.folder, { recursive: true });
  }

  enroll(alias: string): void {
    this.organization.enroll({
      upn: `${alias}@contoso.example`,
      platform: 'ios',
      name: `iPhone of ${alias}`,
      model: 'iPhone 16',
      serial: `SERIAL${alias.toUpperCase()}`,
      easDeviceId: easIdOf(alias),
    });
  }

  nodes(source: Record<string, unknown> = {}): FlowNode[] {
    const tls = { cert: '', key: '', servername: '', verifyservercert: true };
    return [
      { id: 'tls2', type: 'tls-config', name: '', ca: join(this.folder, 'ca.pem'), ...tls },
      {
        id: 'tenant2',
        type: 'mdm-tenant',
        name: 'Second tenant',
        kind: 'intune',
        cloud: 'custom',
        graphUrl: this.graph.url,
        authorityUrl: this.graph.authorityUrl,
        tenantId: this.graph.tenantId,
        clientId: this.graph.clientId,
        authMethod: 'secret',
        tls: 'tls2',
      },
      { id: 'mdm2', type: 'mdm-source', provider: 'intune', tenant: 'tenant2', wires: [['matcher']], ...source },
    ];
  }

  credentials(clientSecret = this.graph.clientSecret): Record<string, Record<string, string>> {
    return { tenant2: { clientSecret } };
  }
}

describe('an MDM source that has not been read whole', () => {
  let world: SwitchWorld;
  let second: SecondTenant;

  beforeEach(async () => {
    world = await SwitchWorld.open();
    second = await new SecondTenant().open();
    for (const alias of [...OURS, ...THEIRS]) world.addPhone(alias);
    world.enroll('anna');
    for (const alias of THEIRS) second.enroll(alias);
  });
  afterEach(async () => {
    await world.close();
    await second.close();
  });

  const readAll = async (): Promise<void> => {
    const { flow } = world;
    const ends = ['mdm', 'mdm2', 'eas'].map((id) => [id, flow.ended(id).done] as const);
    const reports = world.reports().length;
    for (const [id] of ends) flow.receive(id);
    await flow.until(
      () => ends.every(([id, done]) => flow.ended(id).done > done) && world.reports().length > reports,
      'all sources were read',
    );
    await flow.until(() => flow.statuses('matcher').at(-1)?.fill !== 'blue', 'the matcher rests');
  };
  const blocked = (): string[] => [...OURS, ...THEIRS].filter((alias) => world.state(alias) === 'blocked');
  const problems = (): unknown =>
    world
      .reports()
      .at(-1)
      ?.problems?.map(({ code, text }) => `${code} ${text}`);
  const MISSING = 'ERR_SNAPSHOT_INCOMPLETE Second tenant has not been read to its end yet.';

  it('blocks nobody while it is down, and the matcher’s report says which one is missing', async () => {
    await second.goDown();
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials() });
    await readAll();
    assert.deepEqual([blocked(), world.writes, problems()], [[], 0, [MISSING]]);
    const { payload } = world.flow.messages('report').at(-1) as {
      payload: { mdm: { sources: { startedAt: unknown }[] } };
    };
    const { startedAt } = payload.mdm.sources[0]!;
    assert.deepEqual(payload.mdm, {
      startedAt: null,
      complete: false,
      fresh: false,
      count: 2,
      sources: [
        { source: 'tenant', startedAt, fresh: true, count: 2 },
        { source: 'tenant2', startedAt: null, fresh: false, count: 0 },
      ],
    });
  });

  it('blocks nobody while its secret is wrong', async () => {
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials('wrong') });
    await readAll();
    assert.deepEqual([blocked(), world.writes, problems()], [[], 0, [MISSING]]);
  });

  it('is waited for when it is slower than the first, so that nobody is blocked in between', async () => {
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials() });
    second.graph.faults.add({ kind: 'throttle', retryAfter: '2' });
    await readAll();
    await world.flow.until(() => world.reports().length > 0, 'the sync has ended');
    assert.deepEqual([blocked(), world.reports().length, problems()], [['ben'], 1, undefined]);
  });

  it('is in the report with what its reading came to, and with how far a later one came that failed', async () => {
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials() });
    second.graph.hides = () => true;
    await readAll();
    const readings = () =>
      Object.fromEntries(
        world
          .reports()
          .at(-1)!
          .readings.map((reading) => [reading.name, reading]),
      );
    const said = { easIds: 0, user: 0, compliance: 0, managed: 0 };
    const nothing = { pages: 1, records: 0, ...said, rows: 0, duplicates: 0, counted: 0 };
    assert.deepEqual(readings()['Second tenant']?.coverage, {
      whole: true,
      ...nothing,
      enrolled: 6,
      hint: 'The overview counts 6 devices, the list has 0. Scope tags hide them all from the application.',
    });
    assert.equal(blocked().length, 0, 'an empty list blocks nobody');
    second.graph.faults.add({ kind: 'next-link', link: 'https://evil.example/' });
    await readAll();
    const { failed } = readings()['Second tenant'] ?? {};
    assert.deepEqual(
      [failed?.code, failed?.coverage],
      ['ERR_GRAPH_ORIGIN', { whole: false, ...nothing, pages: 0, counted: null, enrolled: null }],
    );
  });

  it('is refused in Enforce beside a real Exchange if it is simulated, whatever it says', async () => {
    const simulated: FlowNode[] = [
      { id: 'tenant2', type: 'mdm-tenant', name: 'Left over from trying', kind: 'simulated' },
      { id: 'mdm2', type: 'mdm-source', provider: 'intune', tenant: 'tenant2', wires: [['matcher']] },
    ];
    await world.start({}, {}, { nodes: simulated });
    for (const id of ['mdm', 'mdm2', 'eas']) world.flow.receive(id);
    await world.flow.until(() => world.flow.errors().length > 0, 'the sync is refused');
    const [refusal] = world.flow.errors();
    const seen = 'The Exchange server is real, and the MDM source "Left over from trying" reads a simulated tenant';
    assert.deepEqual([refusal?.code, refusal?.message.includes(seen)], ['ERR_SIDES_MIXED', true]);
    assert.deepEqual(
      [blocked(), world.writes, await announced()],
      [[], 0, ['mdm tenant intune', 'mdm2 tenant2 simulated']],
    );
  });

  const announced = async (): Promise<string[]> =>
    (await (await world.store).sources.list()).map(({ nodeId, scope, provider }) => `${nodeId} ${scope} ${provider}`);
  /** Exchange is read once more, and the sync ends. */
  const readExchange = async (): Promise<void> => {
    await world.read('eas');
  };

  it('is missed in a flow that chooses no store, as old ones do, and in one that chooses one of several', async () => {
    await second.goDown();
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials() });
    await readAll();
    assert.deepEqual(await announced(), ['mdm tenant intune', 'mdm2 tenant2 intune']);
    await stopFlow();
    const other: FlowNode = { id: 'store2', type: 'connector-store', engine: 'sqlite', path: ':memory:' };
    const nodes = [...second.nodes({ store: 'store' }), other];
    await world.start({}, {}, { nodes, credentials: second.credentials() });
    await world.read('mdm');
    await readExchange();
    assert.deepEqual([blocked(), world.writes, problems()], [[], 0, [MISSING]]);
  });

  it('is announced with the first page it sends, when there are several stores and none is chosen', async () => {
    const other: FlowNode = { id: 'store2', type: 'connector-store', engine: 'sqlite', path: ':memory:' };
    await world.start({}, {}, { nodes: [...second.nodes(), other], credentials: second.credentials() });
    assert.deepEqual(await announced(), []);
    const sync = {
      id: 'r1',
      source: 'mdm',
      kind: 'full',
      organization: 'tenant2',
      startedAt: new Date().toISOString(),
    };
    world.flow.receive('matcher', { topic: 'mdm', payload: [], sync: { ...sync, page: 0, last: false } });
    await world.flow.until(() => world.flow.ended('matcher').done === 1, 'the page was taken');
    assert.deepEqual(await announced(), ['mdm2 tenant2 intune']);
    world.flow.receive('mdm2');
    await world.flow.until(() => world.flow.ended('mdm2').done === 1, 'the second tenant was read');
    await world.read('mdm');
    await readExchange();
    assert.deepEqual([blocked(), await announced()], [['ben'], ['mdm tenant intune', 'mdm2 tenant2 intune']]);
  });

  for (const [how, without] of [
    ['removed', (nodes: FlowNode[]) => nodes.filter(({ id }) => id !== 'mdm2')],
    ['disabled', (nodes: FlowNode[]) => nodes.map((node) => (node.id === 'mdm2' ? { ...node, d: true } : node))],
  ] as const) {
    it(`does not count any more when it is ${how}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mdm-guards-'));
      try {
        const store = { path: join(folder, 'store.sqlite') };
        await world.start({}, { store }, { nodes: second.nodes(), credentials: second.credentials('wrong') });
        await readAll();
        assert.deepEqual([blocked(), problems()], [[], [MISSING]]);
        await world.flow.redeploy([...world.nodes({}, { store }).nodes, ...without(second.nodes())]);
        await readExchange();
        assert.deepEqual(
          [blocked(), problems(), await announced()],
          [['ben', ...THEIRS], undefined, ['mdm tenant intune']],
        );
      } finally {
        await stopFlow();
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('is missed after a restart before it has tried to read, and not when it was removed meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mdm-guards-'));
    try {
      const store = { path: join(folder, 'store.sqlite') };
      const deploy = (nodes: FlowNode[]) => world.start({}, { store }, { nodes, credentials: second.credentials() });
      await deploy(second.nodes());
      await world.read('mdm');
      await stopFlow();
      await deploy(second.nodes());
      await readExchange();
      assert.deepEqual([blocked(), problems()], [[], [MISSING]]);
      await stopFlow();
      await deploy([]);
      await readExchange();
      assert.deepEqual([blocked(), problems()], [['ben', ...THEIRS], undefined]);
    } finally {
      await stopFlow();
      rmSync(folder, { recursive: true });
    }
  });

  it('holds nothing up as a mapping that was never fed, and counts from its first whole reading on', async () => {
    const mapping = { id: 'mdm2', type: 'mdm-source', provider: 'mapping', name: 'jamf', preset: '' };
    const nodes: FlowNode[] = [
      {
        ...mapping,
        mapping:
          '{"id": id, "easIds": [eas], "user": {"upn": upn}, "device": {"platform": "ios"}, "managed": true, "compliance": "compliant"}',
        wires: [['matcher']],
      },
    ];
    await world.start({}, { matcher: { maxAge: 26 } }, { nodes });
    await world.sync();
    assert.deepEqual(
      [blocked(), problems(), await announced()],
      [['ben', ...THEIRS], undefined, ['mdm2 jamf mapping', 'mdm tenant intune']],
    );
    const fed = THEIRS.map((alias, id) => ({ id: `${id}`, eas: easIdOf(alias), upn: `${alias}@contoso.example` }));
    const reports = world.reports().length;
    world.flow.receive('mdm2', { payload: fed });
    await world.flow.until(() => world.reports().length > reports, 'the mapped records were matched');
    assert.deepEqual(blocked(), ['ben']);
    const { snapshots } = await world.store;
    assert.deepEqual((await snapshots.latest('mdm', 'jamf'))?.content, {
      ios: { records: 6, easIds: 6, user: 6, compliance: 6, managed: 6 },
    });
  });

  it('is told by “Try it” as the sync tells it', async () => {
    await second.goDown();
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials() });
    await readAll();
    const { json } = await world.ask('try', { server: 'exchange', store: 'store', rules: [], query: 'carla' });
    const [carla] = json['devices'] as { action: string; reason: { code: string } }[];
    assert.deepEqual([carla?.action, carla?.reason.code], ['leave', 'snapshot-incomplete']);
    assert.deepEqual(json['problems'], [
      { code: 'ERR_SNAPSHOT_INCOMPLETE', text: 'Second tenant has not been read to its end yet.' },
    ]);
  });
});

describe('an MDM reading that says less than before', () => {
  let world: SwitchWorld;
  const people = ['anna', 'ben', 'carla'];

  beforeEach(async () => {
    world = await SwitchWorld.open();
    for (const alias of people) world.addPhone(alias);
  });
  afterEach(() => world.close());

  it('blocks nobody at a site whose first reading is empty', async () => {
    for (const id of world.lab.organization.managedDevices.keys()) world.lab.organization.unenroll(id);
    await world.start();
    const { problems, held } = await world.sync();
    assert.deepEqual([problems?.map(({ code }) => code), held?.count, world.writes], [['ERR_SNAPSHOT_EMPTY'], 3, 0]);
    for (const alias of people) world.enroll(alias);
    const good = await world.sync();
    assert.deepEqual([good.problems, good.held, world.writes], [undefined, undefined, 0]);
  });
});
