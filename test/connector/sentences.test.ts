/** `msg.text`: what a person reads in the debug sidebar, in a mail or in a chat, word by word. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { deviceWords, newsSentence } from '../../src/connector/sentences/device-sentences.ts';
import {
  activationSentence,
  checkSentence,
  notSentSentence,
  previewSentence,
  sentSentence,
} from '../../src/connector/sentences/mail-sentences.ts';
import { pageSentence } from '../../src/connector/sentences/page-sentence.ts';
import type { PageOfRecords } from '../../src/connector/sentences/page-sentence.ts';
import { LONGEST_NAME, plainWords } from '../../src/connector/sentences/plain-words.ts';
import { matchSentence, requestSentence, syncSentence } from '../../src/connector/sentences/report-sentences.ts';
import { NO_COUNTS } from '../../src/connector/sync/sync-report.ts';
import type { Counts, SyncReport } from '../../src/connector/sync/sync-report.ts';
import type { AccessChange, Action, DeviceNews, DeviceRecord } from '../../src/model/records.ts';
import { anEas, merged } from '../support/records.ts';

const CARLA = anEas({
  mailbox: { displayName: 'Carla Costa', address: 'carla@contoso.com' },
  device: { model: 'SM-S921B', type: 'SamsungDevice' },
});
const reason = { code: 'not-enrolled', text: 'No enrolled device of this user fits.' } as const;
const DEVICE: DeviceRecord = {
  key: CARLA.key,
  status: 'eas',
  eas: CARLA,
  match: { by: null, evidence: [] },
  reason,
};
const RIGHT_TO_LEFT = String.fromCodePoint(0x202e);
const ZERO_WIDTH = String.fromCodePoint(0x200b);

/** News of Carla's phone. */
function news(
  action: Action,
  code: string,
  change: Partial<AccessChange> | null = {},
  problem?: DeviceNews['problem'],
): DeviceNews {
  const made = { from: 'allowed', to: 'blocked', at: '2026-06-01T08:00:00.000Z', applied: true, attempts: 1 } as const;
  return {
    device: DEVICE,
    decision: { action, rule: 'Sales', reason: { code, text: 'Why.', evidence: [] } },
    change: change === null ? null : { ...made, ...change },
    ...(problem === undefined ? {} : { problem }),
  };
}

const NEWS: readonly (readonly [news: DeviceNews, text: string])[] = [
  [news('block', 'not-enrolled'), "Carla Costa's SM-S921B blocked: no enrolled device fits"],
  [
    news('block', 'not-enrolled', { applied: false }),
    "Carla Costa's SM-S921B would be blocked: no enrolled device fits",
  ],
  [
    news('block', 'noncompliant', { from: 'blocked' }),
    "Carla Costa's SM-S921B stays blocked: enrolled, but not compliant",
  ],
  [
    news('block', 'noncompliant', { from: 'blocked', applied: false }),
    "Carla Costa's SM-S921B would stay blocked: enrolled, but not compliant",
  ],
  // The reason is not why: it is a rule of the administrator's.
  [news('block', 'compliant'), "Carla Costa's SM-S921B blocked: the rule “Sales” says so"],
  [news('allow', 'not-enrolled'), "Carla Costa's SM-S921B allowed: the rule “Sales” says so"],
  [news('allow', 'constructor'), "Carla Costa's SM-S921B allowed: the rule “Sales” says so"],
  [news('allow', 'compliant'), "Carla Costa's SM-S921B allowed: enrolled and compliant"],
  [
    news('allow', 'in-grace', { applied: false }),
    "Carla Costa's SM-S921B would be allowed: enrolled, in its grace period",
  ],
  [
    news('release', 'excluded-group'),
    "Carla Costa's SM-S921B left to Exchange's own rules: its owner is in an excluded group",
  ],
  [
    news('block', 'not-enrolled', { applied: false }, { code: 'ERR_EXCHANGE_BUSY', text: 'Exchange is busy.' }),
    "Carla Costa's SM-S921B could not be blocked: Exchange is busy.",
  ],
  [
    news('block', 'partnership-unused', { applied: false }, { code: 'ERR_EXCHANGE_RIGHTS', text: 'No right.' }),
    "Carla Costa's SM-S921B could not be removed from Exchange: No right.",
  ],
  [
    news('block', 'not-enrolled', { applied: false }, { code: 'waits-for-sync', text: 'The MDM was away.' }),
    "Carla Costa's SM-S921B is left to the next sync: The MDM was away.",
  ],
  [
    news('leave', 'ambiguous', null, { code: 'ambiguous', text: 'Two devices fit.' }),
    "Carla Costa's SM-S921B needs a look: Two devices fit.",
  ],
  [
    { ...news('release', 'undo'), device: { ...DEVICE, key: 'none', eas: undefined } as unknown as DeviceRecord },
    "Somebody's device left to Exchange's own rules: undo takes back what the connector wrote",
  ],
  [
    { device: null, decision: null, change: null, problem: { code: 'ERR_X', text: 'No group can be read.' } },
    'No group can be read.',
  ],
  [
    {
      device: null,
      decision: null,
      change: null,
      problem: { code: 'ERR_BRAKE', text: '6 devices would lose access; the brake allows 1 of 12.' },
      plan: { id: 'p1', count: 6, byReason: { 'not-enrolled': 4, 'not-native-client': 2 }, samples: [] },
    },
    '6 changes held for approval (4 not enrolled, 2 not native client): 6 devices would lose access; the brake allows 1 of 12.',
  ],
];

