/**
 * Who is in the groups that rules name, from sync to sync: read at most every quarter of an hour. Whose groups have changed
 * is touched, and decided about with the next match.
 * In: rules, and where groups are read. Out: the membership. Changes: what is touched, and by which membership decisions were
 * made.
 */
import type { Rule } from '../../access/rules.ts';
import type { StoreParts } from '../../store/store.ts';
import { GroupMembership, groupsNamedBy } from './group-membership.ts';
import type { GroupSources } from './group-membership.ts';

/** So long a membership is believed. */
const BELIEVED_MS = 15 * 60_000;

function settingName(organization: string): string {
  return `access.groups.${organization}`;
}

/*
 *   decisions were made by        the membership is now      then
 *   the same                      read or unreadable         nothing is touched
 *   another, which is in memory   read                       whose groups are others is touched
 *   another, of before a start    read                       everything is touched
 *   any                           unreadable, or readable    everything is touched
 *                                 again
 */

/** The membership that one switch goes by. */
export class KeptGroups {
  #read: { readonly groups: string; readonly at: number; readonly membership: GroupMembership } | null = null;
  /** By which decisions were made last. */
  #decidedBy: GroupMembership | null = null;

  /** The membership; null: rules name no groups. Rejects only with ERR_ABORTED. @param now milliseconds since 1970 */
  async read(
    rules: readonly Rule[],
    sources: GroupSources,
    { now, signal }: { readonly now: number; readonly signal: AbortSignal },
  ): Promise<GroupMembership | null> {
    const groups = groupsNamedBy(rules).join('\n');
    const kept = this.#read;
    if (kept !== null && kept.groups === groups && now >= kept.at && now - kept.at < BELIEVED_MS)
      return kept.membership;
    const membership = await GroupMembership.read(rules, sources, signal);
    // What cannot be read is tried again with the next sync.
    this.#read = membership === null || membership.problem !== null ? null : { groups, at: now, membership };
    return membership;
  }

  /** True if decisions were made by this membership before. */
  async isSame(
    { settings }: Pick<StoreParts, 'settings'>,
    organization: string,
    membership: GroupMembership | null,
  ): Promise<boolean> {
    return ((await settings.get<string>(settingName(organization))) ?? '') === (membership?.digest ?? '');
  }

  /** Every device was decided about by this membership. */
  async decidedBy(
    { settings }: Pick<StoreParts, 'settings'>,
    organization: string,
    membership: GroupMembership | null,
  ): Promise<void> {
    this.#decidedBy = membership;
    await settings.set(settingName(organization), membership?.digest ?? '');
  }

  /** Some devices will be decided about by this membership: who was decided about by another one is touched. */
  async touchOthers(
    { settings, touched }: Pick<StoreParts, 'settings' | 'touched'>,
    organization: string,
    membership: GroupMembership | null,
  ): Promise<void> {
    const name = settingName(organization);
    const digest = membership?.digest ?? '';
    const before = (await settings.get<string>(name)) ?? '';
    const known = this.#decidedBy;
    this.#decidedBy = membership;
    if (before === digest) return;
    const isComparable = known !== null && membership !== null && known.digest === before;
    const others = isComparable ? membership.othersThan(known) : null;
    if (others === null) await touched.addEverything(organization);
    else
      await touched.add(
        organization,
        others.map((member) => `user:${member}`),
      );
    await settings.set(name, digest);
  }
}
