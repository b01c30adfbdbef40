import { randomUUID } from 'node:crypto';
import { checkAccount, checkOfWrongSettings } from '../../src/connector/mails/check-account.ts';
import { findDeviceChange, isBlock, readDeviceChange } from '../../src/connector/mails/device-change.ts';
import { ArrivedMails } from '../../src/connector/mails/due-mails.ts';
import type { NotifierSettings } from '../../src/connector/mails/enroll-mail.ts';
import { MailRun } from '../../src/connector/mails/mail-run.ts';
import { previewMail } from '../../src/connector/mails/preview-mail.ts';
import { lookAfterMails, mailsForAttention, sendDue } from '../../src/connector/mails/send-due.ts';
import { sendNews } from '../../src/connector/mails/send-mails.ts';
import type { MailPorts } from '../../src/connector/mails/send-mails.ts';
import { asConnectorError } from '../../src/errors.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { checkToolsOf, connectionOf } from '../connections.ts';
import type { MailConnection } from '../connections.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import { onInput, showStatus } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { listOf, numberOf, refusalOf, registerNode, textOf } from '../red.ts';
import { answerTo, outputsOf, statusOf, statusOfCheck, withAttention } from './answers.ts';

const DUE_CHECK_MS = 60_000;
/** Three of them fit into the time after which a queue counts as dead. */
const HEARTBEAT_MS = 3_000;

/** Mails the owner of a blocked device a link to enroll it: once, with reminders if wanted. */
export default function enrollmentNotifier(RED: RED): void {
  registerNode(RED, 'enrollment-notifier', (node, definition) => {
    const notifier = new Notifier(RED, node, definition);
    node.on('input', (msg) => notifier.keep(msg as Msg));
    onInput(RED, node, 'queue', notifier.answer, undefined, ({ topic }) => topic === 'check');
    const closing = new AbortController();
    const timer = setInterval(() => {
      if (refusalOf(node) === null) void notifier.lookAfter(closing.signal);
    }, DUE_CHECK_MS);
    timer.unref();
    const heart = setInterval(() => void notifier.beat(), HEARTBEAT_MS);
    heart.unref();
    node.on('close', (_removed: boolean, done: () => void) => {
      closing.abort();
      clearInterval(timer);
      clearInterval(heart);
      void notifier.end().finally(done);
    });
  });
}

/** One notifier: a use case for each input. */
class Notifier {
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #definition: Definition;
  readonly #arrived: ArrivedMails;
  readonly #mailRun: MailRun;
  /** Mails sent since the node started. */
  #sent = 0;

  constructor(RED: RED, node: Instance, definition: Definition) {
    this.#RED = RED;
    this.#node = node;
    this.#definition = definition;
    this.#arrived = new ArrivedMails(node.id, Date.now, THIS_PROCESS);
    this.#mailRun = new MailRun(node.id, { now: Date.now, ids: randomUUID });
  }

  /** News that may lead to a mail is kept from the moment it arrives. */
  keep(msg: Msg): void {
    const block = blockIn(msg);
    // What the store refuses now is written at the next occasion.
    if (block !== null) this.#arrived.accept(block, this.#store).catch(() => undefined);
  }

