/** Where a link was opened, as far as the browser says it. Pure. */
import type { Platform } from '../model/records.ts';

/** `here`: on the device itself, or nobody knows. */
export type Place = 'here' | 'computer' | 'other-phone';

/** Longest User-Agent header that is looked at. */
const MAX_HEADER = 500;

/** The first row that matches wins: Android's browsers name Linux too, and iPhone's name Mac OS X. */
const BROWSERS: readonly (readonly [RegExp, 'ios' | 'android' | 'windows' | 'mac' | 'computer'])[] = [
  [/\b(?:iPhone|iPod|iPad)\b/, 'ios'],
  [/\bAndroid\b/, 'android'],
  [/\bWindows NT\b/, 'windows'],
  [/\bMacintosh\b/, 'mac'],
  [/\b(?:CrOS|X11)\b/, 'computer'],
];

/**
 * A page keeps its button wherever it is opened: what a browser says of itself is no proof.
 *
 * | the browser is on       | the link's device is                        | opened on   |
 * |-------------------------|---------------------------------------------|-------------|
 * | an iPhone or iPad       | an Apple one, or not known                  | here        |
 * | an Android              | an Android, or not known                    | here        |
 * | either                  | anything else                               | other-phone |
 * | a Mac                   | an iPad, whose browser says that it is one  | here        |
 * | Windows                 | Windows                                     | here        |
 * | any computer            | anything else                               | computer    |
 * | nobody knows what       | any                                         | here        |
 *
 * @param userAgent the header, whatever it is
 * @param device its platform, and its type as it says itself
 */
export function placeOf(
  userAgent: unknown,
  { platform, type }: { readonly platform: Platform | null; readonly type: string | null },
): Place {
  const text = typeof userAgent === 'string' ? userAgent.slice(0, MAX_HEADER) : '';
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1];
  switch (browser) {
    case undefined:
      return 'here';
    case 'ios':
    case 'android':
      return platform === null || platform === 'other' || platform === browser ? 'here' : 'other-phone';
    case 'windows':
      return platform === 'windows' ? 'here' : 'computer';
    case 'mac':
      return platform === 'ios' && /ipad/i.test(type ?? '') ? 'here' : 'computer';
    default:
      return 'computer';
  }
}
