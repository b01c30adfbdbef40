/**
 * Plain objects that V8 makes in its young generation, whatever it has seen.
 *
 * Of the objects that a literal makes before its code is compiled V8 counts how many outlive a collection:
 *
 * | what it sees                                                | what it does                                              |
 * |-------------------------------------------------------------|-----------------------------------------------------------|
 * | nearly all live, as it collected in the middle of a page    | makes all later ones in the old generation, once the      |
 * |                                                             | young one is large enough                                 |
 * | one in six is dead, or more                                 | makes them in the young one                               |
 *
 * A record that dies in the old generation keeps its texts alive until the next whole collection. Then the young generation, which
 * grows by what its collections find alive, doubles three times within a second: one of eight readings of a million devices took
 * 209 MB in the place of 72 to 107 (`--trace-gc-nvp`, `--trace-pretenuring-statistics`). Of what a constructor makes it counts nothing.
 */

/** What a constructor fills in. */
export type Writable<T> = { -readonly [Property in keyof T]: T[Property] };

/** A constructor of plain objects: they have no other prototype than a literal's. @param fill gives all properties, in their order */
export function plain<T, Values extends unknown[]>(
  fill: (this: Writable<T>, ...values: Values) => void,
): new (...values: Values) => T {
  fill.prototype = Object.prototype;
  return fill as unknown as new (...values: Values) => T;
}
