/**
 * Bounds on a mapping: one that does not end must not stop Node-RED. JSONata calls what these names stand for before and after
 * each part of an expression; its own tests are bounded in this way (github.com/jsonata-js/jsonata, test/run-test-suite.js).
 */

import { boundRegexes } from './bounded-regex.ts';
import { processorTime } from './processor-time.ts';

/** A prepared expression, as far as it is bounded. */
interface Bindable {
  ast(): unknown;
  assign(name: string | symbol, value: (...given: never[]) => unknown): void;
}

/**
 * For one record. The time is that of the processor: a machine that gives Node-RED none for a second has not shown that a mapping
 * does not end.
 */
const MAPPING_LIMITS = { ms: 1_000, depth: 1_000 } as const;

/** How JSONata has called the two, the newest first: Node-RED 5 has one, Node-RED 4 the other. */
const NAMES = {
  entry: [Symbol.for('jsonata.__evaluate_entry'), '__evaluate_entry'],
  exit: [Symbol.for('jsonata.__evaluate_exit'), '__evaluate_exit'],
} as const;

/**
 * Bounds an expression.
 * @param isOurs of a preset: its regular expressions are known to end
 * @returns to call before each record
 */
export function boundMapping(expression: object, isOurs: boolean): () => void {
  const { ms, depth } = MAPPING_LIMITS;
  const bindable = expression as Bindable;
  let [deadline, begun, open] = [Infinity, 0, 0];
  const tooLong = (): Error => new Error(`it takes more than ${ms / 1000} s for one record`);
  const lookAtTime = (): void => {
    // The clock is looked at first: it costs least.
    if (performance.now() > deadline && processorTime() - begun > ms * 1000) throw tooLong();
  };
  const enter = (): void => {
    open += 1;
    if (open > depth)
      throw new Error(`it goes more than ${depth} calls deep; does a function call itself without end?`);
    lookAtTime();
  };
  if (!isOurs) boundRegexes(bindable, { ms, begin: lookAtTime, tooLong });
  for (const name of NAMES.entry) bindable.assign(name, enter);
  for (const name of NAMES.exit)
    bindable.assign(name, () => {
      open -= 1;
    });
  return () => {
    [deadline, begun, open] = [performance.now() + ms, processorTime(), 0];
  };
}
