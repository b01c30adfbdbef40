import { randomUUID } from 'node:crypto';
import { checkAccount, checkOfWrongSettings } from '../../src/connector/mails/check-account.ts';
import type { CheckReport, NotifierCheck } from '../../src/connector/mails/check-account.ts';
import { findDeviceChange, isBlock, readDeviceChange } from '../../src/connector/mails/device-change.ts';
import type { NotifierSettings } from '../../src/connector/mails/enroll-mail.ts';
import { isProblem } from '../../src/connector/mails/mail-outcome.ts';
import type { MailOutcome } from '../../src/connector/mails/mail-outcome.ts';
import { MailboxLanguages } from '../../src/connector/mails/mailbox-languages.ts';
import { previewMail } from '../../src/connector/mails/preview-mail.ts';
import { recordNews } from '../../src/connector/mails/record-news.ts';
import { checkSentence, previewSentence } from '../../src/connector/sentences/mail-sentences.ts';
import { resendMails } from '../../src/connector/mails/resend-mails.ts';
import { nextDueAt, takeUpAll } from '../../src/connector/mails/send-due.ts';
import type { MailPorts } from '../../src/connector/mails/mail-ports.ts';
import { SignInStop } from '../../src/connector/mails/sign-in-stop.ts';
import type { Refusals } from '../../src/connector/mails/sign-in-stop.ts';
import type { Stoppable } from '../../src/connector/ports.ts';
import { asConnectorError } from '../../src/errors.ts';
import type { ConnectorError } from '../../src/errors.ts';
import type { DeviceChange } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import { onFlowsStarted } from '../announced-sources.ts';
import { checkToolsOf, connectionOf, offeredConnection } from '../connections.ts';
import type { MailConnection } from '../connections.ts';
import { tellGuide } from '../guides.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import { endClose, onInput, showError } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { refusalOf, registerNode, textOf } from '../red.ts';
import { answerTo, outputsOf, outputsOfNews, statusOfCheck, statusOfNews } from './answers.ts';
import { offerChecks } from './check-now.ts';
import type { CheckedNode } from './check-now.ts';
import { MailRounds } from './mail-rounds.ts';
import { OwnRow } from './own-row.ts';
import { NO_OPTIONS, optionsOf, settingsOf } from './settings.ts';
import { registerRoutes } from './routes.ts';
import { watchReferences } from '../watch-references.ts';

/** Messages whose other properties go out with what becomes of their mail. The mails themselves are rows. */
const REMEMBERED = 1_000;

/** Mails the owner of a blocked device a link to enroll it: once, with reminders if wanted. */
export default function enrollmentNotifier(RED: RED): void {
  registerRoutes(RED);
  const notifiers = offerChecks(RED);
  registerNode(RED, 'enrollment-notifier', (node, definition) => {
    tellGuide(node, definition);
    const notifier = new Notifier(RED, node, definition);
    Object.assign(node, { take: notifier.take } satisfies CheckedNode);
    notifiers.add(node);
    onInput(RED, node, 'queue', notifier.answer, undefined, isAnsweredAnyway);
    watchReferences(RED, node, definition);
    onFlowsStarted(RED, node, notifier.begin);
    node.on('close', (removed: boolean, done: () => void) => endClose(notifier.end(removed), done));
  });
}

/** Whatever the fields hold: a check says what is wrong with them, and a block is not forgotten meanwhile. */
function isAnsweredAnyway(msg: Msg): boolean {
  return msg.topic === 'check' || blockIn(msg) !== null;
}

/** One notifier: a use case for each input. */
class Notifier {
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #definition: Definition;
  readonly #rounds: MailRounds;
  readonly #row: OwnRow;
  /** Messages that came with a block, by the block. */
  readonly #messages = new Map<string, Msg>();
  readonly #languages = new MailboxLanguages(() => this.#askLanguage(), Date.now);
  /** Mails sent since the node started. */
  #sent = 0;

