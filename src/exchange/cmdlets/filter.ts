/**
 * Filters as structure, and the OPATH text Exchange's `-Filter` parameters take.
 * The only place where text is a language on this wire, so text is never taken from outside: what comes as text
 * (the command line) is parsed into structure first and written anew.
 * Grammar: learn.microsoft.com/powershell/exchange/recipient-filters (comparison operators, quoting, system values).
 */
import { ConnectorError } from '../../errors.ts';

export const FILTER_OPERATORS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'like', 'notlike'] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** One comparison. Times are ISO 8601 text; null is `$null`. `like` takes `*` as wildcard, the others take it literally. */
export interface FilterComparison {
  readonly property: string;
  readonly operator: FilterOperator;
  readonly value: string | number | boolean | null;
}

/** A structured filter. An empty `all` or `any` is refused: it would say nothing where something was meant. */
export type Filter =
  | FilterComparison
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter };

/** Letters and digits only: a property name cannot carry syntax. */
const PROPERTY = /^[A-Za-z][A-Za-z0-9]*$/;
/** Nested conditions, and comparisons in all: a filter is written by a person, or names a page of devices. */
const MAX_DEPTH = 16;
const MAX_COMPARISONS = 500;
/**
 * Control characters, lone surrogates, the line separators, PowerShell's escape character, and the quotation marks PowerShell reads as
 * `'` (PowerShell/PowerShell engine/parser/CharTraits.cs): doubling protects only the plain one for certain.
 */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029`\u2018\u2019\u201a\u201b]|\p{Surrogate}/u;

/**
 * Writes a structured filter as OPATH.
 * @throws ERR_INPUT_INVALID for a property name, operator or value that cannot be written safely
 */
export function writeFilter(filter: Filter): string {
  const budget = { left: MAX_COMPARISONS };
  return write(filter, 0, budget);
}

function write(filter: Filter, depth: number, budget: { left: number }): string {
  if (depth > MAX_DEPTH) throw invalid(`is nested more than ${MAX_DEPTH} deep`);
  if (typeof filter !== 'object' || filter === null) throw invalid('is not an object');
  if ('not' in filter) return `-not (${write(filter.not, depth + 1, budget)})`;
  if ('all' in filter) return join(filter.all, ' -and ', depth, budget);
  if ('any' in filter) return join(filter.any, ' -or ', depth, budget);
  if (--budget.left < 0) throw invalid(`has more than ${MAX_COMPARISONS} comparisons`);
  return comparison(filter);
}

function join(filters: readonly Filter[], word: string, depth: number, budget: { left: number }): string {
  if (!Array.isArray(filters) || filters.length === 0) throw invalid('has an empty list of conditions');
  const parts = (filters as readonly Filter[]).map((part) => write(part, depth + 1, budget));
  if (parts.length === 1) return parts[0] ?? '';
  return parts.map((part) => `(${part})`).join(word);
}

function comparison({ property, operator, value }: FilterComparison): string {
  if (typeof property !== 'string' || !PROPERTY.test(property))
    throw invalid('names a property with other characters than letters and digits');
  if (!FILTER_OPERATORS.includes(operator)) throw invalid(`has an unknown operator for ${property}`);
  return `${property} -${operator} ${literal(value, property)}`;
}

function literal(value: unknown, property: string): string {
  // System values and numbers stand bare (recipient-filters, "System values", "Integer values").
  if (value === null) return '$null';
  if (typeof value === 'boolean') return value ? '$true' : '$false';
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw invalid(`compares ${property} with a number that is not an integer`);
    return String(value);
  }
  if (typeof value !== 'string') throw invalid(`compares ${property} with a value of the wrong type`);
  if (value.length > 2048) throw invalid(`compares ${property} with a text longer than 2048 characters`);
  if (FORBIDDEN.test(value)) {
    throw invalid(
      `compares ${property} with a text that holds a control character, a backtick or a typographic quotation mark`,
    );
  }
  return `'${value.replaceAll("'", "''")}'`;
}

