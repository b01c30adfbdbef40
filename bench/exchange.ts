/**
 * The Exchange wire, measured: CLIXML to EAS records beside a bare saxes tree; a fleet read over HTTPS from the lab in a
 * process of its own; list edits over one, two and four sessions. Floors and peers run in the same minutes, in turns.
 */
import { measureRecords } from './exchange-records.ts';
import { startProcess } from './exchange-process.ts';
import type { BenchProcess, LabAddress, LabUsage, ReadingFigure, WorkFigure } from './exchange-process.ts';
import { median, shown } from './report.ts';
import type { BenchReport } from './report.ts';

/** Sizes of a run. */
export interface ExchangeBenchOptions {
  /** Small sizes, about half a minute; the figures say little. */
  readonly quick?: boolean;
}

interface Sizes {
  readonly devices: number;
  readonly fleet: number;
  readonly calls: number;
  readonly rounds: number;
}

const FULL: Sizes = { devices: 5000, fleet: 100_000, calls: 1000, rounds: 3 };
const QUICK: Sizes = { devices: 1000, fleet: 5000, calls: 100, rounds: 1 };
const SESSIONS = [1, 2, 4];
const PAGE_SIZE = 500;
/** Most memory of a reading of the fleet, MiB. */
const PEAK_MIB = 340;
/** Above this a fleet of four times the size does not fit into the same memory: what a reading keeps has grown. */
const FLAT = 1.1;
/** Client CPU of a reading against a client that only takes as many bytes. */
const AGAINST_BARE = 5;
/** Client CPU of a list edit, ms. */
const EDIT_MS = 1;

/** Runs the bench; about four minutes, and two cores' worth of them. */
export async function run({ quick = false }: ExchangeBenchOptions = {}): Promise<BenchReport> {
  const sizes = quick ? QUICK : FULL;
  const parts = [await records(sizes), await fleets(sizes, quick), await writes(sizes)];
  return {
    name: 'exchange',
    conditions: `lab and client in processes of their own on this machine, Basic over TLS${quick ? '; quick sizes' : ''}`,
    tables: parts.flatMap(({ table }) => [table]),
    bounds: parts.flatMap(({ bounds = [] }) => bounds),
    notes: parts.flatMap(({ notes = [] }) => notes),
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)) as Record<string, number>,
  };
}

