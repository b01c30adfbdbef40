/** What a release is refused for: the table of scripts/release/refusals.ts, one wrong thing at a time. */
import assert from 'node:assert/strict';
import { readFacts } from '../../scripts/release.ts';
import { newestSection } from '../../scripts/release/changelog.ts';
import { refusals, securityAddress } from '../../scripts/release/refusals.ts';
import type { ReleaseFacts } from '../../scripts/release/refusals.ts';

const REPOSITORY = 'https://git.contoso.com/connector';
const GOOD: ReleaseFacts = {
  section: { version: '1.2.3', date: '2026-12-01', entries: ['- **New.** It does more.'] },
  manifest: {
    name: '@contoso/connector',
    version: '1.2.3',
    homepage: `${REPOSITORY}#readme`,
    bugs: { url: `${REPOSITORY}/issues` },
    repository: { url: `git+${REPOSITORY}.git` },
    publishConfig: { access: 'public', provenance: true },
    engines: { node: '>=22.9' },
    'node-red': { version: '>=4.1.0' },
  },
  lockVersion: '1.2.3',
  containerVersion: '1.2.3',
  frozenFlows: ['1.2.3.json'],
  securityPage: '**Address:** security@contoso.com\n\n| Node.js | 22.9 | x |\n| Node-RED | 4.1 | x |\n',
  remotes: ['git@git.contoso.com:connector.git'],
  changes: [],
  tags: ['v1.2.3'],
};
const { manifest } = GOOD;

describe('a release', () => {
  it('has nothing against it when all is entered', () => assert.deepEqual(refusals(GOOD), []));

  const WRONG: readonly (readonly [string, Partial<ReleaseFacts>, readonly RegExp[]])[] = [
    [
      'another version in package.json',
      { manifest: { ...manifest, version: '1.2.2' } },
      [/package\.json says 1\.2\.2/],
    ],
    ['another version in the lock file', { lockVersion: '1.2.2' }, [/package-lock\.json says 1\.2\.2/]],
    ['another version in the container', { containerVersion: '1.2.2' }, [/container\/package\.json says 1\.2\.2/]],
    ['a section without a date', { section: { ...GOOD.section, date: null } }, [/calls 1\.2\.3 unreleased/]],
    ['a section without an entry', { section: { ...GOOD.section, entries: [] } }, [/says nothing about 1\.2\.3/]],
    ['no flow that was frozen', { frozenFlows: ['1.2.2.json'] }, [/no test\/fixtures\/flows\/1\.2\.3\.json/]],
    [
      'no address of the project',
      { manifest: { ...manifest, repository: { url: '' } } },
      [/no address of the repository/],
    ],
    [
      'an address that nobody pushes to',
      { remotes: ['https://git.contoso.com/other'] },
      [/this clone is not pushed there/],
    ],
    ['issues elsewhere', { manifest: { ...manifest, bugs: { url: 'https://other.example/issues' } } }, [/"bugs"/]],
    ['no provenance', { manifest: { ...manifest, publishConfig: { access: 'public' } } }, [/"publishConfig"/]],
    [
      'no address for weaknesses',
      { securityPage: GOOD.securityPage.replace(/security@.*/, '*not entered yet*') },
      [/SECURITY\.md has no address/],
    ],
    [
      'a table of other versions',
      { securityPage: GOOD.securityPage.replace('22.9', '24').replace('4.1', '5.0') },
      [/begin Node\.js with 22\.9/, /begin Node-RED with 4\.1/],
    ],
    ['changes that are in no commit', { changes: [' M README.md'] }, [/1 changes/]],
    ['no tag', { tags: [] }, [/no tag v1\.2\.3/]],
  ];
  for (const [what, change, expected] of WRONG)
    it(`is refused for ${what}`, () => {
      const refused = refusals({ ...GOOD, ...change });
      assert.equal(refused.length, expected.length, refused.join('\n'));
      for (const [at, pattern] of expected.entries()) assert.match(refused[at] ?? '', pattern);
    });

  it('takes an address that a person or a browser reaches, and no sample', () => {
    const addresses = [
      'security@contoso.com',
      '<https://contoso.com/report>',
      'security@example.com',
      '*not entered yet*',
      'ask us',
    ];
    assert.deepEqual(
      addresses.map((address) => securityAddress(`**Address:** ${address}\n`) !== null),
      [true, true, false, false, false],
    );
  });

  it('has its version from the newest heading of the changelog', () => {
    const changelog = (heading: string): string =>
      `# Changelog\n\nText.\n\n## ${heading}\n\n### Added\n- One.\n- Two.\n\n## 1.0.0, 2026-01-01\n- Old.\n`;
    const entries = ['- One.', '- Two.'];
    assert.deepEqual(newestSection(changelog('1.1.0, unreleased')), { version: '1.1.0', date: null, entries });
    assert.deepEqual(newestSection(changelog('1.1.0, 2026-12-01')), { version: '1.1.0', date: '2026-12-01', entries });
    for (const heading of ['Unreleased', '1.1, unreleased', '1.1.0, soon', '1.1.0'])
      assert.throws(() => newestSection(changelog(heading)), /begins with "## /);
  });

  it('of this clone lacks nothing but what whoever releases it enters', () => {
    const facts = readFacts();
    const entered: Partial<ReleaseFacts> = {
      section: { ...facts.section, date: '2026-12-01' },
      remotes: [facts.manifest.repository?.url ?? ''],
      securityPage: facts.securityPage.replace('*not entered yet*', 'security@contoso.com'),
      changes: [],
      tags: [`v${facts.section.version}`],
    };
    assert.deepEqual(refusals({ ...facts, ...entered }), []);
  });
});
