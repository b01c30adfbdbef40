/** Looks the built site through: every link and anchor within it leads somewhere, and nothing is fetched from elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What was looked at, and what is wrong, a line each. */
export interface SiteCheck {
  readonly pages: number;
  readonly links: number;
  readonly problems: readonly string[];
}

/** @param folder of the site. @param base the path that it is served below, `/` or `/name/` */
export function checkSite(folder: string, base: string): SiteCheck {
  const files = new Set(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        posix.join(parentPath.slice(folder.length).replaceAll('\\', '/'), name).replace(/^\//, ''),
      ),
  );
  const pages = new Map(
    [...files].filter((name) => name.endsWith('.html')).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
  const ids = new Map([...pages].map(([name, text]) => [name, idsOf(text)]));
  const problems: string[] = [];
  let links = 0;
  for (const [name, text] of pages) {
    for (const [, address = ''] of text.matchAll(/<(?:link|script|img|source|video)\b[^>]*?\s(?:href|src)="([^"]*)"/g))
      if (/^(?:https?:)?\/\//.test(address)) problems.push(`${name} fetches ${address}`);
    for (const [, href = ''] of text.matchAll(/<a\b[^>]*?\shref="([^"]*)"/g)) {
      if (/^[a-z]+:/i.test(href)) continue;
      links += 1;
      const [path = '', anchor = ''] = href.split('#');
      const target = path === '' ? name : fileOf(path, base, files);
      if (target === null) problems.push(`${name}: ${href} leads to no page`);
      else if (anchor !== '' && ids.get(target)?.has(decodeURIComponent(anchor)) !== true)
        problems.push(`${name}: ${href} names no heading`);
    }
  }
  return { pages: pages.size, links, problems };
}

function idsOf(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id));
}

/** The file that a server answers a path with; null: there is none. */
function fileOf(path: string, base: string, files: ReadonlySet<string>): string | null {
  if (!path.startsWith(base)) return null;
  const inside = decodeURIComponent(path.slice(base.length));
  const candidates = [inside, `${inside}.html`, posix.join(inside, 'index.html')];
  return candidates.find((name) => files.has(name)) ?? null;
}
