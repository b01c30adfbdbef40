import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { causeAndRemedy, ERROR_TABLE, errorTable } from '../../scripts/error-table.ts';
import { ERROR_HELP } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { PHONE_STORIES } from '../../src/lab/phone-stories.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const NUMBERS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );

interface Document {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
}

const documents: readonly Document[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'bench/README.md',
  ...markdownIn('docs'),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Everything the documents say that the pattern's first group finds, with where it stands. */
function said(pattern: RegExp): { readonly what: string; readonly where: string }[] {
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({ what: match[1] ?? '', where: path })),
  );
}

/** A link to our own repository as path and anchor from the root; null for any other. */
function inRepository(link: string): string | null {
  const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    repository: { url: string };
  };
  const base = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const found = /^\/(?:blob|tree)\/HEAD\/(.+)$/.exec(link.startsWith(base) ? link.slice(base.length) : '');
  return found?.[1] ?? null;
}

/** The anchors GitHub gives the headings of a document. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the documents', () => {
  it('name only error codes that exist', () => {
    const unknown = said(/\b(ERR_[A-Z][A-Z_]*[A-Z])\b/g).filter(({ what }) => !Object.hasOwn(ERROR_HELP, what));
    assert.deepEqual(unknown, []);
  });

  it('name only files and folders of this repository that exist', () => {
    const named = said(/`((?:src|nodes|docs|scripts|test|bench|examples)\/[^`\s]*)`/g);
    assert.ok(named.length > 50, 'the documents name files');
    // A placeholder stands for many files.
    const missing = named.filter(({ what }) => !/[<>*…]/.test(what) && !existsSync(join(ROOT, what)));
    assert.deepEqual(missing, []);
  });

  it('link only to what is there, headings included', () => {
    const broken = said(/\]\(([^)\s]+)\)/g).filter(({ what, where }) => {
      const here = inRepository(what);
      if (here === null && /^[a-z]+:/i.test(what)) return false;
      const [file = '', anchor] = (here ?? what).split('#');
      const folder = here === null ? dirname(where) : '';
      const target = file === '' ? join(ROOT, where) : resolve(ROOT, folder, file);
      if (relative(ROOT, target).startsWith('..') || !existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor);
    });
    assert.deepEqual(broken, []);
  });

  it('link absolutely where npm shows them, which has no other file of the repository', () => {
    const links = said(/\]\(([^)\s]+)\)/g).filter(({ where }) => where === 'README.md');
    assert.ok(links.length > 8, 'the links were read');
    assert.deepEqual(
      links.map(({ what }) => what).filter((what) => !/^(https:|#)/.test(what)),
      [],
    );
  });

  it('are whole in the package, without the repository: what its pages link to beside them is in it', () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    const patterns = [...files.flatMap((pattern) => [pattern, `${pattern}/**`]), 'README.md', 'LICENSE'];
    const isShipped = (path: string): boolean => patterns.some((pattern) => matchesGlob(path, pattern));
    const shipped = documents.filter(({ path }) => isShipped(path)).map(({ path }) => path);
    assert.ok(shipped.length > 15, 'the pages are in the package');
    const missing = said(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)
      .filter(({ what, where }) => shipped.includes(where) && !/^[a-z]+:/i.test(what))
      .filter(({ what, where }) => !isShipped(relative(ROOT, resolve(ROOT, dirname(where), what))));
    assert.deepEqual(missing, []);
  });

  it('say how many phones the demo plays', () => {
    const counts = [...documents[0]!.text.matchAll(/(\w+) phones once/g)].map((match) => match[1]);
    assert.deepEqual(counts, [NUMBERS[PHONE_STORIES.length]]);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const missing = said(/\bnpm run ([a-z][a-z:-]*[a-z])/g).filter(({ what }) => !Object.hasOwn(scripts, what));
    assert.deepEqual(missing, []);
  });

  it('number each decision once', () => {
    const numbers = markdownIn('docs/decisions').map((path) => path.replace(/^.*\/(\d{4})-.*$/, '$1'));
    assert.deepEqual(
      numbers.filter((number, at) => numbers.indexOf(number) !== at),
      [],
    );
  });
});

describe('the words for errors', () => {
  it('stand in a table for the administrator that is current; npm run errors writes it', () => {
    assert.equal(readFileSync(join(ROOT, ERROR_TABLE), 'utf8'), errorTable());
  });

  it('give every code a short text for the status of a node, and no other', () => {
    const shared = JSON.parse(readFileSync(join(ROOT, 'nodes/locales/en-US/shared.json'), 'utf8')) as {
      error: Record<string, string>;
    };
    assert.deepEqual(Object.keys(shared.error).sort(), Object.keys(ERROR_HELP).sort());
    const long = Object.entries(shared.error).filter(([, text]) => text.trim() === '' || text.length > 40);
    assert.deepEqual(long, []);
  });

  it('name the cause and the remedy of every code, once each', () => {
    for (const code of Object.keys(ERROR_HELP) as ErrorCode[]) {
      const [cause, remedy] = causeAndRemedy(code);
      assert.match(cause, /^[A-Z].*\.$/, code);
      assert.match(remedy, /^[A-Z].*[.?]$/, code);
    }
    const begins = /^(?:Open|Check|Run|Install|Choose|Enter|Give|Grant|Stop|Move|Correct|Send|Please) /;
    const commands = Object.keys(ERROR_HELP).filter((code) => begins.test(causeAndRemedy(code as ErrorCode)[0]));
    assert.deepEqual(commands, [], 'a cause is no command');
  });

  it('say what to check, as sentences', () => {
    const bad = Object.entries(ERROR_HELP).filter(([, text]) => !/^[A-Z].*[.?]$/.test(text));
    assert.deepEqual(bad, []);
  });
});

describe('the help of the nodes', () => {
  const files = readdirSync(join(ROOT, 'nodes'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /locales.[\w-]+.[\w-]+\.html$/.test(path),
  );

  it('has no colon in the text of an entry: Node-RED would cut it, or print the entry as it stands', () => {
    assert.ok(files.length > 10, 'there is help');
    const bad = files.flatMap((path) =>
      readFileSync(join(ROOT, 'nodes', path), 'utf8')
        .split('\n')
        // `: name (type) : text`, as Node-RED's editor reads it.
        .filter((line) => line.startsWith(':') && !/^: [^:()]+ \([^:()]+\) : [^:]+$/.test(line))
        .map((line) => `${path}: ${line}`),
    );
    assert.deepEqual(bad, []);
  });
});
