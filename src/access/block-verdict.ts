/** Whether a block may be written at this moment, by what the MDM says right before it. Pure. */

/**
 * What the MDM said. `same`: the decision made anew is the block that was planned, for the same reason and record.
 * `no-block`: it is not a block any more. `other`: a block, but for another reason or record, or the user has a device that
 * the last readings did not have. `unreachable`: an MDM cannot be asked; a mapped one never can.
 */
export type MdmAnswer = 'same' | 'no-block' | 'other' | 'unreachable';

/** One try of a block. */
export interface BlockTry {
  /** The sync that decided it has just ended. False: `retry`, the timer, `approve`, a restart. */
  readonly inItsSync: boolean;
  /** It was planned for a device with an MDM record. */
  readonly merged: boolean;
  /** Null: there was nobody to ask for it. */
  readonly answer: MdmAnswer | null;
}

/*
 *   tried            merged   MDM can be asked   answer                 then
 *   in its sync      no       –                  –                      write: the sync has just looked
 *   in its sync      yes      yes                same                   write
 *   in its sync      yes      yes                no-block, other        drop
 *   in its sync      yes      no                 unreachable, or null   wait
 *   outside a sync   any      no                 unreachable, or null   wait
 *   outside a sync   any      yes                same                   write
 *   outside a sync   any      yes                other                  wait
 *   outside a sync   no       yes                no-block               wait: it merges, or may
 *   outside a sync   yes      yes                no-block               drop
 *
 * `wait` is for the next sync, which decides anew and writes the block if it decides the same; `drop` gives the change up.
 * In its sync a merged device's record is read again by its id (a mapped MDM's is as its last reading has it; an MDM that
 * fails leaves the change to the next try, which is outside of a sync). Outside of one all of the user's are read: a device
 * that was enrolled since has another id. A reading that began after the block was planned does not spare the question: until a
 * sync has decided by it, nobody knows what it says of this device (it may have been a dry run).
 */

/** What to do with a block. */
export function blockVerdict({ inItsSync, merged, answer }: BlockTry): 'write' | 'wait' | 'drop' {
  if (answer === 'same') return 'write';
  if (inItsSync) return merged ? (answer === 'unreachable' || answer === null ? 'wait' : 'drop') : 'write';
  return merged && answer === 'no-block' ? 'drop' : 'wait';
}
