/** The other places clients look at: the bare domain, the plain-HTTP redirect, and the SRV record. */
import { checkEndpoint, followRedirect, type EndpointOutcome } from './check-endpoint.ts';
import { group, resolveInside, step, type CheckContext } from './context.ts';
import { probeHttp } from './http-probe.ts';
import { POX_PATH } from './pox.ts';
import { mayFollow } from './redirect.ts';
import { judged, leavesOf, seen, stepFrom, type AutodiscoverStep, type Finding } from './report.ts';
import type { ServiceRecord } from './resolvers.ts';
import { isBlockedAddress } from './target-address.ts';
import { said, sentences, type Said } from './words/say.ts';

const NOTHING = { service: null, reachable: false, stranger: null, sight: null } as const;

/** The https address of a host, with the port of the check. */
export function endpointUrl(ctx: CheckContext, host: string, port = ctx.httpsPort): URL {
  return new URL(`https://${host}:${port}${POX_PATH}`);
}

/** `https://<domain>`: usually the company's website, which phones ask first. */
export async function checkRoot(ctx: CheckContext): Promise<EndpointOutcome> {
  const outcome = await checkEndpoint(ctx, {
    id: 'root',
    title: said('ask.root', { domain: ctx.domain }),
    url: endpointUrl(ctx, ctx.domain),
  });
  if (outcome.service !== null || outcome.step.children === undefined) return outcome;
  const { id, words, ms } = outcome.step;
  return { ...outcome, step: stepFrom(id, words.title, judgeRoot(ctx, leavesOf([outcome.step])), ms) };
}

/** A website is fine as long as it neither fails its TLS nor answers as if it were Autodiscover. */
function judgeRoot(ctx: CheckContext, leaves: readonly AutodiscoverStep[]): Finding {
  const foreign = leaves.find(
    ({ verdict, words }) =>
      verdict === 'body.invalid' || (verdict === 'auth.preauth' && words.seen.code === 'http.form'),
  );
  // exchangelib and Outlook go on after a page; an Autodiscover document of somebody else is believed.
  if (foreign !== undefined) {
    const { seen: what } = foreign.words;
    const page = foreign.verdict === 'auth.preauth' || isPage(what);
    return judged(page ? 'root.page' : 'root.foreign', what, { d: ctx.domain });
  }
  const tls = leaves.find(({ verdict }) => verdict?.startsWith('tls.') && verdict !== 'tls.expiring');
  if (tls !== undefined) return judged('root.cert', tls.words.seen);
  const last = leaves.at(-1);
  return seen('ok', sentences(said('root.none'), ...(last === undefined ? [] : [last.words.seen])));
}

/** An answer that is a web page, whatever server it is from. */
function isPage({ code, values: { what } }: Said): boolean {
  return code === 'http.body' && typeof what === 'object' && 'code' in what && what.code === 'body.page';
}

/** `http://autodiscover.<domain>`: only its redirect counts, and nothing is sent but a GET. */
export async function checkHttpRedirect(ctx: CheckContext, addresses: readonly string[]): Promise<EndpointOutcome> {
  const url = new URL(`http://autodiscover.${ctx.domain}:${ctx.httpPort}${POX_PATH}`);
  let found: EndpointOutcome = {
    step: await step(ctx, 'redirect', null, () => seen('skipped', said('srv.none'))),
    ...NOTHING,
  };
  const top = await step(ctx, 'redirect', said('ask.http-redirect', { url: url.href }), async () => {
    const [address] = addresses;
    if (address === undefined) return seen('skipped', said('redirect.no-address', { name: url.hostname }));
    if (isBlockedAddress(address) && !ctx.allowLoopback)
      return seen('skipped', said('address.not-contacted', { address }));
    const answer = await probeHttp(
      { url, address, method: 'GET', trust: 'any' },
      { ca: ctx.ca, signal: ctx.signal, timeoutMs: ctx.stepMs },
    );
    if (answer.kind !== 'answer') return seen('skipped', said('redirect.silent', { code: answer.code }));
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status > 399 || location === undefined)
      return seen('skipped', said('redirect.none', { status: answer.status }));
    found = await followRedirect(ctx, { id: 'redirect', title: null, url }, location);
    const finding = group(
      found.service === null ? said('redirect.nowhere') : said('redirect.found', { url: found.service.url.href }),
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
  const top = await step(ctx, 'srv', said('ask.srv', { name }), async () => {
    const answers = await Promise.all(ctx.internal.map((server) => server.services(name)));
    const record = chooseService(answers.flatMap(({ records }) => records));
    if (record === null) {
      const failed = answers.find(({ failed }) => failed !== null)?.failed;
      return failed ? seen('unknown', said('srv.silent', { reason: failed })) : seen('skipped', said('srv.none'));
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
    const what = said(verdict.kind === 'found' ? 'srv.alias' : 'srv.no-address', { target });
    return { ...NOTHING, finding: judged('srv.target', what, { t: target }) };
  }
  if (!mayFollow(target, { domain: ctx.domain, allowed: ctx.allowedRedirects })) {
    return { ...NOTHING, finding: judged('redirect.confirm', said('srv.names', { target }), { x: target }) };
  }
  const outcome = await checkEndpoint(ctx, {
    id: 'srv.target',
    title: said('ask.srv.target', { host: target, port }),
    url: endpointUrl(ctx, target, port),
    addresses: verdict.addresses,
  });
  const children = [outcome.step];
  if (port !== 443)
    children.push(
      await step(ctx, 'srv.port', said('ask.srv.port'), () => judged('srv.port', said('srv.port', { port }), { port })),
    );
  const finding = group(said('srv.target', { target, port }), children);
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
