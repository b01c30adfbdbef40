/** Which entry of an Active Directory a rule's group is. */
import { DirectoryFailure, textsOf, type DirectoryEntry, type DirectorySession } from './connection.ts';
import { filterValue } from './filter.ts';

/** The part of a directory that is looked at. */
export interface DirectoryScope {
  /** Name of the domain that is read; empty: the forest, of which a global catalog knows something of everything. */
  readonly base: string;
  /** The partition that says which domains there are. */
  readonly configuration: string;
  readonly isCatalog: boolean;
}

/** A group, the one that is asked about or one within it. */
export interface DirectoryGroup {
  readonly dn: string;
  /** Its SID as bytes [MS-DTYP 2.4.2.2]; null: it may not be read. */
  readonly sid: Buffer | null;
  readonly isUniversal: boolean;
}

/** What is read of a group. */
export const GROUP_ATTRIBUTES = ['objectClass', 'objectSid', 'groupType'] as const;

/** Bit of `groupType` [MS-ADTS]. */
const UNIVERSAL = 0x8;
const GUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;
/** Result code noSuchObject [RFC 4511 A.1]. */
const NO_SUCH_OBJECT = 32;

/** The first questions. */
export async function readScope(session: DirectorySession, isCatalog: boolean): Promise<DirectoryScope> {
  const names = ['defaultNamingContext', 'configurationNamingContext'];
  const [root] = await session.search('', { scope: 'base', attributes: names });
  const [domain, configuration] = names.map((name) => textsOf(root, name)[0]);
  if (domain === undefined || configuration === undefined)
    throw new DirectoryFailure('content', 'It names no domain, so it is no Active Directory.', 'Check the address.');
  return { base: isCatalog ? '' : domain, configuration, isCatalog };
}

/*
 *   written as             the group is
 *   GUID                   the entry of that objectGUID (`<GUID=…>` names one, [MS-ADTS])
 *   distinguished name     the entry of that name
 *   DOMAIN\name            who has the sAMAccountName in the domain of that NetBIOS name
 *   name                   who has the sAMAccountName in what is looked at
 */

/** Finds it. @throws DirectoryFailure if it is none, or more than one */
export async function findGroup(
  session: DirectorySession,
  name: string,
  scope: DirectoryScope,
): Promise<DirectoryGroup> {
  const found = await entriesOf(session, name.trim(), scope);
  const [only] = found;
  if (only === undefined)
    throw new DirectoryFailure(
      'content',
      'Active Directory knows no such group.',
      'Check how the rule writes it, and that the account may read it.',
    );
  if (found.length > 1)
    throw new DirectoryFailure('content', 'Several groups have this name.', 'Write DOMAIN\\name or its GUID.');
  const classes = classesOf(only);
  if (classes.includes('msexchdynamicdistributionlist'))
    throw new DirectoryFailure(
      'content',
      'It is a dynamic distribution group, whose members Exchange alone knows.',
      'Write its mail address.',
    );
  if (!classes.includes('group'))
    throw new DirectoryFailure('content', 'What has this name is not a group.', 'Check how the rule writes it.');
  return groupOf(only);
}

async function entriesOf(session: DirectorySession, name: string, scope: DirectoryScope): Promise<DirectoryEntry[]> {
  const guid = GUID.exec(name)?.[1];
  if (guid !== undefined) return namedEntry(session, `<GUID=${guid}>`);
  if (name.includes('=')) return namedEntry(session, name);
  const [, domain, account = name] = /^([^\\]*)\\([^]*)$/.exec(name) ?? [];
  return session.search(domain === undefined ? scope.base : await domainOf(session, domain, scope), {
    scope: 'sub',
    filter: `(&(objectClass=group)(sAMAccountName=${filterValue(account)}))`,
    attributes: [...GROUP_ATTRIBUTES],
    explicitBufferAttributes: ['objectSid'],
  });
}

async function namedEntry(session: DirectorySession, dn: string): Promise<DirectoryEntry[]> {
  try {
    return await session.search(dn, {
      scope: 'base',
      attributes: [...GROUP_ATTRIBUTES],
      explicitBufferAttributes: ['objectSid'],
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === NO_SUCH_OBJECT) return [];
    throw error;
  }
}

/** The name of a domain; what has a NetBIOS name stands in the configuration [MS-ADTS]. */
async function domainOf(session: DirectorySession, netbios: string, scope: DirectoryScope): Promise<string> {
  const [entry] = await session.search(`CN=Partitions,${scope.configuration}`, {
    scope: 'sub',
    filter: `(&(objectClass=crossRef)(nETBIOSName=${filterValue(netbios)}))`,
    attributes: ['nCName'],
  });
  const domain = textsOf(entry, 'nCName')[0];
  if (domain === undefined)
    throw new DirectoryFailure('content', `The forest has no domain "${netbios}".`, 'Check how the rule writes it.');
  if (!scope.isCatalog && domain.toLowerCase() !== scope.base.toLowerCase())
    throw new DirectoryFailure(
      'content',
      `"${netbios}" is another domain than that of the server that is asked.`,
      'Give the address of a global catalog (ldaps://…:3269) or of a domain controller of that domain.',
    );
  return domain;
}

/** The classes of an entry in small letters; none: they may not be read. */
export function classesOf(entry: DirectoryEntry): string[] {
  return textsOf(entry, 'objectClass').map((name) => name.toLowerCase());
}

/** An entry of class group. */
export function groupOf(entry: DirectoryEntry): DirectoryGroup {
  const type = Number(textsOf(entry, 'groupType')[0] ?? 0);
  return { dn: entry.dn, sid: bytesOf(entry, 'objectSid'), isUniversal: (type & UNIVERSAL) !== 0 };
}

/** A value that was asked for as bytes. */
export function bytesOf(entry: DirectoryEntry, name: string): Buffer | null {
  const [value] = [entry[name]].flat();
  return Buffer.isBuffer(value) && value.length > 0 ? value : null;
}
