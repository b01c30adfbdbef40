/** How long a mail is tried again. */
import assert from 'node:assert/strict';
import { heldBack, nextTry, takenUpAgain } from '../../../src/connector/mails/due-mails.ts';
import type { DueMail } from '../../../src/connector/mails/due-mails.ts';
import { blocked } from '../../support/changes.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const NOW = Date.parse('2026-06-01T08:00:00.000Z');

/** The times of all tries of a mail that fails each time, until it needs attention. */
function tries(failed: 'again' | 'account'): number[] {
  let mail: DueMail = { change: blocked(1), attempts: 0, dueAt: NOW };
  const times: number[] = [];
  while (mail.attention !== true) {
    times.push(mail.dueAt - NOW);
    mail = nextTry(mail, failed, mail.dueAt);
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

  it('has its week from its first try on, though it waits for a stopped account', () => {
    const first: DueMail = { change: blocked(1), attempts: 0, dueAt: NOW, since: NOW };
    const held = heldBack(first, NOW + HOUR_MS);
    assert.deepEqual(held, first);
    assert.deepEqual(heldBack(held, NOW + WEEK_MS), { ...first, attention: true });
    assert.deepEqual(takenUpAgain({ ...first, attention: true }, NOW + WEEK_MS), {
      change: first.change,
      attempts: 0,
      dueAt: NOW + WEEK_MS,
      since: NOW + WEEK_MS,
    });
  });

  it('begins its week when it is a reminder that falls due, or was kept by an earlier version', () => {
    const mail: DueMail = { change: blocked(1), attempts: 39, dueAt: NOW };
    assert.equal(nextTry(mail, 'again', NOW + WEEK_MS).since, NOW + WEEK_MS);
    assert.equal(heldBack(mail, NOW).since, NOW);
  });
});
