/** A notifier without Node-RED: a store in memory, a clock that is set by hand, and an account that is no network. */
import assert from 'node:assert/strict';
import type { NotifierSettings } from '../../../../src/connector/mails/enroll-mail.ts';
import type { MailAccount, SignInKey } from '../../../../src/connector/mails/mail-account.ts';
import type { MailOutcome } from '../../../../src/connector/mails/mail-outcome.ts';
import { MailQueue } from '../../../../src/connector/mails/mail-queue.ts';
import { recordNews } from '../../../../src/connector/mails/record-news.ts';
import type { NewsOutcome } from '../../../../src/connector/mails/record-news.ts';
import {
  lookAfterMails,
  mailsForAttention,
  nextDueAt,
  sendDue,
  takeUpAll,
} from '../../../../src/connector/mails/send-due.ts';
import type { MailPorts } from '../../../../src/connector/mails/mail-ports.ts';
import type { RenderedMailTo } from '../../../../src/connector/ports.ts';
import { ConnectorError } from '../../../../src/errors.ts';
import type { ErrorCode } from '../../../../src/errors.ts';
import { accountFingerprint } from '../../../../src/mail/sign-in-gate.ts';
import type { Refusal } from '../../../../src/model/mail-refusal.ts';
import type { DeviceChange } from '../../../../src/model/records.ts';
import { THIS_PROCESS } from '../../../../src/store/leases.ts';
import type { Mail, Store } from '../../../../src/store/store.ts';
import { openEmptyStore } from '../../../store/records.ts';

/** A process that is gone as soon as nobody looks: what its queue had is taken over by the next one. */
const GONE = THIS_PROCESS.replace(/\d+$/, '999999999');

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const START = Date.parse('2026-06-01T08:00:05.000Z');

/** An error as the mail part makes it. */
export function refused(code: ErrorCode, refusal: Refusal, more: Record<string, string> = {}): ConnectorError {
  return new ConnectorError(code, 'The far end said so.', { details: { ...refusal, ...more } });
}

/** The far end: takes mails unless told otherwise, and closes for an hour after a refused sign-in, as the real ones do. */
export class FakeAccount implements MailAccount {
  readonly address = 'notify@contoso.example';
  transport: MailAccount['transport'] = 'smtp';
  readonly signIn: SignInKey | null;
  /** Mails it took. */
  readonly mails: RenderedMailTo[] = [];
  /** Its server offers a sign-in where nobody signs in. */
  offersSignIn = false;
  /** Sign-ins that were tried. */
  signIns = 0;
  /** What it answers a mail with instead of taking it. */
  refuse: (mail: RenderedMailTo) => ConnectorError | null | Promise<ConnectorError | null> = () => null;
  /** Copy recipients it does not take. */
  refusedCopies: readonly string[] | null = null;
  /** What its sign-in fails with, a refused password aside. */
  failing: ConnectorError | null = null;
  readonly #world: MailWorld;
  readonly #password: string;
  #refusedAt: number | null = null;

  constructor(world: MailWorld, password = 'right', signsIn = true) {
    this.#world = world;
    this.#password = password;
    this.signIn = signsIn ? this.#key() : null;
  }

  #key(): SignInKey {
    const refusedAt = (): number | null => this.#refusedAt;
    return {
      username: 'Notify',
      host: 'mail.contoso.example',
      fingerprint: (secret) => accountFingerprint([this.#password], secret),
      gate: {
        get refusedAt() {
          return refusedAt();
        },
        stopped: (now) => this.#stopped(now),
        restore: (at) => {
          this.#refusedAt = Math.max(at, this.#refusedAt ?? at);
        },
      },
    };
  }

  mailer(): ReturnType<MailAccount['mailer']> {
    return {
      send: async (mail) => {
        await this.#enter();
        const error = await this.refuse(mail);
        if (error !== null) throw error;
        this.mails.push(mail);
        const { refusedCopies } = this;
        return { messageId: mail.messageId, response: '250 OK', ...(refusedCopies === null ? {} : { refusedCopies }) };
      },
      verify: async () => {
        await this.#enter();
        return { offersSignIn: this.offersSignIn };
      },
    };
  }

  tryAgain(): void {
    this.#refusedAt = null;
  }

  #stopped(now: number): ConnectorError | null {
    const until = (this.#refusedAt ?? Number.NEGATIVE_INFINITY) + HOUR_MS;
    if (until <= now) return null;
    const refusal = { about: 'account', fate: 'account', permanent: false } as const;
    return refused('ERR_MAIL_STOPPED', refusal, { until: new Date(until).toISOString() });
  }

  #enter(): Promise<void> {
    const stopped = this.#stopped(this.#world.now);
    if (stopped !== null) return Promise.reject(stopped);
    this.signIns += 1;
    if (this.failing !== null) return Promise.reject(this.failing);
    if (this.#password === 'right') {
      this.#refusedAt = null;
      return Promise.resolve();
    }
    this.#refusedAt = this.#world.now;
    return Promise.reject(refused('ERR_MAIL_AUTH', { about: 'account', fate: 'account', permanent: true }));
  }
}

const SETTINGS: NotifierSettings = {
  sender: 'notify@contoso.example',
  senderName: null,
  linkBase: 'https://connector.contoso.example',
  enrollUrl: 'https://enroll.contoso.example/',
  language: 'en',
  templates: {},
  cc: [],
  helpDesk: null,
  options: { reminderAfterHours: 24, reminders: 0, allowedDomains: [] },
};

/** Mails that are due at the same time go in the order of their ids. */
let madeIds = 0;

