import { asConnectorError, ConnectorError, isConnectorError } from '../../src/errors.ts';
import { mailFateOf, refusalSubjectOf } from '../../src/model/mail-refusal.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import type { DeviceChange } from '../../src/notify/decide-notification.ts';
import type { Store } from '../../src/store/store.ts';
import type { MailConnection } from '../connections.ts';
import { connectionOf } from '../connections.ts';
import type { Handler, Outcome, Run } from '../on-input.ts';
import { onInput, showStatus } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { listOf, numberOf, refusalOf, registerNode, textOf } from '../red.ts';
import { checkNotifier, checkOfWrongSettings } from './check-notifier.ts';
import type { NotifierCheck } from './check-notifier.ts';
import { ArrivedMails, DueMails, heldBack, nextTry, takenUpAgain } from './due-mails.ts';
import type { DueMail } from './due-mails.ts';
import { sampleChange } from './sample-change.ts';
import { decideMail, sendMail, writeMail } from './send-mail.ts';
import type { MailNews, NotifierSettings, SendDecision, SkipDecision } from './send-mail.ts';
import { SignInStop } from './sign-in-stop.ts';

const DUE_CHECK_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Scene {
  readonly RED: RED;
  readonly node: Instance;
  readonly definition: Definition;
  readonly store: Store;
  readonly account: MailConnection;
  readonly settings: NotifierSettings;
  readonly due: DueMails;
  readonly arrived: ArrivedMails;
  readonly stop: SignInStop;
  /** Mails sent since the node started. */
  readonly tally: { sent: number };
  readonly run: Run;
}

/** Mails the owner of a blocked device a link to enroll it: once, with reminders if wanted. */
export default function enrollmentNotifier(RED: RED): void {
  registerNode(RED, 'enrollment-notifier', (node, definition) => {
    const tally = { sent: 0 };
    const arrived = new ArrivedMails(node.id);
    const openStore = async (): Promise<Store> => connectionOf(RED, definition, 'store', 'connector-store').store();
    node.on('input', (msg) => {
      if (isBlock(msg as Msg)) arrived.accept(changeOf(msg as Msg), openStore).catch(() => undefined);
    });
    const check: Handler = (msg, run) => {
      const answer = (payload: NotifierCheck): Msg => answerTo(msg, payload);
      try {
        const refusal = refusalOf(node);
        if (refusal !== null) throw refusal;
        const account = connectionOf(RED, definition, 'account', 'mail-account');
        const settings = settingsOf(definition, account);
        const stopOf = async (): Promise<SignInStop> => new SignInStop(await openStore(), account.signIn, node.id);
        return checkNotifier({ RED, definition, account, settings, stopOf, run }, answer);
      } catch (thrown) {
        const error = asConnectorError(thrown);
        run.send([null, answer(checkOfWrongSettings(error))]);
        throw error;
      }
    };
    const answer: Handler = async (msg, run) => {
      if (msg.topic === 'check') return check(msg, run);
      if (isBlock(msg)) arrived.begin(changeOf(msg).device.key);
      const account = connectionOf(RED, definition, 'account', 'mail-account');
      const settings = settingsOf(definition, account);
      if (msg.topic === 'preview') return preview(settings, msg, run);
      const store = await openStore();
      const scene: Scene = {
        RED,
        node,
        definition,
        store,
        account,
        settings,
        due: new DueMails(store, node.id),
        arrived,
        stop: new SignInStop(store, account.signIn, node.id),
        tally,
        run,
      };
      const outcome =
        msg.topic === 'due' || msg.topic === 'retry'
          ? await sendDue(scene, msg.topic === 'retry')
          : await notify(scene, msg, changeOf(msg));
      return withAttention(scene, outcome ?? { key: 'sent', values: { count: tally.sent } });
    };
    onInput(RED, node, 'queue', answer, undefined, ({ topic }) => topic === 'check');

    const closing = new AbortController();
    const timer = setInterval(() => {
      if (refusalOf(node) === null) void lookAfter({ RED, node, tally, arrived, openStore, signal: closing.signal });
    }, DUE_CHECK_MS);
    timer.unref();
    node.on('close', () => {
      closing.abort();
      clearInterval(timer);
    });
  });
}

