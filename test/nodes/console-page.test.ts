/** The files of the console's page: which there are, and what a browser may do with them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageAt, pageFile } from '../../nodes/connector-store/console-page.ts';

describe('the files of the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exchange-connector-page-'));
  before(() => {
    for (const name of ['index.html', 'main.js', 'lit-html.LICENSE', 'package.json', 'secret.sqlite'])
      writeFileSync(join(folder, name), name);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('come with their type and a policy that lets nothing in from elsewhere, nor any script in the page', async () => {
    const { headers, text } = await pageFile('index.html', folder);
    assert.deepEqual([headers['content-type'], [...(text as string[])]], ['text/html; charset=utf-8', ['index.html']]);
    const policy = headers['content-security-policy'] ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal((await pageFile('main.js', folder)).headers['content-type'], 'text/javascript; charset=utf-8');
  });

  for (const name of [
    '',
    '.',
    '..',
    '../package.json',
    '..%2fpackage.json',
    'secret.sqlite',
    'none.js',
    'a/b.js',
    'lit-html.LICENSE',
  ])
    it(`are not to be had as ${JSON.stringify(name)}`, async () => {
      await assert.rejects(pageFile(name, folder), { code: 'ERR_INPUT_INVALID' });
    });

  it('are not there where nobody has built them', async () => {
    await assert.rejects(pageFile('index.html', null), { code: 'ERR_INPUT_INVALID' });
  });

  it('lie below the page: an address without the closing slash leads to the one with it', async () => {
    const { status, headers } = await pageAt('/exchange-connector');
    assert.deepEqual([status, headers], [302, { location: 'exchange-connector/' }]);
  });
});
