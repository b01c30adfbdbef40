/** `exchange-connector mdm --check` against the lab. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommand } from '../../src/cli/run-command.ts';
import type { TenantReport } from '../../src/graph/check/report.ts';
import { enrollPhones, startGraphLab, type GraphLab } from '../graph/graph-lab.ts';
import { selfSigned } from '../graph/self-signed.ts';

describe('exchange-connector mdm --check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mdm-cli-'));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  let lab: GraphLab;
  let pair: { readonly certificate: string; readonly privateKey: string };

  before(async () => {
    pair = await selfSigned();
  });
  beforeEach(async () => {
    lab = await startGraphLab({ clientCertificates: [pair.certificate], now: Date.now });
    enrollPhones(lab.organization, 3);
  });
  afterEach(() => lab.close());
  after(() => rmSync(folder, { recursive: true }));

  async function run(...argv: readonly string[]) {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const texts = Promise.all([text(stdout), text(stderr)]);
    const code = await runCommand(['mdm', ...argv], {
      stdout,
      stderr,
      env: { SECRET: lab.server.clientSecret, WRONG: 'wrong' },
      isTerminal: false,
      columns: null,
      signal: new AbortController().signal,
    });
    stdout.end();
    stderr.end();
    const [out, err] = await texts;
    assert.ok(!`${out}${err}`.includes(lab.server.clientSecret));
    return { code, out, err };
  }

  const tenant = (): string[] => [
    '--check',
    `--graph-url=${lab.server.url}`,
    `--authority-url=${lab.server.authorityUrl}`,
    `--tenant=${lab.server.tenantId}`,
    `--client-id=${lab.server.clientId}`,
    `--ca=${file('ca.pem', lab.ca)}`,
  ];

  it('speaks German with --language de, and knows no other language than English beside it', async () => {
    const german = await run(...tenant(), '--client-secret-env=WRONG', '--language=de');
    assert.match(german.out, /^✗ Anmeldung: das Geheimnis ist falsch \[ERR_GRAPH_AUTH\]\n {4}Die Meldung dazu: „/);
    assert.match(german.out, /\n✗ nicht bereit: Der Connector kann mit diesem Mandanten noch nicht arbeiten; siehe /);
    const other = await run(...tenant(), '--client-secret-env=SECRET', '--language=fr');
    assert.deepEqual([german.code, other.code, /--language is one of en, de\./.test(other.err)], [1, 2, true]);
  });

  it('prints each step and the verdict last', async () => {
    const { code, out, err } = await run(...tenant(), '--client-secret-env', 'SECRET');
    const lines = out.trimEnd().split('\n');
    assert.deepEqual(
      [code, err, lines[0], lines.at(-1)],
      [0, '', '✓ Sign-in: signed in', '✓ ready: The connector can work with this tenant.'],
    );
    assert.ok(lines.includes('✓ Devices: the list has as many as the overview counts'));
  });

  it('signs in with a certificate', async () => {
    const files = ['--cert', file('cert.pem', pair.certificate), '--key', file('key.pem', pair.privateKey)];
    assert.equal((await run(...tenant(), ...files)).code, 0);
  });

  it('ends with 1 where the tenant cannot be read, and gives the report as one object', async () => {
    const { code, out } = await run(...tenant(), '--client-secret-env', 'WRONG', '--json');
    const report = JSON.parse(out) as TenantReport;
    assert.deepEqual([code, report.overall, report.steps[0]?.verdict], [1, 'broken', 'sign-in.secret-wrong']);
  });

  it('says what is wrong with the command line', async () => {
    for (const [argv, words] of [
      [[], /--check is missing/],
      [['--check'], /either --client-secret-env/],
      [['--check', '--client-secret-env', 'SECRET'], /--tenant is missing/],
      [['--check', '--client-secret-env', 'NONE'], /NONE is not set/],
      [[...tenant(), '--client-secret-env', 'SECRET', '--cloud', 'china'], /not both/],
      [
        ['--check', '--cloud', 'moon', '--client-secret-env', 'SECRET', '--tenant', 'a', '--client-id', 'b'],
        /--cloud is one of/,
      ],
      [['--moon'], /moon/],
      [['--check', '--ca', join(folder, 'gone')], /gone cannot be read/],
    ] as const) {
      const { code, err } = await run(...argv);
      assert.deepEqual([code, words.test(err)], [2, true], err);
    }
    assert.match((await run('--help')).out, /^Usage: exchange-connector mdm --check/);
  });
});
