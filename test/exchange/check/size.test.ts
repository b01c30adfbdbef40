import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { expectedOf, judgeSize, judgeTime, readingMs } from '../../../src/exchange/check/judge-size.ts';
import type { Counts } from '../../../src/exchange/check/judge-size.ts';
import { valueInWords } from '../../../src/model/say.ts';
import { EXCHANGE_WORDS } from '../../../src/exchange/check/words/words.ts';

const read = (count: number, ms: number, ended = true) => ({ count, ms, ended });
const counts = (change: Partial<Counts> = {}): Counts => ({
  users: read(500, 1_000),
  mailboxes: read(200, 2_000),
  devices: { ...read(300, 3_000), owners: 200 },
  unreadable: 0,
  ...change,
});

describe('what is said of how much there is to read', () => {
  for (const [what, change, verdict, seen] of [
    ['counted to its end', {}, 'size.counted', 'There are 500 mailboxes, 200 mailboxes with a device, 300 devices.'],
    [
      'counted by an account that may not ask for users',
      { users: null },
      'size.counted',
      'There are 200 mailboxes with a device, 300 devices.',
    ],
    [
      'nothing',
      { mailboxes: read(0, 10), devices: { ...read(0, 10), owners: 0 } },
      'size.none',
      'There are 500 mailboxes, 0 mailboxes with a device, 0 devices.',
    ],
    [
      'more devices than could be read, by those of the mailboxes whose came',
      { mailboxes: read(20_000, 5_000), devices: { ...read(6_000, 40_000, false), owners: 4_000 } },
      'size.estimated',
      'There are 500 mailboxes, 20,000 mailboxes with a device, more than 6,000, perhaps 30,000, devices.',
    ],
    [
      'more mailboxes than could be read: nobody can say how many devices',
      { mailboxes: read(9_000, 40_000, false), devices: { ...read(6_000, 40_000, false), owners: 4_000 } },
      'size.estimated',
      'There are 500 mailboxes, more than 9,000 mailboxes with a device, more than 6,000 devices.',
    ],
    [
      'some that could not be read',
      { unreadable: 3 },
      'size.counted',
      'There are 500 mailboxes, 200 mailboxes with a device, 300 devices. 3 could not be read; a sync goes on without them.',
    ],
  ] as const) {
    it(`is ${what}`, () => {
      const finding = judgeSize(counts(change));
      assert.deepEqual([finding.verdict, valueInWords(finding.seen, EXCHANGE_WORDS.en)], [verdict, seen]);
    });
  }

  it('is never less than was counted, and what was counted where all was', () => {
    const one = fc.record({ count: fc.nat(100_000), ms: fc.nat(60_000), ended: fc.boolean() });
    const some = fc.record({
      users: fc.option(one),
      mailboxes: one,
      devices: fc
        .tuple(one, fc.nat(100_000))
        .map(([device, owners]) => ({ ...device, owners: Math.min(owners, device.count) })),
      unreadable: fc.constant(0),
    });
    fc.assert(
      fc.property(some, (found) => {
        const { devices, mailboxes } = expectedOf(found);
        assert.ok(devices === null || devices >= found.devices.count);
        if (found.devices.ended) assert.equal(devices, found.devices.count);
        assert.equal(mailboxes, found.mailboxes.ended ? found.mailboxes.count : null);
        const ms = readingMs(found);
        if (ms !== null) assert.ok(ms + 1 >= found.mailboxes.ms + found.devices.ms && Number.isFinite(ms));
      }),
    );
  });
});

describe('what is said of the time of a full sync', () => {
  for (const [what, change, verdict, seen] of [
    [
      'the time that counting took',
      {},
      'time.short',
      'Reading Exchange in whole takes about 6 s, 100 devices a second. Reading the MDM comes on top, and what is changed.',
    ],
    [
      'the time by what was read',
      { mailboxes: read(20_000, 5_000), devices: { ...read(6_000, 40_000, false), owners: 4_000 } },
      'time.short',
      'Reading Exchange in whole takes about 4 minutes, 150 devices a second. Reading the MDM comes on top, and what is changed.',
    ],
    [
      'long where it is long',
      { mailboxes: read(200_000, 39_000), devices: { ...read(2_000, 40_000, false), owners: 2_000 } },
      'time.long',
      'Reading Exchange in whole takes about 68 minutes, 50 devices a second. Reading the MDM comes on top, and what is changed.',
    ],
    [
      'unknown where nobody can say how much there is',
      { mailboxes: read(9_000, 40_000, false) },
      'time.untold',
      'There is more than was read in the time of this check. The status of the first full sync counts along.',
    ],
  ] as const) {
    it(`is ${what}`, () => {
      const finding = judgeTime(counts(change));
      assert.deepEqual([finding.verdict, valueInWords(finding.seen, EXCHANGE_WORDS.en)], [verdict, seen]);
    });
  }
});
