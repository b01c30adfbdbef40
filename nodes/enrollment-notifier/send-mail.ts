/** From a blocked device to a mail that the server took: token, link, texts, sending, remembering. */
import { randomUUID } from 'node:crypto';
import { issueLinkToken } from '../../src/activation/link-token.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import type { DeviceChange, NotificationDecision, NotificationOptions } from '../../src/notify/decide-notification.ts';
import { decideNotification } from '../../src/notify/decide-notification.ts';
import { mailTemplate } from '../../src/notify/default-templates.ts';
import type { CustomTemplates } from '../../src/notify/default-templates.ts';
import { enrollLink } from '../../src/notify/enroll-link.ts';
import { mailFields, mailMessageId } from '../../src/notify/mail-fields.ts';
import { carriesLink } from '../../src/notify/mail-kind.ts';
import { renderMail } from '../../src/notify/render-mail.ts';
import type { RenderedMail } from '../../src/notify/render-mail.ts';
import type { Store } from '../../src/store/store.ts';

/** How long a link is good. */
const LINK_DAYS = 14;
const DAY_MS = 86_400_000;
/** Where the activation link listens unless its path was changed. */
const DEFAULT_PATH = '/activate';

export interface NotifierSettings {
  readonly sender: string;
  readonly senderName: string | null;
  readonly linkBase: string;
  readonly enrollUrl: string | null;
  readonly language: string;
  readonly templates: CustomTemplates;
  readonly cc: readonly string[];
  readonly helpDesk: string | null;
  readonly options: Omit<NotificationOptions, 'now'>;
}

/** A mail as the server took it. */
export interface MailNews {
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly at: string;
  readonly reminder: number;
  /** Copy recipients that the server refused; left out when there are none. */
  readonly refusedCopies?: readonly string[];
}

export type SendDecision = Extract<NotificationDecision, { action: 'send' }>;
export type SkipDecision = Extract<NotificationDecision, { action: 'skip' }>;

/** Whether this change is to be mailed, by what was mailed before. */
export async function decideMail(
  store: Store,
  change: DeviceChange,
  settings: NotifierSettings,
): Promise<NotificationDecision> {
  const history = await store.notifications.find(change.device.key);
  return decideNotification(change, history, { ...settings.options, now: new Date() });
}

/** The mail in words. With `token` null the link is a sample. */
export function writeMail(
  change: DeviceChange,
  decision: SendDecision,
  settings: NotifierSettings,
  token: string | null,
  expiresAt: string,
): RenderedMail {
  const template = mailTemplate(decision.kind, settings.language, settings.templates);
  const link = carriesLink(decision.kind) ? linkTo(settings.linkBase, token ?? 'sample') : null;
  return renderMail(
    template,
    mailFields({
      ...change,
      kind: decision.kind,
      link,
      linkExpiresAt: link === null ? null : expiresAt,
      enrollUrl: settings.enrollUrl,
      helpDesk: settings.helpDesk,
      sender: settings.senderName ?? settings.sender,
      reminder: decision.reminder,
      language: template.language,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
  );
}

/** Sends the mail and remembers it. A mail that the server did not take is remembered as failed, and the error thrown. */
export async function sendMail(
  scene: { store: Store; mailer: Mailer; settings: NotifierSettings; signal: AbortSignal },
  change: DeviceChange,
  decision: SendDecision,
): Promise<MailNews> {
  const { store, settings } = scene;
  const eas = change.device.eas;
  if (eas === undefined) throw new ConnectorError('ERR_INPUT_INVALID', 'The device record has no EAS side.');
  const now = new Date();
  const claims = {
    purpose: 'activate' as const,
    storeId: store.id,
    tokenId: randomUUID(),
    mailboxId: eas.mailbox.id,
    easId: eas.easId,
    issuedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + LINK_DAYS * DAY_MS).toISOString(),
  };
  const mail = writeMail(change, decision, settings, issueLinkToken(claims, store.linkSecret), claims.expiresAt);
  if (carriesLink(decision.kind)) await store.tokens.issue(claims);

  const blockedAt = change.change.at;
  const messageId = mailMessageId(
    { deviceKey: change.device.key, kind: decision.kind, blockedAt, reminder: decision.reminder },
    settings.sender.split('@')[1] ?? 'localhost',
  );
  const record = { deviceKey: change.device.key, kind: decision.kind, blockedAt, address: decision.address, messageId };
  try {
    const sent = await scene.mailer.send({
      ...mail,
      to: decision.address,
      messageId,
      cc: settings.cc,
      signal: scene.signal,
    });
    const at = new Date().toISOString();
    await store.notifications.record({ ...record, at, outcome: 'sent', note: sent.response });
    return {
      to: decision.address,
      subject: mail.subject,
      messageId: sent.messageId,
      at,
      reminder: decision.reminder,
      ...(sent.refusedCopies === undefined ? {} : { refusedCopies: sent.refusedCopies }),
    };
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    await store.notifications.record({ ...record, at: new Date().toISOString(), outcome: 'failed', note });
    throw error;
  }
}

/**
 * The link with a token. `linkBase` is the activation link's public URL: with its path, or the bare address, which means
 * the default path. Throws ERR_CONFIG_INVALID as enrollLink does.
 */
export function linkTo(linkBase: string, token: string): string {
  const hasPath = URL.canParse(linkBase) && new URL(linkBase).pathname.replace(/\/+$/, '') !== '';
  return enrollLink(linkBase, hasPath ? '' : DEFAULT_PATH, token);
}
