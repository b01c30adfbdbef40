/** Which mailbox Exchange's words are about: distinguished names, canonical names, identities in quotation marks. Pure. */
import { conflictMailbox, isDistinguishedName, mailboxOfDevice } from './distinguished-name.ts';

/** Containers a canonical name may have: each is an OU or a CN, and all are tried. */
const MOST_CONTAINERS = 7;
/*
 *   the error                                                        the mailbox is
 *   has a target that is a distinguished or canonical name           the target's, and nobody else's
 *   has another target, or none, and one such name in quotation      that name's
 *   marks
 *   has several such names in quotation marks                        not told: any may be meant
 *   has none                                                         not told: a name without marks has no end
 */

/**
 * Distinguished names that the mailbox may have which an error is about, or the device of which it is about. A container of a
 * canonical name may be of two kinds, so that one name becomes several.
 */
export function mailboxNamesIn(target: string | null, message: string): string[] {
  const own = target === null ? [] : mailboxesOf(target);
  if (own.length > 0) return own;
  const quoted = quotedIn(message)
    .map(mailboxesOf)
    .filter((names) => names.length > 0);
  const others = new Set(quoted.map(([first]) => first?.toLowerCase()));
  return others.size === 1 ? quoted[0]! : [];
}

/** What is in quotation marks, of whatever kind. */
export function quotedIn(text: string): string[] {
  return [...text.matchAll(/'([^']{3,})'|"([^"]{3,})"|“([^”]{3,})”|‘([^’]{3,})’/g)].map(
    ([, ...quoted]) => quoted.find((one) => one !== undefined) ?? '',
  );
}

function mailboxesOf(name: string): string[] {
  if (isDistinguishedName(name.replace(/\n/g, ' '))) return [mailboxOfDevice(name) ?? conflictMailbox(name) ?? name];
  return distinguishedNamesOf(name);
}

/** Active Directory writes a slash in a name as `\/`. */
function distinguishedNamesOf(name: string): string[] {
  const [domain = '', ...labels] = name.split(/(?<!\\)\//).map((label) => label.replace(/\\\//g, '/'));
  if (!/^[\w-]+(?:\.[\w-]+)+$/.test(domain) || labels.length === 0) return [];
  // A device lies in a container below its mailbox.
  if (/^ExchangeActiveSyncDevices(?:$|\s*CNF:)/i.test(labels.at(-2) ?? '')) labels.splice(-2);
  const [leaf, ...containers] = labels.reverse();
  if (leaf === undefined || leaf === '' || containers.length > MOST_CONTAINERS) return [];
  const components = domain.split('.').map((label) => `DC=${label}`);
  let heads = [`CN=${escaped(leaf)}`];
  for (const container of containers)
    heads = heads.flatMap((head) => [`${head},OU=${escaped(container)}`, `${head},CN=${escaped(container)}`]);
  return heads.map((head) => [head, ...components].join(','));
}

/** RFC 4514 2.4. */
function escaped(value: string): string {
  return value
    .replace(/[\\,+"<>;=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}
