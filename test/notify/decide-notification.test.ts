import assert from 'node:assert/strict';
import { decideNotification, isStillAbout } from '../../src/notify/decide-notification.ts';
import type { EarlierMail, NotificationOptions, SkipReason, StillAbout } from '../../src/notify/decide-notification.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import { anMdmRecord } from '../store/records.ts';
import { BLOCKED_AT, aBlock, aDevice } from './mails.ts';

const options: NotificationOptions = {
  now: new Date('2026-05-04T10:05:00.000Z'),
  reminderAfterHours: 48,
  reminders: 2,
  allowedDomains: ['contoso.example'],
};
const hours = (count: number): string => new Date(Date.parse(BLOCKED_AT) + count * 3_600_000).toISOString();
const EARLIER = { blockedAt: hours(-501), episode: hours(-501) };
/** @param sentAt null: it waits */
const mailed = (sentAt: string | null, change: Partial<EarlierMail> = {}): EarlierMail => ({
  kind: 'not-enrolled',
  episode: BLOCKED_AT,
  blockedAt: BLOCKED_AT,
  state: sentAt === null ? 'waiting' : 'done',
  sentAt,
  dueAt: sentAt ?? hours(1),
  ...change,
});

describe('whether a blocked device is mailed', () => {
  const kinds: [string, DeviceChange, string][] = [
    ['is not enrolled', aBlock(), 'not-enrolled'],
    ['waits for its link', aBlock(aDevice('needs-activation')), 'needs-activation'],
    ['uses another mail app', aBlock(aDevice('not-native-client')), 'not-native-client'],
    ['came back under a new EAS ID', aBlock(aDevice('returned-with-new-id')), 'needs-activation'],
    [
      'is not compliant',
      aBlock(aDevice('merged', { mdm: { ...anMdmRecord('1'), compliance: 'noncompliant' } })),
      'noncompliant',
    ],
    [
      'is not compliant, by the reason of a rule',
      aBlock(aDevice('merged', { mdm: anMdmRecord('1') }), 'noncompliant'),
      'noncompliant',
    ],
    [
      'is not enrolled, blocked by a rule with a reason of its own',
      aBlock(aDevice('not-enrolled'), 'old-system'),
      'not-enrolled',
    ],
  ];
  for (const [what, change, kind] of kinds) {
    it(`sends the mail "${kind}" to the user of a device that ${what}`, () => {
      assert.deepEqual(decideNotification(change, [], options), {
        action: 'send',
        kind,
        address: 'anna@contoso.example',
        putOff: null,
      });
    });
  }

  const block = aBlock();
  const skipped: [string, DeviceChange, SkipReason][] = [
    ['the change was only simulated', { ...block, change: { ...block.change, applied: false } }, 'simulated'],
    [
      'the device was allowed',
      { ...block, change: { ...block.change, to: 'allowed' }, decision: { ...block.decision, action: 'allow' } },
      'not-blocked',
    ],
    ['the entry was only taken back', { ...block, decision: { ...block.decision, action: 'release' } }, 'not-blocked'],
    ['its user can do nothing about the reason', aBlock(aDevice('ambiguous')), 'no-mail-for-reason'],
    ['the mailbox has no address', aBlock(aDevice('not-enrolled', { mailbox: { address: null } })), 'no-address'],
    [
      'the address is no plain one',
      aBlock(aDevice('not-enrolled', { mailbox: { address: 'a@contoso.example, b@evil.example' } })),
      'bad-address',
    ],
    [
      'the address smuggles a header',
      aBlock(aDevice('not-enrolled', { mailbox: { address: 'a@contoso.example\r\nBcc: b@evil.example' } })),
      'bad-address',
    ],
    [
      'the address is outside the allowed domains',
      aBlock(aDevice('not-enrolled', { mailbox: { address: 'anna@evilcontoso.example' } })),
      'domain-not-allowed',
    ],
  ];
  for (const [what, change, reason] of skipped) {
    it(`sends nothing when ${what}`, () => {
      const decision = decideNotification(change, [], options);
      assert.deepEqual([decision.action, decision.action === 'skip' && decision.reason], ['skip', reason]);
    });
  }

  const domains: [readonly string[], string, boolean][] = [
    [[], 'anna@anywhere.example', true],
    [['Contoso.Example'], 'anna@CONTOSO.example', true],
    [['@contoso.example'], 'anna@contoso.example', true],
    [['contoso.example'], 'anna@sub.contoso.example', false],
    [['*.contoso.example'], 'anna@sub.contoso.example', true],
    [['*.contoso.example'], 'anna@contoso.example', false],
    [['fabrikam.example', 'contoso.example'], 'anna@contoso.example', true],
  ];
  for (const [allowedDomains, address, isSent] of domains) {
    it(`${isSent ? 'mails' : 'does not mail'} ${address} when ${allowedDomains.join(' and ') || 'no domain'} is named`, () => {
      const decision = decideNotification(aBlock(aDevice('not-enrolled', { mailbox: { address } })), [], {
        ...options,
        allowedDomains,
      });
      assert.equal(decision.action, isSent ? 'send' : 'skip');
    });
  }
});

