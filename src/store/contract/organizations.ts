/** What the store keeps of an Exchange organization beside its readings, as far as it is let go of together. */

/** How much was let go of. */
export interface ForgottenOrganization {
  /** Changes that waited. */
  readonly waiting: number;
  /** Plans that were held, or on their way. */
  readonly plans: number;
  /** What was still to be told to the flow. */
  readonly news: number;
}

/** The organizations, by the ids of their configurations. */
export interface Organizations {
  /**
   * Lets go of what was decided and planned for an organization, of what waits, and of what is known of its devices. Ledger,
   * audit, timeline, history, links, pairings and mails stay. What is left of its plans goes with {@link HeldPlans.clear}.
   * @param settings names of small values of its own beside those that the access switch keeps
   */
  forget(organization: string, settings: readonly string[]): Promise<ForgottenOrganization>;
  /** True if there is anything that {@link forget} would let go of, but for small values. */
  has(organization: string): Promise<boolean>;
}
