/** One sentence for what becomes of a mail, of a check of the mail account, and of a link: `msg.text`. No link is in any. Pure. */
import { easRecordKey } from '../../model/keys.ts';
import type { Activation, DeviceRecord, EasRecord } from '../../model/records.ts';
import type { NotifierCheck } from '../mails/check-account.ts';
import type { MailNews } from '../mails/mail-outcome.ts';
import { deviceWords } from './device-sentences.ts';
import { LONGEST_TEXT, plainWords } from './plain-words.ts';

/** Longest mail address in a sentence. */
const LONGEST_ADDRESS = 120;

/** `Mail about Carla Costa's SM-S921B sent to carla@contoso.com`. @param copies what became of copies that were refused */
export function sentSentence(
  device: DeviceRecord,
  { to, reminder }: Pick<MailNews, 'to' | 'reminder'>,
  copies: string | null = null,
): string {
  const what = reminder > 0 ? `Reminder ${reminder}` : 'Mail';
  const sent = `${what} about ${deviceWords(device)} sent to ${address(to)}`;
  return copies === null ? sent : `${sent}. ${said(copies)}`;
}

/** `No mail about Carla Costa's SM-S921B: the account's sign-in was refused`. */
export function notSentSentence(device: DeviceRecord, problem: string): string {
  return `No mail about ${deviceWords(device)}: ${said(problem)}`;
}

/** `Mail account connector@contoso.com is ready`; else every step that is as bad as the verdict, in order. */
export function checkSentence({ account, verdict, steps }: NotifierCheck): string {
  const name = account === '' ? 'Mail account' : `Mail account ${address(account)}`;
  if (verdict === 'ready') return `${name} is ready`;
  const why = steps.filter((one) => one.verdict === verdict).map(({ step, text }) => ` (${step}): ${said(text)}`);
  return `${name} ${verdict === 'failed' ? 'cannot mail' : 'may be able to mail'}${why.join('')}`;
}

/** `Preview of the mail to anna@contoso.com`. @param to empty: the mailbox has no address */
export function previewSentence(to: string): string {
  return to === '' ? 'Preview of a mail without a recipient' : `Preview of the mail to ${address(to)}`;
}

/** `The link for Carla Costa's SM-S921B was opened and its button pressed`. @param eas null: no reading has the device */
export function activationSentence(
  { easId, mailbox }: Pick<Activation, 'easId' | 'mailbox'>,
  eas: EasRecord | null,
): string {
  const device = eas === null ? { key: easRecordKey('', mailbox, easId) } : { key: eas.key, eas };
  return `The link for ${deviceWords(device)} was opened and its button pressed`;
}

function address(text: string): string {
  return plainWords(text, LONGEST_ADDRESS) ?? '';
}

function said(text: string): string {
  return plainWords(text, LONGEST_TEXT) ?? '';
}
