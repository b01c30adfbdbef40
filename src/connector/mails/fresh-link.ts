/**
 * The owner of a blocked device asks for a fresh link, on the page of one that has expired.
 *
 * In: the device. Out: nothing. Changes: a mail, which goes out by itself; the audit.
 */
import { freshMailOf } from '../../activation/linked-device.ts';
import type { EasRecord } from '../../model/records.ts';
import type { NotifierRow, Store } from '../../store/store.ts';
import { addAgain, wantedOf } from './resend-mails.ts';
import type { ResendPorts, Wanted } from './resend-mails.ts';

const HOUR_MS = 3_600_000;
/** Whom a notifier may mail, it looks at itself when the mail is due. */
const OPTIONS: ResendPorts['settings']['options'] = { reminderAfterHours: 0, reminders: 0, allowedDomains: [] };

/** What can be sent about a device: its block and the mail of today's cause; null: nothing. */
export async function freshWanted(store: Store, eas: EasRecord): Promise<Wanted | null> {
  const { wanted } = await wantedOf({ store, settings: { options: OPTIONS } }, [eas]);
  return wanted[0] ?? null;
}

/** Has the mail of today's cause sent once more, unless one went a short while ago, or there is nothing to send. */
export async function sendFreshLink(
  ports: Pick<ResendPorts, 'store' | 'now' | 'ids' | 'who'>,
  eas: EasRecord,
): Promise<void> {
  const { store, now } = ports;
  const wanted = await freshWanted(store, eas);
  if (wanted === null) return;
  const deployed = await store.notifiers.list();
  const at = new Date(now());
  await store.together(async (parts) => {
    const mails = await parts.mails.ofDevice(eas.key);
    if (freshMailOf({ standing: 'waits', canSend: true }, mails, at) !== 'offer') return;
    const notifier = senderOf(mails.at(-1)?.notifier ?? null, deployed);
    if (notifier === null) return;
    // Pressed in two browsers at once, it is one mail.
    const once = `link ${Math.floor(at.getTime() / HOUR_MS)}`;
    await addAgain(parts, { ...ports, notifier }, [wanted], { name: 'a fresh link', by: null, once });
  });
}

/*
 *   the notifier that mailed the device last   sends it
 *   is deployed, or none is known to be        itself
 *   is gone, or there is none                  one that is deployed, first one of which a mail goes out
 */

/** Id of a notifier; null: nobody mails here. */
export function senderOf(
  last: string | null,
  deployed: readonly Pick<NotifierRow, 'node' | 'verdict'>[],
): string | null {
  if (last !== null && (deployed.length === 0 || deployed.some(({ node }) => node === last))) return last;
  const one =
    deployed.find(({ verdict }) => verdict === 'ready') ?? deployed.find(({ verdict }) => verdict === 'unknown');
  return (one ?? deployed[0])?.node ?? null;
}
