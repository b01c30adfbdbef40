/** DNS: does autodiscover.<domain> exist, for those inside and those outside? The missing internal record is the classic. */
import { randomBytes } from 'node:crypto';
import { group, step, type CheckContext } from './context.ts';
import { nameVerdict, type NameVerdict } from './name-answer.ts';
import { judged, seen, type AutodiscoverStep, type Finding } from './report.ts';
import type { NameServer } from './resolvers.ts';
import { isPrivateAddress } from './target-address.ts';

/** What DNS says about `autodiscover.<domain>`. */
export interface DnsOutcome {
  readonly step: AutodiscoverStep;
  /** Addresses that the internal servers give; empty if none. */
  readonly addresses: readonly string[];
  readonly externalAddresses: readonly string[];
  /** The name exists through a wildcard only. */
  readonly wildcard: boolean;
}

type View = 'internal' | 'external';

/** Asks every configured server. */
export async function checkDns(ctx: CheckContext): Promise<DnsOutcome> {
  const name = `autodiscover.${ctx.domain}`;
  const outcome = { internal: [] as NameVerdict[], external: [] as NameVerdict[], wildcard: false };
  const dns = await step(ctx, 'dns', `Look up ${name}`, async () => {
    const servers = [
      ...ctx.internal.map((server) => ['internal', server] as const),
      ...ctx.external.map((server) => ['external', server] as const),
    ];
    const steps = await Promise.all(
      servers.map(([view, server]) =>
        askOne(ctx, view, server, name).then(({ verdict, step }) => (outcome[view].push(verdict), step)),
      ),
    );
    steps.push(await compareViews(ctx, outcome.internal, outcome.external));
    if (addressesOf(outcome.internal).length > 0)
      steps.push(await probeWildcard(ctx, addressesOf(outcome.internal), outcome));
    return group(
      `${name}: ${describe(outcome.internal)} inside${ctx.external.length > 0 ? `, ${describe(outcome.external)} outside` : ''}.`,
      steps,
    );
  });
  return {
    step: dns,
    addresses: addressesOf(outcome.internal),
    externalAddresses: addressesOf(outcome.external),
    wildcard: outcome.wildcard,
  };
}

function addressesOf(verdicts: readonly NameVerdict[]): string[] {
  return [...new Set(verdicts.flatMap((verdict) => (verdict.kind === 'found' ? verdict.addresses : [])))];
}

function describe(verdicts: readonly NameVerdict[]): string {
  const addresses = addressesOf(verdicts);
  return addresses.length > 0
    ? addresses.join(', ')
    : [...new Set(verdicts.map(({ kind }) => kind))].join(', ') || 'not asked';
}

async function askOne(
  ctx: CheckContext,
  view: View,
  server: NameServer,
  name: string,
): Promise<{ verdict: NameVerdict; step: AutodiscoverStep }> {
  let verdict: NameVerdict = { kind: 'unknown', reason: 'not asked' };
  const title =
    server.server === 'system' ? "Ask this host's own DNS servers" : `Ask the ${view} DNS server ${server.server}`;
  const asked = await step(ctx, `dns.${view}.${server.server}`, title, async () => {
    verdict = nameVerdict(await server.ask(name));
    return judgeName(verdict, { view, name, server: server.server, domain: ctx.domain });
  });
  return { verdict, step: asked };
}

/** Turns what one server said into a finding (reference table: internal and external view of the name). */
export function judgeName(
  verdict: NameVerdict,
  at: { view: View; name: string; server: string; domain: string },
): Finding {
  const d = at.domain;
  switch (verdict.kind) {
    case 'found': {
      const text = `${verdict.addresses.join(', ')}${verdict.alias === null ? '' : ` (alias of ${verdict.alias})`}.`;
      const cloud = verdict.alias !== null && /(^|\.)outlook\.com$/i.test(verdict.alias);
      return cloud ? judged('dns.cloud', text, { d, t: verdict.alias ?? '' }) : seen('ok', text);
    }
    case 'missing':
      return judged(
        at.view === 'internal' ? 'dns.internal.missing' : 'dns.external.missing',
        `${at.name} does not exist.`,
        { d },
      );
    case 'nodata':
      return judged('dns.nodata', `${at.name} exists, but has no address record.`, { d });
    case 'dangling':
      return judged('dns.dangling', `${at.name} is an alias of ${verdict.target}, which has no address.`, {
        d,
        t: verdict.target,
      });
    default:
      return judged('dns.resolver', `${at.server}: ${verdict.reason}.`, { ip: at.server });
  }
}

function compareViews(
  ctx: CheckContext,
  internal: readonly NameVerdict[],
  external: readonly NameVerdict[],
): Promise<AutodiscoverStep> {
  return step(ctx, 'dns.split', 'Compare the internal with the external view', () => {
    const inside = addressesOf(internal);
    const outside = addressesOf(external);
    if (inside.length === 0 || outside.length === 0) return seen('skipped', 'Only one view has addresses.');
    const same = inside.every((address) => outside.includes(address));
    if (!same)
      return judged('dns.split', `Internal ${inside.join(', ')}, external ${outside.join(', ')}: normal split DNS.`);
    const text = `Both give ${inside.join(', ')}.`;
    return inside.some((address) => !isPrivateAddress(address))
      ? seen('ok', `${text} From inside this works only if the firewall turns it back (hairpin).`)
      : seen('ok', text);
  });
}

/** A random name that gets the same answer: the record is a wildcard's, and may lead to a web server. */
function probeWildcard(
  ctx: CheckContext,
  addresses: readonly string[],
  outcome: { wildcard: boolean },
): Promise<AutodiscoverStep> {
  const random = `x${randomBytes(8).toString('hex')}.${ctx.domain}`;
  return step(ctx, 'dns.wildcard', `Look up a name that cannot exist below ${ctx.domain}`, async () => {
    const verdicts = (await Promise.all(ctx.internal.map((server) => server.ask(random)))).map(nameVerdict);
    outcome.wildcard = addressesOf(verdicts).some((address) => addresses.includes(address));
    return outcome.wildcard
      ? seen('ok', 'A wildcard answers for every name, with the same address.')
      : seen('ok', 'No wildcard answers in its place.');
  });
}
