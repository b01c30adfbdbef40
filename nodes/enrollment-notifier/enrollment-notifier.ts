import { asConnectorError, ConnectorError, isConnectorError } from '../../src/errors.ts';
import { getRecipientByAddress } from '../../src/exchange/cmdlets/get-recipient.ts';
import type { Recipient } from '../../src/exchange/cmdlets/get-recipient.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import type { DeviceChange } from '../../src/notify/decide-notification.ts';
import type { Store } from '../../src/store/store.ts';
import type { MailConnection } from '../connections.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome, Run } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { listOf, numberOf, refusalOf, registerNode, textOf } from '../red.ts';
import { ArrivedMails, DueMails, nextTry } from './due-mails.ts';
import type { DueMail } from './due-mails.ts';
import { decideMail, sendMail, writeMail } from './send-mail.ts';
import type { NotifierSettings, SendDecision, SkipDecision } from './send-mail.ts';

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
  readonly run: Run;
}

/** Mails the owner of a blocked device a link to enroll it: once, with reminders if wanted. */
export default function enrollmentNotifier(RED: RED): void {
  registerNode(RED, 'enrollment-notifier', (node, definition) => {
    let sent = 0;
    const arrived = new ArrivedMails(node.id);
    const openStore = async (): Promise<Store> => connectionOf(RED, definition, 'store', 'connector-store').store();
    node.on('input', (msg) => {
      if (isBlock(msg as Msg)) arrived.accept(changeOf(msg as Msg), openStore).catch(() => undefined);
    });
    onInput(RED, node, 'queue', async (msg, run) => {
      if (isBlock(msg)) arrived.begin(changeOf(msg).device.key);
      const account = connectionOf(RED, definition, 'account', 'mail-account');
      const settings = settingsOf(definition, account);
      if (msg.topic === 'check') return checkAccount(RED, definition, account, msg, run);
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
        run,
      };
      if (msg.topic === 'due' || msg.topic === 'retry') {
        sent += await sendDue(scene, msg.topic === 'retry' ? Number.POSITIVE_INFINITY : Date.now());
        return { key: 'sent', values: { count: sent } };
      }
      const outcome = await notify(scene, msg, changeOf(msg));
      if (outcome.fill === undefined) sent += 1;
      return outcome.fill === undefined ? { key: 'sent', values: { count: sent } } : outcome;
    });

    const timer = setInterval(() => {
      void hasDueMail(openStore, node, arrived).then((due) => {
        if (due && refusalOf(node) === null) node.receive({ topic: 'due' } as never);
      });
    }, DUE_CHECK_MS);
    timer.unref();
    node.on('close', () => clearInterval(timer));
  });
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
    helpDesk: null,
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

