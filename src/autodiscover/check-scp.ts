/**
 * The directory, which Outlook on domain computers asks first and phones never. It is looked at last, and only to explain: no
 * finding here makes the check better, and what is wrong here is a warning.
 */
import { checkEndpoint, type FoundService } from './check-endpoint.ts';
import { group, resolveInside, step, type CheckContext } from './context.ts';
import { MAX_HOPS, mayFollow } from './redirect.ts';
import { judged, leavesOf, seen, worst, type AutodiscoverStep, type Finding } from './report.ts';
import type { DirectoryDoor } from '../ldap/connection.ts';
import { readScps, type DirectoryReading, type ScpOptions } from './scp-directory.ts';
import { chooseScp, pointerHost, type ScpAddress, type ScpChoice } from './scp-rules.ts';
import { isBlockedAddress } from './target-address.ts';
import { given, quoted, said, type Value } from './words/say.ts';

/** Addresses of the directory that are looked at. */
const MAX_URLS = 8;

/** Readings of one check: of several domains, each directory is signed in to once. */
const READINGS = new WeakMap<ScpOptions, Map<string, Promise<DirectoryReading>>>();

function read(ctx: CheckContext, scp: ScpOptions, door: DirectoryDoor): Promise<DirectoryReading> {
  const known = READINGS.get(scp) ?? new Map<string, Promise<DirectoryReading>>();
  READINGS.set(scp, known);
  const reading = known.get(door.url) ?? readScps(door, { ca: ctx.ca, signal: ctx.signal, timeoutMs: ctx.stepMs });
  known.set(door.url, reading);
  return reading;
}

/** Begins to read, so that the answer is there when it is its turn. */
export function readAhead(ctx: CheckContext): void {
  if (ctx.scp !== null) void read(ctx, ctx.scp, ctx.scp);
}

/** Reads the directory and looks at the addresses it has; null where none is set. */
export async function checkScp(ctx: CheckContext, service: FoundService | null): Promise<AutodiscoverStep | null> {
  const { scp } = ctx;
  if (scp === null) return null;
  return step(ctx, 'scp', said('ask.scp'), async () => {
    const lookup = await lookUp(ctx, scp);
    const { choice } = lookup;
    if (choice === null) return group(said('scp.unread'), lookup.steps);
    const steps = [...lookup.steps, ...(await judgeEntries(ctx, choice))];
    const urls = choice.addresses.slice(0, MAX_URLS);
    const looked = await Promise.all(urls.map((address, at) => checkAddress(ctx, service, address, at + 1)));
    steps.push(...looked.map(({ step }) => step));
    if (service === null && looked.some(({ alive }) => alive)) steps.push(await explain(ctx));
    const has = urls.length === 0 ? said('scp.no-url') : urls.map(({ url }) => given(url));
    return group(said('scp.has', { urls: has }), steps);
  });
}

function explain(ctx: CheckContext): Promise<AutodiscoverStep> {
  return step(ctx, 'scp.explains', said('ask.scp.explains'), () =>
    judged('scp.explains', said('scp.explains'), { d: ctx.domain }),
  );
}

// ── from directory to directory ─────────────────────────────────────────────

interface Lookup {
  readonly steps: AutodiscoverStep[];
  /** Null: a directory was not read, or may not be. */
  readonly choice: ScpChoice | null;
}

async function lookUp(ctx: CheckContext, scp: ScpOptions): Promise<Lookup> {
  const steps: AutodiscoverStep[] = [];
  const visited: string[] = [];
  let door: DirectoryDoor = scp;
  let last: ScpChoice | null = null;
  for (;;) {
    visited.push(door.url.toLowerCase());
    const reading = await readStep(ctx, scp, door, visited.length);
    steps.push(reading.step);
    if (reading.choice === null) return { steps, choice: null };
    last = reading.choice;
    const next = last.pointer ?? (last.addresses.length === 0 ? last.fallback : null);
    if (next === null) return { steps, choice: last };
    const followed = await follow(ctx, door, next, visited);
    if ('finding' in followed) {
      const { finding } = followed;
      steps.push(await step(ctx, 'scp.pointer', said('ask.scp.pointer'), () => finding));
      return { steps, choice: null };
    }
    door = followed.door;
  }
}

