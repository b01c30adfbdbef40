/** How the typed `get…` functions run a cmdlet: typed objects out, and what came back is what was asked for. */
import type { PlainObject } from '../../clixml/value.ts';
import { ConnectorError } from '../../errors.ts';
import type { CmdletOptions, CmdletTransport, CmdletValue } from '../transport.ts';
import { writeFilter } from './filter.ts';
import type { Filter } from './filter.ts';
import { checkIdentity, isIdentityOf } from './identity.ts';

/** What to read: one object by GUID or distinguished name, those a filter fits, or (said aloud) all. */
export type Query =
  | {
      readonly identity: string;
      /** From a domain controller of the object's own domain: a session that sees the whole forest reads a global catalog otherwise. */
      readonly isFresh?: boolean;
    }
  | { readonly filter: Filter; readonly resultSize?: number }
  | { readonly all: true; readonly resultSize?: number };

/** How objects are read. */
export interface ReadOptions extends CmdletOptions {
  /** Called for an object that cannot be identified; without it, how many there were is a warning. */
  onUnreadable?(record: PlainObject): void;
}

/** Every object Exchange returns has these two; they are what later calls name it by. */
export interface Identified {
  /** GUID, lower case. */
  readonly id: string;
  readonly distinguishedName: string;
}

/** The parameters a query becomes. Without a size, `-ResultSize Unlimited`: the default of 1,000 would cut silently. */
export function queryParameters(query: Query): Record<string, CmdletValue> {
  if ('identity' in query)
    return {
      Identity: checkIdentity(query.identity),
      ...(query.isFresh === true && { ReadFromDomainController: true }),
    };
  const ResultSize = query.resultSize ?? 'Unlimited';
  return 'filter' in query ? { Filter: writeFilter(query.filter), ResultSize } : { ResultSize };
}

/**
 * Runs a cmdlet and yields typed objects. Objects that `parse` finds unidentifiable (null) are handed to `onUnreadable`, or
 * reported by `onWarning`, and left out, or, when one object was asked for, refused.
 * @throws ERR_EXCHANGE_RECORD when another object came back than the one asked for
 */
export async function* readObjects<T extends Identified>(
  transport: CmdletTransport,
  cmdlet: string,
  parameters: Record<string, CmdletValue>,
  parse: (record: PlainObject) => T | null,
  options: ReadOptions = {},
): AsyncGenerator<T, void, undefined> {
  const asked = typeof parameters['Identity'] === 'string' ? parameters['Identity'] : null;
  let nameless = 0;
  for await (const record of transport.invoke({ cmdlet, parameters }, options)) {
    const object = parse(record);
    if (asked !== null && (object === null || !isIdentityOf(asked, object))) throw otherObject(cmdlet, asked);
    if (object !== null) yield object;
    else if (options.onUnreadable) options.onUnreadable(record);
    else nameless++;
  }
  if (nameless > 0)
    options.onWarning?.(`${cmdlet}: ${nameless} objects without GUID or distinguished name were left out.`);
}

/**
 * The one object a query must give.
 * @throws ERR_EXCHANGE_RECORD if there is none or more than one
 */
export async function onlyOne<T extends Identified>(
  objects: AsyncIterable<T> | Iterable<T>,
  cmdlet: string,
  asked: string,
): Promise<T> {
  let only: T | null = null;
  for await (const object of objects) {
    if (only !== null) throw otherObject(cmdlet, asked);
    only = object;
  }
  if (only === null) throw otherObject(cmdlet, asked);
  return only;
}

function otherObject(cmdlet: string, asked: string): ConnectorError {
  return new ConnectorError(
    'ERR_EXCHANGE_RECORD',
    `${cmdlet} was asked for ${JSON.stringify(asked)} and answered with something else.`,
    {
      details: { cmdlet },
    },
  );
}
