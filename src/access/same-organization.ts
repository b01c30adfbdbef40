/** Whether the organization that answers is the one that is known. Pure. */
import type { OrganizationIdentity } from '../model/organization-identity.ts';

/** What is kept of the organization behind one Exchange server configuration. */
export interface KnownOrganization extends OrganizationIdentity {
  /** Another one that answered in its place, and when, ISO 8601 UTC; null: none has. */
  readonly found: (OrganizationIdentity & { readonly at: string }) | null;
}

/*
 *   known                           what answers             then
 *   nothing                         any                      is known from now on
 *   kind K                          of another kind          changed
 *   kind K, nobody said which       K, and says which        that is known from now on
 *   kind K, nobody said which       K, nobody says which     the same
 *   kind K, X                       K, X                     the same
 *   kind K, X                       K, Y                     changed
 *   kind K, X                       K, nobody says which     the same; but changed if the last one of kind K that said which
 *                                                            was found to be another
 *
 * `Nobody says which`: the account lacks Get-OrganizationConfig, or the records came by message. Changed: what answered is
 * kept beside what is known until the known one answers again, or is forgotten.
 */

/**
 * Judges what answers.
 * @param at now, ISO 8601 UTC
 * @returns what is to be kept, the same object if that is what is known; it is another organization if `found` is not null
 */
export function judgeOrganization(
  known: KnownOrganization | null,
  answers: OrganizationIdentity,
  at: string,
): KnownOrganization {
  if (known === null) return { ...answers, found: null };
  const { found } = known;
  const last = found?.kind === answers.kind ? found : known;
  const id = answers.id ?? (last.kind === answers.kind ? last.id : null);
  if (answers.kind !== known.kind || (id !== null && known.id !== null && id !== known.id)) {
    if (found?.kind === answers.kind && found.id === id) return known;
    const { kind, name } = answers;
    return { ...known, found: { kind, id, name, at } };
  }
  const name = answers.name ?? known.name;
  if (found === null && id === known.id && name === known.name) return known;
  return { kind: known.kind, id, name, found: null };
}
