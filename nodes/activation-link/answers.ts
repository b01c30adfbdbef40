/** What the activation link shows and tells of its visits. */
import { isRefusal } from '../../src/activation/activation-decision.ts';
import type { VisitOutcome } from '../../src/activation/answer-visit.ts';
import { VisitAlarm } from '../../src/activation/visit-alarm.ts';
import type { VisitCounts } from '../../src/activation/visit-alarm.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { showError, showStatus } from '../on-input.ts';
import type { Instance, RED } from '../red.ts';

const MINUTE_MS = 60_000;
/** Refused visits are told together: a minute after the first, then at most once an hour. */
export const REFUSED = { gatherMs: MINUTE_MS, everyMs: 60 * MINUTE_MS };
/** A failure of this connector is told at once, and again at most once an hour. */
const FAILED = { gatherMs: 0, everyMs: 60 * MINUTE_MS };

/**
 * What one node shows and tells of its visits.
 *
 * | visit                            | status                                    | Catch nodes                       |
 * |----------------------------------|-------------------------------------------|-----------------------------------|
 * | new activation                   | green, the count                          | –                                 |
 * | page shown, pressed again        | as it was before a failure                | –                                 |
 * | refused (bad, old, foreign link) | as above; a stranger does not change it   | once an hour, the number          |
 * | failed (the store is away)       | red                                       | at once; then once an hour a code |
 */
export class Visits {
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #refused: VisitAlarm;
  readonly #failed = new Map<ErrorCode, VisitAlarm>();
  #count = 0;
  #failing = false;
  #showGood: () => void;

  constructor(RED: RED, node: Instance, refused: VisitAlarm, path: string) {
    this.#RED = RED;
    this.#node = node;
    this.#refused = refused;
    this.#showGood = () => showStatus(RED, node, 'grey', 'serving', { path });
    refused.listen((counts) => this.#raise(refusedVisits(counts), 'refused', counts));
  }

  /** Its path is its own now. */
  begin(): void {
    this.#showGood();
  }

  /** A visit was answered. */
  note(outcome: Pick<VisitOutcome, 'isNew' | 'error'>): void {
    const { error } = outcome;
    if (error !== null && !isRefusal(error)) return this.fail(error);
    if (error !== null) this.#refused.count(error);
    if (outcome.isNew) {
      const count = (this.#count += 1);
      this.#showGood = () => showStatus(this.#RED, this.#node, 'green', 'activated', { count });
    }
    if (outcome.isNew || this.#failing) this.#showGood();
    this.#failing = false;
  }

  /** A visit could not be answered, and not by the visitor's fault. */
  fail(error: ConnectorError): void {
    if (!this.#failing) showError(this.#RED, this.#node, error);
    this.#failing = true;
    const alarm = this.#failed.get(error.code) ?? new VisitAlarm(FAILED);
    if (!this.#failed.has(error.code)) alarm.listen((counts) => this.#raise(counts.last, 'activation', counts));
    this.#failed.set(error.code, alarm);
    alarm.count(error);
  }

  close(): void {
    this.#refused.listen(null);
    for (const alarm of this.#failed.values()) alarm.stop();
  }

  /** With a message, so that Catch nodes see it. */
  #raise(error: ConnectorError, topic: string, { visits, codes }: VisitCounts): void {
    this.#node.error(error, { topic, payload: { visits, codes } });
  }
}

function refusedVisits({ visits, codes }: VisitCounts): ConnectorError {
  const list = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  const what = visits === 1 ? '1 visit of the activation page was' : `${visits} visits of the activation page were`;
  const seen = `${what} refused since the last message (${list.join(', ')}).`;
  return new ConnectorError('ERR_VISITS_REFUSED', seen, { details: { visits, ...codes } });
}
