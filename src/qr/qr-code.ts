/** An address as a QR code (ISO/IEC 18004), for within a page. Pure. */
import { encode } from 'uqr';

/** Light modules around the code that readers need. ISO/IEC 18004 section 6.3.8. */
const QUIET_ZONE = 4;

/**
 * Which of the eight masks lies over the code: every third row of diagonals. Readers take the one that the code names. The
 * standard's search for the one that looks least like a pattern takes nine tenths of the work, and a link as random as ours
 * looks alike under all.
 */
const MASK = 3;

/** Rows of modules, true for a dark one, with the quiet zone. Error correction M: 15 % of it may be unreadable. */
export function qrModules(text: string): readonly (readonly boolean[])[] {
  return encode(text, { ecc: 'M', border: QUIET_ZONE, maskPattern: MASK }).data;
}

/**
 * The code as SVG for within a page: one path, no style, so that the strictest policy admits it. Dark on light in any scheme.
 * @param label what it is, for whom cannot see it; escaped already
 */
export function qrSvg(text: string, label: string): string {
  const rows = qrModules(text);
  const size = rows.length;
  const path = rows
    .flatMap((row, y) => runsOf(row).map(([from, length]) => `M${from} ${y}h${length}v1h-${length}z`))
    .join('');
  return `<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${path}"/></svg>`;
}

/** Where dark modules stand together: from which one, how many. */
function runsOf(row: readonly boolean[]): [from: number, length: number][] {
  const runs: [number, number][] = [];
  for (const [x, isDark] of row.entries()) {
    const last = runs.at(-1);
    if (!isDark) continue;
    if (last !== undefined && last[0] + last[1] === x) last[1] += 1;
    else runs.push([x, 1]);
  }
  return runs;
}
