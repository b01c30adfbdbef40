/**
 * `npm run bench -- [name…] [--quick] [--strict]`: figures with their floors, never a test. Without a name it lists them.
 * The last line of each bench is its summary as JSON. A floor that is missed is said; `--strict` makes it exit code 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readCommandLine, refuseCommandLine } from '../scripts/command-line.ts';
import { isKept, printReport } from './report.ts';
import type { BenchReport } from './report.ts';

interface Bench {
  readonly about: string;
  readonly run: (quick: boolean) => Promise<BenchReport>;
  /** Why it cannot run here; null if it can. */
  readonly missing?: () => string | null;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  clixml: { about: 'CLIXML messages to values, beside a bare saxes tree', run: clixml },
  exchange: { about: 'CLIXML to EAS records, a fleet over HTTPS, list edits over 1, 2, 4 sessions', run: exchange },
  match: { about: 'a full reconcile of a million EAS with a million MDM records, beside JSON.parse', run: match },
  effects: {
    about: 'a change and a mail from the plan to the last row, on both engines; a million held',
    run: effects,
  },
  hours: {
    about: 'eight hours of syncing at 100,000 devices by a fast clock: memory, file and rows stay as they are',
    run: hours,
  },
  mdm: {
    about:
      'Intune readings of 100,000 and a million devices beside fetch and JSON.parse; a quick one beside a full one',
    run: mdm,
  },
  nodered: {
    about: 'a million devices through a workflow in Node-RED: a whole sync, the same again, one change, 1 % changed',
    run: nodered,
  },
  notify: { about: 'a mail from its row to the server and back, beside nodemailer with the same bytes', run: notify },
  store: {
    about: 'a million records as full readings: the first, the same again, new sync times, 1 % changed',
    run: store,
  },
  sync: { about: 'a million changes held, queued and approved by the access switch; ordinary syncs', run: sync },
  engine: { about: "20,000 devices out of Microsoft's own PowerShell engine", run: engine, missing: engineMissing },
};

const USAGE = `
npm run bench -- <name…> [--quick] [--strict]

${Object.entries(BENCHES)
  .map(([name, { about }]) => `  ${name.padEnd(9)} ${about}`)
  .join('\n')}

  --quick   fewer rounds: a look, no measurement
  --strict  exit code 1 if a floor is missed
`;

const { values: flags, positionals: names } = readCommandLine(
  USAGE,
  { quick: { type: 'boolean', default: false }, strict: { type: 'boolean', default: false } },
  true,
);
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0)
  refuseCommandLine(unknown.map((name) => `There is no bench ${JSON.stringify(name)}.`).join('\n'), USAGE);
if (names.length === 0) console.log(USAGE.trim());
for (const name of names) {
  const { run, missing } = BENCHES[name]!;
  const why = missing?.() ?? null;
  if (why !== null) {
    console.log(`${name}: not run. ${why}`);
    continue;
  }
  const report = await run(flags.quick);
  console.log(printReport(report));
  const { figures, bounds } = report;
  const missed = bounds.filter((bound) => !isKept(bound)).map((bound) => bound.name);
  console.log(`\n${JSON.stringify({ bench: name, quick: flags.quick, ...rounded(figures), missed })}`);
  if (flags.strict && missed.length > 0) process.exitCode = 1;
}

function rounded(figures: BenchReport['figures']): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]));
}

async function exchange(quick: boolean): Promise<BenchReport> {
  const report = await (await import('./exchange.ts')).run({ quick });
  const why = engineMissing();
  if (why !== null) return { ...report, notes: [...report.notes, `Microsoft's own engine was not measured. ${why}`] };
  const other = await engine(quick);
  return {
    ...report,
    tables: [...report.tables, ...other.tables],
    bounds: [...report.bounds, ...other.bounds],
    notes: [...report.notes, ...other.notes],
    figures: { ...report.figures, ...other.figures },
  };
}

async function clixml(quick: boolean): Promise<BenchReport> {
  const { objects, bytesPerObject, figures, floors } = (await import('./clixml.ts')).run(
    quick ? { objects: 500, rounds: 3 } : {},
  );
  return {
    name: 'clixml',
    conditions: `${objects} devices of ${Math.round(bytesPerObject)} bytes, one process, readers in turns`,
    tables: [
      [
        ['reader', 'MB/s', 'objects/s', 'x bare tree'],
        ...figures.map(({ name, megabytesPerSecond, objectsPerSecond, ratio }) => [
          name,
          megabytesPerSecond.toFixed(1),
          String(Math.round(objectsPerSecond)),
          ratio.toFixed(2),
        ]),
      ],
    ],
    bounds: floors.map(({ name, value, floor }) => ({ name, value, relation: '>=' as const, bound: floor })),
    notes: [],
    figures: Object.fromEntries(figures.map(({ name, ratio }) => [`${name} ratio`, ratio])),
  };
}

async function match(quick: boolean): Promise<BenchReport> {
  const { report } = await import('./match.ts');
  return report({ quick });
}

async function notify(quick: boolean): Promise<BenchReport> {
  const { report } = await import('./notify.ts');
  return report({ quick });
}

async function effects(quick: boolean): Promise<BenchReport> {
  return (await import('./effects.ts')).report({ quick });
}

async function hours(quick: boolean): Promise<BenchReport> {
  return (await import('./hours.ts')).report({ quick });
}

async function mdm(quick: boolean): Promise<BenchReport> {
  return (await import('./mdm.ts')).report({ quick });
}

async function nodered(quick: boolean): Promise<BenchReport> {
  return (await import('./nodered.ts')).report({ quick });
}

async function store(quick: boolean): Promise<BenchReport> {
  return (await import('./store.ts')).report({ quick });
}

async function sync(quick: boolean): Promise<BenchReport> {
  return (await import('./sync.ts')).report({ quick });
}

function engineMissing(): string | null {
  if (!existsSync(new URL('engine.ts', import.meta.url))) return 'bench/engine.ts is not there.';
  const dotnet = spawnSync('dotnet', ['--version'], { stdio: 'ignore' });
  return dotnet.status === 0 ? null : 'It needs dotnet on the PATH.';
}

async function engine(quick: boolean): Promise<BenchReport> {
  const { run } = (await import(new URL('engine.ts', import.meta.url).href)) as {
    run: (options: { quick: boolean }) => Promise<BenchReport>;
  };
  return run({ quick });
}
