/** Reads a rule back as a sentence, for the editor, reports and the audit. */
import type { Action } from '../model/records.ts';
import type { Condition, Rule, TextField } from './rules.ts';

const FIELD_NAMES: Readonly<Record<TextField, string>> = {
  deviceType: 'the device type',
  deviceModel: 'the device model',
  deviceOs: 'the operating system',
  userAgent: 'the user agent',
  clientType: 'the client type',
  mailbox: 'the mailbox',
  easId: 'the EAS ID',
};

const ACTIONS: Readonly<Record<Action, string>> = {
  allow: 'allow the device',
  block: 'block the device',
  release: "take our entry back and let Exchange's own rules decide",
  leave: 'leave the device as it is',
};

/** `Not managed: if the record is eas, and the reason is not-enrolled, then block the device.` */
export function describeRule(rule: Rule): string {
  const then = `${ACTIONS[rule.action]}${rule.report ? ' and report it' : ''}`;
  const when = rule.when.map(describeCondition);
  const sentence = when.length === 0 ? `always ${then}.` : `if ${when.join(', and ')}, then ${then}.`;
  const until = rule.until === undefined ? '' : ` (until ${rule.until})`;
  return `${rule.name}${until}${rule.disabled ? ' (switched off)' : ''}: ${sentence}`;
}

/** One condition as a clause. */
export function describeCondition(condition: Condition): string {
  const is = condition.not ? 'is not' : 'is';
  switch (condition.field) {
    case 'status':
      return `the record ${is} ${or(condition.is)}`;
    case 'group':
      return describeGroups(condition);
    case 'ageHours':
      return `the device first synced ${condition.not ? 'not ' : ''}${hours(condition)} ago`;
    case 'idleHours':
      return `the device last synced ${condition.not ? 'not ' : ''}${hours(condition)} ago`;
    case 'firstSyncAt':
    case 'lastSyncAt': {
      const which = condition.field === 'firstSyncAt' ? 'first' : 'last';
      return `the device ${which} synced ${condition.not ? 'not ' : ''}before ${condition.before}`;
    }
    case 'accessState':
      return `Exchange's state ${is} ${or(condition.is)}`;
    case 'accessReason':
      return `Exchange's reason ${is} ${or(condition.is)}`;
    case 'listed':
      return describeListed(condition);
    case 'reason':
    case 'compliance':
    case 'platform':
      return `the ${condition.field} ${is} ${or(condition.is)}`;
    default:
      return describeText(condition);
  }
}

function describeGroups(condition: Extract<Condition, { field: 'group' }>): string {
  if (condition.in.length === 0) return 'groups are set up (none are, so the rule is passed over)';
  return `the user is ${condition.not ? 'not ' : ''}a member of ${or(condition.in)}`;
}

function describeListed(condition: Extract<Condition, { field: 'listed' }>): string {
  const by = condition.by && { us: 'by this connector', admin: 'by an administrator' }[condition.by];
  const lists = condition.is.map((list) => (list === 'none' ? 'neither personal list' : `the ${list} list`));
  return `the device is ${condition.not ? 'not ' : ''}on ${or(lists)}${by ? ` ${by}` : ''}`;
}

function describeText(condition: Extract<Condition, { readonly patterns: readonly string[] }>): string {
  const verb = {
    exact: condition.not ? 'is not' : 'is',
    wildcard: condition.not ? 'is not like' : 'is like',
    regex: condition.not ? 'does not match' : 'matches',
  }[condition.how];
  return `${FIELD_NAMES[condition.field]} ${verb} ${or(condition.patterns.map((pattern) => `“${pattern}”`))}`;
}

function hours({ atLeast, below }: { readonly atLeast?: number; readonly below?: number }): string {
  if (atLeast === undefined) return `less than ${below ?? 0} hours`;
  if (below === undefined) return `${atLeast} hours or more`;
  return `between ${atLeast} and ${below} hours`;
}

function or(values: readonly string[]): string {
  if (values.length < 2) return values.join('');
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
