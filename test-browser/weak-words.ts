/** Words that cannot be read. */
import type { Locator } from 'playwright-core';

/** Texts below an element with less contrast than WCAG 2.2 asks of small text (1.4.3: 4.5 to 1), each once, with what it has. */
export async function weakWords(area: Locator): Promise<readonly string[]> {
  const weak = await area.evaluate((element) => {
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const light = (color: string): number => {
      const [r = 0, g = 0, b = 0] = channels(color).map((one) => {
        const part = one / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (from: Element | null): string => {
      for (let one = from; one !== null; one = one.parentElement) {
        const color = getComputedStyle(one).backgroundColor;
        if ((channels(color)[3] ?? 1) > 0) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    return [...element.querySelectorAll('span, div, b, code, pre')]
      .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()))
      .map((one) => {
        const [a = 0, b = 0] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
        return { text: one.textContent ?? '', ratio: (a + 0.05) / (b + 0.05) };
      })
      .filter(({ ratio }) => ratio < 4.5)
      .map(({ text, ratio }) => `${text.slice(0, 30)} ${ratio.toFixed(2)}`);
  });
  return [...new Set(weak)];
}
