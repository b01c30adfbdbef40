/** The image of container/Containerfile, built once for all tests of this folder, and what the page of the container has made. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { Compose } from '../../scripts/container/check-compose.ts';
import { baseImages, readContainerfile } from '../../scripts/container/containerfile.ts';
import { root } from '../../scripts/node-red.ts';
import { findPostgres } from '../../scripts/postgres-server.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { Engine } from './engine.ts';

const run = promisify(execFile);
export const NGINX = '/usr/sbin/nginx';
/** Who runs Node-RED in the image. */
export const USER = 1000;

/** The compose file as it is shipped. */
export const compose = parse(readFileSync(join(root, 'container', 'compose.yaml'), 'utf8')) as Compose;
/** The page that says how it is built and run. */
export const page = readFileSync(join(root, 'docs', 'container.md'), 'utf8');

const [base = ''] = baseImages(readContainerfile(readFileSync(join(root, 'container', 'Containerfile'), 'utf8')));
const [MAKE_SECRETS = ''] = [...page.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines);

/** A built image. */
export interface BuiltImage {
  readonly engine: Engine;
  /** Image that it is built on. */
  readonly base: string;
  /** Its name, as compose.yaml has it. */
  readonly tag: string;
  /** The copy of the folder `container` that it was built of. */
  readonly context: string;
  /** What it starts. */
  readonly start: readonly string[];
}

let built: Promise<BuiltImage | string> | null = null;

/** Builds it at the first call. A text: why it cannot be built here. */
export function builtImage(): Promise<BuiltImage | string> {
  built ??= build();
  return built;
}

after(async () => {
  const image = await built?.catch(() => null);
  if (typeof image === 'object') image?.engine.close();
});

async function build(): Promise<BuiltImage | string> {
  const engine = existsSync(NGINX) && findPostgres() !== null ? await Engine.open() : null;
  if (engine === null) return 'it needs root, buildah, debootstrap, nginx and postgresql of Debian';
  const came = await engine.provide(base).catch((error: Error) => error);
  if (came instanceof Error) {
    engine.close();
    return `this machine can neither fetch nor make ${base}: ${came.message.slice(0, 500)}`;
  }
  process.stdout.write(`    ${base} was ${came}\n`);
  const context = join(engine.folder, 'container');
  cpSync(join(root, 'container'), context, { recursive: true });
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', context];
  const { stdout } = await run('npm', words, { cwd: root });
  const tag = compose.services['node-red']?.image ?? '';
  const start = await engine.build(context, tag, { CONNECTOR: `./${stdout.trim()}` });
  return { engine, base, tag, context, start };
}

/** Runs the page's lines that make the secrets, in a copy of the folder `container`, whose folder `secrets` has them then. */
export async function makeSecrets(folder: string): Promise<void> {
  const authority = await createCertificateAuthority();
  const { cert, key } = await authority.issue({ names: ['phones.contoso.com'], ips: ['127.0.0.1'] });
  writeFileSync(join(folder, 'fullchain.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  await run('bash', ['-ec', MAKE_SECRETS.replaceAll('sudo ', '')], { cwd: folder });
}
