/**
 * What a compose file of ours must be, by the Compose Specification (https://github.com/compose-spec/compose-spec) as far as
 * we use it:
 *
 *   each key                 one that is known at its place
 *   each image               with registry and version, or built from a file that is there
 *   each secret, volume,     declared where it is used, and used where it is declared
 *   network, dependency
 *   a variable NAME_FILE     leads to a secret that its service has
 *   a published port         of this host alone, but for the proxy's
 *   service_healthy          of a service that has a health check
 */
import { isPinned } from './check-containerfile.ts';

type Words = Readonly<Record<string, unknown>>;

/** A service as far as it is looked at. */
export interface Service extends Words {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: Words;
}

/** The file as far as it is looked at. */
export interface Compose extends Words {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Words;
  readonly networks: Words;
}

const KEYS = {
  file: ['name', 'services', 'networks', 'volumes', 'secrets'],
  service: [
    'build',
    'image',
    'restart',
    'init',
    'read_only',
    'tmpfs',
    'cap_drop',
    'security_opt',
    'depends_on',
    'environment',
    'secrets',
    'volumes',
    'ports',
    'networks',
    'healthcheck',
  ],
  build: ['context', 'dockerfile', 'args'],
  healthcheck: ['test', 'interval', 'timeout', 'retries', 'start_period'],
} as const;

/** What is wrong with it, a sentence each. @param files names of the files beside it */
export function checkCompose(compose: Compose, files: readonly string[]): string[] {
  return [
    ...unknownKeys(compose, KEYS.file, 'the file'),
    ...Object.entries(compose.services).flatMap(([name, service]) => checkService(name, service, compose, files)),
    ...(['secrets', 'volumes', 'networks'] as const).flatMap((kind) => checkDeclared(kind, compose)),
  ];
}

function unknownKeys(words: Words, known: readonly string[], where: string): string[] {
  return Object.keys(words)
    .filter((key) => !known.includes(key))
    .map((key) => `${where}: "${key}" is no key here.`);
}

function checkService(name: string, service: Service, compose: Compose, files: readonly string[]): string[] {
  const { build, image, environment = {}, secrets = [], volumes = [], ports = [], healthcheck = {} } = service;
  const binds = volumes.map((one) => one.split(':')[0] ?? '').filter((source) => source.startsWith('./'));
  const isBuilt = build !== undefined && files.includes(build.dockerfile) && build.context === '.';
  return [
    ...unknownKeys(service, KEYS.service, name),
    ...unknownKeys(build ?? {}, KEYS.build, `${name}, build`),
    ...unknownKeys(healthcheck, KEYS.healthcheck, `${name}, healthcheck`),
    ...(isBuilt || (build === undefined && isPinned(image))
      ? []
      : [`${name}: its image is neither built here nor pinned.`]),
    ...binds.filter((source) => !files.includes(source.slice(2))).map((source) => `${name}: ${source} is not there.`),
    ...Object.entries(environment).flatMap(([variable, value]) => checkVariable(name, variable, value, secrets)),
    ...(name === 'proxy'
      ? []
      : ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name}: ${port} is open to everybody.`)),
    ...checkDependencies(name, service, compose),
  ];
}

function checkVariable(name: string, variable: string, value: string, secrets: readonly string[]): string[] {
  if (/(PASSWORD|SECRET|HASH)$/.test(variable)) return [`${name}: ${variable} is a secret in the open.`];
  if (!variable.endsWith('_FILE')) return [];
  const [, secret = ''] = /^\/run\/secrets\/(\w+)$/.exec(value) ?? [];
  return secrets.includes(secret) ? [] : [`${name}: ${variable} leads to no secret of the service.`];
}

function checkDependencies(name: string, { depends_on: needed = {} }: Service, { services }: Compose): string[] {
  const conditions = Array.isArray(needed)
    ? (needed as string[]).map((one) => [one, 'service_started'] as const)
    : Object.entries(needed as Record<string, { condition: string }>).map(
        ([one, { condition }]) => [one, condition] as const,
      );
  return conditions.flatMap(([one, condition]) => {
    if (services[one] === undefined) return [`${name}: it depends on ${one}, which is no service.`];
    const isWatched = services[one].healthcheck !== undefined;
    return condition === 'service_healthy' && !isWatched ? [`${name}: ${one} has no health check to wait for.`] : [];
  });
}

function checkDeclared(kind: 'secrets' | 'volumes' | 'networks', compose: Compose): string[] {
  const used = Object.values(compose.services)
    .flatMap((service) => service[kind] ?? [])
    .map((one) => (kind === 'volumes' ? (one.split(':')[0] ?? '') : one))
    .filter((one) => !/^[./]/.test(one));
  const declared = Object.keys(compose[kind]);
  return [
    ...used.filter((one) => !declared.includes(one)).map((one) => `${kind}: ${one} is not declared.`),
    ...declared.filter((one) => !used.includes(one)).map((one) => `${kind}: ${one} is declared and not used.`),
  ];
}