  constructor(RED: RED, node: Instance, definition: Definition) {
    this.#RED = RED;
    this.#node = node;
    this.#definition = definition;
    this.#rounds = new MailRounds(RED, node, {
      store: this.#store,
      ports: (store) => this.#mailPorts(store),
      during: (work) => this.#during(work),
      sent: () => this.#sent,
    });
    this.#row = new OwnRow(node, {
      store: this.#store,
      check: (signal) => this.#checkQuietly(signal),
      refusals: (store) => this.#refusals(store),
      during: (work) => this.#during(work),
    });
  }

  readonly answer: Handler = async (msg, run) => {
    if (msg.topic === 'check') return this.#check(msg, run);
    const problem = this.#problem();
    if (problem !== null && blockIn(msg) === null) throw problem;
    if (msg.topic === 'preview') return preview(this.#settings(), msg, run);
    if (msg.topic === 'retry') {
      const ports = this.#mailPorts(await this.#store());
      await takeUpAll({ ...ports, ...run, queue: this.#rounds.queue, closing: run.signal });
      const dueAt = await nextDueAt(ports);
      this.#rounds.wake();
      // What a round has sent it says itself; of one with nothing to do it says nothing.
      return dueAt === null || dueAt > Date.now() ? { key: 'nothingWaits' } : { fill: 'grey', key: 'retried' };
    }
    if (msg.topic === 'resend') return this.#resend(msg);
    const outcome = await this.#record(readDeviceChange(msg.payload), msg, run);
    // The mail is a row, and waits until this is put right.
    if (problem !== null) throw problem;
    this.#rounds.wake();
    return outcome;
  };

  /** The flows have started: what an earlier run left is taken up. */
  readonly begin = (): Promise<void> => {
    this.#rounds.wake();
    this.#row.begin();
    return Promise.resolve();
  };

  /** @param isRemoved it is gone from the canvas */
  async end(isRemoved: boolean): Promise<void> {
    await Promise.all([this.#rounds.end(), this.#row.end(isRemoved)]);
  }

  async #resend(msg: Msg): Promise<Outcome> {
    const count = await resendMails(
      {
        store: await this.#store(),
        settings: { options: optionsOf(this.#definition) },
        notifier: this.#node.id,
        now: Date.now,
        ids: randomUUID,
        who: this.#node.name || this.#node.id,
      },
      { name: msg.payload, by: typeof msg['by'] === 'string' && msg['by'] !== '' ? msg['by'] : null },
    );
    this.#rounds.wake();
    return { fill: 'grey', key: 'resent', values: { count } };
  }

  /** The message is done when its mail is a row. */
  async #record(change: DeviceChange, msg: Msg, run: Run): Promise<Outcome | null> {
    const refusal = refusalOf(this.#node);
    const store = await this.#store();
    const outcome = await recordNews(
      {
        store,
        // What cannot be meant is looked at again when the mail is sent.
        settings: { options: refusal === null ? optionsOf(this.#definition) : { ...NO_OPTIONS } },
        notifier: this.#node.id,
        now: Date.now,
        ids: randomUUID,
        signal: run.signal,
        progress: (key, values) => run.progress(key, values),
      },
      change,
    );
    const outputs = outputsOfNews(msg, change, outcome);
    if (outputs !== null) run.send(outputs);
    if (outcome.kind === 'recorded') {
      this.#remember(change, msg);
      run.progress('sending');
    }
    return statusOfNews(outcome);
  }

  #remember(change: DeviceChange, msg: Msg): void {
    this.#messages.set(nameOf(change), msg);
    const [oldest] = this.#messages.keys();
    if (this.#messages.size > REMEMBERED && oldest !== undefined) this.#messages.delete(oldest);
  }

  /** One message a device; a problem is the mail's, and Catch nodes hear of it once. */
  #announce(changes: readonly DeviceChange[], outcome: MailOutcome): void {
    if (outcome.kind === 'sent') this.#sent += 1;
    const messages = changes.map((change) => this.#messages.get(nameOf(change)) ?? ({ topic: 'device' } as Msg));
    for (const [at, change] of changes.entries()) {
      this.#node.send(outputsOf(messages[at]!, change, outcome));
      if (outcome.kind === 'sent' || outcome.kind === 'given-up') this.#messages.delete(nameOf(change));
    }
    if (!isProblem(outcome)) return;
    showError(this.#RED, this.#node, outcome.error);
    this.#node.error(outcome.error, messages[0] ?? { topic: 'device' });
  }

  /** Answers on output 1 (`ready`) or 2, and throws the first failure, so that status and Catch nodes have its code. */
  async #check(msg: Msg, run: Run): Promise<Outcome> {
    let account: MailConnection;
    try {
      account = this.#usableAccount();
    } catch (thrown) {
      const error = asConnectorError(thrown);
      const check = checkOfWrongSettings(error);
      await this.#row.take(check);
      run.send([null, answerTo(msg, check, checkSentence(check))]);
      throw error;
    }
    run.progress('checking');
    const how = { teller: this.#node.id, isAsked: true, ownMail: wantsOwnMail(msg.payload) };
    const { check, failure } = await this.#checkOf(account, how, run.signal);
    await this.#row.take(check);
    const answer = answerTo(msg, check, checkSentence(check));
    run.send(check.verdict === 'ready' ? [answer, null] : [null, answer]);
    if (failure !== null) throw failure;
    return statusOfCheck(check);
  }

  /** The dialog has looked at this notifier as it is deployed. */
  readonly take = (check: NotifierCheck): Promise<void> => this.#row.take(check);

  /** For the row of this notifier: the next refused mail is still told. */
  async #checkQuietly(signal: AbortSignal): Promise<NotifierCheck> {
    try {
      const how = { teller: '', isAsked: false, ownMail: false };
      const { check, failure } = await this.#checkOf(this.#usableAccount(), how, signal);
      // Mails hear from now on only that the account is stopped.
      if (failure?.code === 'ERR_MAIL_AUTH') this.#node.error(failure, { topic: 'check' });
      return check;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      return checkOfWrongSettings(asConnectorError(thrown));
    }
  }

  async #checkOf(
    account: MailConnection,
    how: {
      /** Who tells of a refused sign-in; empty: nobody has yet. */
      readonly teller: string;
      /** A person waits for it: Autodiscover, of which no mail depends, is asked too. */
      readonly isAsked: boolean;
      readonly ownMail: boolean;
    },
    signal: AbortSignal,
  ): Promise<CheckReport> {
    const [RED, definition] = [this.#RED, this.#definition];
    const tools = checkToolsOf(account);
    return checkAccount({
      ...tools,
      discover: how.isAsked ? tools.discover : null,
      ...(how.ownMail ? { ownMail: randomUUID } : {}),
      account,
      settings: settingsOf(definition, account),
      notifier: how.teller,
      openStore: this.#store,
      openExchange: () =>
        textOf(definition, 'server') === '' ? null : connectionOf(RED, definition, 'server', 'exchange-server').port,
      now: Date.now,
      signal,
    });
  }

  /** Throws what its own fields, or those of its account, are refused for. */
  #usableAccount(): MailConnection {
    const refusal = refusalOf(this.#node);
    if (refusal !== null) throw refusal;
    return this.#account();
  }

  async #refusals(store: Store): Promise<Refusals | null> {
    const account = offeredConnection(this.#RED, textOf(this.#definition, 'account'), 'mail-account');
    return account === null ? null : new SignInStop(store, account.signIn, '', Date.now).refusals();
  }

  readonly #store = async (): Promise<Store> =>
    connectionOf(this.#RED, this.#definition, 'store', 'connector-store').store();

  #mailPorts(store: Store): Omit<MailPorts, 'queue' | 'signal' | 'closing' | 'progress'> {
    const account = this.#account();
    return {
      store,
      notifier: this.#node.id,
      now: Date.now,
      ids: randomUUID,
      account,
      settings: settingsOf(this.#definition, account),
      languageOf: (mailboxId, signal) =>
        this.#languages.of(mailboxId, signal, (error) => this.#node.warn(asConnectorError(error).message)),
      announce: (changes, outcome) => this.#announce(changes, outcome),
    };
  }

  /** Null where no Exchange is chosen. */
  #askLanguage(): ((mailboxId: string, options: Stoppable) => Promise<string | null>) | null {
    if (textOf(this.#definition, 'server') === '') return null;
    const { port } = connectionOf(this.#RED, this.#definition, 'server', 'exchange-server');
    return (mailboxId, options) => port.mailboxLanguage?.(mailboxId, options) ?? Promise.resolve(null);
  }

  /** Why nothing can be sent as it is configured. */
  #problem(): ConnectorError | null {
    try {
      const refusal = refusalOf(this.#node);
      if (refusal === null) this.#account();
      return refusal;
    } catch (thrown) {
      return asConnectorError(thrown);
    }
  }

  #during(work: Promise<void>): void {
    const [store, account] = [textOf(this.#definition, 'store'), textOf(this.#definition, 'account')];
    offeredConnection(this.#RED, store, 'connector-store')?.during(work);
    offeredConnection(this.#RED, account, 'mail-account')?.during(work);
  }

  #account(): MailConnection {
    return connectionOf(this.#RED, this.#definition, 'account', 'mail-account');
  }

  #settings(): NotifierSettings {
    return settingsOf(this.#definition, this.#account());
  }
}

/** Names a block among those that have come. */
function nameOf({ device, change }: DeviceChange): string {
  return `${device.key} ${change.episode ?? change.at}`;
}

/** `{ ownMail: true }`: the check sends a mail to its own account. */
function wantsOwnMail(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'ownMail' in payload && payload.ownMail === true;
}

const CONTROL_TOPICS: readonly unknown[] = ['check', 'preview', 'retry', 'resend'];

/** What may lead to a mail; null for every other message. */
function blockIn(msg: Msg): DeviceChange | null {
  const change = CONTROL_TOPICS.includes(msg.topic) ? null : findDeviceChange(msg.payload);
  return change !== null && isBlock(change) ? change : null;
}

/** Shows the mail of a device (payload of the access switch), or of a sample. */
function preview(settings: NotifierSettings, msg: Msg, run: Run): Outcome {
  const { device } = (msg.payload ?? {}) as Partial<DeviceChange>;
  const change = device === undefined ? null : readDeviceChange(msg.payload);
  const mail = previewMail(change, settings, Date.now());
  run.send([answerTo(msg, mail, previewSentence(mail.to)), null]);
  return { fill: 'grey', key: 'preview' };
}
