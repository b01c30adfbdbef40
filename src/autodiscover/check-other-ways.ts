/** The other places clients look at: the bare domain, the plain-HTTP redirect, and the SRV record. */
import { checkEndpoint, followRedirect, type EndpointOutcome } from './check-endpoint.ts';
import { group, resolveInside, step, type CheckContext } from './context.ts';
import { probeHttp } from './http-probe.ts';
import { POX_PATH } from './pox.ts';
import { mayFollow } from './redirect.ts';
import { judged, leavesOf, seen, type AutodiscoverStep, type Finding } from './report.ts';
import type { ServiceRecord } from './resolvers.ts';
import { isBlockedAddress } from './target-address.ts';

const NOTHING = { service: null, reachable: false, stranger: null, sight: null } as const;

/** The https address of a host, with the port of the check. */
export function endpointUrl(ctx: CheckContext, host: string, port = ctx.httpsPort): URL {
  return new URL(`https://${host}:${port}${POX_PATH}`);
}

/** `https://<domain>`: usually the company's website, which phones ask first. */
export async function checkRoot(ctx: CheckContext): Promise<EndpointOutcome> {
  const outcome = await checkEndpoint(ctx, {
    id: 'root',
    title: `Ask the bare domain ${ctx.domain}`,
    url: endpointUrl(ctx, ctx.domain),
  });
  if (outcome.service !== null || outcome.step.children === undefined) return outcome;
  const { id, title, ms } = outcome.step;
  return { ...outcome, step: { id, title, ms, ...judgeRoot(ctx, leavesOf([outcome.step])) } };
}

/** A website is fine as long as it neither fails its TLS nor answers as if it were Autodiscover. */
function judgeRoot(ctx: CheckContext, leaves: readonly AutodiscoverStep[]): Finding {
  const foreign = leaves.find(
    ({ verdict, seen }) => verdict === 'body.invalid' || (verdict === 'auth.preauth' && seen.startsWith('HTTP 200')),
  );
  // exchangelib and Outlook go on after a page; an Autodiscover document of somebody else is believed.
  if (foreign !== undefined) {
    const page = foreign.verdict === 'auth.preauth' || foreign.seen.startsWith('HTTP 200 with a web page');
    return judged(page ? 'root.page' : 'root.foreign', foreign.seen, { d: ctx.domain });
  }
  const tls = leaves.find(({ verdict }) => verdict?.startsWith('tls.') && verdict !== 'tls.expiring');
  if (tls !== undefined) return judged('root.cert', tls.seen);
  return seen('ok', `No Autodiscover there; clients go on. ${leaves.at(-1)?.seen ?? ''}`.trim());
}

/** `http://autodiscover.<domain>`: only its redirect counts, and nothing is sent but a GET. */
export async function checkHttpRedirect(ctx: CheckContext, addresses: readonly string[]): Promise<EndpointOutcome> {
  const url = new URL(`http://autodiscover.${ctx.domain}:${ctx.httpPort}${POX_PATH}`);
  let found: EndpointOutcome = { step: await step(ctx, 'redirect', '', () => seen('skipped', '')), ...NOTHING };
  const top = await step(ctx, 'redirect', `Ask ${url.href} for a redirect`, async () => {
    const [address] = addresses;
    if (address === undefined) return seen('skipped', `autodiscover.${ctx.domain} has no address here.`);
    if (isBlockedAddress(address) && !ctx.allowLoopback) return seen('skipped', `${address} is not contacted.`);
    const answer = await probeHttp(
      { url, address, method: 'GET', trust: 'any' },
      { ca: ctx.ca, signal: ctx.signal, timeoutMs: ctx.stepMs },
    );
    if (answer.kind !== 'answer') return seen('skipped', `No answer on plain HTTP (${answer.code}).`);
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status > 399 || location === undefined)
      return seen('skipped', `HTTP ${answer.status}, no redirect.`);
    found = await followRedirect(ctx, { id: 'redirect', title: '', url }, location);
    const finding = group(
      found.service === null
        ? 'The redirect leads to no Autodiscover service.'
        : `Found by HTTP redirect to ${found.service.url.href}.`,
      [found.step],
    );
    return found.service === null ? finding : { verdict: 'redirect', ...finding };
  });
  return { ...found, step: top };
}

/** Where the service record of a domain is. */
export function serviceName(domain: string): string {
  return `_autodiscover._tcp.${domain}`;
}

/** `_autodiscover._tcp.<domain>` [RFC 2782]. */
export async function checkSrv(ctx: CheckContext): Promise<EndpointOutcome> {
  const name = serviceName(ctx.domain);
  let found: Omit<EndpointOutcome, 'step'> = NOTHING;
  const top = await step(ctx, 'srv', `Look up the service record ${name}`, async () => {
    const answers = await Promise.all(ctx.internal.map((server) => server.services(name)));
    const record = chooseService(answers.flatMap(({ records }) => records));
    if (record === null) {
      const failed = answers.find(({ failed }) => failed !== null)?.failed;
      return failed ? seen('unknown', `No answer: ${failed}.`) : seen('skipped', 'There is none.');
    }
    const { finding, ...rest } = await checkService(ctx, record);
    found = rest;
    return finding;
  });
  return { ...found, step: top };
}

async function checkService(
  ctx: CheckContext,
  { target, port }: ServiceRecord,
): Promise<Omit<EndpointOutcome, 'step'> & { finding: Finding }> {
  const verdict = await resolveInside(ctx, target);
  if (verdict.kind !== 'found' || verdict.alias !== null) {
    const why = verdict.kind === 'found' ? 'is an alias' : 'has no address';
    return { ...NOTHING, finding: judged('srv.target', `The target ${target} ${why}.`, { t: target }) };
  }
  if (!mayFollow(target, { domain: ctx.domain, allowed: ctx.allowedRedirects })) {
    return { ...NOTHING, finding: judged('redirect.confirm', `The service record names ${target}.`, { x: target }) };
  }
  const outcome = await checkEndpoint(ctx, {
    id: 'srv.target',
    title: `Ask ${target}, port ${port}`,
    url: endpointUrl(ctx, target, port),
    addresses: verdict.addresses,
  });
  const children = [outcome.step];
  if (port !== 443)
    children.push(
      await step(ctx, 'srv.port', 'Is it the usual port?', () => judged('srv.port', `Port ${port}.`, { port })),
    );
  const finding = group(`${target}:${port}.`, children);
  return { ...outcome, finding: outcome.service === null ? finding : { verdict: 'srv', ...finding } };
}

/** Lowest priority number first, then by weight: the heaviest instead of a random one, so that a check repeats. */
export function chooseService(records: readonly ServiceRecord[]): ServiceRecord | null {
  return (
    [...records].sort(
      (a, b) => a.priority - b.priority || b.weight - a.weight || a.target.localeCompare(b.target),
    )[0] ?? null
  );
}
