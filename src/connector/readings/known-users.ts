/**
 * Whether the users of an organization's mailboxes were ever read, and whether a reading has lost them.
 * In: the pages of its readings. Out: the same; of a reading by message its gaps. Changes: that they were read, once.
 */
import { gapsTogether } from '../../model/reading-gaps.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
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

/*
 *   of a reading that comes by message                  readings before   then its mailboxes
 *   some have a sign-in name                            any               are as they came; from here on there were names before
 *   none has one                                        none had          go without
 *   none has one                                        some had          have a gap: an MDM may know their owners by that name alone
 *   the same of mail addresses                                            likewise
 *   has no records                                      any               –
 */

/** Names by which an MDM may know an owner. */
const NAMES = ['upn', 'addresses'] as const;
type Name = (typeof NAMES)[number];

/** Of the organization alone: who lets go of it lets go of this too. */
function settingName(organization: string, name: Name = 'upn'): string {
  return name === 'upn' ? `access.usersRead.${organization}` : `access.addressesRead.${organization}`;
}

/** What the records of a reading that comes by message call the owners of their mailboxes. */
export class NamesOfReading {
  readonly #seen = new Set<Name>();
  readonly #mailboxes = new Set<string>();

  /** One more page of it. */
  add(records: readonly EasRecord[]): void {
    // Where both are told the mailboxes do not matter.
    if (this.#seen.size === NAMES.length) return;
    for (const { mailbox } of records) {
      this.#mailboxes.add(mailbox.id);
      if (mailbox.upn !== null) this.#seen.add('upn');
      if (mailbox.addresses.length > 0) this.#seen.add('addresses');
    }
    if (this.#seen.size === NAMES.length) this.#mailboxes.clear();
  }

  /** The gaps of the reading, with those that its names leave; with the first reading that has a name it is kept that there are. */
  async gaps(
    { settings }: Pick<Store, 'settings'>,
    organization: string,
    own: ReadingGaps | null,
  ): Promise<ReadingGaps | null> {
    let isLost = false;
    for (const name of NAMES) {
      const wereRead = (await settings.get(settingName(organization, name))) === true;
      if (!this.#seen.has(name)) isLost ||= wereRead && this.#mailboxes.size > 0;
      else if (!wereRead) await settings.set(settingName(organization, name), true);
    }
    if (!isLost) return own;
    const mailboxes = [...this.#mailboxes].sort();
    return gapsTogether(own, { count: 0, mailboxes, nameless: mailboxes.length });
  }
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
