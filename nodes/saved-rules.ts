/** The access switch's rules, as a flow file has them. */
import type { Rule } from '../src/access/rules.ts';

/** Rules as they were saved; hours that came out of an environment variable are texts and become numbers. */
export function rulesOf(saved: unknown): readonly Rule[] {
  if (!Array.isArray(saved)) return [];
  return saved.map((rule: unknown) => {
    const { when } = (rule ?? {}) as { when?: unknown };
    return (Array.isArray(when) ? { ...(rule as object), when: when.map(withNumbers) } : rule) as Rule;
  });
}

function withNumbers(condition: unknown): unknown {
  if (typeof condition !== 'object' || condition === null) return condition;
  const hours = Object.entries(condition).filter(
    ([name, value]) => (name === 'atLeast' || name === 'below') && typeof value === 'string' && isNumber(value),
  );
  return { ...condition, ...Object.fromEntries(hours.map(([name, value]) => [name, Number(value)])) };
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}
