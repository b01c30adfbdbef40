/** What the records of an MDM reading say, counted while they are stored: a full list may still be an empty one. Pure. */
import type { MdmRecord, Platform } from './records.ts';

/** Counts over the records of one platform. */
export interface PlatformContent {
  readonly records: number;
  /** Records that have an EAS ID. */
  readonly easIds: number;
}

/** Counts by platform; a platform without records is missing. */
export type ReadingContent = { readonly [platform in Platform]?: PlatformContent };

/** The counts of `before` and of one more page. */
export function addContent(before: ReadingContent, records: Iterable<MdmRecord>): ReadingContent {
  const content: { [platform in Platform]?: PlatformContent } = { ...before };
  for (const { device, easIds } of records) {
    const known = content[device.platform] ?? { records: 0, easIds: 0 };
    content[device.platform] = {
      records: known.records + 1,
      easIds: known.easIds + (easIds.length > 0 ? 1 : 0),
    };
  }
  return content;
}
