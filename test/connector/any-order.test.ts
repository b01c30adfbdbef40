/** Whatever happens in whatever order: once all has settled, nothing is owed, and everybody who stands blocked was mailed once. */
import assert from 'node:assert/strict';
import { overviewOf } from '../../src/connector/listings/overview.ts';
import { lookAfterSwitch } from '../../src/connector/sync/operator-requests.ts';
import { readEasRecordKey } from '../../src/model/keys.ts';
import type { ManagedDevice } from '../../src/lab/managed-devices.ts';
import type { DeviceChange, DeviceNews } from '../../src/model/records.ts';
import type { Announcement } from '../../src/store/store.ts';
import { KillSwitch } from './kill-switch.ts';
import { MailWorld, refused } from './mails/support/mail-world.ts';
import { easIdOf, SyncWorld } from './sync/sync-world.ts';

/** The first of them, and how many histories are lived through: `SEED=7 HISTORIES=1` lives through one again. */
const SEED = Number(process.env['SEED'] ?? 113);
const HISTORIES = Number(process.env['HISTORIES'] ?? 8);
const STEPS = 40;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BUSY = refused('ERR_MAIL_BUSY', { about: 'server', fate: 'again', permanent: false });
/** What cannot be done is given up after a week. */
const DAYS = 10;
const ALIASES = ['anna', 'ben', 'carla', 'dora', 'emil', 'fritz', 'gerd', 'hanna'];

/** Numbers from 0 on, below `end`, the same for a seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function numbers(seed: number): (end: number) => number {
  let state = (seed * 2_654_435_761) % 4_294_967_296;
  return (end) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * end);
  };
}

/** One organization, its switch, its notifier, and the flow between them. */
class History {
  readonly world: SyncWorld;
  readonly #next: (end: number) => number;
  readonly #enrolled = new Map<string, ManagedDevice>();
  /** Message-IDs and recipients of what the mail server took. */
  readonly taken: { readonly to: string; readonly messageId: string }[] = [];
  readonly done: string[] = [];
  #mails: MailWorld;
  #isBusy = false;
  /** Nothing fails any more. */
  #settles = false;
  /** News that the flow has lost since it was started last. */
  #lost: DeviceNews[] = [];
  #underWay: DeviceNews[] = [];
  /** What of blocks was owed once nothing was left to do. */
  #owed: readonly Announcement[] = [];

  private constructor(world: SyncWorld, seed: number) {
    this.world = world;
    this.#next = numbers(seed);
    this.#mails = this.#notifier();
  }

  static async open(seed: number): Promise<History> {
    const world = await SyncWorld.open();
    world.set({ tidyDays: 1 });
    return new History(world, seed);
  }

  async live(): Promise<void> {
    for (let step = 0; step < STEPS; step += 1) await this.#mayBeKilled(() => this.#step());
    await this.#settle();
  }

  // ── what happens ──────────────────────────────────────────────────────────