function invalid(what: string): ConnectorError {
  return new ConnectorError('ERR_INPUT_INVALID', `The filter ${what}.`);
}

/**
 * Parses OPATH text of the kind {@link writeFilter} writes: comparisons with quoted text, integers, $true, $false or
 * $null, joined by -and, -or, -not and parentheses; `-and` binds tighter than `-or`.
 * @throws ERR_INPUT_INVALID for anything else
 */
export function parseFilter(text: string): Filter {
  if (text.length > 65_536) throw invalid('is longer than 65536 characters');
  const parser = new FilterParser(text);
  const filter = parser.parse();
  // What cannot be written cannot be meant.
  writeFilter(filter);
  return filter;
}

const TOKEN =
  /\s*(?:(\()|(\))|-([A-Za-z]+)\b|'((?:[^']|'')*)'|"([^"$`]*)"|\$(true|false|null)\b|(-?\d+)(?![\w.])|([A-Za-z][A-Za-z0-9]*))/iy;

type Token =
  | { readonly kind: 'open' | 'close' | 'end' }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'value'; readonly value: string | number | boolean | null };

class FilterParser {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private token: Token;

  constructor(text: string) {
    this.text = text.trimEnd();
    this.token = this.next();
  }

  parse(): Filter {
    const filter = this.any();
    if (this.token.kind !== 'end') throw this.unexpected();
    return filter;
  }

  private any(): Filter {
    const parts = [this.all()];
    while (this.take('or')) parts.push(this.all());
    return parts.length === 1 ? (parts[0] as Filter) : { any: parts };
  }

  private all(): Filter {
    const parts = [this.one()];
    while (this.take('and')) parts.push(this.one());
    return parts.length === 1 ? (parts[0] as Filter) : { all: parts };
  }

  private one(): Filter {
    if (++this.depth > MAX_DEPTH * 2) throw invalid('is nested too deep');
    try {
      if (this.take('not')) return { not: this.one() };
      if (this.token.kind !== 'open') return this.comparison();
      this.token = this.next();
      const filter = this.any();
      if ((this.token as Token).kind !== 'close') throw this.unexpected();
      this.token = this.next();
      return filter;
    } finally {
      this.depth--;
    }
  }

  private comparison(): FilterComparison {
    if (this.token.kind !== 'name') throw this.unexpected();
    const property = this.token.name;
    this.token = this.next();
    if (this.token.kind !== 'word') throw this.unexpected();
    const operator = this.token.word as FilterOperator;
    if (!FILTER_OPERATORS.includes(operator)) throw this.unexpected();
    this.token = this.next();
    if ((this.token as Token).kind !== 'value') throw this.unexpected();
    const value = (this.token as Token & { kind: 'value' }).value;
    this.token = this.next();
    return { property, operator, value };
  }

  private take(word: string): boolean {
    if (this.token.kind !== 'word' || this.token.word !== word) return false;
    this.token = this.next();
    return true;
  }

  private next(): Token {
    if (this.at >= this.text.length) return { kind: 'end' };
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.text);
    if (!match) throw this.unexpected();
    this.at = TOKEN.lastIndex;
    if (match[1] !== undefined) return { kind: 'open' };
    if (match[2] !== undefined) return { kind: 'close' };
    if (match[3] !== undefined) return { kind: 'word', word: match[3].toLowerCase() };
    if (match[4] !== undefined) return { kind: 'value', value: match[4].replaceAll("''", "'") };
    if (match[5] !== undefined) return { kind: 'value', value: match[5] };
    if (match[6] !== undefined) return { kind: 'value', value: systemValue(match[6].toLowerCase()) };
    if (match[7] !== undefined) return { kind: 'value', value: Number(match[7]) };
    return { kind: 'name', name: match[8] ?? '' };
  }

  private unexpected(): ConnectorError {
    return invalid(`cannot be read at or before character ${this.at + 1}`);
  }
}

function systemValue(word: string): boolean | null {
  return word === 'null' ? null : word === 'true';
}
