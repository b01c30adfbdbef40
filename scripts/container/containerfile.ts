/** Reads a Containerfile into its instructions: https://docs.docker.com/reference/dockerfile/, as far as ours goes. */

/** One instruction: its word in capitals, the rest as it is written, and the stage that it belongs to. */
export interface Instruction {
  readonly word: string;
  readonly rest: string;
  /** Number of the FROM before it; -1 before the first. */
  readonly stage: number;
}

/** Lines that end in a backslash go on; comments and empty lines are left out. */
export function readContainerfile(text: string): readonly Instruction[] {
  let stage = -1;
  return text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
      if (word.toUpperCase() === 'FROM') stage += 1;
      return { word: word.toUpperCase(), rest, stage };
    });
}

/** Debian's packages that a RUN line installs. */
export function debianPackages(instructions: readonly Instruction[]): readonly string[] {
  const installed = instructions
    .filter(({ word }) => word === 'RUN')
    .flatMap(({ rest }) => [...rest.matchAll(/apt-get install ([^&|;]+)/g)].map(([, words = '']) => words));
  return [...new Set(installed.flatMap((words) => words.split(/\s+/)).filter((word) => /^[a-z]/.test(word)))].sort();
}

/** Images of the FROM lines, with the defaults of the ARGs before them. */
export function baseImages(instructions: readonly Instruction[]): readonly string[] {
  const defaults = new Map(
    instructions
      .filter(({ word, stage }) => word === 'ARG' && stage === -1)
      .map(({ rest }) => [rest.split('=')[0] ?? '', rest.slice(rest.indexOf('=') + 1)] as const),
  );
  const named = instructions
    .filter(({ word }) => word === 'FROM')
    .map(({ rest }) =>
      (rest.split(/\s+/)[0] ?? '').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => defaults.get(name) ?? ''),
    );
  return [...new Set(named)];
}
