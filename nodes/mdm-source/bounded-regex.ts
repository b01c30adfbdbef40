/**
 * Bounds on the regular expressions of a mapping. JSONata hands them to the engine of JavaScript, which tries every way to
 * match: `/^(\w+ ?)+$/` takes minutes for a name of thirty letters, and a phone names itself. Nothing of JSONata is called
 * meanwhile, so it is the virtual machine that ends them: https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options
 */
import { createContext, Script } from 'node:vm';
import { processorTime } from './processor-time.ts';

/** What JSONata asks of a function that matches: docs.jsonata.org/regex#generalized-regular-expressions-and-matching-functions. */
interface Match {
  readonly match: string;
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  readonly next: () => Match | undefined;
}

/** What is no text is matched as what JavaScript makes of it. */
type Matcher = (value: unknown, from?: number) => Match | undefined;

/** A part of an expression, as JSONata has it. */
type Part = Record<string, unknown>;

/** Ways to match, as {@link isQuick} counts them, that are gone through in a tenth of a second. */
const QUICK_WAYS = 1e7;

const box = createContext({ expression: /x/, text: '' }) as { expression: RegExp; text: string };
const script = new Script('expression.exec(text)');

/** The prepared expression, as far as its regular expressions are bounded. */
interface Bindable {
  ast(): unknown;
  assign(name: string, value: Matcher): void;
}

/**
 * Puts a bounded function in the place of each regular expression.
 * @param ms of the processor that one attempt to match may take
 * @param begin called before each attempt; may throw
 * @param tooLong what is thrown after them
 */
export function boundRegexes(
  expression: Bindable,
  { ms, begin, tooLong }: { readonly ms: number; readonly begin: () => void; readonly tooLong: () => Error },
): void {
  let count = 0;
  for (const part of regexesIn(expression.ast())) {
    // No name that can be written.
    const name = `regular expression ${(count += 1)}`;
    const attempt = (regex: RegExp, text: string): RegExpExecArray | null => {
      begin();
      return isQuick(regex.source, text.length) ? regex.exec(text) : execWithin(ms, regex, text, tooLong);
    };
    expression.assign(name, matcherOf(part['value'] as RegExp, part['position'], attempt));
    part['type'] = 'variable';
    part['value'] = name;
  }
}

/** As JSONata's own (`evaluateRegex` of jsonata.js), an expression that does not get on included. */
function matcherOf(
  regex: RegExp,
  position: unknown,
  attempt: (regex: RegExp, text: string) => RegExpExecArray | null,
): Matcher {
  // JSONata counts the parameters: $filter gives the place in the list as the second one.
  const matcher: Matcher = (value, from) => {
    const text = String(value);
    regex.lastIndex = from ?? 0;
    const found = attempt(regex, text);
    if (found === null) return undefined;
    const then = regex.lastIndex;
    const [match, ...groups] = found;
    return {
      match,
      start: found.index,
      end: found.index + match.length,
      groups,
      next: () => {
        if (then >= text.length) return undefined;
        const next = matcher(text, then);
        // JSONata's errors are no Error: it finds the words for the code.
        // oxlint-disable-next-line typescript/only-throw-error
        if (next?.match === '') throw { code: 'D1004', position, value: regex.source };
        return next;
      },
    };
  };
  return matcher;
}

/** A machine that gives Node-RED no time has not shown that an expression does not end: it is tried for longer. */
function execWithin(ms: number, regex: RegExp, text: string, tooLong: () => Error): RegExpExecArray | null {
  const from = regex.lastIndex;
  for (let timeout = ms; ; timeout *= 2) {
    const begun = processorTime();
    regex.lastIndex = from;
    Object.assign(box, { expression: regex, text });
    try {
      return script.runInContext(box, { timeout }) as RegExpExecArray | null;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      if (processorTime() - begun >= ms * 1000) throw tooLong();
    }
  }
}

/** Each once: a parent operator makes rings. */
function regexesIn(root: unknown): Part[] {
  const [found, seen, open] = [[] as Part[], new Set<unknown>(), [root]];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null || seen.has(part)) continue;
    seen.add(part);
    const { type, value } = part as Part;
    if (type === 'regex' && value instanceof RegExp) found.push(part as Part);
    else open.push(...(Object.values(part) as unknown[]));
  }
  return found;
}

/*
 *   in the expression               ways to match a text of n characters, at most
 *   (…)*  (…)+  (…){…}              no bound that helps: each round may end in several places
 *   n * + ? {2,5} anywhere else     each may end in n places, and the whole begin in n: n to the power of their number and one
 */

/** Whether an expression cannot take long for a text, by what is seen of it; costs a tenth of a bounded attempt at most. Pure. */
export function isQuick(source: string, length: number): boolean {
  const choices = choicesIn(source);
  return choices !== null && length ** (choices + 1) <= QUICK_WAYS;
}

const known = new Map<string, number | null>();
/** More expressions than any mapping has. */
const MOST_KNOWN = 1_000;

/** Null: there is a group that is repeated. */
function choicesIn(source: string): number | null {
  const before = known.get(source);
  if (before !== undefined) return before;
  // Without what is escaped, or in a class, and without the marks of groups: (?:  (?=  (?<name>
  const bare = source
    .replace(/\\(?:[pPu]\{[^}]*\}|k<[^>]*>|.)/gs, 'x')
    .replace(/\[[^\]]*\]/g, 'x')
    .replace(/\(\?(?:[:=!]|<[=!]|<[^>]*>)/g, '(');
  const isRepeated = /\)(?:[*+]|\{\d+(?:,\d*)?\})/.test(bare);
  const choices = isRepeated ? null : (bare.match(/(?:[*+?]|\{\d+,\d*\})\??/g) ?? []).length;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(source, choices);
  return choices;
}
