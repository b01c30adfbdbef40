/** The Autodiscover check: what a phone, and this service, find from where they stand. */
import { ConnectorError } from '../errors.ts';
import { checkDns, type DnsOutcome } from './check-dns.ts';
import { checkEndpoint, type EndpointOutcome, type FoundService } from './check-endpoint.ts';
import { checkMailbox, type MailboxOutcome } from './check-mailbox.ts';
import { checkHttpRedirect, checkRoot, checkSrv, endpointUrl, serviceName } from './check-other-ways.ts';
import { step, type CheckContext, type CheckCredentials } from './context.ts';
import { asciiAddress, mailDomain } from './domain.ts';
import { checkComparison } from './check-comparison.ts';
import { checkActiveSyncOutside, checkOutside } from './check-outside.ts';
import { checkScp, readAhead } from './check-scp.ts';
import { headlineOf, overallOf, whatCounts } from './overall.ts';
import { excuse, judged, leavesOf, seen, type AutodiscoverReport, type AutodiscoverStep } from './report.ts';
import { openNameServer } from './resolvers.ts';
import type { ScpOptions } from './scp-directory.ts';
import type { Verdict } from './verdicts.ts';
import { given, inWords, said, type Said, type Value } from './words/say.ts';

export type { AutodiscoverReport, AutodiscoverStep, StepStatus } from './report.ts';

/** What to check, and from where. */
export interface AutodiscoverCheckOptions {
  /** An address of the domain; needed for the signed-in steps. */
  readonly address?: string;
  /** Default: the domain of the address. */
  readonly domain?: string;
  /** DNS servers that devices inside use, `ip` or `ip:port`; default what this host uses. */
  readonly internalResolvers?: readonly string[];
  /** DNS servers that show the public view; default none. */
  readonly externalResolvers?: readonly string[];
  readonly credentials?: CheckCredentials;
  /** PEM texts of authorities that this host trusts besides the public ones. */
  readonly tls?: { readonly ca?: string | readonly string[] };
  /** Hosts or domains that redirects and service records may lead to, besides the mail domain's own. */
  readonly allowedRedirects?: readonly string[];
  /** The directory that Outlook on domain computers asks; missing: it is not asked. */
  readonly scp?: ScpOptions;
  /** The EWS address entered by hand, which the notifier uses instead of Autodiscover. */
  readonly ewsUrl?: string;
  readonly signal?: AbortSignal;
  /** Told of each step as soon as it is over; what it found may still be excused by a later one. */
  readonly onStep?: (step: AutodiscoverStep) => void;
  /** Milliseconds: a network step (default 10 s), the whole check (default 28 s). */
  readonly timeouts?: { readonly stepMs?: number; readonly totalMs?: number };
  /** Default 443 and 80; a lab has others. */
  readonly httpsPort?: number;
  readonly httpPort?: number;
  /** The lab lives on loopback, where no name of a real domain may lead. Default false. */
  readonly allowLoopback?: boolean;
  /** The clock, for certificates. */
  readonly now?: () => Date;
}

/** Milliseconds for one domain. Somebody waits for the result: the slowest check is over in half a minute. */
export const TOTAL_MS = 28_000;

/**
 * Looks up `autodiscover.<domain>`, connects, reads the certificate, asks, and says what to fix. A finding never throws:
 * throws ERR_AUTODISCOVER_DOMAIN, ERR_CONFIG_INVALID before anything is sent, and ERR_ABORTED.
 */
