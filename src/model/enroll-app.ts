/** The app that users install to enroll. Pure. */
import type { Platform } from './records.ts';

export interface EnrollApp {
  /** As the store calls it. */
  readonly name: string;
  /** https addresses of its pages in the stores of iOS and Android; null: it is not in that store. */
  readonly ios: string | null;
  readonly android: string | null;
}

/** Where a device of the platform gets it; null where no store is known. */
export function storeAddressOf({ ios, android }: EnrollApp, platform: Platform | null): string | null {
  if (platform === 'ios') return ios;
  return platform === 'android' ? android : null;
}
