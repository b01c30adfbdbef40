/** Two start messages that wait, as one. */
import { combineStarts } from '../src/connector/readings/start-request.ts';
import type { CombineStarts } from './on-input.ts';

/** The newer message, asking for as much as both; null if one of them asks for what there is not. */
export const combineStartMessages: CombineStarts = (waiting, newer) => {
  const sync = combineStarts(waiting.sync, newer.sync);
  return sync === null ? null : { ...newer, sync };
};
