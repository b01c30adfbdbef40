/** What a check said last, in Node-RED's context of the node: it is as lasting as that context. */
import { afterSaying, lastSaidIn, type LastSaid } from '../../src/autodiscover/changes.ts';
import type { Instance } from '../red.ts';

const KEY = 'lastSaid';

/** What was said; nothing where the context cannot be read: then the check says. */
export function readLastSaid(node: Instance): Promise<LastSaid> {
  return new Promise((resolve) => {
    node.context().get(KEY, (error: unknown, value: unknown) => {
      if (error) node.warn('What this check said last could not be read, so it says it again.');
      resolve(error ? [] : lastSaidIn(value));
    });
  });
}

/** Keeps what was said just now. A context that cannot be written costs one repetition, not the check. */
export async function keepSaid(node: Instance, target: string, saying: string): Promise<void> {
  const said = afterSaying(await readLastSaid(node), target, saying);
  await new Promise<void>((resolve) => {
    node.context().set(KEY, said, (error: unknown) => {
      if (error) node.warn('What this check said could not be kept, so it may say it again.');
      resolve();
    });
  });
}