export async function checkAutodiscover(options: AutodiscoverCheckOptions): Promise<AutodiscoverReport> {
  const startedAt = performance.now();
  const ctx = contextOf(options);
  const steps: AutodiscoverStep[] = [];

  askAhead(ctx);
  readAhead(ctx);
  const dns = await checkDns(ctx);
  const asked = checkDirect(ctx, dns);
  const outside = beside(
    checkOutside(ctx, {
      ...dns,
      id: 'outside',
      directory: 'autodiscover',
      url: endpointUrl(ctx, `autodiscover.${ctx.domain}`),
      inside: beside(asked.then(({ sight }) => sight)),
    }),
  );
  const [direct, root] = await Promise.all([asked, checkRoot(ctx)]);
  const found = await findElsewhere(ctx, dns, direct, root);
  const why = said(found.by === null ? 'ways.may' : 'ways.do');
  steps.push(...[dns.step, direct.step].map((step) => excuse(step, found.excused, why)));
  if (dns.wildcard && direct.service === null && direct.reachable) steps.push(await wildcardStep(ctx, direct.stranger));
  steps.push(root.step, ...found.steps);
  const directory = beside(checkScp(ctx, found.service));
  const mailbox = await checkMailbox(ctx, found.service);
  steps.push(mailbox.step);
  const more = await Promise.all([
    outside,
    checkActiveSyncOutside(ctx, mailbox),
    checkComparison(ctx, found.service, mailbox),
    directory,
  ]);
  steps.push(...more.filter((step) => step !== null));
  if (options.ewsUrl && isBroken(steps, found.service)) steps.push(await bypassStep(ctx, options.ewsUrl));

  return report(ctx, steps, found, mailbox, startedAt);
}

/** Work that goes on beside the check: where that ends early, nobody waits for it, and its own end by the abort is no news. */
function beside<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

function contextOf(options: AutodiscoverCheckOptions): CheckContext {
  const given = options.domain ?? options.address;
  if (given === undefined || given === '')
    throw new ConnectorError('ERR_AUTODISCOVER_DOMAIN', 'Neither a domain nor an address was given.');
  const stepMs = options.timeouts?.stepMs ?? 10_000;
  const total = AbortSignal.timeout(options.timeouts?.totalMs ?? TOTAL_MS);
  const signal = options.signal === undefined ? total : AbortSignal.any([total, options.signal]);
  const open = (server: string): ReturnType<typeof openNameServer> =>
    openNameServer(server.trim(), { signal, timeoutMs: stepMs });
  const { ca = [] } = options.tls ?? {};
  const inside = options.internalResolvers?.length ? options.internalResolvers : ['system'];
  return {
    domain: mailDomain(given),
    address: options.address ? asciiAddress(options.address) : null,
    internal: inside.map(open),
    external: (options.externalResolvers ?? []).map(open),
    credentials: options.credentials ?? null,
    scp: options.scp ?? null,
    ca: typeof ca === 'string' ? [ca] : ca,
    allowedRedirects: options.allowedRedirects ?? [],
    allowLoopback: options.allowLoopback ?? false,
    httpsPort: options.httpsPort ?? 443,
    httpPort: options.httpPort ?? 80,
    stepMs,
    signal,
    stop: options.signal,
    now: options.now?.() ?? new Date(),
    onStep: options.onStep,
  };
}

/** Every question to DNS that is known now, side by side: a server that drops them costs one step's time, not three. */
function askAhead({ domain, internal }: CheckContext): void {
  for (const server of internal) {
    void server.ask(`autodiscover.${domain}`);
    void server.ask(domain);
    void server.services(serviceName(domain));
  }
}

async function checkDirect(ctx: CheckContext, dns: DnsOutcome): Promise<EndpointOutcome> {
  const host = `autodiscover.${ctx.domain}`;
  const title = said('ask.host', { host });
  if (dns.addresses.length === 0) {
    const skipped = await step(ctx, 'autodiscover', title, () => seen('skipped', said('host.none-here')));
    return { step: skipped, service: null, reachable: false, stranger: null, sight: null };
  }
  const { addresses, externalAddresses } = dns;
  return checkEndpoint(ctx, { id: 'autodiscover', title, url: endpointUrl(ctx, host), addresses, externalAddresses });
}

interface FoundAnywhere {
  readonly by: AutodiscoverReport['found']['by'];
  readonly service: FoundService | null;
  readonly steps: readonly AutodiscoverStep[];
  /** Failures on the direct way after which clients go on. */
  readonly excused: readonly Verdict[];
}

const GO_ON: readonly Verdict[] = ['dns.internal.missing', 'dns.nodata', 'dns.dangling', 'net.tcp', 'net.hairpin'];

