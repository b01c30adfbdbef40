/**
 * Which organization an Exchange server configuration reaches, as it is kept beside the configuration's id.
 * In: what answers. Out: a refusal, if that is another one than is known. Changes: what is known, and the mark that another one
 * answers.
 */
import { judgeOrganization } from '../../access/same-organization.ts';
import type { KnownOrganization } from '../../access/same-organization.ts';
import { ConnectorError, isConnectorError } from '../../errors.ts';
import type { OrganizationIdentity } from '../../model/organization-identity.ts';
import type { Json, Store } from '../../store/store.ts';
import type { Clock, ExchangePort, Stoppable } from '../ports.ts';
import { refusal, refused } from '../../model/refusals.ts';
import type { Said } from '../../model/say.ts';

/** What asking takes. */
export interface AskingOrganization extends Stoppable {
  readonly store: Pick<Store, 'settings'>;
  readonly exchange: Pick<ExchangePort, 'organization' | 'kind' | 'whichOrganization'>;
  readonly now: Clock;
  /** Told, once a process and organization, that Exchange does not say which organization it is. */
  readonly onWarning?: (text: string) => void;
}

/** Organizations of which nobody says which they are, and of which that was told. */
const warned = new Set<string>();

/** Name of the setting. */
export function organizationSetting(organization: string): string {
  return `organization.${organization}`;
}

/** Null: nothing is known yet. */
export async function knownOrganization(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
): Promise<KnownOrganization | null> {
  return (await settings.get(organizationSetting(organization))) as KnownOrganization | null;
}

/** Throws ERR_ORGANIZATION_CHANGED while another organization is known to answer. Asks nobody. */
export async function refuseChanged(store: Pick<Store, 'settings'>, organization: string): Promise<void> {
  const known = await knownOrganization(store, organization);
  if (known !== null) refuse(organization, known);
}

/** That another organization answers, as a problem of a report. */
export interface ChangedProblem {
  readonly code: 'ERR_ORGANIZATION_CHANGED';
  readonly text: string;
}

/** Null: none is known to. */
export async function changedProblem(
  store: Pick<Store, 'settings'>,
  organization: string,
): Promise<ChangedProblem | null> {
  try {
    await refuseChanged(store, organization);
    return null;
  } catch (error) {
    if (!isConnectorError(error, 'ERR_ORGANIZATION_CHANGED')) throw error;
    return { code: 'ERR_ORGANIZATION_CHANGED', text: error.message };
  }
}

/**
 * Takes what answers for the organization, if none is known; else compares. Throws ERR_ORGANIZATION_CHANGED.
 * @param answers what is known of it by now; an id of null is nobody's word
 */
export async function compareOrganization(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  answers: OrganizationIdentity,
  now: Clock,
): Promise<void> {
  const at = new Date(now()).toISOString();
  const before = await knownOrganization({ settings }, organization);
  let known = judgeOrganization(before, answers, at);
  // Hardly ever is there anything to keep: each of a million writes asks.
  if (known !== before)
    await settings.edit(organizationSetting(organization), (kept) => {
      known = judgeOrganization(kept as KnownOrganization | null, answers, at);
      return known === (kept as unknown) ? kept : (known as unknown as Json);
    });
  refuse(organization, known);
}

/**
 * Asks Exchange which organization it is, once a connection and address, and compares.
 * @throws ERR_ORGANIZATION_CHANGED, and as the port does
 */
export async function askOrganization(parts: AskingOrganization): Promise<void> {
  const { onWarning } = parts;
  const { organization } = parts.exchange;
  const answers = await answersOf(parts);
  await compareAnswers(parts, organization, answers);
  if (answers === null || answers.id !== null || onWarning === undefined || warned.has(organization)) return;
  warned.add(organization);
  onWarning(
    'Exchange does not say which organization it is: if the server configuration is pointed at another one, nobody notices. Give the account the cmdlet Get-OrganizationConfig (role "View-Only Configuration").',
  );
}

/**
 * As {@link askOrganization}, where it is somebody else's to find out that Exchange does not answer: then what was known last
 * counts. Throws ERR_ORGANIZATION_CHANGED, ERR_STORE_….
 */
export async function refuseOther(parts: AskingOrganization): Promise<void> {
  const { exchange, signal } = parts;
  let answers: OrganizationIdentity | null = null;
  try {
    answers = await answersOf(parts);
  } catch {
    signal.throwIfAborted();
  }
  await compareAnswers(parts, exchange.organization, answers);
}

/** Exchange as one organization: nothing is read for a write, or written, before it is known to be the right one. */
export function asKnown<
  T extends Pick<ExchangePort, 'organization' | 'kind' | 'whichOrganization' | 'readLists' | 'write'>,
>(exchange: T, parts: Omit<AskingOrganization, 'exchange'>): T {
  let last: OrganizationIdentity | null = null;
  const ask = async (): Promise<void> => {
    const answers = await answersOf({ ...parts, exchange });
    // The same answer as before, not asked for again.
    if (answers !== null && answers === last) return;
    await compareAnswers(parts, exchange.organization, answers);
    last = answers;
  };
  return {
    ...exchange,
    readLists: async (...call) => {
      await ask();
      return exchange.readLists(...call);
    },
    write: async (...call) => {
      await ask();
      await exchange.write(...call);
    },
  };
}

/** @param answers null: nobody could be asked, and what was known last counts */
function compareAnswers(
  { store, now }: Pick<AskingOrganization, 'store' | 'now'>,
  organization: string,
  answers: OrganizationIdentity | null,
): Promise<void> {
  return answers === null ? refuseChanged(store, organization) : compareOrganization(store, organization, answers, now);
}

/*
 *   Exchange             known before   answers
 *   answers              anything       what it says
 *   does not say         anything       its kind alone
 *   fails the cmdlet     which it is    nothing: the call fails, as the cmdlet has worked before
 *   fails the cmdlet     not            its kind alone, as if it did not say: what works without it goes on
 *   cannot be reached    anything       nothing: the call fails
 */

/** Null: nobody can be asked. Rejects as the port does. */
async function answersOf({
  store,
  exchange,
  signal,
}: Pick<AskingOrganization, 'store' | 'exchange' | 'signal'>): Promise<OrganizationIdentity | null> {
  try {
    return (await exchange.whichOrganization?.({ signal })) ?? null;
  } catch (error) {
    const { organization, kind } = exchange;
    if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET') || kind === undefined) throw error;
    const known = await knownOrganization(store, organization);
    if (known !== null && known.id !== null) throw error;
    return { kind, id: null, name: null };
  }
}

/** Throws ERR_ORGANIZATION_CHANGED if another one answered last. */
function refuse(organization: string, known: KnownOrganization): void {
  const { found } = known;
  if (found === null) return;
  throw new ConnectorError(
    'ERR_ORGANIZATION_CHANGED',
    refusal('other-organization', {
      server: organization,
      known: wordsOf(known),
      found: wordsOf(found),
      time: found.at,
    }),
    {
      details: {
        organization,
        known: known.id,
        knownKind: known.kind,
        found: found.id,
        foundKind: found.kind,
      },
    },
  );
}

function wordsOf({ kind, id, name }: OrganizationIdentity): Said {
  if (id === null && name === null) return refused('organization.kind', { kind });
  return refused('organization', {
    name: name ?? refused('an-organization'),
    kind,
    id: id ?? refused('no-id'),
  });
}
