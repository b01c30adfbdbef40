/**
 * A refused sign-in, kept in the store: it stops the account in the next process too, and for every notifier of the store.
 *
 * In: the account's sign-in. Out: why nothing is sent now. Changes: a small value of the store, the account's gate.
 */
import type { ConnectorError } from '../../errors.ts';
import type { Json, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import type { SignInKey } from './mail-account.ts';

/** One refusal. The password is in it as an HMAC with the store's link secret, together with the configuration. */
interface KeptStop {
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly refusedAt: number;
  /** When it was refused first since it worked; absent: an older version has kept it. */
  readonly firstAt?: number;
  /** Notifiers that have told of it. */
  readonly told: readonly string[];
}

/** The refusals of one password and configuration since the sign-in worked, milliseconds since 1970. */
export interface Refusals {
  readonly first: number;
  readonly last: number;
}

/** A refused sign-in is tried again after an hour, and then once. */
export const STOPPED_MS = 3_600_000;

/** Refusals of other passwords are forgotten after a day. */
const FORGOTTEN_MS = 86_400_000;

/** For so long it is known that nothing is kept: another process's refusal is seen a second later, at most. */
const FRESH_MS = 1_000;

/** The stop of one account, seen by one notifier. Without a sign-in nothing ever stops. */
export class SignInStop {
  readonly #store: Store;
  readonly #signIn: SignInKey | null;
  readonly #name: string;
  readonly #fingerprint: string;
  readonly #notifier: string;
  readonly #now: Clock;
  /** When it was last seen that nothing is kept, by the clock that only goes forward. */
  #nothingAt: number | null = null;

  /** @param notifier who asks, among the notifiers of the store; empty: nobody who tells of it */
  constructor(store: Store, signIn: SignInKey | null, notifier: string, now: Clock) {
    this.#store = store;
    this.#signIn = signIn;
    this.#name = `mail.stop.${signIn?.username.toLowerCase() ?? ''}@${signIn?.host ?? ''}`;
    this.#fingerprint = signIn?.fingerprint(store.linkSecret) ?? '';
    this.#notifier = notifier;
    this.#now = now;
  }

  /** Why nothing is sent now, or null. What the store remembers closes the account's gate. */
  async current(): Promise<ConnectorError | null> {
    if (this.#signIn === null) return null;
    // A refusal of this process closes the gate itself.
    if (this.#isKnownToBeNone()) return this.#signIn.gate.stopped(this.#now());
    const kept = (await this.#read()).find(({ fingerprint }) => fingerprint === this.#fingerprint);
    this.#nothingAt = kept === undefined ? performance.now() : null;
    if (kept !== undefined) this.#signIn.gate.restore(kept.refusedAt);
    return this.#signIn.gate.stopped(this.#now());
  }

  /** Keeps the refusal that the gate has just seen. True if this notifier has not told of the stop yet, and now has to. */
  async remember(): Promise<boolean> {
    const refusedAt = this.#signIn?.gate.refusedAt ?? null;
    this.#nothingAt = null;
    if (refusedAt === null) return true;
    let isNews = true;
    await this.#edit((kept) => {
      const told = kept?.told ?? [];
      isNews = !told.includes(this.#notifier);
      if (kept !== undefined && !isNews && kept.refusedAt === refusedAt) return kept;
      const firstAt = kept?.firstAt ?? kept?.refusedAt ?? refusedAt;
      const isTeller = isNews && this.#notifier !== '';
      return { fingerprint: this.#fingerprint, refusedAt, firstAt, told: isTeller ? [...told, this.#notifier] : told };
    });
    return isNews;
  }

  /** Null: the sign-in was not refused since it worked, or a person has wanted it tried. */
  async refusals(): Promise<Refusals | null> {
    if (this.#signIn === null) return null;
    const kept = (await this.#read()).find(({ fingerprint }) => fingerprint === this.#fingerprint);
    return kept === undefined ? null : { first: kept.firstAt ?? kept.refusedAt, last: kept.refusedAt };
  }

  /** The sign-in works, or a person wants it tried. */
  async forget(): Promise<void> {
    if (this.#signIn === null) return;
    // Nearly always there is nothing to forget, after each mail; and it was looked for just before it.
    if (this.#isKnownToBeNone()) return;
    const kept = await this.#read();
    if (kept.some(({ fingerprint }) => fingerprint === this.#fingerprint)) await this.#edit(() => null);
  }

  #isKnownToBeNone(): boolean {
    return this.#nothingAt !== null && performance.now() - this.#nothingAt < FRESH_MS;
  }

  async #read(): Promise<KeptStop[]> {
    return readStops(await this.#store.settings.get(this.#name));
  }

  #edit(change: (kept: KeptStop | undefined) => KeptStop | null): Promise<void> {
    return this.#store.settings.edit(this.#name, (kept) => {
      const before = readStops(kept);
      const own = before.find(({ fingerprint }) => fingerprint === this.#fingerprint);
      const changed = change(own);
      if (changed === (own ?? null)) return kept;
      const others = before.filter((stop) => stop !== own && stop.refusedAt > this.#now() - FORGOTTEN_MS);
      return (changed === null ? others : [...others, changed]) as unknown as Json;
    });
  }
}

function readStops(kept: Json): KeptStop[] {
  return (kept ?? []) as unknown as KeptStop[];
}
