/** The examples of the package, as they are shipped, and what each says when its first button is pressed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FlowNode } from './node-red.ts';

/** An entry of a flow, as it is shipped. */
export type Entry = FlowNode & {
  name?: string;
  x?: number;
  y?: number;
  z?: string;
  g?: string;
  info?: string;
  env?: { name: string; value: string; type: string }[];
};

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  name: string;
  'node-red': { nodes: Record<string, string> };
};
/** Name of this package, as the import dialog shows it. */
export const MODULE = manifest.name;
/** Every node type of the package. */
export const NODE_TYPES = Object.keys(manifest['node-red'].nodes);
/** What the example for a dashboard needs beside this package. */
export const DASHBOARD = '@flowfuse/node-red-dashboard@^1.31.0';
/** Name of the comment that every example begins with. */
export const FIRST_COMMENT = 'What this shows, and what to change for production';

/** Their names, as the import dialog shows them. */
export const EXAMPLES: readonly string[] = readdirSync(FOLDER)
  .sort()
  .map((file) => file.replace(/\.json$/, ''));

/** An example as it is shipped. */
export const readExample = (name: string): Entry[] =>
  JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as Entry[];

/** The comment that an example begins with. */
export function firstComment(example: readonly Entry[]): Entry {
  return example.find(({ type, name }) => type === 'comment' && name === FIRST_COMMENT) ?? assert.fail('no comment');
}

/** The inject node that the first comment says to press. */
export function firstButton(example: readonly Entry[]): Entry {
  const [, name] = /Press \*\*Deploy\*\*, then \*\*(.+?)\*\*/.exec(firstComment(example).info ?? '') ?? [];
  return example.find((node) => node.type === 'inject' && node.name === name) ?? assert.fail(`no inject "${name}"`);
}

/** The sentence that comes of a press, of those that debug nodes show. */
const SAID: Readonly<Record<string, RegExp>> = {
  '01': /\d+ devices?: .*blocked/,
  '02': /Dry run of \d+ devices?: \d+ would be blocked/,
  '03': /2 MDM records read/,
  '04': /Autodiscover of contoso\.example/,
  '05': /2 MDM records read/,
  '06': /2 MDM records read/,
  '07': /2 MDM records read/,
  '08': /2 MDM records read/,
  '09': /\d+ devices?: .*blocked/,
  '10': /\d+ devices?: .*blocked/,
  '11': /\d+ devices?: .*blocked/,
  '12': /this one: .*devices?: .*blocked|: .*would be blocked/,
  '13': /changes wait for approval/,
  '14': /is not held/,
  '15': /\d+ devices written to .*exchange-devices-.*\.csv/,
  '16': /Enroll your device/,
};

/** What it says when its first button is pressed. */
export const saidBy = (name: string): RegExp => SAID[name.slice(0, 2)] ?? assert.fail(`${name} says nothing`);
