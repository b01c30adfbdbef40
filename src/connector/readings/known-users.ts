/**
 * Whether the users of an organization's mailboxes were ever read.
 * In: the pages of its readings. Out: the same. Changes: that they were, once.
 */
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import type { Page } from './page.ts';

/*
 *   Get-User                         users were read before   the mailboxes of a reading
 *   is answered                      any                      have their users; from here on they were read before
 *   is not a cmdlet of the account   no                       go without: who never had the right still syncs
 *   is not a cmdlet of the account   yes                      have a gap, as their owners are known to the MDM by names that
 *                                                             are missing now: nobody is lowered for that
 *   fails otherwise                  any                      have a gap
 */

/** Of the organization alone: who lets go of it lets go of this too. */
function settingName(organization: string): string {
  return `access.usersRead.${organization}`;
}

/** True once a reading had a user's sign-in name. */
export async function wereUsersRead({ settings }: Pick<Store, 'settings'>, organization: string): Promise<boolean> {
  return (await settings.get(settingName(organization))) === true;
}

/** Keeps it as soon as a page has one. @param wereRead what {@link wereUsersRead} said */
export function notingUsers(
  { settings }: Pick<Store, 'settings'>,
  pages: AsyncIterable<Page<EasRecord>>,
  { organization, wereRead }: { readonly organization: string; readonly wereRead: boolean },
): AsyncIterable<Page<EasRecord>> {
  return wereRead ? pages : noted(settings, pages, organization);
}

async function* noted(
  settings: Store['settings'],
  pages: AsyncIterable<Page<EasRecord>>,
  organization: string,
): AsyncGenerator<Page<EasRecord>> {
  let isNoted = false;
  for await (const page of pages) {
    if (!isNoted && page.records.some(({ mailbox }) => mailbox.upn !== null)) {
      await settings.set(settingName(organization), true);
      isNoted = true;
    }
    yield page;
  }
}
