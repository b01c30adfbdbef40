/** Reading one mailbox or one record again, to see what is so now: before a block, after a write, after a broken line. */
import { ConnectorError, isConnectorError } from '../errors.ts';
import { foldEasId } from '../model/keys.ts';
import type { PersonalLists } from '../model/personal-lists.ts';
import type { EasRecord } from '../model/records.ts';
import { getCasMailbox } from './cmdlets/get-cas-mailbox.ts';
import { checkGuid } from './cmdlets/identity.ts';
import { onlyOne } from './cmdlets/read-objects.ts';
import { setCasMailbox } from './cmdlets/set-cas-mailbox.ts';
import type { MailboxListsEdit } from './cmdlets/set-cas-mailbox.ts';
import { toEasRecord } from './eas-record.ts';
import { GapCollector } from './gap-collector.ts';
import { devicesOfMailbox } from './mailbox-devices.ts';
import { MailboxMap } from './mailbox-map.ts';
import { readWhole } from './restart-read.ts';
import type { CmdletOptions, CmdletTransport, Effort } from './transport.ts';

/**
 * The personal lists of the mailbox with this GUID.
 * @throws ERR_EXCHANGE_IDENTITY not a GUID; ERR_EXCHANGE_CMDLET no such mailbox; ERR_EXCHANGE_RECORD another one answered
 */
export async function readMailboxLists(
  transport: CmdletTransport,
  mailboxId: string,
  options: CmdletOptions = {},
): Promise<PersonalLists> {
  const identity = checkGuid(mailboxId);
  const read = async (isFresh: boolean): Promise<PersonalLists> => {
    const open = (effort: Effort) => getCasMailbox(transport, { identity, isFresh }, { ...options, effort });
    const mailbox = await onlyOne(await readWhole(open), 'Get-CASMailbox', identity);
    return { allowed: mailbox.allowedDeviceIds, blocked: mailbox.blockedDeviceIds };
  };
  if (transport.view !== 'forest') return read(false);
  try {
    return await read(true);
  } catch (error) {
    if (!lacksParameter(error)) throw error;
    return read(false);
  }
}

/*
 *   the last session sees       the account's role has -ReadFromDomainController    the lists are read
 *   the whole forest            yes                                                 with it: a global catalog may be behind
 *                                                                                   (Get-User, ReadFromDomainController)
 *   the whole forest            no                                                  without it
 *   its own domain, or nothing  any                                                 without it: from a domain controller anyway
 */
function lacksParameter(error: unknown): boolean {
  return isConnectorError(error) && String(error.details['errorId']).startsWith('NamedParameterNotFound');
}

/**
 * One record as it is now.
 * @returns null if the mailbox or the device on it no longer exists
 * @throws ERR_EXCHANGE_IDENTITY not a GUID; ERR_EXCHANGE_RECORD something else came back, or Exchange cannot give all of the mailbox
 */
export async function readEasRecord(
  transport: CmdletTransport,
  wanted: {
    readonly organization: string;
    readonly mailboxId: string;
    readonly easId: string;
    readonly userPrincipalNames?: boolean;
  },
  options: CmdletOptions = {},
): Promise<EasRecord | null> {
  const mailboxes = new MailboxMap(transport, wanted.userPrincipalNames ?? true, options);
  const mailbox = await mailboxes.readOne(checkGuid(wanted.mailboxId));
  if (mailbox === null) return null;
  const gaps = new GapCollector();
  const devices = await devicesOfMailbox(transport, mailbox, options, gaps);
  const partnerships = devices.filter(({ deviceId }) => foldEasId(deviceId) === foldEasId(wanted.easId));
  if (partnerships.length > 0) return toEasRecord(wanted.organization, mailbox, partnerships);
  // What is missing may be there all the same.
  if (gaps.isEmpty) return null;
  throw new ConnectorError('ERR_EXCHANGE_RECORD', gaps.warnings().join(' '));
}

/**
 * Edits a mailbox's lists and makes sure: if the connection broke while the change was under way, the lists are read,
 * and only if the change is not there it is made once more.
 * @returns how it ended: `done` at once, `found` made by the call whose answer was lost, `repeated` made by the second call
 * @throws ERR_EXCHANGE_OUTCOME_UNKNOWN if the second call is lost too, or the lists cannot be read
 */
export async function editMailboxLists(
  transport: CmdletTransport,
  edit: MailboxListsEdit,
  options: CmdletOptions = {},
): Promise<'done' | 'found' | 'repeated'> {
  try {
    await setCasMailbox(transport, edit, options);
    return 'done';
  } catch (error) {
    if (!isConnectorError(error, 'ERR_EXCHANGE_OUTCOME_UNKNOWN')) throw error;
    if (isEdited(await listsAfter(transport, edit, options, error), edit)) return 'found';
  }
  await setCasMailbox(transport, edit, options);
  return 'repeated';
}

async function listsAfter(
  transport: CmdletTransport,
  edit: MailboxListsEdit,
  options: CmdletOptions,
  cause: ConnectorError,
): Promise<PersonalLists> {
  try {
    return await readMailboxLists(transport, edit.mailboxId, options);
  } catch (error) {
    if (isConnectorError(error, 'ERR_ABORTED')) throw error;
    throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The lists could not be read after a change was lost.', {
      cause: error,
      details: cause.details,
    });
  }
}

/** True if the lists are as the edit wants them. */
export function isEdited(lists: PersonalLists, edit: MailboxListsEdit): boolean {
  return (['allowed', 'blocked'] as const).every((name) => {
    const { add = [], remove = [] } = edit[name] ?? {};
    return add.every((id) => has(lists[name], id)) && remove.every((id) => !has(lists[name], id));
  });
}

function has(list: readonly string[], id: string): boolean {
  return list.some((entry) => foldEasId(entry) === foldEasId(id));
}
