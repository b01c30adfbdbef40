import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { zipEntry } from '../../../src/graph/export/zip-entry.ts';
import { zipFile } from '../../../src/lab/zip-file.ts';
import type { ZipForm } from '../../../src/lab/zip-file.ts';

const MOST = 10_000_000;

/** The archive in chunks of these sizes, over and over. */
async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const size = sizes[nth % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function unzip(archive: Buffer, { sizes = [65_536], most = MOST } = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of zipEntry(inChunks(archive, sizes), most)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const FORMS: readonly ZipForm[] = [{}, { sizesFollow: false }, { zip64: true }, { zip64: true, sizesFollow: false }];
const form = fc.constantFrom(...FORMS);
const content = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(text.repeat(400))),
);
const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 });
const isRefused = { code: 'ERR_GRAPH_EXPORT' };

describe('the file of a zip archive', () => {
  it('is what was put into it, in whatever pieces the archive comes and in whatever form it is', async () => {
    await fc.assert(
      fc.asyncProperty(content, form, sizes, async (bytes, how, pieces) => {
        const archive = zipFile('Devices.csv', Buffer.from(bytes), how);
        assert.equal(Buffer.compare(await unzip(archive, { sizes: pieces }), Buffer.from(bytes)), 0);
      }),
      { numRuns: 60 },
    );
  });

  it('is refused wherever the archive is cut', async () => {
    for (const how of FORMS) {
      const archive = zipFile('d.csv', Buffer.from('a,b\r\n1,2\r\n'.repeat(50)), how);
      for (let length = 0; length < archive.length; length += 1)
        await assert.rejects(unzip(archive.subarray(0, length)), isRefused, `cut at ${length}`);
    }
  });

  it('never gives other bytes than were put in: one that is changed anywhere is refused, or does not matter', async () => {
    const bytes = Buffer.from('DeviceId,UPN\r\nx,anna@contoso.example\r\n'.repeat(20));
    for (const how of FORMS) {
      const archive = zipFile('d.csv', bytes, how);
      for (let at = 0; at < archive.length; at += 1) {
        const changed = Buffer.from(archive);
        changed[at] = changed[at]! ^ 0x55;
        const read = await unzip(changed).catch((error: { readonly code?: string }) => error.code);
        if (typeof read === 'string') assert.equal(read, 'ERR_GRAPH_EXPORT');
        else assert.equal(Buffer.compare(read!, bytes), 0, `changed at ${at}`);
      }
    }
  });

  it('is refused if it is a bomb, as declared or as it comes, before it fills the memory', async () => {
    const zeros = Buffer.alloc(50_000_000);
    for (const how of FORMS) {
      let bytes = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of zipEntry(inChunks(zipFile('d.csv', zeros, how), [16_384]), 1_000_000))
          bytes += chunk.length;
      };
      await assert.rejects(read, isRefused);
      assert.equal(bytes <= 1_000_000, true);
    }
  });

  /** What is no archive of one deflated file. */
  const ODD: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['a web page', Buffer.from('<html><body>Sign in</body></html>'.repeat(10))],
    ['two files', zipFile('d.csv', 'a,b\r\n', { files: 2 })],
    [
      'two large files',
      zipFile('d.csv', Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) % 251)), { files: 2 }),
    ],
    ['no file', zipFile('d.csv', 'a', { files: 1 }).subarray(-22)],
    ['a file that is encrypted', withFlag(zipFile('d.csv', 'a,b\r\n'), 6, 0x9)],
    ['a file that is stored', withFlag(zipFile('d.csv', 'a,b\r\n'), 8, 0)],
    ['something behind it', Buffer.concat([zipFile('d.csv', 'a,b\r\n'), Buffer.alloc(10)])],
  ];
  for (const [what, archive] of ODD) {
    it(`is refused if the archive has ${what}`, () => assert.rejects(unzip(archive, { sizes: [1000] }), isRefused));
  }

  it('is refused with a checksum of something else', async () => {
    const archive = zipFile('d.csv', 'a,b\r\n');
    const at = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16;
    assert.equal(archive.readUInt32LE(at), crc32('a,b\r\n'));
    archive.writeUInt32LE(1, at);
    await assert.rejects(unzip(archive), /checksum/);
  });

  it('fails as its source fails', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield zipFile('d.csv', 'a,b\r\n'.repeat(10_000)).subarray(0, 60);
      throw new RangeError('gone');
    };
    await assert.rejects(async () => {
      for await (const chunk of zipEntry(broken(), MOST)) assert.ok(chunk);
    }, RangeError);
  });
});

function withFlag(archive: Buffer, at: number, value: number): Buffer {
  archive.writeUInt16LE(value, at);
  return archive;
}
