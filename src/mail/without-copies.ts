/** Copies must not keep a mail from going out, and do not go again with each try of it. */
import { isConnectorError } from '../errors.ts';
import type { SentMail } from './mailer.ts';
import type { ComposedMail, OutgoingMail } from './message.ts';

/**
 * Sends a mail; where one of several recipients was refused and not told which (`details.ofSeveral`), nobody got it, and it
 * goes once more to its own recipient alone. Then the copies count as refused. Throws what `send` throws.
 */
export async function sendOrWithoutCopies(
  mail: OutgoingMail,
  send: (mail: OutgoingMail) => Promise<SentMail>,
): Promise<SentMail> {
  try {
    return await send(mail);
  } catch (error) {
    const copies = mail.cc ?? [];
    if (copies.length === 0 || !isConnectorError(error) || error.details['ofSeveral'] !== true) throw error;
    return { ...(await send({ ...mail, cc: [] })), refusedCopies: copies };
  }
}

/** Of so many mails it is remembered; what is forgotten goes once more, under the same Message-ID. */
const REMEMBERED = 1_000;

/** Copies that a server took while it refused the mail's own recipient, by Message-ID: the next try leaves them out. */
export class TakenCopies {
  readonly #taken = new Map<string, readonly string[]>();

  /** The mail with its headers as they are, for those who do not have it yet. */
  without(mail: ComposedMail): ComposedMail {
    const taken = this.#taken.get(mail.messageId) ?? [];
    const { from, to } = mail.envelope;
    return { ...mail, envelope: { from, to: to.filter((address) => !taken.includes(address.toLowerCase())) } };
  }

  taken(messageId: string, copies: readonly string[]): void {
    const all = [...(this.#taken.get(messageId) ?? []), ...copies.map((address) => address.toLowerCase())];
    this.#taken.set(messageId, all);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > REMEMBERED && oldest !== undefined) this.#taken.delete(oldest);
  }

  /** The mail went out. */
  done(messageId: string): void {
    this.#taken.delete(messageId);
  }
}
