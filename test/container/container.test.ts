/** The files of the container as they are, and what would be said of wrong ones. */
import assert from 'node:assert/strict';
import { checkContainer, readContainerFiles } from '../../scripts/check-container.ts';
import { reaches } from '../../scripts/container/check-agreement.ts';
import { isPinned } from '../../scripts/container/check-containerfile.ts';
import { imageState } from '../../scripts/container/manifest-answer.ts';
import { debianPackages, readContainerfile } from '../../scripts/container/containerfile.ts';

const files = readContainerFiles();
type Files = typeof files;

/** What is found in the files after one of their texts was changed. */
const withText = (
  part: 'containerfile' | 'settings' | 'health' | 'proxy' | 'page',
  from: string | RegExp,
  to: string,
): string[] => {
  const changed = files[part].replace(from, to);
  assert.notEqual(changed, files[part], `${part} has ${String(from)}`);
  return checkContainer({ ...files, [part]: changed });
};

/** What is found after one service of compose was changed. */
const withService = (name: string, change: Partial<Files['compose']['services'][string]>): string[] => {
  const { services } = files.compose;
  const service = { ...services[name], ...change } as Files['compose']['services'][string];
  return checkContainer({ ...files, compose: { ...files.compose, services: { ...services, [name]: service } } });
};

describe('the files of the container', () => {
  it('agree with each other, with the package and with the page about them', () => {
    assert.deepEqual(checkContainer(files), []);
  });

  it('install what Kerberos needs, and leave the compiler behind', () => {
    const all = readContainerfile(files.containerfile);
    assert.deepEqual(debianPackages(all.filter(({ stage }) => stage === 0)), [
      'build-essential',
      'libkrb5-dev',
      'python3',
    ]);
    assert.deepEqual(debianPackages(all.filter(({ stage }) => stage === 1)), [
      'ca-certificates',
      'krb5-user',
      'tzdata',
    ]);
    assert.deepEqual(
      Object.keys(files.installed.dependencies).filter((name) => Object.hasOwn(files.manifest.peerDependencies, name)),
      Object.keys(files.manifest.peerDependencies),
    );
  });

  const WRONG: readonly (readonly [string, () => string[], string | RegExp])[] = [
    [
      'an image without a version',
      () => withText('containerfile', /node:[\w.-]+/, 'node:latest'),
      /name registry and version/,
    ],
    [
      'a file that is copied and is not there',
      () => withText('containerfile', 'health.mjs settings.cjs', 'health.mjs setting.cjs'),
      /no such file/,
    ],
    [
      'an image that runs as root',
      () => withText('containerfile', 'USER node', 'USER root'),
      'The image runs as root.',
    ],
    [
      'an image without a health check',
      () => withText('containerfile', /^HEALTHCHECK.*$/m, ''),
      'The image has no HEALTHCHECK.',
    ],
    [
      'lists of packages that stay',
      () => withText('containerfile', ' \\\n    && rm -rf /var/lib/apt/lists/*', ''),
      /is missing/,
    ],
    [
      'another port in the health check',
      () => withText('health', '|| 1880', '|| 1881'),
      'The port is 1880, in health check it is 1881.',
    ],
    [
      'a proxy that passes on the editor',
      () => withText('proxy', 'return 404;', 'proxy_pass http://node-red:1880;'),
      'The proxy answers other paths.',
    ],
    ['a proxy with another path', () => withText('proxy', '= /activate', '= /link'), /is to know = \/activate/],
    [
      'a variable that the page does not know',
      () => withText('page', /^\| `NODE_RED_LOG`.*$/m, ''),
      'The page does not say what NODE_RED_LOG is.',
    ],
    [
      'a secret that no line makes',
      () => withText('page', /^.*> secrets\/store_password$/m, ''),
      'The page has no line that makes ./secrets/store_password.',
    ],
    [
      'a dump through a terminal',
      () => withText('page', 'exec -T postgres pg_dump', 'exec postgres pg_dump'),
      'A terminal changes the bytes of: (umask 077; docker compose exec postgres pg_dump --username=connector --format=custom connector > store.dump)',
    ],
    [
      'a key that compose does not know',
      () => withService('proxy', { restarts: 'always' }),
      'proxy: "restarts" is no key here.',
    ],
    [
      'an editor for everybody',
      () => withService('node-red', { ports: ['1880:1880'] }),
      'node-red: 1880:1880 is open to everybody.',
    ],
    [
      'a password in the open',
      () => withService('postgres', { environment: { POSTGRES_PASSWORD: 'x' } }),
      'postgres: POSTGRES_PASSWORD is a secret in the open.',
    ],
    [
      'a secret that the service does not have',
      () => withService('node-red', { secrets: ['credential_secret', 'admin_password'] }),
      'node-red: CONNECTOR_STORE_FILE leads to no secret of the service.',
    ],
    [
      'a network that is not declared',
      () => withService('postgres', { networks: ['inner'] }),
      'networks: inner is not declared.',
    ],
    [
      'waiting for health that nobody looks at',
      () => withService('node-red', { depends_on: { proxy: { condition: 'service_healthy' } } }),
      'node-red: proxy has no health check to wait for.',
    ],
  ];
  for (const [what, found, expected] of WRONG)
    it(`are not taken with ${what}`, () => {
      const problems = found();
      assert.ok(
        problems.some((problem) => (typeof expected === 'string' ? problem === expected : expected.test(problem))),
        problems.join('\n'),
      );
    });

  it('have images that are missing where their registry says so, and not known where it cannot be asked', () => {
    const missing = 'Error: reading manifest 1.99 in docker.io/library/nginx: manifest unknown';
    const away = 'Trying docker.io\nError: pinging container registry: no such host';
    assert.deepEqual(
      [
        imageState({ code: 0, said: '' }),
        imageState({ code: 125, said: missing }),
        imageState({ code: 125, said: away }),
        imageState({ code: 125, said: '' }),
        imageState(null),
      ],
      [
        { state: 'there' },
        { state: 'missing' },
        { state: 'skipped', reason: 'Error: pinging container registry: no such host' },
        { state: 'skipped', reason: 'it ended with 125' },
        { state: 'skipped', reason: 'no Podman is installed to ask a registry' },
      ],
    );
  });

  it('name versions as a registry does', () => {
    const images = [
      'docker.io/library/node:24.21.0-bookworm-slim',
      'docker.io/library/postgres:17.6',
      'node:24.21.0',
      'docker.io/library/node',
      'docker.io/library/node:24',
      'docker.io/library/node:lts-slim',
    ];
    assert.deepEqual(images.filter(isPinned), images.slice(0, 2));
    assert.deepEqual(
      [reaches('8.23.1', '>=8.11'), reaches('8.9.0', '>=8.11'), reaches('2.0.0', '>=2'), reaches('1.9.9', '>=2')],
      [true, false, true, false],
    );
  });
});
