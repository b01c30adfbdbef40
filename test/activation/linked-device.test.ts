import assert from 'node:assert/strict';
import { freshMailOf, standingOf } from '../../src/activation/linked-device.ts';
import type { DeviceStanding, FreshMail, MailAboutDevice } from '../../src/activation/linked-device.ts';

const NOW = new Date('2026-06-01T08:00:00.000Z');
const ago = (minutes: number): string => new Date(NOW.getTime() - minutes * 60_000).toISOString();

describe('the device of a link', () => {
  const standings: [string | null, boolean, boolean, string | null, DeviceStanding][] = [
    ['allow', false, true, null, 'free'],
    ['release', false, true, null, 'free'],
    ['allow', false, false, null, 'known'],
    ['release', false, false, null, 'known'],
    ['allow', true, true, null, 'known'],
    ['release', true, false, null, 'known'],
    ['block', true, false, 'noncompliant', 'known'],
    ['block', false, true, 'noncompliant', 'known'],
    ['block', true, false, 'not-enrolled', 'waits'],
    ['block', true, false, 'no-longer-managed', 'waits'],
    ['block', true, false, 'needs-activation', 'waits'],
    ['block', false, true, null, 'waits'],
    ['leave', true, false, 'noncompliant', 'waits'],
    ['leave', false, true, null, 'waits'],
    [null, true, false, 'not-enrolled', 'waits'],
    [null, false, true, null, 'waits'],
  ];
  for (const [decision, isBlocked, isLetIn, kind, standing] of standings) {
    const told = `decided ${decision ?? 'nothing'}, ${isBlocked ? 'on our list' : 'on no list of ours'}, ${isLetIn ? '' : 'not '}let in, ${kind ?? 'no'} mail`;
    it(`${standing === 'waits' ? 'waits' : `is ${standing}`}: ${told}`, () => {
      assert.equal(standingOf({ decision, isBlocked, isLetIn, kind }), standing);
    });
  }

  const mail = (state: string, created: number, sent: number | null = created): MailAboutDevice => ({
    state,
    createdAt: ago(created),
    sentAt: sent === null ? null : ago(sent),
  });
  const DAY = 24 * 60;
  const cases: [string, FreshMail, readonly MailAboutDevice[]][] = [
    ['no mail that is known', 'offer', []],
    ['its mail of two weeks ago', 'offer', [mail('done', 14 * DAY)]],
    ['a mail an hour ago', 'offer', [mail('done', 60)]],
    ['a mail within the hour', 'sent', [mail('done', 14 * DAY), mail('done', 59)]],
    ['an old mail that went out within the hour', 'sent', [mail('done', DAY, 59)]],
    ['a mail that waits, however long', 'sent', [mail('waiting', 3 * DAY, null)]],
    ['a mail that is being sent', 'sent', [mail('reserved', 3 * DAY, null)]],
    ['a mail that waits for a person', 'offer', [mail('attention', 8 * DAY, null)]],
    ['two within a day', 'offer', [mail('done', 23 * 60), mail('done', 61)]],
    ['three within a day', 'sent', [mail('done', 23 * 60), mail('done', 120), mail('given-up', 61, null)]],
    ['three within a little more', 'offer', [mail('done', DAY), mail('done', 120), mail('done', 61)]],
  ];
  for (const [what, fresh, mails] of cases)
    it(`${fresh === 'offer' ? 'may have a fresh link' : 'has its fresh link'} after ${what}`, () => {
      assert.equal(freshMailOf({ standing: 'waits', canSend: true }, mails, NOW), fresh);
    });

  it('has no fresh link if it does not wait, or if there is nothing to send', () => {
    for (const standing of ['free', 'known'] as const)
      assert.equal(freshMailOf({ standing, canSend: true }, [], NOW), 'none');
    assert.equal(freshMailOf({ standing: 'waits', canSend: false }, [mail('waiting', 1)], NOW), 'none');
  });
});
