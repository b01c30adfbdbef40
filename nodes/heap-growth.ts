/**
 * How far V8 lets its heap grow while this package works, ADR 0112.
 *
 * With a heap limit of a gigabyte or more V8 collects the old generation when it has become four times of what was alive after
 * the collection before, and keeps the pages that come free. A sync makes much that soon is garbage: what the process takes
 * would be that fourfold, for good. While a message is worked on it is twofold, as V8 has it on a host with little memory.
 *
 * The young generation V8 makes twice as large whenever much of it was alive, in Node.js 24 up to 128 MiB, and with a quarter of
 * that a sync takes as much CPU. While a message is worked on it grows no further once it has as much; nor while Node-RED loads
 * its nodes, by which it would have 64 MiB before the first message comes.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Percent that the old generation may grow by between two collections; 0: as V8 finds right. */
const OLD_FLAG = '--heap-growing-percent';
const OLD_WHILE_WORKING = 100;

/** How many times as large the young generation may become at once; 1: it stays as it is. */
const YOUNG_FLAG = '--semi-space-growth-factor';
const YOUNG_AS_V8_HAS_IT = 2;

type Flag = typeof OLD_FLAG | typeof YOUNG_FLAG;

/** What decides about the same where it is on the command line. */
const CHOICES: Readonly<Record<Flag, readonly string[]>> = {
  [OLD_FLAG]: [OLD_FLAG],
  [YOUNG_FLAG]: [YOUNG_FLAG, '--max-semi-space-size'],
};

/** Both halves of the young generation, from which on it does not grow. */
const YOUNG_BYTES = 32 * 2 ** 20;
const YOUNG_EVERY_MS = 10;

/** So long after the last message it stays: the next page, and what is done in the background, come within it. */
const LINGER_MS = 10_000;

/** What V8 is told, and what it tells. */
export interface HeapOfV8 {
  /** Takes flags as on the command line; both are read at each collection. */
  readonly setFlags: (flags: string) => void;
  /** Bytes of both halves of the young generation. */
  readonly youngBytes: () => number;
}

/** Counts what is worked on, and tells V8. */
export class HeapGrowth {
  readonly #v8: HeapOfV8;
  readonly #chosen: ReadonlySet<Flag>;
  readonly #lingerMs: number;
  readonly #told: Record<Flag, number> = { [OLD_FLAG]: 0, [YOUNG_FLAG]: YOUNG_AS_V8_HAS_IT };
  #working = 0;
  #looking: NodeJS.Timeout | null = null;
  #end: NodeJS.Timeout | null = null;

  /** @param chosen what is left alone, {@link chosenBy} */
  constructor(v8: HeapOfV8, chosen: ReadonlySet<Flag> = new Set(), lingerMs = LINGER_MS) {
    this.#v8 = v8;
    this.#chosen = chosen;
    this.#lingerMs = lingerMs;
  }

  /** A message is worked on. @returns to be called once, when it is done */
  begin(): () => void {
    this.#working += 1;
    if (this.#end !== null) clearTimeout(this.#end);
    this.#end = null;
    this.#tell(OLD_FLAG, OLD_WHILE_WORKING);
    this.#look();
    this.#looking ??= setInterval(() => this.#look(), YOUNG_EVERY_MS).unref();
    return () => {
      this.#working -= 1;
      if (this.#working === 0) this.#end = setTimeout(() => this.end(), this.#lingerMs).unref();
    };
  }

  /** As V8 finds right again, at once: what it compiled is kept for a next start under the flags of that moment. */
  end(): void {
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#looking = null;
    this.#tell(OLD_FLAG, 0);
    this.#tell(YOUNG_FLAG, YOUNG_AS_V8_HAS_IT);
  }

  // It becomes smaller when Node.js has little to do, and may then grow again.
  #look(): void {
    this.#tell(YOUNG_FLAG, this.#v8.youngBytes() < YOUNG_BYTES ? YOUNG_AS_V8_HAS_IT : 1);
  }

  #tell(flag: Flag, value: number): void {
    if (this.#told[flag] === value || this.#chosen.has(flag)) return;
    this.#told[flag] = value;
    this.#v8.setFlags(`${flag}=${value}`);
  }
}

/**
 * What whoever started the process has chosen.
 * @param flags of the command line, and the text of `NODE_OPTIONS`, which takes the largest half of the young generation
 */
export function chosenBy(flags: readonly string[], nodeOptions = ''): ReadonlySet<Flag> {
  const given = [...flags, ...nodeOptions.split(/[\s"]+/)].map((flag) => flag.replaceAll('_', '-'));
  const isGiven = (name: string): boolean => given.some((flag) => flag === name || flag.startsWith(`${name}=`));
  return new Set(([OLD_FLAG, YOUNG_FLAG] as const).filter((flag) => CHOICES[flag].some(isGiven)));
}

/** That of this process. */
export const heapGrowth = new HeapGrowth(
  {
    setFlags: setFlagsFromString,
    youngBytes: () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0,
  },
  chosenBy(process.execArgv, process.env['NODE_OPTIONS']),
);
// Node-RED loads its nodes.
heapGrowth.begin()();
process.once('exit', () => heapGrowth.end());
