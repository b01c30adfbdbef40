/** The Autodiscover check by the answers of Unbound, Debian's package: split DNS, and what goes wrong with it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { DiscoveryLab, gist, HOST, PUBLIC } from '../test/autodiscover/support.ts';
import { startUnbound } from './support/unbound.ts';

const lab = new DiscoveryLab();
const IN = `local-data: "${HOST}. 300 IN A 127.0.0.1"`;
const OUT = `local-data: "${HOST}. 300 IN A ${PUBLIC}"`;

/** What each side answers, and what the check makes of it. The lab's authority is a private one, which is said each time. */
const CASES: readonly (readonly [
  sentence: string,
  views: { readonly inside: readonly string[]; readonly outside: readonly string[] },
  overall: string,
  verdicts: readonly string[],
])[] = [
  ['knows split DNS as normal', { inside: [IN], outside: [OUT] }, 'warning', ['tls.private']],
  ['names the record that is missing inside', { inside: [], outside: [OUT] }, 'broken', ['dns.internal.missing']],
  ['warns about the one that is missing outside', { inside: [IN], outside: [] }, 'warning', ['dns.external.missing']],
  [
    'names an alias that leads nowhere',
    { inside: [`local-data: "${HOST}. 300 IN CNAME gone.contoso.example."`], outside: [OUT] },
    'broken',
    ['dns.dangling'],
  ],
  [
    'names a name without an address',
    { inside: [`local-data: '${HOST}. 300 IN TXT "no address"'`], outside: [OUT] },
    'broken',
    ['dns.nodata'],
  ],
  [
    'is not sure where its name server refuses',
    { inside: ['local-zone: "contoso.example." refuse'], outside: [OUT] },
    'unknown',
    ['dns.resolver'],
  ],
  [
    'is not sure where its name server is silent',
    { inside: ['local-zone: "contoso.example." deny'], outside: [OUT] },
    'unknown',
    ['dns.resolver'],
  ],
];

describe('peer: Unbound with two views', function () {
  before(async function () {
    if (!existsSync('/usr/sbin/unbound')) {
      process.stdout.write('  skipped: it needs the package "unbound"\n');
      this.skip();
    }
    await lab.prepare();
  });
  afterEach(() => lab.stop());

  for (const [sentence, views, overall, expected] of CASES) {
    it(sentence, async () => {
      await lab.start();
      const { inside, outside } = lab.keep(await startUnbound(views));
      const report = await lab.check({ internalResolvers: [inside], externalResolvers: [outside] });
      const { verdicts } = gist(report);
      assert.deepEqual(
        [report.overall, expected.filter((verdict) => !verdicts.includes(verdict))],
        [overall, []],
        `${report.summary} ${verdicts.join(' ')}`,
      );
    });
  }
});
