/** The devices of one mailbox. */
import { ConnectorError } from '../errors.ts';
import { getMobileDevice } from './cmdlets/get-mobile-device.ts';
import type { MobileDevice } from './cmdlets/get-mobile-device.ts';
import { isNotFound } from './cmdlet-error.ts';
import { distinguishedNameKey, mailboxOfDevice } from './distinguished-name.ts';
import { readWhole } from './restart-read.ts';
import type { CmdletOptions, CmdletTransport } from './transport.ts';

/**
 * The devices of one mailbox, and of no other: a server that answers with more (as Exchange does for an identity it
 * does not know) is refused.
 */
export async function devicesOfMailbox(
  transport: CmdletTransport,
  mailbox: { readonly id: string; readonly distinguishedName: string },
  options: CmdletOptions,
): Promise<MobileDevice[]> {
  try {
    return await readWhole((effort) => ownDevices(transport, mailbox, { ...options, effort }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return [];
  }
}

async function* ownDevices(
  transport: CmdletTransport,
  mailbox: { readonly id: string; readonly distinguishedName: string },
  options: CmdletOptions,
): AsyncGenerator<MobileDevice, void, undefined> {
  const own = new MailboxNames(mailbox.distinguishedName);
  for await (const device of getMobileDevice(transport, { mailbox: mailbox.id }, options)) {
    if (!own.owns(device)) {
      throw new ConnectorError(
        'ERR_EXCHANGE_RECORD',
        `Get-MobileDevice was asked for mailbox ${mailbox.id} and answered with a device of another one.`,
      );
    }
    yield device;
  }
}

class MailboxNames {
  private readonly key: string;

  constructor(distinguishedName: string) {
    this.key = distinguishedNameKey(distinguishedName);
  }

  owns(device: MobileDevice): boolean {
    const name = mailboxOfDevice(device.distinguishedName);
    return name !== null && distinguishedNameKey(name) === this.key;
  }
}
