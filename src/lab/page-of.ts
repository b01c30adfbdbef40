/** Pages of a list, as APIs number them. */

/** Digits of a query; `otherwise` for anything else. */
export function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

/** One page. @param page counted from 0 */
export function pageOf<T>(all: readonly T[], page: number, size: number): readonly T[] {
  return all.slice(page * size, (page + 1) * size);
}