/** Mails that wait for a person do not disappear behind those that were sent. */
async function withAttention({ due, tally }: Scene, outcome: Outcome): Promise<Outcome> {
  const { length } = await due.attention();
  if (length === 0 || outcome.fill === 'red') return outcome;
  return { fill: 'yellow', key: 'attention', values: { count: tally.sent, attention: length } };
}

interface Watch extends Pick<Scene, 'RED' | 'node' | 'tally' | 'arrived'> {
  readonly openStore: () => Promise<Store>;
  readonly signal: AbortSignal;
}

/** Once a minute: sends what is due, and shows what waits for a person. */
async function lookAfter({ RED, node, tally, arrived, openStore, signal }: Watch): Promise<void> {
  try {
    const store = await openStore();
    const due = new DueMails(store, node.id);
    for (const { change } of await due.attention()) {
      if (!(await isStillBlocked(store, change.device))) await due.remove(change.device.key);
    }
    const isDue = (await due.due(Date.now())).length > 0 || (await arrived.left(store)).length > 0;
    const attention = (await due.attention()).length;
    if (signal.aborted) return;
    if (isDue) node.receive({ topic: 'due' } as never);
    else if (attention > 0) showStatus(RED, node, 'yellow', 'attention', { count: tally.sent, attention });
  } catch {
    // The store is away: the next message that needs it says so.
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

/** The access switch's message on output 1. */
function changeOf(msg: Msg): DeviceChange {
  const payload = (typeof msg.payload === 'object' && msg.payload !== null ? msg.payload : {}) as Partial<DeviceChange>;
  const { device, decision, change } = payload;
  if (device?.key === undefined || decision?.reason === undefined || change?.at === undefined) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The message is no changed device: wire output 1 of an access switch to the notifier.',
    );
  }
  return { device, decision, change };
}

const CONTROL_TOPICS: readonly unknown[] = ['check', 'preview', 'due', 'retry'];

/** True for what may lead to a mail: such a message is kept until it did, or did not. */
function isBlock(msg: Msg): boolean {
  const { device, decision, change } = (msg.payload ?? {}) as Partial<DeviceChange>;
  if (CONTROL_TOPICS.includes(msg.topic) || device?.key === undefined || decision?.reason === undefined) return false;
  return decision.action === 'block' && change?.applied === true && change.at !== undefined;
}

/** Null: the mail was sent. */
async function notify(scene: Scene, msg: Msg, change: DeviceChange): Promise<Outcome | null> {
  const { run } = scene;
  try {
    const decision = await decideMail(scene.store, change, scene.settings);
    if (decision.action === 'skip') return await skip(scene, msg, change, decision);
    const now = Date.now();
    const mail: DueMail = { change, attempts: 0, dueAt: now, since: now };
    const stopped = await scene.stop.current();
    if (stopped !== null) return await holdBack(scene, msg, mail, stopped);
    run.progress('sending');
    return await send(scene, msg, mail, decision);
  } catch (thrown) {
    throw sayNotSent(scene, msg, change, thrown);
  } finally {
    // A node that is being closed leaves it to the next one.
    if (!run.signal.aborted && isBlock(msg)) await scene.arrived.settle(scene.store, change.device.key);
  }
}

async function skip(
  scene: Scene,
  msg: Msg,
  change: DeviceChange,
  { reason, text, nextAt }: SkipDecision,
): Promise<Outcome> {
  if (nextAt !== null) await scene.due.put({ change, attempts: 0, dueAt: Date.parse(nextAt) });
  scene.run.send([null, answerTo(msg, { ...change, problem: { code: reason, text } })]);
  return { fill: 'grey', key: `skipped.${reason}` };
}

