/** Which pictures are taken as a logo. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { dataUrlOf, MAX_LOGO_BYTES, readLogo } from '../../src/model/logo.ts';
import { qrPng } from '../../src/qr/qr-picture.ts';
import { jpegOf, pngOf } from '../support/pictures.ts';

describe('a logo', () => {
  const sizeOf = (text: string): readonly unknown[] | null => {
    const logo = readLogo(text);
    return logo && [logo.contentType, logo.width, logo.height];
  };

  it('is a PNG or a JPEG that says its size', () => {
    const png = dataUrlOf({ contentType: 'image/png', content: pngOf(200, 60) });
    const jpeg = dataUrlOf({ contentType: 'image/jpeg', content: jpegOf(300, 50) });
    assert.deepEqual(
      [sizeOf(png), sizeOf(jpeg)],
      [
        ['image/png', 200, 60],
        ['image/jpeg', 300, 50],
      ],
    );
    assert.deepEqual(readLogo(png)?.content, pngOf(200, 60));
    const code = qrPng('https://contoso.example/');
    const { width = 0, height = 1 } = readLogo(dataUrlOf({ contentType: 'image/png', content: code })) ?? {};
    assert.ok(width > 20 && width === height);
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['a file name', 'logo.png'],
    ['an address', 'https://contoso.example/logo.png'],
    ['an SVG, which may hold a script', 'data:image/svg+xml;base64,PHN2Zy8+'],
    ['a GIF', 'data:image/gif;base64,R0lGODlhAQABAAAAACw='],
    ['a JPEG that is called a PNG', dataUrlOf({ contentType: 'image/png', content: jpegOf(20, 20) })],
    ['a PNG that is called a JPEG', dataUrlOf({ contentType: 'image/jpeg', content: pngOf(20, 20) })],
    ['one that is cut off', dataUrlOf({ contentType: 'image/png', content: pngOf(20, 20).subarray(0, 30) })],
    ['one without height', dataUrlOf({ contentType: 'image/png', content: pngOf(20, 0) })],
    ['one seven times as wide as high', dataUrlOf({ contentType: 'image/png', content: pngOf(140, 20) })],
    ['one over the limit', dataUrlOf({ contentType: 'image/png', content: pngOf(20, 20, MAX_LOGO_BYTES + 1) })],
    ['one with something behind it', `${dataUrlOf({ contentType: 'image/png', content: pngOf(20, 20) })}"><script>`],
  ] as const)
    it(`is not ${what}`, () => assert.equal(readLogo(text), null));

  it('is taken at the limit, and read from whatever bytes without an error', () => {
    const most = dataUrlOf({ contentType: 'image/png', content: pngOf(20, 20, MAX_LOGO_BYTES) });
    assert.equal(readLogo(most)?.content.length, MAX_LOGO_BYTES);
    fc.assert(
      fc.property(
        fc.constantFrom('image/png', 'image/jpeg'),
        fc.uint8Array({ maxLength: 60 }),
        (contentType, bytes) => {
          const start = contentType === 'image/png' ? pngOf(1, 1).subarray(0, 8) : jpegOf(1, 1).subarray(0, 2);
          const content = Buffer.concat([start, bytes]);
          const logo = readLogo(dataUrlOf({ contentType, content }));
          assert.ok(logo === null || (logo.width > 0 && logo.height > 0));
        },
      ),
    );
  });
});
