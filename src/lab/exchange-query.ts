/** What Exchange's Get cmdlets share: identity or filter, sorting, and the result size with its warnings. */
import { bindingError, objectNotFound } from './cmdlet-error.ts';
import type { CmdletError, CmdletOrigin } from './cmdlet-error.ts';
import type { BoundParameters, CmdletSignature } from './cmdlet-binding.ts';
import type { ExchangeObject, Schema } from './exchange-schema.ts';
import type { Organization } from './organization.ts';
import { opathPredicate } from './opath-predicate.ts';
import { OpathError } from './opath.ts';
import { isSeen } from './recipient-view.ts';
import type { LabSession } from './recipient-view.ts';

/** What a cmdlet sends, in order. */
export type CmdletEvent =
  | { readonly type: 'output'; readonly object: ExchangeObject }
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'error'; readonly error: CmdletError };

/** The objects a Get cmdlet chooses from. */
export interface QuerySource<T> {
  readonly schema: Schema<T>;
  readonly entities: () => Iterable<T>;
  readonly find: (identity: string) => T | null;
  /** Names of the properties a filter may use, lower case. */
  readonly filterable: ReadonlySet<string>;
  /** Name a wildcard identity is compared with; left out if the cmdlet knows no wildcards. */
  readonly wildcardName?: (entity: T) => string;
}

/** Exchange's default for -ResultSize. */
export const DEFAULT_RESULT_SIZE = 1000;

const DEFAULT_SIZE_WARNING =
  'By default, only the first 1000 items are returned. Use the ResultSize parameter to specify the number of items returned. To return all items, specify "-ResultSize Unlimited". Be aware that, depending on the actual number of items, returning all items can take a long time and consume a large amount of memory. Also, we don\'t recommend storing the results in a variable. Instead, pipe the results to another task or script to perform batch changes.';
const MORE_RESULTS_WARNING =
  'There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.';

/** Runs a query. @throws CmdletFailure for a filter Exchange would refuse */
export function* query<T>(
  cmdlet: CmdletSignature,
  bound: BoundParameters,
  source: QuerySource<T>,
  origin: CmdletOrigin & {
    readonly domain: string;
    readonly organization: Pick<Organization, 'broken'>;
    readonly session: LabSession;
  },
): Generator<CmdletEvent> {
  const fits = filterOf(cmdlet, bound, source);
  const sees = (entity: T): boolean => isSeen(entity, origin.domain, origin.session);
  const filter = (entity: T): boolean => sees(entity) && fits(entity);
  const identity = bound.get('Identity');
  // `-Identity $null` is bound as '' and means "not given": everything comes back.
  if (typeof identity === 'string' && identity !== '') {
    const wildcard = source.wildcardName !== undefined && /[*]/.test(identity);
    if (!wildcard) {
      const found = source.find(identity);
      if (found === null || !sees(found))
        yield { type: 'error', error: objectNotFound(origin, cmdlet, identity, origin.domain) };
      else if (fits(found)) yield* given(found, source.schema, cmdlet, origin);
      return;
    }
  }
  const give = (entity: T): Iterable<CmdletEvent> => given(entity, source.schema, cmdlet, origin);
  yield* limited(chosen(source, filter, identity, bound), give, bound);
}

/** An object as it is given: with a warning, or an error record in its place. The pipeline goes on. */
function* given<T>(
  entity: T,
  schema: Schema<T>,
  cmdlet: CmdletSignature,
  origin: CmdletOrigin & { readonly organization: Pick<Organization, 'broken'> },
): Generator<CmdletEvent> {
  const { broken } = origin.organization;
  const error = broken.errorOf(entity, origin, cmdlet);
  if (error !== null) {
    yield { type: 'error', error };
    return;
  }
  const warning = broken.warningOf(entity);
  if (warning !== null) yield { type: 'warning', text: warning };
  yield { type: 'output', object: objectOf(schema, entity) };
}

function* limited<T>(
  entities: Iterable<T>,
  give: (entity: T) => Iterable<CmdletEvent>,
  bound: BoundParameters,
): Generator<CmdletEvent> {
  const given = bound.get('ResultSize');
  const size = typeof given === 'number' ? given : DEFAULT_RESULT_SIZE;
  let sent = 0;
  for (const entity of entities) {
    if (sent === size) {
      yield { type: 'warning', text: given === undefined ? DEFAULT_SIZE_WARNING : MORE_RESULTS_WARNING };
      return;
    }
    sent += 1;
    yield* give(entity);
  }
}

function* matching<T>(entities: Iterable<T>, filter: (entity: T) => boolean): Generator<T> {
  for (const entity of entities) if (filter(entity)) yield entity;
}

function chosen<T>(
  source: QuerySource<T>,
  filter: (entity: T) => boolean,
  identity: unknown,
  bound: BoundParameters,
): Iterable<T> {
  const { wildcardName } = source;
  const pattern = typeof identity === 'string' && identity !== '' ? wildcard(identity) : null;
  const found = matching(source.entities(), (entity) =>
    pattern !== null && wildcardName !== undefined
      ? pattern.test(wildcardName(entity)) && filter(entity)
      : filter(entity),
  );
  const sortBy = bound.get('SortBy');
  const column =
    typeof sortBy === 'string'
      ? source.schema.columns.find(({ name }) => name.toLowerCase() === sortBy.toLowerCase())
      : undefined;
  if (column === undefined) return found;
  return [...found].toSorted((one, other) =>
    sortText(column.read(one)).localeCompare(sortText(column.read(other)), 'en'),
  );
}

function wildcard(identity: string): RegExp {
  const parts = identity.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i');
}

function filterOf<T>(cmdlet: CmdletSignature, bound: BoundParameters, source: QuerySource<T>): (entity: T) => boolean {
  return filterBy(cmdlet, bound, 'Filter', source);
}

/** The test that a parameter's OPATH describes; without the parameter everything passes. @throws CmdletFailure */
export function filterBy<T>(
  cmdlet: CmdletSignature,
  bound: BoundParameters,
  parameter: string,
  { schema, filterable }: Pick<QuerySource<T>, 'schema' | 'filterable'>,
): (entity: T) => boolean {
  const text = bound.get(parameter);
  if (typeof text !== 'string') return () => true;
  try {
    return opathPredicate(text, schema, filterable);
  } catch (error) {
    if (!(error instanceof OpathError)) throw error;
    throw bindingError(
      cmdlet,
      'ParameterBindingFailed',
      `Cannot bind parameter '${parameter}' to the target. Exception setting "${parameter}": "${error.message}"`,
    );
  }
}

function objectOf<T>(schema: Schema<T>, entity: T): ExchangeObject {
  return { schema: schema as unknown as Schema<unknown>, entity };
}

/** What objects are sorted by: a list by its entries. */
function sortText(
  value: string | number | boolean | readonly string[] | Readonly<Record<string, string>> | null,
): string {
  return typeof value === 'object' ? Object.values(value ?? {}).join() : String(value);
}
