/** At most 255 colors for what is on a screen: those that are there most often stay as they are, others become the nearest. */

/** Pixels of one picture, four bytes each: red, green, blue, alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Pictures by number of color. Number 0 is no color: nothing is painted there. */
export interface Indexed {
  /** Red, green, blue; those of number 0 are not seen. */
  readonly colors: readonly (readonly [number, number, number])[];
  readonly pictures: readonly Uint8Array[];
}

const MAX_COLORS = 255;

/** One palette for all pictures. Alpha is not looked at: a screenshot has none. */
export function indexed(pictures: readonly Pixels[]): Indexed {
  const counts = new Map<number, number>();
  for (const { rgba } of pictures)
    for (let at = 0; at < rgba.length; at += 4) {
      const color = colorAt(rgba, at);
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
  const kept = [...counts]
    // Of two that are there equally often the darker comes first: the same pictures give the same bytes.
    .sort(([a, many], [b, more]) => more - many || a - b)
    .slice(0, MAX_COLORS)
    .map(([color]) => color);
  const numbers = new Map(kept.map((color, at) => [color, at + 1]));
  const numberOf = (color: number): number => {
    let number = numbers.get(color);
    if (number === undefined) numbers.set(color, (number = nearest(kept, color) + 1));
    return number;
  };
  return {
    colors: [[0, 0, 0], ...kept.map((color) => [color >> 16, (color >> 8) & 255, color & 255] as const)],
    pictures: pictures.map(({ rgba }) =>
      Uint8Array.from({ length: rgba.length / 4 }, (_, at) => numberOf(colorAt(rgba, at * 4))),
    ),
  };
}

function colorAt(rgba: Uint8Array, at: number): number {
  return (rgba[at]! << 16) | (rgba[at + 1]! << 8) | rgba[at + 2]!;
}

/** The place of the color that is least far away, by the squares of the three differences. */
function nearest(colors: readonly number[], color: number): number {
  let best = 0;
  let least = Infinity;
  for (const [at, other] of colors.entries()) {
    const far =
      ((color >> 16) - (other >> 16)) ** 2 +
      (((color >> 8) & 255) - ((other >> 8) & 255)) ** 2 +
      ((color & 255) - (other & 255)) ** 2;
    if (far >= least) continue;
    least = far;
    best = at;
  }
  return best;
}
