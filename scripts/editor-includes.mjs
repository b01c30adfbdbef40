// Puts the dialog of a node type together. What several dialogs share stands once in nodes/editor, what is too long for the
// dialog's own file in nodes/<type>/editor; the build puts both where the dialog asks for them:
//
//   <!-- include field-text.html property=host icon=server hint -->   a row of the form
//   /* include dialog.css */                                          styles
//   /* include checks.js */                                           a module and what it imports, each once, in one scope
//
// A row has blanks: {{type}} is the node type, {{input}} what the ids of its inputs begin with, the others come from the
// include. A bare word, as `hint`, has the value of `property`. What an include does not give is left out of the row: an
// attribute with such a blank, and a line that begins with {{?blank}}.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The whole html file of a node type's dialog.
 * @param {string} nodes the folder with the node types and `editor`
 * @param {string} type
 * @returns {string}
 */
export function dialogFile(nodes, type) {
  const html = readFileSync(join(nodes, type, `${type}.html`), 'utf8');
  const config = /\bcategory: 'config'/.test(html);
  const given = { type, input: config ? 'node-config-input' : 'node-input' };
  const find = (name) => fileCalled(nodes, type, name);
  const inlined = new Map();
  return html
    .replace(/^( *)<!-- include ([\w-]+\.html)(.*?) -->$/gm, (_line, indent, name, words) =>
      indented(indent, rowOf(readFileSync(find(name), 'utf8'), { ...given, ...valuesOf(words) })),
    )
    .replace(/^( *)\/\* include ([\w-]+\.css) \*\/$/gm, (_line, indent, name) =>
      indented(indent, readFileSync(find(name), 'utf8')),
    )
    .replace(/^( *)\/\* include ([\w-]+\.js) \*\/$/gm, (_line, indent, name) =>
      indented(indent, moduleCode(find(name), inlined)),
    );
}

/** A file of the dialog's own folder, else of the shared one. */
function fileCalled(nodes, type, name) {
  const file = [join(nodes, type, 'editor', name), join(nodes, 'editor', name)].find(existsSync);
  if (file === undefined) throw new Error(`The dialog of ${type} includes ${name}, which is not there.`);
  return file;
}

function indented(indent, text) {
  return text.trimEnd().replace(/^(?=.)/gm, indent);
}

/** `property=host when="kind=a,b" hint` → { property: 'host', when: 'kind=a,b', hint: 'host' } */
function valuesOf(words) {
  const pairs = [...words.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)].map(([, key, quoted, plain]) => [
    key,
    quoted ?? plain,
  ]);
  const { property } = Object.fromEntries(pairs);
  return Object.fromEntries(pairs.map(([key, value]) => [key, value ?? property]));
}

function rowOf(part, values) {
  return part
    .split('\n')
    .map((line) => /^( *)\{\{\?(\w+)\}\}(.*)$/.exec(line) ?? [line, '', null, line])
    .filter(([, , needed]) => needed === null || values[needed] !== undefined)
    .map(([, indent, , rest]) => indent + rest)
    .join('\n')
    .replace(/ [\w-]+="([^"]*)"/g, (attribute, text) =>
      [...text.matchAll(/\{\{(\w+)\}\}/g)].every(([, name]) => values[name] !== undefined) ? attribute : '',
    )
    .replace(/\{\{(\w+)\}\}/g, (_blank, name) => {
      if (values[name] === undefined) throw new Error(`A row asks for ${name}, and its include does not give it.`);
      return values[name];
    });
}

/**
 * A module's code after that of the modules it imports, without import and export, for one scope that all share.
 * @param {Map<string, string>} inlined names at the top of the modules that are there already, with their files
 */
function moduleCode(file, inlined) {
  if (inlined.has(file)) return '';
  inlined.set(file, file);
  const imported = [];
  const code = readFileSync(file, 'utf8')
    .replace(/^import \{[^}]*\} from '(\.[^']+)';\n/gm, (line, path) => {
      if (/ as /.test(line)) throw new Error(`${file} renames what it imports: ${line}`);
      imported.push(resolve(dirname(file), path));
      return '';
    })
    .replace(/^export (?=(async )?(function|const|let|class) )/gm, '');
  for (const [, name] of code.matchAll(/^(?:async )?(?:function|const|let|class) (\w+)/gm)) {
    if (inlined.has(name)) throw new Error(`${file} and ${inlined.get(name)} both have a ${name}.`);
    inlined.set(name, file);
  }
  return [...imported.map((path) => moduleCode(path, inlined)), code.trim()].filter(Boolean).join('\n\n');
}
