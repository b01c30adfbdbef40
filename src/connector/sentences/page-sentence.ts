/** One sentence for a page of records: `msg.text`. Pure. */
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import { numberWords } from '../../model/number-words.ts';
import { counted } from './plain-words.ts';

/** What a page holds. `devices` and `mdm-only` are the matcher's. */
export type PageContent = 'eas' | 'mdm' | 'devices' | 'mdm-only';

/*
 *   content     one of them      several          how they came
 */
const CONTENT: Readonly<Record<PageContent, readonly [one: string, several: string, came: string]>> = {
  eas: ['EAS record', 'EAS records', 'read'],
  mdm: ['MDM record', 'MDM records', 'read'],
  devices: ['device', 'devices', 'matched'],
  'mdm-only': ['MDM record without a device in Exchange', 'MDM records without a device in Exchange', 'found'],
};

/** What a page is. */
export interface PageOfRecords {
  readonly content: PageContent;
  /** A quick reading: what changed. */
  readonly isQuick: boolean;
  readonly isDryRun: boolean;
  /** Its number, from 0. */
  readonly page: number;
  readonly last: boolean;
  /** Records on it. */
  readonly count: number;
  /** Records of the whole sequence; null: nobody knows. */
  readonly total: number | null;
  readonly gone?: readonly string[] | undefined;
  readonly gaps?: ReadingGaps | undefined;
}

/** `500 EAS records, page 2`; of the last one `1,204 EAS records read, complete`. */
export function pageSentence(page: PageOfRecords): string {
  const [one, several, came] = CONTENT[page.content];
  const changed = page.isQuick && page.content === 'eas' ? 'changed ' : '';
  const dryRun = page.isDryRun ? ', for a dry run' : '';
  const words = (count: number): string => counted(count, `${changed}${one}`, `${changed}${several}`);
  if (!page.last) return `${words(page.count)}, page ${numberWords(page.page + 1)}${dryRun}`;
  if (page.total === null) return `${words(page.count)}, page ${numberWords(page.page + 1)}, the last one${dryRun}`;
  const gone = page.gone === undefined || page.gone.length === 0 ? '' : `, ${numberWords(page.gone.length)} gone`;
  return `${words(page.total)} ${came}${gone}, ${endOf(page.gaps)}${dryRun}`;
}

function endOf(gaps: ReadingGaps | undefined): string {
  return gaps === undefined ? 'complete' : `complete but for ${counted(gaps.count, 'object')} that could not be read`;
}
