/** The partnerships of one EAS ID on a mailbox: which there are at this moment, and deleting one. */
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

/**
 * GUIDs of the partnerships; one EAS ID may have several. None: the device is no more, or its mailbox.
 * @throws ERR_EXCHANGE_IDENTITY not a GUID; ERR_EXCHANGE_RECORD something else came back
 */
export async function partnershipsOf(
  transport: CmdletTransport,
  { mailboxId, easId }: { readonly mailboxId: string; readonly easId: string },
  options: CmdletOptions = {},
): Promise<string[]> {
  const identity = checkGuid(mailboxId);
  const read = (effort: Effort) => getCasMailbox(transport, { identity }, { ...options, effort });
  let mailbox: CasMailbox;
  try {
    mailbox = await onlyOne(await readWhole(read), 'Get-CASMailbox', identity);
  } catch (error) {
    if (isNotFound(error)) return [];
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
  try {
    await removeMobileDevice(transport, device, { ...options, removesPartnership: true });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
