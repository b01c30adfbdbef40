/**
 * A person lets blocks go about which nobody can be mailed.
 * In: which of them, and who says so. Out: how many there were. Changes: the outbox, the plan that is held for it, the audit.
 */
import { approved } from '../../access/approvals.ts';
import { MAIL_NOT_READY } from '../../access/mail-first.ts';
import type { Approval, PlannedChange } from '../../access/plan.ts';
import { foldAddress } from '../../model/keys.ts';
import type { AuditEntry, HeldChangeFilter } from '../../store/store.ts';
import { openChanges, queueTogether } from './apply-changes.ts';
import { approveHeld } from './held-plans.ts';
import { keptHead, pendingOf } from './stored-changes.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** What a person approves in place of a plan's id. */
export const LET_GO = 'mail-not-ready';

/** Nobody has said who. */
const UNKNOWN = 'unknown';

/** Changes of one transaction. */
const PAGE = 500;

/** @param part which of them; null: all. @returns how many there were */
export async function letUnmailedGo(
  parts: Pick<SwitchParts, 'store' | 'exchange' | 'who' | 'now'>,
  { person, part }: { readonly person: string | null; readonly part: HeldChangeFilter | null },
): Promise<number> {
  const { store, exchange, who, now } = parts;
  const { organization } = exchange;
  const at = timeOf(now);
  const open = await openChanges(store, organization);
  const approval = { at, by: person ?? UNKNOWN, plan: LET_GO, reason: MAIL_NOT_READY };
  let count = 0;
  for (let after = ''; ;) {
    const rows = await store.outbox.list({ organization, state: 'waiting-for-mail', after, limit: PAGE });
    if (rows.length === 0) break;
    const changes = rows.map((row) => pendingOf(row).change).filter((change) => isAmong(change, part));
    await store.together(async (together) => {
      await queueTogether(
        together,
        changes.map((change) => approved(change, approval)),
        open,
        at,
      );
      if (changes.length > 0) await together.audit.append([auditOf(parts, approval, changes.length)]);
    });
    count += changes.length;
    after = rows.at(-1)!.key;
  }
  const held = (await store.plans.list()).find(
    (row) => row.organization === organization && row.reason === MAIL_NOT_READY,
  );
  const head = held === undefined ? null : keptHead(held);
  if (head === null) return count;
  return (
    count +
    (await approveHeld(store, head, { who, person, at }, part, (together, changes) =>
      queueTogether(together, changes, open, at),
    ))
  );
}

function auditOf(
  { exchange, who }: Pick<SwitchParts, 'exchange' | 'who'>,
  { at, by }: Approval,
  changes: number,
): AuditEntry {
  return {
    at,
    who: by === UNKNOWN ? who : by,
    what: 'approve',
    deviceKey: null,
    organization: exchange.organization,
    rule: null,
    reason: MAIL_NOT_READY,
    evidence: [say('evidence.unmailed')],
    before: { plan: LET_GO, changes },
    after: null,
    approvedBy: by,
  };
}

function isAmong({ key, decision, mailboxId, device }: PlannedChange, part: HeldChangeFilter | null): boolean {
  if (part === null) return true;
  const { keys, reason, mailbox } = part;
  const wanted = mailbox?.toLowerCase();
  const isOfMailbox =
    wanted === undefined ||
    mailboxId.toLowerCase() === wanted ||
    foldAddress(device.eas?.mailbox.address ?? '') === wanted;
  return (keys?.includes(key) ?? true) && (reason ?? decision.reason.code) === decision.reason.code && isOfMailbox;
}
