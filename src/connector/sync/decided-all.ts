/**
 * When an enforcing switch last decided about every device of an organization, and by which settings: until it has, or by
 * others, no run is about some of them only.
 */
import { createHash } from 'node:crypto';
import type { Json, Store } from '../../store/store.ts';
import type { SwitchSettings } from './switch-settings.ts';

/** What is kept of it. */
export interface DecidedAll {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Tells settings from others. */
  readonly by: string;
}

function settingName(organization: string): string {
  return `access.decidedAll.${organization}`;
}

/** Null: none has. */
export async function readDecidedAll(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
): Promise<DecidedAll | null> {
  const kept = (await settings.get(settingName(organization))) as Partial<DecidedAll> | null;
  return typeof kept?.at === 'string' && typeof kept.by === 'string' ? { at: kept.at, by: kept.by } : null;
}

/** A plan about every device is valid. */
export async function keepDecidedAll(
  { settings }: Pick<Store, 'settings'>,
  organization: string,
  { at, by }: DecidedAll,
): Promise<void> {
  await settings.set(settingName(organization), { at, by } satisfies Json);
}

/** Nothing decided counts any more. */
export async function forgetDecidedAll({ settings }: Pick<Store, 'settings'>, organization: string): Promise<void> {
  await settings.set(settingName(organization), null);
}

/** Tells by what a switch decides: other rules, other decisions. Whether a block waits for its mail is none of them. */
export function digestOf(settings: SwitchSettings): string {
  const { mailFirst: _, ...deciding } = settings;
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex').slice(0, 32);
}
