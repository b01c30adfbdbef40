/**
 * Regular expressions that match in linear time, for rules that an admin writes and a phone's texts are run through.
 * The engine is RE2's, which never backtracks (https://github.com/google/re2/wiki/Syntax); what may be written is said here:
 *
 *   abc  .  [a-z0-9_]  [^,]  \d \D \w \W \s \S  \p{L} \P{Greek}  \. (any punctuation escaped)
 *   ^ $ \b \B  (…) (?:…) (?<name>…)  a|b  *  +  ?  {2} {2,} {2,5}, each lazy with a ? behind it
 *
 * Letters match either case, `.` matches everything, \d and \w are ASCII, \s is the blanks of ASCII and the no-break space.
 * Not in it: back references, look-around, flags, possessive quantifiers, \x and \u, POSIX classes.
 */
import { RE2Set, RE2JS } from 're2js';
import { ConnectorError } from '../errors.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';
import type { AccessSaying } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** What the reader finds wrong, of the table's codes. */
type PatternFault = Exclude<
  Extract<AccessSaying, `pattern.${string}`> extends `pattern.${infer Fault}` ? Fault : never,
  'engine'
>;

/** Longest pattern, in characters. */
const MAX_PATTERN_LENGTH = 500;
/** Most states one pattern may need; bounds memory and the time a character costs. */
export const MAX_PATTERN_STATES = 2000;
/** Only this much of a text is looked at; texts of the model are cut at the same length. */
const MAX_TEXT_LENGTH = 1024;
/** Groups in one another: far more than anybody reads, far fewer than fill a stack. */
const MAX_DEPTH = 50;
const UNBOUNDED = -1;
/**
 * Bytes in which one pattern may remember what it has worked out. Ordinary patterns need a few thousand; with the engine's
 * own 8 MB, patterns that blow up would fill the memory, and are slower.
 */
const MEMORY_BYTES = 65_536;

/** A compiled pattern. */
export class LinearRegex {
  readonly source: string;
  readonly #set: RE2Set;