/** The order of clients: root and autodiscover., the plain-HTTP redirect, the service record. */
async function findElsewhere(
  ctx: CheckContext,
  dns: DnsOutcome,
  direct: EndpointOutcome,
  root: EndpointOutcome,
): Promise<FoundAnywhere> {
  if (direct.service !== null) return { by: 'autodiscover', service: direct.service, steps: [], excused: [] };
  if (root.service !== null) return { by: 'root', service: root.service, steps: [], excused: GO_ON };
  const redirect = await checkHttpRedirect(ctx, dns.addresses);
  if (redirect.service !== null)
    return { by: 'redirect', service: redirect.service, steps: [redirect.step], excused: GO_ON };
  const srv = await checkSrv(ctx);
  const steps = [redirect.step, srv.step];
  const waits = leavesOf(steps).some(({ verdict }) => verdict === 'redirect.confirm');
  return srv.service === null
    ? { by: null, service: null, steps, excused: waits ? GO_ON : [] }
    : { by: 'srv', service: srv.service, steps, excused: GO_ON };
}

function wildcardStep(ctx: CheckContext, stranger: Value | null): Promise<AutodiscoverStep> {
  const server = stranger ?? said('server.another');
  return step(ctx, 'wildcard', said('ask.wildcard'), () =>
    judged('dns.wildcard', said('wildcard.leads', { server }), { d: ctx.domain, server }),
  );
}

function bypassStep(ctx: CheckContext, ewsUrl: string): Promise<AutodiscoverStep> {
  return step(ctx, 'ews', said('ask.ews'), () => judged('ews.bypassed', said('ews.by-hand', { url: ewsUrl })));
}

function isBroken(steps: readonly AutodiscoverStep[], service: FoundService | null): boolean {
  return service === null || leavesOf(steps).some(({ status }) => status === 'error');
}

function report(
  ctx: CheckContext,
  steps: readonly AutodiscoverStep[],
  found: FoundAnywhere,
  mailbox: MailboxOutcome,
  startedAt: number,
): AutodiscoverReport {
  const leaves = whatCounts(leavesOf(steps));
  const overall = overallOf({
    statuses: leaves.map(({ status }) => status),
    found: found.service !== null,
    account: ctx.credentials !== null,
    told: mailbox.told,
  });
  const headline = headlineOf(leaves, { overall, found: found.service !== null });
  const works = overall === 'healthy' || overall === 'warning';
  const summary = works ? summaryOf(found, mailbox) : headlineSummary(headline);
  return {
    domain: ctx.domain,
    address: ctx.address,
    overall,
    healthy: overall === 'healthy',
    ...(works || headline === undefined ? {} : { failing: headline.id }),
    ...(headline?.verdict === undefined ? {} : { verdict: headline.verdict }),
    summary: inWords(summary, 'en'),
    words: { summary },
    found: {
      url: found.service?.url.href ?? null,
      by: found.by,
      ewsUrl: mailbox.ewsUrl,
      activeSyncUrl: mailbox.activeSyncUrl,
      schemes: found.service?.schemes ?? [],
    },
    startedAt: ctx.now.toISOString(),
    ms: Math.round(performance.now() - startedAt),
    steps,
  };
}

function headlineSummary(headline: AutodiscoverStep | undefined): Said {
  if (headline === undefined) return said('found.not');
  const { title, seen: what } = headline.words;
  return title === null ? what : said('headline', { title, seen: what });
}

function summaryOf({ service }: FoundAnywhere, { ewsUrl, activeSyncUrl }: MailboxOutcome): Said {
  const url = service?.url.origin ?? '';
  if (ewsUrl === null && activeSyncUrl === null) return said('found', { url });
  if (activeSyncUrl === null) return said('found.ews', { url, ews: given(ewsUrl ?? '') });
  const activesync = given(activeSyncUrl);
  return ewsUrl === null
    ? said('found.activesync', { url, activesync })
    : said('found.all', { url, ews: given(ewsUrl), activesync });
}
