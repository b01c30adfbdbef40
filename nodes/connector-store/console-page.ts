/** The console's page: files that the build has made, and nothing of anybody. What the page shows it asks of the routes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectorError } from '../../src/errors.ts';
import type { TextAnswer } from '../admin-routes.ts';
import { refusal } from '../../src/model/refusals.ts';

/** In the package the page lies beside the built nodes; the sources have none that is built. */
const FOLDER = typeof __dirname === 'string' ? join(__dirname, '..', '..', 'console') : null;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

/** Scripts and styles of our own address alone, none in the page; no foreign text becomes HTML. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/*
 *   path                                     answer
 *   …/exchange-connector                     to …/exchange-connector/, below which the page's own files are
 *   …/exchange-connector/                    the page
 *   …/exchange-connector/page/<name>.<type>  a file of it
 */

/**
 * A file of the page. Throws ERR_INPUT_INVALID for one that there is not.
 * @param folder where the files are; null: nowhere
 */
export async function pageFile(name: string, folder: string | null = FOLDER): Promise<TextAnswer> {
  const type = TYPES[/^[a-z-]+\.([a-z]+)$/.exec(name)?.[1] ?? ''];
  const text =
    type === undefined || folder === null ? null : await readFile(join(folder, name), 'utf8').catch(() => null);
  if (type === undefined || text === null) throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-file'));
  // It is asked for again after an update, and at other times costs an answer of some kilobytes.
  return {
    headers: { 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-cache' },
    text: [text],
  };
}

/** The page itself. @param path as it was asked for, behind the editor's address */
export async function pageAt(path: string): Promise<TextAnswer> {
  if (path.endsWith('/')) return pageFile('index.html');
  return { status: 302, headers: { location: 'exchange-connector/' }, text: [''] };
}
