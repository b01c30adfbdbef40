import assert from 'node:assert/strict';
import { getCasMailbox } from '../../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { readEasRecords } from '../../../src/exchange/eas-records.ts';
import { close, collect, easId, failure, mailboxId, mailboxName, open, usePeer } from './exchange-peer.ts';

describe('EAS records from the real engine', () => {
  const peer = usePeer();

  it('are read in full, in pages', async () => {
    const pages = await collect(readEasRecords(peer().exchange, { organization: 'org', kind: 'full', pageSize: 5 }));
    assert.deepEqual(
      pages.map(({ records, ...page }) => ({ ...page, ids: records.map((record) => record.easId) })),
      [
        { page: 0, last: false, ids: [0, 1, 2, 3, 4].map(easId) },
        { page: 1, last: false, ids: [5, 6, 7, 8, 9].map(easId) },
        { page: 2, last: true, total: 12, view: 'forest', ids: [10, 11].map(easId) },
      ],
    );
    assert.deepEqual(pages[0]?.records[1], {
      kind: 'eas',
      key: `eas:org:${mailboxId(1)}:${easId(1)}`,
      organization: 'org',
      easId: easId(1),
      mailbox: {
        id: mailboxId(1),
        upn: 'user1@corp.contoso.example',
        address: 'user1@contoso.example',
        displayName: "Bjørn 'the' O’Hara",
        addresses: ['user1@contoso.example'],
        type: 'UserMailbox',
      },
      device: {
        type: 'SamsungDevice',
        model: 'SM-S931B',
        os: 'Android 16',
        userAgent: 'Android-SAMSUNG-SM-S931B/101.16',
        friendlyName: "phone of Bjørn 'the' O’Hara",
        imei: null,
        clientType: 'EAS',
        protocolVersion: '16.1',
      },
      access: { state: 'blocked', reason: 'global', listed: null },
      firstSyncAt: '2026-04-30T12:00:01.123Z',
      deviceIdentity: `CN=iPhone§${easId(1)},CN=ExchangeActiveSyncDevices,${mailboxName(1)}`,
    });
  });

  for (const sessions of [2, 1]) {
    it(`are read quickly with ${sessions} shell${sessions === 1 ? '' : 's'}: only what changed, and what is asked for again`, async function () {
      this.timeout(1_200_000);
      const quick = await open({}, { sessions });
      try {
        const read = (since: string, keys: string[] = []) =>
          collect(readEasRecords(quick.exchange, { organization: 'org', kind: 'quick', since, keys }));
        const ids = (pages: Awaited<ReturnType<typeof read>>) =>
          pages.flatMap(({ records }) => records.map((record) => record.easId));
        assert.equal(ids(await read('2026-05-01T08:10:00Z')).length, 12);
        assert.deepEqual(ids(await read('2026-05-01T08:16:00Z')), []);
        const gone = `eas:org:${mailboxId(6)}:nothing`;
        const wanted = await read('2026-05-01T08:16:00Z', [`eas:org:${mailboxId(6)}:${easId(6).toLowerCase()}`, gone]);
        assert.deepEqual(ids(wanted), [easId(6)]);
        assert.deepEqual(wanted.at(-1)?.gone, [gone]);
      } finally {
        await close(quick);
      }
    });
  }
});

describe('filters as the real engine reads them', () => {
  const peer = usePeer();

  // The engine's own parser reads the filter, so what it takes for the text is what was meant, or nothing is found.
  for (const [name, filter, expected] of [
    ['a typographic quotation mark', { property: 'DisplayName', operator: 'eq', value: "Bjørn 'the' O’Hara" }, null],
    ['quotes', { property: 'DisplayName', operator: 'like', value: "Bjørn 'the' O*" }, [1, 6, 11]],
    ['brackets and quotation marks', { property: 'DisplayName', operator: 'eq', value: 'A<b>&amp;"c"' }, [4]],
    ['emoji', { property: 'DisplayName', operator: 'eq', value: '李 🎵 小龙' }, [3]],
    ['variables and code', { property: 'DisplayName', operator: 'eq', value: '$true) -or ($true; $(exit)' }, []],
    ['a wildcard', { property: 'DisplayName', operator: 'like', value: 'Ann*' }, [0, 5, 10]],
    ['a wildcard that is none', { property: 'DisplayName', operator: 'like', value: '?nn*' }, []],
    ['nothing', { property: 'ActiveSyncMailboxPolicy', operator: 'ne', value: null }, []],
    [
      'either',
      {
        any: [
          { property: 'Name', operator: 'eq', value: 'user2' },
          { property: 'Name', operator: 'eq', value: 'user3' },
        ],
      },
      [2, 3],
    ],
    [
      'not',
      {
        all: [
          { not: { property: 'Name', operator: 'like', value: 'user1*' } },
          { property: 'Name', operator: 'gt', value: 'user5' },
        ],
      },
      [6, 7, 8, 9],
    ],
  ] as const) {
    it(`${name} means what was written`, async () => {
      const mailboxes = async () => collect(getCasMailbox(peer().exchange, { filter }));
      if (expected === null) {
        assert.equal((await failure(mailboxes())).code, 'ERR_INPUT_INVALID');
        return;
      }
      assert.deepEqual(
        (await mailboxes()).map(({ id }) => id),
        expected.map(mailboxId),
      );
    });
  }
});
