/**
 * A visit of the page behind the link, with what is known of the device.
 *
 * In: the visit. Out: the page to show, and the activation if it is one. Changes: the activation, its link token and the
 * device's timeline, in the store.
 */
import type { ActivationPageFields } from '../../activation/activation-page.ts';
import { answerVisit } from '../../activation/answer-visit.ts';
import type { ActivationStore, Visit, VisitOptions, VisitOutcome } from '../../activation/answer-visit.ts';
import type { KnownToken } from '../../activation/activation-decision.ts';
import { asConnectorError } from '../../errors.ts';
import { easRecordKey, foldEasId } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { namesOf, recordActivation, recordOpening } from '../timeline/record-steps.ts';

/** Answers one visit. Never throws: when the store fails, the visitor is asked to come again and `error` says why. */
export async function activate(
  store: Store,
  visit: Visit,
  settings: Pick<VisitOptions, 'enrollUrl' | 'helpDesk'>,
): Promise<VisitOutcome> {
  const shown: KnownToken[] = [];
  const describe = (link: KnownToken): ReturnType<typeof describeDevice> => {
    shown.push(link);
    return describeDevice(store, link);
  };
  const outcome = await answerVisit(visit, withTimeline(store), { ...settings, describe });
  const [link] = shown;
  if (link === undefined || outcome.error !== null) return outcome;
  try {
    await recordOpening(store, link, visit.now.toISOString());
    return outcome;
  } catch (error) {
    // A store that cannot be written does not keep a good link out.
    return { ...outcome, error: asConnectorError(error, 'ERR_STORE_WRITE') };
  }
}

/** The store, with the timeline in the transaction that keeps an activation. */
function withTimeline(store: Store): ActivationStore {
  return {
    ...store,
    activations: {
      add: async (activation) => {
        const names = await namesOf(store, activation.mailbox, activation.easId);
        return store.together(async (parts) => {
          const kept = await parts.activations.add(activation);
          if (kept.isNew) await recordActivation(parts, names, activation.at);
          return kept;
        });
      },
    },
  };
}

/** What the last reading says of the device, so that its owner recognizes it. Its organization, the ledger knows. */
async function describeDevice(
  store: Store,
  link: KnownToken,
): Promise<Pick<ActivationPageFields, 'device' | 'mailbox'>> {
  for (const entry of await store.entries.list({ mailboxId: link.mailboxId })) {
    if (foldEasId(entry.easId) !== foldEasId(link.easId)) continue;
    const eas = await store.snapshots.get<EasRecord>(easRecordKey(entry.organization, link.mailboxId, link.easId));
    if (eas === null) return {};
    return {
      device: { model: eas.device.friendlyName ?? eas.device.model, type: eas.device.type, easId: eas.easId },
      ...(eas.mailbox.address === null ? {} : { mailbox: eas.mailbox.address }),
    };
  }
  return {};
}