  /** Throws ERR_RULE_INVALID, saying where, for anything that is not in the syntax above. */
  constructor(source: string) {
    this.source = source;
    const { text } = new PatternReader(source);
    // A set of one: the engine's only door that takes a limit for the memory.
    this.#set = new RE2Set(RE2Set.UNANCHORED, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL, MEMORY_BYTES);
    try {
      this.#set.add(text);
      this.#set.compile();
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^error parsing regexp: |: `[^]*$/g, '') : 'no reason';
      throw invalid(source, say('pattern.engine', { pattern: source.slice(0, 80), words: why }), { cause: error });
    }
  }

  /** True if the pattern is found anywhere in `text`; anchor it with ^ and $ to match the whole. */
  test(text: string): boolean {
    return this.#set.match(text.slice(0, MAX_TEXT_LENGTH)).length > 0;
  }
}

/**
 * What a pattern costs, without compiling it: its states, and what its large character classes take to be made.
 * One unit takes at most 20 µs to compile, and 10 to 40 µs for a text of full length (measured, decision 0027).
 * Throws ERR_RULE_INVALID as the constructor does, save for what only the engine finds.
 */
export function patternCost(source: string): number {
  const { states, classCost } = new PatternReader(source);
  return states + classCost;
}

function invalid(source: string, text: string, options: { cause?: unknown; at?: number } = {}): ConnectorError {
  return new ConnectorError('ERR_RULE_INVALID', text, {
    ...(options.cause === undefined ? {} : { cause: options.cause }),
    details: {
      pattern: source.slice(0, MAX_PATTERN_LENGTH),
      ...(options.at === undefined ? {} : { at: options.at }),
    },
  });
}

/** A group that is being read: states of its finished alternatives, of the one being read, and of what stands last in it. */
interface Group {
  finished: number;
  states: number;
  /** Null: nothing that can be repeated; `anchor`: something that must not be. */
  last: number | 'anchor' | null;
}

/** The classes of the engine's own words, written out where it means something else: for it, \s has no \v and no U+00A0. */
const CLASSES: Readonly<Record<string, string>> = {
  d: '\\d',
  D: '\\D',
  w: '\\w',
  W: '\\W',
  s: '\\t-\\r \\x{a0}',
  S: '\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{10ffff}',
};

/** Units for a class over half of Unicode, and code points of a range that one unit pays for: the engine folds each. */
const UNICODE_CLASS_COST = 10;
const FOLDED_PER_UNIT = 1024;

/** Reads a pattern once: refuses what is not in the syntax, counts its states, and writes it in the engine's words. */
class PatternReader {
  /** The pattern as the engine takes it. */
  text = '';
  /** States of the pattern, repeats counted out. */
  states = 0;
  /** Units for what does not grow with repeats. */
  classCost = 0;
  readonly #source: string;
  readonly #groups: Group[] = [{ finished: 0, states: 0, last: null }];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    if (source.length > MAX_PATTERN_LENGTH) throw this.#error('too-long', MAX_PATTERN_LENGTH);
    while (this.#at < source.length) this.#part();
    if (this.#groups.length > 1) throw this.#error('open');
    this.states = totalOf(this.#group);
  }

  get #group(): Group {
    return this.#groups.at(-1)!;
  }

  #part(): void {
    const character = this.#next();
    if (character === '(') return this.#open();
    if (character === ')') return this.#close();
    if (character === '|') return this.#alternative();
    if (character === '[') return this.#atom(this.#bracket());
    if (character === '\\') return this.#escape();
    if (character === '^' || character === '$') return this.#anchor(character);
    if (character === '.') return this.#atom('.');
    if ('*+?{'.includes(character) && this.#group.last !== null) return this.#repeat(character);
    if ('*+?{}]'.includes(character)) throw this.#error('escape', character);
    return this.#atom(literal(character));
  }

  #open(): void {
    if (this.#take('?') && !this.#take(':') && !this.#takeName()) {
      throw this.#error('group');
    }
    if (this.#groups.length > MAX_DEPTH) throw this.#error('deep', MAX_DEPTH);
    this.#groups.push({ finished: 0, states: 0, last: null });
    // Nobody asks what a group matched.
    this.text += '(?:';
  }

  #close(): void {
    const group = this.#groups.pop()!;
    if (this.#groups.length === 0) throw this.#error('closed');
    this.#atom(')', totalOf(group));
  }

  #alternative(): void {
    const group = this.#group;
    group.finished = totalOf(group) + 1;
    group.states = 0;
    group.last = null;
    this.text += '|';
  }

  #atom(text: string, states = 1): void {
    this.#grow(states);
    this.#group.last = states;
    this.text += text;
  }

  #anchor(text: string): void {
    this.#grow(1);
    this.#group.last = 'anchor';
    this.text += text;
  }

  #grow(states: number): void {
    this.#group.states += states;
    if (totalOf(this.#group) > MAX_PATTERN_STATES) throw this.#error('repeats');
  }

  #repeat(character: string): void {
    const { last } = this.#group;
    if (last === 'anchor' || last === null) throw this.#error('anchor');
    const [min, max, text] = this.#bounds(character);
    const copies = max === UNBOUNDED ? min * last + last + 1 : min * last + (max - min) * (last + 1);
    this.#grow(copies - last);
    this.#group.last = null;
    this.text += this.#take('?') ? `${text}?` : text;
    if (/^[*+?]/.test(this.#source.slice(this.#at))) throw this.#error('quantifier');
  }

  #bounds(character: string): readonly [min: number, max: number, text: string] {
    if (character === '*') return [0, UNBOUNDED, character];
    if (character === '+') return [1, UNBOUNDED, character];
    if (character === '?') return [0, 1, character];
    const counts = this.#match(/(\d{1,3})(?:(,)(\d{1,3})?)?\}/y);
    if (!counts) throw this.#error('braces', '{');
    const min = Number(counts[1]);
    const max = counts[3] !== undefined ? Number(counts[3]) : counts[2] ? UNBOUNDED : min;
    if (max !== UNBOUNDED && max < min) throw this.#error('bounds', '{n,m}');
    return [min, max, `{${counts[0]}`];
  }

  #escape(): void {
    if (this.#take('b')) return this.#anchor('\\b');
    if (this.#take('B')) return this.#anchor('\\B');
    const set = this.#class();
    if (set !== null) return this.#atom(`[${set}]`);
    return this.#atom(literal(this.#escapedCharacter()));
  }

  /** A class after its \, as it stands inside [ ]; null if it is none. */
  #class(): string | null {
    const property = this.#match(/[pP](?:[A-Z]|\{\^?\w{1,40}\})/y);
    if (property) {
      this.classCost += UNICODE_CLASS_COST;
      return `\\${property[0]}`;
    }
    const letter = this.#source[this.#at] ?? '';
    const set = Object.hasOwn(CLASSES, letter) ? CLASSES[letter]! : null;
    if (set === null) return null;
    this.#at++;
    if (letter === 'S') this.#payRange(0xa1, 0x10ffff);
    return set;
  }

  #escapedCharacter(): string {
    const character = this.#source[this.#at];
    if (character === undefined) throw this.#error('ends');
    if (/[a-z0-9]/i.test(character)) throw this.#error('unknown', character);
    return this.#next();
  }

  #bracket(): string {
    const start = this.#take('^') ? '[^' : '[';
    let parts = '';
    while (!this.#take(']')) {
      if (this.#at >= this.#source.length) throw this.#error('bracket');
      parts += this.#bracketPart();
    }
    if (parts === '') throw this.#error('empty');
    return `${start}${parts}]`;
  }

  #bracketPart(): string {
    if (!this.#take('\\')) return this.#rangeFrom(this.#next());
    return this.#class() ?? this.#rangeFrom(this.#escapedCharacter());
  }

  #rangeFrom(first: string): string {
    if (this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']') return literal(first);
    this.#at++;
    if (this.#at >= this.#source.length) throw this.#error('bracket');
    const last = this.#take('\\') ? this.#escapedCharacter() : this.#next();
    const [from, to] = [first.codePointAt(0)!, last.codePointAt(0)!];
    if (to < from) throw this.#error('backwards', `${first}-${last}`);
    this.#payRange(from, to);
    return `${literal(first)}-${literal(last)}`;
  }

  #payRange(from: number, to: number): void {
    this.classCost += Math.floor((to - from) / FOLDED_PER_UNIT);
  }

  #takeName(): boolean {
    return this.#match(/P?<[A-Za-z_]\w{0,40}>/y) !== null;
  }

  #match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#source);
    if (match) this.#at = expression.lastIndex;
    return match;
  }

  #take(text: string): boolean {
    if (this.#source[this.#at] !== text) return false;
    this.#at++;
    return true;
  }

  /** The next character, whole. */
  #next(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += character.length;
    return character;
  }

  #error(what: PatternFault, value: string | number = ''): ConnectorError {
    const told = { pattern: this.#source.slice(0, 80), count: this.#at, value, shapes: '{n}, {n,} or {n,m}' };
    return invalid(this.#source, say(`pattern.${what}`, told), { at: this.#at });
  }
}

function totalOf({ finished, states }: Group): number {
  return finished + states;
}

/** One character, in words that the engine can only read as that. */
function literal(character: string): string {
  return /[a-z0-9]/i.test(character) ? character : `\\x{${character.codePointAt(0)!.toString(16)}}`;
}
