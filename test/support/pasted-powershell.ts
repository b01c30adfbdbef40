/** The PowerShell that a document offers to be pasted: its lines, and what each asks for. */
import { readFileSync } from 'node:fs';
import type { PlainValue } from '../../src/clixml/value.ts';

/** One line: a cmdlet with named parameters. */
export interface PastedCall {
  readonly line: string;
  readonly cmdlet: string;
  readonly parameters: Readonly<Record<string, PlainValue>>;
}

/** The lines of all blocks of a document that begin with the word `powershell`, in order. @param path from the root */
export function pastedLines(path: string): readonly string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^ *```powershell\n([\s\S]*?)^ *```$/gm)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  );
}

const WORD = /"[^"]*"|\$\w+|[^\s,":]+(?::(?=\\)[^\s,"]*)?/;
const TOKEN = new RegExp(`-(?<name>[A-Za-z]+):?|(?<list>(?:${WORD.source})(?:\\s*,\\s*(?:${WORD.source}))*)`, 'gy');

/** Reads a line that is a cmdlet and named parameters: texts, lists, `$true`, `$false`, `$null`, switches. @throws for any other */
export function readPastedCall(line: string): PastedCall {
  const [cmdlet = ''] = /^[A-Z][a-zA-Z]+-[A-Za-z]+/.exec(line) ?? [];
  const parameters: Record<string, PlainValue> = {};
  let name: string | null = null;
  let rest = line.slice(cmdlet.length).trim();
  while (rest !== '') {
    TOKEN.lastIndex = 0;
    const { groups } = TOKEN.exec(rest) ?? {};
    if (cmdlet === '' || groups === undefined) throw new Error(`This is more than a cmdlet with parameters: ${line}`);
    if (groups['name'] !== undefined) {
      name = groups['name'];
      parameters[name] = true;
    } else if (name === null) throw new Error(`A value without the name of its parameter: ${line}`);
    else {
      parameters[name] = valueOf(groups['list'] ?? '');
      name = null;
    }
    rest = rest.slice(TOKEN.lastIndex).trim();
  }
  return { line, cmdlet, parameters };
}

function valueOf(list: string): PlainValue {
  const values = [...list.matchAll(new RegExp(WORD.source, 'g'))].map(([word]) => scalarOf(word));
  return values.length === 1 ? (values[0] ?? null) : values;
}

function scalarOf(word: string): PlainValue {
  const constants: Readonly<Record<string, boolean | null>> = { $true: true, $false: false, $null: null };
  if (word.startsWith('$')) {
    const value = constants[word.toLowerCase()];
    if (value === undefined) throw new Error(`${word} is not known.`);
    return value;
  }
  return word.startsWith('"') ? word.slice(1, -1) : word;
}
