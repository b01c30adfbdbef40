/** The pixels of screenshots, which the browser itself decodes. */
import type { Browser } from 'playwright-core';
import type { Pixels } from './palette.ts';

/** Decodes PNG files, in order. */
export async function pixelsOf(browser: Browser, files: readonly Buffer[]): Promise<Pixels[]> {
  const page = await browser.newPage();
  try {
    const decoded: Pixels[] = [];
    for (const file of files) {
      const { width, height, data } = await page.evaluate(async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes]));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        const text = Array.from({ length: Math.ceil(data.length / 8_192) }, (_, at) =>
          String.fromCharCode(...data.subarray(at * 8_192, (at + 1) * 8_192)),
        );
        return { width: bitmap.width, height: bitmap.height, data: btoa(text.join('')) };
      }, file.toString('base64'));
      decoded.push({ width, height, rgba: Buffer.from(data, 'base64') });
    }
    return decoded;
  } finally {
    await page.close();
  }
}