async function notify(scene: Scene, msg: Msg, change: DeviceChange): Promise<Outcome> {
  const { run } = scene;
  try {
    const decision = await decideMail(scene.store, change, scene.settings);
    if (decision.action === 'skip') return await skip(scene, msg, change, decision);
    run.progress('sending');
    await send(scene, msg, { change, attempts: 0, dueAt: 0 }, decision);
    return { key: 'sent' };
  } catch (thrown) {
    throw await sayNotSent(scene, msg, change, thrown);
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
  return { fill: 'grey', key: reason === 'already-sent' ? 'already' : 'notSent', values: { reason } };
}

async function send(scene: Scene, msg: Msg, mail: DueMail, decision: SendDecision): Promise<void> {
  const { account, settings, run, due } = scene;
  const { change } = mail;
  try {
    const news = await sendMail({ ...scene, mailer: account.mailer(), signal: run.signal }, change, decision);
    run.send([answerTo(msg, { ...change, mail: news }), null]);
  } catch (thrown) {
    if (run.signal.aborted) throw thrown;
    const later = isForNobody(thrown) ? null : nextTry(mail, Date.now());
    if (later === null) await due.remove(change.device.key);
    else await due.put(later);
    throw thrown;
  }
  const { reminders, reminderAfterHours } = settings.options;
  if (decision.reminder < reminders && reminderAfterHours > 0)
    await due.put({ change, attempts: 0, dueAt: Date.now() + reminderAfterHours * HOUR_MS });
  else await due.remove(change.device.key);
}

/** A recipient that does not exist will not exist in an hour either; everything else may be repaired. */
function isForNobody(error: unknown): boolean {
  return (['ERR_MAIL_RECIPIENT', 'ERR_MAIL_ADDRESS', 'ERR_MAIL_DOMAIN'] as const).some((code) =>
    isConnectorError(error, code),
  );
}

async function sayNotSent(scene: Scene, msg: Msg, change: DeviceChange, thrown: unknown): Promise<ConnectorError> {
  const error = asConnectorError(thrown);
  scene.run.send([null, answerTo(msg, { ...change, problem: { code: error.code, text: error.message } })]);
  return error;
}

/** Sends what waits, as long as the device is still blocked by us. */
async function sendDue(scene: Scene, now: number): Promise<number> {
  let sent = 0;
  for (const mail of await scene.arrived.left(scene.store)) {
    if (scene.run.signal.aborted) return sent;
    // From here on it waits like any other mail.
    await scene.due.put(mail);
    await scene.arrived.settle(scene.store, mail.change.device.key);
  }
  for (const mail of await scene.due.due(now)) {
    if (scene.run.signal.aborted) break;
    if (await sendOneDue(scene, mail)) sent += 1;
  }
  return sent;
}

async function sendOneDue(scene: Scene, mail: DueMail): Promise<boolean> {
  const { change } = mail;
  const decision = (await isStillBlocked(scene.store, change.device))
    ? await decideMail(scene.store, change, scene.settings)
    : null;
  if (decision?.action === 'send') {
    const msg = { topic: 'device' } as Msg;
    try {
      await send(scene, msg, mail, decision);
      return true;
    } catch (thrown) {
      throw await sayNotSent(scene, msg, change, thrown);
    }
  }
  if (decision === null || decision.nextAt === null) await scene.due.remove(change.device.key);
  else await scene.due.put({ ...mail, dueAt: Date.parse(decision.nextAt) });
  return false;
}

async function isStillBlocked(store: Store, device: DeviceRecord): Promise<boolean> {
  if (device.eas === undefined) return false;
  const { organization, mailbox, easId } = device.eas;
  const entry = await store.entries.get({ organization, mailboxId: mailbox.id, easId, list: 'blocked' });
  return entry !== null;
}

async function hasDueMail(openStore: () => Promise<Store>, node: Instance, arrived: ArrivedMails): Promise<boolean> {
  try {
    const store = await openStore();
    const due = await new DueMails(store, node.id).due(Date.now());
    return due.length > 0 || (await arrived.left(store)).length > 0;
  } catch {
    return false;
  }
}

// ── control messages ────────────────────────────────────────────────────────

/** Signs in, and looks whether the account has a mailbox on this Exchange. Mails nobody. */
async function checkAccount(
  RED: RED,
  definition: Definition,
  account: MailConnection,
  msg: Msg,
  run: Run,
): Promise<Outcome> {
  run.progress('sending');
  await account.mailer().verify(run.signal);
  const mailbox = textOf(definition, 'server') === '' ? null : await mailboxOf(RED, definition, account.address, run);
  run.send([answerTo(msg, { account: account.address, signedIn: true, mailbox }), null]);
  return { key: 'checked' };
}

async function mailboxOf(RED: RED, definition: Definition, address: string, run: Run): Promise<string> {
  const exchange = connectionOf(RED, definition, 'server', 'exchange-server').exchange();
  let recipient: Recipient | null = null;
  for await (const found of getRecipientByAddress(exchange, address, { signal: run.signal })) recipient = found;
  const details = recipient?.recipientTypeDetails ?? null;
  // RemoteUserMailbox and MailUser live elsewhere; SharedMailbox has no sign-in of its own but can be sent as.
  if (details !== null && /^(User|Shared|Linked)Mailbox$/.test(details)) return details;
  const seen =
    recipient === null
      ? `Exchange has no recipient ${address}.`
      : `${address} is a ${details ?? recipient.recipientType ?? 'recipient'} and no mailbox here.`;
  throw new ConnectorError('ERR_MAIL_NO_MAILBOX', seen, { details: { address } });
}

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

function sampleChange(): DeviceChange {
  const at = new Date().toISOString();
  const reason = { code: 'not-enrolled', text: 'A sample.' } as const;
  const device: DeviceRecord = {
    key: 'sample',
    status: 'eas',
    eas: {
      kind: 'eas',
      key: 'sample',
      organization: 'sample',
      easId: 'K6CKULJTID3SDEAIV0ELHBBTTO',
      mailbox: {
        id: '00000000-0000-0000-0000-000000000000',
        upn: 'anna@contoso.com',
        address: 'anna@contoso.com',
        displayName: 'Anna Adler',
        addresses: ['anna@contoso.com'],
      },
      device: {
        type: 'iPhone',
        model: 'iPhone16C1',
        os: 'iOS 18.1',
        userAgent: 'Apple-iPhone16C1/2202.83',
        friendlyName: "Anna's iPhone",
        imei: null,
        clientType: 'EAS',
        protocolVersion: '16.1',
      },
      access: { state: 'allowed', reason: 'global', listed: null },
      firstSyncAt: at,
    },
    match: { by: null, evidence: [] },
    reason,
  };
  return {
    device,
    decision: { action: 'block', rule: 'sample', reason: { ...reason, evidence: [] } },
    change: { from: 'allowed', to: 'blocked', at, applied: true, attempts: 1 },
  };
}

function answerTo(msg: Msg, payload: unknown): Msg {
  return { ...msg, topic: msg.topic ?? 'device', payload } as Msg;
}
