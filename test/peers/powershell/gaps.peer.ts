/** Objects that Microsoft's engine reports as broken in the middle of a reading, and odd ones. */
import assert from 'node:assert/strict';
import { readEasRecords } from '../../../src/exchange/eas-records.ts';
import type { EasPage, ReadEasRecordsOptions } from '../../../src/exchange/eas-records.ts';
import { editMailboxLists, readEasRecord, readMailboxLists } from '../../../src/exchange/read-mailbox.ts';
import { collect, easId, mailboxId, usePeer } from './exchange-peer.ts';

const BROKEN = { boxerror: 2, deverror: 4, conflict: 5, noid: 7 };
const ODD_ID = ` ${easId(8)}\t'x'\u00a0$(y) `;

describe('objects that the real engine cannot give', () => {
  const peer = usePeer({
    odd: [
      ...Object.entries(BROKEN).map(([kind, number]) => `${kind}:${number}`),
      'noflag:1',
      'oddid:8',
      'devwarn:9',
      'devwarn:10',
    ],
  });

  async function read(how: Pick<ReadEasRecordsOptions, 'kind' | 'since' | 'keys'>) {
    const warnings: string[] = [];
    const options = { organization: 'org', ...how, onWarning: (text: string) => warnings.push(text) };
    const pages = await collect(readEasRecords(peer().exchange, options));
    const records = pages.flatMap((page: EasPage) => page.records).sort((one, other) => (one.key < other.key ? -1 : 1));
    return { records, warnings, last: pages.at(-1)! };
  }

  it('are gaps with their mailboxes, and every way of reading has the others alike', async () => {
    const full = await read({ kind: 'full' });
    const given = [0, 1, 3, 6, 8, 9, 10, 11];
    assert.deepEqual(
      full.records.map(({ easId: id }) => id).sort(),
      given.map((number) => (number === 8 ? ODD_ID : easId(number))).sort(),
    );
    const mailboxes = Object.values(BROKEN).map(mailboxId).sort();
    assert.deepEqual(full.last.gaps, { count: 4, mailboxes });
    const alike = full.warnings.filter((text) => text.includes('inconsistent state'));
    assert.match(alike[0] ?? '', /user9\/ExchangeActiveSyncDevices\/.* has been corrupted/);
    assert.match(full.warnings.join('\n'), /warned 1 more times like this/);
    for (const remedy of ['Mount-Database', 'Get-MobileDevice', 'ADSI Edit', 'Remove-MobileDevice'])
      assert.ok(
        full.warnings.some((text) => text.includes(remedy)),
        remedy,
      );

    const quick = await read({ kind: 'quick', since: '2026-04-01T00:00:00Z' });
    assert.deepEqual([quick.records, quick.last.gaps], [full.records, full.last.gaps]);
    const keys = Array.from(
      { length: 12 },
      (_, number) => `eas:org:${mailboxId(number)}:${(number === 8 ? ODD_ID : easId(number)).trim().toLowerCase()}`,
    );
    const byKey = await read({ kind: 'quick', keys });
    assert.deepEqual([byKey.records, byKey.last.gaps, byKey.last.gone], [full.records, full.last.gaps, undefined]);
    for (const record of full.records) {
      const wanted = { organization: 'org', mailboxId: record.mailbox.id, easId: record.easId };
      assert.deepEqual(await readEasRecord(peer().exchange, wanted), record);
    }
    for (const number of Object.values(BROKEN)) {
      const wanted = { organization: 'org', mailboxId: mailboxId(number), easId: easId(number) };
      await assert.rejects(readEasRecord(peer().exchange, wanted));
    }
  });

  it('and an id with blanks and odd characters is written and taken off exactly as it is spelled', async () => {
    const edit = (change: object) => editMailboxLists(peer().exchange, { mailboxId: mailboxId(8), blocked: change });
    await edit({ add: [ODD_ID] });
    assert.deepEqual((await readMailboxLists(peer().exchange, mailboxId(8))).blocked, [ODD_ID]);
    await edit({ remove: [ODD_ID] });
    assert.deepEqual((await readMailboxLists(peer().exchange, mailboxId(8))).blocked, []);
  });
});

describe('an error record of the real engine that names no object', () => {
  const peer = usePeer({ odd: ['nobody:3'] });

  it('may be about any device that is missing', async () => {
    const pages = await collect(readEasRecords(peer().exchange, { organization: 'org', kind: 'full' }));
    assert.deepEqual([pages.at(-1)?.total, pages.at(-1)?.gaps], [11, { count: 1, mailboxes: [], unnamed: 1 }]);
  });
});
