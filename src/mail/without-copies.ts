/** A mail that a copy recipient keeps from going out goes without its copies. */
import { isConnectorError } from '../errors.ts';
import type { SentMail } from './mailer.ts';
import type { OutgoingMail } from './message.ts';

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