/** Null: the mail was sent. */
async function send(scene: Scene, msg: Msg, mail: DueMail, decision: SendDecision): Promise<Outcome | null> {
  const { account, settings, run, due, stop } = scene;
  const { change } = mail;
  let news: MailNews;
  try {
    news = await sendMail({ ...scene, mailer: account.mailer(), signal: run.signal }, change, decision);
  } catch (thrown) {
    if (run.signal.aborted) throw thrown;
    return await keep(scene, msg, mail, thrown);
  }
  scene.tally.sent += 1;
  run.send([answerTo(msg, { ...change, mail: news }), null]);
  const { reminders, reminderAfterHours } = settings.options;
  if (decision.reminder < reminders && reminderAfterHours > 0)
    await due.put({ change, attempts: 0, dueAt: Date.now() + reminderAfterHours * HOUR_MS });
  else await due.remove(change.device.key);
  await stop.forget();
  return null;
}

/**
 * What becomes of a mail that failed, by its error's `fate` (src/mail/refusal.ts). Throws what is to be told.
 *
 * | the error                             | the mail                     | told                            |
 * |---------------------------------------|------------------------------|---------------------------------|
 * | fate `never`                          | given up                     | each                            |
 * | refused sign-in                       | held back                    | once for the stop               |
 * | the account was stopped meanwhile     | held back                    | once for the stop               |
 * | any other                             | tried again (`nextTry`)      | each                            |
 * | any but `never`, a week after the first try | needs attention        | ERR_MAIL_ATTENTION              |
 */
async function keep(scene: Scene, msg: Msg, mail: DueMail, thrown: unknown): Promise<Outcome> {
  const { due, stop } = scene;
  if (isConnectorError(thrown, 'ERR_MAIL_STOPPED')) return holdBack(scene, msg, mail, thrown);
  const fate = mailFateOf(thrown);
  if (fate === 'never') {
    await due.remove(mail.change.device.key);
    throw thrown;
  }
  const isSignIn = isConnectorError(thrown, 'ERR_MAIL_AUTH');
  const later = isSignIn ? heldBack(mail, Date.now()) : nextTry(mail, fate, Date.now());
  await due.put(later);
  const isTold = isSignIn && !(await stop.remember());
  if (later.attention) throw attentionError(mail.change, thrown);
  const stopped = isTold ? await stop.current() : null;
  if (stopped === null) throw thrown;
  return stoppedOutcome(stopped);
}

/** The account is stopped: the mail waits until it works. */
async function holdBack(scene: Scene, msg: Msg, mail: DueMail, stopped: ConnectorError): Promise<Outcome> {
  const held = heldBack(mail, Date.now());
  await scene.due.put(held);
  if (held.attention) throw attentionError(mail.change, stopped);
  if (await scene.stop.remember()) sayNotSent(scene, msg, mail.change, stopped);
  return stoppedOutcome(stopped);
}

function attentionError(change: DeviceChange, last: unknown): ConnectorError {
  const { code } = asConnectorError(last);
  const to = change.device.eas?.mailbox.address ?? 'nobody';
  return new ConnectorError('ERR_MAIL_ATTENTION', `The mail to ${to} could not be sent for a week, last ${code}.`, {
    cause: last,
    details: { about: refusalSubjectOf(last), last: code },
  });
}

function stoppedOutcome({ details }: ConnectorError): Outcome {
  const until = new Date(String(details['until']));
  return { fill: 'red', key: 'stopped', values: { time: until.toTimeString().slice(0, 5) } };
}

function sayNotSent(scene: Scene, msg: Msg, change: DeviceChange, thrown: unknown): ConnectorError {
  const error = asConnectorError(thrown);
  scene.run.send([null, answerTo(msg, { ...change, problem: { code: error.code, text: error.message } })]);
  return error;
}

/**
 * Sends what waits, as long as the device is still blocked by us. `wished`: by a person, who lifts a stop, and takes up
 * what needs attention. A mail that fails by itself does not keep those behind it; an account or server that fails does.
 */
