/** Who is in a group of Active Directory, groups within it included: all of them, or a failure. */
import { DirectoryFailure, shown, textsOf, type DirectoryEntry, type DirectorySession } from './connection.ts';
import { filterValue } from './filter.ts';
import { bytesOf, classesOf, findGroup, groupOf, readScope, GROUP_ATTRIBUTES } from './find-group.ts';
import type { DirectoryGroup, DirectoryScope } from './find-group.ts';

/** A user in a group. */
export interface DirectoryMember {
  /** objectGUID, which is the GUID of the user's mailbox too. */
  readonly id: string;
  readonly upn: string | null;
  /** Every SMTP address without prefix, the primary one first. */
  readonly addresses: readonly string[];
}

/** LDAP_MATCHING_RULE_TRANSITIVE_EVAL [MS-ADTS 3.1.1.3.4.4]. */
const IN_CHAIN = '1.2.840.113556.1.4.1941';
/** SAM_USER_OBJECT [MS-SAMR 2.2.1.9]: people's accounts, not those of computers. */
const IS_USER = '(sAMAccountType=805306368)';
/** Half of what Active Directory gives at once (MaxPageSize). */
const PAGE_SIZE = 500;
/** Groups that are asked about at once. */
const GROUPS_AT_ONCE = 20;
/** Result code sizeLimitExceeded [RFC 4511 A.1]. */
const SIZE_LIMIT = 4;

const MEMBER_ATTRIBUTES = [...GROUP_ATTRIBUTES, 'objectGUID', 'userPrincipalName', 'mail', 'proxyAddresses'];
const BYTES = ['objectGUID', 'objectSid'];

/**
 * Reads the users of a group.
 * @param name GUID, distinguished name, `DOMAIN\name` or sAMAccountName
 * @param isCatalog the server is asked as a global catalog
 * @throws DirectoryFailure, and what the session throws
 */
export async function readMembers(
  session: DirectorySession,
  name: string,
  isCatalog: boolean,
): Promise<DirectoryMember[]> {
  const scope = await readScope(session, isCatalog);
  const group = await findGroup(session, name, scope);
  const entries = await entriesIn(session, group, scope);
  const sorted = sortEntries(entries);
  const groups = [group, ...sorted.groups];
  if (isCatalog) refuseGroupsOfOneDomain(groups);
  await refuseIfUnlike(session, groups, entries);
  if (entries.length === 0) await refuseIfBlind(session, scope);
  const users = [...sorted.users, ...(await usersByPrimaryGroup(session, groups, scope))].map(memberOf);
  return [...new Map(users.map((user) => [user.id, user])).values()];
}

/** Everything in the group and in groups within it, each once; the group itself is not in it, though it may be in a circle. */
async function entriesIn(
  session: DirectorySession,
  { dn }: DirectoryGroup,
  { base }: DirectoryScope,
): Promise<DirectoryEntry[]> {
  const entries = await session.search(base, {
    scope: 'sub',
    filter: `(memberOf:${IN_CHAIN}:=${filterValue(dn)})`,
    attributes: MEMBER_ATTRIBUTES,
    explicitBufferAttributes: BYTES,
    paged: { pageSize: PAGE_SIZE },
  });
  return entries.filter((entry) => keyOf(entry.dn) !== keyOf(dn));
}

/** Both spellings come from one server, which writes a name in one way. */
function keyOf(dn: string): string {
  return dn.toLowerCase();
}

// ── what they are ───────────────────────────────────────────────────────────

/*
 *   class                            is
 *   computer                         nobody with a mailbox
 *   user                             a member
 *   group                            a group whose members count
 *   foreignSecurityPrincipal         somebody of another forest, of whom nothing is known here: the group is unusable
 *   msExchDynamicDistributionList    a group whose members Exchange alone knows: the group is unusable
 *   none that may be read            unknown: the group is unusable
 *   any other, such as contact       nobody with a mailbox
 */
