/** One domain of an Active Directory in memory: what searches find in it, in pages, with the ranges of long lists [MS-ADTS]. */
import { elements, integer, octets, tlv, type Element } from './ber.ts';

/** An object by its name. `member` is kept at groups; `memberOf` is made of it. */
export interface DirectoryObject {
  readonly dn: string;
  readonly values: Readonly<Record<string, readonly (string | Buffer)[]>>;
  /** Its list of members names it, and no search shows it. */
  readonly isHidden?: boolean;
}

/** What a domain holds, and how it misbehaves. */
export interface DirectoryDomain {
  readonly base: string;
  readonly objects: readonly DirectoryObject[];
  /** Most entries of one answer; default 1000. */
  readonly maxPageSize?: number;
  /** Most values of one attribute in one answer; default 1500. */
  readonly maxValues?: number;
  /** Attributes that nobody is shown. */
  readonly unreadable?: readonly string[];
  /** Result code of a search, by its number among those on all connections, beginning with 1; default 0. */
  readonly codes?: Readonly<Record<number, number>>;
  /** The connection ends in the middle of this search. */
  readonly cutAt?: number;
  /** A page of this search is empty, though more is to come. */
  readonly emptyPageAt?: number;
  /** Answers without pages, though pages were asked for, and says that this was all it gives. */
  readonly ignoresPages?: boolean;
  /** Filled with what was asked: base and filter. */
  readonly asked: { readonly base: string; readonly filter: string }[];
}

export const NO_SUCH_OBJECT = 32;
const REFERRAL = 10;
const SIZE_LIMIT = 4;
const PAGED = '1.2.840.113556.1.4.319';
const IN_CHAIN = '1.2.840.113556.1.4.1941';

/** A domain of these objects. */
export function directoryDomain(
  objects: readonly DirectoryObject[],
  options: Partial<Omit<DirectoryDomain, 'objects' | 'asked'>> = {},
): DirectoryDomain {
  return { base: 'DC=contoso,DC=example', ...options, objects, asked: [] };
}

export interface SearchAnswer {
  readonly parts: readonly (readonly [string, Readonly<Record<string, readonly (string | Buffer)[]>>])[];
  readonly code: number;
  /** Controls of the answer. */
  readonly control: Buffer | null;
  readonly isCut: boolean;
}

/** What the domain says to a search request [RFC 4511 4.5.1]. */
export function answerSearch(domain: DirectoryDomain, request: Buffer, controls: Buffer | undefined): SearchAnswer {
  const [base, scope, , limit, , , filter, attributes] = elements(request);
  if (!base || !scope || !limit || !filter || !attributes) throw new Error('That is no search.');
  const name = base.content.toString();
  domain.asked.push({ base: name, filter: filterText(filter) });
  const at = domain.asked.length;
  const wanted = elements(attributes.content).map(({ content }) => content.toString());
  const answer = (found: readonly DirectoryObject[], code: number, control: Buffer | null = null): SearchAnswer => ({
    parts: found.map((object) => [object.dn, shownOf(domain, object, wanted)]),
    code,
    control,
    isCut: domain.cutAt === at,
  });
  const forced = domain.codes?.[at];
  if (forced !== undefined) return answer([], forced);
  const isBase = scope.content[0] === 0;
  const [code, objects] = objectsAt(domain, name, isBase);
  if (code !== 0) return answer([], code);
  const found = objects.filter((object) => fits(domain, object, filter));
  const page = pageOf(controls);
  if (page === null || domain.ignoresPages)
    return unpaged(domain, found, limit.content.readUIntBE(0, limit.content.length), answer);
  // The cookie says where the next page begins.
  const isEmpty = domain.emptyPageAt === at;
  const end = isEmpty ? page.from : page.from + Math.min(page.size, domain.maxPageSize ?? 1000);
  const cookie = end < found.length || isEmpty ? String(end) : '';
  return answer(found.slice(page.from, end), 0, pageControl(cookie));
}

function unpaged(
  { maxPageSize = 1000 }: DirectoryDomain,
  found: readonly DirectoryObject[],
  limit: number,
  answer: (found: readonly DirectoryObject[], code: number) => SearchAnswer,
): SearchAnswer {
  const most = limit === 0 ? maxPageSize : Math.min(limit, maxPageSize);
  return answer(found.slice(0, most), found.length > most ? SIZE_LIMIT : 0);
}

function objectsAt(domain: DirectoryDomain, name: string, isBase: boolean): [number, readonly DirectoryObject[]] {
  const seen = domain.objects.filter(({ isHidden }) => isHidden !== true);
  if (name === '' && isBase) return [0, [rootOf(domain)]];
  const guid = /^<GUID=(.+)>$/i.exec(name)?.[1];
  if (guid !== undefined) {
    const found = seen.filter(({ values }) => textOfGuid(values['objectGUID']?.[0]) === guid.toLowerCase());
    return [found.length === 0 ? NO_SUCH_OBJECT : 0, found];
  }
  const isBelow = (dn: string): boolean =>
    name === '' || dn.toLowerCase() === key(name) || key(dn).endsWith(`,${key(name)}`);
  if (!key(name).endsWith(key(domain.base)) && name !== '') return [REFERRAL, []];
  const found = seen.filter(({ dn }) => (isBase ? key(dn) === key(name) : isBelow(dn)));
  return [isBase && found.length === 0 ? NO_SUCH_OBJECT : 0, found];
}

function rootOf({ base }: DirectoryDomain): DirectoryObject {
  return {
    dn: '',
    values: {
      objectClass: ['top'],
      defaultNamingContext: [base],
      configurationNamingContext: [`CN=Configuration,${base}`],
    },
  };
}

const key = (dn: string): string => dn.toLowerCase();