  readonly answer: Handler = async (msg, run) => {
    if (msg.topic === 'check') return this.#check(msg, run);
    const block = blockIn(msg);
    if (block !== null) this.#arrived.begin(block.device.key);
    const account = connectionOf(this.#RED, this.#definition, 'account', 'mail-account');
    const settings = settingsOf(this.#definition, account);
    if (msg.topic === 'preview') return preview(settings, msg, run);
    const isWaiting = msg.topic === 'due' || msg.topic === 'retry';
    const store = await this.#store();
    const ports: MailPorts = {
      ...this.#mails(store),
      account,
      settings,
      ids: randomUUID,
      signal: run.signal,
      progress: (key, values) => run.progress(key, values),
      announce: (change, outcome) => {
        if (outcome.kind === 'sent') this.#sent += 1;
        this.#mailRun.count(change, outcome);
        run.send(outputsOf(isWaiting ? ({ topic: 'device' } as Msg) : msg, change, outcome));
      },
    };
    this.#mailRun.begin();
    const outcome = isWaiting
      ? await sendDue(ports, { wished: msg.topic === 'retry' })
      : await sendNews(ports, readDeviceChange(msg.payload));
    await this.#mailRun.done(store);
    const status = statusOf(outcome, this.#sent);
    return withAttention(status, this.#sent, await mailsForAttention(ports));
  };

  /** Says every few seconds that what is in this queue is not left alone. */
  async beat(): Promise<void> {
    if (!this.#arrived.isBusy) return;
    await this.#store()
      .then((store) => this.#arrived.beat(store))
      .catch(() => undefined);
  }

  /** What is left in the queue is the next start's. */
  async end(): Promise<void> {
    this.#arrived.end();
    await this.#store()
      .then(async (store) => {
        await this.#mailRun.end(store);
        await this.#arrived.release(store);
      })
      .catch(() => undefined);
  }

  /** Once a minute: sends what is due, and shows what waits for a person. */
  async lookAfter(signal: AbortSignal): Promise<void> {
    try {
      const store = await this.#store();
      await this.#mailRun.look(store);
      const { isDue, attention } = await lookAfterMails(this.#mails(store));
      if (signal.aborted) return;
      if (isDue) this.#node.receive({ topic: 'due' });
      else if (attention > 0)
        showStatus(this.#RED, this.#node, 'yellow', 'attention', { count: this.#sent, attention });
    } catch {
      // The store is away: the next message that needs it says so.
    }
  }

  /** Answers on output 1 (`ready`) or 2, and throws the first failure, so that status and Catch nodes have its code. */
  async #check(msg: Msg, run: Run): Promise<Outcome> {
    const [RED, definition] = [this.#RED, this.#definition];
    let account: MailConnection;
    try {
      const refusal = refusalOf(this.#node);
      if (refusal !== null) throw refusal;
      account = connectionOf(RED, definition, 'account', 'mail-account');
    } catch (thrown) {
      const error = asConnectorError(thrown);
      run.send([null, answerTo(msg, checkOfWrongSettings(error))]);
      throw error;
    }
    run.progress('checking');
    const { check, failure } = await checkAccount({
      ...checkToolsOf(account),
      account,
      settings: settingsOf(definition, account),
      notifier: this.#node.id,
      openStore: this.#store,
      openExchange: () =>
        textOf(definition, 'server') === '' ? null : connectionOf(RED, definition, 'server', 'exchange-server').port,
      now: Date.now,
      signal: run.signal,
    });
    run.send(check.verdict === 'ready' ? [answerTo(msg, check), null] : [null, answerTo(msg, check)]);
    if (failure !== null) throw failure;
    return statusOfCheck(check);
  }

  readonly #store = async (): Promise<Store> =>
    connectionOf(this.#RED, this.#definition, 'store', 'connector-store').store();

  #mails(store: Store): Pick<MailPorts, 'store' | 'notifier' | 'arrived' | 'now'> {
    return { store, notifier: this.#node.id, arrived: this.#arrived, now: Date.now };
  }
}

function settingsOf(definition: Definition, account: MailConnection): NotifierSettings {
  const language = textOf(definition, 'language', 'en');
  const own = {
    subject: textOf(definition, 'subject'),
    text: textOf(definition, 'text'),
    html: textOf(definition, 'html'),
  };
  return {
    sender: account.address,
    senderName: account.displayName,
    linkBase: textOf(definition, 'linkBase'),
    enrollUrl: textOf(definition, 'enrollUrl') || null,
    language,
    templates: Object.values(own).some((text) => text !== '') ? { [language]: own } : {},
    cc: listOf(definition, 'cc'),
    helpDesk: textOf(definition, 'helpDesk') || null,
    options: {
      reminderAfterHours: numberOf(definition, 'reminderAfter', 24),
      reminders: numberOf(definition, 'reminders', 0),
      allowedDomains: listOf(definition, 'allowedDomains'),
    },
  };
}

const CONTROL_TOPICS: readonly unknown[] = ['check', 'preview', 'due', 'retry'];

/** What may lead to a mail; null for every other message. */
function blockIn(msg: Msg): DeviceChange | null {
  const change = CONTROL_TOPICS.includes(msg.topic) ? null : findDeviceChange(msg.payload);
  return change !== null && isBlock(change) ? change : null;
}

/** Shows the mail of a device (payload of the access switch), or of a sample. */
function preview(settings: NotifierSettings, msg: Msg, run: Run): Outcome {
  const { device } = (msg.payload ?? {}) as Partial<DeviceChange>;
  const change = device === undefined ? null : readDeviceChange(msg.payload);
  run.send([answerTo(msg, previewMail(change, settings, Date.now())), null]);
  return { fill: 'grey', key: 'preview' };
}
