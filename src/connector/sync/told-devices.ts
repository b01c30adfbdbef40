/**
 * Which devices a person was told to look at, so that one is told of once for each reason and not at every sync, every start
 * or by every instance.
 * In: pages of devices that were decided about. Out: news of those that a person does not know of. Changes: what was told.
 */
import type { Store, StoreParts, ToldDevice } from '../../store/store.ts';
import type { Judged } from './decider.ts';
import { newsOfDevice } from './device-news.ts';
import type { ToldNews } from './device-news.ts';
import { deviceRow, oweDevice, settleDevice, untilTold } from './owed-news.ts';
import { standingBlock } from './standing-block.ts';
import { isInCharge } from './switch-lease.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

type TellingParts = Pick<SwitchParts, 'store' | 'exchange' | 'settings' | 'announce' | 'flow' | 'now' | 'ids'>;

/*
 *   who decides                                                 what was told is kept
 *   a switch that writes, its dry runs too                      in the store
 *   one that simulates, and nobody writes for the organization  in the store
 *   one that simulates beside one that writes                   in memory: its rules are others, and neither takes back what
 *                                                               the other has told
 *
 *   what is known of a device                        what is decided now       then
 *   nothing, or told for another reason              to look at it             told, and kept and owed, in one transaction
 *   told for the same reason                         to look at it             nothing
 *   told                                             nothing to look at        forgotten: the next time it is told anew
 *   read by a version that did not keep what it told to look at it, by the     kept as told: whether it was told is not known,
 *                                                    first sync after that     and the report counts it as undecided anyway
 */

/*
 *   what is decided now                              is the device blocked     is it one to look at
 *                                                    by an entry of ours
 *   nothing yet: the MDM reading is missing, too     yes                       no: it could only be blocked, and it is; the
 *   old, or older than the device                                              report counts it as undecided
 *   anything a person should look at                 either                    yes
 */

/** What was told, as one switch goes by it. A sync begins, has its pages, and ends. */
export class ToldDevices {
  #reasons = new Map<string, string>();
  #isKept = false;
  /** Devices that were read at this time or before may have been told of by an older version. */
  #unknownUntil: string | null = null;

  /** True if this switch sees to what is kept of the organization's devices. */
  get isInCharge(): boolean {
    return this.#isKept;
  }

  /** A sync begins: others may have told meanwhile. */
  async begin(parts: TellingParts): Promise<void> {
    const { store, exchange } = parts;
    const { organization } = exchange;
    this.#isKept = await isInCharge(parts);
    if (!this.#isKept) return;
    this.#unknownUntil = await store.settings.get<string>(settingName(organization));
  }

  /** Tells of those devices of a page that a person should look at and was not told of. What is kept is owed as well: cut off
   * in between, it is told at the next start. */
  async page(parts: TellingParts, judged: readonly Judged[]): Promise<void> {
    if (this.#isKept) this.#reasons = await parts.store.devices.told(judged.map(({ device }) => device.key));
    const changed = judged.filter((one) => this.#reasons.get(one.device.key) !== toldOf(one));
    if (changed.length === 0) return;
    const known = await this.#mayBeTold(parts.store, changed);
    const news = changed
      .filter((one) => toldOf(one) !== undefined && !known.has(one.device.key))
      .map((one) => newsOfDevice(one));
    const told = this.#isKept ? await this.#keep(parts, changed, news) : news;
    for (const one of changed) {
      const reason = toldOf(one);
      if (reason === undefined) this.#reasons.delete(one.device.key);
      else this.#reasons.set(one.device.key, reason);
    }
    for (const one of told) parts.announce(one.kind, one.news);
  }

  async #keep(parts: TellingParts, changed: readonly Judged[], news: readonly ToldNews[]): Promise<ToldNews[]> {
    const at = timeOf(parts.now);
    const keep = async (store: StoreParts): Promise<ToldNews[]> => {
      await store.devices.tell(changed.map((one) => rowOf(one, parts, at)));
      for (const { device } of changed) if (this.#reasons.has(device.key)) await settleDevice(store, parts, device.key);
      const owed: ToldNews[] = [];
      for (const one of news) owed.push(await oweDevice(store, parts, one));
      return owed;
    };
    const { organization } = parts.exchange;
    return untilTold(
      parts,
      () => news.map(({ news: { device } }) => deviceRow(organization, device?.key ?? null)),
      () => parts.store.together(keep),
    );
  }

  /** A sync has had all its pages: from now on it is known what was told. */
  async end({ store, exchange: { organization } }: TellingParts): Promise<void> {
    if (this.#unknownUntil === null) return;
    this.#unknownUntil = null;
    await store.settings.set(settingName(organization), null);
  }

  async #mayBeTold({ devices }: Pick<Store, 'devices'>, changed: readonly Judged[]): Promise<ReadonlySet<string>> {
    if (this.#unknownUntil === null) return new Set();
    const toTell = changed.filter((one) => toldOf(one) !== undefined).map(({ device }) => device.key);
    return devices.readBy(toTell, this.#unknownUntil);
  }
}

/** For which reason a person should look at it; undefined: need not. */
function toldOf({ device, entries, decision: { report, reason } }: Judged): string | undefined {
  const isSafe = reason.code === 'snapshot-incomplete' && standingBlock(device, entries) !== null;
  return report && !isSafe ? reason.code : undefined;
}

function rowOf(judged: Judged, { exchange: { organization } }: TellingParts, at: string): ToldDevice {
  const { device } = judged;
  const firstSyncAt = device.eas?.firstSyncAt ?? null;
  return { key: device.key, organization, firstSyncAt, at, told: toldOf(judged) ?? null };
}

/** Written by the migration that began to keep what is told. */
function settingName(organization: string): string {
  return `access.toldUntil.${organization}`;
}
