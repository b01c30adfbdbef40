/**
 * `/devices/delta` of the simulated directory (https://learn.microsoft.com/graph/delta-query-overview): all devices first, then
 * what changed since a link was given. The link carries what was selected, lives for seven days, and what changes while a
 * chain is read may come twice.
 */
import type { DirectoryChange, DirectoryDevices } from './directory-devices.ts';
import { Refusal } from './graph-answer.ts';
import type { SliceAnswer, SliceRequest } from './graph-answer.ts';

/** https://devblogs.microsoft.com/microsoft365dev/duration-of-change-tracking-tokens-for-identity-and-education-resources/ */
const LIFE_MS = 7 * 86_400_000;
const PROPERTIES = new Set(['id', 'deviceId', 'isCompliant', 'isManaged']);

/** Where a chain is: the place in the log, whether it is the first one, which has no removals, and what is selected. */
interface Token {
  readonly place: number;
  readonly isFirst: boolean;
  readonly page: number;
  readonly madeAt: number;
  readonly select: string;
}

/** Answers one request of a chain. */
export function devicesDelta(
  { url }: SliceRequest,
  source: { readonly devices: DirectoryDevices; readonly now: number; readonly pageSize: number },
): SliceAnswer {
  const { devices, now, pageSize } = source;
  const token = tokenOf(url, source);
  const select = selectorOf(token.select);
  const value: object[] = [];
  let { place } = token;
  for (; place < devices.length && value.length < pageSize; place += 1) {
    const change = devices.at(place);
    if (change !== null && !(token.isFirst && 'removed' in change)) value.push(select(change));
  }
  const isMore = place < devices.length;
  const next: Token = isMore
    ? { ...token, place, page: token.page + 1 }
    : { ...token, place, page: 1, isFirst: false, madeAt: now };
  const link = linkOf(url, isMore ? '$skiptoken' : '$deltatoken', next);
  return {
    status: 200,
    page: token.page,
    body: {
      '@odata.context': `${url.origin}/v1.0/$metadata#devices(${token.select})`,
      [isMore ? '@odata.nextLink' : '@odata.deltaLink']: link,
      value,
    },
  };
}

function tokenOf(url: URL, { devices, now }: { readonly devices: DirectoryDevices; readonly now: number }): Token {
  const options = [...url.searchParams.keys()].filter((name) => name.startsWith('$'));
  const text = url.searchParams.get('$deltatoken') ?? url.searchParams.get('$skiptoken');
  if (text === null || text === 'latest') {
    const odd = options.find((name) => name !== '$select' && name !== '$deltatoken');
    if (odd !== undefined) throw new Refusal(400, 'Request_UnsupportedQuery', `'${odd}' is not supported here.`);
    const select = url.searchParams.get('$select') ?? [...PROPERTIES].join(',');
    return { place: text === null ? 0 : devices.length, isFirst: true, page: 1, madeAt: now, select };
  }
  // What was selected is in the token.
  if (options.length > 1) throw new Refusal(400, 'Request_UnsupportedQuery', 'The token stands by itself.');
  const token = readToken(text);
  if (token !== null && now - token.madeAt <= LIFE_MS) return token;
  throw new Refusal(
    410,
    'syncStateNotFound',
    'The sync state generation is not found. The delta token is expired and data must be synchronized again.',
  );
}

function selectorOf(text: string): (change: DirectoryChange) => object {
  const names = ['id', ...text.split(',').map((name) => name.trim())];
  const unknown = names.find((name) => !PROPERTIES.has(name));
  if (unknown !== undefined)
    throw new Refusal(400, 'Request_BadRequest', `Could not find a property named '${unknown}'.`);
  return (change) => {
    if ('removed' in change) return { id: change.id, '@removed': { reason: 'deleted' } };
    return Object.fromEntries([...new Set(names)].map((name) => [name, change[name as keyof typeof change]]));
  };
}

function linkOf(url: URL, name: '$skiptoken' | '$deltatoken', token: Token): string {
  const link = new URL(url.pathname, url.origin);
  link.searchParams.set(name, Buffer.from(JSON.stringify(token)).toString('base64url'));
  return link.href;
}

function readToken(text: string): Token | null {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Token;
  } catch {
    return null;
  }
}
