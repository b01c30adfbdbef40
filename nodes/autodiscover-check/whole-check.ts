/** Which domains a check is of, and the directory it asks: what the dialog's fields about the whole organization mean. */
import { checkAutodiscover, type AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { checkDomains, type DomainList } from '../../src/autodiscover/check-domains.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import type { ScpOptions } from '../../src/autodiscover/scp-directory.ts';
import { asConnectorError, throwIfAborted } from '../../src/errors.ts';
import { connectionOf } from '../connections.ts';
import type { Definition, RED } from '../red.ts';
import { listOf, textOf } from '../red.ts';

/** The node as it stands in a flow, or in its dialog. */
export interface CheckNode {
  readonly RED: RED;
  readonly definition: Definition;
  readonly credentials: Readonly<Record<string, string | undefined>>;
}

/**
 * Checks one domain, or all of them in one report.
 *
 * | the message names a domain or address | "More domains" or "Domains from" | checked                                        |
 * |---------------------------------------|----------------------------------|------------------------------------------------|
 * | yes                                   | any                              | that one                                       |
 * | no                                    | empty                            | that of the dialog or the account              |
 * | no                                    | set                              | that one, the listed ones, and those of Exchange |
 */
export async function runCheck(
  { RED, definition, credentials }: CheckNode,
  options: AutodiscoverCheckOptions,
  { named }: { readonly named: boolean },
): Promise<AutodiscoverReport> {
  const scp = directoryOf(definition, credentials);
  const all = { ...options, ...(scp === null ? {} : { scp }) };
  const listed = listOf(definition, 'domains');
  const asked = textOf(definition, 'exchange') !== '';
  if (named || (listed.length === 0 && !asked)) return checkAutodiscover(all);
  const fromExchange = asked ? await readDomains(RED, definition, options.signal) : { accepted: null };
  const domains: DomainList = { listed, ...fromExchange };
  const main = options.domain || options.address ? {} : firstOf(domains);
  return checkDomains({ ...all, ...main, domains });
}

function firstOf({ listed, accepted }: DomainList): { domain?: string } {
  const own = (accepted ?? []).filter(({ type, name }) => type === 'Authoritative' && !name.startsWith('*'));
  const domain = listed[0] ?? own[0]?.name;
  return domain === undefined ? {} : { domain };
}

/** What Exchange says. That it says nothing is part of the report, and no reason to check nothing. */
async function readDomains(
  RED: RED,
  definition: Definition,
  signal: AbortSignal | undefined,
): Promise<Pick<DomainList, 'accepted' | 'refused'>> {
  const { port } = connectionOf(RED, definition, 'exchange', 'exchange-server');
  const stop = signal ?? new AbortController().signal;
  try {
    const found = [];
    for await (const one of port.acceptedDomains?.({ signal: stop }) ?? []) found.push(one);
    // The default domain first: where nothing else is set, it is the main one.
    return { accepted: found.sort((a, b) => Number(b.isDefault) - Number(a.isDefault)) };
  } catch (error) {
    throwIfAborted(signal);
    const { code, message } = asConnectorError(error);
    return { accepted: null, refused: { code, message } };
  }
}

function directoryOf(definition: Definition, credentials: CheckNode['credentials']): ScpOptions | null {
  const url = textOf(definition, 'ldapUrl');
  if (url === '') return null;
  const site = textOf(definition, 'site');
  return {
    url,
    username: credentials['ldapUser'] ?? '',
    password: credentials['ldapPassword'] ?? '',
    ...(site === '' ? {} : { site }),
  };
}
