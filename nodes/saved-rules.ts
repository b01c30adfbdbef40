/** The access switch's rules, as a flow file has them. */
import type { Rule } from '../src/access/rules.ts';

/*
 *   of a             property              as a text                  becomes
 *   rule             disabled, report      true, false                a boolean
 *   condition        not                   true, false                a boolean
 *   condition        atLeast, below        a number                   a number
 *   either           any other, any text   stays, and is looked at by checkRules
 */

/** Rules as they were saved; flags and hours that came out of an environment variable are texts, and become what they mean. */
export function rulesOf(saved: unknown): readonly Rule[] {
  if (!Array.isArray(saved)) return [];
  return saved.map((rule: unknown) => {
    const { when } = (rule ?? {}) as { when?: unknown };
    if (!Array.isArray(when)) return rule as Rule;
    return { ...(withFlags(rule, ['disabled', 'report']) as object), when: when.map(conditionOf) } as unknown as Rule;
  });
}

function conditionOf(condition: unknown): unknown {
  if (typeof condition !== 'object' || condition === null) return condition;
  const hours = Object.entries(condition).filter(
    ([name, value]) => (name === 'atLeast' || name === 'below') && typeof value === 'string' && isNumber(value),
  );
  return {
    ...(withFlags(condition, ['not']) as object),
    ...Object.fromEntries(hours.map(([name, value]) => [name, Number(value)])),
  };
}

function withFlags(of: unknown, names: readonly string[]): unknown {
  const flags = Object.entries(of as object)
    .map(([name, value]: [string, unknown]) => [name, typeof value === 'string' ? value.trim() : value] as const)
    .filter(([name, value]) => names.includes(name) && (value === 'true' || value === 'false'));
  return { ...(of as object), ...Object.fromEntries(flags.map(([name, value]) => [name, value === 'true'])) };
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}
