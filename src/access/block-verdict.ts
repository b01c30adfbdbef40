/** Whether a block may be written at this moment, by what the MDM says right before it. Pure. */

/**
 * What the MDM said. `same`: the decision made anew is the block that was planned, for the same reason and record.
 * `no-block`: by the same record it is not a block any more. `other`: another record or reason, or the user has a device
 * that the last readings did not have. `unreachable`: an MDM cannot be asked; a mapped one never can.
 */
export type MdmAnswer = 'same' | 'no-block' | 'other' | 'unreachable';

/**
 * Where a try comes from. `new`: the sync that has just ended planned it, or decided the same again by MDM readings that
 * all began after it was planned, and after the MDM last said otherwise. `again`: it decided the same again by older ones.
 * `outside`: no sync has just decided it: `retry`, the timer, `approve`, a restart.
 */
export type TryOrigin = 'new' | 'again' | 'outside';

/** One try of a block. */
export interface BlockTry {
  readonly origin: TryOrigin;
  /** It was planned for a device with an MDM record. */
  readonly merged: boolean;
  /** One of the MDM readings it was planned by is of changes: what it lacks may be there all the same. */
  readonly quick: boolean;
  /** The MDM has said otherwise before, and no reading since has been decided by. */
  readonly doubted: boolean;
  /** Null: nobody has been asked yet. */
  readonly answer: MdmAnswer | null;
}

/*
 *   origin          merged   MDM can be asked   answer        then
 *   new             no       –                  –             write: the sync has just looked; quick: as again
 *   new             yes      –                  –             record: its MDM record is read again by id (apply.ts)
 *   again           any      no                 unreachable   as new; doubted, or quick and not merged: wait
 *   outside         any      no                 unreachable   wait
 *   again, outside  any      yes                same          write
 *   again, outside  any      yes                other         wait: it merges, or may
 *   again, outside  no       yes                no-block      wait
 *   again, outside  yes      yes                no-block      drop
 *
 * `wait` is for the next sync, which decides anew and writes the block if it decides the same; `drop` gives the change up.
 * `again` and `outside` read all devices of the user: one that was enrolled since has another id. Outside of a sync a reading
 * that began after the block was planned does not spare the question: until a sync has decided by it, nobody knows what it
 * says of this device (it may have been a dry run).
 */

/** What to do with a block. */
export function blockVerdict(block: BlockTry): 'write' | 'record' | 'wait' | 'drop' {
  const { origin, merged, quick, doubted, answer } = block;
  const isEnough = origin === 'again' && !doubted && (merged || !quick);
  if (isSpared(block) || (isEnough && answer === 'unreachable')) return merged ? 'record' : 'write';
  if (answer === 'same') return 'write';
  return merged && answer === 'no-block' ? 'drop' : 'wait';
}

/** True for a block before which nobody is asked by user. */
export function isSpared({ origin, merged, quick }: Omit<BlockTry, 'doubted' | 'answer'>): boolean {
  return origin === 'new' && (merged || !quick);
}

/**
 * Where a try of a change comes from that the sync which has just ended decided. Times are ISO 8601 UTC.
 * @param change when it was planned first, and when the MDM last said otherwise
 * @param sync when it began to decide, and when the oldest MDM reading began that it decided by; null: there is none
 */
export function originInSync(
  change: { readonly createdAt: string; readonly doubtedAt?: string | undefined },
  sync: { readonly at: string; readonly mdmReadAt: string | null },
): 'new' | 'again' {
  const { createdAt, doubtedAt } = change;
  if (doubtedAt === undefined && Date.parse(createdAt) >= Date.parse(sync.at)) return 'new';
  const isReadSince = Date.parse(sync.mdmReadAt ?? '') > Date.parse(doubtedAt ?? createdAt);
  return isReadSince ? 'new' : 'again';
}
