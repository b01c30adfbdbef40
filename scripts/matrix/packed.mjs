// Loaded before tests (`node --import`): they get the packed package's files instead of the sources, and another Node-RED.
// MATRIX_PACKAGE is the folder of the installed package, MATRIX_NODE_RED that of Node-RED.
//
//   asked for                                     what is loaded
//   nodes/….ts, src/….ts, and dist has it         dist/….js of the package, with the names that it exports
//   the same, and dist does not have it           the source (servers of the lab, which are not packed)
//   node-red, @node-red/…, from the tests         those of MATRIX_NODE_RED
//   anything else                                 as without this
import { existsSync } from 'node:fs';
import Module, { createRequire, registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const dist = join(process.env.MATRIX_PACKAGE, 'dist');
const nodeRed = createRequire(join(process.env.MATRIX_NODE_RED, 'package.json'));
const require = createRequire(import.meta.url);
const WRAPPED = '?packed';

const sources = ['nodes', 'src'].map((folder) => pathToFileURL(join(root, folder)).href + '/');

/** The built file of a source; null: it has none. */
function builtOf(url) {
  if (!sources.some((folder) => url.startsWith(folder)) || !url.endsWith('.ts')) return null;
  const file = join(dist, url.slice(pathToFileURL(root).href.length + 1).replace(/\.ts$/, '.js'));
  return existsSync(file) ? file : null;
}

const isOfNodeRed = (specifier, asker) =>
  /^(@node-red\/|node-red$)/.test(specifier) && asker !== undefined && !asker.includes('/node_modules/');

// Node.js 22 asks no hook for `require.resolve`.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (specifier, parent, ...rest) {
  if (isOfNodeRed(specifier, parent?.filename ?? undefined)) return nodeRed.resolve(specifier);
  return resolveFilename.call(this, specifier, parent, ...rest);
};

registerHooks({
  resolve(specifier, context, next) {
    if (isOfNodeRed(specifier, context.parentURL))
      return { url: pathToFileURL(nodeRed.resolve(specifier)).href, shortCircuit: true };
    const resolved = next(specifier, context);
    const built = builtOf(resolved.url);
    return built === null
      ? resolved
      : { url: pathToFileURL(built).href + WRAPPED, format: 'module', shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.endsWith(WRAPPED)) return next(url, context);
    const file = fileURLToPath(url.slice(0, -WRAPPED.length));
    const names = Object.keys(require(file)).filter((name) => name !== '__esModule' && name !== 'default');
    const source = [
      `import { createRequire } from 'node:module';`,
      `const built = createRequire(${JSON.stringify(url)})(${JSON.stringify(file)});`,
      'export default built.default;',
      ...names.map((name) => `export const ${name} = built.${name};`),
    ];
    return { format: 'module', source: source.join('\n'), shortCircuit: true };
  },
});
