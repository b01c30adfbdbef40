/** What is said of the permissions that a token carries. Pure. */
import type { TokenClaims } from './claims.ts';
import { onlyReads, USED_PERMISSIONS } from './permissions.ts';
import type { UsedPermission } from './permissions.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

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
  const { name, level } = used;
  const fields = { use: said(used.use) };
  if (roles.includes(name)) return { title: name, verdict: 'permission.given', seen: said('use', fields) };
  const wider = used.wider.find((one) => roles.includes(one));
  const blanks = { client, command: grantCommand([used], client) };
  if (wider !== undefined)
    return { title: name, verdict: 'permission.wider', seen: said('permission.wider', { wider }), blanks, fields };
  const verdict = level === 'needed' ? 'permission.missing' : 'permission.absent';
  return { title: name, verdict, seen: said('permission.missing'), blanks, fields };
}

/** What is said of one that is not used: it is named, and a warning where it lets somebody change things. */
function judgeUnused(role: string): Line {
  return onlyReads(role)
    ? { title: role, verdict: 'permission.unused', seen: said('permission.unused') }
    : { title: role, verdict: 'permission.writes', seen: said('permission.writes') };
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
  if (claims === null) return { verdict: 'permissions.untold', seen: said('permissions.untold') };
  const { roles, scopes } = claims;
  const command = grantCommand(
    USED_PERMISSIONS.filter(({ level }) => level === 'needed'),
    client,
  );
  const blanks = { client, command };
  if (roles.length === 0 && scopes !== null)
    return {
      verdict: 'permissions.delegated',
      seen: said('permissions.delegated', { scopes: scopes.length === 0 ? said('permissions.without') : scopes }),
      blanks,
    };
  if (roles.length === 0) return { verdict: 'permissions.none', seen: said('permissions.none'), blanks };
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
  const seen = roles.length === 1 ? said('permissions.one') : said('permissions.some', { n: roles.length });
  return { verdict, seen, blanks, children };
}

/** Adds permissions to the application, and consents to them, with the Azure CLI. */
function grantCommand(permissions: readonly UsedPermission[], client: string): string {
  const roles = permissions.map(({ id }) => `${id}=Role`).join(' ');
  return (
    `az ad app permission add --id ${client} --api ${GRAPH_APPLICATION} --api-permissions ${roles}\n` +
    `az ad app permission admin-consent --id ${client}`
  );
}
