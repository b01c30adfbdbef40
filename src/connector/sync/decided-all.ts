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

/** Which columns of a device a version keeps with a decision: with others everything is decided about anew, and kept. */
const KEPT = 2;

/**
 * Tells by what a switch decides: other rules, other decisions. Whether a block waits for its mail, or a person may remove a
 * partnership, is none of them.
 */
export function digestOf(settings: SwitchSettings): string {
  const { mailFirst: _mailFirst, removeByHand: _removeByHand, ...deciding } = settings;
  return createHash('sha256')
    .update(JSON.stringify({ ...deciding, kept: KEPT }))
    .digest('hex')
    .slice(0, 32);
}
