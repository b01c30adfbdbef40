/** A mailer without a wire, for the simulated organization: the same checks and headers, then a function call. */
import { asConnectorError, ConnectorError, throwIfAborted } from '../errors.ts';
import { dataUrlOf } from '../model/logo.ts';
import type { Mailer } from './mailer.ts';
import { composeMail, type OutgoingMail, type Sender } from './message.ts';
import { addressRefusal } from './refusal.ts';

/** A mail as it arrives in a simulated mailbox. */
export interface DeliveredMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** With its pictures in it. */
  readonly html: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes one mail; false or a throw means there is no such mailbox. */
export type Deliver = (mail: DeliveredMail) => boolean | void | Promise<boolean | void>;

/** A mailer that hands every mail, and each copy, to `deliver`. */
export function simulatedMailer(deliver: Deliver, sender: Sender): Mailer {
  // What was delivered is there: who asks for it has sent it a moment ago.
  let last = '';
  return {
    async send(mail: OutgoingMail) {
      throwIfAborted(mail.signal);
      const composed = composeMail(sender, mail);
      const [to = '', ...copies] = composed.envelope.to;
      await deliverOne(deliver, { ...partsOf(composed), to });
      last = composed.messageId;
      const refusedCopies: string[] = [];
      for (const copy of copies) {
        await deliverOne(deliver, { ...partsOf(composed), to: copy }).catch(() => refusedCopies.push(copy));
      }
      return {
        messageId: composed.messageId,
        response: '250 2.6.0 Queued mail for delivery (simulated)',
        ...(refusedCopies.length === 0 ? {} : { refusedCopies }),
      };
    },
    async verify(signal) {
      throwIfAborted(signal);
      return { offersSignIn: false };
    },
    async hasArrived(messageId, signal) {
      throwIfAborted(signal);
      return messageId === last;
    },
    async close() {},
  };
}

function partsOf(composed: ReturnType<typeof composeMail>): Omit<DeliveredMail, 'to'> {
  const { envelope, subject, text, html, messageId } = composed;
  const headers = Object.entries({ ...composed.headers, 'Message-ID': messageId }).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  const shown = (composed.attachments ?? []).reduce(
    (all, { cid, contentType, content }) => all.replaceAll(`cid:${cid}`, dataUrlOf({ contentType, content })),
    html,
  );
  return { from: envelope.from, subject, text, html: shown, headers: Object.fromEntries(headers) };
}

async function deliverOne(deliver: Deliver, mail: DeliveredMail): Promise<void> {
  const refused = (cause?: unknown): ConnectorError =>
    new ConnectorError('ERR_MAIL_RECIPIENT', `The simulated organization has no mailbox ${mail.to}.`, {
      cause,
      details: { ...addressRefusal('recipient') },
    });
  let taken: boolean | void;
  try {
    taken = await deliver(mail);
  } catch (error) {
    throw refused(asConnectorError(error));
  }
  if (taken === false) throw refused();
}
