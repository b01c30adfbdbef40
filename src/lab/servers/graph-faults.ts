/** What can go wrong with Graph, to be played on request: each fault meets the next matching requests and is then used up. */
import { graphError, type SliceAnswer } from '../graph-slice.ts';

/** One fault. Times are what the header says; nothing is waited for. */
export type GraphFault = FaultScope &
  (
    | {
        readonly kind: 'throttle';
        /** Text of Retry-After: seconds (`2`), fractions (`2.128`), an HTTP date, anything; left out = no header. */
        readonly retryAfter?: string;
      }
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly html?: boolean;
        readonly retryAfter?: string;
        readonly code?: string;
        /** Where a redirect of the storage leads. */
        readonly location?: string;
      }
    /** The connection breaks inside the body. */
    | { readonly kind: 'reset' }
    /** A complete HTTP answer whose JSON ends too early. */
    | { readonly kind: 'cut-json' }
    /** No answer at all; the connection stays open. */
    | { readonly kind: 'silence' }
    | { readonly kind: 'error-in-200' }
    /** Another JSON than a page: `value` is an object, as in an old sample of the docs. */
    | { readonly kind: 'value-not-list' }
    | { readonly kind: 'html-200' }
    /** The token endpoint refuses and repeats the whole request, secret included, as proxies and debug pages do. */
    | { readonly kind: 'echo' }
    | { readonly kind: 'next-link'; readonly link: string }
    /** Of the rows only their ids and what else is named are there. */
    | { readonly kind: 'sparse-rows'; readonly properties: readonly string[] }
    | { readonly kind: 'delta-link'; readonly link: string }
    /** The next link leads back to the page it is on. */
    | { readonly kind: 'next-link-loop' }
    /** All tokens run out; this request is the first to notice. */
    | { readonly kind: 'expired-token' }
    | { readonly kind: 'count'; readonly count: number }
    /** The page carries its first rows twice. */
    | { readonly kind: 'duplicate-rows'; readonly rows?: number }
    /** An export job says something else than it is. */
    | { readonly kind: 'job'; readonly changes: Readonly<Record<string, unknown>> }
    /** The storage gives other bytes than the report. */
    | { readonly kind: 'file'; readonly spoil: (file: Buffer) => Buffer }
    /** Rows are missing from the page, though counted. */
    | { readonly kind: 'missing-rows'; readonly rows?: number }
    /** The rows of the answer before in the place of its own, and as many counted; the chain goes on behind its own. */
    | { readonly kind: 'rows-again' }
    /** The page counts its own rows and no others, as Intune has been seen to do. */
    | { readonly kind: 'count-of-page' }
  );

/** Which requests a fault meets. */
export interface FaultScope {
  /** Position in a chain: 1, 2, 3, …; left out = any request. */
  readonly page?: number;
  /** `token` = the token endpoint, `part` = a part of a batch, `blob` = the storage of reports; default `graph`. */
  readonly target?: FaultyRequest['target'];
  /** Part of the path. */
  readonly path?: string;
  /** How many requests it meets. Default 1. */
  readonly times?: number;
}

/** What is known of a request when a fault is looked for. */
export interface FaultyRequest {
  readonly target: 'graph' | 'token' | 'part' | 'blob';
  readonly path: string;
  readonly page: number | null;
}

/** The faults still to come. */
export class GraphFaults {
  readonly #waiting: { readonly fault: GraphFault; left: number }[] = [];

  /** Adds a fault behind those that wait. */
  add(fault: GraphFault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** Forgets all faults. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** True if none is left: a test can show that its fault was met. */
  get done(): boolean {
    return this.#waiting.length === 0;
  }

  /** The fault for this request, or null; it counts as met. */
  take(request: FaultyRequest): GraphFault | null {
    const index = this.#waiting.findIndex(({ fault }) => meets(fault, request));
    const entry = this.#waiting[index];
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.left <= 0) this.#waiting.splice(index, 1);
    return entry.fault;
  }
}

function meets({ target = 'graph', page, path }: GraphFault, request: FaultyRequest): boolean {
  return (
    target === request.target &&
    (page === undefined || page === request.page) &&
    (path === undefined || request.path.includes(path))
  );
}

/**
 * Faults that are in the content of an answer: returns the changed answer, or null for faults of another kind.
 * @param before rows of the answer before it
 */
export function spoilAnswer(
  fault: GraphFault,
  answer: SliceAnswer,
  url: URL,
  before: readonly unknown[] = [],
): SliceAnswer | null {
  const rows = rowsOf(answer);
  const change = (changes: Record<string, unknown>): SliceAnswer => ({
    ...answer,
    body: { ...answer.body, ...changes },
  });
  switch (fault.kind) {
    case 'error-in-200':
      return { ...graphError(200, 'UnknownError', 'The service had a problem.'), page: answer.page };
    case 'value-not-list':
      return change({ value: rows[0] ?? {} });
    case 'next-link':
      return change({ '@odata.nextLink': fault.link });
    case 'sparse-rows':
      return change({
        value: rows.map((row) =>
          Object.fromEntries(
            Object.entries(row as object).filter(([name]) => name === 'id' || fault.properties.includes(name)),
          ),
        ),
      });
    case 'delta-link':
      return change({ '@odata.deltaLink': fault.link });
    case 'next-link-loop':
      return change({ '@odata.nextLink': url.href });
    case 'job':
      return change(fault.changes);
    case 'count':
      return change({ '@odata.count': fault.count });
    case 'duplicate-rows':
      return change({ value: [...rows.slice(0, fault.rows ?? 1), ...rows] });
    case 'missing-rows':
      return change({ value: rows.slice(fault.rows ?? 1) });
    case 'rows-again':
      return change({ value: before, '@odata.count': before.length });
    case 'count-of-page':
      return change({ '@odata.count': rows.length });
    default:
      return null;
  }
}

/** The rows that an answer has; none, if it is no list. */
export function rowsOf({ body: { value } }: SliceAnswer): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