/** A report of 40 devices. */
function report(counts: Partial<Counts>, parts: Partial<SyncReport> = {}): SyncReport {
  return {
    sync: { id: 's1', kind: 'full', organization: 'org' },
    mode: 'enforce',
    counts: { ...NO_COUNTS, devices: 40, ...counts },
    changesByReason: {},
    diff: [],
    readings: [],
    tookMs: 5,
    ...parts,
  };
}

const held = (code: 'ERR_BRAKE' | 'ERR_MAIL_NOT_READY'): NonNullable<SyncReport['held']> => ({
  id: 'p1',
  reason: { code, text: '' },
  count: 2,
});
const REPORTS: readonly (readonly [report: SyncReport, text: string])[] = [
  [
    report({ blocked: 3, allowed: 1, held: 2 }, { held: held('ERR_BRAKE') }),
    'Sync of 40 devices: 3 blocked, 1 allowed, 2 held by the brake',
  ],
  [
    report({ blocked: 3, allowed: 1, held: 2 }, { held: held('ERR_BRAKE'), mode: 'simulate' }),
    'Simulation of 40 devices: 3 would be blocked, 1 would be allowed, 2 would be held by the brake',
  ],
  [
    report({ held: 2 }, { held: held('ERR_MAIL_NOT_READY') }),
    'Sync of 40 devices: 2 held until somebody can be mailed',
  ],
  [report({}), 'Sync of 40 devices: nothing changed'],
  [
    report({}, { sync: { id: 's', kind: 'full', organization: 'org', dryRun: true }, mode: 'simulate' }),
    'Dry run of 40 devices: nothing would change',
  ],
  [
    report({ devices: 1, released: 1 }, { sync: { id: 's', kind: 'quick', organization: 'org', known: 1204 } }),
    "Sync of 1 of 1,204 devices: 1 left to Exchange's own rules",
  ],
  [
    report(
      { failed: 1, nextSync: 2, forMail: 3, removed: 4, undecided: 5 },
      {
        problems: [
          { code: 'ERR_SNAPSHOT_STALE', text: 'The MDM was read 30 hours ago.' },
          { code: 'ERR_SNAPSHOT_GAPS', text: 'Three objects are broken.' },
        ],
      },
    ),
    'Sync of 40 devices: 4 removed from Exchange, 3 waiting until somebody can be mailed, 1 failed, 2 left to the next sync, 5 undecided. The MDM was read 30 hours ago. (and 1 more problem)',
  ],
];

