/** Set-CASMailbox: edits a mailbox's personal device lists by Add and Remove, never by overwriting. */
import { ConnectorError } from '../../errors.ts';
import type { ListChange, ListEdit } from '../../model/personal-lists.ts';
import type { CmdletOptions, CmdletTransport, CmdletValue } from '../transport.ts';
import { checkGuid } from './identity.ts';

/** One edit of both lists of one mailbox: both go in one call, so that a device is never on neither by accident. */
export interface MailboxListsEdit extends ListEdit {
  /** Mailbox GUID. */
  readonly mailboxId: string;
}

/**
 * Edits a mailbox's lists. Nothing to add or remove: no call.
 * @throws ERR_EXCHANGE_IDENTITY not a GUID
 * @throws ERR_EXCHANGE_OUTCOME_UNKNOWN the connection broke while it ran: read the lists before anything else
 */
export async function setCasMailbox(
  transport: CmdletTransport,
  edit: MailboxListsEdit,
  options: CmdletOptions = {},
): Promise<void> {
  // Nobody is there to answer a prompt.
  const parameters: Record<string, CmdletValue> = { Identity: checkGuid(edit.mailboxId), Confirm: false };
  const allowed = listParameter(edit.allowed);
  const blocked = listParameter(edit.blocked);
  if (allowed !== null) parameters['ActiveSyncAllowedDeviceIDs'] = allowed;
  if (blocked !== null) parameters['ActiveSyncBlockedDeviceIDs'] = blocked;
  if (allowed === null && blocked === null) return;
  for await (const record of transport.invoke({ cmdlet: 'Set-CASMailbox', parameters }, options)) {
    // Set- cmdlets return nothing; an object here means something else answered.
    throw new ConnectorError(
      'ERR_EXCHANGE_RECORD',
      `Set-CASMailbox returned an object with ${Object.keys(record).length} properties.`,
    );
  }
}

function listParameter(edit: ListChange | undefined): CmdletValue {
  const add = edit?.add ?? [];
  const remove = edit?.remove ?? [];
  if (add.length === 0 && remove.length === 0) return null;
  return { ...(add.length > 0 ? { Add: add } : {}), ...(remove.length > 0 ? { Remove: remove } : {}) };
}
