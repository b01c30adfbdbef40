/** One check as a node asks for it, or as its dialog does: its settings, its account, and what a message may name. */
import type { AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { asciiDomain } from '../../src/autodiscover/domain.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import { simulatedReport } from '../../src/autodiscover/simulated-report.ts';
import { connectionOf, type MailConnection } from '../connections.ts';
import type { Definition, Properties } from '../red.ts';
import { flagOf, listOf, textOf } from '../red.ts';
import { runCheck, type CheckNode } from './whole-check.ts';

/** What a check is given beside its settings. */
interface Beside extends Pick<AutodiscoverCheckOptions, 'signal' | 'onStep'> {
  /** Whether the account signs in there; default: yes. */
  readonly mayUse?: (target: Target, account: string) => boolean;
}

/** What is checked. */
export interface Target {
  readonly domain?: string;
  readonly address?: string;
}

/** Runs the check; `msg` may name another domain or address, and nothing else. */
export async function askedCheck(
  checkNode: CheckNode,
  msg: Properties,
  { mayUse = () => true, ...beside }: Beside,
): Promise<AutodiscoverReport> {
  const { RED, definition } = checkNode;
  const account =
    textOf(definition, 'account') === '' ? null : connectionOf(RED, definition, 'account', 'mail-account');
  const target = targetOf(definition, msg, account?.address ?? null);
  const isAlone = ['domains', 'exchange', 'ldapUrl'].every((property) => textOf(definition, property) === '');
  if (isAlone && account?.transport === 'simulated' && isDomainOf(account.address, target))
    return simulatedReport({ address: account.address, at: Date.now() });
  const internalResolvers = listOf(definition, 'internalResolvers');
  const options: AutodiscoverCheckOptions = {
    ...(account !== null && maySignIn(definition, target, account.address) && mayUse(target, account.address)
      ? signInOf(definition, account)
      : {}),
    ...target,
    internalResolvers,
    externalResolvers: listOf(definition, 'externalResolvers'),
    allowedRedirects: listOf(definition, 'allowedRedirects'),
    ...(account?.ca === undefined ? {} : { tls: { ca: account.ca } }),
    // Who asks a DNS server on this very host means this host: a lab, or a resolver that forwards.
    allowLoopback: internalResolvers.length > 0 && internalResolvers.every((server) => /^(127\.|\[?::1)/.test(server)),
    ...beside,
  };
  return runCheck(checkNode, options, { named: namedIn(msg) !== '' });
}

/** What a message names, as one text; empty: it asks for what the node is set to. */
export function namedIn(msg: Properties): string {
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim().toLowerCase() : '');
  return [text(msg['domain']), text(msg['address'])].join(' ').trim();
}

/** `msg.domain` and `msg.address` may name what is checked; never resolvers, redirects or credentials. */
function targetOf(definition: Definition, msg: Properties, account: string | null): Target {
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
  const address = text(msg['address']) || (text(msg['domain']) === '' ? textOf(definition, 'address') : '');
  const domain = text(msg['domain']) || (text(msg['address']) === '' ? textOf(definition, 'domain') : '');
  if (address !== '') return { address, ...(domain === '' ? {} : { domain }) };
  return domain === '' && account !== null ? { address: account } : { domain };
}

/** The account signs in at domains that an administrator chose. A message names what is checked, not who gets a password. */
function maySignIn(definition: Definition, target: Target, account: string): boolean {
  return [account, textOf(definition, 'domain'), textOf(definition, 'address')].some((one) => isDomainOf(one, target));
}

/** True if what is checked is the domain of an address, or a domain itself. */
export function isDomainOf(one: string, { domain, address }: Target): boolean {
  const domainOf = (text: string): string => asciiDomain(text.slice(text.lastIndexOf('@') + 1).toLowerCase());
  const wanted = domainOf(domain ?? address ?? '');
  return wanted !== '' && domainOf(one) === wanted;
}

/** What the account brings along, where it may sign in. */
function signInOf(
  definition: Definition,
  { address, credentials, ewsUrl }: MailConnection,
): Partial<AutodiscoverCheckOptions> {
  const signIn = credentials && {
    address,
    credentials: { ...credentials, allowBasic: flagOf(definition, 'allowBasic', false) },
  };
  return { ...signIn, ...(ewsUrl === null ? {} : { ewsUrl }) };
}
