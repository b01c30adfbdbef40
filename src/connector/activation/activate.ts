/**
 * A visit of the page behind the link, with what is known of the device.
 *
 * In: the visit. Out: the page to show, and the activation if it is one. Changes: the activation and its link token, in the
 * store.
 */
import type { ActivationPageFields } from '../../activation/activation-page.ts';
import { answerVisit } from '../../activation/answer-visit.ts';
import type { Visit, VisitOptions, VisitOutcome } from '../../activation/answer-visit.ts';
import type { LinkClaims } from '../../activation/link-token.ts';
import { easRecordKey, foldEasId } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';

/** Answers one visit. Never throws: when the store fails, the visitor is asked to come again and `error` says why. */
export async function activate(
  store: Store,
  visit: Visit,
  settings: Pick<VisitOptions, 'enrollUrl' | 'helpDesk'>,
): Promise<VisitOutcome> {
  return answerVisit(visit, store, { ...settings, describe: (claims) => describeDevice(store, claims) });
}

/** What the last reading says of the device, so that its owner recognizes it. Its organization, the ledger knows. */
async function describeDevice(
  store: Store,
  claims: LinkClaims,
): Promise<Pick<ActivationPageFields, 'device' | 'mailbox'>> {
  for (const entry of await store.entries.list({ mailboxId: claims.mailboxId })) {
    if (foldEasId(entry.easId) !== foldEasId(claims.easId)) continue;
    const eas = await store.snapshots.get<EasRecord>(easRecordKey(entry.organization, claims.mailboxId, claims.easId));
    if (eas === null) return {};
    return {
      device: { model: eas.device.friendlyName ?? eas.device.model, type: eas.device.type, easId: eas.easId },
      ...(eas.mailbox.address === null ? {} : { mailbox: eas.mailbox.address }),
    };
  }
  return {};
}