/** What was announced of a mail: to whom, and the reason, the code, or `sent`. */
export type Heard = readonly [to: string | null, what: string];

/** One notifier. Its store may be another's too. */
export class MailWorld {
  /** Milliseconds since 1970. */
  now = START;
  readonly store: Store;
  readonly notifier: string;
  account = new FakeAccount(this);
  settings = SETTINGS;
  /** What Exchange says of a mailbox's language. */
  languageOf: NonNullable<MailPorts['languageOf']> = () => Promise.resolve(null);
  /** Announced since it was last asked. */
  #heard: Heard[] = [];
  #last: MailOutcome | null = null;
  #queue: MailQueue;
  readonly #process: string;
  readonly #closing = new AbortController();

  /** @param process as a lease names it */
  constructor(store: Store, notifier = 'notifier', process = GONE) {
    this.store = store;
    this.notifier = notifier;
    this.#process = process;
    this.#queue = this.#newQueue();
  }

  static async open(): Promise<MailWorld> {
    return new MailWorld(await openEmptyStore());
  }

  #newQueue(): MailQueue {
    return new MailQueue(this.notifier, this.#process);
  }

  /** Sets some of the settings. */
  set(changes: Partial<NotifierSettings>, options: Partial<NotifierSettings['options']> = {}): void {
    this.settings = { ...this.settings, ...changes, options: { ...this.settings.options, ...options } };
  }

  get ports(): MailPorts {
    return {
      store: this.store,
      account: this.account,
      settings: this.settings,
      notifier: this.notifier,
      queue: this.#queue,
      languageOf: (id, signal) => this.languageOf(id, signal),
      now: () => this.now,
      ids: () => `id ${String((madeIds += 1)).padStart(9, '0')}`,
      signal: this.#closing.signal,
      closing: this.#closing.signal,
      progress: () => undefined,
      announce: (changes, outcome) => {
        for (const { device } of changes) this.#heard.push([device.eas?.mailbox.address ?? null, whatOf(outcome)]);
        this.#last = outcome;
      },
    };
  }

  /** The access switch has blocked the device; its mail is recorded, and what is due is sent. */
  async news(change: DeviceChange): Promise<MailOutcome | NewsOutcome> {
    await this.own(change);
    return this.hear(change);
  }

  /** As {@link news}, of a block that the ledger knows, or never knew. */
  async hear(change: DeviceChange): Promise<MailOutcome | NewsOutcome> {
    const recorded = await this.record(change);
    if (recorded.kind !== 'recorded') return recorded;
    this.#last = null;
    const { problem } = await sendDue(this.ports);
    return problem ?? this.#last ?? recorded;
  }

  /** The news comes, and nothing is sent yet. */
  async record(change: DeviceChange): Promise<NewsOutcome> {
    const outcome = await recordNews(this.ports, change);
    if (outcome.kind === 'skipped') this.#heard.push([change.device.eas?.mailbox.address ?? null, outcome.reason]);
    return outcome;
  }

  /** The process ends and another one begins: what was in no store is gone. */
  restart(): void {
    this.#queue = this.#newQueue();
  }

  /** Its node is closed: others may take over what it had. */
  end(): Promise<void> {
    this.#queue.end();
    return this.#queue.release(this.store);
  }

  /** It stops, as when its node is closed. */
  stop(): void {
    this.#closing.abort();
  }

  /** Sends what is due, and says what went wrong first. */
  async due(): Promise<MailOutcome | null> {
    await lookAfterMails(this.ports);
    for (;;) {
      const { problem, isMore } = await sendDue(this.ports);
      if (problem !== null || !isMore) return problem;
    }
  }

  /** A person wants all of it sent. */
  async retry(): Promise<MailOutcome | null> {
    await takeUpAll(this.ports);
    return this.due();
  }

  /** What the notifier's look finds. */
  async look(): Promise<{ readonly isDue: boolean; readonly attention: number }> {
    await lookAfterMails(this.ports);
    const dueAt = await nextDueAt(this.ports);
    return { isDue: dueAt !== null && dueAt <= this.now, attention: await mailsForAttention(this.ports) };
  }

  /** The ledger says that we block the device. */
  async own({ device }: DeviceChange): Promise<void> {
    const { organization, mailbox, easId } = device.eas ?? assert.fail('no EAS side');
    const entry = { organization, mailboxId: mailbox.id, easId, list: 'blocked' } as const;
    await this.store.entries.record({ ...entry, writtenAt: '2026-06-01T08:00:00.000Z', rule: 'not enrolled' });
  }

  /** It is blocked no more. */
  async disown({ device }: DeviceChange): Promise<void> {
    const { organization, mailbox, easId } = device.eas ?? assert.fail('no EAS side');
    await this.store.entries.remove({ organization, mailboxId: mailbox.id, easId, list: 'blocked' });
  }

  /** Mails that are still to be sent, or wait for a person. */
  waiting(): Promise<Mail[]> {
    return this.store.mails.list({ notifier: this.notifier, states: ['waiting', 'reserved', 'attention'] });
  }

  /** What was announced since it was last asked. */
  heard(): Heard[] {
    return this.#heard.splice(0);
  }

  /** To whom mails went. */
  mailed(): string[] {
    return this.account.mails.map(({ to }) => to);
  }
}

/** The word for an outcome: `sent`, the reason of a skip, the code of an error. */
export function whatOf(outcome: MailOutcome | NewsOutcome | null): string {
  if (outcome === null) return 'nothing';
  return outcome.kind === 'sent' || outcome.kind === 'recorded'
    ? outcome.kind
    : outcome.kind === 'skipped'
      ? outcome.reason
      : outcome.error.code;
}
