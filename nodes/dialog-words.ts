/**
 * What dialogs call things, in each language. Node-RED says it in the language of its runtime (`lang` in settings.js); who is
 * refused something may read another one, and log and messages are English, so each is looked up in its own catalogue.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InEach } from '../src/model/say.ts';

/** In the package the catalogues lie beside the built nodes; the sources have theirs in parts. */
const FOLDER = typeof __dirname === 'string' ? __dirname : null;

/** Node-RED's catalogues in the language of its runtime. */
interface Catalogue {
  _(key: string, values: Values): string;
}

type Values = Readonly<Record<string, string | number>>;

type Texts = { readonly [key: string]: string | Texts };

const read = new Map<string, Texts>();

/*
 *   the built catalogue of a language   that language
 *   has the key                         its text, with the values
 *   does not have it, or is not there   as Node-RED says it
 */

/**
 * A text of a node type's catalogue.
 * @param key below the type, as `field.name`; of all types: with `shared.` before it
 * @param folder where the built nodes are; null: nowhere
 */
export function inDialogs(
  RED: Catalogue,
  type: string,
  key: string,
  values: Values = {},
  folder: string | null = FOLDER,
): InEach {
  const full = key.startsWith('shared.') ? key : `${type}.${key}`;
  const said = (language: 'en-US' | 'de'): string => {
    const text = folder === null ? null : textAt(catalogueOf(type, folder, language), full);
    return text === null ? RED._(full, values) : filled(text, values);
  };
  return { each: { en: said('en-US'), de: said('de') } };
}

function catalogueOf(type: string, folder: string, language: string): Texts {
  const file = join(folder, type, 'locales', language, `${type}.json`);
  const known = read.get(file) ?? (JSON.parse(readFileSync(file, 'utf8')) as Texts);
  read.set(file, known);
  return known;
}

function textAt(texts: Texts, key: string): string | null {
  let at: string | Texts | undefined = texts;
  for (const name of key.split('.')) at = typeof at === 'object' && Object.hasOwn(at, name) ? at[name] : undefined;
  return typeof at === 'string' ? at : null;
}

/** As Node-RED fills them in. */
function filled(text: string, values: Values): string {
  return text.replace(/__(\w+?)__/g, (blank, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : blank,
  );
}