async function sendDue(scene: Scene, wished: boolean): Promise<Outcome | null> {
  await takeOver(scene);
  if (wished) await liftAll(scene);
  let problem: unknown = null;
  const mails = await scene.due.due(wished ? Number.POSITIVE_INFINITY : Date.now());
  for (const [at, mail] of mails.entries()) {
    if (scene.run.signal.aborted) break;
    const stopped = await scene.stop.current();
    if (stopped !== null) return holdBackAll(scene, mails.slice(at), stopped);
    try {
      await sendOneDue(scene, mail);
    } catch (thrown) {
      problem ??= thrown;
      const about = refusalSubjectOf(thrown);
      if (about !== 'recipient' && about !== 'content') break;
    }
  }
  if (problem !== null) throw problem;
  return null;
}

/** Mails that arrived before this node was started wait like any other from here on. */
async function takeOver(scene: Scene): Promise<void> {
  for (const mail of await scene.arrived.left(scene.store)) {
    if (scene.run.signal.aborted) return;
    await scene.due.put(mail);
    await scene.arrived.settle(scene.store, mail.change.device.key);
  }
}

async function liftAll({ account, stop, due }: Scene): Promise<void> {
  account.tryAgain();
  await stop.forget();
  const attention = await due.attention();
  if (attention.length > 0) await due.put(...attention.map((mail) => takenUpAgain(mail, Date.now())));
}

async function holdBackAll(scene: Scene, mails: readonly DueMail[], stopped: ConnectorError): Promise<Outcome> {
  const changed = mails
    .map((mail) => ({ before: mail, held: heldBack(mail, Date.now()) }))
    .filter(({ before, held }) => held.attention || held.since !== before.since);
  if (changed.length > 0) await scene.due.put(...changed.map(({ held }) => held));
  for (const { held } of changed) {
    if (held.attention)
      sayNotSent(scene, { topic: 'device' } as Msg, held.change, attentionError(held.change, stopped));
  }
  return stoppedOutcome(stopped);
}

async function sendOneDue(scene: Scene, mail: DueMail): Promise<void> {
  const { change } = mail;
  const decision = (await isStillBlocked(scene.store, change.device))
    ? await decideMail(scene.store, change, scene.settings)
    : null;
  if (decision?.action === 'send') {
    const msg = { topic: 'device' } as Msg;
    try {
      await send(scene, msg, mail, decision);
    } catch (thrown) {
      throw sayNotSent(scene, msg, change, thrown);
    }
    return;
  }
  if (decision === null || decision.nextAt === null) await scene.due.remove(change.device.key);
  else await scene.due.put({ change, attempts: 0, dueAt: Date.parse(decision.nextAt) });
}

async function isStillBlocked(store: Store, device: DeviceRecord): Promise<boolean> {
  if (device.eas === undefined) return false;
  const { organization, mailbox, easId } = device.eas;
  const entry = await store.entries.get({ organization, mailboxId: mailbox.id, easId, list: 'blocked' });
  return entry !== null;
}

// ── control messages ────────────────────────────────────────────────────────

/** Renders the mail of a device (payload of the access switch), or of a sample. */
function preview(settings: NotifierSettings, msg: Msg, run: Run): Promise<Outcome> {
  const payload = msg.payload as Partial<DeviceChange> | undefined;
  const change = payload?.device === undefined ? sampleChange() : changeOf(msg);
  const kind = (['not-enrolled', 'needs-activation', 'not-native-client', 'noncompliant'] as const).find(
    (one) => one === change.decision.reason.code,
  );
  const address = change.device.eas?.mailbox.address ?? '';
  const mail = writeMail(
    change,
    { action: 'send', kind: kind ?? 'not-enrolled', address, reminder: 0 },
    settings,
    null,
    new Date(Date.now() + HOUR_MS).toISOString(),
  );
  run.send([answerTo(msg, { to: address, ...mail }), null]);
  return Promise.resolve({ fill: 'grey', key: 'preview' });
}

function answerTo(msg: Msg, payload: unknown): Msg {
  return { ...msg, topic: msg.topic ?? 'device', payload } as Msg;
}
