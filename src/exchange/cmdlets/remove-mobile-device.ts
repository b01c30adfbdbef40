/** Remove-MobileDevice and Clear-MobileDevice: refused unless connection or call opted in, and never sent twice. */
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { checkIdentity } from './identity.ts';

/**
 * Deletes a partnership. The phone may make it anew at its next sync; the mailbox's lists stay as they are (KB 4090814).
 * @param device GUID or distinguished name of the device
 */
export async function removeMobileDevice(
  transport: CmdletTransport,
  device: string,
  options: CmdletOptions = {},
): Promise<void> {
  await drain(transport, 'Remove-MobileDevice', { Identity: checkIdentity(device), Confirm: false }, options);
}

/**
 * Wipes a device at its next sync; with `accountOnly` only its mail data (Exchange 2016 and later).
 * @param device GUID or distinguished name of the device
 */
export async function clearMobileDevice(
  transport: CmdletTransport,
  device: string,
  options: CmdletOptions & { readonly accountOnly: boolean },
): Promise<void> {
  const AccountOnly = options.accountOnly ? { AccountOnly: true } : {};
  await drain(
    transport,
    'Clear-MobileDevice',
    { Identity: checkIdentity(device), Confirm: false, ...AccountOnly },
    options,
  );
}

async function drain(
  transport: CmdletTransport,
  cmdlet: string,
  parameters: Record<string, string | boolean>,
  options: CmdletOptions,
): Promise<void> {
  for await (const _ of transport.invoke({ cmdlet, parameters }, options));
}
