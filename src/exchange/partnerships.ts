/** The partnerships of one EAS ID on a mailbox: which there are at this moment, and deleting one. */
import type { ForestView } from '../model/forest-view.ts';
import { foldEasId } from '../model/keys.ts';
import { isNotFound } from './cmdlet-error.ts';
import { getCasMailbox } from './cmdlets/get-cas-mailbox.ts';
import type { CasMailbox } from './cmdlets/get-cas-mailbox.ts';
import { checkGuid } from './cmdlets/identity.ts';
import { onlyOne } from './cmdlets/read-objects.ts';
import { removeMobileDevice } from './cmdlets/remove-mobile-device.ts';
import { devicesOfMailbox } from './mailbox-devices.ts';
import { readWhole } from './restart-read.ts';
import type { CmdletOptions, CmdletTransport, Effort } from './transport.ts';

/** Whether what was not found may be in a domain that the session was refused to see. */
class Sight {
  isShort = false;

  readonly take = (view: ForestView): void => {
    this.isShort = view === 'refused';
  };
}

/**
 * GUIDs of the partnerships; one EAS ID may have several. None: the device is no more, or its mailbox.
 * @throws ERR_EXCHANGE_CMDLET no such mailbox is seen by an account that may not see the whole forest
 * @throws ERR_EXCHANGE_IDENTITY not a GUID; ERR_EXCHANGE_RECORD something else came back
 */
export async function partnershipsOf(
  transport: CmdletTransport,
  { mailboxId, easId }: { readonly mailboxId: string; readonly easId: string },
  options: CmdletOptions = {},
): Promise<string[]> {
  const identity = checkGuid(mailboxId);
  const sight = new Sight();
  const read = (effort: Effort) => getCasMailbox(transport, { identity }, { ...options, effort, onView: sight.take });
  let mailbox: CasMailbox;
  try {
    mailbox = await onlyOne(await readWhole(read), 'Get-CASMailbox', identity);
  } catch (error) {
    if (isNotFound(error) && !sight.isShort) return [];
    throw error;
  }
  const devices = await devicesOfMailbox(transport, mailbox, options);
  return devices.filter(({ deviceId }) => foldEasId(deviceId) === foldEasId(easId)).map(({ id }) => id);
}

/**
 * Deletes one partnership; one that is gone already counts as deleted. The mailbox's lists stay as they are.
 * @param id its GUID
 * @throws ERR_EXCHANGE_IDENTITY not a GUID
 * @throws ERR_EXCHANGE_OUTCOME_UNKNOWN the connection broke while it ran: look before anything else
 */
export async function removePartnership(
  transport: CmdletTransport,
  id: string,
  options: CmdletOptions = {},
): Promise<void> {
  const device = checkGuid(id);
  const sight = new Sight();
  try {
    await removeMobileDevice(transport, device, { ...options, removesPartnership: true, onView: sight.take });
  } catch (error) {
    if (!isNotFound(error) || sight.isShort) throw error;
  }
}
