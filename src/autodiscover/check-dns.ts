/** DNS: does autodiscover.<domain> exist, for those inside and those outside? The missing internal record is the classic. */
import { randomBytes } from 'node:crypto';
import { group, step, type CheckContext } from './context.ts';
import { nameVerdict, type NameVerdict, type Reason } from './name-answer.ts';
import { judged, seen, type AutodiscoverStep, type Finding } from './report.ts';
import type { NameServer } from './resolvers.ts';
import { isPrivateAddress } from './target-address.ts';
import { given, said, type Value } from './words/say.ts';

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
  const dns = await step(ctx, 'dns', said('ask.dns', { name }), async () => {
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
    const inside = describe(outcome.internal);
    const views =
      ctx.external.length === 0
        ? said('dns.inside', { name, inside })
        : said('dns.views', { name, inside, outside: describe(outcome.external) });
    return group(views, steps);
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

function describe(verdicts: readonly NameVerdict[]): Value {
  const addresses = addressesOf(verdicts);
  if (addresses.length > 0) return addresses;
  const kinds = new Set(verdicts.map(({ kind }) => kind).filter((kind) => kind !== 'found'));
  return kinds.size === 0 ? said('dns.kind.not-asked') : [...kinds].map((kind) => said(`dns.kind.${kind}`));
}

async function askOne(
  ctx: CheckContext,
  view: View,
  server: NameServer,
  name: string,
): Promise<{ verdict: NameVerdict; step: AutodiscoverStep }> {
  let verdict: NameVerdict = { kind: 'unknown', reason: said('dns.reason.not-asked') };
  const title =
    server.server === 'system' ? said('ask.dns.system') : said(`ask.dns.${view}`, { server: server.server });
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
      const { addresses, alias } = verdict;
      if (alias === null) return seen('ok', said('dns.found', { addresses }));
      const what = said('dns.found.alias', { addresses, alias: given(alias) });
      return /(^|\.)outlook\.com$/i.test(alias) ? judged('dns.cloud', what, { d, t: alias }) : seen('ok', what);
    }
    case 'missing':
      return judged(
        at.view === 'internal' ? 'dns.internal.missing' : 'dns.external.missing',
        said('dns.missing', { name: at.name }),
        { d },
      );
    case 'nodata':
      return judged('dns.nodata', said('dns.nodata', { name: at.name }), { d });
    case 'dangling':
      return judged('dns.dangling', said('dns.dangling', { name: at.name, target: given(verdict.target) }), {
        d,
        t: verdict.target,
      });
    default:
      return judgeSilence(at.server, verdict.reason);
  }
}

function judgeSilence(server: string, reason: Reason): Finding {
  return server === 'system'
    ? judged('dns.resolver', said('dns.failed.system', { reason }), { ip: said('dns.of-host') })
    : judged('dns.resolver', said('dns.failed', { server, reason }), { ip: server });
}

function compareViews(
  ctx: CheckContext,
  internal: readonly NameVerdict[],
  external: readonly NameVerdict[],
): Promise<AutodiscoverStep> {
  return step(ctx, 'dns.split', said('ask.dns.split'), () => {
    const inside = addressesOf(internal);
    const outside = addressesOf(external);
    if (inside.length === 0 || outside.length === 0) return seen('skipped', said('dns.one-view'));
    const same = inside.every((address) => outside.includes(address));
    if (!same) return judged('dns.split', said('dns.split', { inside, outside }));
    const isPublic = inside.some((address) => !isPrivateAddress(address));
    return seen('ok', said(isPublic ? 'dns.hairpin' : 'dns.same', { addresses: inside }));
  });
}

/** A random name that gets the same answer: the record is a wildcard's, and may lead to a web server. */
function probeWildcard(
  ctx: CheckContext,
  addresses: readonly string[],
  outcome: { wildcard: boolean },
): Promise<AutodiscoverStep> {
  const random = `x${randomBytes(8).toString('hex')}.${ctx.domain}`;
  return step(ctx, 'dns.wildcard', said('ask.dns.wildcard', { domain: ctx.domain }), async () => {
    const verdicts = (await Promise.all(ctx.internal.map((server) => server.ask(random)))).map(nameVerdict);
    outcome.wildcard = addressesOf(verdicts).some((address) => addresses.includes(address));
    return seen('ok', said(outcome.wildcard ? 'dns.wildcard' : 'dns.no-wildcard'));
  });
}
