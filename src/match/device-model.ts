/** Comparing the models two systems report for what may be one device. */
import type { Platform } from '../model/records.ts';

/** `unknown`: one side is silent, or they speak of it in ways that cannot be compared. */
export type ModelComparison = 'same' | 'different' | 'unknown';

/*
 *   one says              the other says       comparison
 *   iPhone15C2            iPhone15,2           same       (Exchange gets Apple's identifier with C for the comma)
 *   iPhone15C2            iPhone 14 Pro        unknown    (identifier against name)
 *   iPhone                iPhone 14 Pro        unknown    (a placeholder)
 *   iPhone15C2            iPad Air             different  (another family)
 *   SM-S911B              Samsung SM-S911B     same       (the maker's name says nothing more)
 *   SAMSUNGSMS911B        SM-S911B/DS          same       (nor do separators, case, and how many SIM cards it takes)
 *   SM-G991               SM-G991B             same       (one code, with and without its region)
 *   Android, SamsungDevice, Google             unknown    (placeholders, whatever stands beside them)
 *   SM-S911B              Galaxy S23           unknown    (code against name)
 *   SM-S911B              SM-S916B             different  (code against code)
 *   Pixel 8               Pixel 8 Pro          different  (two names of one family)
 *   Galaxy A53            Galaxy A53 5G        unknown    (some leave that away)
 *   Mi 9T                 Redmi K20            unknown    (names of two families: one phone is sold under several)
 *   Pixel 8               SM-S911B             different  (two makers)
 *   null                  anything             unknown
 *
 * "Different" keeps a user's own phone from being let in, "same" and "unknown" let a click count: only what proves another
 * phone is different.
 */

/** Compares two model texts of the same platform; in either order. */
export function compareModels(platform: Platform | null, eas: string | null, mdm: string | null): ModelComparison {
  if (eas === null || mdm === null) return 'unknown';
  const [left, right] = [plainModel(eas), plainModel(mdm)];
  const family = appleFamily(left);
  if (family !== null || appleFamily(right) !== null) return compareApple(left, right);
  if (platform !== 'android') return left !== '' && left === right ? 'same' : 'unknown';
  return compareAndroid(androidModel(left), androidModel(right));
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
  return apple ? `${apple[1]}${apple[2]},${apple[3]}` : text.replace(/^apple (?=ip(?:hone|ad|od))/, '');
}

// ── Apple ───────────────────────────────────────────────────────────────────

function appleFamily(plain: string): string | null {
  return /^(iphone|ipad|ipod)/.exec(plain)?.[1] ?? null;
}

function compareApple(left: string, right: string): ModelComparison {
  if (appleFamily(left) !== appleFamily(right)) return left === '' || right === '' ? 'unknown' : 'different';
  if (appleKind(left) === 'placeholder' || appleKind(left) !== appleKind(right)) return 'unknown';
  return left === right ? 'same' : 'different';
}

function appleKind(plain: string): 'identifier' | 'name' | 'placeholder' {
  if (plain.includes(',')) return 'identifier';
  return plain.includes(' ') ? 'name' : 'placeholder';
}

// ── Android ─────────────────────────────────────────────────────────────────

/** A model text of Android, cut down to what tells phones apart. */
interface AndroidModel {
  readonly kind: 'placeholder' | 'code' | 'name';
  /** Without maker and separators. */
  readonly text: string;
  /** The words it has, without the maker. */
  readonly words: readonly string[];
  /** Null: nothing tells. */
  readonly maker: string | null;
}

/**
 * Makers by what their models begin with. Brands of one maker, and brands that have shared phones, are one: their names for a
 * phone are no contradiction.
 */
const MAKERS: readonly { readonly maker: string; readonly names: readonly string[]; readonly models: RegExp }[] = [
  // https://www.samsung.com: SM-…; before 2013 GT, SGH, SCH, SPH and SHV.
  { maker: 'samsung', names: ['samsung'], models: /^(?:galaxy|sm[a-z]\d{3}|(?:gt|sgh|sch|sph|shv)[a-z]\d)/ },
  { maker: 'google', names: ['google'], models: /^pixel/ },
  {
    maker: 'xiaomi',
    names: ['xiaomi', 'redmi', 'poco'],
    models: /^(?:redmi|poco|mi\d|mimix|m\d{4}[a-z]\d|2[0-4]\d{6})/,
  },
  { maker: 'huawei', names: ['huawei', 'honor'], models: /^honor/ },
  { maker: 'motorola', names: ['motorola', 'lenovo'], models: /^(?:moto|xt\d{4})/ },
  { maker: 'bbk', names: ['oneplus', 'oppo', 'realme', 'vivo', 'iqoo'], models: /^(?:cph|rmx)\d{4}/ },
  { maker: 'sony', names: ['sony', 'sonyericsson'], models: /^(?:xperia|xq[a-z]{2}\d{2})/ },
  { maker: 'fairphone', names: ['fairphone'], models: /^fp\d$/ },
  { maker: 'nokia', names: ['nokia', 'hmd global', 'hmd'], models: /^ta\d{4}$/ },
  { maker: 'lg', names: ['lge', 'lg'], models: /^lm[a-z]\d{3}/ },
  { maker: 'htc', names: ['htc'], models: /^desire/ },
  { maker: 'asus', names: ['asus'], models: /^(?:zenfone|zs\d{3}[a-z]{2})/ },
  { maker: 'zebra', names: ['zebra technologies', 'zebra'], models: /^(?:tc|mc|et|ec)\d{2}/ },
];

