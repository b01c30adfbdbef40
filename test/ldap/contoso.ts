/** People and groups of a domain, for tests to put together. */
import { bytesOfGuid, bytesOfSid, type DirectoryObject } from '../support/directory-domain.ts';

export const BASE = 'DC=contoso,DC=example';
const DOMAIN_SID = 'S-1-5-21-1004336348-1177238915-682003330';

const id = (kind: number, at: number): string =>
  `${String(kind).padStart(8, '0')}-0a1b-4c2d-9e3f-${at.toString(16).padStart(12, '0')}`;

export const userId = (at: number): string => id(1, at);
export const groupId = (at: number): string => id(2, at);
export const userDn = (at: number): string => `CN=User ${at},OU=People,${BASE}`;

/** A user of number `at`; mail user1@…, UPN u1@…. */
export function user(at: number, more: DirectoryObject['values'] = {}): DirectoryObject {
  return {
    dn: userDn(at),
    values: {
      objectClass: ['top', 'person', 'organizationalPerson', 'user'],
      objectGUID: [bytesOfGuid(userId(at))],
      objectSid: [bytesOfSid(`${DOMAIN_SID}-${10_000 + at}`)],
      sAMAccountType: ['805306368'],
      primaryGroupID: ['513'],
      userPrincipalName: [`u${at}@contoso.example`],
      mail: [`user${at}@contoso.example`],
      ...more,
    },
  };
}

export const groupDn = (name: string): string => `CN=${name.replace(/[,\\]/g, '\\$&')},OU=Groups,${BASE}`;

/** A group; `at` makes its GUID and its SID. */
export function group(
  at: number,
  name: string,
  members: readonly string[],
  more: DirectoryObject['values'] = {},
): DirectoryObject {
  return {
    dn: groupDn(name),
    values: {
      objectClass: ['top', 'group'],
      objectGUID: [bytesOfGuid(groupId(at))],
      objectSid: [bytesOfSid(`${DOMAIN_SID}-${1_000 + at}`)],
      sAMAccountName: [name],
      groupType: ['-2147483646'],
      member: members,
      ...more,
    },
  };
}

/** Another object below the domain. */
export function thing(name: string, objectClass: readonly string[]): DirectoryObject {
  return { dn: `CN=${name},${BASE}`, values: { objectClass } };
}

/** The partition of a domain by its NetBIOS name. */
export function partition(netbios: string, domain: string): DirectoryObject {
  return {
    dn: `CN=${netbios},CN=Partitions,CN=Configuration,${BASE}`,
    values: { objectClass: ['crossRef'], nETBIOSName: [netbios], nCName: [domain] },
  };
}
