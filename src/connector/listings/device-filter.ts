/** Which devices of the store somebody wants to see. Pure. */
import { compileTextTest } from '../../access/text-test.ts';
import type { DeviceRecord, EasRecord } from '../../model/records.ts';

/** What is asked for; what is absent or empty does not count. Of several values one must fit. */
export interface DeviceFilter {
  /** Address, UPN, GUID or display name of the mailbox; * and ? are wildcards, letters match either case. */
  readonly mailbox?: string;
  /** EAS ID, with wildcards too. */
  readonly easId?: string;
  /** Exchange's access states. */
  readonly states?: readonly string[];
  /** Reason codes of the matcher. */
  readonly reasons?: readonly string[];
}

/** A function that tells whether an EAS record belongs to the wanted mailbox and has the wanted EAS ID. */
function easTest({ mailbox, easId }: DeviceFilter): (record: EasRecord) => boolean {
  const ofMailbox = mailboxTest(mailbox ?? '*');
  const hasId = compileTextTest('wildcard', easId ?? '*');
  return (record) => ofMailbox(record) && hasId(record.easId);
}

/** A function that tells whether the names of a record's mailbox fit a pattern. */
export function mailboxTest(pattern: string): (record: EasRecord) => boolean {
  const fits = compileTextTest('wildcard', pattern);
  return ({ mailbox: { id, upn, displayName, address, addresses } }) =>
    [id, upn, displayName, address, ...addresses].some((name) => name !== null && fits(name));
}

/** A function that tells whether a device is wanted. */
export function deviceTest(filter: DeviceFilter): (device: DeviceRecord) => boolean {
  const { states = [], reasons = [] } = filter;
  const fits = easTest(filter);
  return ({ eas, reason }) =>
    eas !== undefined &&
    (states.length === 0 || states.includes(eas.access.state)) &&
    (reasons.length === 0 || reasons.includes(reason.code)) &&
    fits(eas);
}
