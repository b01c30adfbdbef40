/** Blocks wait while nobody could be mailed about them: what the switch does with what the notifiers say. */
import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../src/errors.ts';
import { isConnectorError } from '../../../src/errors.ts';
import { lookAfterSwitch } from '../../../src/connector/sync/operator-requests.ts';
import type { NotifierRow } from '../../../src/store/store.ts';
import { mailWaitOf } from '../../../src/connector/mails/mail-wait.ts';
import { THIS_PROCESS } from '../../../src/store/leases.ts';
import { counting, KillSwitch } from '../kill-switch.ts';
import type { Killing } from '../kill-switch.ts';
import { SyncWorld, WAYS } from './sync-world.ts';

const HOUR_MS = 3_600_000;
const ELSEWHERE = 'another-host/1/1';
const GONE = THIS_PROCESS.replace(/\d+$/, '999999999');

const withCode = (code: ErrorCode) => (error: unknown) => isConnectorError(error, code);

for (const [how, inMemory] of WAYS)
  describe(`a block nobody would hear about, its plan ${how}`, () => {
    let world: SyncWorld;

    beforeEach(async () => {
      world = await SyncWorld.open();
      world.keepInMemory(inMemory);
      world.addPhone('anna');
    });
    afterEach(() => world.close());

    /** What a notifier says of itself now. */
    const says = (
      verdict: NotifierRow['verdict'],
      { node = 'notifier', process = THIS_PROCESS, step = verdict === 'ready' ? null : 'mailbox' } = {},
    ): Promise<void> =>
      world.store.notifiers.edit(node, () => ({
        node,
        name: node,
        process,
        at: new Date(world.now()).toISOString(),
        verdict,
        step,
        text: 'It has no mailbox.',
      }));
    const waiting = async (): Promise<unknown[]> => (await world.waiting()).map((one) => (one as unknown[])[0]);
    /** As if the notifier looked every ten minutes meanwhile. */
    const hoursPass = async (hours: number, verdict: NotifierRow['verdict'] = 'failed'): Promise<void> => {
      world.letPass(hours * HOUR_MS);
      await says(verdict);
    };

    it('waits, is no plan to approve, and comes first in the report; allows go', async () => {
      await says('failed');
      world.addPhone('ben');
      world.setLists('ben', { blocked: [] });
      const report = await world.sync();
      const { mail, counts, held } = report;
      assert.deepEqual([counts.blocked, counts.waiting, counts.forMail, held, world.writes], [0, 2, 2, undefined, 0]);
      assert.equal(Object.keys(report)[0], 'mail');
      const { since, heldAfter, text, verdict, waiting: count, notifiers } = mail!;
      assert.deepEqual([verdict, count, notifiers.map(({ node }) => node)], ['unheard', 2, ['notifier']]);
      assert.equal(Date.parse(heldAfter!) - Date.parse(since!), 72 * HOUR_MS);
      assert.equal(
        text,
        '2 blocks wait, because no notifier can mail anybody. The notifier (failed, mailbox): It has no mailbox.',
      );
      assert.deepEqual(await waiting(), ['waiting-for-mail', 'waiting-for-mail']);
      const [run] = await world.store.history.recent({ subject: 'access', limit: 1 });
      assert.equal(run?.ok, false);
    });

    it('goes with the next sync once a mail can be sent, and nothing is left of the wait', async () => {
      await says('failed');
      await world.sync();
      await says('ready');
      const { counts, mail } = await world.sync();
      assert.deepEqual([world.writes, counts.waiting, counts.forMail, mail], [1, 0, undefined, undefined]);
      assert.deepEqual(await mailWaitOf(world.store, 'exchange'), null);
    });

    for (const ask of ['due', 'retry'] as const)
      it(`goes with ${ask === 'due' ? "the timer's look" : 'a retry'} once a mail can be sent, after the MDM was asked`, async () => {
        await says('failed');
        await world.sync();
        assert.equal((await world.retry())?.counts.forMail, 1, 'a retry alone changes nothing');
        await says('ready');
        world.asked = 0;
        const report = await world[ask]();
        assert.deepEqual([report?.counts.blocked, world.asked, world.lists('anna').blocked.length], [1, 1, 1]);
      });

    it('is not written by the retry when its user has enrolled meanwhile', async () => {
      await says('failed');
      await world.sync();
      world.enroll('anna');
      await says('ready');
      const report = await world.due();
      assert.deepEqual([report?.counts.blocked, report?.counts.nextSync, world.writes], [0, 1, 0]);
      await world.sync();
      assert.deepEqual([world.writes, await waiting()], [0, []]);
    });

    it('waits through a restart, and the switch says so once it has started', async () => {
      await says('failed');
      await world.sync();
      assert.equal(await world.due(), null);
      world.restart();
      assert.equal(await lookAfterSwitch(world.parts, { atStart: true }), true);
      assert.equal((await world.due())?.counts.forMail, 1);
      assert.equal(await world.due(), null);
      await says('ready');
      assert.equal((await world.due())?.counts.blocked, 1);
    });

    it('is told to a person once a day, and no more when it goes', async () => {
      await says('failed');
      await world.sync();
      await world.sync();
      const told = (): string[] => world.news('attention').map(({ problem }) => problem?.code ?? '');
      assert.deepEqual(told(), ['ERR_MAIL_NOT_READY']);
      await hoursPass(23);
      assert.equal(await world.due(), null);
      await hoursPass(1);
      await world.due();
      await world.sync();
      assert.deepEqual(told(), ['ERR_MAIL_NOT_READY', 'ERR_MAIL_NOT_READY']);
      const owed = `exchange/problem/ERR_MAIL_NOT_READY`;
      assert.notEqual(await world.store.announcements.get(owed), null);
      await says('ready');
      await world.sync();
      assert.equal(await world.store.announcements.get(owed), null);
    });

    it('becomes a held plan after 72 hours, with those that came later, until a person approves it', async () => {
      await says('failed');
      await world.sync();
      await hoursPass(71);
      assert.equal((await world.sync()).held, undefined);
      world.addPhone('ben');
      await hoursPass(1.1);
      const { held, counts } = await world.sync();
      assert.deepEqual(
        [held?.reason.code, held?.count, counts.forMail, await waiting()],
        ['ERR_MAIL_NOT_READY', 2, undefined, []],
      );
      await hoursPass(1);
      assert.equal((await world.sync()).held?.id, held?.id, 'the next sync holds the same');
      const report = await world.approve(held?.id, 'Ida');
      assert.deepEqual([report.counts.blocked, world.writes], [2, 2]);
      const after = await world.sync();
      assert.deepEqual([after.held, after.counts.waiting], [undefined, 0]);
    });

    it('goes with the next sync out of a held plan too, once a mail can be sent', async () => {
      await says('failed');
      await world.sync();
      await hoursPass(73);
      assert.equal((await world.sync()).held?.count, 1);
      await says('ready');
      const { held } = await world.sync();
      assert.deepEqual([held, world.writes], [undefined, 1]);
    });

    for (const [when, hours] of [
      ['while it waits', 1],
      ['once it is held', 73],
    ] as const)
      it(`goes when a person approves "mail-not-ready" ${when}`, async () => {
        await says('failed');
        await world.sync();
        await hoursPass(hours);
        await world.sync();
        const report = await world.approve('mail-not-ready', 'Ida');
        assert.deepEqual([report.counts.blocked, report.counts.forMail], [1, undefined]);
        const entries = await world.store.audit.recent();
        assert.deepEqual(
          entries.map(({ who, what, reason, approvedBy }) => [who, what, reason, approvedBy]),
          [
            ['switch', 'block', 'not-enrolled', 'Ida'],
            ['Ida', 'approve', 'ERR_MAIL_NOT_READY', 'Ida'],
          ],
        );
        await assert.rejects(world.approve('mail-not-ready'), withCode('ERR_INPUT_INVALID'));
      });

    it('goes in part when a person approves "mail-not-ready" for a mailbox', async () => {
      await says('failed');
      world.addPhone('ben');
      await world.sync();
      const report = await world.approve('mail-not-ready', 'Ida', { mailbox: 'Ben@contoso.example' });
      assert.deepEqual([report.counts.blocked, report.counts.forMail, world.lists('ben').blocked.length], [1, 1, 1]);
    });

    it('is dropped by undo, and by a sync that wants it no more, and the next one waits anew', async () => {
      await says('failed');
      await world.sync();
      await world.undo();
      assert.deepEqual([await waiting(), await mailWaitOf(world.store, 'exchange')], [[], null]);
      await world.sync();
      assert.deepEqual(await waiting(), ['waiting-for-mail']);
      world.enroll('anna');
      await hoursPass(73);
      await world.sync();
      assert.deepEqual([await waiting(), await mailWaitOf(world.store, 'exchange')], [[], null]);
      world.addPhone('ben');
      const { held, counts } = await world.sync();
      assert.deepEqual([held, counts.forMail], [undefined, 1]);
    });

    it('goes while one of two notifiers works, or may', async () => {
      world.notifiers = ['notifier', 'second'];
      await says('failed');
      await says('unknown', { node: 'second', step: 'link' });
      const { counts, mail } = await world.sync();
      assert.deepEqual(
        [counts.blocked, mail?.verdict, mail?.notifiers.map(({ step }) => step)],
        [1, 'unproven', ['mailbox', 'link']],
      );
      await says('ready', { node: 'second' });
      world.addPhone('ben');
      assert.deepEqual([(await world.sync()).counts.blocked, world.writes], [1, 2]);
    });

    it('waits for a notifier of another instance, and not for one that was removed or whose process is gone', async () => {
      world.notifiers = [];
      await says('failed', { process: ELSEWHERE });
      assert.equal((await world.sync()).counts.forMail, 1);
      await says('failed', { process: GONE });
      const { counts, mail } = await world.match();
      assert.deepEqual([counts.blocked, mail?.verdict], [1, 'nobody']);
      await says('failed', { process: THIS_PROCESS });
      world.addPhone('ben');
      await world.readOnly('eas');
      const removed = await world.read('mdm');
      assert.deepEqual([removed.counts.blocked, removed.mail?.text.slice(0, 17)], [1, 'Nobody is mailed:']);
    });

    it('waits no longer for a notifier that has said nothing for half an hour', async () => {
      await says('failed');
      await world.sync();
      world.letPass(HOUR_MS / 2);
      const report = await world.due();
      assert.equal(report?.counts.blocked, 1);
    });

    it('goes without waiting if the switch is told not to, and the report says what is known', async () => {
      world.set({ mailFirst: false });
      await says('failed');
      const { counts, mail } = await world.sync();
      assert.deepEqual([counts.blocked, counts.forMail, mail?.verdict], [1, undefined, 'unheard']);
    });

    it('is let go when the switch is told not to wait any more', async () => {
      await says('failed');
      await world.sync();
      world.set({ mailFirst: false });
      assert.equal((await world.due())?.counts.blocked, 1);
    });

    it('does not wait in a simulation or a dry run, which say what would', async () => {
      await says('failed');
      const dry = await world.sync({ dryRun: true });
      assert.deepEqual([dry.counts.blocked, dry.mail?.wouldWait, await waiting()], [1, 1, []]);
      world.set({ mode: 'simulate' });
      const simulated = await world.sync();
      assert.deepEqual([simulated.counts.blocked, simulated.mail?.wouldWait, await waiting()], [1, 1, []]);
      assert.match(simulated.mail?.text ?? '', /^1 blocks would wait/);
      assert.equal(await mailWaitOf(world.store, 'exchange'), null);
    });

    it('that leads to no mail never waits', async () => {
      await says('failed');
      world.enroll('anna');
      await world.sync();
      world.set({ rules: [{ name: 'all', when: [], action: 'block' }] });
      const { counts, mail } = await world.sync();
      assert.deepEqual([world.writes, counts.forMail, mail], [1, undefined, undefined]);
    });
  });

