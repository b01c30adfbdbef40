/**
 * Sends what is due, round after round, behind the node's input: a message is done when its mail is recorded, not when the
 * mail account has let it through.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { lookAfterMails, mailsForAttention, nextDueAt, sendDue } from '../../src/connector/mails/send-due.ts';
import type { MailRound } from '../../src/connector/mails/send-due.ts';
import { MailQueue } from '../../src/connector/mails/mail-queue.ts';
import { MailRun } from '../../src/connector/mails/mail-run.ts';
import type { MailPorts } from '../../src/connector/mails/mail-ports.ts';
import { asConnectorError } from '../../src/errors.ts';
import type { ConnectorError, ErrorCode } from '../../src/errors.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { showError, showStatus } from '../on-input.ts';
import type { Instance, RED } from '../red.ts';
import { refusalOf } from '../red.ts';
import { statusOf } from './answers.ts';

/** How long it rests at most: what another instance leaves when it dies is taken up by then. */
const REST_MS = 10_000;
/** How long mails are left that wait for what else is written for their mailbox. */
const OTHERS_MS = 5_000;
/** Three of them fit into the time after which a queue counts as dead. */
const HEARTBEAT_MS = 3_000;
/** How long a closing node lets a mail come to its end: cut off, it would perhaps be sent twice. A close has 5 s. */
const LAST_MAIL_MS = 3_000;
/** Progress statuses are shown at most this often. */
const PROGRESS_MS = 200;

/** What a round takes of its node. */
export interface RoundsOf {
  /** Throws if no store can be had. */
  readonly store: () => Promise<Store>;
  /** Throws if the notifier cannot send as it is configured. */
  readonly ports: (store: Store) => Omit<MailPorts, 'queue' | 'signal' | 'closing' | 'progress'>;
  /** What is used meanwhile stays open until this has ended. */
  readonly during: (work: Promise<void>) => void;
  /** Mails sent since the node started. */
  readonly sent: () => number;
}

/** The rounds of one notifier. */
export class MailRounds {
  readonly queue: MailQueue;
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #of: RoundsOf;
  readonly #mailRun: MailRun;
  /** No further mail is begun. */
  readonly #closing = new AbortController();
  /** The mail under way is given up. */
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #isWanted = false;
  #timer: NodeJS.Timeout | undefined;
  #progressAt = 0;
  #failedWith: ErrorCode | null = null;

  constructor(RED: RED, node: Instance, of: RoundsOf) {
    this.#RED = RED;
    this.#node = node;
    this.#of = of;
    this.queue = new MailQueue(node.id, THIS_PROCESS);
    this.#mailRun = new MailRun(node.id, { now: Date.now, ids: randomUUID });
    this.#restFor(REST_MS);
  }

  /** Something may be due. */
  wake(): void {
    if (this.#closing.signal.aborted) return;
    this.#isWanted = true;
    if (this.#running !== null) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
    this.#of.during(this.#running);
  }

  /** Begins no further mail, gives the one under way a moment, and lets others have what is left. */
  async end(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    if (this.#running !== null) {
      const patience = new AbortController();
      await Promise.race([
        this.#running.finally(() => patience.abort()),
        pause(LAST_MAIL_MS, undefined, patience).catch(() => undefined),
      ]);
      this.#stop.abort();
      await this.#running;
    }
    this.queue.end();
    await this.#of
      .store()
      .then(async (store) => {
        await this.#mailRun.end(store);
        await this.queue.release(store);
      })
      .catch(() => undefined);
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    let rest = REST_MS;
    while (this.#isWanted && !this.#closing.signal.aborted) {
      this.#isWanted = false;
      if (refusalOf(this.#node) !== null) break;
      // A store that is away is told of by the next message that needs it.
      const store = await this.#of.store().catch(() => null);
      if (store === null) break;
      try {
        rest = await this.#round(store);
        this.#failedWith = null;
      } catch (thrown) {
        if (!this.#closing.signal.aborted) this.#fail(asConnectorError(thrown));
      }
    }
    if (!this.#closing.signal.aborted) this.#restFor(rest);
  }

  /** @returns how long to rest after it */
  async #round(store: Store): Promise<number> {
    const about = { store, notifier: this.#node.id, now: Date.now, queue: this.queue };
    await lookAfterMails(about);
    const dueAt = await nextDueAt(about);
    if (dueAt === null || dueAt > Date.now()) {
      await this.#mailRun.look(store);
      this.#show(null, 0, await mailsForAttention(about));
      return restUntil(dueAt);
    }
    const heart = setInterval(() => void this.queue.beat(store).catch(() => undefined), HEARTBEAT_MS);
    heart.unref();
    let round: MailRound;
    this.#mailRun.begin();
    try {
      const ports = this.#of.ports(store);
      round = await sendDue({
        ...ports,
        announce: (changes, outcome) => {
          this.#mailRun.count(changes, outcome);
          ports.announce(changes, outcome);
        },
        queue: this.queue,
        signal: this.#stop.signal,
        closing: this.#closing.signal,
        progress: (key, values) => this.#progress(key, values),
      });
    } finally {
      clearInterval(heart);
      await this.#mailRun.done(store);
    }
    if (round.isMore) this.#isWanted = true;
    else this.#show(round, round.sent, await mailsForAttention(about));
    return round.isWaitingForOthers ? OTHERS_MS : restUntil(await nextDueAt(about));
  }

  #restFor(ms: number): void {
    this.#timer = setTimeout(() => this.wake(), ms);
    this.#timer.unref();
  }

  /** @param round null: nothing was due */
  #show(round: MailRound | null, sent: number, attention: number): void {
    if (this.#closing.signal.aborted) return;
    const didNothing = round === null || (round.problem === null && sent === 0);
    if (didNothing && attention === 0) return;
    const status = statusOf(round?.problem ?? null, this.#of.sent(), attention);
    if (status !== null) showStatus(this.#RED, this.#node, status.fill ?? 'green', status.key, status.values);
  }

  #progress(key: string, values?: Readonly<Record<string, string | number>>): void {
    if (this.#closing.signal.aborted || Date.now() - this.#progressAt < PROGRESS_MS) return;
    this.#progressAt = Date.now();
    showStatus(this.#RED, this.#node, 'blue', key, values);
  }

  /** Nothing can be sent as it is configured, or the store fails: said once, and tried again. */
  #fail(error: ConnectorError): void {
    showError(this.#RED, this.#node, error);
    if (this.#failedWith !== error.code) this.#node.error(error, { topic: 'device' });
    this.#failedWith = error.code;
  }
}

function restUntil(dueAt: number | null): number {
  return dueAt === null ? REST_MS : Math.min(REST_MS, Math.max(1_000, dueAt - Date.now()));
}
