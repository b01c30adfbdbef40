/** The steps that ask an open session about itself. */
import { isConnectorError } from '../../errors.ts';
import { getCommand } from '../cmdlets/get-command.ts';
import type { Filter } from '../cmdlets/filter.ts';
import { getOrganizationConfig } from '../cmdlets/get-organization-config.ts';
import { getServerSettings } from '../cmdlets/get-server-settings.ts';
import type { ServerSettings } from '../cmdlets/get-server-settings.ts';
import type { ForestView } from '../../model/forest-view.ts';
import { getThrottlingPolicies, getThrottlingPolicyOf } from '../cmdlets/get-throttling-policy.ts';
import { getUser } from '../cmdlets/get-user.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { judgeClock } from '../../model/judge-clock.ts';
import { judgeRights } from './judge-rights.ts';
import { judgeThrottling, limitsOf } from './judge-throttling.ts';
import { NEEDED_RIGHTS } from './needed-rights.ts';
import { given } from '../../model/say.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

/** Which organization it is. Throws what the transport throws. */
export async function askOrganization(exchange: CmdletTransport, signal: AbortSignal | undefined): Promise<Finding> {
  const found = await getOrganizationConfig(exchange, within(signal));
  const { name = null, guid = null } = found ?? {};
  const seen = said('organization', {
    name: name === null ? said('organization.no-name') : given(name),
    guid: guid ?? said('organization.no-guid'),
  });
  return { verdict: guid === null ? 'organization.untold' : 'organization.named', seen };
}

/** Which domains a session sees. Throws what the transport throws, unless the session has told by what it took. */
export async function askScope(exchange: CmdletTransport, signal: AbortSignal | undefined): Promise<Finding> {
  try {
    return judgeScope(await getServerSettings(exchange, within(signal)), exchange.view ?? null);
  } catch (error) {
    if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN') || (exchange.view ?? null) === null) throw error;
    return judgeScope(null, exchange.view ?? null);
  }
}

/**
 * | ViewEntireForest of Get-ADServerSettings | to see all was | verdict       |
 * |------------------------------------------|----------------|---------------|
 * | true                                     | any            | scope.forest  |
 * | false                                    | refused        | scope.refused |
 * | false                                    | any else       | scope.domain  |
 * | not told                                 | taken          | scope.forest  |
 * | not told                                 | refused        | scope.refused |
 * | not told                                 | any else       | scope.untold  |
 */
export function judgeScope(settings: ServerSettings | null, view: ForestView | null): Finding {
  const told = settings?.viewEntireForest ?? null;
  if (told ?? view === 'forest') return { verdict: 'scope.forest', seen: said('scope.forest') };
  if (told === null && view !== 'refused') return { verdict: 'scope.untold', seen: said('scope.untold') };
  return {
    verdict: view === 'refused' ? 'scope.refused' : 'scope.domain',
    seen: said('scope.domain', { domain: settings?.root ?? said('scope.own-domain') }),
  };
}

/** Which cmdlets the account has: asked, not tried. Throws what the transport throws. */
export async function askRights(
  exchange: CmdletTransport,
  account: string | null,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const names = NEEDED_RIGHTS.map(({ cmdlet }) => cmdlet);
  return judgeRights(await getCommand(exchange, names, within(signal)), account);
}

/** What the account may ask for in a time. Throws what the transport throws. */
export async function askThrottling(
  exchange: CmdletTransport,
  { account, sessions }: { readonly account: string | null; readonly sessions: number },
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const policies = await getThrottlingPolicies(exchange, within(signal));
  const id = account === null ? null : await idOf(exchange, account, signal);
  const own = id === null ? undefined : await ownPolicy(exchange, id, signal);
  const finding = judgeThrottling(limitsOf(policies, own ?? null), sessions);
  // Whose policy it is cannot be said of somebody who is not known, nor by somebody who may not ask.
  if (own !== undefined) return finding;
  return { ...finding, seen: said('both', { first: finding.seen, second: said('throttling.own-unknown') }) };
}

/** The name of an account's policy; null: it has none of its own; undefined: the account may not ask. */
async function ownPolicy(
  exchange: CmdletTransport,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string | null | undefined> {
  try {
    return await getThrottlingPolicyOf(exchange, id, within(signal));
  } catch (error) {
    if (isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN')) return undefined;
    throw error;
  }
}

/** GUID of the user who signs in; null: it was not found, or the account may not ask. */
async function idOf(
  exchange: CmdletTransport,
  account: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const name = account.slice(account.lastIndexOf('\\') + 1);
  const property = name.includes('@') ? 'UserPrincipalName' : 'SamAccountName';
  const filter: Filter = { property, operator: 'eq', value: name };
  try {
    for await (const user of getUser(exchange, { filter, resultSize: 2 }, within(signal))) return user.id;
  } catch (error) {
    if (isConnectorError(error, 'ERR_ABORTED')) throw error;
  }
  return null;
}

/** How far the clocks are apart, by the answers so far. */
export function askClock({ clock }: CmdletTransport): Finding {
  return judgeClock('Exchange', clock?.measured ?? null);
}

function within(signal: AbortSignal | undefined): CmdletOptions {
  return signal === undefined ? {} : { signal };
}
