/** What the records of an MDM reading say, counted while they are stored: a full list may still be an empty one. Pure. */
import type { MdmRecord, Platform } from './records.ts';

/** Counts over the records of one platform. Absent: a version before this one has counted. */
export interface PlatformContent {
  readonly records: number;
  /** Records that have an EAS ID. */
  readonly easIds: number;
  /** Records that name a user. */
  readonly user?: number;
  /** Records that tell whether the device is compliant. */
  readonly compliance?: number;
  /** Records of devices that are managed. */
  readonly managed?: number;
}

/** Counts by platform; a platform without records is missing. */
export type ReadingContent = { readonly [platform in Platform]?: PlatformContent };

type Counting = { -readonly [Field in keyof PlatformContent]-?: number };

const NOTHING: Counting = { records: 0, easIds: 0, user: 0, compliance: 0, managed: 0 };

/** The counts of `before` and of one more page. */
export function addContent(before: ReadingContent, records: readonly MdmRecord[]): ReadingContent {
  const content = countsOf(records);
  return {
    ...before,
    ...Object.fromEntries([...content].map(([platform, some]) => [platform, sumOf(before[platform], some)])),
  };
}

/** By itself: it is what V8 compiles anew as soon as it has seen some pages. */
function countsOf(records: readonly MdmRecord[]): Map<Platform, Counting> {
  const content = new Map<Platform, Counting>();
  for (const { device, easIds, user, compliance, managed } of records) {
    let some = content.get(device.platform);
    if (some === undefined) content.set(device.platform, (some = { ...NOTHING }));
    some.records += 1;
    if (easIds.length > 0) some.easIds += 1;
    if (user.upn !== null || user.addresses.length > 0) some.user += 1;
    if (compliance !== 'unknown') some.compliance += 1;
    if (managed) some.managed += 1;
  }
  return content;
}

function sumOf(a: PlatformContent | undefined, b: Counting): PlatformContent {
  const { records, easIds, user, compliance, managed } = { ...NOTHING, ...a };
  return {
    records: records + b.records,
    easIds: easIds + b.easIds,
    user: user + b.user,
    compliance: compliance + b.compliance,
    managed: managed + b.managed,
  };
}