const PAGE: PageOfRecords = {
  content: 'eas',
  isQuick: false,
  isDryRun: false,
  page: 1,
  last: false,
  count: 500,
  total: null,
};
const PAGES: readonly (readonly [page: PageOfRecords, text: string])[] = [
  [PAGE, '500 EAS records, page 2'],
  [{ ...PAGE, last: true, count: 204, total: 1204 }, '1,204 EAS records read, complete'],
  [{ ...PAGE, last: true, count: 1, total: null }, '1 EAS record, page 2, the last one'],
  [{ ...PAGE, page: 0, last: true, count: 0, total: 0 }, '0 EAS records read, complete'],
  [{ ...PAGE, isDryRun: true, last: true, total: 9 }, '9 EAS records read, complete, for a dry run'],
  [{ ...PAGE, isQuick: true, last: true, total: 3, gone: ['a', 'b'] }, '3 changed EAS records read, 2 gone, complete'],
  [
    { ...PAGE, last: true, total: 9, gaps: { count: 2, mailboxes: [] } },
    '9 EAS records read, complete but for 2 objects that could not be read',
  ],
  [{ ...PAGE, content: 'mdm', page: 0 }, '500 MDM records, page 1'],
  [{ ...PAGE, content: 'mdm', last: true, total: 1 }, '1 MDM record read, complete'],
  [{ ...PAGE, content: 'devices', isQuick: true }, '500 devices, page 2'],
  [{ ...PAGE, content: 'devices', last: true, total: 1204 }, '1,204 devices matched, complete'],
  [
    { ...PAGE, content: 'mdm-only', last: true, total: 2 },
    '2 MDM records without a device in Exchange found, complete',
  ],
];

