/**
 * Regular expressions that match in linear time, for rules that an admin writes and a phone's texts are run through.
 * A documented subset, run as a set of states (Thompson, "Regular Expression Search Algorithm", CACM 1968): never backtracks.
 *
 *   abc  .  [a-z0-9_]  [^,]  \d \D \w \W \s \S  \. (any punctuation escaped)  ^ $  (…) (?:…)  a|b  *  +  ?  {2} {2,} {2,5}
 *
 * Letters match either case. Not in it: back references, look-around, \b, lazy quantifiers, named groups, \uXXXX.
 */
import { ConnectorError } from '../errors.ts';

/** Longest pattern, in characters. */
export const MAX_PATTERN_LENGTH = 500;
/** Most states one pattern may need; bounds memory and the time a character costs. */
export const MAX_PATTERN_STATES = 2000;
/** Only this much of a text is looked at; texts of the model are cut at the same length. */
const MAX_TEXT_LENGTH = 1024;
const MAX_DEPTH = 50;
const UNBOUNDED = -1;

/** One range of code units, both ends included. */
type Range = readonly [number, number];
type Tree =
  | { readonly kind: 'empty' | 'start' | 'end' }
  | { readonly kind: 'set'; readonly ranges: readonly Range[]; readonly negated: boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly min: number; readonly max: number };

interface State {
  readonly kind: 'set' | 'split' | 'start' | 'end' | 'accept';
  readonly ranges?: readonly Range[];
  readonly negated?: boolean;
  next: number;
  other: number;
}

const DIGIT: readonly Range[] = [[48, 57]];
const WORD: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: readonly Range[] = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
];
const ANYTHING: Tree = { kind: 'set', ranges: [], negated: true };

/** A compiled pattern. */
export class LinearRegex {
  readonly source: string;
  readonly #states: readonly State[];
  readonly #start: number;

  /** Throws ERR_RULE_INVALID, saying where, for anything outside the subset. */
  constructor(source: string) {
    this.source = source;
    const program = new Program(source);
    this.#start = program.start;
    this.#states = program.states;
  }

