/** The dialogs' own code, run without a browser: the fields they save and the validators they give to Node-RED's editor. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { dialogFile } from '../../scripts/editor-includes.mjs';

const NODES = fileURLToPath(new URL('../../nodes', import.meta.url));
const jsonata: unknown = createRequire(createRequire(import.meta.url).resolve('@node-red/util'))('jsonata');

/** One property of `defaults`. */
export interface DialogField {
  readonly value: unknown;
  /** Type of the config node it names. */
  readonly type?: string;
  readonly validate?: (this: unknown, value: unknown, opt: unknown) => unknown;
}

export interface Dialog {
  readonly html: string;
  readonly category: string;
  readonly paletteLabel?: string;
  readonly defaults: Readonly<Record<string, DialogField>>;
}

/** What the dialog of a node type registers. */
export function dialogOf(type: string): Dialog {
  const html = dialogFile(NODES, type);
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  let registered: Omit<Dialog, 'html'> | undefined;
  const RED = {
    nodes: { registerType: (_type: string, definition: Dialog) => (registered = definition), node: () => null },
    editor: { getEditStack: () => [] },
  };
  runInNewContext(script, { RED, URL, jsonata, $: () => ({ length: 0 }) });
  if (registered === undefined) throw new Error(`${type} registers nothing.`);
  return { html, ...registered };
}

/**
 * What the editor makes of a value of a node whose dialog was never opened: true, or the reason. As Node-RED does it: a
 * text counts as a reason only from a validator with two parameters, else any text is a yes.
 */
export function judge(type: string, dialog: Dialog, properties: Record<string, unknown>, property: string): unknown {
  const { validate } = dialog.defaults[property] ?? {};
  if (validate === undefined) return true;
  const node = { type, _def: dialog, _: (key: string) => key, ...properties };
  const answer = validate.call(node, properties[property], {});
  return typeof answer === 'string' && validate.length === 2 ? answer : Boolean(answer);
}
