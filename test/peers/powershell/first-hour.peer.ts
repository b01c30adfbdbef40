import assert from 'node:assert/strict';
import { checkExchange } from '../../../src/exchange/check/check-exchange.ts';
import { NEEDED_RIGHTS } from '../../../src/exchange/check/needed-rights.ts';
import { close, open } from './exchange-peer.ts';

describe('The first hour with the real engine', () => {
  for (const [what, visible, overall, lacking] of [
    ['all that is used', NEEDED_RIGHTS.map(({ cmdlet }) => cmdlet), 'healthy', []],
    ['what reads', ['Get-CASMailbox', 'Get-MobileDevice', 'Get-User'], 'broken', ['Set-CASMailbox']],
  ] as const) {
    it(`says which cmdlets an account has that has ${what}`, async () => {
      const peer = await open({ visible });
      try {
        const { url, ca, username, password } = peer.front;
        const server = {
          kind: 'remote-powershell',
          urls: [url],
          auth: 'basic',
          username,
          password,
          tls: { ca },
        } as const;
        const report = await checkExchange(server);
        assert.equal(report.overall, overall, report.summary);
        const rights = report.steps.find(({ id }) => id === 'rights');
        assert.deepEqual(
          rights?.children?.filter(({ status }) => status === 'error').map(({ title }) => title),
          lacking,
        );
        assert.deepEqual(
          rights?.children
            ?.filter(({ verdict }) => verdict === 'right.given')
            .map(({ title }) => title)
            .toSorted(),
          [...visible].toSorted(),
        );
        assert.equal(report.steps.find(({ id }) => id === 'size')?.verdict, 'size.counted');
      } finally {
        await close(peer);
      }
    });
  }
});
