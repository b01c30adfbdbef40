/**
 * An Exchange server configuration reaches another organization from now on, and a person says that this is meant.
 * In: the configuration's id, who says so. Out: nothing. Changes: the readings of the old one, what was planned and waits, what
 * MDM readings were measured by, what was known of its devices, and which organization it was; the audit. Ledger and audit stay.
 */
import { ConnectorError } from '../../errors.ts';
import type { ForgottenOrganization, Store, StoreParts } from '../../store/store.ts';
import { editMailWait } from '../mails/mail-wait.ts';
import type { Clock } from '../ports.ts';
import { knownOrganization, organizationSetting } from './known-organization.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** Who stands in the audit when a message does not say. */
const NOBODY_NAMED = 'control message';

/** Mails that are looked at in one go. */
const PAGE = 500;

/*
 *   of the organization                                            forget
 *   last readings, and those under way                             drops
 *   plans, held, staged or on their way; changes that wait         drops: a change that was cut off is found in the ledger
 *   what the switch owes the flow; requests of other instances     drops
 *   mails that wait about its devices                              gives up: nobody would let these users in any more
 *   mails that are being sent                                      leaves
 *   exemptions                                                     drops: they name its mailboxes
 *   baselines, groups, gentle start, what was decided and merged   drops: the next full reading is a first one
 *   which organization it is, and the mark of another one          drops: the next one that answers is known
 *   ledger, audit, history, timeline, pairings, links              leaves
 *
 * One transaction: cut off, nothing has happened, and a second one finds nothing to drop.
 */

/**
 * Lets go of an organization.
 * @throws ConnectorError ERR_INPUT_INVALID for one of which the store knows nothing
 */
export async function forgetOrganization({
  store,
  organization,
  by,
  now,
}: {
  readonly store: Store;
  readonly organization: string;
  /** Who says so; null: it was not said. */
  readonly by: string | null;
  readonly now: Clock;
}): Promise<void> {
  const known = await knownOrganization(store, organization);
  await refuseUnknown(store, organization);
  await store.snapshots.forget('eas', organization, async (parts) => {
    const gone = await parts.organizations.forget(organization, [organizationSetting(organization)]);
    await editMailWait(parts, organization, () => null);
    const mails = await giveMailsUp(parts, organization);
    await parts.touched.addEverything(organization);
    await parts.audit.append([
      {
        at: new Date(now()).toISOString(),
        who: by ?? NOBODY_NAMED,
        what: 'forget',
        deviceKey: null,
        organization,
        rule: null,
        reason: organization,
        evidence: evidenceOf(gone, mails),
        before: known === null ? null : { ...known, found: null },
        after: known?.found ? { ...known.found } : null,
        approvedBy: null,
      },
    ]);
  });
  await store.plans.clear();
}

function evidenceOf({ waiting, plans, news }: ForgottenOrganization, mails: number): string[] {
  return [say('evidence.dropped', { count: waiting, count2: plans, count3: news, count4: mails })];
}

async function refuseUnknown(store: Store, organization: string): Promise<void> {
  const read = (await store.snapshots.list('eas')).map(({ scope }) => scope);
  if (read.includes(organization)) return;
  if ((await knownOrganization(store, organization)) !== null || (await store.organizations.has(organization))) return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    `A forget message names the id of an Exchange server in payload.organization. Known: ${read.join(', ') || 'none'}.`,
  );
}

/** Mails that wait and are about devices of the organization alone never go out. @returns how many */
async function giveMailsUp({ mails }: Pick<StoreParts, 'mails'>, organization: string): Promise<number> {
  const waiting = await mails.list({ states: ['waiting', 'attention'] });
  let count = 0;
  for (let start = 0; start < waiting.length; start += PAGE) {
    const ids = waiting.slice(start, start + PAGE).map(({ id }) => id);
    for (const [id, devices] of await mails.devicesOf(ids)) {
      const isOwn = ({ deviceKey }: (typeof devices)[number]): boolean => deviceKey.startsWith(`eas:${organization}:`);
      if (devices.length === 0 || !devices.every(isOwn)) continue;
      await mails.giveUp(id, 'Its organization was forgotten.');
      count += 1;
    }
  }
  return count;
}