  /** True if the pattern is found anywhere in `text`; anchor it with ^ and $ to match the whole. */
  test(text: string): boolean {
    const input = text.slice(0, MAX_TEXT_LENGTH).toLowerCase();
    const seen = new Int32Array(this.#states.length).fill(-1);
    let current: number[] = [];
    for (let at = 0; at <= input.length; at++) {
      // A match may begin at every place.
      if (this.#enter(this.#start, at, input.length, seen, current)) return true;
      if (at === input.length) return false;
      const code = input.charCodeAt(at);
      const following: number[] = [];
      for (const number of current) {
        const state = this.#states[number]!;
        if (accepts(state, code) && this.#enter(state.next, at + 1, input.length, seen, following)) return true;
      }
      current = following;
    }
    return false;
  }

  // Adds a state and all it leads to without reading; true if the end is among them. Each state at most once a place.
  #enter(from: number, at: number, length: number, seen: Int32Array, into: number[]): boolean {
    const pending = [from];
    while (pending.length > 0) {
      const number = pending.pop()!;
      if (seen[number] === at) continue;
      seen[number] = at;
      const state = this.#states[number]!;
      if (state.kind === 'accept') return true;
      if (state.kind === 'set') into.push(number);
      else if (state.kind === 'split') pending.push(state.other, state.next);
      else if (state.kind === 'start' ? at === 0 : at === length) pending.push(state.next);
    }
    return false;
  }
}

function accepts(state: State, code: number): boolean {
  const inside = state.ranges!.some(([from, to]) => code >= from && code <= to);
  return inside !== state.negated;
}

/** Parses a pattern and lays its states out. */
class Program {
  readonly states: State[] = [];
  readonly start: number;
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    if (source.length > MAX_PATTERN_LENGTH) throw this.#error(`is longer than ${MAX_PATTERN_LENGTH} characters`);
    const tree = this.#choice();
    if (this.#at < source.length) throw this.#error('has a ) without a (');
    this.start = this.#lay(tree, this.#state({ kind: 'accept', next: -1, other: -1 }));
  }

  #choice(): Tree {
    if (++this.#depth > MAX_DEPTH) throw this.#error(`nests deeper than ${MAX_DEPTH} groups`);
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) parts.push(this.#repeated());
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
  }

  #repeated(): Tree {
    const part = this.#atom();
    const bounds = this.#bounds();
    if (!bounds) return part;
    if (part.kind === 'start' || part.kind === 'end') throw this.#error('repeats an anchor');
    if (this.#at < this.#source.length && '*+?'.includes(this.#source[this.#at]!)) {
      throw this.#error('has a lazy, possessive or double quantifier');
    }
    return { kind: 'repeat', part, min: bounds[0], max: bounds[1] };
  }

  #bounds(): readonly [number, number] | null {
    if (this.#take('*')) return [0, UNBOUNDED];
    if (this.#take('+')) return [1, UNBOUNDED];
    if (this.#take('?')) return [0, 1];
    if (!this.#take('{')) return null;
    const close = this.#source.indexOf('}', this.#at);
    const counts = /^(\d{1,3})(?:(,)(\d{1,3})?)?$/.exec(this.#source.slice(this.#at, close < 0 ? this.#at : close));
    if (!counts) throw this.#error('has a { that is not {n}, {n,} or {n,m}');
    this.#at = close + 1;
    const min = Number(counts[1]);
    const max = counts[3] !== undefined ? Number(counts[3]) : counts[2] ? UNBOUNDED : min;
    if (max !== UNBOUNDED && max < min) throw this.#error('has a {n,m} with m below n');
    return [min, max];
  }

  #atom(): Tree {
    const character = this.#source[this.#at++]!;
    if (character === '.') return ANYTHING;
    if (character === '^') return { kind: 'start' };
    if (character === '$') return { kind: 'end' };
    if (character === '(') return this.#group();
    if (character === '[') return this.#bracket();
    if (character === '\\') return this.#escape();
    if ('*+?{}]'.includes(character)) throw this.#error(`has a ${character} that needs a \\ before it`);
    return literal(character);
  }

  #group(): Tree {
    if (this.#take('?') && !this.#take(':')) throw this.#error('has a (?…) group; only (…) and (?:…) are known');
    const tree = this.#choice();
    if (!this.#take(')')) throw this.#error('has a ( without a )');
    return tree;
  }

  #escape(): Tree {
    const set = this.#escapedSet();
    if (set) return set;
    return literal(this.#escapedCharacter());
  }

  #escapedSet(): Extract<Tree, { kind: 'set' }> | null {
    const letter = this.#source[this.#at] ?? '';
    const ranges = { d: DIGIT, w: WORD, s: SPACE }[letter.toLowerCase()];
    if (!ranges) return null;
    this.#at++;
    return { kind: 'set', ranges: lowered(ranges), negated: letter !== letter.toLowerCase() };
  }

  #escapedCharacter(): string {
    const character = this.#source[this.#at];
    if (character === undefined) throw this.#error('ends with a \\');
    if (/[a-z0-9]/i.test(character)) throw this.#error(`has \\${character}, which is not in the subset`);
    this.#at++;
    return character;
  }

  #bracket(): Tree {
    const negated = this.#take('^');
    const ranges: Range[] = [];
    while (!this.#take(']')) {
      if (this.#at >= this.#source.length) throw this.#error('has a [ without a ]');
      ranges.push(...this.#bracketPart());
    }
    if (ranges.length === 0) throw this.#error('has an empty [ ]');
    return { kind: 'set', ranges: lowered(ranges), negated };
  }

  #bracketPart(): readonly Range[] {
    if (this.#take('\\')) {
      const set = this.#escapedSet();
      if (set?.negated) throw this.#error('has a negated class inside [ ]');
      if (set) return set.ranges;
      return this.#rangeFrom(this.#escapedCharacter());
    }
    return this.#rangeFrom(this.#source[this.#at++]!);
  }

  #rangeFrom(first: string): readonly Range[] {
    const from = first.charCodeAt(0);
    if (this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']') return [[from, from]];
    this.#at++;
    const last = this.#take('\\') ? this.#escapedCharacter() : this.#source[this.#at++];
    if (last === undefined) throw this.#error('has a [ without a ]');
    const to = last.charCodeAt(0);
    if (to < from) throw this.#error(`has a range ${first}-${last} that runs backwards`);
    return [[from, to]];
  }

  #take(text: string): boolean {
    if (this.#source[this.#at] !== text) return false;
    this.#at++;
    return true;
  }

  #state(state: State): number {
    if (this.states.length >= MAX_PATTERN_STATES) throw this.#error('repeats too much');
    return this.states.push(state) - 1;
  }

  // Lays a tree out so that it leads to `next`, from its end to its start; returns where it begins.
  #lay(tree: Tree, next: number): number {
    switch (tree.kind) {
      case 'empty':
        return next;
      case 'start':
      case 'end':
        return this.#state({ kind: tree.kind, next, other: -1 });
      case 'set':
        return this.#state({ kind: 'set', ranges: tree.ranges, negated: tree.negated, next, other: -1 });
      case 'sequence':
        return tree.parts.reduceRight((after, part) => this.#lay(part, after), next);
      case 'choice':
        return tree.parts
          .map((part) => this.#lay(part, next))
          .reduceRight((other, one) => this.#state({ kind: 'split', next: one, other }));
      default:
        return this.#layRepeat(tree.part, tree.min, tree.max, next);
    }
  }

  #layRepeat(part: Tree, min: number, max: number, next: number): number {
    let start = next;
    if (max === UNBOUNDED) {
      const loop = this.#state({ kind: 'split', next: -1, other: next });
      this.states[loop]!.next = this.#lay(part, loop);
      start = loop;
    }
    for (let i = min; i < max; i++) {
      start = this.#state({ kind: 'split', next: this.#lay(part, start), other: next });
    }
    for (let i = 0; i < min; i++) start = this.#lay(part, start);
    return start;
  }

  #error(what: string): ConnectorError {
    return new ConnectorError(
      'ERR_RULE_INVALID',
      `The pattern ${this.#source.slice(0, 80)} ${what} (at character ${this.#at}).`,
      {
        details: { pattern: this.#source.slice(0, MAX_PATTERN_LENGTH), at: this.#at },
      },
    );
  }
}

function literal(character: string): Tree {
  const code = character.toLowerCase().charCodeAt(0);
  return { kind: 'set', ranges: [[code, code]], negated: false };
}

// Texts are lowered before matching, so ranges get their capital letters lowered too ([A-F] is [a-f]; [Z-a] keeps both ends).
function lowered(ranges: readonly Range[]): readonly Range[] {
  return ranges.flatMap(([from, to]): Range[] => {
    const capitals: Range = [Math.max(from, 65), Math.min(to, 90)];
    const range: Range[] = [[from, to]];
    if (capitals[0] <= capitals[1]) range.push([capitals[0] + 32, capitals[1] + 32]);
    return range;
  });
}
