/** Which application permissions the connector uses, and which of Graph's stand in for them. Pure. */
import type { SAYINGS_EN } from './words/sayings.ts';

/** Without a needed one nothing can be read; an optional one is for what somebody wants. */
export type PermissionLevel = 'needed' | 'optional';

/** One permission of Microsoft Graph, as the `roles` of a token name it. */
export interface UsedPermission {
  readonly name: string;
  /** Id of the application role in every tenant ("Microsoft Graph permissions reference"). */
  readonly id: string;
  readonly level: PermissionLevel;
  /** What it is for, as "to …". */
  readonly use: Extract<keyof typeof SAYINGS_EN, `use.${string}`>;
  /** Wider ones that give the same ("Permissions" of the calls' reference pages: from least to most privileged). */
  readonly wider: readonly string[];
}

export const USED_PERMISSIONS: readonly UsedPermission[] = [
  {
    name: 'DeviceManagementManagedDevices.Read.All',
    id: '2f51be20-0bb4-4fed-bf7b-db946066c75e',
    level: 'needed',
    use: 'use.devices',
    wider: ['DeviceManagementManagedDevices.ReadWrite.All'],
  },
  {
    name: 'GroupMember.Read.All',
    id: '98830695-27a2-44f7-8c18-0c3ebc9698f6',
    level: 'optional',
    use: 'use.groups',
    wider: [
      'GroupMember.ReadWrite.All',
      'Group.Read.All',
      'Group.ReadWrite.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  {
    name: 'User.Read.All',
    id: 'df021288-bdef-4463-88db-98f22de89214',
    level: 'optional',
    use: 'use.addresses',
    wider: ['User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  {
    name: 'Device.Read.All',
    id: '7438b122-aefc-4978-80ed-43db9fcc7715',
    level: 'optional',
    use: 'use.changes',
    wider: ['Device.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
];

/**
 * What a role that the connector does not use lets its owner do. Graph's names end in what may be done to whose objects:
 * `Mail.Read`, `User.ReadBasic.All`, `Sites.FullControl.All`.
 *
 * | name                                               | lets            |
 * |----------------------------------------------------|-----------------|
 * | a part is Read, ReadBasic, ReadHidden …, no other  | read            |
 * | anything else: ReadWrite, PrivilegedOperations,    | change things   |
 * | FullControl, Send, Manage, Create, or a new word   |                 |
 */
export function onlyReads(role: string): boolean {
  const [, ...parts] = role.split('.');
  const doing = parts.filter((part) => !['All', 'Shared', 'Hidden', 'Selected', 'OwnedBy'].includes(part));
  return doing.length > 0 && doing.every((part) => /^Read(?!Write)([A-Z][a-z]+)*$/.test(part));
}
