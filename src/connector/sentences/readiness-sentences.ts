/** The checklist before an access switch enforces, in words. Pure. */
import { LINES } from '../../access/readiness.ts';
import type { LineId, LineState, ReadinessLine, SeenValues } from '../../access/readiness.ts';
import { RULE_WORDS } from '../../access/rule-words.ts';
import type { Readiness } from '../readiness.ts';
import { LONGEST_TEXT, plainWords } from './plain-words.ts';
import { READINESS_WORDS } from './readiness-words.ts';
import type { ReadinessLanguage } from './readiness-words.ts';

/** One line of the checklist as a person reads it. */
export interface ToldLine {
  readonly id: LineId;
  readonly state: LineState;
  /** Which source, or which link address; null: there is one of its kind. */
  readonly about: string | null;
  readonly title: string;
  readonly seen: { readonly code: string; readonly text: string; readonly values: SeenValues };
  /** What to do; null: nothing. */
  readonly remedy: string | null;
  /** What a person may confirm, and what they say by it; null: nothing. */
  readonly confirm: { readonly address: string; readonly text: string } | null;
}

/** The checklist as a person reads it. */
export interface ToldReadiness {
  readonly state: LineState;
  readonly text: string;
  /** How many phones the next enforced sync would block; null: it is not known. */
  readonly blocks: number | null;
  readonly reasons: readonly { readonly code: string; readonly text: string; readonly count: number }[];
  readonly lines: readonly ToldLine[];
  /** What is asked before the switch enforces. */
  readonly question: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/*
 *   seconds              unit
 *   below 90             second
 *   below 90 minutes     minute
 *   below 36 hours       hour
 *   more                 day
 */
function agoWords(seconds: number, language: ReadinessLanguage): string {
  const [unit, size] =
    seconds < 90
      ? (['second', 1] as const)
      : seconds < 90 * MINUTE
        ? (['minute', MINUTE] as const)
        : seconds < 36 * HOUR
          ? (['hour', HOUR] as const)
          : (['day', DAY] as const);
  return new Intl.RelativeTimeFormat(language).format(-Math.round(seconds / size), unit);
}

/** Puts the checklist into words. */
export function tellReadiness({ state, lines, blocks }: Readiness, language: ReadinessLanguage): ToldReadiness {
  const words = READINESS_WORDS[language];
  const reasons = Object.entries(blocks ?? {})
    .map(([code, count]) => ({ code, text: reasonWords(code, language), count }))
    .sort((a, b) => b.count - a.count);
  const why = reasons.map(({ text, count }) => `${numberText(count, language)} ${text}`).join(', ');
  return {
    state,
    text: words.all[state],
    blocks: blocks === null ? null : reasons.reduce((sum, { count }) => sum + count, 0),
    reasons,
    lines: lines.map((line) => tellLine(line, language, why)),
    question: questionOf(lines, language, why),
  };
}

function tellLine(
  { id, state, about, seen, confirms }: ReadinessLine,
  language: ReadinessLanguage,
  why: string,
): ToldLine {
  const words = READINESS_WORDS[language];
  const { title, seen: texts, remedy } = words.lines[id];
  const blanks = { ...seen.values, why };
  return {
    id,
    state,
    about,
    title,
    seen: { code: seen.code, text: fill(texts[seen.code] ?? seen.code, blanks, language), values: seen.values },
    remedy: remedy[seen.code] ?? null,
    confirm:
      confirms === undefined ? null : { address: confirms, text: fill(words.confirm, { address: confirms }, language) },
  };
}

/*
 *   the last dry run                    first                        then
 *   does not tell, or there was none    why it is not known          what is to be looked at
 *   tells that nobody is blocked        so                           what is to be looked at
 *   tells                               how many, and why            what would be held, what is to be looked at
 */
function questionOf(lines: readonly ReadinessLine[], language: ReadinessLanguage, why: string): string {
  const { question, lines: words } = READINESS_WORDS[language];
  const [blocks, brake] = [seenOf(lines, 'blocks'), seenOf(lines, 'brake')];
  const isOne = blocks.values['count'] === 1;
  const first =
    blocks.code === 'some' && isOne ? 'one' : (blocks.code as 'none' | 'some' | 'never' | 'changed' | 'old');
  const { held } = brake.values;
  const open = LINES.filter((id) =>
    lines.some((one) => one.id === id && (one.state === 'no' || one.state === 'unknown')),
  );
  const titles = open.map((id) => words[id].title).join(', ');
  return [
    fill(question[first], { ...blocks.values, why }, language),
    ...(held === undefined ? [] : [fill(question.held, { count: held }, language)]),
    ...(titles === '' ? [] : [fill(question.open, { titles }, language)]),
    question.enforce,
  ].join(' ');
}

function seenOf(lines: readonly ReadinessLine[], id: LineId): ReadinessLine['seen'] {
  return lines.find((one) => one.id === id)?.seen ?? { code: 'never', values: {} };
}

function reasonWords(code: string, language: ReadinessLanguage): string {
  const known: Readonly<Record<string, string>> = {
    ...RULE_WORDS[language].values.reason,
    ...READINESS_WORDS[language].reasons,
  };
  return Object.hasOwn(known, code) ? (known[code] ?? code) : code;
}

/** What is filled in is text, whatever it holds; what others wrote is one line. */
function fill(text: string, blanks: SeenValues, language: ReadinessLanguage): string {
  return text
    .replace(/\{(\w+)\}/g, (_blank, name: string) => {
      if (name === 'age') return agoWords(Number(blanks['age']), language);
      if (name === 'day') return dayText(String(blanks['at']), language);
      const value = blanks[name];
      if (name === 'by' && value === 'unknown') return READINESS_WORDS[language].somebody;
      if (typeof value === 'number') return numberText(value, language);
      return plainWords(value, LONGEST_TEXT) ?? '';
    })
    .trim();
}

function numberText(value: number, language: ReadinessLanguage): string {
  return new Intl.NumberFormat(language).format(value);
}

/** @param iso ISO 8601 UTC */
function dayText(iso: string, language: ReadinessLanguage): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(iso));
}
