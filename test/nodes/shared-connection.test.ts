/** What a config node opens for all who use it: once, on first use, again after a failure, and never after the close. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sharedConnection } from '../../nodes/connections.ts';
import type { SharedConnection } from '../../nodes/connections.ts';
import type { Instance } from '../../nodes/red.ts';
import { ownTimeOf } from '../support/own-time.ts';

/** A far end that tells when it is closed. */
class FarEnd extends EventEmitter {
  closed = 0;

  async close(): Promise<void> {
    this.closed += 1;
    this.emit('closed');
  }
}

/** The only thing of a config node that matters here: that it is closed one day. */
function configNode(): { node: Instance; close: () => Promise<void> } {
  const node = new EventEmitter();
  return {
    node: node as unknown as Instance,
    close: () =>
      new Promise((resolve) => {
        node.emit('close', false, resolve);
      }),
  };
}

describe('the connection of a config node', () => {
  it('is opened on first use, once for all who use it', async () => {
    const { node, close } = configNode();
    const opened: FarEnd[] = [];
    const shared = sharedConnection(node, 'server', () => {
      opened.push(new FarEnd());
      return opened.at(-1)!;
    });
    assert.equal(shared.opened(), null);
    assert.equal(opened.length, 0);
    assert.equal(shared.use(), shared.use());
    assert.equal(shared.opened(), opened[0]);
    await close();
    assert.deepEqual(
      opened.map(({ closed }) => closed),
      [1],
    );
  });

  it('is opened again at the next use where opening failed, at once or later', async () => {
    const { node } = configNode();
    let attempts = 0;
    const atOnce = sharedConnection(node, 'server', () => {
      attempts += 1;
      if (attempts === 1) throw new Error('no address');
      return new FarEnd();
    });
    assert.throws(() => atOnce.use(), /no address/);
    assert.ok(atOnce.use() instanceof FarEnd);

    const later: SharedConnection<Promise<FarEnd>> = sharedConnection(node, 'store', async () => {
      attempts += 1;
      if (attempts === 3) throw new Error('no folder');
      return new FarEnd();
    });
    const both = [later.use(), later.use()];
    assert.equal(both[0], both[1]);
    await assert.rejects(both[0]!, /no folder/);
    assert.ok((await later.use()) instanceof FarEnd);
    assert.equal(attempts, 4);
  });

  it('does not forget a new opening when an older one fails late', async () => {
    const { node } = configNode();
    const attempts: { resolve(far: FarEnd): void; reject(error: Error): void }[] = [];
    const shared = sharedConnection(
      node,
      'store',
      () =>
        new Promise<FarEnd>((resolve, reject) => {
          attempts.push({ resolve, reject });
        }),
    );
    const first = shared.use();
    attempts[0]?.reject(new Error('busy'));
    await assert.rejects(first, /busy/);
    const second = shared.use();
    // Everybody who waited for the first one hears of it in his own time.
    await assert.rejects(first, /busy/);
    attempts[1]?.resolve(new FarEnd());
    assert.equal(await shared.use(), await second);
    assert.equal(attempts.length, 2);
  });

  it('refuses every use after the close, and closes what is still being opened', async () => {
    const { node, close } = configNode();
    const far = new FarEnd();
    let open = (_far: FarEnd): void => {};
    const opening = new Promise<FarEnd>((resolve) => {
      open = resolve;
    });
    const shared = sharedConnection(node, 'store', () => opening);
    void shared.use();
    const closing = close();
    const aborted = { code: 'ERR_ABORTED', message: /^The store was closed\./ };
    assert.throws(() => shared.use(), aborted);
    open(far);
    await closing;
    assert.equal(far.closed, 1);
    const unused = configNode();
    const never = sharedConnection(unused.node, 'store', () => assert.fail('opened'));
    await unused.close();
    assert.throws(() => never.use(), aborted);
  });

  it('lets go of what it holds, once, whatever became of the opening', async () => {
    const openings: ((() => FarEnd | Promise<FarEnd>) | null)[] = [
      () => new FarEnd(),
      () => Promise.reject(new Error('no folder')),
      null,
    ];
    for (const open of openings) {
      const { node, close } = configNode();
      let released = 0;
      const shared = sharedConnection<FarEnd | Promise<FarEnd>>(node, 'store', open ?? (() => new FarEnd()), () => {
        released += 1;
      });
      if (open !== null) await Promise.resolve(shared.use()).catch(() => undefined);
      await close();
      assert.equal(released, 1);
    }
  });

  it('keeps Node-RED waiting for five seconds at most', async function () {
    const { node, close } = configNode();
    const far = new FarEnd();
    let end = (): void => {};
    far.close = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    sharedConnection(node, 'server', () => far).use();
    const began = performance.now();
    const { ms } = await ownTimeOf(close);
    const waited = performance.now() - began;
    end();
    assert.ok(waited > 4_900, `${waited} ms`);
    assert.ok(ms < 8_000, `${ms} ms`);
  });
});

describe('the simulated organization', () => {
  /** Names of the lab's files that a process loads which imports every config node, and then does `work`. */
  async function labFilesLoaded(work: string): Promise<string[]> {
    const program = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ load(url, context, next) { if (url.includes('/src/lab/')) seen.push(url); return next(url, context); } });
      for (const type of ['exchange-server', 'mdm-tenant', 'mail-account', 'connector-store', 'autodiscover-check'])
        await import('./nodes/' + type + '/' + type + '.ts');
      ${work}
      console.log(JSON.stringify(seen));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', '--input-type=module', '-e', program],
      { cwd: fileURLToPath(new URL('../../', import.meta.url)) },
    );
    return JSON.parse(stdout) as string[];
  }

  it('is loaded by those only who chose it', async () => {
    assert.deepEqual(await labFilesLoaded(''), []);
    const chosen = await labFilesLoaded(`
      const { joinSimulation } = await import('./nodes/join-simulation.ts');
      const simulation = joinSimulation();
      const mailer = simulation.mailer({ address: 'connector@contoso.example' });
      await mailer.send({ to: 'connector@contoso.example', language: 'en', subject: 'a', text: 'b', html: 'c' });
      await simulation.release();`);
    assert.notDeepEqual(chosen, []);
  });

  it('answers who asks before it is there, and nobody after the close', async () => {
    const { joinSimulation } = await import('../../nodes/join-simulation.ts');
    const simulation = joinSimulation();
    const [exchange, graph] = [simulation.exchange(), simulation.graph()];
    const mailboxes = [];
    for await (const mailbox of exchange.invoke({ cmdlet: 'Get-CASMailbox', parameters: {} })) mailboxes.push(mailbox);
    assert.ok(mailboxes.length > 0);
    const users = (await graph.get({ path: '/deviceManagement/managedDevices' })) as { value: unknown[] };
    assert.ok(Array.isArray(users.value));
    await Promise.all([exchange.close(), graph.close()]);
    await simulation.release();
    await assert.rejects(graph.get({ path: '/deviceManagement/managedDevices' }), { code: 'ERR_ABORTED' });
    await assert.rejects(
      async () => {
        for await (const _mailbox of exchange.invoke({ cmdlet: 'Get-CASMailbox', parameters: {} })) assert.fail();
      },
      { code: 'ERR_ABORTED' },
    );
  });
});
