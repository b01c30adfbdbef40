/** What the access switch says to its flow: messages on its outputs, and its status. */
import { newsSentence } from '../../src/connector/sentences/device-sentences.ts';
import { requestSentence, syncSentence } from '../../src/connector/sentences/report-sentences.ts';
import type { PageResult } from '../../src/connector/sync/access-sync.ts';
import type { Announce, NewsKind } from '../../src/connector/sync/switch-parts.ts';
import { hoursSinceOldest } from '../../src/connector/sync/readings-of-sync.ts';
import type { ControlReport, Counts, SwitchMode, SyncReport } from '../../src/connector/sync/sync-report.ts';
import type { DeviceNews } from '../../src/model/records.ts';
import type { Outcome, Run } from '../on-input.ts';
import type { Msg } from '../red.ts';

/** Which output a piece of news goes to. */
export const OUTPUTS = { blocked: 0, allowed: 1, attention: 2, report: 3 } as const satisfies Record<
  NewsKind | 'report',
  number
>;

/** Sends news on the first three outputs, as the answer to a message. */
export function announceTo(run: Run, { _msgid }: Msg): Announce {
  return (kind, news) => send(run, kind, deviceMessage(news, _msgid));
}

/** Sends a report on the last output. */
function sendReport(run: Run, payload: SyncReport | ControlReport, text: string): void {
  send(run, 'report', { topic: 'report', payload, text });
}

/** The status that a page of devices comes to, after its report was sent. Null: it stays as it is. */
export function answerPage(run: Run, result: PageResult): Outcome | null {
  if (result.kind === 'passed-over') return result.hasSynced ? null : { fill: 'grey', key: 'passedOver' };
  if (result.kind === 'deciding') {
    const [key, values] = result.said;
    return { fill: 'grey', key, values };
  }
  sendReport(run, result.report, syncSentence(result.report));
  return statusOfSync(result.report);
}

/** The status that a request comes to, after its report was sent. Null: there was nothing to do. */
export function answerRequest(run: Run, report: ControlReport | null): Outcome {
  if (report === null) return { fill: 'grey', key: 'unchanged' };
  sendReport(run, report, requestSentence(report));
  return statusOf(report.mode, report.counts);
}

/** The status that taking back comes to: what was taken back, unless something needs a person's eye. */
export function answerUndo(
  run: Run,
  { report, entries }: { readonly report: ControlReport; readonly entries: number },
): Outcome {
  const outcome = answerRequest(run, report);
  if (needsAttention(report.mode, report.counts)) return outcome;
  const removed = report.notUndone?.count ?? 0;
  if (removed === 0) return { key: 'undone', values: { count: entries } };
  return { key: 'undoneButRemoved', values: { count: entries, removed } };
}

/*
 *   counts                            status
 *   waiting until somebody is mailed   red, waitingForMail
 *   held                              yellow, held (wouldHold in a simulation)
 *   failed                            yellow, attention
 *   left to the next sync             yellow, nextSync
 *   of an earlier sync, not written   yellow, notYet; a simulation writes nothing anyway
 *   nothing changed, enforce          unchanged
 *   otherwise                         how many, and what a simulation would have done
 */

/*
 *   counts                     readings                              status
 *   held, failed, not written  any                                   as the counts say
 *   otherwise, pages lost      any                                   yellow, pagesLost
 *   otherwise                  the last try to read one failed       yellow, readingFailed
 *   otherwise                  a dry run, the oldest is an hour old  as the counts say, with its age
 *   otherwise                  otherwise                             as the counts say
 */

/** The status that a sync comes to. */
function statusOfSync({ mode, counts, readings, sync, problems = [] }: SyncReport): Outcome {
  const outcome = statusOf(mode, counts);
  if (needsAttention(mode, counts)) return outcome;
  if (problems.some(({ code }) => code === 'ERR_SYNC_INCOMPLETE')) return { fill: 'yellow', key: 'pagesLost' };
  const failed = readings.find((reading) => reading.failed !== undefined);
  if (failed !== undefined) return { fill: 'yellow', key: 'readingFailed', values: { name: failed.name } };
  const hours = sync.dryRun === true ? hoursSinceOldest(readings, Date.now()) : null;
  if (hours === null || hours === 0) return outcome;
  const { blocked, allowed, released } = counts;
  return { key: 'simulatedOld', values: { blocked, allowed: allowed + released, hours } };
}

/** The status that counts come to. */
function statusOf(mode: SwitchMode, counts: Counts): Outcome {
  const { blocked, allowed, released, removed = 0, failed, held, nextSync, waiting, forMail = 0 } = counts;
  if (forMail > 0) return { fill: 'red', key: 'waitingForMail', values: { count: forMail } };
  if (held > 0) return { fill: 'yellow', key: mode === 'simulate' ? 'wouldHold' : 'held', values: { count: held } };
  if (failed > 0) return { fill: 'yellow', key: 'attention', values: { count: failed } };
  if (nextSync > 0) return { fill: 'yellow', key: 'nextSync', values: { count: nextSync } };
  if (waiting > 0 && mode === 'enforce') return { fill: 'yellow', key: 'notYet', values: { count: waiting } };
  if (blocked + allowed + released + removed === 0 && mode === 'enforce') return { key: 'unchanged' };
  if (removed > 0) {
    const values = { blocked, allowed: allowed + released, removed };
    return { key: mode === 'simulate' ? 'wouldRemove' : 'removed', values };
  }
  const key = mode === 'simulate' ? (released > 0 ? 'wouldRelease' : 'simulated') : released > 0 ? 'released' : 'done';
  return { key, values: { blocked, allowed, ...(released > 0 ? { released } : {}) } };
}

function needsAttention(mode: SwitchMode, { held, failed, nextSync, waiting, forMail = 0 }: Counts): boolean {
  return held + failed + nextSync + forMail + (mode === 'enforce' ? waiting : 0) > 0;
}

function deviceMessage(payload: DeviceNews, id: string | undefined): Msg {
  return { ...(id === undefined ? {} : { _msgid: id }), topic: 'device', payload, text: newsSentence(payload) } as Msg;
}

function send(run: Run, output: keyof typeof OUTPUTS, msg: Partial<Msg>): void {
  const outputs: (Msg | null)[] = [null, null, null, null];
  outputs[OUTPUTS[output]] = msg as Msg;
  run.send(outputs);
}
