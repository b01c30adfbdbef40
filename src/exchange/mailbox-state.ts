/** Whether a mailbox's account may sign in and whether it may still send, as far as Exchange lets the connector know. */
import { getMailbox, getMailboxSize } from './cmdlets/get-mailbox.ts';
import { unlessRefused } from './cmdlets/unless-refused.ts';
import type { CmdletOptions, CmdletTransport } from './transport.ts';

/** Null: Exchange does not say, or the account has no right to ask. */
export interface MailboxState {
  /** Its account may not sign in, as that of a shared mailbox never may. */
  readonly isDisabled: boolean | null;
  /** No address list shows it. */
  readonly isHidden: boolean | null;
  /** It is so full that it may not send any more. */
  readonly isFull: boolean | null;
}

/**
 * @param mailbox GUID or distinguished name
 * @throws what the transport throws, but for a missing right: then it is not known
 */
export async function mailboxStateOf(
  exchange: CmdletTransport,
  mailbox: string,
  options: CmdletOptions = {},
): Promise<MailboxState> {
  const facts = await unlessRefused(() => getMailbox(exchange, mailbox, options));
  const size = facts === null ? null : await unlessRefused(() => getMailboxSize(exchange, mailbox, options));
  return {
    isDisabled: facts?.isDisabled ?? null,
    isHidden: facts?.isHidden ?? null,
    isFull: facts === null ? null : isFull(facts, size),
  };
}

type Facts = Awaited<ReturnType<typeof getMailbox>>;
type Size = Awaited<ReturnType<typeof getMailboxSize>>;

/*
 *   its own limit      its database's     how full it is    it
 *   is used, a number  any                at least that     is full
 *   is not used        a number           at least that     is full
 *   the one that is used is unlimited     any               is not full
 *   is not told, or how full it is is not told              nobody knows
 */
function isFull({ usesDatabaseQuota, sendQuota }: Facts, size: Size): boolean | null {
  if (usesDatabaseQuota === null) return null;
  const limit = usesDatabaseQuota ? (size?.databaseSendQuota ?? null) : sendQuota;
  if (limit === 'unlimited') return false;
  const bytes = size?.bytes ?? null;
  return limit === null || bytes === null || bytes === 'unlimited' ? null : bytes >= limit;
}
