// Makes dist/: CommonJS from the TypeScript sources, and the editor files beside it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialogFile } from './editor-includes.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });

// It takes some seconds, before which `npm start` and the demo say nothing.
if (process.stderr.isTTY) process.stderr.write('Building the nodes …\n');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
for (const project of ['tsconfig.build.json', 'tsconfig.console.json']) {
  const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, project)], { stdio: 'inherit', cwd: root });
  if (compiled.status !== 0) process.exit(compiled.status ?? 1);
}

// The sources are ES modules, the output is not: Node-RED 4.1 loads nodes with require().
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');

// Small pure packages travel inside dist, with their licence, and are no dependencies of the package: name → its one file.
const VENDORED = { tldts: 'dist/index.cjs.min.js', re2js: 'build/index.cjs', uqr: 'dist/index.cjs' };
for (const [name, file] of Object.entries(VENDORED)) {
  const [from, to] = [join(root, 'node_modules', name), join(dist, 'vendor', name)];
  mkdirSync(to, { recursive: true });
  const { version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const code = readFileSync(join(from, file), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  writeFileSync(join(to, 'index.js'), `/* ${name} ${version}, ${license}, see LICENSE */\n${code}`);
  cpSync(join(from, 'LICENSE'), join(to, 'LICENSE'));
}
for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
  const file = join(entry.parentPath, entry.name);
  if (!entry.name.endsWith('.js') || file.startsWith(join(dist, 'vendor'))) continue;
  const code = readFileSync(file, 'utf8');
  const vendored = code.replace(/\brequire\("([^"]+)"\)/g, (call, name) => {
    if (!Object.hasOwn(VENDORED, name)) return call;
    const path = relative(dirname(file), join(dist, 'vendor', name, 'index.js'))
      .split(sep)
      .join(posix.sep);
    return `require("${path}")`;
  });
  if (vendored !== code) writeFileSync(file, vendored);
}

// The console's page stays modules, which browsers load as they are, in one folder with the one package that they use.
const page = join(dist, 'console');
for (const folder of ['console-page', 'console']) {
  for (const name of readdirSync(join(page, folder))) {
    const code = readFileSync(join(page, folder, name), 'utf8');
    writeFileSync(
      join(page, name),
      code.replaceAll(
        /from '(lit-html(?:\/directives\/repeat\.js)?|\.\.\/console\/[\w-]+\.js)'/g,
        (_, from) => `from './${posix.basename(from, '.js')}.js'`,
      ),
    );
  }
  rmSync(join(page, folder), { recursive: true });
}
for (const name of ['index.html', 'page.css', 'icon.svg'])
  cpSync(join(root, 'src', 'console-page', name), join(page, name));
const lit = join(root, 'node_modules', 'lit-html');
cpSync(join(lit, 'LICENSE'), join(page, 'lit-html.LICENSE'));
for (const path of ['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js']) {
  const code = readFileSync(join(lit, path), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  writeFileSync(join(page, posix.basename(path)), code.replaceAll('from"../', 'from"./'));
}
const { error: germanErrors } = JSON.parse(readFileSync(join(root, 'nodes', 'locales', 'de', 'shared.json'), 'utf8'));
writeFileSync(join(page, 'german-errors.json'), JSON.stringify(germanErrors));

const nodes = join(root, 'nodes');
const nodeTypes = readdirSync(nodes, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
  .map((entry) => entry.name);
cpSync(nodes, join(dist, 'nodes'), { recursive: true, filter: (source) => !source.endsWith('.ts') });

for (const type of nodeTypes) {
  writeFileSync(join(dist, 'nodes', type, `${type}.html`), dialogFile(nodes, type));
  rmSync(join(dist, 'nodes', type, 'editor'), { recursive: true, force: true });
}
rmSync(join(dist, 'nodes', 'editor'), { recursive: true, force: true });

// Texts that all nodes share (statuses, fields, errors) are kept once and join each node's own catalogue under "shared".
for (const type of nodeTypes) {
  const locales = join(dist, 'nodes', type, 'locales');
  for (const language of readdirSync(locales)) {
    const file = join(locales, language, `${type}.json`);
    const shared = JSON.parse(readFileSync(join(nodes, 'locales', language, 'shared.json'), 'utf8'));
    const own = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...own, shared }, null, 2));
  }
}
rmSync(join(dist, 'nodes', 'locales'), { recursive: true, force: true });
