/**
 * A visit of the page behind the link, with what is known of the device.
 *
 * In: the visit. Out: the page to show, and the activation if it is one. Changes: the activation, its link token and the
 * device's timeline, in the store.
 */
import { randomUUID } from 'node:crypto';
import type { KnownToken } from '../../activation/activation-decision.ts';
import { answerVisit } from '../../activation/answer-visit.ts';
import type { ActivationStore, Visit, VisitOptions, VisitOutcome } from '../../activation/answer-visit.ts';
import { freshMailOf, standingOf } from '../../activation/linked-device.ts';
import type { LinkedDevice } from '../../activation/linked-device.ts';
import { asConnectorError } from '../../errors.ts';
import { recognizeEasClient } from '../../model/eas-client.ts';
import { easRecordKey, foldEasId } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { linkTo } from '../mails/enroll-mail.ts';
import { freshWanted, sendFreshLink } from '../mails/fresh-link.ts';
import { namesOf, recordActivation, recordOpening } from '../timeline/record-steps.ts';

/** What the page was told. */
export interface PageSettings extends Pick<
  VisitOptions,
  'enrollUrl' | 'app' | 'helpDesk' | 'company' | 'color' | 'logo'
> {
  /** Who serves it, for the audit. */
  readonly name: string;
}

/** Answers one visit. Never throws: when the store fails, the visitor is asked to come again and `error` says why. */
export async function activate(store: Store, visit: Visit, settings: PageSettings): Promise<VisitOutcome> {
  const outcome = await answerVisit(visit, withTimeline(store), {
    ...settings,
    describe: (link) => describeDevice(store, link, visit.now),
    addressOf: ({ linkBase }, token) => (linkBase === null ? null : addressOf(linkBase, token)),
    sendFresh: async (link) => {
      const eas = await recordOf(store, link);
      const ports = { store, now: () => visit.now.getTime(), ids: randomUUID, who: settings.name };
      if (eas !== null) await sendFreshLink(ports, eas);
    },
  });
  const { page, link } = outcome;
  if (page !== 'confirm' || link === null || outcome.error !== null) return outcome;
  try {
    await recordOpening(store, link, visit.now.toISOString());
    return outcome;
  } catch (error) {
    // A store that cannot be written does not keep a good link out.
    return { ...outcome, error: asConnectorError(error, 'ERR_STORE_WRITE') };
  }
}

/** The device of a link as the last reading has it, to be told of; null: none has, or the store does not say. */
export async function deviceOfLink(
  store: Store,
  link: Pick<KnownToken, 'mailboxId' | 'easId'>,
): Promise<EasRecord | null> {
  return recordOf(store, link).catch(() => null);
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

/** The link; null for an address that cannot be meant any more. */
function addressOf(linkBase: string, token: string): string | null {
  try {
    return linkTo(linkBase, token);
  } catch {
    return null;
  }
}

/** How the device stands, and what the last reading says of it, so that its owner recognizes it. */
async function describeDevice(store: Store, link: KnownToken, now: Date): Promise<LinkedDevice> {
  const eas = await recordOf(store, link);
  const unknown = { model: null, type: null, platform: null, easId: link.easId, mailbox: null };
  if (eas === null) return { ...unknown, standing: 'waits', fresh: 'none' };
  const wanted = await freshWanted(store, eas);
  const decided = (await store.devices.decided([eas.key])).get(eas.key);
  const standing = standingOf({
    isBlocked: (await blockOf(store, link)) !== undefined,
    isLetIn: eas.access.state === 'allowed',
    decision: decided?.decision ?? null,
    kind: wanted?.today.kind ?? null,
  });
  const mails = wanted === null ? [] : await store.mails.ofDevice(eas.key);
  return {
    model: eas.device.friendlyName ?? eas.device.model,
    type: eas.device.type,
    platform: recognizeEasClient(eas.device).platform,
    easId: eas.easId,
    mailbox: eas.mailbox.address,
    standing,
    fresh: freshMailOf({ standing, canSend: wanted !== null }, mails, now),
  };
}

/** The device's record of the last reading. Its organization, the ledger knows; of a device that it does not name, the readings. */
async function recordOf(store: Store, link: Pick<KnownToken, 'mailboxId' | 'easId'>): Promise<EasRecord | null> {
  const entry = await blockOf(store, link);
  const organizations =
    entry === undefined ? (await store.snapshots.list('eas')).map(({ scope }) => scope) : [entry.organization];
  for (const organization of organizations) {
    const eas = await store.snapshots.get<EasRecord>(easRecordKey(organization, link.mailboxId, link.easId));
    if (eas !== null) return eas;
  }
  return null;
}

async function blockOf(store: Store, { mailboxId, easId }: Pick<KnownToken, 'mailboxId' | 'easId'>) {
  const entries = await store.entries.list({ mailboxId });
  return entries.find((entry) => entry.list === 'blocked' && foldEasId(entry.easId) === foldEasId(easId));
}
