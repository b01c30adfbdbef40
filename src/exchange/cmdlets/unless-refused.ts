/** Asking what an account may have no right to. */
import { isConnectorError } from '../../errors.ts';

/** The answer; null: the account's roles do not have the cmdlet. Throws everything else that `ask` throws. */
export async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN')) return null;
    throw error;
  }
}
