/** MDM readings that say less than the truth: nobody is blocked by what a source has not said. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startGraphServer } from '../../src/lab/servers/graph.ts';
import type { GraphServer } from '../../src/lab/servers/graph.ts';
import type { FlowNode } from '../support/node-red.ts';
import { easIdOf, SwitchWorld } from './access-switch-world.ts';

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

  it('blocks nobody while it is down, and decides by the rules once it has been read', async () => {
    await second.goDown();
    await world.start({}, {}, { nodes: second.nodes(), credentials: second.credentials() });
    await readAll();
    assert.deepEqual([blocked(), world.writes, problems()], [[], 0, [MISSING]]);
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
});
