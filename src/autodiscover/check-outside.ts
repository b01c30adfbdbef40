/** The view of those outside: the public addresses are contacted where a way leads there, and compared. Nothing secret is sent. */
import { howClosed, visit, type EndpointTarget, type Sight } from './check-endpoint.ts';
import { group, resolveInside, step, type CheckContext } from './context.ts';
import type { MailboxOutcome } from './check-mailbox.ts';
import { nameVerdict } from './name-answer.ts';
import { judgeOutsideAnswer, judgeOutsideCertificate, type OutsideScene } from './outside-rules.ts';
import { mayFollow } from './redirect.ts';
import { judged, seen, type AutodiscoverStep, type Finding } from './report.ts';
import { isBlockedAddress, isPrivateAddress } from './target-address.ts';
import { probeTcp } from './tls-probe.ts';
import { said } from './words/say.ts';

/** Public addresses of one name that are looked at. */
const MAX_ADDRESSES = 4;
/** The own firewall is near: this leaves room for one lost packet, and a healthy check is not kept waiting. */
const CONNECT_MS = 1_200;

/** What is compared. */
export interface OutsideView {
  /** Step id, as `outside`; the children are named after it. */
  readonly id: string;
  readonly directory: 'autodiscover' | 'activesync';
  readonly url: URL;
  readonly addresses: readonly string[];
  readonly externalAddresses: readonly string[];
  /** What was seen inside, once that is known. */
  readonly inside: Promise<Sight | null>;
}

/** Looks at every public address that is not one of those inside; null where no public DNS server is set. */
export async function checkOutside(ctx: CheckContext, view: OutsideView): Promise<AutodiscoverStep | null> {
  if (ctx.external.length === 0) return null;
  return step(ctx, view.id, said('ask.outside', { host: view.url.hostname }), async () => {
    const { externalAddresses, addresses } = view;
    if (externalAddresses.length === 0) return seen('skipped', said('outside.no-address'));
    const others = externalAddresses.filter((address) => !addresses.includes(address)).slice(0, MAX_ADDRESSES);
    if (others.length === 0) return seen('skipped', said('outside.same-addresses'));
    return group(
      said('outside.addresses', {
        outside: others,
        inside: addresses.length === 0 ? said('outside.nothing') : addresses,
      }),
      await Promise.all(others.map((address) => checkAddress(ctx, view, address))),
    );
  });
}

const WHAT = { autodiscover: 'Autodiscover', activesync: 'ActiveSync' } as const;

/**
 * The same for the address that phones were told, where it has another name than Autodiscover: it is what they use from
 * then on. Null where there is nothing to look at, or the name may not be contacted, which its own step says.
 */
export async function checkActiveSyncOutside(
  ctx: CheckContext,
  { activeSyncUrl, activeSyncSight }: MailboxOutcome,
): Promise<AutodiscoverStep | null> {
  const url = URL.parse(activeSyncUrl ?? '');
  if (ctx.external.length === 0 || url?.protocol !== 'https:' || url.hostname === `autodiscover.${ctx.domain}`)
    return null;
  if (!mayFollow(url.hostname, { domain: ctx.domain, allowed: ctx.allowedRedirects })) return null;
  const id = 'outside.activesync';
  const name = url.hostname;
  const here = await resolveInside(ctx, name);
  const there = (await Promise.all(ctx.external.map((server) => server.ask(name)))).map(nameVerdict);
  const found = there.flatMap((verdict) => (verdict.kind === 'found' ? verdict.addresses : []));
  if (found.length === 0 && there.some(({ kind }) => kind !== 'unknown'))
    return step(ctx, id, said('ask.outside.name', { name }), () =>
      judged('outside.missing', said('outside.unknown-name', { name }), { name }),
    );
  return checkOutside(ctx, {
    id,
    directory: 'activesync',
    url,
    addresses: here.kind === 'found' ? here.addresses : [],
    externalAddresses: [...new Set(found)],
    inside: Promise.resolve(activeSyncSight),
  });
}

function checkAddress(ctx: CheckContext, view: OutsideView, ip: string): Promise<AutodiscoverStep> {
  const name = view.url.hostname;
  return step(ctx, `${view.id}.${ip}`, said('ask.outside.address', { address: ip }), async () => {
    const refusal = judgeAddress(ctx, ip);
    if (refusal !== null) return refusal;
    const port = Number(view.url.port || 443);
    const tcp = await probeTcp(
      { address: ip, port, name },
      { signal: ctx.signal, timeoutMs: Math.min(CONNECT_MS, ctx.stepMs) },
    );
    if (tcp.kind !== 'open')
      return judged('outside.unreachable', said('outside.unreachable', { address: ip, how: howClosed(tcp) }), { name });
    const target: EndpointTarget = {
      id: `${view.id}.${ip}`,
      title: null,
      url: view.url,
      directory: view.directory,
      stays: true,
    };
    const { sight } = await visit(ctx, target, ip);
    return compare(ctx, view, { ip, name, what: WHAT[view.directory], now: ctx.now }, sight);
  });
}

/** The public DNS is no reason to connect to this host, nor to whatever has that private address here. */
function judgeAddress({ allowLoopback }: CheckContext, ip: string): Finding | null {
  if (isBlockedAddress(ip))
    return allowLoopback ? null : judged('outside.private', said('address.not-contacted', { address: ip }), { ip });
  return isPrivateAddress(ip) ? judged('outside.private', said('outside.private', { address: ip }), { ip }) : null;
}

async function compare(ctx: CheckContext, view: OutsideView, scene: OutsideScene, outside: Sight): Promise<Finding> {
  const inside = await view.inside;
  const redirects = { from: view.url, domain: ctx.domain, allowed: ctx.allowedRedirects, visited: [view.url.href] };
  const steps = [
    await step(ctx, `${view.id}.${scene.ip}.certificate`, said('ask.outside.certificate'), () =>
      judgeOutsideCertificate(outside.certificate, inside?.certificate ?? null, scene),
    ),
    await step(ctx, `${view.id}.${scene.ip}.answer`, said('ask.outside.answer'), () =>
      judgeOutsideAnswer(outside, inside, scene, redirects),
    ),
  ];
  return group(said('outside.reached', { address: scene.ip }), steps);
}
