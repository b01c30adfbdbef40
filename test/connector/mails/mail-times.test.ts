/** How long a mail is tried again. */
import assert from 'node:assert/strict';
import { heldBack, isoOf, nextTry, takenUpAgain } from '../../../src/connector/mails/mail-times.ts';
import type { MailTimes } from '../../../src/connector/mails/mail-times.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const NOW = Date.parse('2026-06-01T08:00:00.000Z');

/** The times of all tries of a mail that fails each time, until it needs attention. */
function tries(failed: 'again' | 'account'): number[] {
  let mail: MailTimes = { state: 'waiting', attempts: 0, dueAt: isoOf(NOW), since: null };
  const times: number[] = [];
  while (mail.state !== 'attention') {
    times.push(Date.parse(mail.dueAt) - NOW);
    mail = nextTry(mail, failed, Date.parse(mail.dueAt));
  }
  return times;
}

describe('a mail that cannot be sent', () => {
  it('is tried for exactly a week, however often that is, then needs attention', () => {
    const [again, account] = [tries('again'), tries('account')];
    assert.deepEqual([again.at(-1), account.at(-1)], [WEEK_MS, WEEK_MS]);
    assert.deepEqual(
      again.slice(0, 5).map((ms) => ms / 60_000),
      [0, 1, 3, 7, 15],
    );
    assert.deepEqual(
      again.slice(1).filter((ms, at) => ms - (again[at] ?? 0) > 6 * HOUR_MS),
      [],
    );
    assert.equal(account.length, 7 * 24 + 1, 'once an hour while it is the account that fails');
  });

  it('is tried when the far end says, no sooner than in a minute and no later than in an hour, within its week', () => {
    const mail = { attempts: 9, since: isoOf(NOW) };
    const wait = (asked: number, now = NOW): number => Date.parse(nextTry(mail, 'again', now, asked).dueAt) - now;
    assert.deepEqual(
      [0, 1_000, 297_749, 86_400_000].map((asked) => wait(asked)),
      [60_000, 60_000, 297_749, HOUR_MS],
    );
    assert.equal(wait(HOUR_MS, NOW + WEEK_MS - 1_000), 1_000);
  });

  it('has its week from its first try on, though it waits for a stopped account', () => {
    const first: MailTimes = { state: 'waiting', attempts: 0, dueAt: isoOf(NOW), since: isoOf(NOW) };
    assert.deepEqual(heldBack(first, NOW + HOUR_MS), first);
    assert.deepEqual(heldBack(first, NOW + WEEK_MS), { ...first, state: 'attention' });
    const later = isoOf(NOW + WEEK_MS);
    assert.deepEqual(takenUpAgain(NOW + WEEK_MS), { state: 'waiting', attempts: 0, dueAt: later, since: later });
  });

  it('begins its week when it is a reminder that falls due', () => {
    const mail: MailTimes = { state: 'waiting', attempts: 39, dueAt: isoOf(NOW), since: null };
    assert.equal(nextTry(mail, 'again', NOW + WEEK_MS).since, isoOf(NOW + WEEK_MS));
    assert.equal(heldBack(mail, NOW).since, isoOf(NOW));
  });
});
