/** Charts as pictures of bars, each with what it shows in words, and as a table. */
import { html, svg } from 'lit-html';
import type { TemplateResult } from 'lit-html';
import { barsOf } from './figures.ts';

const SIZE = { width: 300, height: 60 };

/** Bars side by side. @param labels of the bars, shown where the pointer rests; @param ends below the first and the last */
export function barChart(
  name: string,
  values: readonly number[],
  {
    labels,
    ends,
    tone,
  }: { readonly labels: readonly string[]; readonly ends: readonly [string, string]; readonly tone: string },
): TemplateResult {
  const bars = barsOf(values, SIZE);
  const { width, height } = SIZE;
  return html`<div class="chart ${tone}">
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label=${name} preserveAspectRatio="none">
      ${bars.map(
        (bar, n) =>
          svg`<rect x=${bar.x} y=${bar.y} width=${bar.width} height=${bar.height}><title>${`${labels[n]}: ${values[n]}`}</title></rect>`,
      )}
      <line x1="0" y1=${height} x2=${width} y2=${height}></line>
    </svg>
    <div class="ends"><span>${ends[0]}</span><span>${ends[1]}</span></div>
  </div>`;
}
