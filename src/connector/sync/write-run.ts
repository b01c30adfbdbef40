/**
 * One pass over the outbox, as a run of its own: of a sync, of what a person asked for, or of the timer's look.
 * In: what asks for it. Out: what became of each try. Changes: as apply-changes.ts; the history, if anything was tried.
 */
import type { Json } from '../../store/store.ts';
import { keepFailedRun, keepRun } from '../keep-run.ts';
import type { Run } from '../keep-run.ts';
import { applyDue } from './apply-changes.ts';
import type { ApplyParts } from './apply-changes.ts';
import { countedAs } from './device-news.ts';
import type { ControlReport, SyncReport } from './sync-report.ts';

/** Carries out what is due, as {@link applyDue} does. @param sync names what asks for it */
export async function writeDue(
  parts: ApplyParts,
  sync: (SyncReport | ControlReport)['sync'],
  how: Parameters<typeof applyDue>[1],
): Promise<void> {
  const { store, now, signal } = parts;
  const { organization } = sync;
  const run: Run = { subject: 'write', syncId: sync.id, organization, began: now() };
  const counts: Record<string, number> = {};
  const report = (): { readonly [name: string]: Json } => ({ sync: { ...sync }, mode: 'enforce', counts });
  try {
    await applyDue(parts, {
      ...how,
      onTried: (result, told) => {
        const name = countedAs(result);
        counts[name] = (counts[name] ?? 0) + 1;
        how.onTried(result, told);
      },
    });
  } catch (thrown) {
    await keepFailedRun(store, run, { thrown, signal, now, report: report() });
    throw thrown;
  }
  if (Object.keys(counts).length === 0) return;
  await keepRun(store, run, { ok: counts['failed'] === undefined, report: report(), now });
}
