/** The Autodiscover check before an ActiveSync server of somebody else: SOGo, Debian's packages. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { leavesOf } from '../src/autodiscover/report.ts';
import { asConnectorError } from '../src/errors.ts';
import { HttpSession } from '../src/http/http-session.ts';
import { findPostgres } from '../scripts/postgres-server.ts';
import { ADDRESS, DiscoveryLab, DOMAIN, PASSWORD } from '../test/autodiscover/support.ts';
import { SOGO_FILES, SOGO_PATH, startSogo } from './support/sogo.ts';
import type { Sogo } from './support/sogo.ts';

const NAME = `mail.${DOMAIN}`;

describe('peer: ActiveSync by SOGo', function () {
  const lab = new DiscoveryLab();
  let sogo: Sogo;

  before(async function () {
    this.timeout(240_000);
    if (process.getuid?.() !== 0 || findPostgres() === null || !SOGO_FILES.every((file) => existsSync(file))) {
      process.stdout.write(
        '  skipped: it needs root and the packages "sogo", "sogo-activesync", "memcached" and "postgresql"\n',
      );
      this.skip();
    }
    await lab.prepare();
    sogo = await startSogo(await lab.authority.issue({ names: [NAME] }), { username: ADDRESS, password: PASSWORD });
  });
  after(() => sogo?.close());

  const address = (): string => `https://${NAME}:${sogo.port}${SOGO_PATH}`;
  const session = (password: string, servername = NAME): HttpSession =>
    new HttpSession({
      url: `https://127.0.0.1:${sogo.port}${SOGO_PATH}`,
      auth: { method: 'basic', username: ADDRESS, password },
      tls: { ca: lab.authority.ca, servername },
    });

  it('is recognized by what it asks nobody for, and no password goes there', async () => {
    await lab.start({ activeSyncUrl: address() });
    lab.zone[NAME] = { a: ['127.0.0.1'] };
    try {
      const report = await lab.check();
      const steps = leavesOf(report.steps).filter(({ id }) => id.startsWith('mailbox.activesync'));
      assert.deepEqual(
        steps.map(({ id, status }) => `${id} ${status}`),
        [
          'mailbox.activesync.tcp ok',
          'mailbox.activesync.tls.name ok',
          // A company's own root, which phones have to be given.
          'mailbox.activesync.tls.chain warning',
          'mailbox.activesync.tls.dates ok',
          'mailbox.activesync.tls.fitness ok',
          'mailbox.activesync.http ok',
        ],
      );
      assert.match(steps.at(-1)?.seen ?? '', /^HTTP 401, sign-in by basic\b/i);
      assert.equal(report.found.activeSyncUrl, address());
    } finally {
      await lab.stop();
    }
  });

  it('lets the account in by Basic and says its versions, as Exchange does', async () => {
    const at = session(PASSWORD);
    try {
      const { status, headers } = await at.request({ method: 'OPTIONS' });
      assert.deepEqual([status, headers['ms-server-activesync']], [200, '14.1']);
      assert.match(String(headers['ms-asprotocolversions']), /^2\.5,12\.0,12\.1,14\.0,14\.1/);
    } finally {
      at.close();
    }
  });

  it('refuses a wrong password, which is said as such', async () => {
    const at = session('wrong');
    try {
      await assert.rejects(
        at.request({ method: 'OPTIONS' }),
        (error) => asConnectorError(error).code === 'ERR_HTTP_AUTH',
      );
    } finally {
      at.close();
    }
  });

  it('gets no password where its certificate is for another name', async () => {
    const at = session(PASSWORD, `other.${DOMAIN}`);
    try {
      await assert.rejects(
        at.request({ method: 'OPTIONS' }),
        (error) => asConnectorError(error).code === 'ERR_HTTP_TLS_NAME',
      );
    } finally {
      at.close();
    }
  });
});
