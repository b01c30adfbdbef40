/** The licences of everything that users get: dependencies with theirs, by the lock file, and what is taken into `dist`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences that a package under MIT may depend on and carry; names of https://spdx.org/licenses/. */
export const FREE_LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
] as const;

/** A package with its licence. */
export interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** It travels inside `dist`; the others are installed beside the package. */
  readonly bundled: boolean;
}

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

/** What npm installs with this package. @param lock a package-lock.json of version 3 */
export function installedWith(lock: { readonly packages: Readonly<Record<string, Locked>> }): Licensed[] {
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path, { version, license = 'none' }]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      version,
      licence: license,
      bundled: false,
    }));
}

/**
 * What is taken into a built `dist`: folders of `dist/vendor`, and packages of the console's page.
 * @param root folder of this package, with `node_modules`
 */
export function bundledIn(root: string): (Licensed & { readonly hasText: boolean })[] {
  const vendored = readdirSync(join(root, 'dist', 'vendor')).map((name) => ({
    name,
    text: join('dist', 'vendor', name, 'LICENSE'),
  }));
  const ofPage = readdirSync(join(root, 'dist', 'console'))
    .filter((file) => existsSync(join(root, 'node_modules', file.replace(/\.js$/, ''), 'package.json')))
    .map((file) => file.replace(/\.js$/, ''))
    .map((name) => ({ name, text: join('dist', 'console', `${name}.LICENSE`) }));
  return [...vendored, ...ofPage].map(({ name, text }) => {
    const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
      license: string;
    };
    return { name, version, licence: license, bundled: true, hasText: existsSync(join(root, text)) };
  });
}

/** What is wrong with them, a sentence each. */
export function licenceProblems(all: readonly (Licensed & { readonly hasText?: boolean })[]): string[] {
  return all.flatMap(({ name, version, licence, hasText }) => [
    ...((FREE_LICENCES as readonly string[]).includes(licence)
      ? []
      : [`${name} ${version} has the licence ${licence}.`]),
    ...(hasText === false ? [`${name} ${version} travels without the text of its licence.`] : []),
  ]);
}
