import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Which parts a part may import; docs/architecture.md shows the same table. A part may always import itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: ['log'],
  log: [],
  model: ['errors'],
  match: ['model', 'errors'],
  access: ['model', 'errors'],
  notify: ['model', 'errors'],
  qr: [],
  activation: ['model', 'qr', 'errors'],
  clixml: ['errors'],
  psrp: ['clixml', 'errors', 'log'],
  xml: ['errors'],
  wsman: ['xml', 'errors', 'log'],
  http: ['errors', 'log'],
  exchange: ['model', 'clixml', 'psrp', 'wsman', 'http', 'errors', 'log'],
  graph: ['model', 'http', 'errors', 'log'],
  ldap: ['model', 'http', 'errors', 'log'],
  mail: ['model', 'http', 'xml', 'errors', 'log'],
  autodiscover: ['model', 'ldap', 'http', 'xml', 'errors', 'log'],
  mdm: ['model', 'errors', 'log'],
  store: ['model', 'errors', 'log'],
  connector: ['model', 'match', 'access', 'notify', 'activation', 'qr', 'store', 'errors', 'log'],
  console: ['connector', 'store', 'model', 'errors'],
  'console-page': ['console'],
  cli: ['*'],
  lab: ['*'],
  nodes: ['*'],
};

/** Packages that only some parts may use. */
const PACKAGE_OWNERS: Record<string, readonly string[]> = {
  saxes: ['clixml', 'xml'],
  tldts: ['http'],
  ldapts: ['ldap'],
  uqr: ['qr'],
  re2js: ['access'],
  kysely: ['store'],
  'lit-html': ['console-page'],
  'node:sqlite': ['store'],
  nodemailer: ['mail'],
  mustache: ['notify'],
  '@azure/msal-node': ['graph', 'exchange'],
  '@microsoft/microsoft-graph-client': ['graph'],
  'node-red': ['nodes'],
};

/** Files and folders of nodes/ that may know protocols, and which. What is not here knows none. */
const KNOW_PROTOCOLS: Record<string, readonly string[]> = {
  'exchange-server': ['exchange', 'ldap'],
  'mdm-tenant': ['graph'],
  'mail-account': ['mail', 'autodiscover'],
  'autodiscover-check': ['autodiscover'],
  'mdm-source': ['mdm'],
  'connections.ts': ['exchange', 'graph', 'mail', 'http'],
  'join-simulation.ts': ['exchange', 'graph', 'mail', 'lab'],
  // What a field may hold is said once, beside what reads it.
  'fields.ts': ['autodiscover', 'exchange', 'mail', 'mdm'],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^'"\n;]*?(?:from\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
  );
  const multiline = text.matchAll(/^\}\s*from\s*['"]([^'"]+)['"]/gm);
  return [...found, ...multiline].map((match) => ({ file, target: match[1] ?? match[2] ?? '' }));
}

/** `src/exchange/x.ts` → exchange, `src/errors.ts` → errors, `nodes/…` → nodes. */
function partOf(path: string): string {
  const parts = relative(root, path).split(sep);
  return parts[0] === 'src' ? (parts[1] ?? '').replace(/\.ts$/, '') : (parts[0] ?? '');
}

const sources = [...filesBelow(join(root, 'src')), ...filesBelow(join(root, 'nodes'))];
const imports = sources.flatMap(importsOf);
const own = imports
  .filter(({ target }) => target.startsWith('.'))
  .map(({ file, target }) => ({ file, target: resolve(dirname(file), target) }));
const name = (file: string): string => relative(root, file).split(sep).join(posix.sep);

describe('architecture', () => {
  it('lets imports run in one direction only', () => {
    const wrong = own
      .map(({ file, target }) => ({ from: partOf(file), to: partOf(target), file, target }))
      .filter(({ from, to }) => from !== to)
      .filter(({ from, to }) => {
        const allowed = MAY_IMPORT[from];
        return (
          allowed === undefined || (allowed[0] === '*' ? from !== 'nodes' && to === 'nodes' : !allowed.includes(to))
        );
      })
      .map(({ file, target }) => `${name(file)} -> ${name(target)}`);
    assert.deepEqual(wrong, []);
  });

  it('keeps every node out of the folders of the other nodes', () => {
    const folder = (file: string): string => name(file).split('/').slice(0, -1).join('/');
    const wrong = own
      .filter(({ file, target }) => partOf(file) === 'nodes' && partOf(target) === 'nodes')
      .filter(({ file, target }) => folder(target) !== 'nodes' && folder(target) !== folder(file))
      .map(({ file, target }) => `${name(file)} -> ${name(target)}`);
    assert.deepEqual(wrong, []);
  });

  it('lets flow nodes know no protocol: configurations hand the far ends in', () => {
    const protocols = [
      'exchange',
      'graph',
      'ldap',
      'mail',
      'autodiscover',
      'http',
      'mdm',
      'psrp',
      'wsman',
      'clixml',
      'xml',
      'lab',
    ];
    const wrong = own
      .filter(({ file, target }) => partOf(file) === 'nodes' && protocols.includes(partOf(target)))
      .filter(({ file, target }) => !(KNOW_PROTOCOLS[name(file).split('/')[1] ?? ''] ?? []).includes(partOf(target)))
      .map(({ file, target }) => `${name(file)} -> ${name(target)}`);
    assert.deepEqual(wrong, []);
  });

  it('uses a package only in the part that owns it', () => {
    const wrong = imports
      .filter(({ target }) => !target.startsWith('.'))
      .filter(({ file, target }) => {
        const owners =
          PACKAGE_OWNERS[target] ??
          PACKAGE_OWNERS[
            target
              .split('/')
              .slice(0, target.startsWith('@') ? 2 : 1)
              .join('/')
          ];
        return owners !== undefined && !owners.includes(partOf(file));
      })
      .map(({ file, target }) => `${name(file)} -> ${target}`);
    assert.deepEqual(wrong, []);
  });

  it('has no import cycle', () => {
    const edges = new Map<string, string[]>();
    for (const { file, target } of own) edges.set(file, [...(edges.get(file) ?? []), target]);
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].map(name).join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of sources) visit(file, []);
    assert.deepEqual(cycles, []);
  });
});
