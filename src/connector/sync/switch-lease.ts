/**
 * One organization has one switch that writes: whoever has its lease.
 * In: who asks. Out: whether it may write; parts whose every transaction and every write are its own. Changes: the lease.
 */
import { ConnectorError } from '../../errors.ts';
import { hostOf, LEASE_MS, RENEW_MS } from '../../store/leases.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import type { SwitchParts } from './switch-parts.ts';
import { refusal } from '../../model/refusals.ts';

/** After a start, the node that had the lease last comes first: it has held plans and waiting changes under its name. */
const PRECEDENCE_MS = 15_000;

/** Who has the lease: this one, another switch, or another instance of the same flow. */
export type LeaseState = 'held' | 'other-switch' | 'other-instance';

/** One switch's share in the lease of its organization. */
export class SwitchLease {
  readonly #who: Pick<Lease, 'holder' | 'node' | 'process'>;
  readonly #monotonic: Clock;
  readonly #startedAt: number;
  #lease: Lease | null = null;
  /** Whoever else has it. */
  #other: Lease | null = null;
  /** When this process can no longer be sure of it. */
  #sureUntil = 0;
  /** The fence with which a sync began. */
  #syncFence: number | null = null;

  /** @param monotonic milliseconds that nobody sets */
  constructor(who: Pick<Lease, 'holder' | 'node' | 'process'>, monotonic: Clock) {
    this.#who = who;
    this.#monotonic = monotonic;
    this.#startedAt = monotonic();
  }

  /** True while this process is sure to have the lease. */
  get isHeld(): boolean {
    return this.#lease !== null && this.#monotonic() < this.#sureUntil;
  }

  /** Takes or renews the lease, if it is free. */
  async hold({ leases }: Pick<Store, 'leases'>, organization: string): Promise<LeaseState> {
    const asked = this.#monotonic();
    const patient = asked - this.#startedAt < PRECEDENCE_MS;
    const wish = { name: leaseName(organization), ...this.#who };
    const lease = await leases.take(wish, { validMs: LEASE_MS, patient });
    if (lease.holder === this.#who.holder) {
      this.#lease = lease;
      this.#other = null;
      this.#sureUntil = asked + LEASE_MS;
      return 'held';
    }
    this.#lease = null;
    this.#other = lease;
    return lease.node === this.#who.node ? 'other-instance' : 'other-switch';
  }

  /** True once a sync has begun under it, whoever has it now. */
  get hasBegun(): boolean {
    return this.#syncFence !== null;
  }

  /** The node that has it, if that is another one than this; else null. */
  get otherNode(): string | null {
    return this.#other === null || this.#other.node === this.#who.node ? null : this.#other.node;
  }

  /** The host of whoever has it, if that is somebody else; else empty. */
  get host(): string {
    return this.#other === null ? '' : hostOf(this.#other.process);
  }

  /**
   * Parts with which only the holder of this lease gets anything done; null: another instance of this flow has it.
   * Throws ERR_SWITCH_SECOND where another switch has it, ERR_LEASE_LOST for a later page of a sync that began under an
   * earlier lease, ERR_SNAPSHOT_INCOMPLETE for one where no sync has begun yet.
   * @param page of a sync; null: no part of one
   */
  async over(parts: SwitchParts, page: number | null): Promise<SwitchParts | null> {
    const { organization } = parts.exchange;
    const state = await this.hold(parts.store, organization);
    if (state === 'other-instance') return null;
    const lease = this.#lease;
    if (state === 'other-switch' || lease === null)
      throw new ConnectorError('ERR_SWITCH_SECOND', refusal('second-switch'), {
        details: { organization },
      });
    if (page === 0) this.#syncFence = lease.fence;
    if (page !== null && !this.hasBegun) throw firstPagesMissing();
    if (page !== null && this.#syncFence !== lease.fence) throw lost(lease);
    const { store, exchange } = parts;
    const together: Store['together'] = (work) =>
      store.together(async (all) => {
        await all.leases.check(lease);
        return work(all);
      });
    return {
      ...parts,
      store: {
        ...store,
        together,
        settings: {
          get: (name) => store.settings.get(name),
          set: (name, value) => together(({ settings }) => settings.set(name, value)),
          edit: (name, change) => together(({ settings }) => settings.edit(name, change)),
        },
      },
      exchange: {
        ...exchange,
        write: async (...call) => {
          // Exchange knows no fence: who is not sure any more does not write.
          if (this.#lease?.fence !== lease.fence || this.#monotonic() >= this.#sureUntil) throw lost(lease);
          await exchange.write(...call);
        },
      },
    };
  }

  /** Renews the lease while something is done under it, and lets go of it then: for who does not keep it otherwise. */
  async during<T>(store: Pick<Store, 'leases'>, organization: string, work: () => Promise<T>): Promise<T> {
    let renewed: Promise<unknown> = Promise.resolve();
    const renew = (): void => {
      // What a silent store does not renew is over by itself, and nothing is written any more.
      renewed = this.hold(store, organization).catch(() => undefined);
    };
    const timer = setInterval(renew, RENEW_MS);
    timer.unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
      await renewed.then(() => this.release(store, true)).catch(() => undefined);
    }
  }

  /** Lets go of the lease. @param forGood the node is gone: whoever waits need not let it go first */
  async release({ leases }: Pick<Store, 'leases'>, forGood: boolean): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    if (lease !== null) await leases.release(lease, { forGood });
  }
}

/** Names the lease of an organization. */
function leaseName(organization: string): string {
  return `organization/${organization}`;
}

/** The node that writes for an organization, or wrote last: after a start it comes first. Null: none did. */
export async function writerOf({ leases }: Pick<Store, 'leases'>, organization: string): Promise<string | null> {
  return (await leases.last(leaseName(organization)))?.node ?? null;
}

/** What is owed is the writing switch's to tell; where there is none any more, that of one that simulates. */
export async function isInCharge({
  store,
  exchange,
  settings,
}: Pick<SwitchParts, 'store' | 'exchange' | 'settings'>): Promise<boolean> {
  return settings.mode === 'enforce' || !(await isWrittenFor(store, exchange.organization));
}

/** True while some switch writes for the organization. */
async function isWrittenFor(store: Pick<Store, 'leases'>, organization: string): Promise<boolean> {
  return (await writtenFor(store, [organization])).length > 0;
}

/** For which of the organizations some switch writes, in the order of their ids. */
export async function writtenFor(
  { leases }: Pick<Store, 'leases'>,
  organizations: readonly string[],
): Promise<readonly string[]> {
  const held = await leases.held(organizations.map(leaseName), { validMs: LEASE_MS });
  return held.map(({ name }) => name.slice(leaseName('').length)).sort();
}

/**
 * Which of the organizations another process works for, and on which host.
 * @param process this one
 */
export async function workedForElsewhere(
  { leases }: Pick<Store, 'leases'>,
  organizations: readonly string[],
  process: string,
): Promise<Map<string, string>> {
  const held = await leases.held(organizations.map(leaseName), { validMs: LEASE_MS });
  const others = held.filter((lease) => lease.process !== process);
  return new Map(others.map((lease) => [lease.name.slice(leaseName('').length), hostOf(lease.process)]));
}

/** For a page whose sync is not under way. */
export function firstPagesMissing(): ConnectorError {
  return new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The first pages of this sync did not reach the access switch.');
}

function lost({ name }: Lease): ConnectorError {
  return new ConnectorError('ERR_LEASE_LOST', refusal('lost-lease'), {
    details: { lease: name },
  });
}