  async #step(): Promise<void> {
    const { world } = this;
    const alias = ALIASES[this.#next(ALIASES.length)]!;
    const mailbox = world.organization.mailboxByAddress(`${alias}@contoso.example`);
    const isThere = world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias)) !== null;
    const chosen = this.#next(24);
    const say = (what: string): void => void this.done.push(what);
    if (chosen < 4) {
      say(`${alias} syncs`);
      if (mailbox === null) world.addPhone(alias);
      else if (!isThere) world.syncPhone(alias);
    } else if (chosen < 6) {
      const device = this.#enrolled.get(alias);
      say(`${alias} ${device === undefined ? 'enrolls' : 'leaves the MDM'}`);
      if (device !== undefined) world.unenroll(device);
      if (device === undefined) this.#enrolled.set(alias, world.enroll(alias));
      else this.#enrolled.delete(alias);
    } else if (chosen === 6 && isThere) {
      say(`${alias} removes the account`);
      world.organization.removePartnership(world.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!);
    } else if (chosen === 7 && mailbox !== null && this.#next(3) === 0) {
      say(`the mailbox of ${alias} is removed`);
      world.organization.removeMailbox(mailbox);
    } else if (chosen === 8 && mailbox !== null && this.#next(2) === 0) {
      say(`an administrator clears the lists of ${alias}`);
      mailbox.blockedDeviceIds = [];
      mailbox.allowedDeviceIds = [];
    } else if (chosen === 9) {
      this.#isBusy = !this.#isBusy;
      say(`the mail server is ${this.#isBusy ? 'busy' : 'back'}`);
    } else if (chosen === 10) {
      const failure = (['refused', 'lost-before', 'lost-after', 'lost-and-blind'] as const)[this.#next(4)]!;
      say(`a write will be ${failure}`);
      world.failures.push(failure);
    } else if (chosen === 11) {
      say('a deploy');
      await this.#start();
    } else if (chosen === 12) {
      const brakeCount = [1, 100][this.#next(2)]!;
      say(`the brake is ${brakeCount}`);
      world.set({ tidyDays: 1, brakeCount, brakePercent: brakeCount === 1 ? 0 : 100 });
    } else if (chosen === 13) await this.#decide(say);
    else if (chosen === 14 && this.#next(3) === 0) {
      say('undo');
      await world.undo('Ida');
    } else if (chosen === 15) {
      say('retry');
      await world.retry();
    } else if (chosen < 18) {
      const minutes = [1, 10, 60][this.#next(3)]!;
      say(`${minutes} minutes pass`);
      await this.#pass(minutes);
    } else if (chosen === 18) {
      say('a reading of Exchange alone');
      await world.read('eas');
      await this.#flow(true);
    } else {
      say('a sync');
      await world.sync();
      await this.#flow(true);
    }
  }

  async #decide(say: (what: string) => void): Promise<void> {
    const [plan] = await this.world.store.plans.list();
    if (plan === undefined) return;
    const isYes = this.#next(2) === 0;
    say(`the plan is ${isYes ? 'approved' : 'discarded'}`);
    await (isYes ? this.world.approve(plan.id, 'Ida') : this.world.discard(plan.id, 'Ida'));
    await this.#flow(true);
  }

  /** A fourth of the steps ends in the middle, as by kill -9. */
  async #mayBeKilled(step: () => Promise<void>): Promise<void> {
    if (this.#next(4) > 0) return step();
    const kill = new KillSwitch(1 + this.#next(120), { afterWrite: this.#next(2) === 0 });
    this.world.kill = kill;
    this.#mails = this.#notifier();
    try {
      await step();
    } catch (error) {
      if (!kill.isDead) throw error;
    }
    if (kill.isDead) {
      this.done.push('… and is killed');
      this.#underWay = [];
      this.world.told.length = 0;
      this.world.untold.clear();
      await this.#start();
    } else {
      this.world.kill = null;
      this.#mails = this.#notifier();
    }
  }

  /** The flows are started anew: what was on its way in them is gone. */
  async #start(): Promise<void> {
    this.world.restart();
    this.world.told.length = 0;
    this.#underWay = [];
    this.#lost = [];
    this.#mails = this.#notifier();
    await this.#look(true);
  }

  /** A block that stands and that the flow has lost is told again by the next start, which comes within the day. */
  async #startIfUnheard(): Promise<void> {
    const entries = await this.world.store.entries.list({ organization: this.world.name });
    const standing = new Set(entries.flatMap(({ list, episode }) => (list === 'blocked' ? episode : [])));
    if (this.#lost.some(({ change }) => standing.has(change?.episode ?? ''))) await this.#start();
  }

  /** What the timers of the nodes do. */
  async #look(atStart: boolean): Promise<void> {
    const { world } = this;
    if (await lookAfterSwitch(world.parts, { atStart })) await world.due();
    await this.#flow(!atStart);
    this.#mails.now = world.now();
    await this.#mails.due();
  }

  async #pass(minutes: number): Promise<void> {
    await this.#startIfUnheard();
    this.world.letPass(minutes * MINUTE_MS);
    await this.#look(false);
  }

  /** The flow between the nodes, which loses messages, doubles them, and keeps them for a while. */
  async #flow(isUnreliable: boolean): Promise<void> {
    const { world } = this;
    for (const { kind, news } of world.told.splice(0)) if (kind === 'blocked') this.#underWay.push(news);
    for (const news of this.#underWay.splice(0)) {
      const fate = isUnreliable && !this.#settles ? this.#next(10) : 9;
      if (fate === 0) {
        this.done.push('a message is lost');
        this.#lost.push(news);
      } else if (fate === 1) this.#underWay.push(news);
      else for (const one of fate === 2 ? [news, news] : [news]) await this.#hear(one);
    }
  }

  async #hear(news: DeviceNews): Promise<void> {
    this.#mails.now = this.world.now();
    await this.#mails.record(news as DeviceChange);
    await this.#mails.due();
  }

  #notifier(): MailWorld {
    const { kill, store } = this.world;
    const mails = new MailWorld(kill?.store(store) ?? store);
    mails.now = this.world.now();
    mails.account.refuse = ({ to, messageId }) => {
      kill?.step();
      if (this.#isBusy) return BUSY;
      this.taken.push({ to, messageId });
      return null;
    };
    return mails;
  }

  // ── the end ───────────────────────────────────────────────────────────────

  /** Nothing fails any more, every plan is approved, and three days pass. */
  async #settle(): Promise<void> {
    const { world } = this;
    this.done.push('all settles');
    this.#settles = true;
    this.#isBusy = false;
    world.failures.length = 0;
    world.unreadable = 0;
    world.set({ tidyDays: 1 });
    await this.#startIfUnheard();
    for (let hours = 0; hours < DAYS * 24; hours += hours < 72 ? 2 : 24) {
      await world.sync();
      await this.#flow(false);
      for (const { id } of await world.store.plans.list()) await world.approve(id, 'Ida');
      await this.#flow(false);
      world.letPass((hours < 72 ? 2 : 24) * HOUR_MS);
      await this.#look(false);
      // Long before anything is given up.
      if (hours === 4) this.#owed = await world.store.announcements.list({ organization: world.name, kind: 'blocked' });
    }
  }

  async check(): Promise<void> {
    const { world } = this;
    const { store, organization, name } = world;
    const owed = await store.announcements.list({ organization: name });
    const entries = await store.entries.list({ organization: name });
    const phones = ALIASES.filter((alias) => organization.partnership(`${alias}@contoso.example`, easIdOf(alias)));
    const mailboxes = ALIASES.filter((alias) => organization.mailboxByAddress(`${alias}@contoso.example`) !== null);
    const ids = new Set(
      mailboxes.map((alias) => organization.mailboxByAddress(`${alias}@contoso.example`)!.guid.toLowerCase()),
    );
    const wanted = phones.filter((alias) => !this.#enrolled.has(alias));
    const report = await world.sync();
    const mails = await store.mails.list({});
    const { counts } = await overviewOf(store, name, world.now());
    const ofMail: Record<string, number> = {};
    for (const { id, state } of mails)
      for (const { deviceKey, episode } of await store.mails.devices(id)) {
        const line = `${readEasRecordKey(deviceKey)?.easId} ${episode} ${state}`;
        ofMail[line] = (ofMail[line] ?? 0) + 1;
      }
    const blockedEntry = (alias: string) =>
      entries.find((one) => one.list === 'blocked' && one.easId === easIdOf(alias)) ?? null;
    assert.deepEqual(
      {
        owed: [...this.#owed, ...owed].map(({ kind, deviceKey, emissions }) => [kind, deviceKey, emissions]),
        outbox: (await store.outbox.list()).map(({ key, state, lastError }) => [key, state, lastError]),
        waiting: mails.filter(({ state }) => state !== 'done').map(({ id, state }) => [id, state]),
        unheard: world.reports.flatMap(({ unheard }) => unheard ?? []),
        blocked: world.blocked(...ALIASES),
        mailedOnce: wanted.filter(
          (alias) => ofMail[`${easIdOf(alias).toLowerCase()} ${blockedEntry(alias)?.episode} done`] === 1,
        ),
        mailedMore: Object.entries(ofMail).filter(([, count]) => count > 1),
        ledger: entries
          .filter(({ mailboxId }) => ids.has(mailboxId.toLowerCase()))
          .map(({ list, easId, state }) => `${list} ${easId} ${state}`)
          .sort(),
        counts: { ...counts, decided: null, merged: 0 },
        plans: await store.plans.list(),
        isMiscounted: await store.devices.recount(name),
        changed: report.counts.blocked + report.counts.allowed + report.counts.released,
      },
      {
        owed: [],
        outbox: [],
        waiting: [],
        unheard: [],
        blocked: wanted,
        mailedOnce: wanted,
        mailedMore: [],
        ledger: mailboxes
          .flatMap((alias) => {
            const { allowed, blocked } = world.lists(alias);
            return [...allowed.map((id) => `allowed ${id} owned`), ...blocked.map((id) => `blocked ${id} owned`)];
          })
          .sort(),
        counts: {
          devices: phones.length,
          merged: 0,
          blocked: entries.filter(({ list }) => list === 'blocked').length,
          decided: null,
          waiting: 0,
          failed: 0,
          held: 0,
          exempt: 0,
        },
        plans: [],
        isMiscounted: false,
        changed: 0,
      },
    );
    const perMail = Map.groupBy(this.taken, ({ messageId }) => messageId);
    assert.equal(perMail.size, mails.filter(({ state }) => state === 'done').length, 'mails under one Message-ID each');
  }
}

describe('an organization to which all happens in any order', () => {
  for (let seed = SEED; seed < SEED + HISTORIES; seed += 1)
    it(`owes nobody anything once it has settled (SEED=${seed})`, async () => {
      const history = await History.open(seed);
      try {
        await history.live();
        await history.check();
      } catch (error) {
        throw new Error(history.done.join('\n'), { cause: error });
      } finally {
        await history.world.close();
      }
    });
});
