/** What is said of the permissions that a token carries. Pure. */
import type { TokenClaims } from './claims.ts';
import { onlyReads, USED_PERMISSIONS } from './permissions.ts';
import type { UsedPermission } from './permissions.ts';
import type { Finding } from './report.ts';

type Line = Finding & { readonly title: string };

/** Id of Microsoft Graph's own application, the same in every tenant. */
const GRAPH_APPLICATION = '00000003-0000-0000-c000-000000000000';

/**
 * What is said of one that is used.
 *
 * | the token carries | needed             | optional          |
 * |-------------------|--------------------|-------------------|
 * | it                | permission.given   | permission.given  |
 * | a wider one       | permission.wider   | permission.wider  |
 * | neither           | permission.missing | permission.absent |
 */
function judgeUsed(used: UsedPermission, roles: readonly string[], client: string): Line {
  const { name, level, use } = used;
  if (roles.includes(name)) return { title: name, verdict: 'permission.given', seen: `To ${use}.` };
  const wider = used.wider.find((one) => roles.includes(one));
  const blanks = { use, client, command: grantCommand([used], client) };
  if (wider !== undefined) return { title: name, verdict: 'permission.wider', seen: `${wider} gives it too.`, blanks };
  const verdict = level === 'needed' ? 'permission.missing' : 'permission.absent';
  return { title: name, verdict, seen: 'The token does not carry it.', blanks };
}

/** What is said of one that is not used: it is named, and a warning where it lets somebody change things. */
function judgeUnused(role: string): Line {
  return onlyReads(role)
    ? { title: role, verdict: 'permission.unused', seen: 'It reads what the connector does not read.' }
    : { title: role, verdict: 'permission.writes', seen: 'It lets the application change things.' };
}

/**
 * What is said of all of them.
 *
 * | the token                                          | verdict               |
 * |----------------------------------------------------|-----------------------|
 * | cannot be read                                     | permissions.untold    |
 * | has `scp` and no `roles`: it is delegated          | permissions.delegated |
 * | has no `roles`: no permission, or no consent       | permissions.none      |
 * | lacks a needed one                                 | permissions.missing   |
 * | has all that are needed, and one that may change   | permissions.more      |
 * | has all that are needed, and lacks optional ones   | permissions.enough    |
 * | has all that are used                              | permissions.all       |
 */
export function judgePermissions(claims: TokenClaims | null, clientId: string): Finding {
  const client = /^[\w.-]{1,64}$/.test(clientId) ? clientId : 'CLIENT-ID';
  if (claims === null)
    return { verdict: 'permissions.untold', seen: 'The token is one that only Microsoft Graph can read.' };
  const { roles, scopes } = claims;
  const command = grantCommand(
    USED_PERMISSIONS.filter(({ level }) => level === 'needed'),
    client,
  );
  const blanks = { client, command };
  if (roles.length === 0 && scopes !== null)
    return {
      verdict: 'permissions.delegated',
      seen: `The token is for somebody who signed in (${scopes.join(', ') || 'without permissions'}), not for the application.`,
      blanks,
    };
  if (roles.length === 0)
    return { verdict: 'permissions.none', seen: 'The token carries no application permission.', blanks };
  const used = USED_PERMISSIONS.map((one) => judgeUsed(one, roles, client));
  const unused = roles.filter((role) => !USED_PERMISSIONS.some(({ name }) => name === role)).map(judgeUnused);
  const children = [...used, ...unused];
  const has = (verdict: Line['verdict']): boolean => children.some((child) => child.verdict === verdict);
  const verdict = has('permission.missing')
    ? 'permissions.missing'
    : has('permission.writes')
      ? 'permissions.more'
      : has('permission.absent')
        ? 'permissions.enough'
        : 'permissions.all';
  return { verdict, seen: `The token carries ${roles.length === 1 ? 'one' : roles.length}.`, blanks, children };
}

/** Adds permissions to the application, and consents to them, with the Azure CLI. */
function grantCommand(permissions: readonly UsedPermission[], client: string): string {
  const roles = permissions.map(({ id }) => `${id}=Role`).join(' ');
  return (
    `az ad app permission add --id ${client} --api ${GRAPH_APPLICATION} --api-permissions ${roles}\n` +
    `az ad app permission admin-consent --id ${client}`
  );
}
