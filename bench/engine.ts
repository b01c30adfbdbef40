/**
 * 20,000 devices from Microsoft's own PowerShell engine: our share of the processor beside the engine's, in the same
 * reading. The engine and the WSMan front before it are processes of their own. Ceiling: 0.3 of the engine's.
 * Needs the dotnet SDK on the PATH, and Linux's /proc for the engine's processor time.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { getMobileDevice } from '../src/exchange/cmdlets/get-mobile-device.ts';
import { openExchange } from '../src/exchange/open-exchange.ts';
import type { CmdletTransport } from '../src/exchange/transport.ts';
import { buildEngine, ENGINE_ASSEMBLY } from '../test/peers/powershell/engine-assembly.ts';
import type { FrontAnswer, FrontOrder } from '../test/peers/powershell/front-process.ts';
import { median, printReport, shown } from './report.ts';
import type { BenchReport } from './report.ts';

/** Our CPU by the engine's. */
const SHARE = 0.3;

/** What one reading took. Times in seconds; processor times are of user and system together. */
interface Reading {
  readonly seconds: number;
  readonly ours: number;
  /** Null where the system does not tell. */
  readonly engine: number | null;
  readonly front: number;
  /** Growth of our resident memory, in bytes. */
  readonly growth: number;
}

/**
 * Runs the bench; takes about half a minute, and the engine's build once.
 * @throws Error if the engine cannot be built
 */
export async function run({ quick = false }: { readonly quick?: boolean } = {}): Promise<BenchReport> {
  const devices = quick ? 2_000 : 20_000;
  const failure = buildEngine();
  if (failure !== null) throw new Error(`The engine could not be built. ${failure.slice(0, 2000)}`);
  const front = fork(join(import.meta.dirname, '..', 'test', 'peers', 'powershell', 'front-process.ts'));
  try {
    return reportOf(devices, await readings(front, devices));
  } finally {
    await ask(front, 'close');
  }
}

async function ask(front: ChildProcess, order: FrontOrder): Promise<FrontAnswer> {
  front.send(order);
  const [answer] = (await once(front, 'message')) as [FrontAnswer];
  return answer;
}

/** Three readings on one shell; the first starts the engine and warms both sides, and is not counted. */
async function readings(front: ChildProcess, devices: number): Promise<Reading[]> {
  const start = { assembly: ENGINE_ASSEMBLY, mailboxes: devices };
  const { url = '', ca = '', username = '', password = '' } = await ask(front, { start });
  const exchange = openExchange({
    kind: 'remote-powershell',
    urls: [url],
    auth: 'basic',
    username,
    password,
    tls: { ca },
    sessions: 1,
  });
  try {
    await reading(front, exchange, devices);
    return [await reading(front, exchange, devices), await reading(front, exchange, devices)];
  } finally {
    await exchange.close();
  }
}

async function reading(front: ChildProcess, exchange: CmdletTransport, devices: number): Promise<Reading> {
  const before = await ask(front, 'measure');
  const memory = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const started = performance.now();
  let count = 0;
  for await (const device of getMobileDevice(exchange, { all: true })) count += device.deviceId === '' ? 0 : 1;
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const growth = process.memoryUsage().rss - memory;
  const after = await ask(front, 'measure');
  if (count !== devices) throw new Error(`${count} devices came, not ${devices}.`);
  return {
    seconds,
    ours: (user + system) / 1e6,
    engine: difference(after.engineSeconds, before.engineSeconds),
    front: difference(after.frontSeconds, before.frontSeconds) ?? 0,
    growth,
  };
}

function difference(after: number | null | undefined, before: number | null | undefined): number | null {
  return typeof after === 'number' && typeof before === 'number' ? after - before : null;
}

function reportOf(devices: number, found: readonly Reading[]): BenchReport {
  const shares = found.flatMap(({ ours, engine }) => (engine === null || engine === 0 ? [] : [ours / engine]));
  const rate = devices / median(found.map(({ seconds }) => seconds));
  const share = median(shares);
  const heading = [
    'devices',
    'elapsed s',
    'devices/s',
    'our CPU s',
    'engine CPU s',
    'ours by engine',
    'front CPU s',
    'our MB more',
  ];
  const rows = found.map(({ seconds, ours, engine, front, growth }) => [
    String(devices),
    seconds.toFixed(1),
    shown(devices / seconds),
    ours.toFixed(2),
    engine?.toFixed(2) ?? '?',
    engine === null ? '?' : (ours / engine).toFixed(2),
    front.toFixed(2),
    (growth / 1e6).toFixed(0),
  ]);
  return {
    name: 'engine',
    conditions: `${devices} devices of 33 properties from the real engine over HTTPS, one shell, three processes`,
    tables: [[heading, ...rows]],
    bounds:
      shares.length === 0 ? [] : [{ name: "our CPU by the engine's", value: share, relation: '<=', bound: SHARE }],
    notes: shares.length === 0 ? ['This system does not tell the processor time of another process.'] : [],
    figures: { engineDevicesPerSecond: rate, ...(shares.length === 0 ? {} : { engineCpuShare: share }) },
  };
}

if (import.meta.main) console.log(printReport(await run()));
