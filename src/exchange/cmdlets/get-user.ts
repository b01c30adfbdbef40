/** Get-User: the sign-in name of a mailbox's user, which often is not its mail address, and the mailbox's type. */
import type { PlainObject } from '../../clixml/value.ts';
import { recipientTypeDetails } from '../mailbox-type.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import type { Filter } from './filter.ts';
import { distinguishedNameOf, guidOf, textOf } from './plain-record.ts';
import { queryParameters, readObjects } from './read-objects.ts';
import type { Identified, Query } from './read-objects.ts';

/** What we read of a User object. */
export interface User extends Identified {
  readonly upn: string | null;
  readonly displayName: string | null;
  /** RecipientTypeDetails: UserMailbox, SharedMailbox, RoomMailbox, … */
  readonly type: string | null;
}

/** Users that have a mailbox here (RecipientType is UserMailbox for every kind of mailbox a user may own). */
export const WITH_MAILBOX: Filter = { property: 'RecipientType', operator: 'eq', value: 'UserMailbox' };

/** What {@link toUser} reads. */
export const USER_PROPERTIES: ReadonlySet<string> = new Set([
  'Guid',
  'DistinguishedName',
  'UserPrincipalName',
  'DisplayName',
  'RecipientTypeDetails',
]);

/** Streams users. Throws what the transport throws, and ERR_EXCHANGE_RECORD if another user came back than asked for. */
export function getUser(
  transport: CmdletTransport,
  query: Query,
  options?: CmdletOptions,
): AsyncGenerator<User, void, undefined> {
  const properties = USER_PROPERTIES;
  return readObjects(transport, 'Get-User', queryParameters(query), toUser, { ...options, properties });
}

/** A User object read; null without GUID or distinguished name. */
export function toUser(record: PlainObject): User | null {
  const id = guidOf(record, 'Guid');
  const distinguishedName = distinguishedNameOf(record);
  if (id === null || distinguishedName === null) return null;
  return {
    id,
    distinguishedName,
    upn: textOf(record, 'UserPrincipalName'),
    displayName: textOf(record, 'DisplayName'),
    type: recipientTypeDetails(textOf(record, 'RecipientTypeDetails')),
  };
}
