/** One https address: TCP, TLS and an anonymous request at every address of the name. Nothing secret is sent here. */
import { isIPv6 } from 'node:net';
import { judgeCertificate, type CertificateFacts } from './certificate.ts';
import { group, leaveAlone, resolveInside, step, type CheckContext } from './context.ts';
import { probeHttp, type ProbeAnswer, type ProbeRequest } from './http-probe.ts';
import { judgeAnonymous, type AnonymousVerdict, type Directory } from './http-verdict.ts';
import { POX_CONTENT_TYPE, poxRequest } from './pox.ts';
import { judgeRedirect } from './redirect.ts';
import { judged, seen, worst, type AutodiscoverStep, type Finding } from './report.ts';
import { isBlockedAddress, isPrivateAddress } from './target-address.ts';
import { probeTcp, probeTls, type TcpOutcome, type TlsOutcome } from './tls-probe.ts';
import { quoted, said, type Said, type Value } from './words/say.ts';

/** Where an Autodiscover service was found. */
export interface FoundService {
  readonly url: URL;
  /** The address that answered; later requests go to the same. */
  readonly address: string;
  readonly schemes: readonly string[];
  /** The certificate is valid for the name and trusted here, so credentials may go there. */
  readonly trusted: boolean;
}

export interface EndpointOutcome {
  readonly step: AutodiscoverStep;
  readonly service: FoundService | null;
  /** Something accepted a connection. */
  readonly reachable: boolean;
  /** The server that answered without being Autodiscover. */
  readonly stranger: Value | null;
  /** What the best of the addresses showed; null if none was connected to. */
  readonly sight: Sight | null;
}

/** What one address showed to somebody who does not sign in. */
export interface Sight {
  /** Null: no TLS. */
  readonly certificate: CertificateFacts | null;
  /** Null: not asked, for TLS has to work first. */
  readonly answer: AnonymousVerdict | null;
  readonly schemes: readonly string[];
}

/** What to look at. */
export interface EndpointTarget {
  /** Step id, as `autodiscover`; the children are named after it. */
  readonly id: string;
  /** Null: what is looked at has a title already. */
  readonly title: Said | null;
  readonly url: URL;
  /** What is expected there; default `autodiscover`. */
  readonly directory?: Directory;
  /** Known addresses of the name; looked up when missing. */
  readonly addresses?: readonly string[];
  /** Addresses that the outside gets, to recognize a hairpin. */
  readonly externalAddresses?: readonly string[];
  /** Everything asked before on this way. */
  readonly visited?: readonly string[];
  /** A redirect is said and not followed. */
  readonly stays?: boolean;
}

/** Addresses of one name that are tried. */
const MAX_ADDRESSES = 8;

/** Checks one address from the name to the answer, and follows the redirects that may be followed. */
export async function checkEndpoint(ctx: CheckContext, target: EndpointTarget): Promise<EndpointOutcome> {
  const outcome: { -readonly [key in keyof Omit<EndpointOutcome, 'step'>]: EndpointOutcome[key] } = {
    service: null,
    reachable: false,
    stranger: null,
    sight: null,
  };
  const top = await step(ctx, target.id, target.title, async () => {
    const addresses = target.addresses ?? (await addressesOf(ctx, target.url.hostname));
    if ('status' in addresses) return addresses;
    const blocked = addresses.find((address) => isBlockedAddress(address) && !ctx.allowLoopback);
    if (blocked !== undefined)
      return judged('target.blocked', said('host.blocked', { name: target.url.hostname, address: blocked }), {
        ip: blocked,
      });
    const tcp = await checkTcp(ctx, target, addresses.slice(0, MAX_ADDRESSES));
    outcome.reachable = tcp.open.length > 0;
    if (!outcome.reachable) return group(said('tcp.none', { host: target.url.host }), [tcp.step]);
    const { visits, again } = await visitAll(ctx, target, tcp.open);
    const best = visits.find(({ service }) => service !== null) ?? visits[0];
    if (best === undefined) return group(said('tcp.none', { host: target.url.host }), [tcp.step]);
    outcome.service = best.service;
    outcome.stranger = best.stranger;
    outcome.sight = best.sight;
    const others = await flapping(ctx, target, visits, best);
    return group(said(best.service === null ? 'endpoint.none' : 'endpoint.exchange', { url: target.url.href }), [
      tcp.step,
      ...best.steps,
      ...again,
      ...others,
    ]);
  });
  return { step: top, ...outcome };
}

async function addressesOf(ctx: CheckContext, name: string): Promise<readonly string[] | Finding> {
  const verdict = await resolveInside(ctx, name);
  if (verdict.kind === 'found') return verdict.addresses;
  if (verdict.kind === 'unknown') return seen('unknown', said('host.unknown', { name, reason: verdict.reason }));
  return seen('skipped', said('host.none', { name, kind: said(`dns.kind.${verdict.kind}`) }));
}

function portOf(url: URL): number {
  return Number(url.port || 443);
}

// ── TCP ─────────────────────────────────────────────────────────────────────

