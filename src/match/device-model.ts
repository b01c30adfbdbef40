/** Comparing the models two systems report for what may be one device. */
import type { Platform } from '../model/records.ts';

/** `unknown`: one side is silent, or they speak of it in ways that cannot be compared. */
export type ModelComparison = 'same' | 'different' | 'unknown';

/*
 *   Exchange says     the MDM says        comparison
 *   iPhone15C2        iPhone15,2          same       (Exchange gets Apple's identifier with C for the comma)
 *   iPhone15C2        iPhone 14 Pro       unknown    (identifier against name)
 *   iPhone15C2        iPad Air            different  (another family)
 *   SM-S911B          Samsung SM-S911B    same       (one holds the other)
 *   Pixel 8           SM-S911B            different
 *   Pixel 8           Pixel 8 Pro         different  (Android sends Build.MODEL whole; a prefix is another phone)
 *   null              anything            unknown
 */

/** Compares two model texts of the same platform. */
export function compareModels(platform: Platform | null, eas: string | null, mdm: string | null): ModelComparison {
  if (eas === null || mdm === null) return 'unknown';
  const left = plainModel(eas);
  const right = plainModel(mdm);
  if (left === '' || right === '') return 'unknown';
  if (left === right) return 'same';
  const family = appleFamily(left);
  if (family !== null || appleFamily(right) !== null)
    return family === appleFamily(right) ? appleModels(left, right) : 'different';
  if (platform !== 'android') return 'unknown';
  return left.endsWith(` ${right}`) || right.endsWith(` ${left}`) ? 'same' : 'different';
}

/** True if both texts name the same Apple family (iPhone, iPad, iPod). */
export function sameAppleFamily(eas: string | null, mdm: string | null): boolean {
  if (eas === null || mdm === null) return false;
  const family = appleFamily(plainModel(eas));
  return family !== null && family === appleFamily(plainModel(mdm));
}

// Lower case, words split by one space; iphone15c2 and iphone15,2 become one.
function plainModel(model: string): string {
  const text = model
    .toLowerCase()
    .replace(/[^a-z0-9,]+/g, ' ')
    .trim();
  const apple = /^(iphone|ipad|ipod)(\d{1,3})[c,](\d{1,3})$/.exec(text);
  return apple ? `${apple[1]}${apple[2]},${apple[3]}` : text;
}

function appleFamily(plain: string): string | null {
  return /^(?:apple )?(iphone|ipad|ipod)/.exec(plain)?.[1] ?? null;
}

function appleModels(left: string, right: string): ModelComparison {
  const bothIdentifiers = left.includes(',') && right.includes(',');
  const bothNames = left.includes(' ') && right.includes(' ');
  return bothIdentifiers || bothNames ? 'different' : 'unknown';
}
