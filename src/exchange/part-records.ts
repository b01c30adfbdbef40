/**
 * Records of which some partnerships are known, and the others are read: those of the same mailbox with the same EAS ID.
 * Exchange keeps a partnership by EAS ID and DeviceType, and gives them in any order; a quick reading may show one of two.
 */
import { foldEasId } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';
import type { Filter } from './cmdlets/filter.ts';
import type { MobileDevice } from './cmdlets/get-mobile-device.ts';
import { isFilterRefused } from './cmdlet-error.ts';
import { distinguishedNameKey, mailboxOfDevice } from './distinguished-name.ts';
import { toEasRecord } from './eas-record.ts';
import type { MailboxEntry } from './eas-record.ts';

/** IDs that are asked for in one call. */
const IDS_A_CALL = 100;
/**
 * Phones choose their ID. What is not as [MS-ASHTTP] 2.2.1.1.1.2.3 has it (letters and digits) goes into no filter: its mailbox is
 * read instead.
 */
const PLAIN_ID = /^[A-Za-z0-9]{1,64}$/;

/** How devices are read. */
export interface PartReads {
  readonly byFilter: (filter: Filter) => AsyncIterable<MobileDevice>;
  readonly ofMailbox: (mailbox: {
    readonly id: string;
    readonly distinguishedName: string;
  }) => Promise<readonly MobileDevice[]>;
}

interface Part {
  readonly mailbox: MailboxEntry;
  readonly mailboxName: string;
  readonly easId: string;
  /** Known partnerships by GUID. */
  readonly devices: Map<string, MobileDevice>;
}

/** Records that are put together. */
export class PartRecords {
  readonly #organization: string;
  readonly #parts = new Map<string, Part>();

  constructor(organization: string) {
    this.#organization = organization;
  }

  /** A partnership of a record, and the mailbox in which it lies. */
  add(mailbox: MailboxEntry, device: MobileDevice): void {
    if (this.#join(device)) return;
    const mailboxName = mailboxOfDevice(device.distinguishedName) ?? '';
    const devices = new Map([[device.id, device]]);
    this.#parts.set(partKey(device), { mailbox, mailboxName, easId: device.deviceId, devices });
  }

  /**
   * Reads the other partnerships, some calls for all records, and gives the records.
   * @param isWanted of partnerships: a record without a wanted one is left out
   */
  async *whole(
    reads: PartReads,
    isWanted: (device: MobileDevice) => boolean,
  ): AsyncGenerator<EasRecord, void, undefined> {
    const odd = await this.#readById(reads);
    for (const { id, distinguishedName } of mailboxesOf(odd))
      for (const device of await reads.ofMailbox({ id, distinguishedName })) this.#join(device);
    for (const { mailbox, devices } of this.#parts.values()) {
      const partnerships = [...devices.values()];
      if (partnerships.some(isWanted)) yield toEasRecord(this.#organization, mailbox, partnerships);
    }
  }

  /** @returns the records whose mailboxes have to be read */
  async #readById({ byFilter }: PartReads): Promise<Part[]> {
    const parts = [...this.#parts.values()];
    const ids = [...new Set(parts.map(({ easId }) => foldEasId(easId)).filter((id) => PLAIN_ID.test(id)))];
    try {
      for (let at = 0; at < ids.length; at += IDS_A_CALL) {
        const any = ids
          .slice(at, at + IDS_A_CALL)
          .map((id) => ({ property: 'DeviceId', operator: 'eq', value: id }) as const);
        for await (const device of byFilter({ any })) this.#join(device);
      }
    } catch (error) {
      if (!isFilterRefused(error)) throw error;
      return parts;
    }
    return parts.filter(({ easId }) => !PLAIN_ID.test(easId));
  }

  /** False: it is of none of the records. */
  #join(device: MobileDevice): boolean {
    const part = this.#parts.get(partKey(device));
    part?.devices.set(device.id, device);
    return part !== undefined;
  }
}

/** Each mailbox once. */
function mailboxesOf(parts: readonly Part[]): { readonly id: string; readonly distinguishedName: string }[] {
  const names = new Map(parts.map(({ mailbox, mailboxName }) => [mailbox.id, mailboxName]));
  return [...names].map(([id, distinguishedName]) => ({ id, distinguishedName }));
}

function partKey({ distinguishedName, deviceId }: MobileDevice): string {
  return `${distinguishedNameKey(mailboxOfDevice(distinguishedName) ?? '')}\n${foldEasId(deviceId)}`;
}