async function checkTcp(
  ctx: CheckContext,
  target: EndpointTarget,
  addresses: readonly string[],
): Promise<{ step: AutodiscoverStep; open: readonly string[] }> {
  const port = portOf(target.url);
  const probes = await Promise.all(
    addresses.map(async (address) => ({
      address,
      outcome: await probeTcp({ address, port, name: target.url.hostname }, limits(ctx)),
    })),
  );
  const open = probes.filter(({ outcome }) => outcome.kind === 'open').map(({ address }) => address);
  const tcp = await step(ctx, `${target.id}.tcp`, said('ask.tcp', { port, addresses }), () => judgeTcp(target, probes));
  return { step: tcp, open };
}

function limits(ctx: CheckContext): { ca: readonly string[]; signal: AbortSignal; timeoutMs: number } {
  return { ca: ctx.ca, signal: ctx.signal, timeoutMs: ctx.stepMs };
}

/** What the connections to the addresses of a name mean together. */
export function judgeTcp(
  target: Pick<EndpointTarget, 'url' | 'externalAddresses'>,
  probes: readonly { address: string; outcome: TcpOutcome }[],
): Finding {
  const closed = probes.filter(({ outcome }) => outcome.kind !== 'open');
  const open = probes.length - closed.length;
  const [first] = closed;
  if (first === undefined) return seen('ok', said('tcp.open', { addresses: probes.map(({ address }) => address) }));
  const ways = closed.map(({ address, outcome }) => said('tcp.one', { address, how: howClosed(outcome) }));
  const what = said('tcp.closed', { closed: ways });
  if (open > 0 && closed.every(({ address }) => isIPv6(address)))
    return judged('dns.aaaa', what, { ip: first.address });
  if (open > 0)
    return judged('flapping', said('tcp.some', { closed: ways, open, all: probes.length }), {
      ip: first.address,
      why: said('tcp.port-closed', { port: portOf(target.url) }),
    });
  const hairpin =
    first.outcome.kind !== 'refused' &&
    !isPrivateAddress(first.address) &&
    target.externalAddresses?.includes(first.address);
  if (hairpin) return judged('net.hairpin', what, { ip: first.address });
  return judged('net.tcp', what, { why: whyClosed(first.outcome, portOf(target.url)) });
}

/** How a connection that was not made ended. */
export function howClosed({ kind }: TcpOutcome): Said {
  return said(`tcp.${kind === 'open' ? 'reset' : kind}`);
}

function whyClosed({ kind }: TcpOutcome, port: number): Said {
  return kind === 'refused' || kind === 'timeout' ? said(`tcp.why.${kind}`, { port }) : said('tcp.why.unreachable');
}

// ── TLS and HTTP at one address ─────────────────────────────────────────────

interface Visit {
  readonly address: string;
  readonly steps: readonly AutodiscoverStep[];
  readonly service: FoundService | null;
  readonly stranger: Value | null;
  readonly sight: Sight;
}

/** TLS and an anonymous question at one address, which was vetted before. */
export async function visit(ctx: CheckContext, target: EndpointTarget, address: string): Promise<Visit> {
  const name = target.url.hostname;
  let tls: TlsOutcome | null = null;
  const tlsStep = await step(ctx, `${target.id}.tls`, said('ask.tls', { name, address }), async () => {
    tls = await probeTls({ address, port: portOf(target.url), name }, limits(ctx));
    return judgeTls(ctx, target, tls);
  });
  const facts = factsOf(tls);
  if (facts === null || tlsStep.status === 'error') {
    const skipped = await step(ctx, `${target.id}.http`, said('ask.url', { url: target.url.href }), () =>
      seen('skipped', said('tls.first')),
    );
    const sight = { certificate: facts, answer: null, schemes: [] };
    return { address, steps: [tlsStep, skipped], service: null, stranger: null, sight };
  }
  const asked = await ask(ctx, target, address, facts);
  return { address, ...asked, steps: [tlsStep, ...asked.steps] };
}

/** Every address; where none serves and one is busy, those once more at the end. */
async function visitAll(
  ctx: CheckContext,
  target: EndpointTarget,
  addresses: readonly string[],
): Promise<{ readonly visits: readonly Visit[]; readonly again: readonly AutodiscoverStep[] }> {
  const visits = await Promise.all(addresses.map((address) => visit(ctx, target, address)));
  const isBusy = ({ steps }: Visit): boolean =>
    steps.some(({ id, verdict }) => id === `${target.id}.http` && verdict === 'http.503');
  if (visits.some(({ service }) => service !== null) || !visits.some(isBusy)) return { visits, again: [] };
  await leaveAlone(ctx);
  const second = await Promise.all(
    visits.map(async (first) => (isBusy(first) ? visit(ctx, target, first.address) : first)),
  );
  const served = second.find(({ service }) => service !== null);
  if (served === undefined) return { visits: second, again: [] };
  const told = await step(ctx, `${target.id}.again`, said('ask.again'), () =>
    seen('ok', said('again.served', { address: served.address })),
  );
  return { visits: second, again: [told] };
}

function factsOf(tls: TlsOutcome | null): CertificateFacts | null {
  return tls?.kind === 'open' ? tls.facts : null;
}