describe('how often a blocked device is mailed', () => {
  const first = mailed(hours(0.1));
  const table: [string, EarlierMail[], number, string, string | null][] = [
    ['nothing was sent yet', [], 1, 'send', null],
    ['the mail is there', [first], 1, 'already-sent', null],
    ['the mail waits to be tried again', [mailed(null)], 1, 'already-waiting', null],
    ['the mail waits for a person', [mailed(null, { state: 'attention' })], 1, 'already-waiting', null],
    ['the mail is there, and its reminder waits', [first, mailed(null)], 1, 'already-sent', null],
    ['the mail was given up', [mailed(null, { state: 'given-up' })], 1, 'send', null],
    ['another kind was mailed', [mailed(hours(0.1), { kind: 'noncompliant' })], 1, 'send', null],
    ['it was mailed weeks ago about an earlier blocking', [mailed(hours(-500), EARLIER)], 1, 'send', null],
    ['it was mailed an hour ago about an earlier blocking', [mailed(hours(0), EARLIER)], 1, 'send', hours(24)],
    ['its mail about an earlier blocking waits still', [mailed(null, EARLIER)], 1, 'send', null],
  ];
  for (const [what, earlier, after, expected, putOff] of table) {
    it(`${expected === 'send' ? (putOff === null ? 'sends' : 'puts the mail off') : 'sends nothing'} when ${what}`, () => {
      const decision = decideNotification(aBlock(), earlier, { ...options, now: new Date(hours(after)) });
      const seen = decision.action === 'send' ? ['send', decision.putOff?.until ?? null] : [decision.reason, null];
      assert.deepEqual(seen, [expected, putOff]);
    });
  }

  it('knows a blocking by its episode, whatever its time', () => {
    const block = aBlock();
    const news = { ...block, change: { ...block.change, at: hours(30), episode: 'e1' } };
    const now = { ...options, now: new Date(hours(48)) };
    const decide = (earlier: EarlierMail): string => {
      const decision = decideNotification(news, [earlier], now);
      return decision.action === 'send' ? 'send' : decision.reason;
    };
    assert.deepEqual(
      [decide(mailed(hours(0.1), { episode: 'e1' })), decide(mailed(hours(0.1), { episode: 'e2' }))],
      ['already-sent', 'send'],
    );
  });
});

describe('a mail that is due', () => {
  const about: StillAbout = { isBlocked: true, no: 0, kind: 'not-enrolled', address: 'anna@contoso.example' };
  const table: [string, Partial<StillAbout>, Partial<NotificationOptions>, boolean][] = [
    ['a device that we block', {}, {}, true],
    ['a device that we block no longer', { isBlocked: false }, {}, false],
    ['an address that may be mailed no longer', {}, { allowedDomains: ['fabrikam.example'] }, false],
    ['a mailbox that has lost its address', { address: null }, {}, false],
    ['its last reminder', { no: 2 }, {}, true],
    ['more reminders than are wanted by now', { no: 3 }, {}, false],
    ['a reminder where none are wanted by now', { no: 1 }, { reminderAfterHours: 0 }, false],
  ];
  for (const [what, device, changed, expected] of table) {
    it(`${expected ? 'is' : 'is not'} about ${what}`, () => {
      assert.equal(isStillAbout({ ...about, ...device }, { ...options, ...changed }), expected);
    });
  }
});