function sortEntries(entries: readonly DirectoryEntry[]): {
  readonly users: DirectoryEntry[];
  readonly groups: DirectoryGroup[];
} {
  const users: DirectoryEntry[] = [];
  const groups: DirectoryGroup[] = [];
  for (const entry of entries) {
    const classes = classesOf(entry);
    if (classes.length === 0) throw unusable(entry.dn, 'may not be read', 'Let the account read all of its members.');
    if (classes.includes('foreignsecurityprincipal'))
      throw unusable(entry.dn, 'is somebody of another forest', 'Name a group without members of other forests.');
    if (classes.includes('msexchdynamicdistributionlist'))
      throw unusable(
        entry.dn,
        'is a dynamic distribution group',
        'Name it in the rule by its mail address, and take it out of this group.',
      );
    if (classes.includes('group')) groups.push(groupOf(entry));
    else if (classes.includes('user') && !classes.includes('computer')) users.push(entry);
  }
  return { users, groups };
}

function unusable(dn: string, what: string, check: string): DirectoryFailure {
  return new DirectoryFailure('content', `Its member ${shown(dn)} ${what}, so its members are not known.`, check);
}

function memberOf(entry: DirectoryEntry): DirectoryMember {
  const guid = bytesOf(entry, 'objectGUID');
  if (guid?.length !== 16)
    throw unusable(entry.dn, 'has no objectGUID that may be read', 'Let the account read all of its members.');
  const proxies = textsOf(entry, 'proxyAddresses').filter((text) => /^smtp:/i.test(text));
  // "SMTP:" marks the primary address, "smtp:" further ones.
  const inOrder = [...proxies.filter((text) => text.startsWith('SMTP:')), ...proxies].map((text) => text.slice(5));
  return {
    id: guidOf(guid),
    upn: textsOf(entry, 'userPrincipalName')[0] ?? null,
    addresses: distinct([...inOrder, ...textsOf(entry, 'mail')]),
  };
}

/** Without repeats that differ in case only; the first spelling and place stay. */
function distinct(addresses: readonly string[]): string[] {
  const known = new Set<string>();
  return addresses.filter((text) => !known.has(text.toLowerCase()) && known.add(text.toLowerCase()));
}

/** The first three parts are numbers, lowest byte first [MS-DTYP 2.3.4.2]. */
function guidOf(bytes: Buffer): string {
  const turned = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => bytes[at] ?? 0);
  return Buffer.from(turned)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// ── whether they are all ────────────────────────────────────────────────────

/*
 *   what the groups list as members       what was found in them     the group is
 *   the same                              the same                   complete
 *   one that was not found                                           unusable: it is of another domain, or may not be read
 *                                         one that is not listed     unusable: the lists may not be read
 *   nothing, and nothing of any group in the domain is shown         unusable: memberships may not be read
 */

/** A search leaves out without a word what is elsewhere or may not be seen; the lists of the groups name it all the same. */
async function refuseIfUnlike(
  session: DirectorySession,
  groups: readonly DirectoryGroup[],
  entries: readonly DirectoryEntry[],
): Promise<void> {
  const found = new Set([...entries, groups[0]!].map(({ dn }) => keyOf(dn)));
  const listed = new Set<string>();
  for (const group of groups) {
    for (const dn of await listOf(session, group)) {
      listed.add(keyOf(dn));
      if (!found.has(keyOf(dn)))
        throw unusable(
          dn,
          'was not found',
          'If it is of another domain, give the address of a global catalog (ldaps://…:3269); if not, let the account read it.',
        );
    }
  }
  const unlisted = entries.find(({ dn }) => !listed.has(keyOf(dn)));
  if (unlisted !== undefined)
    throw unusable(unlisted.dn, 'is not in a list that may be read', 'Let the account read "member" of its groups.');
}

