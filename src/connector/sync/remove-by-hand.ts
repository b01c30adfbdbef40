/**
 * The removal of one partnership that a person asks for.
 * In: a device, who asks, why. Out: what became of it. Changes: the row of the outbox and the audit, in one transaction; then
 * as every write does.
 */
import { removalByHand, REMOVAL } from '../../access/remove.ts';
import { ConnectorError } from '../../errors.ts';
import { refuseOther } from '../organization/known-organization.ts';
import { plainWords } from '../sentences/plain-words.ts';
import { openChanges, queueTogether } from './apply-changes.ts';
import { LONGEST_NOTE, recordOf } from './exemptions.ts';
import type { NamedDevice } from './exemptions.ts';
import { writeAsked } from './operator-requests.ts';
import type { RequestParts } from './operator-requests.ts';
import type { ControlReport } from './sync-report.ts';
import { timeOf } from './switch-parts.ts';
import { refusal } from '../../model/refusals.ts';

/** Who stands in the audit when a message does not say. */
const NOBODY_NAMED = 'control message';

/** What a person asks for. */
export interface RemovalRequest extends NamedDevice {
  /** Why, for the audit. */
  readonly note: unknown;
  /** Who asks; null: it was not said. */
  readonly by: string | null;
}

/*
 *   the access switch   removals by hand   the device                            then
 *   simulates           any                any                                   refused
 *   enforces            switched off       any                                   refused
 *   enforces            switched on        is not in the last reading, or more   refused
 *                                          than one is named so
 *   enforces            switched on        is                                    a row and its audit, then Exchange is asked:
 *                                                                                done, tried again for a week, or gone already
 *
 * It goes by no rule, no MDM and no exemption, and by no brake: a person has named this one device. What else waited for the
 * device gives way. Our entry stays, as with a removal of a sync (ADR 0054).
 */

/** Removes a partnership. Throws ERR_INPUT_INVALID for what the table refuses, ERR_ORGANIZATION_CHANGED, ERR_STORE_…. */
export async function removeByHand(
  parts: RequestParts,
  { note, by, ...device }: RemovalRequest,
): Promise<ControlReport> {
  const { store, exchange, settings, now } = parts;
  refuseUnwanted(settings);
  await refuseOther(parts);
  const record = await recordOf(parts, device);
  const at = timeOf(now);
  const person = plainWords(by, LONGEST_NOTE) ?? NOBODY_NAMED;
  const change = removalByHand(record, { person, note: plainWords(note, LONGEST_NOTE), at });
  const open = await openChanges(store, exchange.organization);
  await store.together(async (together) => {
    await queueTogether(together, [change], open, at);
    await together.audit.append([
      {
        at,
        who: person,
        what: 'ask-remove',
        deviceKey: record.key,
        organization: exchange.organization,
        rule: REMOVAL,
        reason: change.decision.reason.code,
        evidence: [change.decision.reason.text],
        before: { state: record.access.state, listed: record.access.listed },
        after: null,
        approvedBy: null,
      },
    ]);
  });
  return writeAsked(parts, 'remove');
}

function refuseUnwanted({ mode, removeByHand: isOn }: RequestParts['settings']): void {
  if (mode === 'enforce' && isOn) return;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal(mode === 'enforce' ? 'no-removal' : 'simulates.removal'));
}
