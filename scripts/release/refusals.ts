/**
 * What a release is refused for, a sentence each:
 *
 *   version        the changelog's newest, dated, with entries; the same in package.json, lock file, container and fixture
 *   addresses      repository, bugs and homepage are one address, and the one that this clone is pushed to
 *   security       SECURITY.md names an address that somebody reads
 *   support        its table has the versions that package.json asks for
 *   provenance     published in the open, with provenance
 *   clone          nothing is changed or left out, and the commit has the version's tag
 */
import type { Section } from './changelog.ts';

/** What is looked at. */
export interface ReleaseFacts {
  readonly section: Section;
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly homepage?: string;
    readonly bugs?: { readonly url: string };
    readonly repository?: { readonly url: string };
    readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
    readonly engines: { readonly node: string };
    readonly 'node-red': { readonly version: string };
  };
  readonly lockVersion: string;
  readonly containerVersion: string;
  /** Names of the flow files in `test/fixtures/flows`. */
  readonly frozenFlows: readonly string[];
  readonly securityPage: string;
  /** Where the clone is pushed to. */
  readonly remotes: readonly string[];
  /** `git status --porcelain`. */
  readonly changes: readonly string[];
  /** Tags of the commit. */
  readonly tags: readonly string[];
}

/** Everything a release is refused for. */
export function refusals(facts: ReleaseFacts): string[] {
  return [...ofVersion(facts), ...ofAddresses(facts), ...ofSecurity(facts), ...ofClone(facts)];
}

function ofVersion({ section, manifest, lockVersion, containerVersion, frozenFlows }: ReleaseFacts): string[] {
  const { version, date, entries } = section;
  const others = {
    'package.json': manifest.version,
    'package-lock.json': lockVersion,
    'container/package.json': containerVersion,
  };
  return [
    ...Object.entries(others)
      .filter(([, other]) => other !== version)
      .map(([file, other]) => `CHANGELOG.md says ${version}, ${file} says ${other}.`),
    ...(date === null ? [`CHANGELOG.md calls ${version} unreleased: date its heading.`] : []),
    ...(entries.length === 0 ? [`CHANGELOG.md says nothing about ${version}.`] : []),
    ...(frozenFlows.includes(`${version}.json`)
      ? []
      : [`There is no test/fixtures/flows/${version}.json: npm run release -- --freeze makes it.`]),
  ];
}

/** An address as people open it, without what git and npm put around it. */
const plain = (address: string): string =>
  address
    .replace(/^git\+/, '')
    .replace(/^(ssh:\/\/)?git@([^:/]+)[:/]/, 'https://$2/')
    .replace(/(\.git|\/)$/, '');

function ofAddresses({ manifest, remotes }: ReleaseFacts): string[] {
  const repository = plain(manifest.repository?.url ?? '');
  if (!/^https:\/\/[^/]+\/.+/.test(repository)) return ['package.json has no address of the repository.'];
  const { access, provenance } = manifest.publishConfig ?? {};
  return [
    ...(manifest.bugs?.url === `${repository}/issues`
      ? []
      : ['package.json: "bugs" is not the repository with /issues.']),
    ...(manifest.homepage === `${repository}#readme`
      ? []
      : ['package.json: "homepage" is not the repository with #readme.']),
    ...(remotes.some((remote) => plain(remote) === repository)
      ? []
      : [
          `package.json names ${repository}, and this clone is not pushed there: npm would refuse the provenance. Enter the project's address in package.json, "repository".`,
        ]),
    ...(access === 'public' && provenance === true
      ? []
      : ['package.json: "publishConfig" publishes neither in the open nor with provenance.']),
  ];
}

/** The line of SECURITY.md that has the address. */
const ADDRESS = /^\*\*Address:\*\* (.+)$/m;

/** The address to report weaknesses to; null: none is entered. */
export function securityAddress(page: string): string | null {
  const [, entered = ''] = ADDRESS.exec(page) ?? [];
  const [address = ''] = /[\w.+-]+@[\w-]+\.[\w.-]+[a-z]|https:\/\/\S+/.exec(entered) ?? [];
  return address === '' || /\bexample\b/.test(address) ? null : address;
}

function ofSecurity({ securityPage, manifest }: ReleaseFacts): string[] {
  const lowest = (range: string): string => /\d+(\.\d+)*/.exec(range)?.[0] ?? '';
  const needed = {
    'Node.js': lowest(manifest.engines.node),
    'Node-RED': lowest(manifest['node-red'].version).replace(/\.0$/, ''),
  };
  return [
    ...(securityAddress(securityPage) === null ? ['SECURITY.md has no address: enter one that somebody reads.'] : []),
    ...Object.entries(needed)
      .filter(
        ([name, version]) =>
          !new RegExp(`^\\| ${name} \\| ${version.replaceAll('.', '\\.')}\\b`, 'm').test(securityPage),
      )
      .map(([name, version]) => `SECURITY.md: the table of versions does not begin ${name} with ${version}.`),
  ];
}

function ofClone({ changes, tags, section }: ReleaseFacts): string[] {
  return [
    ...(changes.length === 0 ? [] : [`The clone has ${changes.length} changes that are in no commit.`]),
    ...(tags.includes(`v${section.version}`) ? [] : [`The commit has no tag v${section.version}.`]),
  ];
}