async function judgeTls(ctx: CheckContext, target: EndpointTarget, tls: TlsOutcome): Promise<Finding> {
  if (tls.kind === 'failed') {
    if (tls.oldOnly !== null)
      return judged('tls.version', said('tls.old', { version: tls.oldOnly }), { v: tls.oldOnly });
    if (tls.code === 'ETIMEDOUT') return judged('http.timeout', said('tls.late'), { s: Math.round(ctx.stepMs / 1000) });
    return judged('tls.handshake', said('tls.failed', { code: tls.code }), { why: tls.code });
  }
  const { facts } = tls;
  const parts = judgeCertificate(facts, target.url.hostname, ctx.now);
  const children = await Promise.all(
    (['name', 'chain', 'dates', 'fitness'] as const).map((part) =>
      step(ctx, `${target.id}.tls.${part}`, said(`ask.tls.${part}`), () => parts[part]),
    ),
  );
  const { protocol, cipher, subject } = facts;
  return group(said('tls.seen', { protocol, cipher, subject: quoted(subject) }), children);
}

async function ask(
  ctx: CheckContext,
  target: EndpointTarget,
  address: string,
  facts: CertificateFacts,
): Promise<Omit<Visit, 'address'>> {
  let redirect: string | null = null;
  let service: FoundService | null = null;
  let stranger: Value | null = null;
  let sight: Sight = { certificate: facts, answer: null, schemes: [] };
  const asked = await step(ctx, `${target.id}.http`, said('ask.http', { url: target.url.href }), async () => {
    const answer = await probeHttp(
      { url: target.url, address, trust: 'any', ...questionTo(ctx, target.directory) },
      limits(ctx),
    );
    const verdict = judgeAnonymous(answer, target.directory);
    const { schemes } = answer.kind === 'answer' ? answer : { schemes: [] };
    sight = { ...sight, answer: verdict, schemes };
    if (verdict.kind === 'redirect') {
      redirect = verdict.location;
      return seen('ok', said('http.redirects'));
    }
    if (verdict.alive) service = { url: target.url, address, schemes, trusted: facts.trusted && facts.nameMatches };
    else if (answer.kind === 'answer') stranger = strangerOf(answer, address);
    return verdict.finding;
  });
  if (redirect === null || target.stays) return { steps: [asked], service, stranger, sight };
  const followed = await followRedirect(ctx, target, redirect);
  return { steps: [asked, followed.step], service: followed.service, stranger, sight };
}

/** What each directory is asked as nobody: what its own clients ask, and nothing that it would have to refuse. */
function questionTo(
  ctx: CheckContext,
  directory: Directory = 'autodiscover',
): Pick<ProbeRequest, 'method' | 'headers' | 'body'> {
  if (directory === 'activesync') return { method: 'OPTIONS' }; // [MS-ASHTTP] 2.2.3
  if (directory === 'ews') return { method: 'GET' };
  // Nobody's address: this may be a stranger.
  const body = poxRequest(`autodiscover@${ctx.domain}`, 'outlook');
  return { method: 'POST', headers: { 'Content-Type': POX_CONTENT_TYPE }, body };
}

function strangerOf({ headers: { server } }: ProbeAnswer, address: string): Value {
  return server === undefined ? address : said('server.at', { server: quoted(server.slice(0, 60)), address });
}

/** Judges a redirect and, if it may be followed, checks where it leads. */
export async function followRedirect(
  ctx: CheckContext,
  from: EndpointTarget,
  location: string,
): Promise<EndpointOutcome> {
  const visited = [...(from.visited ?? []), from.url.href];
  const decision = judgeRedirect(location, {
    from: from.url,
    domain: ctx.domain,
    allowed: ctx.allowedRedirects,
    visited,
  });
  const id = `${from.id}.redirect`;
  if ('verdict' in decision) {
    const { verdict, target } = decision;
    const finding = judged(verdict, said('redirect.to', { to: target }), { x: target });
    return {
      step: await step(ctx, id, said('ask.redirect'), () => finding),
      service: null,
      reachable: false,
      stranger: null,
      sight: null,
    };
  }
  return checkEndpoint(ctx, {
    id,
    title: said('ask.redirect.to', { host: decision.follow.host }),
    url: decision.follow,
    ...(from.directory === undefined ? {} : { directory: from.directory }),
    visited,
  });
}

/** One step for each further address that does worse than the best: clients get it every second time. */
async function flapping(
  ctx: CheckContext,
  target: EndpointTarget,
  visits: readonly Visit[],
  best: Visit,
): Promise<AutodiscoverStep[]> {
  if (best.service === null) return [];
  const broken = visits.filter((visit) => visit !== best && visit.service === null);
  return Promise.all(
    broken.map(({ address, steps }) => {
      const why = steps.find(({ status }) => status === worst(steps))?.words.seen ?? said('pool.silent');
      return step(ctx, `${target.id}.pool.${address}`, said('ask.pool', { address }), () =>
        judged('flapping', said('pool.differs', { address, why }), { ip: address, why }),
      );
    }),
  );
}
