import type { AutodiscoverCheckOptions } from '../../src/autodiscover/check-autodiscover.ts';
import { asciiDomain } from '../../src/autodiscover/domain.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import { connectionOf, type MailConnection } from '../connections.ts';
import type { Handler, Outcome } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { Definition, Msg, RED } from '../red.ts';
import { flagOf, listOf, registerNode, textOf } from '../red.ts';
import { runCheck } from './whole-check.ts';

/** Checks from where Node-RED stands whether Autodiscover works for a mail domain, and says what to fix. */
export default function autodiscoverCheck(RED: RED): void {
  registerNode(
    RED,
    'autodiscover-check',
    (node, definition) => {
      const check: Handler = async (msg, run) => {
        run.progress('checking');
        const account =
          textOf(definition, 'account') === '' ? null : connectionOf(RED, definition, 'account', 'mail-account');
        const target = targetOf(definition, msg, account?.address ?? null);
        const internalResolvers = listOf(definition, 'internalResolvers');
        const options: AutodiscoverCheckOptions = {
          ...(account !== null && maySignIn(definition, target, account.address) ? signInOf(definition, account) : {}),
          ...target,
          internalResolvers,
          externalResolvers: listOf(definition, 'externalResolvers'),
          allowedRedirects: listOf(definition, 'allowedRedirects'),
          ...(account?.ca === undefined ? {} : { tls: { ca: account.ca } }),
          // Who asks a DNS server on this very host means this host: a lab, or a resolver that forwards.
          allowLoopback:
            internalResolvers.length > 0 && internalResolvers.every((server) => /^(127\.|\[?::1)/.test(server)),
          signal: run.signal,
        };
        const report = await runCheck({ RED, node, definition }, options, { named: namesTarget(msg) });
        const answer = { ...msg, topic: 'autodiscover', payload: report } as Msg;
        run.send(works(report) ? [answer, null] : [null, answer]);
        return outcomeOf(report);
      };
      onInput(RED, node, 'coalesce', check, (waiting, newer) => (askTheSame(waiting, newer) ? newer : null));
    },
    { ldapUser: { type: 'text' }, ldapPassword: { type: 'password' } },
  );
}

/** A message that names what is checked asks for that alone. */
function namesTarget(msg: Msg): boolean {
  return [msg['domain'], msg['address']].some((value) => typeof value === 'string' && value.trim() !== '');
}

/** `msg.domain` and `msg.address` may name what is checked; never resolvers, redirects or credentials. */
function targetOf(definition: Definition, msg: Msg, account: string | null): { domain?: string; address?: string } {
  const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
  const address = text(msg['address']) || (text(msg['domain']) === '' ? textOf(definition, 'address') : '');
  const domain = text(msg['domain']) || (text(msg['address']) === '' ? textOf(definition, 'domain') : '');
  if (address !== '') return { address, ...(domain === '' ? {} : { domain }) };
  return domain === '' && account !== null ? { address: account } : { domain };
}

/** The account signs in at domains that an administrator chose. A message names what is checked, not who gets a password. */
function maySignIn(definition: Definition, target: { domain?: string; address?: string }, account: string): boolean {
  const domainOf = (text: string): string => asciiDomain(text.slice(text.lastIndexOf('@') + 1).toLowerCase());
  const chosen = [account, textOf(definition, 'domain'), textOf(definition, 'address')].map(domainOf);
  const wanted = domainOf(target.domain ?? target.address ?? '');
  return wanted !== '' && chosen.includes(wanted);
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

/** Two starts about one domain are one check; about two domains they are two. */
function askTheSame(one: Msg, other: Msg): boolean {
  return one['domain'] === other['domain'] && one['address'] === other['address'];
}

/** What leaves by the first output: clients find their way, whatever there is to look at. */
function works({ overall }: AutodiscoverReport): boolean {
  return overall === 'healthy' || overall === 'warning';
}

const FILLS = { healthy: 'green', warning: 'yellow', broken: 'red', unknown: 'yellow' } as const;

function outcomeOf({ overall, verdict }: AutodiscoverReport): Outcome {
  // A dot leads down in a catalogue.
  const key = overall === 'healthy' || verdict === undefined ? overall : `verdict.${verdict.replaceAll('.', '-')}`;
  return { fill: FILLS[overall], key };
}
