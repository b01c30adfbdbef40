/** Sizes, licences and the scorecard of the packed package, and the forms for issues. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { budgetProblems, partsOf } from '../../scripts/release/budget.ts';
import { installedWith, licenceProblems } from '../../scripts/release/licences.ts';
import { cardOf } from '../../scripts/scorecard.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const packed = (files: readonly (readonly [string, number])[], size = 1000) => ({
  filename: 'package.tgz',
  size,
  unpackedSize: files.reduce((sum, [, bytes]) => sum + bytes, 0),
  files: files.map(([path, bytes]) => ({ path, size: bytes })),
});
const BUDGET = { kilobytesPacked: 2, kilobytesUnpacked: 10, files: 4, folders: { 'dist/src': 5, examples: 3 } };

describe('the packed package', () => {
  it('is listed by the folders of the budget, the largest first', () => {
    const files = packed([
      ['package.json', 500],
      ['dist/src/a/b.js', 2000],
      ['dist/src/c.js', 1500],
      ['examples/1.json', 3000],
    ]);
    assert.deepEqual(partsOf(files, BUDGET), [
      { name: 'dist/src', files: 2, kilobytes: 3.5, budget: 5 },
      { name: 'examples', files: 1, kilobytes: 3, budget: 3 },
      { name: 'files of the root', files: 1, kilobytes: 0.5, budget: null },
    ]);
    assert.deepEqual(budgetProblems(files, BUDGET), []);
  });

  it('may not grow beyond its budget, nor hold what nobody budgeted', () => {
    const files = packed(
      [
        ['dist/src/a.js', 6000],
        ['secrets/key.pem', 100],
        ['examples/1.json', 4000],
        ['a', 1],
        ['b', 1],
      ],
      3000,
    );
    assert.deepEqual(budgetProblems(files, BUDGET), [
      'The packed file has 3 kB, 2 are budgeted.',
      'The unpacked package has 10.1 kB, 10 are budgeted.',
      'The package has 5 files, 4 are budgeted.',
      'dist/src has 6 kB, 5 are budgeted.',
      'examples has 4 kB, 3 are budgeted.',
      'secrets is in the package and in no budget.',
    ]);
  });

  it('depends on free licences only', () => {
    const installed = installedWith(JSON.parse(read('package-lock.json')) as Parameters<typeof installedWith>[0]);
    assert.ok(installed.length > 10 && installed.length < 60, String(installed.length));
    assert.deepEqual(licenceProblems(installed), []);
  });

  it('takes no other licence, and carries the text of what is inside it', () => {
    const one = { name: 'a', version: '1.0.0', licence: 'MIT', bundled: true };
    assert.deepEqual(licenceProblems([one, { ...one, hasText: true }]), []);
    assert.deepEqual(
      licenceProblems([
        { ...one, licence: 'GPL-3.0-only' },
        { ...one, hasText: false },
      ]),
      ['a 1.0.0 has the licence GPL-3.0-only.', 'a 1.0.0 travels without the text of its licence.'],
    );
  });
});

describe('the scorecard', () => {
  const ANSWER = { package: {}, P01: { test: true }, P08: { test: true }, N01: { test: true }, D01: { test: false } };

  it('counts what was asked, and what could not be as skipped', () => {
    assert.deepEqual(cardOf(ANSWER, true), { passed: ['P01', 'P08', 'N01'], failed: ['D01'], skipped: [] });
    assert.deepEqual(cardOf(ANSWER, false), { passed: ['P01'], failed: ['D01'], skipped: ['P08', 'N01'] });
  });
});

describe('the forms for issues', () => {
  const FOLDER = '.github/ISSUE_TEMPLATE';
  const forms = readdirSync(new URL(FOLDER, ROOT)).filter((file) => file !== 'config.yml');

  for (const file of forms)
    it(`${file}: is a form, says what to hide, and asks for the versions`, () => {
      const { name, description, body } = parse(read(`${FOLDER}/${file}`)) as {
        name: string;
        description: string;
        body: { type: string; id?: string; attributes: Record<string, unknown>; validations?: { required: boolean } }[];
      };
      assert.ok(name.length > 0 && description.length > 0);
      const known = ['markdown', 'textarea', 'input', 'dropdown', 'checkboxes'];
      assert.deepEqual(
        body.filter(({ type, id }) => !known.includes(type) || (type !== 'markdown' && id === undefined)),
        [],
      );
      assert.ok(body.some(({ id, validations }) => id === 'versions' && validations?.required === true));
      assert.equal(body.at(-1)?.id, 'hidden');
    });

  it('are one for a mistake and one for a question, and no weakness is asked for in the open', () => {
    assert.deepEqual(forms.sort(), ['bug.yml', 'question.yml']);
    assert.match(read(`${FOLDER}/bug.yml`), /SECURITY\.md[\s\S]*Hide before you paste/);
    assert.equal(
      (parse(read(`${FOLDER}/config.yml`)) as { blank_issues_enabled: boolean }).blank_issues_enabled,
      false,
    );
  });
});
