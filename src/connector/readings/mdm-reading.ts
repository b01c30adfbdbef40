/**
 * The pages of one reading of an MDM, of all its records or of what changed.
 * In: the port, the store, what the start asked for. Out: of which kind it is, and its pages. Changes: what the store knows of
 * Entra's devices.
 */
import { throwIfAborted } from '../../errors.ts';
import type { MdmRecord } from '../../model/records.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import type { MdmPort, Stoppable } from '../ports.ts';
import { mostSingles, whyFull } from './mdm-reading-kind.ts';
import type { WhyFull } from './mdm-reading-kind.ts';
import type { Page } from './page.ts';
import { canBeQuick, fullPages, hearEntra, quickPages } from './quick-mdm-reading.ts';
import type { HeardOfEntra } from './quick-mdm-reading.ts';

/** What of the store a reading of an MDM needs. */
export type StoreOfMdm = Pick<Store, 'history' | 'snapshots' | 'entra'>;

/** The link that is kept goes on counting. */
const NOTHING_HEARD: HeardOfEntra = { says: 'few', link: null, deviceIds: new Set(), deleted: [] };

interface MdmReading extends Stoppable {
  readonly id: string;
  /** Null: nobody knows yet which one it is. */
  readonly store: Pick<Store, 'entra'> | null;
  readonly earlier: SnapshotInfo | null;
  readonly setting: 'full' | 'quick';
  readonly asked: 'full' | 'quick' | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly pageSize: number;
  /** As for {@link MdmPort.mdmPages}; where Entra is heard too, pages are read: a report does not say whose device it is there. */
  readonly bulkAbove: number;
}

/** What a reading is. */
export interface MdmReadingPages {
  readonly kind: 'full' | 'quick';
  /** Null: it is one of changes. */
  readonly whyFull: WhyFull | null;
  /** Why we may not ask Entra, in words. */
  readonly refused: string | null;
  readonly pages: AsyncIterable<Page<MdmRecord>>;
}

/** Decides which kind of reading is due, and begins it. @throws as the port does, where one of changes is due */
export async function mdmPagesOf(mdm: MdmPort, reading: MdmReading): Promise<MdmReadingPages> {
  const { store, earlier, setting, asked, now, pageSize, bulkAbove, signal } = reading;
  const whole = { pageSize, bulkAbove, signal };
  if (setting === 'full' || store === null || !canBeQuick(mdm)) {
    const why = setting === 'full' ? 'set' : 'no-link';
    return { kind: 'full', whyFull: why, refused: null, pages: mdm.mdmPages(whole) };
  }
  const link = await store.entra.link(mdm.source);
  const most = mostSingles(earlier?.count ?? 0);
  const hear = (since: string | null): Promise<HeardOfEntra> => hearEntra(mdm, store, { since, most, signal });
  const fullStartedAt = earlier?.fullStartedAt ?? null;
  const why = whyFull({ setting, asked, fullStartedAt, hasLink: link !== null, now });
  const parts = { id: reading.id, store, pageSize, signal };
  if (why === null && earlier !== null) {
    const heard = await hear(link);
    if (heard.says === 'few') {
      const pages = quickPages(mdm, { ...parts, heard, earlier });
      return { kind: 'quick', whyFull: null, refused: null, pages };
    }
    const next = heard.says === 'expired' ? await ifItCan(() => hear(null), signal) : heard;
    return full(heard.says, next);
  }
  return full(why ?? 'first', await ifItCan(() => fromTheStart(hear, link), signal));

  function full(whyIt: WhyFull, heard: HeardOfEntra | null): MdmReadingPages {
    const pages = fullPages(mdm, { ...parts, heard: heard ?? NOTHING_HEARD });
    return { kind: 'full', whyFull: whyIt, refused: heard?.text ?? null, pages };
  }
}

/** Where a link is of no use any more, Entra is heard from the start. */
async function fromTheStart(
  hear: (since: string | null) => Promise<HeardOfEntra>,
  link: string | null,
): Promise<HeardOfEntra> {
  const heard = await hear(link);
  return heard.says === 'expired' ? hear(null) : heard;
}

/** A full reading does not need Entra: null if it fails. */
async function ifItCan(hear: () => Promise<HeardOfEntra>, signal: AbortSignal): Promise<HeardOfEntra | null> {
  try {
    return await hear();
  } catch {
    throwIfAborted(signal);
    return null;
  }
}