describe('a switch that is killed while blocks wait', () => {
  /** Runs a sync that is killed, then what follows a start; returns what has counted the calls. */
  async function killed(at: number, how: Killing, isReady: boolean): Promise<KillSwitch> {
    const world = await SyncWorld.open({}, null, how.path);
    world.keepInMemory(how.inMemory);
    for (const alias of ['anna', 'ben']) world.addPhone(alias);
    const says = (verdict: NotifierRow['verdict']): Promise<void> =>
      world.store.notifiers.edit('notifier', () => {
        const { node, name, process, step, text } = {
          node: 'notifier',
          name: 'Mails',
          process: THIS_PROCESS,
          step: null,
          text: '',
        };
        return { node, name, process, at: new Date(world.now()).toISOString(), verdict, step, text };
      });
    try {
      await says('failed');
      if (isReady) {
        await world.sync();
        await says('ready');
      }
      const kill = new KillSwitch(at, how);
      world.kill = kill;
      await world.sync().catch((error: unknown) => {
        if (!kill.isDead) throw error;
      });
      world.restart();
      await world.due();
      if (!isReady) {
        await world.sync();
        assert.deepEqual(
          [world.writes, await world.waiting()],
          [0, [1, 2].map(() => ['waiting-for-mail', 0])],
          `at ${at}`,
        );
        assert.notEqual(await mailWaitOf(world.store, 'exchange'), null, `at ${at}`);
        assert.ok(
          world.news('attention').some(({ problem }) => problem?.code === 'ERR_MAIL_NOT_READY'),
          `told, at ${at}`,
        );
        await says('ready');
      }
      await world.sync();
      await world.due();
      assert.deepEqual([world.writes, await world.waiting()], [2, []], `killed at ${at}`);
      assert.equal(await mailWaitOf(world.store, 'exchange'), null, `killed at ${at}`);
      return kill;
    } finally {
      await world.close();
    }
  }

  for (const [how, inMemory] of WAYS)
    for (const isReady of [false, true])
      it(`${isReady ? 'and a mail can be sent again' : 'for the first time'}, its plan ${how}, loses none and writes none twice`, async () => {
        const step = process.env['CONNECTOR_TEST_POSTGRES'] === undefined ? 1 : 9;
        const counted = await counting((file) => killed(Infinity, { inMemory, ...file }, isReady));
        for (const at of counted.points(step)) await killed(at, { inMemory }, isReady);
      });
});