/** Names of direct members. A list is given in pieces, of 1,500 or as many as the server likes [MS-ADTS]. */
async function listOf(session: DirectorySession, { dn }: DirectoryGroup): Promise<string[]> {
  const names: string[] = [];
  for (let from = 0; ;) {
    const [entry] = await session.search(dn, { scope: 'base', attributes: [`member;range=${from}-*`] });
    if (entry === undefined) throw unusable(dn, 'was not found any more', 'It is read again with the next sync.');
    // What was asked for stands there without values beside what was given.
    const piece = Object.entries(entry).find(([key, value]) => /^member\b/i.test(key) && [value].flat().length > 0);
    if (piece === undefined) return names;
    names.push(...[piece[1]].flat().map(String));
    const last = /;range=\d+-(\d+)$/i.exec(piece[0])?.[1];
    if (last === undefined) return names;
    from = Number(last) + 1;
  }
}

/** A global catalog knows the members of universal groups only [MS-ADTS]. */
function refuseGroupsOfOneDomain(groups: readonly DirectoryGroup[]): void {
  const other = groups.find(({ isUniversal }) => !isUniversal);
  if (other !== undefined)
    throw new DirectoryFailure(
      'content',
      `${shown(other.dn)} is not universal, so a global catalog does not know its members.`,
      'Make it universal, or give the address of a domain controller of its domain (port 636).',
    );
}

/** An account that may not read memberships sees every group empty. */
async function refuseIfBlind(session: DirectorySession, { base }: DirectoryScope): Promise<void> {
  const [any] = await session.search(base, {
    scope: 'sub',
    filter: '(&(objectClass=group)(member=*))',
    attributes: ['1.1'],
    sizeLimit: 1,
  });
  if (any === undefined)
    throw new DirectoryFailure(
      'content',
      'No group of the directory shows a member.',
      'Let the account read "member" and "memberOf".',
    );
}

/**
 * Users whose primary group it is, which no list of members names. They are asked for in one answer without pages, so that
 * nothing can be missing from it.
 */
async function usersByPrimaryGroup(
  session: DirectorySession,
  groups: readonly DirectoryGroup[],
  { base }: DirectoryScope,
): Promise<DirectoryEntry[]> {
  const sids = groups.flatMap(({ sid }) => (sid === null ? [] : [sid]));
  if (sids.length < groups.length)
    throw new DirectoryFailure(
      'content',
      'The SID of one of its groups may not be read.',
      'Let the account read "objectSid".',
    );
  const known = new Set(sids.map((sid) => sid.toString('hex')));
  const users: DirectoryEntry[] = [];
  for (let at = 0; at < sids.length; at += GROUPS_AT_ONCE) {
    const some = sids
      .slice(at, at + GROUPS_AT_ONCE)
      .map((sid) => `(primaryGroupID=${sid.readUInt32LE(sid.length - 4)})`);
    const found = await primaryUsers(session, base, `(&${IS_USER}(|${some.join('')}))`);
    users.push(...found.filter((entry) => known.has(primarySidOf(entry))));
  }
  return users;
}

/** The last number of a SID counts within one domain: another domain of the forest may have it too. */
function primarySidOf(entry: DirectoryEntry): string {
  const sid = bytesOf(entry, 'objectSid');
  const group = Number(textsOf(entry, 'primaryGroupID')[0]);
  if (sid === null || sid.length < 12 || !Number.isInteger(group))
    throw unusable(entry.dn, 'has no SID that may be read', 'Let the account read "objectSid" of users.');
  const bytes = Buffer.from(sid);
  bytes.writeUInt32LE(group >>> 0, bytes.length - 4);
  return bytes.toString('hex');
}

async function primaryUsers(session: DirectorySession, base: string, filter: string): Promise<DirectoryEntry[]> {
  try {
    return await session.search(base, {
      scope: 'sub',
      filter,
      attributes: [...MEMBER_ATTRIBUTES, 'primaryGroupID'],
      explicitBufferAttributes: BYTES,
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== SIZE_LIMIT) throw error;
    throw new DirectoryFailure(
      'content',
      'It, or a group in it, is the primary group of more users than the directory gives in one answer.',
      'Name a group whose members are listed; "Domain Users" is the primary group of everybody.',
      { code: SIZE_LIMIT },
    );
  }
}
