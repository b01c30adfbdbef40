/** What a change and a mail cost from the plan to the last row, on both engines, and a million changes that are held. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres, startPostgres } from '../scripts/postgres-server.ts';
import type { PostgresServer } from '../scripts/postgres-server.ts';
import { emptySchema } from '../test/store/records.ts';
import type { Bound, BenchReport } from './report.ts';
import { stepsOf } from './sync.ts';

/** CPU of an effect, ms. On PostgreSQL of client and server together. */
const EFFECT = { sqlite: 1, postgres: 1.5 } as const;
/** CPU of a mail beside rendering and SMTP, ms. On PostgreSQL of client and server together. */
const MAIL = 1.5;
/** A mail among a hundred thousand may take so many times what one among a thousand takes. */
const LINEAR = 1.5;
const HELD_MIB = 640;
const ROUNDS = 3;
/** So many mails are measured once. */
const LARGE = 10_000;

type Figures = Readonly<Record<string, number>>;

/** Runs the tasks one after the other, each in a process of its own. */
export async function report({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  const server = findPostgres() === null ? null : await startPostgres({ durable: true });
  try {
    return await measure(quick, server);
  } finally {
    await server?.close();
  }
}

async function measure(quick: boolean, server: PostgresServer | null): Promise<BenchReport> {
  const writes = quick ? 500 : 5_000;
  const sizes = quick ? [200, 1_000] : [1_000, 10_000, 100_000];
  const held = quick ? 20_000 : 1_000_000;
  const effects: string[][] = [['effect', 'client ms', 'server ms']];
  const mails: string[][] = [['mail', 'record ms', 'send ms', 'server ms', '(rendering ms)']];
  const figures: Record<string, number> = {};
  const bounds: Bound[] = [];
  for (const engine of server === null ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const)) {
    const effect = await middle(() => task('writes', writes, engine, server), quick ? 1 : ROUNDS);
    effects.push([engine, ms(effect['client']), ms(effect['server'])]);
    figures[`effect ${engine} ms`] = sum(effect, ['client', 'server']);
    bounds.push(ceiling(`effect on ${engine}, ms`, figures[`effect ${engine} ms`], EFFECT[engine]));
    const costs: number[] = [];
    for (const size of sizes) {
      const mail = await middle(() => task('mails', size, engine, server), quick || size > LARGE ? 1 : ROUNDS);
      mails.push([`${engine}, ${size}`, ...['record', 'send', 'server', 'rendering'].map((name) => ms(mail[name]))]);
      costs.push(sum(mail, ['record', 'send', 'server']));
      figures[`mail ${engine} ${size} ms`] = costs.at(-1)!;
    }
    bounds.push(ceiling(`mail on ${engine}, ms`, Math.max(...costs), MAIL));
    bounds.push(ceiling(`mail on ${engine}, last size by first`, costs.at(-1)! / costs[0]!, LINEAR));
  }
  const peak = Math.max(...Object.values(stepsOf('held', held)).map(({ peakMib }) => peakMib));
  figures['held peak MiB'] = peak;
  bounds.push(ceiling(`peak of ${held.toLocaleString('en-US')} held changes, MiB`, peak, HELD_MIB));
  return {
    name: 'effects',
    conditions: `${writes} blocks in one sync; ${sizes.join(', ')} mails; CPU a piece; far ends that answer at once; commits wait for the disk`,
    tables: [effects, mails],
    bounds,
    notes: server === null ? ['PostgreSQL was not measured: it is not installed.'] : [],
    figures,
  };
}

async function task(
  name: string,
  size: number,
  engine: 'sqlite' | 'postgres',
  server: PostgresServer | null,
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-bench-'));
  const script = fileURLToPath(new URL('effects-process.ts', import.meta.url));
  const place =
    engine === 'sqlite' || server === null
      ? [join(folder, 'store.sqlite')]
      : [await emptySchema(server.address), String(server.pid)];
  try {
    const args = ['--no-warnings', script, name, String(size), ...place];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The run with the middle cost. */
async function middle(run: () => Promise<Figures>, rounds: number): Promise<Figures> {
  const all: Figures[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await run());
  const cost = (one: Figures): number => Object.values(one).reduce((total, value) => total + value, 0);
  return all.sort((a, b) => cost(a) - cost(b))[Math.floor(rounds / 2)]!;
}

function sum(figures: Figures, names: readonly string[]): number {
  return names.reduce((total, name) => total + (figures[name] ?? NaN), 0);
}

function ms(value: number | undefined): string {
  return (value ?? NaN).toFixed(2);
}

function ceiling(name: string, value: number | undefined, bound: number): Bound {
  return { name, value: value ?? NaN, relation: '<=', bound };
}
