/** What is said of the throttling policy of an account. Pure. */
import type { Limit, ThrottlingPolicy } from '../cmdlets/get-throttling-policy.ts';
import { given } from '../../model/say.ts';
import type { Said } from '../../model/say.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

/** Limits as they count for an account. */
export type Limits = Pick<ThrottlingPolicy, 'sessions' | 'cmdlets' | 'seconds'>;

/** Fewer cmdlets a second than this make a sync with many changes wait. */
const FEW_A_SECOND = 1;

/**
 * The limits that count: each of the account's own policy, where that says nothing of the organization's, else of the global one
 * (New-ThrottlingPolicy: "a policy inherits what it does not set").
 * @param own name or distinguished name of the account's policy, as an association has it; null: it has none
 */
export function limitsOf(policies: readonly ThrottlingPolicy[], own: string | null): Limits & { name: string | null } {
  const named = own === null ? undefined : policies.find((policy) => isNamed(policy, own));
  const scoped = (scope: string) => policies.find((policy) => policy.scope?.toLowerCase() === scope);
  const chain = [named, scoped('organization'), scoped('global')].filter((policy) => policy !== undefined);
  const first = (limit: keyof Limits): Limit => chain.find((policy) => policy[limit] !== null)?.[limit] ?? null;
  return {
    name: chain[0]?.name ?? null,
    sessions: first('sessions'),
    cmdlets: first('cmdlets'),
    seconds: first('seconds'),
  };
}

/** An id is shown as a name, a distinguished name, or a path that ends in the name. */
function isNamed({ name, distinguishedName }: ThrottlingPolicy, own: string): boolean {
  const folded = own.toLowerCase();
  if (distinguishedName?.toLowerCase() === folded) return true;
  const last = name?.toLowerCase();
  return last !== undefined && (folded === last || folded.endsWith(`/${last}`) || folded.endsWith(`\\${last}`));
}

/**
 * | sessions allowed       | cmdlets a second | verdict           |
 * |------------------------|------------------|-------------------|
 * | not told               |                  | throttling.untold |
 * | fewer than are opened  |                  | throttling.few    |
 * | as many as are opened  |                  | throttling.tight  |
 * | more                   | fewer than one   | throttling.slow   |
 * | more                   | one or more      | throttling.enough |
 */
export function judgeThrottling(limits: Limits & { readonly name: string | null }, sessions: number): Finding {
  const { name, sessions: allowed, cmdlets, seconds } = limits;
  if (allowed === null) return { verdict: 'throttling.untold', seen: said('throttling.untold') };
  const rate = cmdlets === null || cmdlets === Infinity || seconds === null ? Infinity : cmdlets / seconds;
  const seen = said('both', {
    first: sessionsSeen(name, allowed, sessions),
    second:
      rate === Infinity
        ? said('throttling.uncounted')
        : said('throttling.rate', { cmdlets: cmdlets ?? '', seconds: seconds ?? '' }),
  });
  if (allowed < sessions) return { verdict: 'throttling.few', seen };
  if (allowed === sessions) return { verdict: 'throttling.tight', seen };
  return { verdict: rate < FEW_A_SECOND ? 'throttling.slow' : 'throttling.enough', seen };
}

function sessionsSeen(name: string | null, allowed: number, opened: number): Said {
  const policy = name === null ? said('throttling.policy') : given(name);
  if (allowed === Infinity) return said('throttling.any', { policy, opened });
  return allowed === 1
    ? said('throttling.one', { policy, opened })
    : said('throttling.some', { policy, allowed, opened });
}
