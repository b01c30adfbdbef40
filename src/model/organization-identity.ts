/** Which Exchange organization a configuration reaches: not its address, which may be another of the same one. */

/** How it is reached, and whether it is one at all. */
export type OrganizationKind = 'on-premises' | 'online' | 'simulated';

/** What is known of an organization itself. */
export interface OrganizationIdentity {
  readonly kind: OrganizationKind;
  /** The organization's own GUID, folded; null: nobody says. */
  readonly id: string | null;
  /** As Exchange calls it; null: nobody says. */
  readonly name: string | null;
}
