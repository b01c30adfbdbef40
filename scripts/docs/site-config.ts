/** How VitePress makes the site of the pages that `npm run docs` lays out for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';

/** Written beside the pages, for this file. */
export interface SiteFacts {
  readonly title: string;
  readonly description: string;
  readonly repository: string;
  readonly version: string;
  readonly base: string;
  /** Folder of the built site. */
  readonly out: string;
  readonly sidebar: readonly {
    readonly text: string;
    readonly items: readonly { readonly text: string; readonly link: string }[];
  }[];
}

/** Tables hold sentences here: they have more room, cells begin at the top, and a narrow window scrolls them. */
const STYLE = `.VPDoc .content-container{max-width:52rem!important}.vp-doc td{vertical-align:top}.vp-doc th,.vp-doc td{padding:6px 12px;min-width:7.5rem}`;

/** A phone. */
const ICON =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"%3E%3Crect x="4" y="1" width="8" height="14" rx="2" fill="%230b63c5"/%3E%3Cpath d="M7 13h2" stroke="%23fff"/%3E%3C/svg%3E';

/** @param folder where the pages and `site.json` are */
export function siteConfig(folder: string) {
  const facts = JSON.parse(readFileSync(join(folder, 'site.json'), 'utf8')) as SiteFacts;
  return defineConfig({
    title: facts.title,
    description: facts.description,
    base: facts.base,
    outDir: facts.out,
    lang: 'en',
    cleanUrls: true,
    head: [
      ['link', { rel: 'icon', href: ICON }],
      ['style', {}, STYLE],
    ],
    // Dead links fail the build: VitePress's own default, said here because it is relied upon.
    ignoreDeadLinks: false,
    markdown: {
      languageAlias: { caddy: 'nginx' },
      anchor: { slugify: slugOf },
      // Double braces stand in the documents as the mails' own; Vue must not read them.
      config: (markdown) => {
        const { text } = markdown.renderer.rules;
        markdown.renderer.rules.text = (tokens, index, options, env, self) =>
          (text?.(tokens, index, options, env, self) ?? '').replaceAll('{{', '&#123;&#123;');
        // Code that is indented looks like code between fences.
        markdown.core.ruler.push('indented_code', (state) => {
          for (const token of state.tokens.filter(({ type }) => type === 'code_block'))
            Object.assign(token, { type: 'fence', tag: 'code', info: 'text', markup: '```' });
        });
      },
    },
    themeConfig: {
      sidebar: facts.sidebar.map(({ text, items }) => ({ text, items: [...items] })),
      outline: { level: [2, 3] },
      search: { provider: 'local' },
      nav: [{ text: facts.version, link: '/changelog' }],
      socialLinks: [{ icon: 'github', link: facts.repository }],
    },
  });
}

/** The anchor that GitHub gives a heading, so that links to headings are the same in both places. */
function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
