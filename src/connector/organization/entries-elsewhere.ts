/**
 * Another configuration of the same Exchange: one that was made anew, or copied by an import, has another id. It takes what was
 * blocked under the old one for an administrator's, and where both are at work, both block and mail.
 * In: what is known of the organizations, the ledger, the last reading, who writes. Out: a line of a report's problems. Changes nothing.
 */
import { OwnedEntries } from '../../access/owned-entries.ts';
import { easRecordKey } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import { sayIn } from '../../model/sayings.ts';
import type { Store } from '../../store/store.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';
import { writtenFor } from '../sync/switch-lease.ts';
import { knownOrganization } from './known-organization.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** Entries that are looked at in one go. */
const PAGE = 500;

/** Mailboxes that are named. */
const NAMED = 5;

/** Devices stay blocked by what the connector wrote under another configuration, or are blocked under both. */
export interface ElsewhereProblem {
  readonly code: 'ERR_ORGANIZATION_TWICE';
  readonly text: string;
}

/*
 *   this switch   one of another configuration   takes entries over   then
 *   writes        writes                         any                  that is said
 *   writes        does not                       yes                  nothing is said
 *   simulates     any                            yes                  nothing is said
 *   otherwise                                                         devices are counted
 */

/*
 *   a device that Exchange blocks by its personal list, and the entry is        then
 *   ours under this configuration, or nobody's                                  nothing is said
 *   ours under another configuration alone, of the same organization            it is counted
 *   … of which nobody says which organization it is, or which is simulated      nothing is said: it may be another one
 */

/** Null: there is nothing to say. */
export async function elsewhereProblem(
  store: Pick<Store, 'settings' | 'snapshots' | 'entries' | 'leases'>,
  organization: string,
  { writes, adoptEntries }: { readonly writes: boolean; readonly adoptEntries: boolean },
): Promise<ElsewhereProblem | null> {
  const others = await othersOf(store, organization);
  const working = writes ? await writtenFor(store, others) : [];
  if (working.length > 0)
    return { code: 'ERR_ORGANIZATION_TWICE', text: say('works-elsewhere', { ids: working.join(', ') }) };
  return adoptEntries ? null : entriesElsewhere(store, organization, others);
}

async function entriesElsewhere(
  store: Pick<Store, 'snapshots' | 'entries'>,
  organization: string,
  others: readonly string[],
): Promise<ElsewhereProblem | null> {
  const owners: string[] = [];
  let count = 0;
  for (const other of others) {
    const entries = await store.entries.list({ organization: other });
    const blocks = entries.filter(({ list, state }) => list === 'blocked' && state === 'owned');
    for (let start = 0; start < blocks.length; start += PAGE) {
      const here = blocks.slice(start, start + PAGE).map((entry) => ({ ...entry, organization }));
      const keys = here.map(({ mailboxId, easId }) => easRecordKey(organization, mailboxId, easId));
      const records = await store.snapshots.getMany<EasRecord>(keys);
      const own = new OwnedEntries(await store.entries.forDevices(here)).blocked();
      const stays = [...records.values()].filter(({ key, access }) => access.listed === 'blocked' && !own.has(key));
      count += stays.length;
      owners.push(...stays.slice(0, NAMED).map(({ mailbox }) => mailbox.address ?? mailbox.id));
    }
  }
  if (count === 0) return null;
  const examples = owners.sort().slice(0, NAMED).join(', ');
  return {
    code: 'ERR_ORGANIZATION_TWICE',
    text: say('entries-elsewhere', { count, ids: others.join(', '), examples }),
  };
}

/** Other configurations that reach the same organization, or did when they were read last. */
async function othersOf(store: Pick<Store, 'settings' | 'snapshots'>, organization: string): Promise<string[]> {
  const known = await knownOrganization(store, organization);
  if (known === null || known.id === null || known.kind === 'simulated') return [];
  const found: string[] = [];
  for (const { scope } of await store.snapshots.list('eas')) {
    if (scope === organization) continue;
    const other = await knownOrganization(store, scope);
    if (other?.id === known.id && other.kind === known.kind) found.push(scope);
  }
  return found;
}
