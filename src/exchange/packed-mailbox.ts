/** A mailbox in few bytes: most of what is told of it is told of others too, or twice. Pure. */
import type { MailboxEntry } from './eas-record.ts';
import type { PackedReader, PackedWriter } from './packed-bytes.ts';

/** Words by number, in the order of their coming, counted from 1. */
class WordNumbers {
  readonly #most: number;
  readonly #numbers = new Map<string, number>();
  readonly #words: string[] = [];

  /** @param most words that get a number */
  constructor(most: number) {
    this.#most = most;
  }

  /** 0: there are too many before it. */
  numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    if (this.#words.length === this.#most) return 0;
    const number = this.#words.push(word);
    this.#numbers.set(word, number);
    return number;
  }

  wordOf(number: number): string {
    return this.#words[number - 1]!;
  }
}

/** What the mailboxes of a table share. */
export class MailboxWords {
  /** There are a handful. */
  readonly types = new WordNumbers(200);
  /** Behind the at sign. Most organizations have few; where each mailbox has its own, most are written out. */
  readonly domains = new WordNumbers(1000);
}

/** Of the byte in which a mailbox says what is written of it. */
const Told = {
  /** Its GUID is not as Exchange writes it: a text in the place of 16 bytes. */
  OTHER_ID: 1,
  DISPLAY_NAME: 2,
  ADDRESS: 4,
  /** The address is the first of the addresses, and not repeated there. */
  FIRST: 8,
  /** Addresses beside it. */
  MORE: 16,
  /** The personal lists. */
  LISTS: 32,
} as const;

/** Of the byte of the type: its number, or one of these. */
const NO_TYPE = 0;
const TYPE_IN_WORDS = 255;

/*
 *   the byte of the sign-in name   it is
 *   0                              null
 *   1                              the address
 *   2                              a text at the end
 *   3 and more                     the address, with the domain of this number less two: most often names differ so if they do
 */
const NO_UPN = 0;
const UPN_IS_ADDRESS = 1;
const UPN_IN_WORDS = 2;
const MOST_UPN_DOMAINS = 253;

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const GUID_BYTES = 16;

/** Type and sign-in name come first, a byte each: they are told later than the rest, and as a rule change no length. */
export function packMailbox(writer: PackedWriter, entry: MailboxEntry, words: MailboxWords): void {
  const { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds, upn, type } = entry;
  const isGuid = GUID.test(id);
  const isFirst = address !== null && addresses[0] === address;
  const more = isFirst ? addresses.slice(1) : addresses;
  const hasLists = allowedDeviceIds.length > 0 || blockedDeviceIds.length > 0;
  const typeByte = type === null ? NO_TYPE : words.types.numberOf(type) || TYPE_IN_WORDS;
  const upnByte = upnByteOf(upn, address, words);
  writer.byte(typeByte);
  writer.byte(upnByte);
  writer.byte(
    (isGuid ? 0 : Told.OTHER_ID) |
      (displayName === null ? 0 : Told.DISPLAY_NAME) |
      (address === null ? 0 : Told.ADDRESS) |
      (isFirst ? Told.FIRST : 0) |
      (more.length > 0 ? Told.MORE : 0) |
      (hasLists ? Told.LISTS : 0),
  );
  if (isGuid) writer.hex(id.replaceAll('-', ''));
  else writer.text(id);
  if (displayName !== null) writer.text(displayName);
  if (address !== null) packAddress(writer, address, words);
  if (more.length > 0) writer.number(more.length);
  for (const one of more) packAddress(writer, one, words);
  if (hasLists) {
    writer.texts(allowedDeviceIds);
    writer.texts(blockedDeviceIds);
  }
  if (typeByte === TYPE_IN_WORDS) writer.text(type ?? '');
  if (upnByte === UPN_IN_WORDS) writer.text(upn ?? '');
}

/** As {@link packMailbox} wrote it. */
export function unpackMailbox(reader: PackedReader, words: MailboxWords): MailboxEntry {
  const typeByte = reader.byte();
  const upnByte = reader.byte();
  const told = reader.byte();
  const id = (told & Told.OTHER_ID) === 0 ? longGuid(reader.hex(GUID_BYTES)) : reader.text();
  const displayName = (told & Told.DISPLAY_NAME) === 0 ? null : reader.text();
  const address = (told & Told.ADDRESS) === 0 ? null : unpackAddress(reader, words);
  const addresses = address !== null && (told & Told.FIRST) !== 0 ? [address] : [];
  for (let more = (told & Told.MORE) === 0 ? 0 : reader.number(); more > 0; more--)
    addresses.push(unpackAddress(reader, words));
  const hasLists = (told & Told.LISTS) !== 0;
  const allowedDeviceIds = hasLists ? reader.texts() : [];
  const blockedDeviceIds = hasLists ? reader.texts() : [];
  const type = typeByte === TYPE_IN_WORDS ? reader.text() : typeByte === NO_TYPE ? null : words.types.wordOf(typeByte);
  const upn = upnByte === UPN_IN_WORDS ? reader.text() : upnOf(upnByte, address, words);
  return { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds, upn, type };
}

function upnByteOf(upn: string | null, address: string | null, words: MailboxWords): number {
  if (upn === null) return NO_UPN;
  if (upn === address) return UPN_IS_ADDRESS;
  const [local, domain] = partsOf(upn);
  const [addressLocal, addressDomain] = partsOf(address ?? '');
  if (domain === null || addressDomain === null || local !== addressLocal) return UPN_IN_WORDS;
  const number = words.domains.numberOf(domain);
  return number === 0 || number > MOST_UPN_DOMAINS ? UPN_IN_WORDS : number + UPN_IN_WORDS;
}

function upnOf(upnByte: number, address: string | null, words: MailboxWords): string | null {
  if (upnByte === NO_UPN) return null;
  if (upnByte === UPN_IS_ADDRESS) return address;
  return `${partsOf(address ?? '')[0]}@${words.domains.wordOf(upnByte - UPN_IN_WORDS)}`;
}

/** The number of the domain and what is before the at sign; with 0 for a number the whole. */
function packAddress(writer: PackedWriter, address: string, words: MailboxWords): void {
  const [local, domain] = partsOf(address);
  const number = domain === null ? 0 : words.domains.numberOf(domain);
  writer.number(number);
  writer.text(number === 0 ? address : local);
}

function unpackAddress(reader: PackedReader, words: MailboxWords): string {
  const number = reader.number();
  const text = reader.text();
  return number === 0 ? text : `${text}@${words.domains.wordOf(number)}`;
}

/** Before and behind the last at sign; null: there is none. */
function partsOf(address: string): readonly [local: string, domain: string | null] {
  const at = address.lastIndexOf('@');
  return at < 0 ? [address, null] : [address.slice(0, at), address.slice(at + 1)];
}

function longGuid(digits: string): string {
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}