/** objectGUID as bytes [MS-DTYP 2.3.4.2]. */
export function bytesOfGuid(guid: string): Buffer {
  const hex = guid.replaceAll('-', '').match(/../g) ?? [];
  return Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => hex[at]).join(''), 'hex');
}

function textOfGuid(bytes: string | Buffer | undefined): string | null {
  if (!Buffer.isBuffer(bytes)) return null;
  const hex = bytesOfGuid(bytes.toString('hex')).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** objectSid as bytes [MS-DTYP 2.4.2.2]: `S-1-5-21-1-2-3-1104`. */
export function bytesOfSid(sid: string): Buffer {
  const [, , authority = 0, ...subs] = sid.split('-').map(Number);
  const bytes = Buffer.alloc(8 + subs.length * 4);
  bytes.set([1, subs.length]);
  bytes.writeUIntBE(authority, 2, 6);
  subs.forEach((sub, at) => bytes.writeUInt32LE(sub, 8 + at * 4));
  return bytes;
}

// ── filters ─────────────────────────────────────────────────────────────────

function fits(domain: DirectoryDomain, object: DirectoryObject, filter: Element): boolean {
  const parts = filter.tag >= 0xa0 ? elements(filter.content) : [];
  const texts = parts.map(({ content }) => content.toString());
  switch (filter.tag) {
    case 0xa0:
      return parts.every((part) => fits(domain, object, part));
    case 0xa1:
      return parts.some((part) => fits(domain, object, part));
    case 0xa3:
      return valuesOf(domain, object, texts[0] ?? '').some((value) => key(String(value)) === key(texts[1] ?? ''));
    case 0x87:
      return valuesOf(domain, object, filter.content.toString()).length > 0;
    case 0xa9: {
      const named = (tag: number): string => parts.find((part) => part.tag === tag)?.content.toString() ?? '';
      if (named(0x81) !== IN_CHAIN || key(named(0x82)) !== 'memberof') return false;
      return isUnreadable(domain, 'memberOf') ? false : isInChain(domain, object.dn, named(0x83));
    }
    default:
      return false;
  }
}

const chains = new WeakMap<DirectoryDomain, Map<string, Set<string>>>();

/** True if it is in the group, or in one that is. */
function isInChain(domain: DirectoryDomain, dn: string, group: string): boolean {
  const known = chains.get(domain) ?? new Map<string, Set<string>>();
  chains.set(domain, known);
  const found = known.get(key(group)) ?? new Set<string>();
  if (!known.has(key(group))) {
    known.set(key(group), found);
    const groups = new Map(domain.objects.map((object) => [key(object.dn), object.values['member'] ?? []]));
    const waiting = [key(group)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      for (const member of groups.get(next) ?? [])
        if (!found.has(key(String(member)))) {
          found.add(key(String(member)));
          waiting.push(key(String(member)));
        }
  }
  return found.has(key(dn));
}

function isUnreadable({ unreadable = [] }: DirectoryDomain, name: string): boolean {
  return unreadable.some((one) => key(one) === key(name));
}

function valuesOf(domain: DirectoryDomain, { values }: DirectoryObject, name: string): readonly (string | Buffer)[] {
  if (isUnreadable(domain, name)) return [];
  return Object.entries(values).find(([one]) => key(one) === key(name))?.[1] ?? [];
}

/** What is asked for, lists in pieces. */
function shownOf(
  domain: DirectoryDomain,
  object: DirectoryObject,
  wanted: readonly string[],
): Record<string, readonly (string | Buffer)[]> {
  const { maxValues = 1500 } = domain;
  const shown = wanted.map((asked): [string, readonly (string | Buffer)[]] => {
    const [, name = asked, from] = /^([^;]+);range=(\d+)-\*$/.exec(asked) ?? [];
    const values = valuesOf(domain, object, name);
    const start = Number(from ?? 0);
    if (from === undefined && values.length <= maxValues) return [name, values];
    const piece = values.slice(start, start + maxValues);
    const last = start + maxValues >= values.length ? '*' : String(start + maxValues - 1);
    return [`${name};range=${start}-${last}`, piece];
  });
  return Object.fromEntries(shown);
}

/** A filter as it is written, values as they are: for tests to look at. */
function filterText(filter: Element): string {
  const parts = filter.tag >= 0xa0 ? elements(filter.content) : [];
  const texts = parts.map(({ content }) => content.toString());
  if (filter.tag === 0xa0 || filter.tag === 0xa1)
    return `(${filter.tag === 0xa0 ? '&' : '|'}${parts.map(filterText).join('')})`;
  if (filter.tag === 0xa3) return `(${texts.join('=')})`;
  if (filter.tag === 0xa9) return `(${texts[1]}:${texts[0]}:=${texts[2]})`;
  return `(${filter.content.toString()}=*)`;
}

// ── pages [RFC 2696] ────────────────────────────────────────────────────────

function pageOf(controls: Buffer | undefined): { readonly size: number; readonly from: number } | null {
  for (const { content } of elements(controls ?? Buffer.alloc(0))) {
    const [oid, ...rest] = elements(content);
    if (oid?.content.toString() !== PAGED) continue;
    const [size, cookie] = elements(elements(rest.at(-1)?.content ?? Buffer.alloc(0))[0]?.content ?? Buffer.alloc(0));
    if (!size || !cookie) throw new Error('That is no control for pages.');
    return { size: size.content.readUIntBE(0, size.content.length), from: Number(cookie.content.toString() || 0) };
  }
  return null;
}

function pageControl(cookie: string): Buffer {
  return tlv(0xa0, tlv(0x30, octets(PAGED), octets(tlv(0x30, integer(0), octets(cookie)))));
}
