/** How large the packed file may be: `budget.json` beside this. */

/** Kilobytes (1,000 bytes) and numbers that are not to be passed. */
export interface Budget {
  readonly kilobytesPacked: number;
  readonly kilobytesUnpacked: number;
  readonly files: number;
  /** Kilobytes of what is below a folder; one that is not named here may not be in the file. */
  readonly folders: Readonly<Record<string, number>>;
}

/** What `npm pack --json` says of the file; sizes in bytes. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** A line of the list. */
export interface Part {
  readonly name: string;
  readonly files: number;
  readonly kilobytes: number;
  /** Null: it has none. */
  readonly budget: number | null;
}

const toKilobytes = (bytes: number): number => Math.round(bytes / 100) / 10;

/** What is in the file by the folders of the budget, the largest first; single files of the root are one part. */
export function partsOf(packed: Packed, { folders }: Budget): Part[] {
  const named = Object.keys(folders);
  const partOf = (path: string): string =>
    named.find((folder) => path.startsWith(`${folder}/`)) ??
    (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : 'files of the root');
  const parts = new Map<string, { files: number; bytes: number }>();
  for (const { path, size } of packed.files) {
    const { files = 0, bytes = 0 } = parts.get(partOf(path)) ?? {};
    parts.set(partOf(path), { files: files + 1, bytes: bytes + size });
  }
  return [...parts]
    .map(([name, { files, bytes }]) => ({ name, files, kilobytes: toKilobytes(bytes), budget: folders[name] ?? null }))
    .sort((a, b) => b.kilobytes - a.kilobytes);
}

/** Small files that stand in `dist` and in the root themselves. */
const WITHOUT_BUDGET = ['files of the root', 'dist'];

/** What is too large, or not expected, a sentence each. */
export function budgetProblems(packed: Packed, budget: Budget): string[] {
  const totals = [
    ['The packed file', toKilobytes(packed.size), budget.kilobytesPacked, 'kB'],
    ['The unpacked package', toKilobytes(packed.unpackedSize), budget.kilobytesUnpacked, 'kB'],
    ['The package', packed.files.length, budget.files, 'files'],
  ] as const;
  const expected = partsOf(packed, budget).filter(({ name }) => !WITHOUT_BUDGET.includes(name));
  return [
    ...totals
      .filter(([, is, may]) => is > may)
      .map(([what, is, may, unit]) => `${what} has ${is} ${unit}, ${may} are budgeted.`),
    ...expected.flatMap(({ name, kilobytes, budget: may }) => {
      if (may === null) return [`${name} is in the package and in no budget.`];
      return kilobytes > may ? [`${name} has ${kilobytes} kB, ${may} are budgeted.`] : [];
    }),
  ];
}
