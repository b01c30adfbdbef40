/**
 * What happens for a change or a mail, in a process of its own: `node bench/effects-process.ts <task> <size> <store> [server]`.
 * The last line it prints is CPU a piece, in milliseconds, of all threads of this process, and of the database server.
 *
 *   writes  every device is to be blocked: one sync over `size` devices, from its first page to its report; Exchange answers
 *           at once
 *   mails   the news of `size` blocks come, each is recorded; then the mails are sent, by an account that takes them at once;
 *           rendering is measured beside it, and is not among what a mail takes
 *
 * `store` is the path of a new file, or the address of an empty database, of which `server` is the process.
 */
import { AccessSync } from '../src/connector/sync/access-sync.ts';
import { linkEach, writeMail } from '../src/connector/mails/enroll-mail.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { MailWorld } from '../test/connector/mails/support/mail-world.ts';
import { blocked } from '../test/support/changes.ts';
import { serverCpu } from './server-cpu.ts';
import { openBenchWorld, runSync } from './sync-world.ts';

const [task = '', size = '', place = '', server = ''] = process.argv.slice(2);
const count = Number(size);

/** CPU since then of this process and of the server, ms. */
interface Cpu {
  readonly client: number;
  readonly server: number;
}

async function cpuOf(work: () => Promise<void>): Promise<Cpu> {
  // Looking at the server takes this process some CPU too.
  const others = serverCpu(server);
  const own = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(own);
  return { client: (user + system) / 1000, server: serverCpu(server) - others };
}

function open(): Promise<Store> {
  return openStore(server === '' ? { engine: 'sqlite', path: place } : { engine: 'postgres', connection: place });
}

async function writes(): Promise<Record<string, number>> {
  const store = await open();
  const world = await openBenchWorld(store, { percent: 100 });
  const { client, server: database } = await cpuOf(async () => {
    const report = await runSync(new AccessSync(), world, count, () => false);
    if (report?.counts.blocked !== count) throw new Error(`${report?.counts.blocked} of ${count} were blocked.`);
  });
  await store.close();
  return { client: client / count, server: database / count };
}

/** Mails before those that are measured: Node-RED has been running for a while, and V8 has compiled what it will. */
const WARM = 5_000;

async function mails(): Promise<Record<string, number>> {
  const store = await open();
  const world = new MailWorld(store);
  let taken = 0;
  // What it takes is no part of what is measured.
  world.account.refuse = () => {
    taken += 1;
    world.account.mails.length = 0;
    return null;
  };
  for (let n = 1; n <= count + WARM; n += 1) await world.own(blocked(n));
  const news = (n: number) => blocked(n, { id: `c${n}`, episode: `e${n}` });
  for (let n = count + 1; n <= count + WARM; n += 1) await world.record(news(n));
  await world.due();
  taken = 0;
  const recorded = await cpuOf(async () => {
    for (let n = 1; n <= count; n += 1) await world.record(news(n));
  });
  const sent = await cpuOf(async () => void (await world.due()));
  if (taken !== count) throw new Error(`${taken} of ${count} mails went.`);
  const { settings, now } = world;
  let made = 0;
  const ids = (): string => `t${(made += 1)}`;
  const rendered = await cpuOf(async () => {
    for (let n = 1; n <= count; n += 1) {
      const linked = linkEach([news(n)], 'not-enrolled', { store, ids }, now);
      writeMail(linked, { kind: 'not-enrolled', reminder: 0 }, settings, store.linkSecret);
    }
  });
  await store.close();
  return {
    record: recorded.client / count,
    send: (sent.client - rendered.client) / count,
    rendering: rendered.client / count,
    server: (recorded.server + sent.server) / count,
  };
}

console.log(JSON.stringify(await { writes, mails }[task as 'writes' | 'mails']()));
