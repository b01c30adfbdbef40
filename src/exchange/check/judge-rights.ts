/** What is said of the cmdlets that an account has. Pure. */
import type { AllowedCmdlet } from '../cmdlets/get-command.ts';
import { NEEDED_RIGHTS } from './needed-rights.ts';
import type { NeededRight, RightLevel } from './needed-rights.ts';
import type { Value } from '../../model/say.ts';
import { quoted } from './quoted.ts';
import type { Finding } from './report.ts';
import type { Verdict } from './verdicts.ts';
import { said } from './words/words.ts';

type RightVerdict = Extract<Verdict, `right.${string}`>;

/**
 * | the account has it     | needed           | wanted           | optional         |
 * |------------------------|------------------|------------------|------------------|
 * | no                     | right.missing    | right.wanted     | right.unused     |
 * | without some parameter | right.parameters | right.parameters | right.parameters |
 * | yes                    | right.given      | right.given      | right.given      |
 */
const MISSING: Readonly<Record<RightLevel, RightVerdict>> = {
  needed: 'right.missing',
  wanted: 'right.wanted',
  optional: 'right.unused',
};

/** What is said of one cmdlet. @param allowed undefined: the account does not have it */
export function judgeRight(
  needed: NeededRight,
  allowed: AllowedCmdlet | undefined,
): Finding & { readonly title: string } {
  const { cmdlet, level, use, parameters } = needed;
  const title = cmdlet;
  const blanks = { cmdlet };
  const fields = { use: said(use) };
  if (allowed === undefined)
    return { title, verdict: MISSING[level], seen: said('cmdlet.missing', { cmdlet }), blanks, fields };
  const given = allowed.parameters?.map((name) => name.toLowerCase()) ?? null;
  const lacking = given === null ? [] : parameters.filter((name) => !given.includes(name.toLowerCase()));
  if (lacking.length === 0) return { title, verdict: 'right.given', seen: said('use', fields) };
  return {
    title,
    verdict: 'right.parameters',
    seen: said('cmdlet.parameters', { cmdlet, parameters: allOf(lacking.map((name) => `-${name}`)) }),
    blanks: { ...blanks, parameters: lacking.join(',') },
    fields,
  };
}

/** Names with "and" between. */
function allOf(names: readonly string[]): Value {
  return names.reduce<Value>((first, second) => (first === '' ? second : said('cmdlet.and', { first, second })), '');
}

/**
 * What is said of all of them.
 *
 * | one is right.missing, or lacks parameters | one is right.wanted | one is right.unused | verdict        |
 * |-------------------------------------------|---------------------|---------------------|----------------|
 * | yes                                       |                     |                     | rights.missing |
 * | no                                        | yes                 |                     | rights.partly  |
 * | no                                        | no                  | yes                 | rights.enough  |
 * | no                                        | no                  | no                  | rights.all     |
 */
export function judgeRights(
  allowed: readonly AllowedCmdlet[],
  account: string | null,
  needed: readonly NeededRight[] = NEEDED_RIGHTS,
): Finding {
  const byName = new Map(allowed.map((one) => [one.name.toLowerCase(), one]));
  const children = needed.map((one) => judgeRight(one, byName.get(one.cmdlet.toLowerCase())));
  const has = (...verdicts: readonly RightVerdict[]): boolean =>
    children.some(({ verdict }) => verdicts.includes(verdict as RightVerdict));
  const verdict = has('right.missing', 'right.parameters')
    ? 'rights.missing'
    : has('right.wanted')
      ? 'rights.partly'
      : has('right.unused')
        ? 'rights.enough'
        : 'rights.all';
  const lacking = children.filter((child) => !['right.given', 'right.unused'].includes(child.verdict));
  const given = children.filter((child) => child.verdict === 'right.given').length;
  const shown = { given, all: needed.length };
  const seen =
    lacking.length === 0
      ? said('rights', shown)
      : said('rights.lacking', { ...shown, lacking: lacking.map(({ title }) => title) });
  return { verdict, seen, children, blanks: { roles: roleCommands(account, needed) } };
}

/**
 * Commands for the Exchange Management Shell that give an account roles with these cmdlets and no others: of each built-in role a
 * child, from which the other cmdlets are taken away, and of a cmdlet that changes something the other parameters too. Without
 * `optional` ones that change something. Forms as in Remove-ManagementRoleEntry and Set-ManagementRoleEntry, office-docs-powershell.
 */
export function roleCommands(account: string | null, needed: readonly NeededRight[] = NEEDED_RIGHTS): string {
  const wanted = needed.filter(({ cmdlet, level }) => level !== 'optional' || cmdlet.startsWith('Get-'));
  const parents = [...new Set(wanted.map(({ role }) => role))];
  return parents
    .flatMap((parent) => {
      const name = quoted(roleName(parent));
      const entries = quoted(`${roleName(parent)}\\*`);
      const ofRole = wanted.filter(({ role }) => role === parent);
      const kept = ofRole.map(({ cmdlet }) => quoted(cmdlet));
      return [
        `New-ManagementRole -Name ${name} -Parent ${quoted(parent)}`,
        `Get-ManagementRoleEntry ${entries} | Where-Object Name -NotIn ${kept.join(',')} | ForEach-Object { Remove-ManagementRoleEntry -Identity "$($_.Id)\\$($_.Name)" -Confirm:$false }`,
        ...ofRole.filter(({ cmdlet }) => !cmdlet.startsWith('Get-')).map((one) => cutCommand(one, parent)),
        `New-ManagementRoleAssignment -Role ${name} -User ${quoted(account ?? 'ACCOUNT')}`,
      ];
    })
    .join('\n');
}

function roleName(parent: string): string {
  return `EAS connector - ${parent}`;
}

/** Leaves a cmdlet the parameters that are sent, and no other. */
function cutCommand({ cmdlet, parameters }: NeededRight, parent: string): string {
  return `Set-ManagementRoleEntry ${quoted(`${roleName(parent)}\\${cmdlet}`)} -Parameters ${parameters.map(quoted).join(',')}`;
}
