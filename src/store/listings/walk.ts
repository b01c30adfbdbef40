/**
 * Walks along an index of an organization's devices, from a place on, and the one thing in which the engines differ there.
 *
 *                  finds the organization by          and the place by                      because
 *   SQLite         equality                           value and key, or one by one where    it looks several values up together in an index of
 *                                                     the value is an expression            columns only
 *   PostgreSQL     comparing rows with its ends       comparing organization, value and     of what equals a value it expects few rows without
 *                                                     key together                          statistics, and would rather sort them all
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Engine } from '../dialects.ts';
import type { ListPlace } from '../store.ts';

type Condition = RawBuilder<unknown>;

/** The rows of one organization in an order. */
export interface Walk {
  readonly organization: string;
  readonly descending: boolean;
  /** What the rows are ordered by, before their keys. */
  readonly value: RawBuilder<string>;
  /** True: a column and no expression. */
  readonly isColumn: boolean;
}

/** Which rows come after a place; null: all of the organization. */
export function rowsAfter(engine: Engine['name'], walk: Walk, place: ListPlace | null): Condition {
  return sql.join([sql`"decision" is not null`, ...BOUNDS[engine](walk, place)], sql.raw(' and '));
}

/** How the rows come; `back` the other way round. */
export function orderOf({ descending }: Pick<Walk, 'descending'>, value: Condition, back: boolean = false): Condition {
  const way = descending === back ? sql`asc` : sql`desc`;
  return sql`"organization" ${way}, ${value} ${way}, "key" ${way}`;
}

const BOUNDS: Readonly<Record<Engine['name'], (walk: Walk, place: ListPlace | null) => Condition[]>> = {
  sqlite: ({ organization, descending, value, isColumn }, place) => {
    const own = sql`"organization" = ${organization}`;
    if (place === null) return [own];
    const [atOrAfter, after] = descending ? [sql`<=`, sql`<`] : [sql`>=`, sql`>`];
    return isColumn
      ? [own, sql`(${value}, "key") ${after} (${place.value}, ${place.key})`]
      : [
          own,
          sql`${value} ${atOrAfter} ${place.value} and (${value} ${after} ${place.value} or "key" ${after} ${place.key})`,
        ];
  },
  // The empty texts are equal; with them it is a comparison of rows, of which nobody expects few.
  postgres: ({ organization, descending, value }, place) => {
    const [begin, end] = descending ? [sql`<=`, sql`>=`] : [sql`>=`, sql`<=`];
    const after = descending ? sql`<` : sql`>`;
    return [
      place === null
        ? sql`("organization", '') ${begin} (${organization}, '')`
        : sql`("organization", ${value}, "key") ${after} (${organization}, ${place.value}, ${place.key})`,
      sql`("organization", '') ${end} (${organization}, '')`,
    ];
  },
};
