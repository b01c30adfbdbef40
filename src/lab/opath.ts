/**
 * The OPATH subset Exchange's `-Filter` takes (learn.microsoft.com/powershell/exchange/recipient-filters):
 * `Property -operator value`, joined by -and, -or, -not and parentheses. Text in, syntax tree out; refuses everything else.
 */

/** A parsed filter. `position` is where the comparison starts, for error texts. */
export type OpathNode =
  | { readonly kind: 'and' | 'or'; readonly left: OpathNode; readonly right: OpathNode }
  | { readonly kind: 'not'; readonly inner: OpathNode }
  | OpathComparison;

export interface OpathComparison {
  readonly kind: 'comparison';
  readonly property: string;
  readonly operator: OpathOperator;
  readonly value: OpathLiteral;
  readonly position: number;
}

export type OpathOperator = 'eq' | 'ne' | 'like' | 'notlike' | 'gt' | 'ge' | 'lt' | 'le';

/** `quoted` texts, bare words and numbers, and the variables $true, $false, $null. */
export type OpathLiteral =
  | { readonly kind: 'text' | 'bare'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' };

/** Why a filter was refused; `position` counts from 1 as Exchange's texts do. */
export class OpathError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'OpathError';
    this.position = position;
  }
}

const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'like', 'notlike', 'gt', 'ge', 'lt', 'le']);
const MAX_DEPTH = 64;

type Token =
  | { readonly kind: 'open' | 'close' | 'end'; readonly at: number }
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'dash'; readonly text: string; readonly at: number }
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'variable'; readonly text: string; readonly at: number };

/** Parses a filter. @throws OpathError */
export function parseOpath(filter: string): OpathNode {
  const parser = new Parser(tokenize(filter));
  return parser.parse();
}

function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  // A quotation mark inside a quoted text is doubled; both kinds of marks quote.
  const pattern =
    /\s+|(\()|(\))|-([a-zA-Z]+)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|\$([a-zA-Z]+)|([^\s()'"$-][^\s()'"]*|-\d[^\s()'"]*)/gy;
  let at = 0;
  while (at < filter.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(filter);
    if (match === null) throw new OpathError('Invalid filter syntax.', at + 1);
    const token = tokenOf(match, at);
    if (token !== null) tokens.push(token);
    at = pattern.lastIndex;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function tokenOf(match: RegExpExecArray, at: number): Token | null {
  const [, open, close, dash, single, double, variable, word] = match;
  if (open !== undefined) return { kind: 'open', at };
  if (close !== undefined) return { kind: 'close', at };
  if (dash !== undefined) return { kind: 'dash', text: dash.toLowerCase(), at };
  if (single !== undefined) return { kind: 'text', text: single.replaceAll("''", "'"), at };
  if (double !== undefined) return { kind: 'text', text: double.replaceAll('""', '"'), at };
  if (variable !== undefined) return { kind: 'variable', text: variable.toLowerCase(), at };
  if (word !== undefined) return { kind: 'word', text: word, at };
  return null;
}

/** Recursive descent, one method a level: or, and, not, comparison. */
class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): OpathNode {
    const node = this.#or();
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    return node;
  }

  #or(): OpathNode {
    let left = this.#and();
    while (this.#take('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): OpathNode {
    let left = this.#not();
    while (this.#take('and')) left = { kind: 'and', left, right: this.#not() };
    return left;
  }

  #not(): OpathNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#unexpected();
    const node: OpathNode = this.#take('not') ? { kind: 'not', inner: this.#not() } : this.#term();
    this.#depth -= 1;
    return node;
  }

  #term(): OpathNode {
    const token = this.#advance();
    if (token.kind === 'open') {
      const node = this.#or();
      if (this.#advance().kind !== 'close') throw this.#unexpected(-1);
      return node;
    }
    if (token.kind !== 'word' || !/^[A-Za-z][A-Za-z0-9]*$/.test(token.text)) throw this.#unexpected(-1);
    const operator = this.#advance();
    if (operator.kind !== 'dash' || !OPERATORS.has(operator.text)) throw this.#unexpected(-1);
    return {
      kind: 'comparison',
      property: token.text,
      operator: operator.text as OpathOperator,
      value: this.#literal(),
      position: token.at + 1,
    };
  }

  #literal(): OpathLiteral {
    const token = this.#advance();
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    if (token.kind === 'word') return { kind: 'bare', text: token.text };
    if (token.kind === 'variable' && token.text === 'null') return { kind: 'null' };
    if (token.kind === 'variable' && token.text === 'true') return { kind: 'boolean', value: true };
    if (token.kind === 'variable' && token.text === 'false') return { kind: 'boolean', value: false };
    throw this.#unexpected(-1);
  }

  #take(word: 'and' | 'or' | 'not'): boolean {
    const token = this.#peek();
    if (token.kind !== 'dash' || token.text !== word) return false;
    this.#next += 1;
    return true;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: 0 };
  }

  #advance(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #unexpected(offset = 0): OpathError {
    const token = this.#tokens[Math.min(this.#next + offset, this.#tokens.length - 1)];
    return new OpathError(
      'Invalid filter syntax. For a description of the filter parameter syntax see the command help.',
      (token?.at ?? 0) + 1,
    );
  }
}