describe('the sentence in msg.text', () => {
  for (const [one, text] of NEWS) it(`of the access switch says: ${text}`, () => assert.equal(newsSentence(one), text));

  for (const [one, text] of REPORTS) it(`of a report says: ${text}`, () => assert.equal(syncSentence(one), text));

  for (const [one, text] of PAGES) it(`of a page says: ${text}`, () => assert.equal(pageSentence(one), text));

  it('says what a request came to, and what nothing brings back', () => {
    const sync = { kind: 'control', organization: 'org' } as const;
    const said = (id: string, counts: Partial<Counts>, notUndone?: { count: number; text: string }) =>
      requestSentence({
        sync: { ...sync, id },
        mode: 'enforce',
        counts: { ...NO_COUNTS, ...counts },
        ...(notUndone && { notUndone }),
        tookMs: 1,
      });
    assert.deepEqual(
      [
        said('approve', { blocked: 6 }),
        said('retry', {}),
        said('due', { allowed: 1 }),
        said('undo', { released: 6 }, { count: 1, text: '1 partnership was removed.' }),
        said('toString', { failed: 1 }),
      ],
      [
        'Approved: 6 blocked',
        'Retry: nothing changed',
        'What was due: 1 allowed',
        "Undo: 6 left to Exchange's own rules. 1 partnership was removed.",
        'Request: 1 failed',
      ],
    );
  });

  it('says what was matched, of how many, and that a reading is old', () => {
    const mdm = { startedAt: null, complete: true, fresh: true, count: 35, sources: [] };
    const sync = {
      id: 's1',
      source: 'eas',
      kind: 'full',
      organization: 'org',
      startedAt: '2026-06-01T08:00:00.000Z',
      maxAgeHours: 26,
      scope: 'all',
      known: 1240,
    } as const;
    assert.deepEqual(
      [
        matchSentence({ sync, status: { 'eas/mdm': 30, eas: 1210, mdm: 5 }, mdm }),
        matchSentence({
          sync: { ...sync, scope: 'changes' },
          status: { 'eas/mdm': 1, eas: 1, mdm: 0 },
          mdm: { ...mdm, fresh: false },
        }),
        matchSentence({
          sync,
          status: { 'eas/mdm': 30, eas: 1210, mdm: 0 },
          mdm: {
            ...mdm,
            sources: [
              {
                source: 'tenant',
                startedAt: null,
                fresh: true,
                count: 35,
                gone: { name: 'Old tenant', since: '2026-06-01T08:00:00.000Z' },
              },
            ],
          },
        }),
      ],
      [
        '1,240 devices matched: 30 merged, 1,210 without an MDM record; 5 MDM records without a device in Exchange',
        '2 of 1,240 devices matched: 1 merged, 1 without an MDM record. An MDM reading is missing or too old, so nothing new is concluded from it',
        '1,240 devices matched: 30 merged, 1,210 without an MDM record. No MDM source on the canvas reads Old tenant, whose reading counts',
      ],
    );
  });

  it('says what became of a mail, without its link', () => {
    const mail = { to: 'carla@contoso.com', reminder: 0 };
    assert.deepEqual(
      [
        sentSentence(DEVICE, mail),
        sentSentence(DEVICE, { ...mail, reminder: 2 }),
        sentSentence(DEVICE, mail, 'Its copy to it@contoso.com was refused.'),
        notSentSentence(DEVICE, 'The sign-in was refused.'),
        previewSentence('carla@contoso.com'),
        previewSentence(''),
      ],
      [
        "Mail about Carla Costa's SM-S921B sent to carla@contoso.com",
        "Reminder 2 about Carla Costa's SM-S921B sent to carla@contoso.com",
        "Mail about Carla Costa's SM-S921B sent to carla@contoso.com. Its copy to it@contoso.com was refused.",
        "No mail about Carla Costa's SM-S921B: The sign-in was refused.",
        'Preview of the mail to carla@contoso.com',
        'Preview of a mail without a recipient',
      ],
    );
  });

  it('says whether the mail account can mail, and what is in the way', () => {
    const check = { account: 'eas@contoso.com', signedIn: true, mailbox: 'UserMailbox' };
    const step = (verdict: 'failed' | 'unknown' | 'ready', text: string) => ({ step: 'link' as const, verdict, text });
    assert.deepEqual(
      [
        checkSentence({ ...check, verdict: 'ready', steps: [step('ready', 'Fine.')] }),
        checkSentence({ ...check, verdict: 'unknown', steps: [step('ready', 'Fine.'), step('unknown', 'No answer.')] }),
        checkSentence({ ...check, account: '', verdict: 'failed', steps: [step('failed', 'No https.')] }),
        checkSentence({
          ...check,
          verdict: 'unknown',
          steps: [step('unknown', 'No answer.'), { ...step('unknown', 'No such name.'), step: 'autodiscover' }],
        }),
      ],
      [
        'Mail account eas@contoso.com is ready',
        'Mail account eas@contoso.com may be able to mail (link): No answer.',
        'Mail account cannot mail (link): No https.',
        'Mail account eas@contoso.com may be able to mail (link): No answer. (autodiscover): No such name.',
      ],
    );
  });

  it('says whose link was opened, by its EAS ID where no reading has the device', () => {
    const activation = { easId: 'ANDROIDC1', mailbox: CARLA.mailbox.id };
    assert.deepEqual(
      [activationSentence(activation, CARLA), activationSentence(activation, null)],
      [
        "The link for Carla Costa's SM-S921B was opened and its button pressed",
        "The link for somebody's device androidc1 was opened and its button pressed",
      ],
    );
  });

  it('calls a device by what is known of it', () => {
    const nameless = { displayName: null, address: null, upn: null, addresses: [] };
    const bare = { model: null, type: null };
    assert.deepEqual(
      [
        deviceWords(DEVICE),
        deviceWords({ ...DEVICE, eas: anEas({ mailbox: { displayName: ' ' } }) }),
        deviceWords({ ...DEVICE, eas: anEas({ device: { model: null } }) }),
        deviceWords({ ...DEVICE, eas: anEas({ mailbox: nameless, device: bare }) }),
        deviceWords(merged(anEas({ mailbox: nameless, device: bare }))),
        deviceWords({ key: 'eas:org:00000000-0000-4000-8000-000000000001:appl1' }),
        deviceWords({ key: 'no key' }),
      ],
      [
        "Carla Costa's SM-S921B",
        "anna@corp.example's iPhone15C2",
        "Anna's iPhone",
        "somebody's device IPHONE1",
        "anna@corp.example's iPhone 14 Pro",
        "somebody's device appl1",
        "somebody's device",
      ],
    );
  });

  it('shows hostile names as words: on one line, cut, and with nothing that hides or turns text', () => {
    const eas = anEas({
      mailbox: { displayName: `Eve\r\n\tERROR ${RIGHT_TO_LEFT}txt${ZERO_WIDTH}<script>alert(1)</script>` },
      device: { model: 'x'.repeat(100_000) },
    });
    assert.equal(
      newsSentence({ ...news('block', 'not-enrolled'), device: { ...DEVICE, eas } }),
      `Eve ERROR txt <script>alert(1)</script>'s ${'x'.repeat(59)}… blocked: no enrolled device fits`,
    );
  });

  it('has no name longer than it may be, nothing unseen, and is whole, whatever a name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const words = plainWords(name) ?? '-';
        assert.ok(Array.from(words).length <= LONGEST_NAME);
        assert.ok(words.isWellFormed());
        assert.equal(words.trim(), words);
        assert.doesNotMatch(words, /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]| {2}/u);
      }),
    );
  });
});
