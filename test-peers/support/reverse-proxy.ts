/** The configurations of docs/reverse-proxy.md, each run by the server that it is written for; gone after `close()`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { listening } from './postfix.ts';
import { stopServer } from './stop-server.ts';

export type ProxyName = 'nginx' | 'caddy' | 'apache';

/** Where Debian's packages nginx-light, caddy and apache2 have them. */
export const PROXY_FILES: Readonly<Record<ProxyName, string>> = {
  nginx: '/usr/sbin/nginx',
  caddy: '/usr/bin/caddy',
  apache: '/usr/sbin/apache2',
};

/** The name that the page's examples have. */
export const NAME = 'link.contoso.com';

export interface ReverseProxy {
  readonly port: number;
  readonly ca: string;
  /** What was written to the access log; empty where there is none. */
  log(): Promise<string>;
  close(): Promise<void>;
}

interface Setting {
  readonly folder: string;
  readonly port: number;
  readonly config: string;
}

interface Command {
  readonly file: string;
  readonly text: string;
  readonly check: readonly string[];
  readonly run: readonly string[];
}

const COMMANDS: Readonly<Record<ProxyName, (setting: Setting) => Command>> = {
  nginx: ({ folder, config }) => ({
    file: 'nginx.conf',
    text: `pid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}\n${config}\n}\n`,
    check: ['-t', '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')],
    run: ['-e', join(folder, 'error.log'), '-g', 'daemon off;', '-c', join(folder, 'nginx.conf')],
  }),
  caddy: ({ folder, config }) => ({
    file: 'Caddyfile',
    text: `{\n    admin off\n    auto_https disable_redirects\n}\n${config}`,
    check: ['validate', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
    run: ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
  }),
  apache: ({ folder, port, config }) => ({
    file: 'apache.conf',
    text: `${['mpm_event', 'authz_core', 'ssl', 'rewrite', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}\nListen 127.0.0.1:${port}\nServerName ${NAME}\nPidFile ${folder}/pid\nMutex file:${folder}\nErrorLog ${folder}/error.log\nUser www-data\nGroup www-data\n${config}`,
    check: ['-t', '-f', join(folder, 'apache.conf')],
    run: ['-X', '-f', join(folder, 'apache.conf')],
  }),
};

/**
 * Starts a proxy in front of a server, as the page says.
 * @param upstream its port on loopback
 * @param second that of another instance: then as docs/instances.md says, which Apache has nothing of
 */
export async function startReverseProxy(
  name: ProxyName,
  upstream: number,
  second: number | null = null,
): Promise<ReverseProxy> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-peer-`));
  await chmod(folder, 0o755);
  const [port, authority] = [await freePort(), await createCertificateAuthority('Peer Root CA')];
  const { key, cert } = await authority.issue({ names: [NAME], ips: ['127.0.0.1'] });
  await writeFile(join(folder, `${NAME}.key`), key, { mode: 0o600 });
  await writeFile(join(folder, `${NAME}.pem`), cert);
  const one = configOf(name, { folder, port, upstream });
  const config = second === null ? one : withSecond(name, one, [upstream, second]);
  const command = COMMANDS[name]({ folder, port, config });
  await writeFile(join(folder, command.file), command.text);
  const env = { ...process.env, APACHE_LOG_DIR: folder, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  await proven(name, command.check, env);
  const server = spawn(PROXY_FILES[name], command.run, { stdio: 'ignore', env });
  const ended = once(server, 'exit');
  const close = async (): Promise<void> => {
    await stopServer(server, ended);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await listening(port);
  } catch (error) {
    await close();
    throw error;
  }
  return { port, ca: authority.ca, close, log: () => readFile(join(folder, 'link.log'), 'utf8').catch(() => '') };
}

/** The block of code of a page for this server. */
function blockOf(page: string, name: ProxyName): string {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  const block = new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1];
  if (block === undefined) throw new Error(`The page has no configuration of ${name}.`);
  return block;
}

/** A configuration with the block of the page about several instances in it. */
function withSecond(name: ProxyName, config: string, [first, second]: readonly [number, number]): string {
  const block = blockOf('instances', name)
    .replaceAll('10.0.0.11:1880', `127.0.0.1:${first}`)
    .replaceAll('10.0.0.12:1880', `127.0.0.1:${second}`);
  if (name === 'nginx')
    return `${block}\n${config.replace(`proxy_pass http://127.0.0.1:${first};`, 'proxy_pass http://nodered;')}`;
  return config.replace(`reverse_proxy 127.0.0.1:${first}\n`, block);
}

/** The block of the page, with other ports and folders. */
function configOf(
  name: ProxyName,
  { folder, port, upstream }: { readonly folder: string; readonly port: number; readonly upstream: number },
): string {
  return blockOf('reverse-proxy', name)
    .replaceAll('127.0.0.1:1880', `127.0.0.1:${upstream}`)
    .replaceAll('/etc/ssl/', `${folder}/`)
    .replaceAll('/var/log/nginx/', `${folder}/`)
    .replace(/\b443\b/, name === 'nginx' ? `127.0.0.1:${port}` : String(port))
    .replace(/^link\.contoso\.com \{/m, `${NAME}:${port} {`);
}

/** The server's own look at its configuration, as the page says. */
async function proven(name: ProxyName, check: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const process = spawn(PROXY_FILES[name], check, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [process.stdout, process.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [code] = (await once(process, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${name} does not take the configuration: ${said}`);
}
