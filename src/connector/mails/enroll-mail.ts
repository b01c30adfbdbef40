/**
 * The mail to the user of a blocked device: its token, its link, its words.
 *
 * In: the news of a block and what was mailed before. Out: whether it is to be mailed, and the mail. Changes: the link
 * token, which is kept when the mail is made.
 */
import { issueLinkToken } from '../../activation/link-token.ts';
import { ConnectorError } from '../../errors.ts';
import { decideNotification } from '../../notify/decide-notification.ts';
import type { NotificationDecision, NotificationOptions } from '../../notify/decide-notification.ts';
import type { DeviceChange } from '../../model/records.ts';
import { mailTemplate } from '../../notify/default-templates.ts';
import type { CustomTemplates } from '../../notify/default-templates.ts';
import { enrollLink } from '../../notify/enroll-link.ts';
import { mailFields, mailMessageId } from '../../notify/mail-fields.ts';
import { carriesLink } from '../../notify/mail-kind.ts';
import type { MailKind } from '../../notify/mail-kind.ts';
import { renderMail } from '../../notify/render-mail.ts';
import type { RenderedMail } from '../../notify/render-mail.ts';
import type { Store } from '../../store/store.ts';
import type { Ids } from '../ports.ts';

/** How long a link is good: whoever comes back from a holiday finds a mail that still works. */
const LINK_DAYS = 14;
const DAY_MS = 86_400_000;
/** Where the activation link listens unless its path was changed. */
const DEFAULT_PATH = '/activate';

/** What a notifier was told about its mails. */
export interface NotifierSettings {
  readonly sender: string;
  readonly senderName: string | null;
  /** The activation link's public address, with or without its path. */
  readonly linkBase: string;
  readonly enrollUrl: string | null;
  /** BCP 47. */
  readonly language: string;
  readonly templates: CustomTemplates;
  /** Who gets a copy. */
  readonly cc: readonly string[];
  readonly helpDesk: string | null;
  readonly options: Omit<NotificationOptions, 'now'>;
}

export type SendDecision = Extract<NotificationDecision, { action: 'send' }>;

/** Whether this change is to be mailed at `now` (milliseconds since 1970), by what was mailed before. */
export async function decideMail(
  store: Pick<Store, 'notifications'>,
  change: DeviceChange,
  { options }: Pick<NotifierSettings, 'options'>,
  now: number,
): Promise<NotificationDecision> {
  const history = await store.notifications.find(change.device.key);
  return decideNotification(change, history, { ...options, now: new Date(now) });
}

/**
 * The mail in words. With `token` null the link is a sample. Throws ERR_MAIL_TEMPLATE for a text that names what there is
 * not, ERR_CONFIG_INVALID for a link address that cannot be meant.
 * @param expiresAt until when the link is good, ISO
 */
export function writeMail(
  change: DeviceChange,
  decision: Pick<SendDecision, 'kind' | 'reminder'>,
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

/** One mail, ready to be sent. */
export interface EnrollMail {
  readonly words: RenderedMail;
  readonly messageId: string;
  /** What is remembered of it, whatever comes of it. */
  readonly record: {
    readonly deviceKey: string;
    readonly kind: MailKind;
    readonly blockedAt: string;
    readonly address: string;
    readonly messageId: string;
    readonly episode: string | null;
  };
}

/**
 * Writes the mail and keeps its link token. Throws as {@link writeMail}; ERR_INPUT_INVALID for a device without an EAS side.
 * @param now milliseconds since 1970
 */
export async function makeEnrollMail(
  { store, settings, ids }: { readonly store: Store; readonly settings: NotifierSettings; readonly ids: Ids },
  change: DeviceChange,
  decision: SendDecision,
  now: number,
): Promise<EnrollMail> {
  const eas = change.device.eas;
  if (eas === undefined) throw new ConnectorError('ERR_INPUT_INVALID', 'The device record has no EAS side.');
  const claims = {
    purpose: 'activate' as const,
    storeId: store.id,
    tokenId: ids(),
    mailboxId: eas.mailbox.id,
    easId: eas.easId,
    issuedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + LINK_DAYS * DAY_MS).toISOString(),
  };
  const { kind, reminder, address } = decision;
  const words = writeMail(change, decision, settings, issueLinkToken(claims, store.linkSecret), claims.expiresAt);
  if (carriesLink(kind)) await store.tokens.issue(claims);
  const [deviceKey, blockedAt] = [change.device.key, change.change.at];
  const messageId = mailMessageId(
    { deviceKey, kind, blockedAt, reminder },
    settings.sender.split('@')[1] ?? 'localhost',
  );
  const episode = change.change.episode ?? null;
  return { words, messageId, record: { deviceKey, kind, blockedAt, address, messageId, episode } };
}

/**
 * The link with a token. `linkBase` is the activation link's public URL: with its path, or the bare address, which means
 * the default path. Throws ERR_CONFIG_INVALID as enrollLink does.
 */
export function linkTo(linkBase: string, token: string): string {
  const hasPath = URL.canParse(linkBase) && new URL(linkBase).pathname.replace(/\/+$/, '') !== '';
  return enrollLink(linkBase, hasPath ? '' : DEFAULT_PATH, token);
}
