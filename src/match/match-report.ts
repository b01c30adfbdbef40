/** What a run of the matcher found, in numbers. */
import type { DeviceRecord, DeviceStatus, MatchedBy, ReasonCode } from '../model/records.ts';

/** Counts of device records by status, by what merged them, and by reason. */
export interface MatchReport {
  readonly status: Readonly<Record<DeviceStatus, number>>;
  readonly by: Readonly<Record<NonNullable<MatchedBy>, number>>;
  readonly reason: Readonly<Partial<Record<ReasonCode, number>>>;
}

/** Counts device records as they pass. */
export class MatchCounter {
  readonly #status: Record<DeviceStatus, number> = { eas: 0, mdm: 0, 'eas/mdm': 0 };
  readonly #by: Record<NonNullable<MatchedBy>, number> = { 'eas-id': 0, activation: 0, pairing: 0, serial: 0 };
  readonly #reason = new Map<ReasonCode, number>();

  /** Counts one record. */
  count(device: Pick<DeviceRecord, 'status' | 'match' | 'reason'>): void {
    this.#status[device.status]++;
    if (device.match.by !== null) this.#by[device.match.by]++;
    this.#reason.set(device.reason.code, (this.#reason.get(device.reason.code) ?? 0) + 1);
  }

  /** The counts so far. */
  report(): MatchReport {
    return { status: { ...this.#status }, by: { ...this.#by }, reason: Object.fromEntries(this.#reason) };
  }
}
