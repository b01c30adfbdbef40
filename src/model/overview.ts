/** What an MDM counts of itself against what it lists: a list that is far shorter hides devices. Pure. */

/** What a list is, next to the overview. */
export type ComparedWithOverview = 'unknown' | 'agrees' | 'empty' | 'far-below';

/** A list may lack fewer than so many: the overview is made from time to time, and devices come and go meanwhile. */
const FEW = 10;
/** Share of the overview that a list may lack, in per cent. */
const LACKING_PERCENT = 10;

/**
 * | the overview counts | the list lacks of it      | it is     |
 * |---------------------|---------------------------|-----------|
 * | nobody knows        |                           | unknown   |
 * | any                 | nothing                   | agrees    |
 * | any                 | all                       | empty     |
 * | any                 | fewer than 10, or ≤ 10 %  | agrees    |
 * | any                 | more                      | far-below |
 */
export function compareWithOverview(enrolled: number | null, listed: number): ComparedWithOverview {
  if (enrolled === null) return 'unknown';
  const lacking = enrolled - listed;
  if (lacking <= 0) return 'agrees';
  if (listed === 0) return 'empty';
  return lacking >= FEW && lacking * 100 > enrolled * LACKING_PERCENT ? 'far-below' : 'agrees';
}

/** What a person is told of it; null: nothing. */
export const OVERVIEW_WORDS: Readonly<Record<ComparedWithOverview, string | null>> = {
  unknown: 'Whether devices are hidden from the application is not known.',
  agrees: null,
  empty: 'Scope tags hide them all from the application.',
  'far-below': 'Scope tags may hide the others from the application.',
};
