/** The line that goes best through points. */

/** Its slope, by least squares: how much the second number grows with each one of the first. NaN of fewer than two points. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const [both, alone] = points.reduce(
    ([sum, square], point) => [sum + (point[0] - x) * (point[1] - y), square + (point[0] - x) ** 2],
    [0, 0],
  );
  return both / alone;
}
