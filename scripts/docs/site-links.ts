/** Links of the documents as they have to be within the site. */
import { posix } from 'node:path';
import type { Page } from './pages.ts';

/** What links are looked up in. */
export interface LinkTable {
  /** Address of the repository, without a slash at its end. */
  readonly repository: string;
  readonly pages: readonly Page[];
  /** Whether the repository has this file or folder. */
  readonly exists: (path: string) => boolean;
}

/** A document with its links changed, the pictures that it shows, and the links that lead nowhere. */
export interface LinkedText {
  readonly text: string;
  readonly pictures: readonly string[];
  readonly dead: readonly string[];
}

const PICTURE = /\.(?:png|svg|webp|gif|jpe?g|apng)$/;
/** Code, which is left as it is, or what a Markdown link or a tag of HTML leads to. */
const LINK = /(^ *```[\s\S]*?^ *```|``[^`]+``|`[^`\n]+`)|(\]\()([^)\s]+)(\))|(\b(?:src|srcset|href)=")([^"]+)(")/gm;

/**
 * | a link to                                                    | becomes                                         |
 * |--------------------------------------------------------------|-------------------------------------------------|
 * | a page, also by the repository's own address                 | the page's path within the site                 |
 * | a picture of the repository                                  | its path within the site; the picture is copied |
 * | another file or folder of the repository                     | its absolute address                            |
 * | what the repository does not have                            | a dead link                                     |
 * | another address, or a heading of the same page               | itself                                          |
 */
export function linkWithinSite({ source, text }: Page, table: LinkTable): LinkedText {
  const pictures: string[] = [];
  const dead: string[] = [];
  const changed = text.replace(LINK, (whole: string, code: string | undefined, ...parts: string[]) => {
    if (code !== undefined) return whole;
    const [before = '', link = '', after = ''] = parts[0] === undefined ? parts.slice(3) : parts;
    const path = inRepository(link, source, table.repository);
    if (path === null) return whole;
    const [file = '', anchor] = path.split('#');
    const page = table.pages.find((one) => one.source === file);
    if (page !== undefined) return `${before}${addressOf(page)}${anchor === undefined ? '' : `#${anchor}`}${after}`;
    if (!table.exists(file)) {
      dead.push(`${source}: ${link}`);
      return whole;
    }
    if (PICTURE.test(file)) {
      pictures.push(file);
      return `${before}/${file}${after}`;
    }
    return `${before}${table.repository}/blob/HEAD/${path}${after}`;
  });
  return { text: changed, pictures, dead };
}

function addressOf({ path }: Page): string {
  return `/${path.replace(/(^|\/)index$/, '$1')}`;
}

/** What a link leads to, from the root of the repository; null: elsewhere, or within the page. */
function inRepository(link: string, source: string, repository: string): string | null {
  const own = [`${repository}/blob/HEAD/`, `${repository}/tree/HEAD/`, `${rawAddress(repository)}/HEAD/`];
  const found = own.find((address) => link.startsWith(address));
  if (found !== undefined) return link.slice(found.length);
  if (link.startsWith('#') || /^[a-z]+:/i.test(link)) return null;
  const folder = source === 'docs/decisions' ? source : posix.dirname(source);
  return posix.normalize(posix.join(folder, link));
}

/** Where GitHub has the bare files of a repository. */
function rawAddress(repository: string): string {
  return repository.replace('https://github.com/', 'https://raw.githubusercontent.com/');
}
