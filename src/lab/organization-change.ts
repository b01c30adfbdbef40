/** What happens in the simulated organization, as its `change` event tells it. */
import type { CmdletValue } from '../exchange/transport.ts';
import type { AccessVerdict } from './access-evaluation.ts';
import type { LabMessage, Mailbox } from './mailboxes.ts';
import type { ManagedDevice } from './managed-devices.ts';
import type { Partnership } from './mailboxes.ts';

/** A Set-CASMailbox call that Exchange accepted. */
export interface LabWrite {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** GUID of the mailbox. */
  readonly mailbox: string;
  /** Its primary address, for reading. */
  readonly address: string;
  readonly parameters: Readonly<Record<string, CmdletValue>>;
}

/** What happened in the organization. */
export type OrganizationChange =
  | { readonly type: 'partnership'; readonly partnership: Partnership }
  | {
      readonly type: 'access';
      readonly partnership: Partnership;
      readonly from: AccessVerdict;
      readonly to: AccessVerdict;
    }
  | { readonly type: 'sync'; readonly partnership: Partnership; readonly httpStatus: number }
  | { readonly type: 'removed'; readonly partnership: Partnership }
  | { readonly type: 'wipe'; readonly partnership: Partnership; readonly accountOnly: boolean }
  | { readonly type: 'enrolled'; readonly device: ManagedDevice }
  | { readonly type: 'unenrolled'; readonly device: ManagedDevice }
  | { readonly type: 'compliance'; readonly device: ManagedDevice }
  | { readonly type: 'mail'; readonly mailbox: Mailbox; readonly message: LabMessage }
  | { readonly type: 'write'; readonly write: LabWrite };
