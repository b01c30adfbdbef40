/**
 * Messages of Get-MobileDevice to EAS records, beside a bare saxes tree on the same bytes, in one process and in turns.
 * The path is that of a full reading without its wire: message, CLIXML, device, its mailbox, record.
 */
import { readClixmlPlain } from '../src/clixml/index.ts';
import type { PlainObject } from '../src/clixml/index.ts';
import { toMobileDevice } from '../src/exchange/cmdlets/get-mobile-device.ts';
import { mailboxOfDevice } from '../src/exchange/distinguished-name.ts';
import { toEasRecord } from '../src/exchange/eas-record.ts';
import { MailboxMap } from '../src/exchange/mailbox-map.ts';
import { writeExchangeObject } from '../src/lab/exchange-clixml.ts';
import { runLabCmdlet } from '../src/lab/exchange-cmdlets.ts';
import { seedOrganization } from '../src/lab/seed-organization.ts';
import { simulatedExchange } from '../src/lab/simulated-exchange.ts';
import type { EasRecord } from '../src/model/records.ts';
import { Destination, MessageType, decodeMessage, encodeMessage } from '../src/psrp/index.ts';
import { bareTree } from './bare-tree.ts';
import { median } from './report.ts';

/** Medians of the rounds. */
export interface RecordsFigure {
  readonly devices: number;
  readonly bytesPerDevice: number;
  readonly recordsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly bareMegabytesPerSecond: number;
  /** Speed against the bare tree of the same round. */
  readonly ratio: number;
}

const POOL = 'B6710E46-0287-488A-B901-D34F9F19D4DE';

/** Measures. @param rounds each reader once in each, after one round to warm up */
export async function measureRecords({ devices = 5000, rounds = 9 } = {}): Promise<RecordsFigure> {
  const organization = seedOrganization({ phones: devices });
  const mailboxes = new MailboxMap(simulatedExchange(organization), true, {});
  await mailboxes.readAll(undefined);
  const messages: Uint8Array[] = [];
  for (const event of runLabCmdlet(organization, {
    cmdlet: 'Get-MobileDevice',
    parameters: { ResultSize: 'Unlimited' },
  })) {
    if (event.type === 'output') messages.push(messageOf(writeExchangeObject(event.object)));
  }
  const toRecord = (message: Uint8Array): EasRecord => {
    const device = toMobileDevice(readClixmlPlain(decodeMessage(message).data) as PlainObject);
    const mailbox = device && mailboxes.find(mailboxOfDevice(device.distinguishedName) ?? '')?.entry;
    if (!device || !mailbox) throw new Error('A device of the lab did not become a record.');
    return toEasRecord('bench', mailbox, [device]);
  };
  const bytes = messages.reduce((sum, message) => sum + message.length, 0);
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const bareSeconds = measure(messages, (message) => bareTree(decodeMessage(message).data));
    const ownSeconds = measure(messages, toRecord);
    if (round < 0) continue;
    bare.push(bareSeconds);
    own.push(ownSeconds);
  }
  return {
    devices: messages.length,
    bytesPerDevice: bytes / messages.length,
    recordsPerSecond: messages.length / median(own),
    megabytesPerSecond: bytes / 1e6 / median(own),
    bareMegabytesPerSecond: bytes / 1e6 / median(bare),
    ratio: median(own.map((seconds, round) => (bare[round] ?? Number.NaN) / seconds)),
  };
}

function messageOf(data: string): Uint8Array {
  const { CLIENT: destination } = Destination;
  return encodeMessage({ destination, type: MessageType.PIPELINE_OUTPUT, poolId: POOL, pipelineId: POOL, data });
}

function measure(messages: readonly Uint8Array[], read: (message: Uint8Array) => unknown): number {
  const started = performance.now();
  for (const message of messages) read(message);
  return (performance.now() - started) / 1000;
}
