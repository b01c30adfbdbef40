/**
 * What the files of the container have to agree on:
 *
 *   versions         one each, whole; the connector's is this package's, the others are those that it asks for
 *   optional         each optional package is in the image
 *   port             of the image, of Node-RED's settings, of the health check, of compose and of the proxy
 *   variables        those that settings and compose read are those that the page describes
 *   secrets          each file has a line in the page that makes it
 *   terminals        a command of the page whose bytes come from a file or go into one has none (-T)
 *   link             the proxy passes on the activation link's own path, to a service that is there
 */
import type { Compose } from './check-compose.ts';

/** The texts of the files, and this package's manifest. */
export interface ContainerFiles {
  readonly containerfile: string;
  readonly settings: string;
  readonly health: string;
  readonly proxy: string;
  readonly page: string;
  readonly compose: Compose;
  readonly installed: {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly allowScripts: Readonly<Record<string, boolean>>;
  };
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly peerDependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
    readonly 'node-red': { readonly version: string };
  };
  /** "Path" of a new activation link. */
  readonly linkPath: string;
}

/** What does not agree, a sentence each. */
export function checkAgreement(files: ContainerFiles): string[] {
  return [...checkVersions(files), ...checkPorts(files), ...checkWords(files), ...checkProxy(files)];
}

/** Numbers of a version or of a lower bound (">=8.11", "^24.21.0"). */
const numbersOf = (version: string): number[] => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);

/** Whether a version is not below a bound. */
export function reaches(version: string, bound: string): boolean {
  const [have, need] = [numbersOf(version), numbersOf(bound)];
  for (let at = 0; at < need.length; at += 1) {
    const difference = (have[at] ?? 0) - (need[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function checkVersions({
  installed: { dependencies, allowScripts },
  manifest,
  containerfile,
  compose,
}: ContainerFiles): string[] {
  const { name, version, peerDependencies, devDependencies } = manifest;
  const needed = { ...peerDependencies, 'node-red': manifest['node-red'].version, [name]: version };
  const [, node = ''] = /node:(\d+\.\d+\.\d+)/.exec(containerfile) ?? [];
  const own = dependencies[name] === version && compose.services['node-red']?.image.endsWith(`:${version}`) === true;
  return [
    ...Object.entries(dependencies)
      .filter(([, one]) => !/^\d+\.\d+\.\d+$/.test(one))
      .map(([one]) => `${one}: name a whole version.`),
    ...Object.entries(needed)
      .filter(([one, bound]) => !reaches(dependencies[one] ?? '0', bound))
      .map(([one, bound]) => `${one}: ${bound} is asked for, ${dependencies[one] ?? 'none'} is in the image.`),
    ...Object.keys(allowScripts)
      .filter((one) => dependencies[one] === undefined)
      .map((one) => `${one} may run scripts and is not installed.`),
    ...(own ? [] : [`The connector and the image have the version ${version}.`]),
    ...(numbersOf(node)[0] === numbersOf(devDependencies['node'] ?? '')[0]
      ? []
      : [`Node.js ${node} is not the one that is tested with.`]),
  ];
}

function checkPorts({ containerfile, settings, health, proxy, compose }: ContainerFiles): string[] {
  const find = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? 'none';
  const ports = {
    EXPOSE: find(containerfile, /^EXPOSE (\d+)$/m),
    settings: find(settings, /NODE_RED_PORT \|\| (\d+)/),
    'health check': find(health, /NODE_RED_PORT \|\| (\d+)/),
    compose: find(compose.services['node-red']?.ports?.[0] ?? '', /:(\d+)$/),
    proxy: find(proxy, /proxy_pass http:\/\/node-red:(\d+);/),
  };
  const listened = find(proxy, /listen (\d+) ssl;/);
  const published = find(compose.services['proxy']?.ports?.[0] ?? '', /:(\d+)$/);
  return [
    ...Object.entries(ports)
      .filter(([, port]) => port !== ports.EXPOSE)
      .map(([where, port]) => `The port is ${ports.EXPOSE}, in ${where} it is ${port}.`),
    ...(listened === published ? [] : [`The proxy listens on ${listened}, and ${published} is published.`]),
  ];
}

/** Variables of ours, without the ending that makes a file of them. */
const variablesIn = (text: string): string[] =>
  [...text.matchAll(/\b((?:NODE_RED|CONNECTOR)_[A-Z][A-Z_]*[A-Z])\b/g)].map(([, name = '']) =>
    name.replace(/_FILE$/, ''),
  );

function checkWords({ settings, health, page, compose }: ContainerFiles): string[] {
  const environments = Object.values(compose.services).flatMap(({ environment = {} }) => Object.keys(environment));
  const used = new Set([...variablesIn(settings), ...variablesIn(health), ...variablesIn(environments.join(' '))]);
  const described = new Set(variablesIn(page));
  return [
    ...[...used].filter((name) => !described.has(name)).map((name) => `The page does not say what ${name} is.`),
    ...[...described].filter((name) => !used.has(name)).map((name) => `The page has ${name}, which nothing reads.`),
    ...Object.values(compose.secrets)
      .filter(({ file }) => !new RegExp(`(>|-out|-keyout|cp .*) *${file.replace('./', '')}\\b`).test(page))
      .map(({ file }) => `The page has no line that makes ${file}.`),
    ...[...page.matchAll(/^.*docker compose exec .* [<>] .*$/gm)]
      .filter(([line]) => !line.includes('docker compose exec -T '))
      .map(([line]) => `A terminal changes the bytes of: ${line}`),
  ];
}

function checkProxy({ proxy, compose, linkPath }: ContainerFiles): string[] {
  const locations = [...proxy.matchAll(/^ *location (.+) \{$/gm)].map(([, where = '']) => where);
  const secrets = [...proxy.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, name = '']) => name);
  const known = compose.services['proxy']?.secrets ?? [];
  return [
    ...(locations.join() === `= ${linkPath},/`
      ? []
      : [`The proxy knows ${locations.join(' and ')}; it is to know = ${linkPath} and nothing else.`]),
    ...(/location \/ \{\s*return 404;\s*\}/.test(proxy) ? [] : ['The proxy answers other paths.']),
    ...secrets.filter((name) => !known.includes(name)).map((name) => `The proxy has no secret ${name}.`),
  ];
}
