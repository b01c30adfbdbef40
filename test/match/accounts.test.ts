/** Two Android accounts of one model on a mailbox, and an MDM that does not tell EAS IDs: whose the enrolled phone is. */
import assert from 'node:assert/strict';
import { EasIndex } from '../../src/match/eas-index.ts';
import { MatchRules } from '../../src/match/match-rules.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import type { KnownAttempt, PastMerge } from '../../src/match/past.ts';
import { easRecordKey } from '../../src/model/keys.ts';
import type { Activation, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
import { OWN_CLOCK } from '../../src/model/server-clock.ts';
import { anMdmPixel, aPixel } from '../support/records.ts';

/** A time of May 2026, by its day and hour. */
const may = (day: number, hour = 0, minute = 0): string => new Date(Date.UTC(2026, 4, day, hour, minute)).toISOString();
const ms = (time: string): number => Date.parse(time);

/** The newer account was added on 20 May at 8; the MDM was read on 2 June. */
const OLD = aPixel({ easId: 'old', firstSyncAt: may(1, 8) });
const NEW = aPixel({ easId: 'new', firstSyncAt: may(20, 8) });
const KEY = 'mdm:intune:m1';

/** Exchange was asked then, and told of this attempt. */
const told = (toldAt: string, lastAttemptAt: string | null): KnownAttempt => ({
  toldAt: ms(toldAt),
  lastAttemptAt: lastAttemptAt === null ? Number.NaN : ms(lastAttemptAt),
  refusedAt: Number.NaN,
});
const refused = (at: string): KnownAttempt => ({ ...told(at, null), toldAt: Number.NaN, refusedAt: ms(at) });
/** Silent since the newer account was added, as Exchange told on the 22nd. */
const silent = told(may(22, 12), may(20, 7));
const inUse = told(may(22, 12), may(22, 11));

interface Story {
  readonly accounts?: readonly EasRecord[];
  readonly mdm?: readonly MdmRecord[];
  /** When which link was opened. */
  readonly clicks?: readonly (readonly [easId: string, at: string])[];
  readonly attempts?: Readonly<Record<string, KnownAttempt>>;
  readonly past?: Readonly<Record<string, Pick<PastMerge, 'since' | 'until'> & Partial<PastMerge>>>;
  readonly pairings?: readonly Pairing[];
}

/** An MDM record that fits both, enrolled on 21 May. */
const enrolled = anMdmPixel({ enrolledAt: may(21, 8) });
const still = (since: string) => ({ since, until: null });

async function outcome(story: Story): Promise<Record<string, string>> {
  const { accounts = [OLD, NEW], mdm = [enrolled], clicks = [], attempts = {}, past = {}, pairings = [] } = story;
  const index = new MdmIndex();
  index.add(mdm);
  const eas = new EasIndex();
  eas.add(accounts);
  const byKey = <Row>(rows: Readonly<Record<string, Row>>): Map<string, Row> =>
    new Map(Object.entries(rows).map(([easId, row]) => [easRecordKey('org', OLD.mailbox.id, easId), row]));
  const merges = Object.fromEntries(
    Object.entries(past).map(([easId, row]) => [easId, { mdmKey: KEY, by: 'activation', ...row }]),
  );
  const rules = new MatchRules({
    mdm: index,
    eas,
    activations: clicks.map(([easId, at]): Activation => {
      return { easId, mailbox: OLD.mailbox.id, at, userAgent: null, tokenId: `${easId} ${at}` };
    }),
    pairings,
    past: async () => byKey(merges),
    attempts: async () => byKey(attempts),
    options: {
      mdmStartedAt: '2026-06-02T00:00:00.000Z',
      mdmComplete: true,
      mdmFresh: true,
      easReadAt: '2026-06-02T00:00:00.000Z',
      easClock: OWN_CLOCK,
    },
  });
  await rules.knowPast(accounts, accounts);
  const found = accounts.map((account): [string, string] => {
    const finding = rules.match(account);
    const by = pairings.length > 0 ? ` by ${finding.by}` : '';
    const what = finding.row < 0 ? `${finding.reason}: ${finding.case}` : `${index.key(finding.row)}${by}`;
    return [
      account.easId,
      finding.askFrom === undefined ? what : `${what}, ask ${new Date(finding.askFrom).toISOString()}`,
    ];
  });
  return Object.fromEntries(found);
}

type Row = readonly [sentence: string, story: Story, expected: Readonly<Record<string, string>>];

function table(rows: readonly Row[]): void {
  for (const [sentence, story, expected] of rows) {
    it(sentence, async () => {
      assert.deepEqual(await outcome(story), expected);
      const turned = { ...story, accounts: [...(story.accounts ?? [OLD, NEW])].reverse() };
      assert.deepEqual(await outcome(turned), expected, 'in the other order');
    });
  }
}

const WAITS = 'needs-activation: waits-for-link';
const LEFT = 'superseded: account-left';
const PASSED = 'superseded: account-passed';
const TAKEN = 'not-enrolled: activation-taken';
const UNCLEAR = 'not-enrolled: account-unclear';
const NONE = 'not-enrolled: no-device';
/** An hour after the newer account was added. */
const HOUR = may(20, 9);

describe('a phone that was set up anew, with two accounts of it', () => {
  table([
    [
      'has two accounts that wait for the link, until Exchange is asked an hour after the newer one was added',
      {},
      { old: `${WAITS}, ask ${HOUR}`, new: WAITS },
    ],
    [
      'is asked for again where Exchange was asked earlier than an hour after',
      { attempts: { old: told(may(20, 8, 59), may(20, 7)) } },
      { old: `${WAITS}, ask ${HOUR}`, new: WAITS },
    ],
    [
      'has left the old account where that has not tried to sync for an hour and more',
      { attempts: { old: told(HOUR, may(20, 8)) } },
      { old: LEFT, new: WAITS },
    ],
    [
      'is allowed by the link of the new account',
      { attempts: { old: silent }, clicks: [['new', may(22, 9)]] },
      { old: LEFT, new: KEY },
    ],
    [
      'is allowed by the link of the old account too, once Exchange was asked for that after it was opened',
      { attempts: { old: silent }, clicks: [['old', may(22, 9)]] },
      { old: LEFT, new: KEY },
    ],
    [
      'is not yet where Exchange was asked before it was opened',
      { attempts: { old: silent }, clicks: [['old', may(22, 13)]] },
      { old: `${LEFT}, ask ${may(22, 13)}`, new: 'not-enrolled: account-asked' },
    ],
    [
      'is not by the link of the old account where that was opened before there was the new one',
      { attempts: { old: silent }, clicks: [['old', may(19, 9)]] },
      { old: LEFT, new: WAITS },
    ],
    [
      'keeps its merge with the old account while no link is opened since there is the new one',
      {
        attempts: { old: silent },
        mdm: [anMdmPixel({ enrolledAt: may(2) })],
        clicks: [['old', may(1, 12)]],
        past: { old: still(may(2)) },
      },
      { old: KEY, new: NONE },
    ],
    [
      'passes to the new account, pressed first on the wrong link, an hour after that one was added',
      {
        attempts: { old: told(may(20, 12), may(20, 7)) },
        mdm: [anMdmPixel({ enrolledAt: may(20, 8, 20) })],
        clicks: [['old', may(20, 8, 10)]],
        past: { old: still(may(20, 8, 30)) },
      },
      { old: PASSED, new: KEY },
    ],
    [
      'does not pass within that hour: the right link takes nothing yet, and nobody is alarmed',
      {
        attempts: { old: told(may(20, 8, 40), may(20, 7)) },
        mdm: [anMdmPixel({ enrolledAt: may(20, 8, 20) })],
        clicks: [
          ['old', may(20, 8, 10)],
          ['new', may(20, 8, 35)],
        ],
        past: { old: still(may(20, 8, 30)) },
      },
      { old: `${KEY}, ask ${HOUR}`, new: UNCLEAR },
    ],
    [
      'stays passed, the old account being told of',
      {
        attempts: { old: silent },
        clicks: [['old', may(21, 9)]],
        past: { old: { since: may(21, 10), until: may(22, 12) }, new: still(may(22, 12)) },
      },
      { old: PASSED, new: KEY },
    ],
  ]);
});

describe('a merge of the older account that held before there was the newer one', () => {
  const mdm = [anMdmPixel({ enrolledAt: may(2) })];
  const past = { old: still(may(2)) };
  const clicks = [
    ['old', may(1, 12)],
    ['new', may(20, 9)],
  ] as const;
  table([
    [
      'stays for a day at least: a phone may lie still for a night',
      { mdm, past, clicks, attempts: { old: told(may(21, 7), may(20, 7)) } },
      { old: `${KEY}, ask ${may(21, 8)}`, new: UNCLEAR },
    ],
    [
      'passes after that day, with a link that was opened since',
      { mdm, past, clicks, attempts: { old: told(may(21, 8), may(20, 7)) } },
      { old: PASSED, new: KEY },
    ],
    [
      'stays where Exchange was asked before the link was opened: it may have been in use again',
      { mdm, past, clicks: [...clicks, ['new', may(30, 9)]], attempts: { old: silent } },
      { old: `${KEY}, ask ${may(30, 9)}`, new: UNCLEAR },
    ],
    [
      'stays where the older account is in use, and the link of the newer one takes nothing',
      { mdm, past, clicks, attempts: { old: inUse } },
      { old: KEY, new: TAKEN },
    ],
    [
      'stays where the newer account gets a phone of its own',
      { mdm: [...mdm, anMdmPixel({ id: 'm2', enrolledAt: may(20, 10) })], past, clicks, attempts: { old: silent } },
      { old: KEY, new: 'mdm:intune:m2' },
    ],
    [
      'comes back, once passed, when the older account tries again: it was a second phone',
      {
        mdm,
        clicks,
        attempts: { old: told(may(23), may(22, 23)) },
        past: { old: { since: may(2), until: may(22) }, new: still(may(22)) },
      },
      { old: KEY, new: TAKEN },
    ],
    [
      'stays with the older account after it came back',
      {
        mdm,
        clicks,
        attempts: { old: told(may(23), may(22, 23)), new: told(may(23), may(22, 23)) },
        past: { old: still(may(23)), new: { since: may(22), until: may(23) } },
      },
      { old: KEY, new: TAKEN },
    ],
    [
      'does not come back where the newer one did not get it from it',
      {
        mdm,
        clicks,
        attempts: { old: inUse },
        past: { old: { since: may(2), until: may(10) }, new: still(may(22)) },
      },
      { old: TAKEN, new: KEY },
    ],
  ]);
});

describe('two phones of one model, both in use', () => {
  const attempts = { old: inUse };
  table([
    ['wait for a link each', { attempts }, { old: WAITS, new: WAITS }],
    [
      'have the enrolled one go to that whose link was opened',
      { attempts, clicks: [['old', may(22)]] },
      { old: KEY, new: NONE },
    ],
    ['also where that is the newer one', { attempts, clicks: [['new', may(22)]] }, { old: NONE, new: KEY }],
    [
      'are held where both links were opened between two syncs',
      {
        attempts,
        clicks: [
          ['old', may(22)],
          ['new', may(22, 1)],
        ],
      },
      { old: 'ambiguous: activation-contested', new: 'ambiguous: activation-contested' },
    ],
    [
      'have the second link take nothing, which goes to a person',
      {
        attempts,
        clicks: [
          ['new', may(22)],
          ['old', may(22, 1)],
        ],
        past: { new: still(may(22, 0, 30)) },
      },
      { old: TAKEN, new: KEY },
    ],
  ]);
});

describe('two accounts of one model where Exchange does not tell of attempts', () => {
  const attempts = { old: refused(may(22, 12)) };
  const daily = `, ask ${may(23, 12)}`;
  const first = [
    ['old', may(21, 9)],
    ['new', may(21, 12)],
  ] as const;
  table([
    ['wait for a link each', { attempts }, { old: WAITS, new: WAITS }],
    ['have the last click win', { attempts, clicks: first }, { old: `superseded: account-lost${daily}`, new: KEY }],
    [
      'also where it is that of the older one',
      {
        attempts: { old: told(may(22, 12), null) },
        clicks: [
          ['new', may(21, 9)],
          ['old', may(21, 12)],
        ],
      },
      { old: `${KEY}${daily}`, new: 'superseded: account-lost' },
    ],
    [
      'hand a merge on to the last click',
      { attempts, clicks: first, past: { old: still(may(21, 10)) } },
      { old: `superseded: account-lost${daily}`, new: KEY },
    ],
    [
      'hand it on once in thirty days: the next click takes nothing, and its phone is not blocked in silence',
      {
        attempts,
        clicks: [...first, ['old', may(22, 9)]],
        past: { old: { since: may(21, 10), until: may(21, 13) }, new: still(may(21, 13)) },
      },
      { old: `${TAKEN}${daily}`, new: KEY },
    ],
    [
      'leave one whose link was never opened to its mail',
      { attempts, clicks: [['old', may(21, 9)]] },
      { old: `${KEY}${daily}`, new: NONE },
    ],
    [
      'are held where both links were opened at the same time',
      {
        attempts,
        clicks: [
          ['old', may(22)],
          ['new', may(22)],
        ],
      },
      { old: `ambiguous: activation-contested${daily}`, new: 'ambiguous: activation-contested' },
    ],
  ]);
});

describe('accounts that are not of one phone', () => {
  table([
    [
      'are those of two models',
      { accounts: [aPixel({ ...OLD, device: { model: 'Pixel 6' } }), NEW] },
      { old: NONE, new: WAITS },
    ],
    [
      'are those that only tell that they are Android',
      {
        accounts: [aPixel({ ...OLD, device: { model: 'Android' } }), aPixel({ ...NEW, device: { model: 'Android' } })],
        attempts: { old: silent },
      },
      { old: WAITS, new: WAITS },
    ],
    [
      'are those whose EAS ID the MDM tells',
      { mdm: [anMdmPixel({ easIds: ['old'] }), anMdmPixel({ id: 'm2' })], attempts: { old: silent } },
      { old: 'mdm:intune:m1', new: 'needs-activation: waits-for-link' },
    ],
    [
      'are those of which nobody knows when they synced first',
      { accounts: [OLD, aPixel({ ...NEW, firstSyncAt: '2027-01-01T00:00:00.000Z' })], attempts: { old: silent } },
      { old: WAITS, new: 'snapshot-incomplete: first-sync-unknown' },
    ],
  ]);
});

describe('an MDM record that a person has paired with one of two accounts', () => {
  const pairings = [{ easKey: OLD.key, mdmKey: KEY, at: may(3), by: null, note: null }];
  table([
    [
      'does not pass from it by its silence, and stays what it was merged by: the next match finds the same',
      { clicks: [['old', may(21, 9)]], attempts: { old: silent }, past: { old: still(may(2)) }, pairings },
      { old: `${KEY} by activation`, new: NONE },
    ],
    [
      'is no choice for the link of the other one',
      { clicks: [['new', may(22, 9)]], attempts: { old: inUse }, pairings },
      { old: `${KEY} by pairing`, new: 'not-enrolled: activation-waits' },
    ],
    [
      'is no choice for the link of the other one, and so does not contest its own',
      {
        clicks: [
          ['old', may(20, 9)],
          ['new', may(20, 10)],
        ],
        attempts: { old: inUse },
        pairings,
      },
      { old: `${KEY} by activation`, new: 'not-enrolled: activation-waits' },
    ],
  ]);
});

describe('three accounts of one model', () => {
  const MID = aPixel({ easId: 'mid', firstSyncAt: may(10, 8) });
  const accounts = [OLD, MID, NEW];
  table([
    [
      'have one left for the second that stays so when a third comes',
      { accounts, attempts: { old: told(may(10, 12), may(10, 7)) } },
      { old: LEFT, mid: `${WAITS}, ask ${HOUR}`, new: WAITS },
    ],
    [
      'are one phone where both older ones are silent: any link is that of the newest',
      { accounts, attempts: { old: silent, mid: silent }, clicks: [['mid', may(22)]] },
      { old: LEFT, mid: LEFT, new: KEY },
    ],
    [
      'are two phones where the second is in use: a link of the silent one is nobody’s',
      { accounts, attempts: { old: silent, mid: inUse }, clicks: [['old', may(22)]] },
      { old: LEFT, mid: WAITS, new: WAITS },
    ],
  ]);
});