async function readStep(
  ctx: CheckContext,
  scp: ScpOptions,
  door: DirectoryDoor,
  turn: number,
): Promise<{ step: AutodiscoverStep; choice: ScpChoice | null }> {
  let choice: ScpChoice | null = null;
  const { host } = new URL(URL.canParse(door.url) ? door.url : 'ldap://unreadable.invalid');
  const id = turn === 1 ? 'scp.read' : `scp.read.${turn}`;
  const asked = await step(ctx, id, said('ask.scp.read', { host }), async () => {
    const reading = await read(ctx, scp, door);
    if ('finding' in reading) return reading.finding;
    choice = chooseScp(reading.entries, { domain: ctx.domain, site: scp.site || null });
    return seen('ok', said('scp.entries', { n: reading.entries.length }));
  });
  return { step: asked, choice };
}

/** By the same door, and to names of our own only: the password goes along. */
async function follow(
  ctx: CheckContext,
  from: DirectoryDoor,
  pointer: string,
  visited: readonly string[],
): Promise<{ door: DirectoryDoor } | { finding: Finding }> {
  const host = pointerHost(pointer);
  const refuse = (x: Value): { finding: Finding } => ({
    finding: judged('scp.pointer', said('scp.points', { to: x }), { x }),
  });
  if (host === null || !mayFollow(host, { domain: ctx.domain, allowed: ctx.allowedRedirects }))
    return refuse(host ?? given(pointer.slice(0, 200)));
  const url = new URL(from.url);
  url.hostname = host;
  const next = url.href.replace(/\/$/, '');
  if (visited.includes(next) || visited.length > MAX_HOPS) {
    const x = [...visited, next].join(' → ');
    return { finding: judged('scp.loop', said('scp.points-back', { to: host }), { x }) };
  }
  const verdict = await resolveInside(ctx, host);
  const address = verdict.kind === 'found' ? verdict.addresses[0] : undefined;
  if (address === undefined || (isBlockedAddress(address) && !ctx.allowLoopback)) return refuse(host);
  return { door: { url: next, address, username: from.username, password: from.password } };
}

// ── the entries ─────────────────────────────────────────────────────────────

async function judgeEntries(ctx: CheckContext, choice: ScpChoice): Promise<AutodiscoverStep[]> {
  const steps = await Promise.all(
    choice.empty
      .slice(0, MAX_URLS)
      .map((dn, at) =>
        step(ctx, `scp.empty.${at + 1}`, said('ask.scp.empty'), () =>
          judged('scp.empty', said('scp.empty', { dn: quoted(dn) }), { dn: quoted(dn), d: ctx.domain }),
        ),
      ),
  );
  const site = ctx.scp?.site ?? '';
  const elsewhere = choice.addresses.length > 0 && choice.addresses.every((address) => address.site === 'other');
  if (site !== '' && elsewhere)
    steps.push(
      await step(ctx, 'scp.site', said('ask.scp.site', { site }), () =>
        judged('scp.other-site', said('scp.other-sites'), { site }),
      ),
    );
  return steps;
}

/** Looks at one address without credentials. What fails there is Outlook's trouble, and a warning here. */
async function checkAddress(
  ctx: CheckContext,
  service: FoundService | null,
  address: ScpAddress,
  number: number,
): Promise<{ step: AutodiscoverStep; alive: boolean }> {
  let alive = false;
  const id = `scp.url.${number}`;
  const looked = await step(ctx, id, said('ask.scp.url', { url: given(address.url) }), async () => {
    const url = URL.parse(address.url);
    if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '')
      return judged('scp.insecure', said('scp.no-https', { url: given(address.url) }), { url: given(address.url) });
    if (!mayFollow(url.hostname, { domain: ctx.domain, allowed: ctx.allowedRedirects }))
      return judged('scp.confirm', said('url.foreign', { url: url.hostname }), { x: url.hostname });
    if (service !== null && url.href.toLowerCase() === service.url.href.toLowerCase())
      return ((alive = true), seen('ok', said('scp.known')));
    const endpoint = await checkEndpoint(ctx, { id, title: null, url });
    alive = endpoint.service !== null;
    if (alive) return seen('ok', endpoint.step.words.seen);
    const leaves = leavesOf([endpoint.step]);
    const why = (leaves.find(({ status }) => status === worst(leaves)) ?? endpoint.step).words.seen;
    return judged('scp.dead', said('url.fails', { url: url.href, why }), { url: url.href, why, d: ctx.domain });
  });
  return { step: looked, alive };
}
