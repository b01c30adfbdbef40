/** What one account may ask of Exchange in a time (New-ThrottlingPolicy, office-docs-powershell). */

/** A policy. A limit that is null is unlimited; one that is left out is the global policy's. */
export interface LabThrottlingPolicy {
  readonly name: string;
  /** Global: Exchange's own, of everybody. Organization: of everybody who has none of its own. Regular: of whom it is given to. */
  readonly scope: 'Global' | 'Organization' | 'Regular';
  /** PowerShellMaxConcurrency: sessions at once. */
  readonly sessions?: number | null;
  /** PowerShellMaxCmdlets in PowerShellMaxCmdletsTimePeriod seconds. */
  readonly cmdlets?: number | null;
  readonly cmdletsSeconds?: number | null;
}

/** The policy that setup makes: 18 sessions, and as many cmdlets as one likes. */
export const GLOBAL_THROTTLING_POLICY: LabThrottlingPolicy = {
  name: 'GlobalThrottlingPolicy_7d0c2a8e-4f5b-4b64-9a43-52d1c7e4a6b1',
  scope: 'Global',
  sessions: 18,
  cmdlets: null,
  cmdletsSeconds: null,
};
