/**
 * What is kept of each decision beside its change: the device's row, and when it is to be decided about again.
 * In: devices that were decided about. Out: how many had been missed. Changes: their rows, what is touched.
 */
import { platformOf } from '../../access/compile-rules.ts';
import { foldAddress } from '../../model/keys.ts';
import type { DeviceDecision, StoreParts } from '../../store/store.ts';
import { digestOf, readDecidedAll } from './decided-all.ts';
import type { Judged } from './decider.ts';
import { keepQuiet } from './quiet-devices.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

/** The run that a page is of. */
interface RunOfPage {
  readonly id: string;
  readonly scope: 'all' | 'changes';
}

/** What a sync knows of itself. */
interface Counted {
  readonly mode: 'simulate' | 'enforce';
  missed: number | null;
}

/** What keeping takes: of the store only what can change together. */
interface KeepingParts extends Pick<SwitchParts, 'exchange' | 'now'> {
  readonly store: StoreParts;
}

/** Keeps what was decided about the devices of a page, in the transaction it is given. */
export async function keepDecisions(parts: KeepingParts, judged: readonly Judged[], sync: Counted): Promise<void> {
  const { store, exchange } = parts;
  const { organization } = exchange;
  const at = timeOf(parts.now);
  const rows = judged.flatMap((one) => decisionOf(one, organization, at));
  if (sync.missed !== null) sync.missed += await missedAmong(parts, rows);
  await store.devices.decide(rows);
  await keepQuiet(parts, judged);
  if (sync.mode !== 'enforce') return;
  const onReading = judged
    .filter(({ review }) => review.onReading)
    .flatMap(({ device }) => device.eas?.mailbox.id ?? []);
  if (onReading.length > 0) await store.touched.again(organization, onReading, 'reading');
}

function decisionOf({ device, decision, review }: Judged, organization: string, at: string): DeviceDecision[] {
  const { key, eas } = device;
  if (eas === undefined) return [];
  const { mailbox, easId, access } = eas;
  const user = mailbox.upn ?? mailbox.address;
  return [
    {
      key,
      organization,
      mailboxId: mailbox.id.toLowerCase(),
      user: user === null ? null : foldAddress(user),
      ownerName: mailbox.displayName?.toLowerCase() ?? null,
      easId,
      model: eas.device.model,
      platform: platformOf(device),
      kind: (eas.device.model ?? eas.device.type ?? '').toLowerCase(),
      lastSync: eas.lastSyncAt ?? '',
      state: access.state,
      decision: decision.action,
      rule: decision.rule,
      reason: decision.reason.code,
      reviewAt: review.at,
      firstSyncAt: eas.firstSyncAt,
      at,
    },
  ];
}

/** True for a run about all that nothing called for: what comes out otherwise than before should have been touched. */
export async function isCheck(
  { store, exchange, settings }: Pick<SwitchParts, 'store' | 'exchange' | 'settings'>,
  { id, scope }: RunOfPage,
): Promise<boolean> {
  if (scope !== 'all') return false;
  const { organization } = exchange;
  const decided = await readDecidedAll(store, organization);
  return decided?.by === digestOf(settings) && !(await store.touched.isEverythingTakenBy(organization, id));
}

async function missedAmong(
  { store, exchange: { organization } }: KeepingParts,
  rows: readonly DeviceDecision[],
): Promise<number> {
  const before = await store.devices.decided(rows.map(({ key }) => key));
  const others = rows.filter((row) => {
    const known = before.get(row.key);
    // Its time came while the run went on.
    if (known === undefined || (known.reviewAt !== null && known.reviewAt <= row.at)) return false;
    return known.decision !== row.decision || known.rule !== row.rule || known.reason !== row.reason;
  });
  if (others.length === 0) return 0;
  const touched = await store.touched.among(
    organization,
    others.map(({ mailboxId }) => mailboxId),
  );
  return others.filter(({ mailboxId }) => !touched.has(mailboxId)).length;
}

/** Everything is touched if the last run about all was decided by other settings than these. */
export async function touchIfOtherwise(
  store: Pick<StoreParts, 'settings' | 'touched'>,
  { exchange, settings }: Pick<SwitchParts, 'exchange' | 'settings'>,
): Promise<void> {
  const { organization } = exchange;
  const decided = await readDecidedAll(store, organization);
  if (decided !== null && decided.by !== digestOf(settings)) await store.touched.addEverything(organization);
}