interface Part {
  readonly table: readonly (readonly string[])[];
  readonly bounds?: BenchReport['bounds'];
  readonly notes?: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

async function records({ devices, rounds }: Sizes): Promise<Part> {
  const figure = await measureRecords({ devices, rounds: rounds * 3 });
  const { recordsPerSecond, megabytesPerSecond, bareMegabytesPerSecond, bytesPerDevice, ratio } = figure;
  return {
    table: [
      [`CLIXML, ${devices} devices of ${shown(bytesPerDevice)} bytes`, 'MB/s', 'records/s', 'x bare tree'],
      ['bare saxes tree', shown(bareMegabytesPerSecond), '', '1.00'],
      ['message to EAS record', shown(megabytesPerSecond), shown(recordsPerSecond), ratio.toFixed(2)],
    ],
    bounds: [{ name: 'CLIXML to EAS record against a bare tree', value: ratio, relation: '>=', bound: 0.9 }],
    figures: {
      clixmlRecordsPerSecond: recordsPerSecond,
      clixmlMegabytesPerSecond: megabytesPerSecond,
      clixmlRatio: ratio,
    },
  };
}

/** A reading, what it cost the lab, and the same bytes over the same TLS with nothing done about them. */
interface FleetFigure {
  readonly reading: ReadingFigure;
  readonly lab: LabUsage;
  readonly drain: WorkFigure;
}

async function fleets({ fleet }: Sizes, quick: boolean): Promise<Part> {
  const once = await readFleet(fleet);
  const fourfold = await readFleet(fleet * 4);
  const flatness = fourfold.reading.peakMib / once.reading.peakMib;
  const figures = (name: string, { reading, lab, drain }: FleetFigure): Record<string, number> => ({
    [`${name}RecordsPerSecond`]: (reading.records / reading.wallMs) * 1000,
    [`${name}PeakMib`]: reading.peakMib,
    [`${name}LabShare`]: labShare({ reading, lab }),
    [`${name}CpuAgainstBareHttps`]: reading.cpuMs / drain.cpuMs,
  });
  return {
    table: [
      [
        'fleet over HTTPS',
        'records/s',
        'client CPU s',
        'lab CPU s',
        'lab share',
        'x bare HTTPS',
        'client peak MiB',
        'bare peak MiB',
        'wire MB',
      ],
      fleetRow(once),
      fleetRow(fourfold),
    ],
    // A small fleet is read before the garbage collector has found its pace.
    bounds: quick
      ? []
      : [
          { name: 'peak memory, MiB', value: once.reading.peakMib, relation: '<=', bound: PEAK_MIB },
          { name: 'peak memory, four times the fleet against once', value: flatness, relation: '<=', bound: FLAT },
          {
            name: 'CPU of a reading against bare HTTPS',
            value: once.reading.cpuMs / once.drain.cpuMs,
            relation: '<=',
            bound: AGAINST_BARE,
          },
        ],
    notes: [
      'lab share: CPU time of the lab in that of both. x bare HTTPS: client CPU against a client that only drains as many bytes.',
    ],
    figures: { ...figures('fleet', once), ...figures('fourfoldFleet', fourfold), peakMemoryRatio: flatness },
  };
}

async function readFleet(phones: number): Promise<FleetFigure> {
  return withLab(phones, async (lab, address) => {
    const before = await lab.labUsage();
    const reading = await inProcess((client) => client.read(address, PAGE_SIZE));
    const used = since(before, await lab.labUsage());
    if (reading.records !== phones) throw new Error(`${reading.records} of ${phones} records were read.`);
    const bytesEach = Math.round(used.bytes / used.requests);
    const drain = await inProcess((client) => client.drain(address, used.requests, bytesEach));
    return { reading, lab: used, drain };
  });
}

function fleetRow({ reading, lab, drain }: FleetFigure): string[] {
  return [
    `${reading.records.toLocaleString('en-US')} records, ${reading.pages} pages`,
    shown((reading.records / reading.wallMs) * 1000),
    shown(reading.cpuMs / 1000),
    shown(lab.cpuMs / 1000),
    `${Math.round(labShare({ reading, lab }) * 100)} %`,
    (reading.cpuMs / drain.cpuMs).toFixed(2),
    shown(reading.peakMib),
    shown(drain.peakMib),
    shown(lab.bytes / 1e6),
  ];
}

function labShare({ reading, lab }: Pick<FleetFigure, 'reading' | 'lab'>): number {
  return lab.cpuMs / (lab.cpuMs + reading.cpuMs);
}

/** One round of list edits over so many sessions. */
interface WriteRound {
  readonly callsPerSecond: number;
  readonly wallMs: number;
  readonly clientMs: number;
  readonly handlingMs: number;
  readonly requests: number;
  /** Against as many empty requests of the same size, one after the other. */
  readonly againstBare: number;
}

async function writes({ calls, rounds }: Sizes): Promise<Part> {
  const measured = new Map<number, WriteRound[]>(SESSIONS.map((sessions) => [sessions, []]));
  await withLab(calls, async (lab, address) => {
    for (let round = -1; round < rounds; round++) {
      for (const sessions of SESSIONS) {
        const figure = await writeRound(lab, address, { calls, sessions });
        if (round >= 0) measured.get(sessions)?.push(figure);
      }
    }
  });
  const of = (sessions: number, field: keyof WriteRound): number =>
    median((measured.get(sessions) ?? []).map((round) => round[field]));
  return {
    table: [
      [
        `${calls} Set-CASMailbox, ms a call`,
        'calls/s',
        'elapsed',
        "lab's handling",
        'overhead',
        'client CPU',
        'requests',
        'x bare requests',
      ],
      ...SESSIONS.map((sessions) => [
        `${sessions} session${sessions === 1 ? '' : 's'}`,
        shown(of(sessions, 'callsPerSecond')),
        of(sessions, 'wallMs').toFixed(2),
        of(sessions, 'handlingMs').toFixed(2),
        (of(sessions, 'wallMs') - of(sessions, 'handlingMs')).toFixed(2),
        of(sessions, 'clientMs').toFixed(2),
        of(sessions, 'requests').toFixed(1),
        of(sessions, 'againstBare').toFixed(2),
      ]),
    ],
    bounds: [
      { name: 'client CPU of a list edit, one session, ms', value: of(1, 'clientMs'), relation: '<=', bound: EDIT_MS },
    ],
    notes: [
      'elapsed: time of the run by the number of calls, whatever ran side by side. overhead: elapsed less the handling in the lab.',
      'x bare requests: elapsed against as many empty HTTPS requests of the same size, one after the other, in the same round.',
    ],
    figures: Object.fromEntries(
      SESSIONS.flatMap((sessions) => [
        [`writes${sessions}CallsPerSecond`, of(sessions, 'callsPerSecond')],
        [`writes${sessions}OverheadMs`, of(sessions, 'wallMs') - of(sessions, 'handlingMs')],
        [`writes${sessions}AgainstBare`, of(sessions, 'againstBare')],
      ]),
    ),
  };
}

async function writeRound(
  lab: BenchProcess,
  address: LabAddress,
  { calls, sessions }: { calls: number; sessions: number },
): Promise<WriteRound> {
  const before = await lab.labUsage();
  const work = await inProcess((client) => client.write(address, calls, sessions));
  const used = since(before, await lab.labUsage());
  const bytesEach = Math.round(used.bytes / used.requests);
  const bare = await inProcess((client) => client.drain(address, used.requests, bytesEach));
  return {
    callsPerSecond: (calls / work.wallMs) * 1000,
    wallMs: work.wallMs / calls,
    clientMs: work.cpuMs / calls,
    handlingMs: used.handlingMs / calls,
    requests: used.requests / calls,
    againstBare: work.wallMs / bare.wallMs,
  };
}

function since(before: LabUsage, after: LabUsage): LabUsage {
  return {
    peakMib: after.peakMib,
    cpuMs: after.cpuMs - before.cpuMs,
    handlingMs: after.handlingMs - before.handlingMs,
    requests: after.requests - before.requests,
    bytes: after.bytes - before.bytes,
  };
}

async function withLab<T>(phones: number, work: (lab: BenchProcess, address: LabAddress) => Promise<T>): Promise<T> {
  const lab = startProcess();
  try {
    return await work(lab, await lab.lab(phones));
  } finally {
    await lab.end();
  }
}

/** Each measurement has a process of its own, so that none inherits the memory or the warm code of another. */
async function inProcess<T>(work: (client: BenchProcess) => Promise<T>): Promise<T> {
  const client = startProcess();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
