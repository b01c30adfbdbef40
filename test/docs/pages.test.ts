/** The pages of docs/ against the code: tables are whole, properties and commands exist, what is shown as code can be read. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RULE_WORDS } from '../../src/access/rule-words.ts';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';
import { carriesLink, MAIL_KINDS } from '../../src/model/mail-kind.ts';
import { SKIP_REASONS } from '../../src/notify/decide-notification.ts';
import { MAIL_TEXTS_EN } from '../../src/notify/mail-texts-en.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((path) => ({ path, text: read(path) }));

/** The cells of the rows below the heading or the beginning of a page, of the first table there. */
function tableOf(path: string, heading?: string): string[][] {
  const text = read(path);
  const from = heading === undefined ? 0 : text.indexOf(`\n## ${heading}\n`);
  assert.notEqual(from, -1, `${path} has the heading ${heading}`);
  const rows = /(?:^\|.*\n)+/m.exec(text.slice(from))?.[0] ?? '';
  return rows
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Node type → its properties and credentials, as its dialog declares them. */
const properties = new Map(
  readdirSync(join(ROOT, 'nodes'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['locales', 'editor'].includes(entry.name))
    .map(({ name }) => [
      name,
      new Set(
        [...read(`nodes/${name}/${name}.html`).matchAll(/^ +(\w+): \{ ?(?:value|type):/gm)].map(([, one]) => one),
      ),
    ]),
);

/** Node type → what its dialog calls its fields. */
const labels = new Map(
  [...properties.keys()].map((type) => {
    const own = JSON.parse(read(`nodes/${type}/locales/en-US/${type}.json`)) as Record<string, { field?: object }>;
    const shared = JSON.parse(read('nodes/locales/en-US/shared.json')) as { field: object };
    return [type, new Map<string, string>(Object.entries({ ...shared.field, ...own[type]?.field }))];
  }),
);

/** Blocks of code by language. */
function blocks(language: string): { readonly path: string; readonly code: string }[] {
  return pages.flatMap(({ path, text }) =>
    [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(([, code = '']) => ({
      path,
      code,
    })),
  );
}

/** What the package's command says of itself. */
async function helpOf(words: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const keep = (): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString('utf8');
        done();
      },
    });
  const signal = new AbortController().signal;
  const io = { stdout: keep(), stderr: keep(), env: {}, isTerminal: false, columns: null, signal };
  const code = await runCommand([...words, '--help'], io as never);
  return { code, text };
}

describe('the pages', () => {
  it('name only properties that a node has', () => {
    const types = [...properties.keys()].join('|');
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(new RegExp(`\`(${types})\\.(\\w+)\``, 'g'))].map(([, type = '', name = '']) => ({
        path,
        type,
        name,
      })),
    );
    assert.ok(named.length > 25, 'the pages name properties');
    assert.deepEqual(
      named.filter(({ type, name }) => properties.get(type)?.has(name) !== true),
      [],
    );
  });

  it('call a field what its dialog calls it, where they name its property beside it', () => {
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\*([^*|]+)\*(?: of (?:the|a) [\w ]+)? \(`([\w-]+)\.(\w+)`/g)].map(
        ([, label, type = '', name = '']) => ({ path, label, expected: labels.get(type)?.get(name) }),
      ),
    );
    assert.ok(named.length > 8, 'the pages name fields');
    assert.deepEqual(
      named.filter(({ label, expected }) => label !== expected),
      [],
    );
  });

  it('name only reasons that there are', () => {
    const known = new Set<string>([
      ...Object.keys(RULE_WORDS.en.values.reason),
      // What a rule's decision is called that is about compliance.
      'compliant',
      'in-grace',
      'noncompliant',
      'compliance-unknown',
      ...SKIP_REASONS,
    ]);
    const named = [...read('docs/troubleshooting.md').matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => code);
    assert.ok(named.length > 10, 'the page names reasons');
    assert.deepEqual(
      named.filter((code) => !known.has(code)),
      [],
    );
  });

  it('name only rules and presets that there are', () => {
    const { text } = pages.find(({ path }) => path === 'docs/moving.md')!;
    const rules = [...text.matchAll(/the rule \*([^*]+)\*/g)].map(([, name]) => name);
    const presets = [...text.matchAll(/The preset \*([^*]+)\*/g)].map(([, name]) => name);
    assert.ok(rules.length > 3 && presets.length > 0);
    assert.deepEqual(
      rules.filter((name) => !DEFAULT_RULES.some((rule) => rule.name === name)),
      [],
    );
    assert.deepEqual(
      presets.filter((name) => !MDM_PRESETS.some(({ label }) => label === name)),
      [],
    );
  });

  it('show JSON that can be read', () => {
    const shown = blocks('json');
    assert.ok(shown.length > 5, 'the pages show JSON');
    for (const { path, code } of shown) assert.doesNotThrow(() => JSON.parse(code) as unknown, `${path}: ${code}`);
  });

  it('show commands that a shell can read', () => {
    const shown = blocks('bash');
    assert.ok(shown.length > 10, 'the pages show commands');
    const wrong = shown.flatMap(({ path, code }) => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
      return status === 0 ? [] : [`${path}: ${stderr}`];
    });
    assert.deepEqual(wrong, []);
  });

  it('have the access switch simulate before whoever takes the connector away presses undo, or the next sync blocks again', () => {
    const steps = pages.flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => /press `undo`|deploy, `undo`/.test(line))
        .map((line) => ({ path, simulates: /\*Simulate\*.*`undo`/.test(line) })),
    );
    assert.deepEqual(steps, [
      { path: 'docs/first-hour-exchange.md', simulates: true },
      { path: 'docs/operations.md', simulates: true },
      { path: 'docs/troubleshooting.md', simulates: true },
    ]);
  });

  it('publish the port of the flow editor to its own host alone', () => {
    const published = blocks('bash').flatMap(({ path, code }) =>
      [...code.matchAll(/^docker run .* (?:-p|--publish) (\S+)/gm)].map(([, port]) => ({ path, port })),
    );
    assert.deepEqual(published, [{ path: 'docs/kerberos.md', port: '127.0.0.1:1880:1880' }]);
  });

  it('let npx fetch nothing where this package is not installed: whoever takes the name of its command would be run', () => {
    const places = [...pages, { path: 'verdicts of a store', text: read('src/store/check/verdicts.ts') }];
    const all = places.flatMap(({ path, text }) =>
      [...text.matchAll(/npx [^\n`']*exchange-connector/g)].map(([line]) => `${path}: ${line}`),
    );
    assert.ok(all.length > 20, 'the pages run the command');
    assert.deepEqual(
      all.filter((line) => !line.includes('npx --no ')),
      [],
    );
  });

  it('offer commands of this package that it knows, with options that it has', async () => {
    const offered = pages.flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /npx --no (?:--prefix \S+ )?exchange-connector ([a-z]+(?: (?:check|backup|export|move))?)([^\n`|]*)/g,
        ),
      ].map(([, words = '', rest = '']) => ({
        path,
        words: words.split(' '),
        options: rest.match(/--[a-z][a-z-]+/g) ?? [],
      })),
    );
    assert.ok(offered.length > 10, 'the pages offer commands');
    for (const { path, words, options } of offered) {
      const { code, text } = await helpOf(words);
      assert.equal(code, 0, `${path}: ${words.join(' ')}`);
      for (const option of options.filter((one) => one !== '--help'))
        assert.ok(text.includes(option), `${path}: ${words.join(' ')} ${option}`);
    }
  });

  it('say in a table which mail there is, with its subject and whether it has a link', () => {
    assert.deepEqual(
      tableOf('docs/mails.md').map(([kind, , subject, link]) => [kind, subject, link]),
      MAIL_KINDS.map((kind) => [`\`${kind}\``, MAIL_TEXTS_EN.mails[kind].subject, carriesLink(kind) ? 'yes' : 'no']),
    );
  });

  it('say of every reason why no mail is sent what it means', () => {
    const rows = tableOf('docs/mails.md', 'When no mail is sent');
    assert.deepEqual(
      rows.map(([reason]) => reason),
      SKIP_REASONS.map((reason) => `\`${reason}\``),
    );
    assert.ok(rows.every(([, meaning = '']) => meaning.length > 10));
  });
});
