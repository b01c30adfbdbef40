// Makes dist/: CommonJS from the TypeScript sources, and the editor files beside it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withIncludes } from './editor-includes.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
  cwd: root,
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

// The sources are ES modules, the output is not: Node-RED 4.1 loads nodes with require().
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');

const nodes = join(root, 'nodes');
const nodeTypes = readdirSync(nodes, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
  .map((entry) => entry.name);
cpSync(nodes, join(dist, 'nodes'), { recursive: true, filter: (source) => !source.endsWith('.ts') });

for (const type of nodeTypes) {
  const file = join(dist, 'nodes', type, `${type}.html`);
  writeFileSync(file, withIncludes(readFileSync(file, 'utf8'), join(nodes, 'editor')));
}
rmSync(join(dist, 'nodes', 'editor'), { recursive: true, force: true });

// Texts that all nodes share (statuses, errors) are kept once and join each node's own catalogue under "shared".
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
