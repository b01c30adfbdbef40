/** What shall happen to one device: the first rule that applies. Pure. */
import { MANAGED_IS_ENOUGH } from '../model/managed-is-enough.ts';
import type { Action, Decision, DeviceRecord } from '../model/records.ts';
import { compileRules, effectiveCompliance } from './compile-rules.ts';
import type { CompiledRule, DecisionContext } from './compile-rules.ts';
import { EXCLUDED_GROUP } from './rules.ts';
import type { Rule } from './rules.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** A decision, and whether a person should look at it. */
export interface AccessDecision extends Decision {
  readonly report: boolean;
}

/*
 *   the record                                   rules                           decision
 *   has no EAS side                              –                               leave
 *   any                                          first that applies              its action
 *   any                                          none applies                    leave, report
 *   one that a person should look at (`look`)    first that applies              its action, report unless the rule says not to
 *
 * Groups unreadable: a rule whose other conditions hold and whose group condition cannot be told may or may not decide.
 *   what comes without it   what such rules would do      decision
 *   leave                   anything                      leave
 *   allow                   leave or allow                allow: nobody is lowered
 *   allow                   release excluded groups       allow: of a member's entries a block of ours would go, too
 *   allow                   block or any other release    leave, report
 *   block or release        anything                      leave, report
 */

/**
 * Decides for one device.
 * @param rules in order; compile them once with {@link compileRules} when there are many devices.
 *   Throws ERR_RULE_INVALID for wrong ones.
 */
export function decideAccess(
  device: DeviceRecord,
  rules: readonly Rule[] | readonly CompiledRule[],
  context: DecisionContext,
): AccessDecision {
  if (!device.eas) return decision(device, context, 'leave', 'No EAS record', { code: device.reason.code });
  const unsure: Rule[] = [];
  for (const compiled of asCompiled(rules)) {
    const holds = applies(compiled, device, context);
    if (holds === null) unsure.push(compiled.rule);
    if (holds) return settleUnsure(device, context, unsure, compiled.rule);
  }
  return settleUnsure(device, context, unsure, null);
}

function asCompiled(rules: readonly Rule[] | readonly CompiledRule[]): readonly CompiledRule[] {
  const first = rules[0];
  return first === undefined || 'tests' in first
    ? (rules as readonly CompiledRule[])
    : compileRules(rules as readonly Rule[]);
}

// A condition that cannot be told matters only if all others hold.
function applies({ rule, tests, until }: CompiledRule, device: DeviceRecord, context: DecisionContext): boolean | null {
  if (until !== null && context.clock.reached(until)) return false;
  let unsure = false;
  for (const test of tests) {
    const holds = test(device, context);
    if (holds === false) return false;
    if (holds === null) unsure = true;
  }
  if (rule.when.some((condition) => condition.field === 'group' && condition.in.length === 0)) return false;
  return unsure ? null : true;
}

function settleUnsure(
  device: DeviceRecord,
  context: DecisionContext,
  unsure: readonly Rule[],
  rule: Rule | null,
): AccessDecision {
  const action = rule?.action ?? 'leave';
  const mayStand = action === 'leave' || (action === 'allow' && unsure.every((other) => !mayLower(other)));
  if (unsure.length > 0 && !mayStand) {
    const text = say('groups-unreadable');
    return decision(device, context, 'leave', unsure[0]!.name, { code: 'directory-unreadable', text, report: true });
  }
  if (!rule)
    return decision(device, context, 'leave', 'No rule', { code: 'no-rule', text: say('no-rule'), report: true });
  return decision(device, context, rule.action, rule.name, rule);
}

function mayLower({ action, code }: Rule): boolean {
  return action === 'block' || (action === 'release' && code !== EXCLUDED_GROUP);
}

function decision(
  device: DeviceRecord,
  context: DecisionContext,
  action: Action,
  rule: string,
  reason: { readonly code?: string; readonly text?: string; readonly report?: boolean },
): AccessDecision {
  const own = ownReason(device, context);
  return {
    action,
    rule,
    reason: { code: reason.code ?? own.code, text: reason.text ?? own.text, evidence: device.match.evidence },
    report: reason.report ?? device.reason.look ?? false,
  };
}

function ownReason(device: DeviceRecord, context: DecisionContext): { code: string; text: string } {
  if (!device.mdm || !device.eas) return device.reason;
  const { complianceReason, graceUntil } = device.mdm;
  const compliance = effectiveCompliance(device.mdm, context.clock);
  const told = (code: 'compliant' | 'noncompliant' | 'compliance-unknown'): { code: string; text: string } => ({
    code,
    text: complianceReason === null ? say(code) : say(`${code}.word`, { word: complianceReason }),
  });
  switch (compliance) {
    case 'compliant':
      return complianceReason === MANAGED_IS_ENOUGH
        ? { code: 'compliant', text: say('compliant.managed') }
        : told('compliant');
    case 'in-grace':
      return {
        code: 'in-grace',
        text: graceUntil === null ? say('in-grace') : say('in-grace.until', { time: graceUntil }),
      };
    case 'noncompliant':
      // The MDM has not said so yet: its word is that of the time in grace.
      return device.mdm.compliance === 'in-grace'
        ? { code: 'noncompliant', text: say('noncompliant.grace', { time: graceUntil ?? '' }) }
        : told('noncompliant');
    default:
      return told('compliance-unknown');
  }
}
