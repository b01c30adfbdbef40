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

const NOTHING: Required<PlatformContent> = { records: 0, easIds: 0, user: 0, compliance: 0, managed: 0 };

/** The counts of `before` and of one more page. */
export function addContent(before: ReadingContent, records: Iterable<MdmRecord>): ReadingContent {
  const content: { [platform in Platform]?: Required<PlatformContent> } = {};
  for (const { device, easIds, user, compliance, managed } of records) {
    const known = content[device.platform] ?? NOTHING;
    content[device.platform] = {
      records: known.records + 1,
      easIds: known.easIds + Number(easIds.length > 0),
      user: known.user + Number(user.upn !== null || user.addresses.length > 0),
      compliance: known.compliance + Number(compliance !== 'unknown'),
      managed: known.managed + Number(managed),
    };
  }
  const counted = Object.entries(content) as [Platform, Required<PlatformContent>][];
  return {
    ...before,
    ...Object.fromEntries(counted.map(([platform, some]) => [platform, sumOf(before[platform], some)])),
  };
}

function sumOf(a: PlatformContent | undefined, b: Required<PlatformContent>): PlatformContent {
  const { records, easIds, user, compliance, managed } = { ...NOTHING, ...a };
  return {
    records: records + b.records,
    easIds: easIds + b.easIds,
    user: user + b.user,
    compliance: compliance + b.compliance,
    managed: managed + b.managed,
  };
}