/** What a client says in place of a model. */
const PLACEHOLDER = /^(?:android|device|phone|smartphone|tablet|mobile|unknown|generic|eas|model)*$/;

function androidModel(plain: string): AndroidModel {
  const named = MAKERS.find(({ names }) => names.some((name) => isMaker(plain, name)));
  const name = named?.names.find((one) => isMaker(plain, one));
  const rest = name === undefined ? plain : plain.slice(name.length).trim();
  const words = rest.replaceAll(',', ' ').split(' ');
  const told = words.filter((word) => !DUAL_SIM.test(word));
  const text = told.join('');
  const maker = named?.maker ?? makerOf(told);
  if (PLACEHOLDER.test(text)) return { kind: 'placeholder', text, words: told, maker };
  return { kind: isCode(told) ? 'code' : 'name', text, words: told, maker };
}

function makerOf(words: readonly string[]): string | null {
  if (HUAWEI_CODE.test(words.join(' '))) return 'huawei';
  return MAKERS.find(({ models }) => models.test(words.join('')))?.maker ?? null;
}

/** True if a text begins with the maker: as a word, or glued to a code or a placeholder (SAMSUNGSMG930V, SamsungDevice). */
function isMaker(plain: string, name: string): boolean {
  if (!plain.startsWith(name)) return false;
  const rest = plain.slice(name.length);
  const words = rest.trim().split(' ');
  if (PLACEHOLDER.test(words.join('')) || isCode(words)) return true;
  return rest.startsWith(' ') && !BRANDS.has(name);
}

/** Makers whose name is the first word of a phone's: it is left there. */
const BRANDS = new Set(['redmi', 'poco', 'honor', 'oneplus', 'nokia', 'realme', 'vivo', 'oppo', 'iqoo']);

/** What some write behind a name and others leave away: Galaxy A53 5G, moto g power (2021). */
const LEFT_AWAY = /^(?:5g|4g|lte|20\d\d)$/;

/** Behind a code: SM-S911B/DS. */
const DUAL_SIM = /^(?:ds|dsn|duos)$/;

/** Codes without three digits in a row, in words: GRA-L09, ANE-LX1 (Huawei), XQ-BC52 (Sony). Mi Max 2 is none. */
const HUAWEI_CODE = /^[a-z]{3} (?:[abntw]?l|[lantbw]x|an|nx)\d{1,2}[a-z]?$/;
const SONY_CODE = /^xq [a-z]{2}\d{2}$/;

/** True for a maker's code, as Android's Build.MODEL often is: three digits in a row, beside no word that a name is made of. */
function isCode(words: readonly string[]): boolean {
  const text = words.join(' ');
  if (HUAWEI_CODE.test(text) || SONY_CODE.test(text)) return true;
  return words.some((word) => /\d{3}/.test(word)) && !words.some((word) => /^[a-z]{4,}$/.test(word));
}

function compareAndroid(left: AndroidModel, right: AndroidModel): ModelComparison {
  if (left.kind === 'placeholder' || right.kind === 'placeholder') return 'unknown';
  if (left.text === right.text) return 'same';
  if (left.maker !== null && right.maker !== null && left.maker !== right.maker) return 'different';
  const [short, long] = left.text.length < right.text.length ? [left, right] : [right, left];
  if (left.kind !== right.kind) return holdsCode(left, right) ? 'same' : 'unknown';
  if (left.kind === 'code') return isWithRegion(long.text, short.text) ? 'same' : 'different';
  const more = long.text.startsWith(short.text) ? long.text.slice(short.text.length) : '';
  if (/[a-z]/.test(more) && isCode([more])) return 'same';
  if (LEFT_AWAY.test(more)) return 'unknown';
  return familyOf(left) === familyOf(right) ? 'different' : 'unknown';
}

/** Galaxy S23 (SM-S911B) beside SM-S911B. */
function holdsCode(left: AndroidModel, right: AndroidModel): boolean {
  const [code, name] = left.kind === 'code' ? [left, right] : [right, left];
  return name.text.endsWith(code.text);
}

/** One code with the letters for its region. */
function isWithRegion(long: string, short: string): boolean {
  return short.length >= 5 && long.startsWith(short) && /^[a-z]\d?$/.test(long.slice(short.length));
}

/** The letters that a name begins with: galaxy, pixel, p (of P30). */
function familyOf({ words }: AndroidModel): string {
  return /^[a-z]*/.exec(words[0] ?? '')?.[0] ?? '';
}
