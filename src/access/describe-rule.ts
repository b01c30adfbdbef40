/** Reads a rule back as a sentence, for the editor and "try it". */
import { RULE_WORDS } from './rule-words.ts';
import type { RuleLanguage, RuleWords } from './rule-words.ts';
import type { Condition, Rule } from './rules.ts';

/** `Not managed: if the record is “EAS only”, and the reason is “not enrolled”, then block the device.` */
export function describeRule(rule: Rule, language: RuleLanguage = 'en'): string {
  const words = RULE_WORDS[language];
  const then = `${words.actions[rule.action]}${rule.report ? words.andReport : ''}`;
  const when = rule.when.map((condition) => describeCondition(condition, words));
  const sentence = when.length === 0 ? words.always(then) : words.ifThen(when.join(words.and), then);
  const until = rule.until === undefined ? '' : words.until(rule.until);
  return `${rule.name}${until}${rule.disabled === true ? words.switchedOff : ''}: ${sentence}`;
}

/** One condition as a clause. */
function describeCondition(condition: Condition, words: RuleWords): string {
  const not = condition.not ?? false;
  switch (condition.field) {
    case 'group':
      return condition.in.length === 0 ? words.noGroups : words.member(or(condition.in, words), not);
    case 'ageHours':
    case 'idleHours':
      return words.synced[condition.field](hours(condition, words), not);
    case 'firstSyncAt':
    case 'lastSyncAt':
      return words.syncedBefore[condition.field](condition.before, not);
    case 'listed': {
      const by = condition.by === undefined ? '' : words.by[condition.by];
      return `${words.listed(
        or(
          condition.is.map((list) => words.lists[list]),
          words,
        ),
        not,
      )}${by}`;
    }
    case 'accessReason':
      return words.is.accessReason(or(condition.is.map(words.quoted), words), not);
    case 'status':
    case 'reason':
    case 'compliance':
    case 'platform':
    case 'accessState': {
      const called: Readonly<Record<string, string>> = words.values[condition.field];
      // One that nobody knows is the name of an environment variable.
      return words.is[condition.field](
        or(
          condition.is.map((value) => words.quoted(called[value] ?? value)),
          words,
        ),
        not,
      );
    }
    default:
      return words.compared[condition.how](
        words.texts[condition.field],
        or(condition.patterns.map(words.quoted), words),
        not,
      );
  }
}

function hours({ atLeast, below }: { readonly atLeast?: number; readonly below?: number }, words: RuleWords): string {
  if (atLeast === undefined) return words.hours.below(below ?? 0);
  return below === undefined ? words.hours.atLeast(atLeast) : words.hours.between(atLeast, below);
}

function or(values: readonly string[], words: RuleWords): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')}${words.or}${values.at(-1)}`;
}
