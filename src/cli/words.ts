/** Times and names as the tables of the commands show them. */

/** An ISO time to the minute, UTC: `2026-06-01 08:00`. Empty for none. */
export function minuteOf(time: string | null | undefined): string {
  return time === null || time === undefined ? '' : time.slice(0, 16).replace('T', ' ');
}

/** An ISO time to the second, UTC: `2026-06-01 08:00:05`. */
export function secondOf(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

/** The first name that there is. */
export function firstOf(...names: readonly (string | null)[]): string {
  return names.find((name) => name !== null && name !== '') ?? '';
}

/** `1 device`, `2 devices`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
