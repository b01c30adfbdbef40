/** The devices of one mailbox. */
import { ConnectorError } from '../errors.ts';
import { getMobileDevice } from './cmdlets/get-mobile-device.ts';
import type { MobileDevice } from './cmdlets/get-mobile-device.ts';
import { distinguishedNameOf } from './cmdlets/plain-record.ts';
import { isNotFound } from './cmdlet-error.ts';
import { conflictMailbox, distinguishedNameKey, mailboxOfDevice } from './distinguished-name.ts';
import type { GapCollector } from './gap-collector.ts';
import { failureAmong } from './gap-kinds.ts';
import { readWhole } from './restart-read.ts';
import type { CmdletOptions, CmdletTransport, Effort } from './transport.ts';

/** A mailbox whose devices are read. */
interface OneMailbox {
  readonly id: string;
  readonly distinguishedName: string;
}

/*
 *   what came                                          gaps are kept     nobody keeps gaps
 *   a device of the mailbox                            given             given
 *   a device of another one                            refused           refused
 *   a device in a container that a conflict left       a gap             left out
 *   a device without an id                             a gap             left out
 *   an error record: there is no such mailbox          no devices        no devices
 *   an error record, and devices beside it or not      a gap             thrown
 */

/**
 * The devices of one mailbox, and of no other: a server that answers with more (as Exchange does for an identity it
 * does not know) is refused.
 * @param gaps what the server cannot give; without it an error record is thrown
 */
export async function devicesOfMailbox(
  transport: CmdletTransport,
  mailbox: OneMailbox,
  options: CmdletOptions,
  gaps: GapCollector | null = null,
): Promise<MobileDevice[]> {
  try {
    if (gaps === null)
      return await readWhole((effort) => ownDevices(transport, mailbox, { ...options, effort }, () => {}));
    return await withGaps(transport, mailbox, options, gaps);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return [];
  }
}

async function withGaps(
  transport: CmdletTransport,
  mailbox: OneMailbox,
  options: CmdletOptions,
  gaps: GapCollector,
): Promise<MobileDevice[]> {
  let errors: Error[] = [];
  let unusable: [kind: 'conflict-container' | 'no-id', name: string | null][] = [];
  const onError = (error: Error): void => void errors.push(error);
  const read = (effort: Effort): AsyncIterable<MobileDevice> => {
    // One that broke and is started again meets them again.
    [errors, unusable] = [[], []];
    return ownDevices(transport, mailbox, { ...options, effort, onError }, (...one) => unusable.push(one));
  };
  const devices = await readWhole(read);
  const [first] = errors;
  if (devices.length === 0 && isNotFound(first)) throw first!;
  const failure = failureAmong(errors, devices.length, () => true);
  if (failure !== null) throw failure;
  gaps.addErrors(errors, { id: mailbox.id });
  for (const [kind, name] of unusable) gaps.addObject(kind, name, mailbox.id);
  return devices;
}

async function* ownDevices(
  transport: CmdletTransport,
  mailbox: OneMailbox,
  options: CmdletOptions,
  onUnusable: (kind: 'conflict-container' | 'no-id', name: string | null) => void,
): AsyncGenerator<MobileDevice, void, undefined> {
  const key = distinguishedNameKey(mailbox.distinguishedName);
  const isOwn = (name: string | null): boolean => name !== null && distinguishedNameKey(name) === key;
  const reading = {
    ...options,
    onUnreadable: (record: Parameters<typeof distinguishedNameOf>[0]) =>
      onUnusable('no-id', distinguishedNameOf(record)),
  };
  for await (const device of getMobileDevice(transport, { mailbox: mailbox.id }, reading)) {
    const { distinguishedName } = device;
    if (isOwn(mailboxOfDevice(distinguishedName))) yield device;
    else if (isOwn(conflictMailbox(distinguishedName))) onUnusable('conflict-container', distinguishedName);
    else {
      throw new ConnectorError(
        'ERR_EXCHANGE_RECORD',
        `Get-MobileDevice was asked for mailbox ${mailbox.id} and answered with a device of another one.`,
      );
    }
  }
}
