/** The README: its pictures are there, small and current, and what it claims is so. What its commands do: test-package/readme.test.ts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER, MAX_BYTES, PICTURES } from '../../scripts/pictures/list.ts';
import { sevenSteps } from '../../scripts/pictures/seven-steps.ts';
import { readExample } from '../../scripts/lab-flow.ts';
import { WORKFLOW_STORIES } from '../../src/lab/phone-stories.ts';
import { chunksOf } from '../support/png-reader.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  name: string;
  license: string;
  repository: { url: string };
  files: string[];
  engines: { node: string };
  'node-red': { version: string; nodes: Record<string, string> };
};

describe('the pictures of the README', () => {
  const repository = /github\.com\/(.+)\.git$/.exec(manifest.repository.url)?.[1];
  const address = `https://raw.githubusercontent.com/${repository}/HEAD/${FOLDER}/`;
  const named = [...readme.matchAll(/(?:src|srcset)="([^"]+)"/g)].map((match) => match[1] ?? '');

  it('are linked absolutely, as the package on npm does not carry them', () => {
    assert.deepEqual(
      named.filter((link) => !link.startsWith(address)),
      [],
    );
    assert.ok(!manifest.files.includes('docs'));
  });

  it('are those that npm run pictures makes, all of them, and no other file is beside them', () => {
    const names = Object.keys(PICTURES).sort();
    assert.deepEqual([...new Set(named.map((link) => link.slice(address.length)))].sort(), names);
    assert.deepEqual(readdirSync(join(ROOT, FOLDER)).sort(), names);
  });

  it('are each and together below their budget', () => {
    const sizes = Object.entries(PICTURES).map(([name, { maxBytes }]) => {
      const { size } = statSync(join(ROOT, FOLDER, name));
      assert.ok(size > 0 && size <= maxBytes, `${name} has ${size} of ${maxBytes} bytes`);
      return size;
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total <= MAX_BYTES, `together ${total} of ${MAX_BYTES} bytes`);
  });

  it('say in words what they show, for those who do not see them', () => {
    const tags = [...readme.matchAll(/<img [^>]*>/g)].map(([tag]) => tag);
    assert.ok(tags.length > 5);
    assert.deepEqual(
      tags.filter((tag) => !/ alt="[^"]{20,}"/.test(tag)),
      [],
    );
  });

  it('have the drawing of the seven steps as the script draws it', () => {
    for (const page of ['light', 'dark'] as const)
      assert.equal(readFileSync(join(ROOT, FOLDER, `seven-steps-${page}.svg`), 'utf8'), sevenSteps(page));
  });

  it('have a recording that moves, for ever, at a pace that can be read', () => {
    const chunks = chunksOf(readFileSync(join(ROOT, FOLDER, 'start.png')));
    const control = chunks.find(({ type }) => type === 'acTL');
    assert.ok(control !== undefined, 'it is animated');
    assert.ok(control.data.readUInt32BE(0) >= 8, 'it has some frames');
    assert.equal(control.data.readUInt32BE(4), 0, 'it repeats');
    const delays = chunks.filter(({ type }) => type === 'fcTL').map(({ data }) => data.readUInt16BE(20));
    assert.ok(Math.min(...delays) >= 700, `each frame is shown long enough: ${delays.join(', ')} ms`);
  });
});

describe('what the README claims', () => {
  /** Words of the README, and what they must be. */
  const claims: Readonly<Record<string, () => void>> = {
    'how many people set up their phones with npm start': () =>
      assert.equal(
        /\*\* (\w+) people set up their phones/.exec(readme)?.[1],
        ['Five', 'Six', 'Seven'][WORKFLOW_STORIES.length - 5],
      ),
    'which Node-RED and which Node.js it needs': () => {
      assert.match(readme, /\(4\.1 or later, Node\.js 22\.9 or later, 22\.13 for the file store\)/);
      assert.deepEqual([manifest['node-red'].version, manifest.engines.node], ['>=4.1.0', '>=22.9']);
      assert.match(readFileSync(join(ROOT, 'src/store/load-store.ts'), 'utf8'), /NEEDED[^=]*= \[22, 13\]/);
    },
    'how it is installed': () => assert.ok(readme.includes(`npm install ${manifest.name}\n`)),
    'under which licence it is': () => assert.ok(readme.endsWith(`${manifest.license} licence.\n`)),
    'that everything in the example is simulated, and that its access switch only says what it would do': () => {
      assert.ok(readme.includes('Everything in it is simulated'));
      const kinds = readExample().flatMap((entry) => {
        const kind = {
          'exchange-server': 'kind',
          'mdm-tenant': 'kind',
          'mail-account': 'transport',
          'access-switch': 'mode',
        }[entry.type];
        return kind === undefined ? [] : [`${entry.type}: ${String(entry[kind])}`];
      });
      assert.deepEqual(kinds.sort(), [
        'access-switch: simulate',
        'exchange-server: simulated',
        'mail-account: simulated',
        'mdm-tenant: simulated',
      ]);
    },
    'how the example is started, and what it says then': () => {
      assert.ok(readme.includes('press **Deploy**, then the button of **full sync**'));
      const full = readExample().find(({ name }) => name === 'full sync');
      assert.deepEqual([full?.type, full?.['once']], ['inject', false]);
      const status = /such as "would block \d+, allow \d+"/.exec(readme)?.[0] ?? '';
      const shown = status
        .replace(/^such as /, '')
        .replace(/\d+/, '__blocked__')
        .replace(/\d+/, '__allowed__');
      assert.ok(
        readFileSync(join(ROOT, 'nodes/access-switch/locales/en-US/access-switch.json'), 'utf8').includes(shown),
      );
    },
    'what tabs, buttons and modes are called': () => {
      const texts = ['access-switch', 'connector-store']
        .map((type) => readFileSync(join(ROOT, `nodes/${type}/locales/en-US/${type}.json`), 'utf8'))
        .join();
      const names = ['Rules', 'Try it', 'Simulation', 'Open console', 'Enforce', 'Approve', 'Discard'];
      assert.deepEqual(
        names.filter((name) => !readme.includes(name) || !new RegExp(`"${name}\\b`).test(texts)),
        [],
      );
      assert.ok(readExample().some(({ type, name }) => type === 'inject' && name === 'dry run'));
      assert.ok(readExample().some(({ type, label }) => type === 'tab' && label === 'Exchange connector'));
    },
    'how often an unmanaged phone is looked for': () => {
      assert.ok(readme.includes('looked for every two minutes'));
      assert.equal(readExample().find(({ name }) => name === 'new phones')?.['repeat'], '120');
    },
    'which example is imported': () => assert.ok(existsSync(join(ROOT, 'examples', '01 connector workflow.json'))),
    'which languages are spoken': () => {
      assert.ok(readme.includes('speak English and German'));
      assert.deepEqual(readdirSync(join(ROOT, 'nodes/locales')).sort(), ['de', 'en-US']);
    },
  };
  for (const [claim, check] of Object.entries(claims)) it(`is so: ${claim}`, check);

  it('names every node in its table, and every configuration, as the editor calls them', () => {
    const rows = [...readme.matchAll(/^\| ([^|*-][^|]*?) \| [^|]+ \|$/gm)].map((match) => match[1]);
    const configurations = (/^Configurations: ([^.]+)\./m.exec(readme)?.[1] ?? '').split(', ');
    const labels = Object.keys(manifest['node-red'].nodes).map((type) => {
      const texts = JSON.parse(
        readFileSync(join(ROOT, 'nodes', type, 'locales/en-US', `${type}.json`), 'utf8'),
      ) as Record<string, { label: string }>;
      return texts[type]?.label ?? type;
    });
    const known = new Set([...rows, ...configurations]);
    assert.deepEqual(
      labels.filter((label) => !known.has(label)),
      [],
    );
  });
});
