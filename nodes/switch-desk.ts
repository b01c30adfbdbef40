/** What an access switch answers the console, beside the messages that it takes. */
import type { RuleLanguage } from '../src/access/rule-words.ts';
import type { TryAnswer } from '../src/connector/sync/try-device.ts';

/** Offered by an access switch that runs. */
export interface SwitchDesk {
  /** Which rule decides about a device, by the last readings. @param key of its record. Rejects as `tryDevice` does */
  tryIt(key: string, language: RuleLanguage, signal: AbortSignal): Promise<TryAnswer>;
  /** It writes, and a person may have a partnership removed. */
  readonly removesByHand: boolean;
}

const desks = new WeakMap<object, SwitchDesk>();

/** Until nobody has the node any more. */
export function keepDesk(node: object, desk: SwitchDesk): void {
  desks.set(node, desk);
}

/** Null: the node is no access switch. */
export function deskOf(node: object): SwitchDesk | null {
  return desks.get(node) ?? null;
}
