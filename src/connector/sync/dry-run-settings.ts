/** By what a dry run was made: whoever looks at its numbers later is told if other settings or sources are chosen by then. */
import { createHash } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import type { ExchangePort } from '../ports.ts';
import { rulesInUse } from './decider.ts';
import type { Directory } from './switch-parts.ts';
import type { SwitchSettings } from './switch-settings.ts';

/*
 *   setting                                                       other numbers
 *   rules, brake, MDM away, switch-on, days, taking over          yes
 *   in which MDM groups are looked up, how the matcher merges     yes
 *   whether Exchange is simulated, which MDM sources are          yes: other devices
 *   deployed, and whether they are
 *   the default rules, written out or not                         no: they are the same
 *   mode, whether blocks wait for their mail                      no: neither changes what would be blocked
 */

/** What a dry run goes by. */
interface GoneBy {
  readonly exchange: Pick<ExchangePort, 'isSimulated'>;
  readonly settings: SwitchSettings;
  /** Null: every group is Exchange's. */
  readonly directory: Pick<Directory, 'source'> | null;
}

/** Tells what decides from other such. */
export async function settingsDigest(
  store: Pick<Store, 'settings' | 'sources'>,
  { exchange, settings, directory }: GoneBy,
): Promise<string> {
  const { mode: _, mailFirst: __, rules, ...deciding } = settings;
  const match = await keptMatchSettings(store);
  const sources = (await store.sources.list()).map(({ scope, provider }) => `${provider} ${scope}`).sort();
  const sides = [exchange.isSimulated === true, directory?.source ?? null, ...new Set(sources)];
  const all = [{ ...deciding, rules: rulesInUse(rules) }, sides, match];
  return createHash('sha256').update(JSON.stringify(all, inOrder)).digest('hex').slice(0, 32);
}

/** Of two objects with the same properties in another order the same text is made. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
