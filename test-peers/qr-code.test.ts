/** Our QR codes before a foreign reader: zbarimg, of Debian's package zbar-tools. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { qrPng } from '../src/qr/qr-picture.ts';

/** Of the links in mails: Crockford's letters. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const CODES = 100;

describe('peer: a reader of QR codes', () => {
  let folder: string;

  before(function () {
    if (!existsSync('/usr/bin/zbarimg')) {
      process.stdout.write('  skipped: it needs the package "zbar-tools"\n');
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'qr-peer-'));
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  for (const base of ['https://c.contoso.example/activate?t=', 'https://connector.corp.contoso.example:8443/a/b?t=']) {
    it(`reads a hundred links below ${base} as they were written`, () => {
      const links = Array.from({ length: CODES }, () => {
        const token = [...randomBytes(32)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
        return `${base}${token}`;
      });
      const files = links.map((link, at) => {
        const file = join(folder, `${at}.png`);
        writeFileSync(file, qrPng(link));
        return file;
      });
      // It speaks of a bus that no container has.
      const read = execFileSync('zbarimg', ['-q', '--raw', '-Sdisable', '-Sqrcode.enable', ...files], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      assert.deepEqual(read.trim().split('\n'), links);
    });
  }
});
