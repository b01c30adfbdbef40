/** What the records of an MDM reading say, counted while they are stored: a full list may still be an empty one. Pure. */
import type { MdmRecord, Platform } from './records.ts';

/** Counts over the records of one platform. */
export interface PlatformContent {
  readonly records: number;
  /** Records that have an EAS ID. */
  readonly easIds: number;
  /** Records that are not managed; absent: none. */
  readonly unmanaged?: number;
  /** Managed records whose compliance is unknown; absent: none. */
  readonly untold?: number;
}

/** Counts by platform; a platform without records is missing. */
export type ReadingContent = { readonly [platform in Platform]?: PlatformContent };

/** The counts of `before` and of one more page. */
export function addContent(before: ReadingContent, records: Iterable<MdmRecord>): ReadingContent {
  const content: { [platform in Platform]?: PlatformContent } = { ...before };
  for (const { device, easIds, managed, compliance } of records) {
    const known = content[device.platform] ?? { records: 0, easIds: 0 };
    content[device.platform] = {
      records: known.records + 1,
      easIds: known.easIds + (easIds.length > 0 ? 1 : 0),
      ...counted('unmanaged', known.unmanaged, !managed),
      ...counted('untold', known.untold, managed && compliance === 'unknown'),
    };
  }
  return content;
}

function counted<Name extends string>(
  name: Name,
  before = 0,
  isOneMore: boolean,
): { readonly [name in Name]?: number } {
  const count = before + (isOneMore ? 1 : 0);
  return (count === 0 ? {} : { [name]: count }) as { readonly [name in Name]?: number };
}

/** Managed records, and how many of them do not tell their compliance. */
export function untoldCompliance(content: ReadingContent): { readonly managed: number; readonly untold: number } {
  const counts = { managed: 0, untold: 0 };
  for (const { records, unmanaged = 0, untold = 0 } of Object.values(content)) {
    counts.managed += records - unmanaged;
    counts.untold += untold;
  }
  return counts;
}
