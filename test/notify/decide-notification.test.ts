import assert from 'node:assert/strict';
import { decideNotification } from '../../src/notify/decide-notification.ts';
import type { EarlierMail, NotificationOptions, SkipReason } from '../../src/notify/decide-notification.ts';
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
const mailed = (at: string, change: Partial<EarlierMail> = {}): EarlierMail => ({
  kind: 'not-enrolled',
  at,
  blockedAt: BLOCKED_AT,
  outcome: 'sent',
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
        reminder: 0,
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
    ['nothing sent yet', [], 1, 'send 0', null],
    ['the mail is there', [first], 1, 'already-sent', hours(48.1)],
    ['another kind was mailed', [mailed(hours(0.1), { kind: 'noncompliant' })], 1, 'send 0', null],
    ['the mail failed', [mailed(hours(0.1), { outcome: 'failed' })], 1, 'send 0', null],
    ['the first reminder is due', [first], 48.1, 'send 1', null],
    ['the first reminder is there', [first, mailed(hours(48.1))], 60, 'already-sent', hours(96.1)],
    ['the second reminder is due', [mailed(hours(48.1)), first], 97, 'send 2', null],
    ['both reminders are there', [first, mailed(hours(48.1)), mailed(hours(97))], 900, 'reminders-used', null],
    [
      'it was mailed weeks ago about an earlier blocking',
      [mailed(hours(-500), { blockedAt: hours(-501) })],
      1,
      'send 0',
      null,
    ],
    [
      'it was mailed an hour ago about an earlier blocking',
      [mailed(hours(0), { blockedAt: hours(-1) })],
      1,
      'blocked-again-too-soon',
      hours(24),
    ],
  ];
  for (const [what, history, after, expected, nextAt] of table) {
    it(`${expected.startsWith('send') ? 'sends' : 'sends nothing'} when ${what}`, () => {
      const decision = decideNotification(aBlock(), history, { ...options, now: new Date(hours(after)) });
      const seen =
        decision.action === 'send' ? [`send ${decision.reminder}`, null] : [decision.reason, decision.nextAt];
      assert.deepEqual(seen, [expected, nextAt]);
    });
  }

  it('sends one mail and no reminder when there are to be none', () => {
    const none = { ...options, reminders: 0, now: new Date(hours(500)) };
    assert.deepEqual(decideNotification(aBlock(), [first], none), {
      action: 'skip',
      kind: 'not-enrolled',
      reason: 'already-sent',
      text: 'The device has had its mail.',
      nextAt: null,
    });
  });
});
