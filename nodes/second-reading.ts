/** Of several instances of one flow, whose timers go off at the same time, one reads. */
import { isConnectorError } from '../src/errors.ts';
import type { Outcome } from './on-input.ts';

/** Begins a reading; that another instance of the same node is at it already is its outcome, and no error. */
export async function unlessReadElsewhere(read: () => Promise<Outcome | null>): Promise<Outcome | null> {
  try {
    return await read();
  } catch (error) {
    if (!isConnectorError(error, 'ERR_READING_SECOND') || error.details['isSameNode'] !== true) throw error;
    return { fill: 'yellow', key: 'shared.error.ERR_READING_SECOND' };
  }
}
