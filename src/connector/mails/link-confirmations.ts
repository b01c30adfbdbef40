/**
 * A person has opened the link address from outside, and says that phones reach it: nothing here can see that.
 * In: link addresses, who says so. Out: what was said of them. Changes: what is kept of it.
 */
import { ConnectorError } from '../../errors.ts';
import type { Json, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { linkTo } from './enroll-mail.ts';
import { refusal } from '../../model/refusals.ts';

/** What somebody has said of one address: `by` the name in Node-RED, or `unknown`; `at` ISO 8601 UTC. */
type LinkConfirmation = Readonly<Record<'address' | 'by' | 'at', string>>;

const KEPT = 'mail.linkConfirmed';

/** The page that mails with this link address lead to; what is no address of one stays as it is. */
export function linkPageOf(linkBase: string): string {
  if (linkBase === '') return '';
  try {
    const url = new URL(linkTo(linkBase, 'check'));
    url.search = '';
    return url.href;
  } catch {
    return linkBase;
  }
}

/** What is kept, the newest last. */
export async function linkConfirmations({ settings }: Pick<Store, 'settings'>): Promise<LinkConfirmation[]> {
  return readKept(await settings.get(KEPT));
}

/*
 *   confirmation of                                     after another one
 *   the same address                                    it goes: the newer one counts
 *   an address that a deployed notifier has             stays
 *   any other address                                   goes: should it come back, somebody has to look again
 */

/**
 * Keeps that phones reach an address.
 * @param of.deployed the addresses of the deployed notifiers
 * @throws ConnectorError ERR_INPUT_INVALID for an address that none of them has
 */
export async function confirmLink({
  store,
  address,
  deployed,
  by,
  now,
}: {
  readonly store: Pick<Store, 'settings'>;
  readonly address: string;
  readonly deployed: readonly string[];
  /** Null: nobody is signed in. */
  readonly by: string | null;
  readonly now: Clock;
}): Promise<void> {
  if (address === '' || !deployed.includes(address)) throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-link'));
  const confirmation = { address, by: by ?? 'unknown', at: new Date(now()).toISOString() };
  await store.settings.edit(KEPT, (kept) => [
    ...readKept(kept).filter((one) => one.address !== address && deployed.includes(one.address)),
    confirmation,
  ]);
}

function readKept(kept: Json): LinkConfirmation[] {
  return Array.isArray(kept) ? (kept as unknown as LinkConfirmation[]) : [];
}
